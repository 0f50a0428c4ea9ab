"""One mistake made in a copy of the checkout, and what the tests say to it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.mutants.mutant import Mutant

NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".build", "site", "dist", "__pycache__", ".*_cache", ".hypothesis")
MARKED = "not long and not large and not world"


class FailsUnbroken(Exception):
    """The tests fail although nothing is broken, so their failing would prove nothing."""


@dataclass(frozen=True)
class Verdict:
    """Whether a mistake was `caught`, by which test or how else, and after how many seconds."""

    caught: bool
    by: str
    seconds: float


@dataclass(frozen=True)
class Copy:
    """A copy of the checkout in which lines are broken, one at a time. `python` runs its tests."""

    place: Path
    python: Path

    @classmethod
    def of(cls, checkout: Path, place: Path, python: Path) -> Copy:
        """A copy of a checkout as it stands, uncommitted changes included."""
        shutil.copytree(checkout, place, ignore=NOT_COPIED, symlinks=True)
        copy = cls(place, python)
        ask = "import leadloop; print(leadloop.__file__)"
        where = subprocess.run(
            [python, "-c", ask], cwd=place, env=copy._environment(), check=True, capture_output=True, text=True
        ).stdout.strip()
        if not Path(where).resolve().is_relative_to(place.resolve()):
            raise RuntimeError(f"the tests would run {where}, not the copy in {place}")
        return copy

    def watch(self, files: Sequence[str]) -> dict[str, Any]:
        """What `reach.py` notes of all tests in these files and folders, with nothing broken.

        To watch takes time, and a test that looks at the clock can fail for that alone: tests that fail are run once more,
        unwatched. Where they pass then, they stay noted as failed, and nobody asks them.

        Raises:
            FailsUnbroken: A test fails either way.
        """
        noted = self.place / "reach.json"
        watched = [*self._pytest(), "-p", "scripts.mutants.reach", *files]
        code, said = self._run(watched, None, MUTANTS_REACH=str(noted))
        if code not in (0, _SOME_FAIL, _NOTHING_RAN):
            raise FailsUnbroken(said[-5_000:])
        found: dict[str, Any] = json.loads(noted.read_text(encoding="utf-8"))
        failed = [name for name, test in found["tests"].items() if test.get("outcome") == "failed"]
        if code == _SOME_FAIL:
            code, said = self._run([*self._pytest(), self._write_names(failed)], None)
            if code != 0:
                raise FailsUnbroken(said[-5_000:])
        return found

    def judge(self, mutant: Mutant, mutated: str, tests: Iterable[str], *, within: float) -> Verdict:
        """Break the line, run the tests in this order until one fails or the time is over, and mend it again."""
        path = self.place / mutant.module
        original = path.read_bytes()
        names = self._write_names(tests)
        began = time.monotonic()
        try:
            self._write(path, mutated.encode())
            code, said = self._run([*self._pytest(), "-x", names], within)
        finally:
            self._write(path, original)
        seconds = time.monotonic() - began
        if code == 0:
            return Verdict(False, "no test fails", seconds)
        if code == _NOTHING_RAN:
            raise RuntimeError(f"no test ran for {mutant.name}:\n{said[-2_000:]}")
        return Verdict(True, "the time" if code is None else _read_failure(said, code), seconds)

    def _write_names(self, tests: Iterable[str]) -> str:
        """A file that pytest reads its arguments from: thousands of names do not fit on a line of commands."""
        file = self.place / "tests.txt"
        file.write_text("\n".join(tests) + "\n", encoding="utf-8")
        return f"@{file}"

    def _write(self, path: Path, content: bytes) -> None:
        """Python takes a compiled file for current by size and full seconds, and two mutants can share both."""
        path.write_bytes(content)
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()

    def _pytest(self) -> list[str]:
        quiet = ["-q", "--no-header", "-p", "no:cacheprovider", "--tb=line"]
        return [str(self.python), "-m", "pytest", *quiet, "-p", "scripts.mutants.properties", "-m", MARKED]

    def _environment(self, **more: str) -> dict[str, str]:
        one_thread = {f"{library}_THREADS": "1" for library in ("OMP_NUM", "OPENBLAS_NUM", "POLARS_MAX")}
        paths = os.pathsep.join([str(self.place), str(self.place / "src")])
        # Without data of other people's: the same tests run on every machine.
        ours = {"PYTHONPATH": paths, "LEADLOOP_DATA": str(self.place / "no-data"), "NO_COLOR": "1"}
        return {**os.environ, **one_thread, **ours, **more}

    def _run(self, command: list[str], within: float | None, **more: str) -> tuple[int | None, str]:
        """The exit code, None where time ran out, and what was said. Processes that the tests started end with them."""
        with (self.place / "output.txt").open("w+", encoding="utf-8", errors="replace") as output:
            process = subprocess.Popen(
                command,
                cwd=self.place,
                env=self._environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(timeout=within)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end(process)
            output.seek(0)
            return code, output.read()


_SOME_FAIL, _NOTHING_RAN = 1, 5


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read_failure(said: str, code: int) -> str:
    """The test that failed, or what else went wrong."""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", said, flags=re.MULTILINE)
    if failed:
        return failed[1]
    return f"signal {-code}" if code < 0 else f"pytest's exit code {code}"
