from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from leadloop.features.times import TimesBlock
from leadloop.leads import Field

CAME, BORN = Field("came", "time", "intake"), Field("founded", "time", "intake")
START = datetime(2023, 1, 2, 7, 30)  # a Monday
YEARS = pl.DataFrame(
    {
        "came": [START + timedelta(hours=7 * step) for step in range(3000)],
        "founded": [None if step % 5 == 0 else datetime(1990 + step % 30, 3, 1) for step in range(3000)],
    },
    schema={"came": pl.Datetime("us"), "founded": pl.Datetime("us")},
)


def values(block: TimesBlock, **row: datetime | None) -> dict[str, float]:
    data = pl.DataFrame({name: [time] for name, time in row.items()}, schema=dict.fromkeys(row, pl.Datetime("us")))
    return dict(zip((held.name for held in block.columns), block.values(data)[0].tolist(), strict=True))


def names(block: TimesBlock) -> set[str]:
    return {held.name for held in block.columns}


def test_a_time_is_told_by_its_parts():
    parts = values(TimesBlock.fit(YEARS, [CAME]), came=datetime(2026, 8, 15, 18, 5))
    expected = {
        "hour": 18,
        "weekday": 6,
        "weekend": 1,
        "business hours": 0,
        "day of month": 15,
        "month": 8,
        "quarter": 3,
    }
    assert {name: parts[f"came, {name}"] for name in expected} == expected
    assert parts["came, hour, sine"] == pytest.approx(-1)
    assert parts["came, hour, cosine"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("time", "business"),
    [
        (datetime(2026, 8, 14, 8, 0), 1),
        (datetime(2026, 8, 14, 17, 59), 1),
        (datetime(2026, 8, 14, 18, 0), 0),
        (datetime(2026, 8, 14, 7, 59), 0),
        (datetime(2026, 8, 15, 12, 0), 0),
    ],
)
def test_business_hours_are_monday_to_friday_from_8_to_18(time, business):
    assert values(TimesBlock.fit(YEARS, [CAME]), came=time)["came, business hours"] == business


def test_the_calendar_itself_is_never_a_feature():
    block = TimesBlock.fit(YEARS, [CAME, BORN], "came")
    shifted = values(block, came=datetime(2024, 2, 5, 9), founded=datetime(2000, 2, 7, 0))
    # 28 years later, weekdays fall on the same dates again: a model must see the same lead.
    assert shifted == values(block, came=datetime(2052, 2, 5, 9), founded=datetime(2028, 2, 7, 0))


def test_other_times_are_signed_days_from_the_leads_own_time():
    block = TimesBlock.fit(YEARS, [CAME, BORN], "came")
    name = "founded, days from the lead's time (log)"
    came = datetime(2024, 1, 10)
    assert values(block, came=came, founded=datetime(2024, 1, 1))[name] == pytest.approx(-np.log(10))
    assert values(block, came=came, founded=datetime(2024, 1, 10, 12))[name] == pytest.approx(np.log(1.5))
    assert np.isnan(values(block, came=None, founded=came)[name])
    assert not any(held.startswith("came, days") for held in names(block))


def test_dates_without_a_time_of_day_have_no_hour():
    dates = YEARS.with_columns(pl.col("came").dt.truncate("1d"))
    assert names(TimesBlock.fit(dates, [CAME])) == {
        f"came, {part}"
        for part in ("weekday", "weekday, sine", "weekday, cosine", "weekend", "day of month", "month", "quarter")
    }


def test_a_part_whose_cycle_was_not_seen_twice_is_left_out():
    quarter_year = YEARS.filter(pl.col("came") < datetime(2023, 4, 1))
    assert {"came, month", "came, quarter"} & names(TimesBlock.fit(quarter_year, [CAME])) == set()
    assert "came, day of month" in names(TimesBlock.fit(quarter_year, [CAME]))
    mistyped = pl.concat([quarter_year, YEARS.tail(1)])
    assert "came, month" not in names(TimesBlock.fit(mistyped, [CAME]))


def test_a_missing_time_is_missing_in_all_its_parts():
    assert all(np.isnan(value) for value in values(TimesBlock.fit(YEARS, [CAME]), came=None).values())


def test_the_days_are_read_from_both_fields_even_where_the_leads_time_has_no_part():
    one_moment = YEARS.with_columns(came=pl.lit(START))
    block = TimesBlock.fit(one_moment, [CAME, BORN], "came")
    assert set(block.reads) == {"came", "founded"}


def test_a_field_that_is_never_given_has_no_columns():
    nothing = pl.DataFrame({"came": [None] * 30}, schema={"came": pl.Datetime("us")})
    assert TimesBlock.fit(nothing, [CAME]).columns == ()


def test_what_is_said_of_a_lead_is_true_on_both_sides_of_zero():
    said = {held.name: (held.says, held.says_not) for held in TimesBlock.fit(YEARS, [CAME, BORN], "came").columns}
    assert said["came, weekend"] == ("is at the weekend", "is on a working day")
    assert said["came, business hours"] == ("is during business hours", "is outside business hours")
    assert said["founded, weekend"] == ("is at the weekend", "is on a working day")
    assert said["came, hour, sine"][0] == said["came, hour, sine"][1]


def test_years_at_the_ends_of_the_calendar_do_not_overflow():
    block = TimesBlock.fit(YEARS, [CAME, BORN], "came")
    far = values(block, came=datetime(9999, 12, 31), founded=datetime(1, 1, 1))
    assert far["founded, days from the lead's time (log)"] == pytest.approx(-np.log1p(3_652_058), rel=1e-5)


def test_a_saved_block_with_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="year"):
        TimesBlock.from_state({"lead_time": "", "parts": [["came", "year"]]})
