"""Break lines on purpose and see whether the tests notice; see the package's own text, or `make help`.

    .build/mutants/bin/python -m scripts.mutants --python .venv/bin/python

Exit codes: 0 where at least 85 % were caught on every floor, 1 where fewer were, 2 where the tests fail with nothing broken.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.syntax import Syntax
from rich.table import Table
from scripts.mutants.choice import HOUSE, Test, choose
from scripts.mutants.mutant import Mutant
from scripts.mutants.operators import list_mutants, mutate
from scripts.mutants.results import Notebook, Result, count, rests_on, show_difference
from scripts.mutants.sample import draw
from scripts.mutants.trial import Copy, FailsUnbroken, Verdict
from scripts.mutants.watched import watch_tests

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".build" / "mutated"
FLOORS = ("scoring", "learning", "registry", "experiments")
BESIDE = ("tests/properties", HOUSE)
"""Tests of several floors that are asked too."""
WANTED = 0.85
START_SECONDS = 30.0
"""Until the first test runs: an interpreter, the imports, the tests found."""


@dataclass(frozen=True)
class Broken:
    """A mistake of the sample, the source with it, and what to show of it."""

    mutant: Mutant
    source: str
    diff: str


def main(arguments: Sequence[str] | None = None) -> int:
    given = _read_arguments(arguments)
    console = Console()
    files = read_files(ROOT)
    samples = {floor: _sample(floor, given, files, console) for floor in given.floors}
    if given.list:
        for sample in samples.values():
            for broken in sample:
                console.print(broken.diff, highlight=False, markup=False)
        return 0
    notebook = Notebook(KEPT / "results.jsonl")
    if given.fresh:
        notebook.path.unlink(missing_ok=True)
        notebook = Notebook(notebook.path)
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(given.workers):
            copies.put(Copy.of(ROOT, Path(place, str(number)), given.python))
        places = [place for floor in given.floors for place in (f"tests/{floor}", f"src/leadloop/{floor}")]
        copy = copies.get()
        try:
            tests = watch_tests(copy, [*places, *BESIDE], files, KEPT / "reach.json", console)
        except FailsUnbroken as failure:
            console.print(str(failure), highlight=False, markup=False)
            console.print("The tests fail with nothing broken. Mend them first.")
            return 2
        copies.put(copy)
        results = _try_all(samples, tests, files, notebook, copies, given, console)
    return _report(results, given.floors, console)


def read_files(root: Path) -> dict[str, str]:
    """Every Python file of the package and the tests, by its path from the top."""
    paths = sorted(path for folder in ("src/leadloop", "tests") for path in (root / folder).rglob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", type=Path, default=ROOT / ".venv/bin/python", help="the Python that runs the tests")
    parser.add_argument("--number", type=int, default=40, help="mistakes to make on each floor")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another sample")
    parser.add_argument("--workers", type=int, default=1, help="copies of the checkout that are tried side by side")
    parser.add_argument(
        "--floors", nargs="+", choices=FLOORS, default=FLOORS, help="default: all of them that are there"
    )
    parser.add_argument(
        "--factor", type=float, default=10.0, help="tests that take so many times as long have caught it"
    )
    parser.add_argument(
        "--at-most", type=float, default=90.0, metavar="SECONDS", help="tests asked beyond a file's own"
    )
    parser.add_argument("--fresh", action="store_true", help="forget the results of earlier runs")
    parser.add_argument("--list", action="store_true", help="show the sample and try nothing")
    given = parser.parse_args(arguments)
    given.floors = [floor for floor in given.floors if (ROOT / "src/leadloop" / floor).is_dir()]
    # Not resolved: an environment's Python is a link, and is its environment's only by that name.
    given.python = Path(os.path.abspath(given.python))
    return given


def _sample(floor: str, given: argparse.Namespace, files: dict[str, str], console: Console) -> list[Broken]:
    sources = {name: source for name, source in files.items() if name.startswith(f"src/leadloop/{floor}/")}
    left_out: Counter[str] = Counter()
    mutants = [mutant for name, source in sources.items() for mutant in list_mutants(name, source, left_out)]
    sample = list(islice(_break(draw(mutants, sources, seed=given.seed), sources), given.number))
    lines = len({(mutant.module, mutant.line) for mutant in mutants})
    without = ", ".join(f"{number} {why}" for why, number in left_out.most_common())
    console.print(f"{floor}: {len(sample)} of {len(mutants):,} mistakes in {lines:,} lines (left out: {without})")
    return sample


def _break(mutants: Iterator[Mutant], sources: dict[str, str]) -> Iterator[Broken]:
    for mutant in mutants:
        source = sources[mutant.module]
        mutated = mutate(source, mutant)
        if mutated is not None:
            yield Broken(mutant, mutated, show_difference(mutant, source, mutated))


def _try_all(
    samples: dict[str, list[Broken]],
    tests: list[Test],
    files: dict[str, str],
    notebook: Notebook,
    copies: SimpleQueue[Copy],
    given: argparse.Namespace,
    console: Console,
) -> list[Result]:
    package = {name: source for name, source in files.items() if name.startswith("src/")}

    def judge(broken: Broken) -> Result:
        known = notebook.find(broken.mutant, files)
        if known:
            return known
        choice = choose(broken.mutant, tests, package, at_most=given.at_most)
        if not choice.tests:
            verdict = Verdict(False, "no test reaches it", 0.0)
        else:
            copy = copies.get()
            try:
                names = [test.name for test in choice.tests]
                within = START_SECONDS + given.factor * choice.seconds
                verdict = copy.judge(broken.mutant, broken.source, names, within=within)
            finally:
                copies.put(copy)
            if not verdict.caught:
                left_out = f", {choice.left_out} that take too long left out" if choice.left_out else ""
                verdict = Verdict(False, f"{len(names)} tests pass{left_out}", verdict.seconds)
        return Result(broken.mutant, verdict, rests_on(verdict, files), broken.diff)

    results = []
    columns = (
        TextColumn("{task.description}"),
        *(BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[caught]} caught")),
        *(TimeElapsedColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(given.workers) as pool:
        for floor, sample in samples.items():
            task = progress.add_task(floor, total=len(sample), caught=0)
            for result in pool.map(judge, sample):
                if notebook.find(result.mutant, files) is None:
                    notebook.add(result)
                results.append(result)
                progress.update(task, advance=1, caught=count(floor, results).caught)
                if not result.verdict.caught:
                    progress.print(f"not caught: {result.mutant.name} ({result.verdict.by})", highlight=False)
    return results


def _report(results: list[Result], floors: Sequence[str], console: Console) -> int:
    missed = [result for result in results if not result.verdict.caught]
    for result in missed:
        console.rule(f"{result.mutant.name}: {result.verdict.by}", align="left")
        console.print(Syntax(result.diff, "diff", background_color="default", word_wrap=True))
    table = Table(title="Mistakes made on purpose")
    for heading in ("floor", "made", "caught", "share", "95 % interval"):
        table.add_column(heading, justify="left" if heading == "floor" else "right")
    tallies = [count(floor, results) for floor in floors]
    for tally in tallies:
        low, high = tally.interval
        table.add_row(
            tally.floor, str(tally.tried), str(tally.caught), f"{tally.share:.0%}", f"{low:.0%} to {high:.0%}"
        )
    console.print(table)
    short = [tally.floor for tally in tallies if not tally.share >= WANTED]
    if short:
        console.print(f"Under {WANTED:.0%} caught: {', '.join(short)}. Write the tests that the list above asks for.")
    return 1 if short else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("Stopped. What was tried is kept, and the next run goes on from there.", file=sys.stderr)
        sys.exit(130)
