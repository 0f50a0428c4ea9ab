"""The states of a label: the documented table row by row, and a million leads judged as one is."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.learning.labels import Told, label_state, settle_leads

CAME = datetime(2026, 1, 1)
LATER = CAME + timedelta(days=40)
SOON = CAME + timedelta(days=10)


def day(number):
    return CAME + timedelta(days=number)


WON, LOST = Told(day(5), 1.0), Told(day(6), 0.0)
IDLE, WORKED = Told(day(7), event="not_worked"), Told(day(8), event="worked")

# What was told, the days that a lead takes, when it is looked at, and what it is then.
TABLE = {
    "nothing is told and time is not over": ([], 30, SOON, ("open", None)),
    "nothing is told and time is over": ([], 30, LATER, ("lost", 0.0)),
    "nobody worked it and time is not over": ([IDLE], 30, SOON, ("open", None)),
    "nobody worked it and time is over": ([IDLE], 30, LATER, ("not worked", None)),
    "somebody worked it after all": ([IDLE, WORKED], 30, LATER, ("lost", 0.0)),
    "it was told to be worked, and then that it was not": ([WORKED, IDLE], 30, LATER, ("not worked", None)),
    "it is won and time is not over": ([WON], 30, SOON, ("open", None)),
    "it is won and time is over": ([WON], 30, LATER, ("won", 1.0)),
    "it is won, whoever says that nobody worked it": ([WON, IDLE], 30, LATER, ("won", 1.0)),
    "it is lost": ([LOST], 30, LATER, ("lost", 0.0)),
    "it is lost and nobody worked it": ([LOST, IDLE], 30, LATER, ("lost", 0.0)),
    "what is told last holds": ([WON, LOST], 30, LATER, ("lost", 0.0)),
    "what is told last holds, though it came about first": ([LOST, WON], 30, LATER, ("won", 1.0)),
    "won too late is not won": ([Told(day(31), 1.0)], 30, LATER, ("lost", 0.0)),
    "what was before the lead was scored does not count": ([Told(day(-1), 1.0)], 30, LATER, ("lost", 0.0)),
    "a win on the last day counts": ([Told(day(30), 1.0)], 30, LATER, ("won", 1.0)),
    "without a deadline it is open until it ends": ([], None, LATER, ("open", None)),
    "without a deadline an outcome holds at once": ([WON], None, SOON, ("won", 1.0)),
    "without a deadline nobody working it holds at once": ([IDLE], None, SOON, ("not worked", None)),
    "an outcome of the future is not known yet": ([Told(day(20), 1.0)], None, SOON, ("open", None)),
    "a grade is an outcome": ([Told(day(5), 0.4)], 30, LATER, ("won", 0.4)),
}


@pytest.mark.parametrize(("told", "within", "now", "expected"), TABLE.values(), ids=TABLE.keys())
def test_a_lead_is_what_the_table_says(told, within, now, expected):
    assert label_state(told, CAME, now, within) == expected
    assert settled([told], within, now) == [expected]


def settled(each_told, within, now):
    scored = pl.DataFrame({"lead_id": [f"L{place}" for place in range(len(each_told))], "at": [CAME] * len(each_told)})
    rows = [(f"L{place}", one) for place, told in enumerate(each_told) for one in told]
    times = pl.Datetime("us")
    outcomes = pl.DataFrame(
        [(lead, one.at, one.value) for lead, one in rows if one.value is not None],
        schema={"lead_id": pl.String, "at": times, "value": pl.Float64},
        orient="row",
    )
    events = pl.DataFrame(
        [(lead, one.at, one.event) for lead, one in rows if one.event],
        schema={"lead_id": pl.String, "at": times, "name": pl.String},
        orient="row",
    )
    scored = scored.with_columns(pl.col("at").cast(times))
    return settle_leads(scored, outcomes, events, now, within).select("state", "outcome").rows()


TOLD = st.builds(
    lambda when, what: Told(day(when), what) if isinstance(what, float) else Told(day(when), event=what),
    st.integers(-2, 45),
    st.sampled_from([0.0, 1.0, "not_worked", "worked"]),
)


@given(
    st.lists(st.lists(TOLD, max_size=5), min_size=1, max_size=6), st.sampled_from([None, 5.0, 30.0]), st.integers(0, 60)
)
def test_many_leads_are_judged_as_each_alone(leads, within, when):
    now = day(when)
    assert settled(leads, within, now) == [label_state(told, CAME, now, within) for told in leads]


@given(st.lists(TOLD, max_size=5), st.sampled_from([None, 30.0]))
def test_told_twice_is_told_once(told, within):
    twice = [one for one in told for _ in range(2)]
    assert label_state(twice, CAME, LATER, within) == label_state(told, CAME, LATER, within)


@given(st.lists(TOLD, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_arrival_matters_only_where_they_contradict_each_other(told, shuffle):
    agreeing = [one for one in told if one.value != 0.0 and one.event != "worked"]
    mixed = agreeing.copy()
    shuffle.shuffle(mixed)
    assert label_state(mixed, CAME, LATER, 30.0)[0] == label_state(agreeing, CAME, LATER, 30.0)[0]
