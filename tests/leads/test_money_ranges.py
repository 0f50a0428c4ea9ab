"""Ranges of money as vendors of company facts write them, and what only looks like one."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.leads import Field, LeadSchema
from leadloop.leads.money_ranges import OPEN_END, read_money_ranges

SCHEMA = LeadSchema((Field("revenue", "money", "intake"),), ("intake",))


def read(*texts: str) -> list[float | None]:
    """The amounts that cells of a money field hold; None where a cell is refused."""
    rows = pl.DataFrame({"revenue": list(texts)})
    reading = SCHEMA.read(rows)
    refused = {reject.line for reject in reading.rejects}
    held = iter(reading.leads.data["revenue"].to_list())
    return [None if line in refused else next(held) for line in range(1, len(texts) + 1)]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("$5-10M", 5e6, 10e6),
        ("$5M-10M", 5e6, 10e6),
        ("$5M-$10M", 5e6, 10e6),
        ("$5M – $10M", 5e6, 10e6),
        ("$5M — $10M", 5e6, 10e6),
        ("5M to 10M", 5e6, 10e6),
        ("$1 to 10 million", 1e6, 10e6),
        ("€500K-€1M", 5e5, 1e6),
        ("$500,000-1M", 5e5, 1e6),
        ("$500,000 - $1,000,000", 5e5, 1e6),
        ("£1.5M-2.5M", 1.5e6, 2.5e6),
        ("  $10M-50M ", 10e6, 50e6),
        ("$100M-1B", 100e6, 1e9),
        ("$10M-10M", 10e6, 10e6),
    ],
)
def test_a_range_counts_as_the_geometric_mean_of_its_ends(text, low, high):
    assert read(text) == [pytest.approx((low * high) ** 0.5)]


@pytest.mark.parametrize(
    ("text", "low"),
    [
        ("$1B+", 1e9),
        ("$1B +", 1e9),
        (">$1B", 1e9),
        (">= $1B", 1e9),
        ("≥$1B", 1e9),
        ("over $50M", 50e6),
        ("Over $50M", 50e6),
        ("more than $50M", 50e6),
        ("at least 50M", 50e6),
        ("from $50M", 50e6),
        ("$50M or more", 50e6),
        ("$50M plus", 50e6),
        ("$50M and above", 50e6),
    ],
)
def test_a_range_without_an_upper_end_reaches_a_few_times_its_lower_one(text, low):
    assert read(text) == [pytest.approx(low * OPEN_END**0.5)]


@pytest.mark.parametrize(
    ("text", "high"),
    [
        ("<$1M", 1e6),
        ("≤ $1M", 1e6),
        ("under $1M", 1e6),
        ("Below $1M", 1e6),
        ("less than $1M", 1e6),
        ("up to 1M", 1e6),
        ("$0-1M", 1e6),
        ("$0M-$1M", 1e6),
    ],
)
def test_a_range_without_a_lower_end_begins_a_few_times_below_its_upper_one(text, high):
    assert read(text) == [pytest.approx(high / OPEN_END**0.5)]


@pytest.mark.parametrize(
    "text",
    [
        "2-10",
        "10 to 20",
        "$10M-5M",
        "$5M-ten",
        "$1M-$2M-$3M",
        "Q1-Q2",
        "+1M-",
        "to $",
        "-",
        "<",
        "<<$1M",
        "$5-10M+",
        "over <$1M",
        "$-",
        "2024-05",
    ],
)
def test_what_may_be_anything_is_refused(text):
    assert read(text) == [None]


def test_amounts_that_are_no_ranges_are_read_as_ever():
    assert read("$5M", "1,250.50", "9962591", "-3", "$12", "€ 1.5M") == [5e6, 1250.5, 9962591, -3, 12, 1.5e6]


def test_cells_of_all_kinds_stand_beside_one_another():
    assert read("$5-10M", "7", "over $2M", "lots") == [
        pytest.approx(7_071_067.8), 7.0, pytest.approx(4e6), None,
    ]  # fmt: skip


def test_long_texts_are_not_searched():
    assert read("$5-10M" + " " * 10 + "and more words than any range of money would ever need to say") == [None]


def test_only_ends_are_asked_for_and_each_once():
    asked = []

    def amounts(cells: pl.Series) -> pl.Series:
        asked.extend(cells.to_list())
        return pl.Series([1e6 if cell == "$1M" else None for cell in cells.to_list()], dtype=pl.Float64)

    told = read_money_ranges(pl.Series(["$1M+", "$1M+", "under $1M", "7", None]), amounts)
    assert told.to_list() == [2e6, 2e6, 5e5, None, None]
    assert asked == ["$1M"]


amounts = st.integers(1, 999)


@settings(deadline=None, max_examples=60)
@given(amounts, amounts, st.sampled_from(["K", "M", "B"]), st.sampled_from(["-", " - ", "–", " to "]))
def test_a_range_lies_between_its_ends_however_they_are_written(one, other, unit, dash):
    low, high = sorted((one, other))
    factor = {"K": 1e3, "M": 1e6, "B": 1e9}[unit]
    written, short = read(f"${low}{unit}{dash}${high}{unit}", f"${low}{dash}{high}{unit}")
    assert written == short == pytest.approx((low * high) ** 0.5 * factor)
    assert low * factor <= written * (1 + 1e-12)
    assert written <= high * factor * (1 + 1e-12)
