from dataclasses import replace

import pytest
from tests.playbook.playbooks_for_tests import TEXT

from leadloop.errors import PlaybookError
from leadloop.playbook import History, parse_playbook, render_playbook
from leadloop.playbook.check import find_problems

HISTORY = """
[training]
gap_days = 14

[[history]]
of = ["Lead Source"]

[[history]]
of = ["Lead Source", "member"]
name = "similar leads"
days = 90

[fields.member]
type = "boolean"
"""
PLAYBOOK = parse_playbook(TEXT + HISTORY)


def test_histories_read_back_as_they_were_written():
    assert PLAYBOOK.history == (History(("Lead Source",)), History(("Lead Source", "member"), "similar leads", 90.0))
    assert parse_playbook(render_playbook(PLAYBOOK)) == PLAYBOOK


def test_an_outcome_is_known_after_the_longest_of_its_windows():
    assert PLAYBOOK.outcome_days == 14
    target = replace(PLAYBOOK.target, within_days=30.0)
    assert replace(PLAYBOOK, target=target).outcome_days == 30


def told(playbook):
    return [(problem.where, problem.what) for problem in find_problems(playbook)]


@pytest.mark.parametrize(
    ("history", "where", "what"),
    [
        (History(()), "history[1].of", "names no field"),
        (History(("Lead Sauce",)), "history[1].of", "names “Lead Sauce”, which is no field"),
        (History(("result",)), "history[1].of", "names “result”, known at outcome; this playbook scores at intake"),
        (History(("asked_at",)), "history[1].of", "names “asked_at”, of type time"),
        (History(("member", "member")), "history[1].of", "names a field twice"),
        (History(("member",), "member"), "history[1].name", "“member” is the name of a field"),
    ],
)
def test_each_mistake_is_told_with_its_place(history, where, what):
    assert told(replace(PLAYBOOK, history=(history,))) == [(where, what)]


def test_one_name_serves_one_history():
    twice = replace(PLAYBOOK, history=(History(("member",)), History(("member",))))
    assert told(twice) == [("history[2].name", "“earlier leads with this member” is there twice")]


def test_a_history_needs_to_know_when_outcomes_are_known_and_when_leads_came():
    without = replace(PLAYBOOK, training=replace(PLAYBOOK.training, gap_days=0.0), history=(History(("member",)),))
    assert told(without) == [("history[1]", "needs to know after how many days an outcome is known")]
    assert ("history[1]", "needs the time of the lead") in told(replace(PLAYBOOK, order=None))


@pytest.mark.parametrize("wrong", ['history = "member"', "[history]\nof = []", '[[history]]\nfor = ["member"]'])
def test_what_is_no_history_is_refused(wrong):
    text = wrong + "\n" + TEXT if wrong.startswith("history") else TEXT + wrong
    with pytest.raises(PlaybookError, match="history"):
        parse_playbook(text)
