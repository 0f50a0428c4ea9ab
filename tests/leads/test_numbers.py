"""Numbers and amounts of money as people and spreadsheets write them."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.leads.numbers import read_money, read_numbers

quick = settings(deadline=None, max_examples=60)

# Text, the number it is, and the number it is where the comma starts the decimals.
NUMBERS = [
    ("1", 1, 1),
    ("-1", -1, -1),
    ("+1", 1, 1),
    ("−5", -5, -5),  # the minus sign of a typographer
    ("00012", 12, 12),
    (" 7\t", 7, 7),
    ("\u00a07", 7, 7),
    ("1.5", 1.5, None),
    ("1.", 1, None),
    (".5", 0.5, None),
    ("1,5", None, 1.5),
    ("1,", None, 1),
    (",5", None, 0.5),
    ("-0,25", None, -0.25),
    ("1e3", 1000, 1000),
    ("1.5E+03", 1500, None),
    ("1,5E+03", None, 1500),
    ("2e-3", 0.002, 0.002),
    # Thousands.
    ("1,234", 1234, 1.234),
    ("1.234", 1.234, 1234),
    ("1,234,567", 1234567, None),
    ("1.234.567", None, 1234567),
    ("1,234.50", 1234.5, None),
    ("1.234,50", None, 1234.5),
    ("1 234", 1234, 1234),
    ("1 234,5", None, 1234.5),
    ("1\u00a0234.5", 1234.5, None),
    ("1\u202f234\u202f567", 1234567, 1234567),
    ("1'234.5", 1234.5, None),
    ("1’234", 1234, 1234),
    ("1'234,5", None, 1234.5),
    ("-12,345", -12345, -12.345),
    # Thousands the Indian way.
    ("1,23,456", 123456, None),
    ("12,34,567.8", 1234567.8, None),
    ("1,23,45,678", 12345678, None),
    # Percent signs are dropped.
    ("12%", 12, 12),
    ("12%", 12, 12),
    ("1,234%", 1234, 1.234),
    ("12.5%", 12.5, None),
    # What could be two things, or is nothing, is not guessed at.
    ("0,123", None, 0.123),
    ("0.123", 0.123, None),
    ("1,2345", None, 1.2345),
    ("12,34,56", None, None),
    ("1,234'567", None, None),
    ("1 2", None, None),
    ("1, 234", None, None),
    ("1_000", None, None),
    ("1.5.2", None, None),
    ("1,5.2", None, None),
    ("0x10", None, None),
    ("inf", None, None),
    ("-Infinity", None, None),
    ("nan", None, None),
    ("NaN", None, None),
    ("1e400", None, None),
    ("9" * 400, None, None),
    ("", None, None),
    ("-", None, None),
    ("--1", None, None),
    ("5-", None, None),
    ("(5)", None, None),
    ("%", None, None),
    ("1e", None, None),
    ("1d5", None, None),
    ("12 apples", None, None),
    ("true", None, None),
    ("½", None, None),
    ("¹", None, None),
    ("1\x002", None, None),
    ("1\n2", None, None),
    ("2024-01-02", None, None),
]


@pytest.mark.parametrize(("text", "with_point", "with_comma"), NUMBERS)
def test_a_number_is_read_as_it_is_written_or_not_at_all(text, with_point, with_comma):
    assert read_numbers(pl.Series([text])).to_list() == [with_point]
    assert read_numbers(pl.Series([text]), decimal_comma=True).to_list() == [with_comma]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1200", 1200),
        ("$1,200.50", 1200.5),
        ("$ 1,200", 1200),
        ("1,200 €", 1200),
        ("£.50", 0.5),
        ("USD 1,200.50", 1200.5),
        ("1,200 usd", 1200),
        ("$5 USD", 5),
        ("US$ 5", 5),
        ("CA$5", 5),
        ("R$ 5", 5),
        ("Rs. 1,20,000", 120000),
        ("₹1,20,000", 120000),
        ("500/-", 500),
        ("CHF 1'200.-", 1200),
        ("fr. 500", 500),
        ("1 200 kr", 1200),
        ("10kr", 10),  # kronor, and not ten thousand
        ("5 zł", 5),
        ("₿5", 5),
        ("10k", 10_000),
        ("$10K", 10_000),
        ("€ 1.2M", 1_200_000),
        ("1.2 Mio. €", 1_200_000),
        ("5 million dollars", 5_000_000),
        ("5 mnok", 5_000_000),
        ("5mxn", 5),
        ("£1.2bn", 1_200_000_000),
        ("2 Mrd.", 2_000_000_000),
        ("1.5 lakh", 150_000),
        ("3 crores", 30_000_000),
        ("-$5", -5),
        ("$-5", -5),
        ("- $5", -5),
        ("−$5", -5),
        ("(500)", -500),
        ("($1,200.50)", -1200.5),
        ("1e6", 1_000_000),
        # Not guessed at.
        ("-$-5", None),
        ("(-5)", None),
        ("(5", None),
        ("5)", None),
        ("()", None),
        ("$", None),
        ("k", None),
        ("12%", None),
        ("$12%", None),
        ("5k%", None),
        ("5 $ 5", None),
        ("1-5", None),
        ("$5M-$1M", None),
        ("555-0100", None),
        ("10km", None),
        ("5 cr", None),  # crores or kronor
        ("5 apples", None),
        ("about 5", None),
        ("$1,23", None),
        ("1.2.3", None),
        ("$inf", None),
        ("nan", None),
        ("1_000", None),
        ("", None),
    ],
)
def test_an_amount_is_read_without_its_currency_or_not_at_all(text, amount):
    assert read_money(pl.Series([text])).to_list() == [amount]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.200,50 €", 1200.5),
        ("EUR 1.200,50", 1200.5),
        ("1,5 Mio. EUR", 1_500_000),
        ("1.200 €", 1200),
        ("1 200,50 kr", 1200.5),
        ("-1.200,- €", -1200),
        ("$1,200.50", None),
        ("1.5k", None),
    ],
)
def test_an_amount_with_a_decimal_comma_is_read_by_its_own_convention(text, amount):
    assert read_money(pl.Series([text]), decimal_comma=True).to_list() == [amount]


NUMBER_LIKE = st.text(alphabet="0123456789,.'’ \u00a0\u202f+-−%eEkM$€()_", max_size=14)


@quick
@given(
    st.lists(st.one_of(st.none(), NUMBER_LIKE, st.sampled_from([text for text, *_ in NUMBERS])), max_size=12),
    st.booleans(),
)
def test_a_text_is_read_alone_as_it_is_among_others(texts, decimal_comma):
    for read in (read_numbers, read_money):
        together = read(pl.Series(texts, dtype=pl.String), decimal_comma=decimal_comma).to_list()
        alone = [read(pl.Series([text], dtype=pl.String), decimal_comma=decimal_comma)[0] for text in texts]
        assert together == alone


@quick
@given(st.one_of(st.text(max_size=20), NUMBER_LIKE))
def test_whatever_is_read_is_finite(text):
    for read in (read_numbers, read_money):
        for decimal_comma in (False, True):
            value = read(pl.Series([text]), decimal_comma=decimal_comma)[0]
            assert value is None or math.isfinite(value)


@quick
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_a_program_writes_is_read_back_exactly(value):
    assert read_numbers(pl.Series([repr(value)])).to_list() == [value]
    assert read_money(pl.Series([repr(value)])).to_list() == [value]
    assert read_numbers(pl.Series([repr(value).replace(".", ",")]), decimal_comma=True).to_list() == [value]


@quick
@given(st.integers(-(10**15), 10**15))
def test_grouping_changes_nothing(value):
    for text in (f"{value:,}", f"{value:,}".replace(",", " "), f"{value:,}".replace(",", "'")):
        assert read_numbers(pl.Series([text])).to_list() == [value]
    assert read_numbers(pl.Series([f"{value:,}".replace(",", ".")]), decimal_comma=True).to_list() == [value]
    assert read_money(pl.Series([f"${value:,}.00"])).to_list() == [value]


def test_a_long_text_in_a_column_of_numbers_costs_no_more_than_its_length():
    hostile = ["1 " * 50_000 + "x", "1" + " " * 100_000 + "x", "(" * 100_000, "1," * 50_000, "k" * 100_000]
    assert read_money(pl.Series(hostile)).to_list() == [None] * 5
    assert read_numbers(pl.Series(hostile)).to_list() == [None] * 5


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("$10M-40M", 10e6, 40e6),
        ("$10-40M", 10e6, 40e6),
        ("$10M – $40M", 10e6, 40e6),
        ("10M to 40M", 10e6, 40e6),
        ("$500,000-2M", 500_000, 2e6),
        ("1-4 million USD", 1e6, 4e6),
        ("1-5k", 1_000, 5_000),
        ("$1,000 - $4,000", 1_000, 4_000),
        ("€1bn+", 1e9, 4e9),
        ("over $5M", 5e6, 20e6),
        ("<$1M", 0.25e6, 1e6),
        ("0-$1M", 0.25e6, 1e6),
    ],
)
def test_a_range_of_money_counts_as_the_geometric_mean_of_its_ends(text, low, high):
    assert read_money(pl.Series([text])).to_list() == [pytest.approx((low * high) ** 0.5)]


def test_a_range_does_not_change_how_the_amounts_beside_it_are_read():
    assert read_money(pl.Series(["$5", "$1M-4M", "no idea", None, "10k"])).to_list() == [5, 2e6, None, None, 10_000]
