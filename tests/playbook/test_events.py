from dataclasses import replace

import pytest
from tests.playbook.playbooks_for_tests import TEXT

from leadloop.errors import PlaybookError
from leadloop.leads import Field
from leadloop.playbook import Events, parse_playbook, render_playbook
from leadloop.playbook.check import find_problems

EVENTS = """
[fields.grade]
type = "number"
known_at = "outcome"

[fields.told]
type = "boolean"
known_at = "outcome"

[events]
lead = "who"
at = "when"
within_days = 21
makes = ["labels:grade", "labels:told"]

[events.without]
grade = 0

[events.fields.who]
type = "id"
required = true

[events.fields.when]
type = "time"
formats = ["iso"]
aliases = ["at"]

[events.fields.seconds]
type = "number"
missing = ["-1"]
"""
PLAYBOOK = parse_playbook(TEXT + EVENTS)


def test_events_read_back_as_they_were_written():
    assert PLAYBOOK.events == Events(
        fields=(
            Field("who", "id", "event", required=True),
            Field("when", "time", "event", formats=("iso",), aliases=("at",)),
            Field("seconds", "number", "event", missing=("-1",)),
        ),
        lead="who",
        at="when",
        within_days=21.0,
        makes=("labels:grade", "labels:told"),
        without=(("grade", 0.0),),
    )
    assert PLAYBOOK.events.made == ("grade", "told")
    assert parse_playbook(render_playbook(PLAYBOOK)) == PLAYBOOK
    assert PLAYBOOK.outcome_days == 21


def told(**changes):
    return [
        (one.where, one.what) for one in find_problems(replace(PLAYBOOK, events=replace(PLAYBOOK.events, **changes)))
    ]


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"lead": "whom"}, "events.lead", "names “whom”, which is no column of events"),
        ({"at": "seconds"}, "events.fields.seconds.type", "is number"),
        ({"within_days": 0.0}, "events.within_days", "is 0"),
        ({"makes": (), "without": ()}, "events.makes", "names no function"),
        ({"makes": ("labels",), "without": ()}, "events.makes", "“labels” names no function"),
        ({"makes": ("a:grade", "b:grade")}, "events.makes", "makes “grade” twice"),
        ({"makes": ("a:mood",), "without": ()}, "events.makes", "makes “mood”, which is no field"),
        ({"makes": ("a:asked_at",), "without": ()}, "fields.asked_at.known_at", "is “intake”, and it is made of later events"),
        ({"without": (("told", 1.0),)}, "events.without.told", "is a number, and the field is boolean"),
        ({"without": (("result", 1.0),)}, "events.without.result", "is not made of events"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place(changes, where, what):
    found = told(**changes)
    assert (where, what) in found
    assert {place for place, _ in found} == {where}


def test_events_need_named_leads_with_a_time():
    without = replace(PLAYBOOK, lead_id="", order=None)
    assert {(one.where, one.what) for one in find_problems(without)} == {
        ("events", "need a name for each lead"),
        ("events", "need the time of the lead"),
    }


def test_the_time_of_a_lead_may_be_now_only_where_leads_have_times():
    playbook = replace(PLAYBOOK, order=replace(PLAYBOOK.order, absent="now"))
    assert find_problems(playbook) == []
    assert parse_playbook(render_playbook(playbook)) == playbook
    rows = replace(playbook, events=None, order=replace(playbook.order, by="rows", field="", newest="last"))
    assert [one.where for one in find_problems(rows)] == ["order.absent"]


def test_leads_count_alike_only_where_they_have_a_confidence():
    target = replace(PLAYBOOK.target, calibrate="all alike")
    assert [one.where for one in find_problems(replace(PLAYBOOK, target=target))] == ["targets.bought.calibrate"]


@pytest.mark.parametrize("wrong", ["[events]", EVENTS.replace("within_days = 21", 'within_days = "a month"')])
def test_what_is_missing_or_unreadable_is_told(wrong):
    with pytest.raises(PlaybookError, match=r"events"):
        parse_playbook(TEXT + wrong)
