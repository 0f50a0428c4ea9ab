"""Company sizes: exact counts, every band in use, and the accidents that spreadsheets make of them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.leads.employees import looks_like_spreadsheet_date, read_employee_cells, read_employees

quick = settings(deadline=None, max_examples=60)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("120", 120, 120),
        ("0", 0, 0),
        ("50.0", 50, 50),
        ("12.5", 12.5, 12.5),
        ("1,200", 1200, 1200),
        ("1.200", 1200, 1200),
        ("1'200", 1200, 1200),
        ("1 200", 1200, 1200),
        ("1,200.00", 1200, 1200),
        ("2,100,000", 2_100_000, 2_100_000),
        ("2.100.000", 2_100_000, 2_100_000),
        ("1234.567", 1234.567, 1234.567),
        ("1k", 1000, 1000),
        ("1.5k", 1500, 1500),
        ("1.234k", 1234, 1234),
        ("2m", 2_000_000, 2_000_000),
        ("50-100", 50, 100),
        ("51 – 200", 51, 200),
        ("51 — 200", 51, 200),
        ("51 to 200", 51, 200),
        ("51 bis 200", 51, 200),
        ("51..200", 51, 200),
        ("1001-5000", 1001, 5000),
        ("1,001-5,000", 1001, 5000),
        ("1.001 - 5.000", 1001, 5000),
        ("1k-5k", 1000, 5000),
        ("1-5k", 1000, 5000),
        ("500-1k", 500, 1000),
        ("1-1k", 1, 1000),
        ("5-5", 5, 5),
        ("10,001+", 10_001, 40_004),
        ("10001+", 10_001, 40_004),
        ("1000 or more", 1000, 4000),
        ("10K+", 10_000, 40_000),
        (">=10000", 10_000, 40_000),
        ("≥ 10", 10, 40),
        (">10000", 10_001, 40_004),
        ("over 10,000", 10_001, 40_004),
        ("<10", 1, 9),
        ("under 50", 1, 49),
        ("<1", 0, 0),
        ("<=10", 1, 10),
        ("up to 10", 1, 10),
        ("~50", 50, 50),
        ("approx. 50", 50, 50),
        ("about 50 people", 50, 50),
        ("201-500 employees", 201, 500),
        ("10000+ Employees", 10_000, 40_000),
        ("self-employed", 1, 1),
        ("Self-Employed", 1, 1),
        ("Myself Only", 1, 1),
        ("SIZE_1", 1, 1),
        ("SIZE_2_TO_10", 2, 10),
        ("SIZE_11_TO_50", 11, 50),
        ("SIZE_51_TO_200", 51, 200),
        ("SIZE_201_TO_500", 201, 500),
        ("SIZE_501_TO_1000", 501, 1000),
        ("SIZE_1001_TO_5000", 1001, 5000),
        ("SIZE_5001_TO_10000", 5001, 10_000),
        ("SIZE_10001_OR_MORE", 10_001, 40_004),
        ("size_51_to_200", 51, 200),
        ("  51-200  ", 51, 200),
    ],
)
def test_every_way_to_write_a_company_size_is_an_interval(text, low, high):
    assert read_employees(text) == (low, high)
    assert read_employee_cells(pl.Series([text])).to_list() == [{"low": low, "high": high}]


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "many", "-5", "100-50", "10-", "-10", "1-2-3", "10 50", "1,2", "1,234'567", "0-", "+", "5 apples"),
        *("SIZE_10_TO_2", "SIZE_", "SIZE_X", "SIZE_1_OR_LESS", "<0", "1e3", "inf", "nan", "1_000", "10%", "$5"),
        *("1" * 100, "1-" * 50_000, "9" * 500, " " * 100_000 + "x", "٢-١٠"),
    ],
)
def test_what_is_no_company_size_is_not_guessed_at(text):
    assert read_employees(text) is None
    assert read_employee_cells(pl.Series([text])).to_list() == [None]


@pytest.mark.parametrize(
    "text",
    [
        *("2-Oct", "10-Feb", "2026-10-02", "2026-10-02 00:00:00", "2026-10-02T00:00:00", "Oct-02", "02-Oct-26"),
        *(
            "Nov-50",
            "2. Okt",
            "10. Feb.",
            "10-févr".replace("févr", "feb"),
            "2/10/2026",
            "10/2/26",
            "02.10.2026",
            "2/10",
        ),
        *("Oct 2", "11-May", "Mai 50", "  2-OCT "),
    ],
)
def test_a_range_that_a_spreadsheet_made_a_date_of_is_noticed_and_refused(text):
    assert looks_like_spreadsheet_date(text)
    assert read_employees(text) is None


@pytest.mark.parametrize("text", ["2-10", "50-100", "1.200", "1,200", "120", "2010-2020", "1000+", "Octopus", ""])
def test_a_company_size_is_not_taken_for_a_date(text):
    assert not looks_like_spreadsheet_date(text)


@quick
@given(st.one_of(st.text(max_size=30), st.text(alphabet="0123456789-–.,km<>+ toSIZE_", max_size=16)))
def test_whatever_is_read_is_an_interval_of_people(text):
    found = read_employees(text)
    if found is not None:
        low, high = found
        assert 0 <= low <= high < float("inf")


@quick
@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_band_is_read_back_whatever_separates_its_thousands(one, other):
    low, high = sorted((one, other))
    for sign in ("", ",", ".", " ", "'"):
        text = f"{low:,}-{high:,}".replace(",", sign)
        assert read_employees(text) == (low, high)


@quick
@given(st.lists(st.sampled_from(["5", "1-10", "2-Oct", "many", "10,001+", None, "007", " 5 "]), max_size=20))
def test_a_column_is_read_as_its_texts_are_alone(texts):
    together = read_employee_cells(pl.Series(texts, dtype=pl.String)).to_list()
    alone = [None if text is None else read_employees(text) for text in texts]
    assert [cell and (cell["low"], cell["high"]) for cell in together] == alone
