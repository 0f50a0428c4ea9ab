"""Notes which functions of the package each test reaches, and how long it takes: `pytest -p scripts.mutants.reach`.

What a fixture reaches is noted beside the fixture, because one that is made once serves many tests, and each of them looks
at what it made. What other processes do is not seen.

When the tests are over, the file that `MUTANTS_REACH` names holds one JSON object: `tests`, each with its `seconds`, `outcome`,
`reaches` (module -> first lines of functions) and `fixtures`, and `fixtures`, each with `seconds` and `reaches`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

Reaches = dict[str, list[int]]


class Reach:
    """What was reached so far. Watching costs a call for every call; nothing is asked of a line."""

    def __init__(self, source: Path) -> None:
        self.root, self.inside = source.parent, f"{source}{os.sep}"
        self.tests: dict[str, dict[str, Any]] = defaultdict(lambda: {"seconds": 0.0, "reaches": {}, "fixtures": []})
        self.fixtures: dict[str, dict[str, Any]] = {}
        self.seen: set[CodeType] = set()

    @contextmanager
    def watch(self) -> Iterator[dict[str, Any]]:
        """Fill the note it gives with what is reached within, and how long that took. One watch can be within another."""
        note: dict[str, Any] = {}
        before, self.seen = self.seen, set()
        began = time.perf_counter()
        sys.settrace(self._see)
        threading.settrace(self._see)
        try:
            yield note
        finally:
            note["seconds"] = time.perf_counter() - began
            seen, self.seen = self.seen, before
            note["reaches"] = self._tell(seen)
            before |= seen

    def _see(self, frame: Any, event: str, argument: Any) -> None:
        self.seen.add(frame.f_code)

    def _tell(self, seen: set[CodeType]) -> Reaches:
        found: dict[str, set[int]] = defaultdict(set)
        for code in seen:
            if code.co_filename.startswith(self.inside):
                found[Path(code.co_filename).relative_to(self.root).as_posix()].add(code.co_firstlineno)
        return {module: sorted(lines) for module, lines in sorted(found.items())}

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Any:
        with self.watch() as note:
            answer = yield
        _add(self.fixtures.setdefault(_name(fixturedef), {"seconds": 0.0, "reaches": {}}), note, seconds=max)
        return answer

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        # Fixtures are set up now, and their time is their own.
        return (yield from self._during(item, seconds=lambda one, other: one))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        return (yield from self._during(item, seconds=lambda one, other: one + other))

    def _during(self, item: pytest.Item, *, seconds: Any) -> Any:
        note: dict[str, Any] = {}
        try:
            with self.watch() as note:
                answer = yield
        finally:
            _add(self.tests[item.nodeid], note, seconds=seconds)
        return answer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = self.tests[report.nodeid]
        if report.when == "call" or not report.passed:
            test["outcome"] = report.outcome

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
        self.tests[item.nodeid]["fixtures"] = sorted(
            {_name(one) for several in definitions.values() for one in several}
        )

    def pytest_sessionfinish(self) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        Path(os.environ["MUTANTS_REACH"]).write_text(
            json.dumps({"tests": self.tests, "fixtures": self.fixtures}), encoding="utf-8"
        )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Reach(config.rootpath / "src"))


def _name(definition: Any) -> str:
    return f"{definition.baseid}::{definition.argname}"


def _add(kept: dict[str, Any], note: dict[str, Any], *, seconds: Any) -> None:
    kept["seconds"] = seconds(kept["seconds"], note["seconds"])
    for module, lines in note["reaches"].items():
        kept["reaches"][module] = sorted({*kept["reaches"].get(module, ()), *lines})
