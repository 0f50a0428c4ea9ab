"""What may be loaded, and when: serving needs the base install alone, and nothing reads a pickle."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "leadloop"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Where a package is imported under another name than it is installed by.
IMPORTED_AS = {
    "scikit-learn": "sklearn",
    "imbalanced-learn": "imblearn",
    "xgboost-cpu": "xgboost",
    "mlflow-skinny": "mlflow",
    "prometheus-client": "prometheus_client",
}
BASE = {IMPORTED_AS.get(name, name) for name in (Requirement(line).name for line in PROJECT["dependencies"])}
# What only training needs, with where it is logged and what shares it out.
TRAINING = {
    IMPORTED_AS.get(name, name)
    for extra in ("train", "mlflow", "postgres")
    for name in (Requirement(line).name for line in PROJECT["optional-dependencies"][extra])
}
# What only one room needs, by an extra of its own.
OWN = {
    "client": {Requirement(line).name for line in PROJECT["optional-dependencies"]["client"]},
    "ingest": {
        *(Requirement(line).name for line in PROJECT["optional-dependencies"]["calls"]),
        *(Requirement(line).name for line in PROJECT["optional-dependencies"]["postgres"]),
    },
    "api": {Requirement(line).name.split("-")[0] for line in PROJECT["optional-dependencies"]["otel"]},
    "flows": {
        Requirement(line).name for extra in ("notify", "dask") for line in PROJECT["optional-dependencies"][extra]
    },
}
# Readers of pickles, under any name: loading such a file runs whatever code its author put in.
PICKLES = {"pickle", "cPickle", "_pickle", "joblib", "shelve", "marshal", "dill", "cloudpickle"}

MODULES = sorted(SOURCE.rglob("*.py"))
# Everything that serving loads, and the command itself.
LIGHT_ROOMS = ["errors", "leads", "playbook", "features", "scoring", "ingest", "store", "registry", "cli"]
LIGHT_ROOMS = ["errors", "leads", "playbook", "features", "scoring", "ingest", "registry", "cli", "api"]


def imports(tree: ast.AST, *, inside_functions: bool) -> Iterator[str]:
    """Every module name that the source imports; those that only type checkers read are left out.

    >>> sorted(imports(ast.parse("import a.b\\ndef f():\\n    from c import d"), inside_functions=False))
    ['a.b']
    >>> sorted(imports(ast.parse("import a.b\\ndef f():\\n    from c import d"), inside_functions=True))
    ['a.b', 'c']
    >>> sorted(imports(ast.parse("if TYPE_CHECKING:\\n    import a\\nelse:\\n    import b"), inside_functions=True))
    ['b']
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
        elif isinstance(node, ast.If) and re.search(r"\bTYPE_CHECKING$", ast.unparse(node.test)):
            for other in node.orelse:
                yield from imports(ast.Module([other], []), inside_functions=inside_functions)
        elif inside_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(node, inside_functions=inside_functions)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def where(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def loaded_after(code: str) -> set[str]:
    """The top-level packages that a fresh Python holds after running the code."""
    report = "import sys, json; print('\\n' + json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], cwd=ROOT / "src", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("path", MODULES, ids=where)
def test_everything_imported_is_python_itself_or_a_declared_dependency(path):
    allowed = {"leadloop", *BASE, *TRAINING, *sys.stdlib_module_names, *OWN.get(room(path), ())}
    foreign = {name for name in imports(parsed(path), inside_functions=True) if name.split(".")[0] not in allowed}
    assert not foreign, f"{where(path)} imports what pyproject.toml does not declare: {sorted(foreign)}"


@pytest.mark.parametrize("path", [path for path in MODULES if room(path) != "learning"], ids=where)
def test_what_only_training_needs_is_imported_where_it_is_used_not_at_the_top(path):
    at_the_top = {name for name in imports(parsed(path), inside_functions=False) if name.split(".")[0] in TRAINING}
    assert not at_the_top, f"{where(path)} loads {sorted(at_the_top)} for everyone who imports it"


@pytest.mark.parametrize("name", LIGHT_ROOMS)
def test_nothing_of_a_light_room_uses_what_only_training_needs(name):
    folder = SOURCE / name
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]:
        others = TRAINING - OWN.get(name, set())
        used = {module for module in imports(parsed(path), inside_functions=True) if module.split(".")[0] in others}
        assert not used, f"{where(path)} is needed for serving and uses {sorted(used)}"


@pytest.mark.parametrize("name", LIGHT_ROOMS)
def test_a_light_room_loads_from_the_base_install_alone(name):
    every_module = (
        f"import importlib, pkgutil; room = importlib.import_module('leadloop.{name}')\n"
        "for module in pkgutil.walk_packages(getattr(room, '__path__', []), room.__name__ + '.'):\n"
        "    importlib.import_module(module.name)"
    )
    loaded = loaded_after(every_module)
    assert "leadloop" in loaded
    assert loaded.isdisjoint(TRAINING), sorted(loaded & TRAINING)


def test_importing_leadloop_loads_nothing_that_only_training_needs():
    assert loaded_after("import leadloop").isdisjoint(TRAINING)


def test_asking_the_command_for_help_loads_nothing_that_only_training_or_the_service_needs():
    code = (
        "import leadloop.cli, sys\n"
        "sys.argv = ['leadloop', '--help']\n"
        "try:\n"
        "    leadloop.cli.main()\n"
        "except SystemExit as end:  # how a command line ends once the help is shown\n"
        "    assert not end.code, end.code"
    )
    loaded = loaded_after(code)
    assert "typer" in loaded
    needless = {*TRAINING, "fastapi", "uvicorn", "prometheus_client", "structlog", "polars", "numpy", "sqlalchemy"}
    assert loaded.isdisjoint(needless), sorted(loaded & needless)


def test_the_service_loads_neither_a_larger_framework_nor_what_only_migrations_need():
    loaded = loaded_after("import leadloop.api.app, leadloop.api.server")
    assert "starlette" in loaded
    assert loaded.isdisjoint({*TRAINING, "fastapi", "pydantic", "opentelemetry", "alembic"})


def unpickles(tree: ast.AST) -> list[str]:
    """Every way in which the source could read a pickle.

    >>> unpickles(ast.parse("import joblib"))
    ['joblib']
    >>> unpickles(ast.parse("def f(p):\\n    return np.load(p, allow_pickle=True)"))
    ['allow_pickle at line 2']
    >>> unpickles(ast.parse("np.load(p, allow_pickle=False)"))
    []
    """
    found = [name for name in imports(tree, inside_functions=True) if name.split(".")[0] in PICKLES]
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                found.append(f"allow_pickle at line {node.value.lineno}")
        elif isinstance(node, ast.Attribute) and node.attr in {"read_pickle", "unpickle"}:
            found.append(f"{node.attr} at line {node.lineno}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=where)
def test_nothing_reads_a_pickle(path):
    assert unpickles(parsed(path)) == []
