"""A CSV of leads of any size, made quickly: 37 columns, some quoted, some empty, one bad row in each thousand."""

from __future__ import annotations

import random
from pathlib import Path

COLUMNS = 37
WORDS = ["Alpha", "info@example.com", "", "Select", "2024-05-01 10:00", "17", "3.5", "Mumbai", "yes", "Überlingen"]


def make_large(path: Path, megabytes: int, *, quoted: bool = False, seed: int = 1) -> Path:
    """Write at least so many megabytes; `quoted` puts quotes, commas and line ends into one cell of each row."""
    rnd = random.Random(seed)
    with path.open("wb") as file:
        file.write(",".join(f"column {place}" for place in range(COLUMNS)).encode() + b"\n")
        block = "".join(_row(rnd, row, quoted) for row in range(20_000)).encode()
        while file.tell() < megabytes * 2**20:
            file.write(block)
    return path


def _row(rnd: random.Random, row: int, quoted: bool) -> str:
    cells = rnd.choices(WORDS, k=COLUMNS - (row % 1000 == 999))
    if quoted:
        cells[5] = f'"said ""call me, {row}""\non line two"'
    return ",".join(cells) + "\n"
