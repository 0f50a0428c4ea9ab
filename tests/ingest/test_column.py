"""A column looked at through its distinct values."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from leadloop.ingest.column import Column, percent, quoted
from leadloop.leads import Field


def test_texts_are_trimmed_and_counted_the_most_frequent_first():
    column = Column("City", pl.Series([" Pune", "Pune", "Goa", "", "  ", None]))
    assert column.texts.to_list() == ["Pune", "Goa"]
    assert column.rows.tolist() == [2, 1]
    assert (column.filled, column.distinct, column.height) == (3, 2, 6)


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (pl.Series([5.0, float("nan"), None]), ["5"]),
        (pl.Series([True, False, True]), ["true", "false"]),
        (pl.Series(["a", "b", "a"], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series([[1, 2], [3]]), []),
        (pl.Series([dt.timedelta(days=1)]), []),
    ],
)
def test_cells_of_any_type_are_looked_at_as_text(cells, texts):
    assert Column("x", cells).texts.to_list() == texts


def test_placeholders_are_taken_out_whatever_their_case():
    column = Column("City", pl.Series(["SELECT", "Pune", "select "]))
    assert column.without(["Select"]).texts.to_list() == ["Pune"]


def test_the_sample_of_a_large_column_is_small_and_spread_from_frequent_to_rare():
    column = Column("n", pl.Series(["often"] * 9 + [f"{place:05d}" for place in range(3_000)]))
    sample = column.sample
    assert sample.distinct == 500
    assert {"often", "02999"} <= set(sample.texts.to_list())


def test_matching_counts_rows_not_texts():
    column = Column("zip", pl.Series(["01234", "01234", "98765", "none"]))
    assert column.matching(r"\d{5}") == 3
    assert column.matching("0") == 0


def test_reading_a_column_reads_what_the_field_would():
    column = Column("visits", pl.Series(["7", "many", "7"]))
    values = column.read(Field("visits", "number", "intake"))
    assert values.to_list() == [7.0, None]
    assert column.unread(values) == ["many"]


def test_quoted_texts_stay_on_one_line_and_short():
    assert quoted(["two\nlines", "x" * 100, "c", "d"]) == f"“two\\nlines”, “{'x' * 39}…”, “c” and 1 more"


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0%"), (1.0, "100%"), (0.5, "50%"), (0.00001, "0.01%"), (0.99999, "99.99%"), (0.005, "0.5%")],
)
def test_shares_are_never_rounded_to_none_or_all(share, said):
    assert percent(share) == said
