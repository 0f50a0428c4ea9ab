"""Dates and times: ISO 8601 in every usual spelling, named patterns, numbers of seconds, and what is no time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.leads.times import explain_pattern, read_times, within_calendar

quick = settings(deadline=None, max_examples=60)


def read(text: str | None, *formats: str) -> datetime | None:
    return read_times(pl.Series([text], dtype=pl.String), formats)[0]


def at(*parts: int) -> datetime:
    return datetime(*parts)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29", at(2024, 2, 29)),
        ("2024-2-9", at(2024, 2, 9)),
        (" 2024-02-29 ", at(2024, 2, 29)),
        ("\u00a02024-02-29", at(2024, 2, 29)),
        ("2024-02-29 03:04", at(2024, 2, 29, 3, 4)),
        ("2024-02-29T03:04", at(2024, 2, 29, 3, 4)),
        ("2024-02-29 03:04:05", at(2024, 2, 29, 3, 4, 5)),
        ("2024-02-29T03:04:05", at(2024, 2, 29, 3, 4, 5)),
        ("2024-02-29T03:04:05.1", at(2024, 2, 29, 3, 4, 5, 100_000)),
        ("2024-02-29 03:04:05.123456789", at(2024, 2, 29, 3, 4, 5, 123_456)),
        ("2024-02-29T03:04:05,123", at(2024, 2, 29, 3, 4, 5, 123_000)),
        ("2024-02-29T03:04:05Z", at(2024, 2, 29, 3, 4, 5)),
        ("2024-02-29t03:04:05z", at(2024, 2, 29, 3, 4, 5)),
        ("2024-02-29T03:04Z", at(2024, 2, 29, 3, 4)),
        ("2024-02-29 03:04+01:00", at(2024, 2, 29, 2, 4)),
        ("2024-02-29T03:04:05+02:00", at(2024, 2, 29, 1, 4, 5)),
        ("2024-02-29T03:04:05.5+0200", at(2024, 2, 29, 1, 4, 5, 500_000)),
        ("2024-02-29 03:04:05-08", at(2024, 2, 29, 11, 4, 5)),
        ("2024-02-29T03:04:05.000+0000", at(2024, 2, 29, 3, 4, 5)),  # Salesforce
        ("2024-02-29 03:04:05 UTC", at(2024, 2, 29, 3, 4, 5)),
        ("2024-02-29 03:04:05.678 UTC", at(2024, 2, 29, 3, 4, 5, 678_000)),
        ("2024-02-29 03:04:05 +0100", at(2024, 2, 29, 2, 4, 5)),
        ("2023-12-31T23:59:60", at(2024, 1, 1)),  # a leap second
        ("0001-01-01", at(1, 1, 1)),
        ("9999-12-31 23:59:59.999999", at(9999, 12, 31, 23, 59, 59, 999_999)),
    ],
)
def test_iso_times_are_read_as_utc(text, moment):
    assert read(text) == read(text, "iso") == moment


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "yesterday",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-01-32",
            "2024-01-02T24:00",
            "2024-01-02T03:60",
        ),
        *(
            "24-01-02",
            "1-1-1",
            "10000-01-01",
            "+10000-01-01",
            "-0001-01-01",
            "0000-01-01",
            "+2024-01-02",
            "99999-01-01",
        ),
        *("2024/01/02", "02.01.2024", "01/02/2024", "20240102", "2024-W01-1", "2024-001", "2024-01", "2024"),
        *("2024-01-02T", "2024-01-02 PM", "2024-01-02 03:04:05 PM", "2024-01-02 03:04:05 EST", "2024-01-02 03"),
        *(
            "2024-01-02  03:04",
            "2024-01-0203:04",
            "2024-01-02\n03:04",
            "2024-01-02T03:04:05.Z",
            "2024- 1-02",
            "２０２４-01-02",
        ),
        *("2024-01-02T03:04:05+99:99", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-05:00", "1704164645", "45293"),
    ],
)
def test_what_is_no_iso_time_is_not_guessed_at(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("pattern", "text", "moment"),
    [
        ("%d/%m/%Y", "31/12/2024", at(2024, 12, 31)),
        ("%d/%m/%Y", "1/2/2024", at(2024, 2, 1)),
        ("%d/%m/%Y", "1/13/2024", None),
        ("%d/%m/%Y", "2024-01-02", None),
        ("%d/%m/%Y", "29/02/2023", None),
        ("%d/%m/%Y", "1/2/24", None),
        ("%m/%d/%Y", "1/2/2024", at(2024, 1, 2)),
        ("%d/%m/%Y %H:%M", "31/12/2024 5:06", at(2024, 12, 31, 5, 6)),
        ("%d/%m/%Y %H:%M", "31/12/2024", None),
        ("%m/%d/%Y %I:%M %p", "12/31/2024 05:06 PM", at(2024, 12, 31, 17, 6)),
        ("%m/%d/%Y %I:%M %p", "2/1/2024 12:06 am", at(2024, 2, 1, 0, 6)),
        ("%d.%m.%y", "01.02.24", at(2024, 2, 1)),
        ("%d.%m.%y", "01.02.70", at(1970, 2, 1)),
        ("%d %b %Y", "01 Feb 2024", at(2024, 2, 1)),
        ("%B %d, %Y", "February 1, 2024", at(2024, 2, 1)),
        ("%Y%m%d", "20240229", at(2024, 2, 29)),
        ("%Y-%m", "2024-03", at(2024, 3, 1)),
        # As Python writes them.
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-02T03:04:05+0100", at(2024, 1, 2, 2, 4, 5)),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-02T03:04:05Z", at(2024, 1, 2, 3, 4, 5)),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-01-02 03:04:05.123456", at(2024, 1, 2, 3, 4, 5, 123_456)),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-01-02 03:04:05.5", at(2024, 1, 2, 3, 4, 5, 500_000)),
    ],
)
def test_a_named_pattern_reads_what_it_says(pattern, text, moment):
    assert explain_pattern(pattern) == ""
    assert read(text, pattern) == moment


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("day-month-year", "is no way to write a time"),
        ("", "is no way to write a time"),
        ("%d/%m", "does not name a date"),
        ("%H:%M", "does not name a date"),
        ("%d/%M/%Y", "is no pattern of a time"),  # minutes for months
        ("%", "is no pattern of a time"),
        ("%Q", "is no pattern of a time"),
        ("%Y-%m-%d%", "is no pattern of a time"),
        ("%Y-%m-%d %I:%M", "is no pattern of a time"),  # twelve hours without a half of the day
        ("%d/%m/%Y %H:%M:%S %f", "reads a fraction of a second without the point before it"),
        ("%Y-%m-%d %H:%M %Z", "reads a zone's name, which does not say how far it is from UTC"),
    ],
)
def test_a_pattern_that_cannot_read_times_is_explained_and_reads_nothing(pattern, what):
    assert explain_pattern(pattern) == what
    assert read("2024-01-02 03:04", pattern) is None


@quick
@given(st.text(alphabet="%YmdHMSIpzZfbBjysTFDceG.:#-/ é9", max_size=10))
def test_no_pattern_makes_reading_fail(pattern):
    explain_pattern(pattern)
    assert len(read_times(pl.Series(["2024-01-02 03:04", "x", None]), [pattern])) == 3


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("1700000000", "unix", at(2023, 11, 14, 22, 13, 20)),
        ("1700000000.25", "unix", at(2023, 11, 14, 22, 13, 20, 250_000)),
        ("0", "unix", at(1970, 1, 1)),
        ("-86400", "unix", at(1969, 12, 31)),
        ("1700000000123", "unix_ms", at(2023, 11, 14, 22, 13, 20, 123_000)),
        ("1700000000123", "unix", None),  # milliseconds taken for seconds would be the year 55840
        ("1e300", "unix", None),
        ("nan", "unix", None),
        ("inf", "unix_ms", None),
        ("2024-01-02", "unix", None),
    ],
)
def test_numbers_are_times_only_where_the_field_says_so(text, form, moment):
    assert read(text, form) == moment
    assert read(text) == (at(2024, 1, 2) if text == "2024-01-02" else None)


def test_mixed_formats_in_one_column_are_each_read_by_the_first_that_fits():
    texts = ["31/12/2024", "2024-12-31", "2024-12-31T01:02:03.5Z", None, "1700000000", "12/31/2024"]
    assert read_times(pl.Series(texts), ("%d/%m/%Y", "iso", "unix")).to_list() == [
        at(2024, 12, 31),
        at(2024, 12, 31),
        at(2024, 12, 31, 1, 2, 3, 500_000),
        None,
        at(2023, 11, 14, 22, 13, 20),
        None,
    ]


def test_iso_times_with_and_without_fractions_and_zones_share_a_column():
    texts = ["2024-01-02", "2024-01-02 03:04:05", "2024-01-02 03:04:05.25", "2024-01-02T03:04:05Z"] * 50
    assert read_times(pl.Series(texts)).to_list() == [read(text) for text in texts[:4]] * 50


SPELLINGS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S%z"]


@quick
@given(
    st.lists(
        st.tuples(
            st.datetimes(min_value=at(1000, 1, 2), max_value=at(9999, 12, 30)),
            st.integers(-14 * 60, 14 * 60),
            st.sampled_from(SPELLINGS),
        ),
        min_size=1,
        max_size=70,
    )
)
def test_every_moment_is_read_back_from_every_spelling_wherever_it_stands(moments):
    texts, expected = [], []
    for moment, minutes, spelling in moments:
        local = moment.replace(tzinfo=timezone(timedelta(minutes=minutes))) if "%z" in spelling else moment
        texts.append(local.strftime(spelling))
        kept = datetime.strptime(texts[-1], spelling)  # noqa: DTZ007
        expected.append(kept if kept.tzinfo is None else kept.astimezone(UTC).replace(tzinfo=None))
    assert read_times(pl.Series(texts)).to_list() == expected


@quick
@given(st.text(max_size=30))
def test_no_text_makes_reading_fail(text):
    for formats in ((), ("%d/%m/%Y",), ("unix",)):
        moment = read(text, *formats)
        assert moment is None or 1 <= moment.year <= 9999


def test_times_that_come_typed_are_brought_to_utc_and_to_the_calendar():
    berlin = pl.Series([at(2024, 7, 1, 12)]).dt.replace_time_zone("Europe/Berlin")
    assert within_calendar(berlin).to_list() == [at(2024, 7, 1, 10)]
    far = pl.Series([0, 4_000_000_000], dtype=pl.Int64)  # days: the year 10,951,000
    assert within_calendar(far.cast(pl.Int32, strict=False).cast(pl.Date)).to_list() == [at(1970, 1, 1), None]
    assert within_calendar(pl.Series([10**6], dtype=pl.Int32).cast(pl.Date)).to_list() == [at(4707, 11, 29)]
    assert within_calendar(pl.Series([3 * 10**6], dtype=pl.Int32).cast(pl.Date)).null_count() == 1
    for unit, year_20000 in (("ms", 568_971_820_800_000), ("us", 568_971_820_800_000_000)):
        assert within_calendar(pl.Series([year_20000]).cast(pl.Datetime(unit))).null_count() == 1
