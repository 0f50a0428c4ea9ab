"""Which tests are asked about a mistake: those that reach it, its own file's first, the quick before the slow."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from scripts.mutants.mutant import Mutant


@dataclass(frozen=True)
class Test:
    """A test as it went with nothing broken: its `seconds` alone, without the fixtures that others use as well."""

    __test__ = False

    name: str
    seconds: float
    reaches: Mapping[str, frozenset[int]]
    fixtures: Mapping[str, float]

    @property
    def file(self) -> str:
        return self.name.partition("::")[0]


@dataclass(frozen=True)
class Choice:
    """The tests to run, in order, how long they take when nothing is broken, and how many more reach the line too."""

    tests: tuple[Test, ...]
    seconds: float
    left_out: int


def read_tests(noted: Mapping[str, Any]) -> list[Test]:
    """The tests that passed, from what `reach.py` wrote down; each reaches what its fixtures reach too."""
    fixtures = noted["fixtures"]
    tests = []
    for name, test in noted["tests"].items():
        if test.get("outcome") == "passed":
            used = {key: fixtures[key] for key in test["fixtures"] if key in fixtures}
            reaches: dict[str, set[int]] = {}
            for one in (test, *used.values()):
                for module, lines in one["reaches"].items():
                    reaches.setdefault(module, set()).update(lines)
            frozen = {module: frozenset(lines) for module, lines in reaches.items()}
            tests.append(Test(name, test["seconds"], frozen, {key: one["seconds"] for key, one in used.items()}))
    return tests


def choose(mutant: Mutant, tests: Iterable[Test], sources: Mapping[str, str], *, at_most: float) -> Choice:
    """The tests for one mistake: of its own file and its docstrings, then of its floor, then the others.

    In a function these are the tests that call it. A line outside functions runs once, when its module is imported; the
    tests for it are those that call anything in its module or in a module that imports it. The tests of the mistake's own
    file are always run; of the others as many as take `at_most` seconds in all, the quick ones first. `sources` has the
    package's modules.
    """
    span = find_function(sources[mutant.module], mutant.line)
    users = frozenset() if span else find_users(mutant.module, sources)
    reaching = sorted(
        (test for test in tests if _reaches(test, mutant, span, users)),
        key=lambda test: (_distance(test, mutant), test.seconds + sum(test.fixtures.values()), test.name),
    )
    chosen, seconds, made = [], 0.0, set[str]()
    for test in reaching:
        more = test.seconds + sum(time for name, time in test.fixtures.items() if name not in made)
        if _distance(test, mutant) == 0 or seconds + more <= at_most:
            chosen.append(test)
            seconds += more
            made |= set(test.fixtures)
    return Choice(tuple(chosen), seconds, len(reaching) - len(chosen))


def mirrored(module: str) -> str:
    """The file that holds a module's own tests.

    >>> mirrored("src/leadloop/scoring/trees/sums.py")
    'tests/scoring/trees/test_sums.py'
    """
    path = PurePosixPath(module).relative_to("src/leadloop")
    return f"tests/{path.parent}/test_{path.name}"


def find_function(source: str, line: int) -> range | None:
    """The lines of the innermost function around a line, decorators included; None outside of functions.

    A class is no function: what stands in its body runs when it is imported.

    >>> find_function("TWO = 2\\n\\ndef double(x):\\n    return TWO * x\\n", 4)
    range(3, 5)
    """
    spans = [
        range(min([node.lineno, *(one.lineno for one in node.decorator_list)]), (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return min((span for span in spans if line in span), key=len, default=None)


def find_users(module: str, sources: Mapping[str, str]) -> frozenset[str]:
    """A module and those that import it by name, or a name out of it."""
    wanted = module.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return frozenset({module, *(user for user, source in sources.items() if wanted in set(_imports(source)))})


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _reaches(test: Test, mutant: Mutant, span: range | None, users: frozenset[str]) -> bool:
    if span is not None:
        return any(line in span for line in test.reaches.get(mutant.module, ()))
    return not users.isdisjoint(test.reaches) or _holds_its_room(test, mutant)


def _distance(test: Test, mutant: Mutant) -> int:
    if test.file in (mirrored(mutant.module), mutant.module) or _holds_its_room(test, mutant):
        return 0
    return 1 if test.file.startswith((f"tests/{mutant.floor}/", f"src/leadloop/{mutant.floor}/")) else 2


def _holds_its_room(test: Test, mutant: Mutant) -> bool:
    return test.file == HOUSE and test.name.endswith(f"[{mutant.floor}]")


HOUSE = "tests/test_values.py"
"""Holds every module to the rule that values are frozen; it imports them, and calls nothing."""
