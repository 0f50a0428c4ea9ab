"""One column of a table as it stands in the file, looked at through its distinct values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from leadloop.ingest.excerpt import shorten
from leadloop.leads import Field
from leadloop.leads.missing import blank_placeholders
from leadloop.leads.values import cells_as_text, cells_as_values

_SAMPLE = 500
_SHOWN = 3
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True)
class Column:
    """The filled cells of one column: which texts occur, and in how many rows each.

    `cells` are the cells as read, with null for what is missing; `texts` the distinct filled ones, trimmed, the most
    frequent first, `rows` how many rows hold each. `height` counts all rows, `filled` those with a value.
    """

    name: str
    cells: pl.Series

    @cached_property
    def _counted(self) -> pl.DataFrame:
        text = self.as_text.alias("text")
        counted = text.to_frame().drop_nulls().group_by("text").agg(rows=pl.len().cast(pl.Int64))
        return counted.sort(["rows", "text"], descending=[True, False])

    @cached_property
    def as_text(self) -> pl.Series:
        """Each row's cell as trimmed text, whatever the type of the cells; null where there is none (or a list)."""
        cells = self.cells.fill_nan(None) if self.cells.dtype.is_float() else self.cells
        text = None if cells.dtype == pl.Duration else cells_as_text(cells)
        if text is None:
            return pl.Series(self.name, [None] * len(cells), dtype=pl.String)
        bare = text.str.strip_chars()
        return bare.set((bare == "").fill_null(False), None)

    @property
    def texts(self) -> pl.Series:
        return self._counted["text"]

    @cached_property
    def rows(self) -> np.ndarray:
        return self._counted["rows"].to_numpy()

    @property
    def height(self) -> int:
        return len(self.cells)

    @property
    def distinct(self) -> int:
        return len(self.texts)

    @cached_property
    def filled(self) -> int:
        return int(self.rows.sum())

    @cached_property
    def sample(self) -> Column:
        """The column with at most 500 of its texts, spread evenly from frequent to rare: enough to rule a type out."""
        if self.distinct <= _SAMPLE:
            return self
        places = np.linspace(0, self.distinct - 1, _SAMPLE).astype(np.int64)
        return Column(self.name, self.texts[places])

    @property
    def uniqueness(self) -> float:
        """Distinct values per filled row: 1 where no value repeats."""
        return self.distinct / self.filled if self.filled else 0.0

    def without(self, missing: Iterable[str]) -> Column:
        """The column with null in place of these placeholders, compared as leads are read: trimmed, without case."""
        field = Field(self.name, "category", "intake", missing=tuple(missing))
        return Column(self.name, blank_placeholders(self.cells, field)) if field.missing else self

    def rows_where(self, held: pl.Series) -> int:
        """How many rows hold a text for which `held` (one boolean a text) is true."""
        return int(self.rows[held.fill_null(False).to_numpy()].sum())

    def matching(self, pattern: str) -> int:
        """How many rows hold a text that matches a regular expression from end to end; 0 where none of the sample does."""
        whole = rf"^(?:{pattern})$"
        if self.sample is not self and not self.sample.texts.str.contains(whole).any():
            return 0
        return self.rows_where(self.texts.str.contains(whole))

    def read(self, field: Field) -> pl.Series:
        """The distinct texts as values of a field, null where they cannot be read: what a later reading of it will see."""
        return cells_as_values(self.texts, field)

    def unread(self, values: pl.Series) -> list[str]:
        """The texts that could not be read, the most frequent first."""
        return self.texts.filter(values.is_null()).to_list()


def quoted(texts: Iterable[str], most: int = _SHOWN) -> str:
    """The first few texts in quotes, each on one line and not too long, and how many more there are.

    >>> quoted(["N/A", "?", "-", "none"])
    '“N/A”, “?”, “-” and 1 more'
    """
    texts = list(texts)
    shown = ", ".join(f"“{shorten(text, _SHOWN_CHARACTERS)}”" for text in texts[:most])
    return shown + (f" and {len(texts) - most:,} more" if len(texts) > most else "")


def percent(share: float) -> str:
    """A share as people write it; never rounded to none or all.

    >>> percent(0.9632), percent(0.0004), percent(0.9999), percent(1), percent(0.0000001)
    ('96%', '0.04%', '99.99%', '100%', '0.01%')
    """
    percents = 100 * share
    if percents in (0, 100) or 1 <= percents <= 99:
        return f"{percents:.0f}%"
    return f"{min(max(percents, 0.01), 99.99):.2f}".rstrip("0").rstrip(".") + "%"


def phrases(listed: str) -> frozenset[str]:
    """Phrases from a list with commas, each on one line and with single blanks.

    >>> sorted(phrases("closed won, sold,"))
    ['closed won', 'sold']
    """
    return frozenset(" ".join(phrase.split()) for phrase in listed.split(",")) - {""}
