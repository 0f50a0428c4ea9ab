"""How times are written: ISO, day or month first, names of months, seconds since 1970."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadloop.ingest.column import Column
from leadloop.ingest.time_formats import find_number_times, find_time_formats, looks_like_excel_days
from leadloop.leads import Field


def found(*texts: str, day_first: bool | None = None):
    return find_time_formats(Column("came", pl.Series(texts)), day_first=day_first)


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["2024-01-05", "2024-02-06"], ()),
        (["2024-01-05T10:00:00", "2024-01-05T10:00:00.123", "2024-01-05 10:00", "2024-01-05T10:00:00+02:00"], ()),
        (["2024-01-05T10:00:00.000+0000"], ()),
        (["31/12/2024", "01/02/2024"], ("%d/%m/%Y",)),
        (["12/31/2024", "01/02/2024"], ("%m/%d/%Y",)),
        (["31.12.2024 10:30", "1.2.2024 9:05"], ("%d.%m.%Y %H:%M",)),
        (["12/31/24 3:05 PM", "1/2/24 11:00 AM"], ("%m/%d/%y %I:%M %p",)),
        (["31-12-2024"], ("%d-%m-%Y",)),
        (["Jan 5, 2024", "Feb 6, 2024"], ("%b %d, %Y",)),
        (["January 5, 2024", "May 6, 2024"], ("%B %d, %Y",)),
        (["5-Jan-24", "16-Feb-24"], ("%d-%b-%y",)),
        (["Fri, 05 Jan 2024 10:00:00 +0100"], ("%a, %d %b %Y %H:%M:%S %z",)),
        (["2024/1/5", "2024/12/31"], ("%Y/%m/%d",)),
    ],
)
def test_common_ways_of_writing_are_found(texts, formats):
    assert found(*texts).formats == formats


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["31/12/2024", "01/02/2024 10:30", "02/02/2024 11:00"], ("%d/%m/%Y %H:%M", "%d/%m/%Y")),
        (["31/12/24", "01/02/2024", "01/03/2024"], ("%d/%m/%y", "%d/%m/%Y")),
        (["2024-01-05", "31.12.2023"], ("iso", "%d.%m.%Y")),
        (["2024-01-05 10:00", "2024-01-06 11:00", "2024-01-07 12:00", "31.12.2023"], ("iso", "%d.%m.%Y")),
        (["2024-01-05", "31.12.2023", "5 Jan 2024", "6 Jan 2024"], ("%d %b %Y", "iso", "%d.%m.%Y")),
        (["2024/1/5", "2024/12/5 10:00"], ("%Y/%m/%d", "%Y/%m/%d %H:%M")),
    ],
)
def test_a_column_may_mix_ways_of_writing_and_all_of_it_is_read(texts, formats):
    guess = found(*texts)
    assert guess.formats == formats
    values = Column("came", pl.Series(texts)).read(Field("came", "time", "intake", formats=guess.formats))
    assert values.null_count() == 0
    assert values.dt.year().is_between(2023, 2024).all()


def test_each_row_counts_however_often_its_text_repeats():
    guess = found(*[f"2024-01-05 10:{minute}" for minute in range(10, 50)], *["31/12/2023"] * 40)
    assert guess.formats == ("iso", "%d/%m/%Y")


def test_a_day_over_12_decides_and_the_rows_that_tell_are_counted():
    guess = found(*["01/02/2024"] * 9, "13/02/2024")
    assert guess.day == "first"
    assert guess.evidence == "the first number is over 12 in 1 rows, so the day stands first"


def test_dates_that_could_be_either_are_read_as_the_files_other_dates():
    assert found("01/02/2024", "03/04/2024", day_first=True).formats == ("%d/%m/%Y",)
    assert found("01/02/2024", "03/04/2024", day_first=False).formats == ("%m/%d/%Y",)


def test_dates_that_could_be_either_say_so():
    guess = found("01/02/2024", "03/04/2024")
    assert guess.day == "unclear"
    assert "could be either" in guess.evidence
    assert guess.formats == ("%m/%d/%Y",)
    assert found("01.02.2024", "03.04.2024").formats == ("%d.%m.%Y",)


def test_a_column_that_writes_the_day_in_both_places_cannot_be_read():
    guess = found("31/12/2024", "12/31/2024", "01/02/2024")
    assert guess.day == "both"
    assert "cannot be told apart" in guess.evidence


@pytest.mark.parametrize(
    "texts",
    [
        ["2-Oct", "10-Feb", "1-10"],
        ["50-100", "10-50"],
        ["+1 555 123 4567", "555-123-4567"],
        ["93.994", "92.893"],
        ["2018", "2019"],
        ["99/99/2024", "45/13/2024"],
        ["call me on 5 May 2024, please, or the week after that"],
        ["2024-13-45"],
        [],
    ],
)
def test_other_texts_are_no_times(texts):
    assert find_time_formats(Column("x", pl.Series(texts, dtype=pl.String))) is None


def test_a_few_other_texts_among_many_times_do_not_hide_them():
    assert found(*[f"2024-01-{1 + day % 28:02d}" for day in range(400)], "soon").formats == ()
    assert found(*[f"2024-01-{1 + day % 28:02d}" for day in range(100)], "soon") is None


def numbers(*texts: str, named: bool = True):
    column = Column("created", pl.Series(texts))
    return find_number_times(column, column.texts.cast(pl.Float64).to_numpy(), named=named)


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["1317849007.0", "1332648824"], ("unix",)),
        (["1317849007000", "1332648824123"], ("unix_ms",)),
        (["20240131", "20231201"], ("%Y%m%d",)),
    ],
)
def test_numbers_are_times_where_their_name_and_their_size_say_so(texts, formats):
    assert numbers(*texts).formats == formats
    assert numbers(*texts, named=False) is None


@pytest.mark.parametrize("texts", [["12", "240"], ["1317849007", "12"], ["20240199", "20249912"]])
def test_numbers_of_another_size_are_no_times(texts):
    assert numbers(*texts) is None


def test_the_day_numbers_of_a_spreadsheet_are_noticed():
    assert looks_like_excel_days(np.array([45_292.0, 45_300.5, np.nan]))
    assert not looks_like_excel_days(np.array([45_292.0, 12.0]))
