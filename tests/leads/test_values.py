"""From the cells of a column to values of a field's type, whatever type the cells come in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.leads import FIELD_TYPES, Field, FieldType
from leadloop.leads.frame import DTYPES
from leadloop.leads.values import FALSE_WORDS, TRUE_WORDS, cells_as_text, cells_as_values

quick = settings(deadline=None, max_examples=60)


def read(kind: FieldType, cells: list[object] | pl.Series, *formats: str) -> list[object]:
    cells = cells if isinstance(cells, pl.Series) else pl.Series("column", cells)
    values = cells_as_values(cells, Field("field", kind, "intake", formats=formats))
    assert values.dtype == DTYPES[kind]
    assert values.name == cells.name
    return values.to_list()


def interval(count: float) -> dict[str, float]:
    return {"low": count, "high": count}


NOON = datetime(2024, 2, 29, 12)
DAY = datetime(2024, 2, 29)

# What each kind of cell becomes in fields of numbers, employees, yes or no, times and texts; None where it is refused.
TYPED = [
    ("whole numbers", pl.Series([1], dtype=pl.Int64), 1.0, interval(1.0), True, None, "1"),
    ("small whole numbers", pl.Series([1], dtype=pl.UInt8), 1.0, interval(1.0), True, None, "1"),
    ("huge whole numbers", pl.Series([2], dtype=pl.Int128), 2.0, interval(2.0), None, None, "2"),
    ("fractions", pl.Series([2.5]), 2.5, interval(2.5), None, None, "2.5"),
    ("whole fractions", pl.Series([0.0]), 0.0, interval(0.0), False, None, "0"),
    ("single precision", pl.Series([0.5], dtype=pl.Float32), 0.5, interval(0.5), None, None, "0.5"),
    ("negative numbers", pl.Series([-1]), -1.0, None, None, None, "-1"),
    ("not a number", pl.Series([float("nan")]), None, None, None, None, "NaN"),
    ("infinity", pl.Series([float("inf")]), None, None, None, None, "inf"),
    ("decimals", pl.Series([Decimal("1.50")]), 1.5, interval(1.5), None, None, "1.50"),
    ("yes", pl.Series([True]), 1.0, None, True, None, "true"),
    ("dates", pl.Series([date(2024, 2, 29)]), None, None, None, DAY, "2024-02-29"),
    ("times", pl.Series([NOON]), None, None, None, NOON, "2024-02-29 12:00:00.000000"),
    ("levels", pl.Series(["1"], dtype=pl.Categorical), 1.0, interval(1.0), True, None, "1"),
    ("closed levels", pl.Series(["7"], dtype=pl.Enum(["6", "7"])), 7.0, interval(7.0), None, None, "7"),
    ("levels of dates", pl.Series(["2024-02-29"], dtype=pl.Categorical), None, None, None, DAY, "2024-02-29"),
    ("hours", pl.Series([time(12)]), None, None, None, None, "12:00:00"),
    ("lists", pl.Series([[1]]), None, None, None, None, None),
    ("lists of texts", pl.Series([["a", "b"]]), None, None, None, None, None),
    ("arrays", pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)), None, None, None, None, None),
    ("objects", pl.Series([{"a": 1}]), None, None, None, None, None),
    ("bytes", pl.Series([b"1"]), None, None, None, None, None),
    ("Python objects", pl.Series([object()], dtype=pl.Object), None, None, None, None, None),
]


@pytest.mark.parametrize(("cells", "number", "employees", "flag", "moment", "text"), [row[1:] for row in TYPED],
                         ids=[row[0] for row in TYPED])  # fmt: skip
def test_cells_that_have_a_type_are_read_by_their_value(cells, number, employees, flag, moment, text):
    assert read("number", cells) == [number]
    assert read("money", cells) == [number]
    assert read("employees", cells) == [employees]
    assert read("boolean", cells) == [flag]
    assert read("time", cells) == [moment]
    assert read("text", cells) == read("category", cells) == read("id", cells) == read("phone", cells) == [text]
    assert read("email", cells) == read("url", cells) == [text and text.lower()]


@pytest.mark.parametrize("kind", FIELD_TYPES)
@pytest.mark.parametrize("cells", [row[1] for row in TYPED], ids=[row[0] for row in TYPED])
def test_every_type_of_cell_can_be_missing_or_absent(kind, cells):
    gap = cells.clear(1) if cells.dtype != pl.Object else pl.Series([None], dtype=pl.Object)
    assert read(kind, gap) == [None]
    assert read(kind, cells.clear()) == []


@pytest.mark.parametrize("kind", FIELD_TYPES)
def test_a_column_that_is_empty_throughout_has_no_values(kind):
    assert read(kind, pl.Series([None, None])) == [None, None]
    assert read(kind, pl.Series([None, None], dtype=pl.String)) == [None, None]
    assert read(kind, pl.Series([], dtype=pl.Null)) == []


@pytest.mark.parametrize("kind", FIELD_TYPES)
@pytest.mark.parametrize("cells", [row[1] for row in TYPED], ids=[row[0] for row in TYPED])
def test_reading_leaves_the_cells_as_they_were(kind, cells):
    before = cells.to_list()
    read(kind, cells)
    assert str(cells.to_list()) == str(before)


@pytest.mark.parametrize("word", [*TRUE_WORDS, "TRUE", " Yes ", "Y", "On", "\u00a0yes"])
def test_words_for_yes(word):
    assert read("boolean", [word]) == [True]


@pytest.mark.parametrize("word", [*FALSE_WORDS, "FALSE", " No ", "N", "Off"])
def test_words_for_no(word):
    assert read("boolean", [word]) == [False]


@pytest.mark.parametrize("word", ["maybe", "2", "-1", "yes and no", "", "1.5", "jain", "null", "yess"])
def test_other_words_are_neither_yes_nor_no(word):
    assert read("boolean", [word]) == [None]


def test_numbers_and_amounts_know_the_decimal_comma_of_their_field():
    assert read("number", ["1,5", "1.5"], "decimal_comma") == [1.5, None]
    assert read("money", ["1,5 €", "$1.5"], "decimal_comma") == [1.5, None]
    assert read("number", ["1,5", "1.5"]) == [None, 1.5]
    assert read("number", pl.Series([1.5]), "decimal_comma") == [1.5]  # a number is no text


def test_numbers_are_times_only_in_fields_that_say_so():
    assert read("time", pl.Series([1_709_208_000]), "unix") == [NOON]
    assert read("time", pl.Series([1_709_208_000_000.0]), "%d/%m/%Y", "unix_ms") == [NOON]
    assert read("time", pl.Series([1_709_208_000])) == [None]
    assert read("time", pl.Series([1_709_208_000]), "%d/%m/%Y") == [None]
    assert read("time", pl.Series([Decimal("1709208000")]), "unix") == [NOON]


def test_typed_times_with_a_zone_become_utc():
    assert read("time", pl.Series([NOON]).dt.replace_time_zone("America/New_York")) == [NOON + timedelta(hours=5)]
    assert read("time", pl.Series([NOON]).cast(pl.Datetime("ns", "UTC"))) == [NOON]
    assert read("time", pl.Series([NOON]).cast(pl.Datetime("ms"))) == [NOON]


def test_texts_keep_their_case_and_addresses_lose_it():
    assert read("category", [" Olark Chat "]) == ["Olark Chat"]
    assert read("text", [" Hello \n there "]) == [" Hello \n there "]
    assert read("email", [" Ann@Example.COM "]) == ["ann@example.com"]
    assert read("url", [" HTTPS://Example.com "]) == ["https://example.com"]


def test_whole_numbers_among_gaps_are_the_same_text_as_without():
    assert cells_as_text(pl.Series([5.0, None, 2.5, -0.0])).to_list() == ["5", None, "2.5", "0"]
    assert cells_as_text(pl.Series([5, None])).to_list() == ["5", None]
    assert cells_as_text(pl.Series([2.0**60])).to_list() == [str(2**60)]


CELL = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["5", "1,200", "$5", "2-10", "yes", "2024-02-29", "2024-02-29 12:00:00", "N/A", " ", "a@b.c"]),
)


@quick
@given(st.sampled_from(FIELD_TYPES), st.lists(CELL, max_size=12))
def test_a_cell_is_read_alone_as_it_is_among_others(kind, cells):
    together = read(kind, pl.Series(cells, dtype=pl.String))
    assert together == [read(kind, pl.Series([cell], dtype=pl.String))[0] for cell in cells]


@quick
@given(st.sampled_from(FIELD_TYPES), st.lists(CELL, max_size=12))
def test_repeated_texts_kept_as_levels_are_read_as_texts(kind, cells):
    texts = pl.Series(cells, dtype=pl.String)
    assert read(kind, texts.cast(pl.Categorical)) == read(kind, texts)
