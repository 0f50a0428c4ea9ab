"""What a section of a training report is made of: paragraphs, tables and pictures, before they become a page or Markdown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leadloop.learning.report.words import count

MOST_ROWS = 15
"""Longer lists of fields fold their rest away."""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; a warning stands out."""

    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings; the first column names the row.

    `numeric` are columns of numbers (aligned at the right), `names` columns whose text is a name from the data. `bars`,
    where given, hold one length a row, drawn beside the name, `spans` an interval a row with a mark of its own (all between
    0 and 1, drawn to one scale); `picture` shows the same as a picture of its own.
    """

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    names: frozenset[int] = frozenset()
    bars: tuple[float, ...] = ()
    spans: tuple[tuple[float, float, float], ...] = ()
    reaches: tuple[tuple[float, float], ...] = ()
    picture: str = ""
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures side by side, by name, and paragraphs that belong next to them.

    A single picture is `titled` where it shows something else than its section is called.
    """

    names: tuple[str, ...]
    words: tuple[Words, ...] = ()
    titled: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One section: a key that is unique on the page, its title, and what stands in it."""

    key: str
    title: str
    parts: tuple[Words | Table | Pictures, ...]


def cut(table: Table, most: int, one: str, many: str) -> tuple[Table, ...]:
    """A long table as one that is seen and one that can be unfolded, so that nobody scrolls through eighty fields."""
    rest = len(table.rows) - most
    if rest < 3:
        return (table,)
    seen = replace(
        table,
        rows=table.rows[:most],
        bars=table.bars[:most],
        spans=table.spans[:most],
        reaches=table.reaches[:most],
    )
    folded = replace(
        table,
        rows=table.rows[most:],
        bars=(),
        reaches=(),
        spans=table.spans[most:],
        picture="",
        folded=f"{count(rest, f'more {one}', f'more {many}')}",
    )
    return seen, folded
