"""Refusals: every reason at once, each in one line, and nothing in them that a terminal would obey."""

from __future__ import annotations

import pickle

import pytest

from leadloop import errors
from leadloop.errors import LeadLoopError, PlaybookError, Problem, VersionError


def test_a_refusal_lists_every_problem_with_its_place_its_reason_and_its_cure_in_columns():
    error = PlaybookError(
        "insurance",
        [
            Problem("features.quote_speed", 'reads "premium", known at outcome', "leave it out"),
            Problem("targets.bound", "has no label", "name a function"),
            Problem("routes", "scores under 40 have no route"),
        ],
    )
    assert str(error) == (
        "insurance: 3 problems\n"
        '  features.quote_speed  reads "premium", known at outcome; leave it out\n'
        "  targets.bound         has no label; name a function\n"
        "  routes                scores under 40 have no route"
    )


def test_one_problem_needs_no_list():
    error = LeadLoopError("leads.csv", Problem("line 3", "is empty"))
    assert error.problems == (Problem("line 3", "is empty"),)
    assert str(error).startswith("leads.csv: 1 problem\n")


def test_problems_may_come_from_a_generator_and_are_kept():
    error = LeadLoopError("leads.csv", (Problem(f"line {number}", "is empty") for number in range(3)))
    assert len(error.problems) == 3
    assert str(error) == str(error)


def test_a_refusal_without_a_problem_can_still_be_shown():
    assert str(LeadLoopError("leads.csv", [])) == "leads.csv: 0 problems"


def test_one_very_long_place_does_not_push_the_others_away():
    error = LeadLoopError("leads.csv", [Problem("x" * 90, "is long"), Problem("y", "is short")])
    assert str(error).splitlines()[1:] == [f"  {'x' * 90}  is long", f"  {'y':<32}  is short"]


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("two\nlines", "two lines"),
        ("carriage\rreturn", "carriage return"),
        ("\x1b[2Jclears", "\\x1b[2Jclears"),
        ("back\x08space", "back\\x08space"),
        ("null\x00byte", "null\\x00byte"),
        ("right-to-left \u202e", "right-to-left \\u202e"),
        ("lone \ud800", "lone \\ud800"),
        ("paragraph\u2029", "paragraph "),
    ],
)
def test_what_a_file_smuggled_into_a_message_is_shown_and_not_obeyed(hostile, shown):
    said = str(LeadLoopError(hostile, Problem(hostile, hostile, hostile)))
    title, line = said.split("\n")
    assert title == f"{shown}: 1 problem"
    assert line.strip().startswith(shown.strip())
    assert line.count(shown.strip()) == 3


def test_accents_and_quotation_marks_are_left_alone():
    assert str(Problem("Größe", "is “groß”", "schreib’s")) == "Größe  is “groß”; schreib’s"


def test_every_refusal_can_be_caught_as_one_kind():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) >= 7
    assert all(issubclass(kind, LeadLoopError) for kind in kinds)


def test_a_refusal_survives_the_way_to_another_process():
    error = VersionError("v1", [Problem("manifest.json", "is missing", "restore it")])
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.problems) == (VersionError, str(error), error.problems)
