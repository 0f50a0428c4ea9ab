"""What each test reaches, measured once and kept: a file of tests is run again only where it, or the package, has changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from rich.console import Console
from scripts.mutants.choice import Test, read_tests
from scripts.mutants.trial import Copy


def watch_tests(
    copy: Copy, places: Sequence[str], files: Mapping[str, str], kept: Path, console: Console
) -> list[Test]:
    """All tests in these files and folders, as they go with nothing broken; kept folder by folder as they are run.

    Raises:
        FailsUnbroken: A test fails.
    """
    known: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    wanted = {name: what_counts(name, files) for name in find_test_files(places, files)}
    stale = [name for name, digest in wanted.items() if known.get(name, {}).get("of") != digest]
    for folder in dict.fromkeys(str(PurePosixPath(name).parent) for name in stale):
        names = [name for name in stale if str(PurePosixPath(name).parent) == folder]
        with console.status(f"Running {folder} with nothing broken ({len(names)} files of {len(stale)})"):
            noted = by_file(copy.watch(names))
        known |= {name: {"of": wanted[name], **noted.get(name, _NOTHING)} for name in names}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(known), encoding="utf-8")
    tests = [test for name in wanted for test in read_tests(known[name])]
    console.print(f"{len(tests):,} tests pass with nothing broken, in {sum(test.seconds for test in tests):,.0f} s")
    return tests


def find_test_files(places: Iterable[str], files: Mapping[str, str]) -> list[str]:
    """The files with tests, or with examples in docstrings, that these names of files and folders stand for.

    >>> find_test_files(
    ...     ["tests/scoring"],
    ...     {"tests/scoring/test_sums.py": "", "tests/scoring/conftest.py": "", "tests/test_docs.py": ""},
    ... )
    ['tests/scoring/test_sums.py']
    """
    return [
        name
        for place in places
        for name, source in files.items()
        if name == place or name.startswith(f"{place}/")
        if PurePosixPath(name).name.startswith("test_") or (name.startswith("src/") and ">>> " in source)
    ]


def what_counts(name: str, files: Mapping[str, str]) -> str:
    """A digest of what the tests in a file depend on: itself, the package, and what tests share."""
    shared = [other for other in files if other.startswith("src/") or not PurePosixPath(other).name.startswith("test_")]
    return sha256("\0".join(f"{one}\0{files[one]}" for one in sorted({name, *shared})).encode()).hexdigest()[:16]


def by_file(noted: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What was noted of all tests, a part for each file, each with the fixtures that it uses."""
    parts: dict[str, dict[str, Any]] = defaultdict(lambda: {"tests": {}, "fixtures": {}})
    for test, note in noted["tests"].items():
        part = parts[test.partition("::")[0]]
        part["tests"][test] = note
        part["fixtures"] |= {name: noted["fixtures"][name] for name in note["fixtures"] if name in noted["fixtures"]}
    return dict(parts)


_NOTHING: dict[str, Any] = {"tests": {}, "fixtures": {}}
