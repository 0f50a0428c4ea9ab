"""The page of measurements, docs/benchmarks.md: what a benchmark found is put between two comments of its own."""

from __future__ import annotations

import datetime
import re
from pathlib import Path


def write_measured(page: Path, place: str, text: str, command: str, day: datetime.date) -> None:
    """Put what was measured, with the command and the day, between `<!-- place: start -->` and `<!-- place: end -->`.

    Raises SystemExit, and writes nothing, where the page does not have both.
    """
    start, end = f"<!-- {place}: start -->", f"<!-- {place}: end -->"
    before = page.read_text(encoding="utf-8")
    if start not in before or end not in before:
        raise SystemExit(f"{page} has no place for the tables: {start} and {end}")
    said = f"{start}\nMeasured on {day} with `{command}`.\n\n{text}\n{end}"
    page.write_text(re.sub(f"{start}.*?{end}", lambda _: said, before, flags=re.DOTALL), encoding="utf-8")
