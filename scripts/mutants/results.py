"""What came of each mistake, kept as it comes, and what it says about each floor."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from scripts.mutants.mutant import Mutant
from scripts.mutants.trial import Verdict


@dataclass(frozen=True)
class Result:
    """One mistake and its end. `of` is what the result rests on: the package, and the tests that decided."""

    mutant: Mutant
    verdict: Verdict
    of: str
    diff: str


class Notebook:
    """Results in a file, a line of JSON each; those that no longer hold, because files have changed, are not told again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: dict[Mutant, Result] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                result = _read(line)
                if result is not None:
                    self._kept[result.mutant] = result

    def find(self, mutant: Mutant, files: Mapping[str, str]) -> Result | None:
        """What came of a mistake when the package was the same, and the test that caught it; or no test at all was another.

        `files` has every file of the package and the tests.
        """
        result = self._kept.get(mutant)
        return result if result and result.of == rests_on(result.verdict, files) else None

    def add(self, result: Result) -> None:
        self._kept[result.mutant] = result
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")


def rests_on(verdict: Verdict, files: Mapping[str, str]) -> str:
    """A digest of the files that a verdict rests on: the package, and the file of the test that failed, or else all tests.

    New tests cannot bring a mistake back that an old one catches.
    """
    by = verdict.by.partition("::")[0]
    tests = [by] if verdict.caught and by in files else [name for name in files if not name.startswith("src/")]
    package = [name for name in files if name.startswith("src/")]
    return sha256("\0".join(f"{name}\0{files[name]}" for name in sorted({*package, *tests})).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Tally:
    """How many of the mistakes on a floor were caught."""

    floor: str
    tried: int
    caught: int

    @property
    def share(self) -> float:
        return self.caught / self.tried if self.tried else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of all of the floor's mistakes lies, with 95 % confidence (Wilson 1927).

        >>> [round(end, 3) for end in Tally("scoring", 25, 22).interval]
        [0.7, 0.958]
        """
        if not self.tried:
            return math.nan, math.nan
        z, n, share = 1.959964, self.tried, self.share
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return middle - reach, middle + reach


def count(floor: str, results: Iterable[Result]) -> Tally:
    """The tally of one floor."""
    caught = [result.verdict.caught for result in results if result.mutant.floor == floor]
    return Tally(floor, len(caught), sum(caught))


def show_difference(mutant: Mutant, source: str, mutated: str) -> str:
    """The lines that a mistake changes, as a patch with no lines around them."""
    lines = difflib.unified_diff(
        source.splitlines(), mutated.splitlines(), mutant.module, mutant.module, lineterm="", n=0
    )
    return "\n".join(lines)


def _read(line: str) -> Result | None:
    """A line that a killed run left half written counts as none."""
    try:
        found = json.loads(line)
        return Result(Mutant(**found["mutant"]), Verdict(**found["verdict"]), found["of"], found["diff"])
    except (ValueError, KeyError, TypeError):
        return None
