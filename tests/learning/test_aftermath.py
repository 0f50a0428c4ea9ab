"""What became of leads: fields made of the events that followed."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from leadloop.errors import DataError, PlaybookError
from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.learning.aftermath import add_aftermath, judge_events
from leadloop.playbook import Events, Order, Playbook, Target

SCHEMA = LeadSchema(
    (
        Field("id", "id", "intake"),
        Field("came", "time", "intake"),
        Field("visits", "number", "intake"),
        Field("grade", "number", "outcome"),
        Field("sure", "number", "outcome"),
    )
)
EVENTS = Events(
    fields=(Field("lead", "id", "event"), Field("when", "time", "event"), Field("stars", "number", "event")),
    lead="lead",
    at="when",
    within_days=10.0,
    makes=("labels:grade", "labels:sure"),
    without=(("grade", 0.0),),
)
PLAYBOOK = Playbook(
    "posts",
    SCHEMA,
    "intake",
    Target("good", "grade", graded=True),
    order=Order("field", "came"),
    lead_id="id",
    events=EVENTS,
)
MAKES = {"grade": lambda: pl.col("stars").max() / 5, "sure": lambda: pl.len() / 10}
START = datetime(2026, 3, 1)


def leads(**came):
    data = pl.DataFrame(
        {
            "id": list(came),
            "came": [None if day is None else START + timedelta(days=day) for day in came.values()],
            "visits": [1.0] * len(came),
            "grade": [None] * len(came),
            "sure": [None] * len(came),
        },
        schema={
            "id": pl.String,
            "came": pl.Datetime("us"),
            "visits": pl.Float64,
            "grade": pl.Float64,
            "sure": pl.Float64,
        },
    )
    return LeadFrame(SCHEMA, data, np.arange(len(came)))


def events(*rows):
    return pl.DataFrame(
        [(lead, START + timedelta(days=day), float(stars)) for lead, day, stars in rows],
        schema={"lead": pl.String, "when": pl.Datetime("us"), "stars": pl.Float64},
        orient="row",
    )


def made(leads, events, playbook=PLAYBOOK, makes=MAKES):
    after = add_aftermath(playbook, leads, events, makes)
    return after, after.leads.data.select("grade", "sure").rows()


def test_fields_are_made_of_the_events_of_each_lead():
    after, rows = made(leads(a=0, b=0), events(("a", 1, 2), ("b", 1, 5), ("a", 3, 4), ("z", 20, 1)))
    assert rows == [(0.8, 0.2), (1.0, 0.1)]
    assert (after.unknown, after.early, after.late, after.open) == (1, 0, 0, 0)
    assert after.leads.data.columns == ["id", "came", "visits", "grade", "sure"]


def test_events_count_from_the_lead_s_own_time_until_its_window_is_over():
    after, rows = made(leads(a=1), events(("a", 0.9, 5), ("a", 1, 1), ("a", 11, 2), ("a", 11.1, 5)))
    assert rows == [(0.4, 0.2)]
    assert (after.early, after.late) == (1, 1)


def test_young_leads_are_open_although_much_happened():
    after, rows = made(leads(old=0, young=15), events(("old", 1, 3), ("young", 16, 5), ("old", 25, 1)))
    assert rows[1] == (None, None)
    assert after.open == 1
    assert made(leads(old=0, young=15), events(("old", 1, 3), ("young", 16, 5), ("old", 25.1, 1)))[1][1] == (1.0, 0.1)


def test_a_lead_that_nothing_happened_to_is_what_the_playbook_says_or_not_known():
    _, rows = made(leads(a=0, quiet=0), events(("a", 1, 2), ("a", 30, 1)))
    assert rows[1] == (0.0, None)


def test_a_lead_without_a_time_has_no_window():
    _, rows = made(leads(a=0, when=None), events(("a", 1, 2), ("when", 1, 5), ("a", 30, 1)))
    assert rows[1] == (0.0, None)


def test_the_order_of_events_and_leads_changes_nothing():
    some = events(("a", 1, 2), ("b", 1, 5), ("a", 3, 4), ("c", 30, 1), ("b", 2, 3))
    first = made(leads(a=0, b=0, c=5), some)[1]
    assert made(leads(a=0, b=0, c=5), some[::-1])[1] == first
    assert made(leads(c=5, b=0, a=0), some)[1] == first[::-1]


def test_leads_of_one_name_have_the_same_events():
    twice = LeadFrame.join([leads(a=0), leads(a=2)])
    assert made(twice, events(("a", 2.5, 2), ("a", 30, 1)))[1] == [(0.4, 0.1), (0.4, 0.1)]


def test_events_of_other_leads_only_are_refused():
    with pytest.raises(DataError, match="not one of 1 events"):
        made(leads(a=0), events(("b", 1, 2)))


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda: pl.col("stars"), "a value for each event"),
        (lambda: pl.col("hearts").max(), "fails"),
        (lambda: 1 / 0, "division by zero"),
        (lambda: pl.col("lead").first(), "the field is number"),
    ],
)
def test_a_function_that_cannot_be_used_is_told_with_its_reason(function, what):
    with pytest.raises(PlaybookError, match=what):
        made(leads(a=0), events(("a", 1, 2), ("a", 2, 2), ("a", 30, 1)), makes={**MAKES, "sure": function})


def test_one_event_can_be_judged_alone():
    assert judge_events(events(("a", 1, 4)), "lead", MAKES).rows() == [("a", 0.8, 0.1)]


def test_flags_and_words_can_be_made_too():
    schema = LeadSchema(
        (*SCHEMA.fields[:3], Field("grade", "boolean", "outcome"), Field("sure", "category", "outcome"))
    )
    playbook = replace(PLAYBOOK, schema=schema, events=replace(EVENTS, without=()))
    makes = {"grade": lambda: (pl.col("stars") > 3).any(), "sure": lambda: pl.col("lead").first()}
    some = leads(a=0)
    frame = LeadFrame(schema, some.data, some.lines)
    assert made(frame, events(("a", 1, 4), ("a", 30, 1)), playbook, makes)[1] == [(True, "a")]
