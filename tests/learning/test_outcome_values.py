"""How each value of an outcome is read, and what is said of values that nobody named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from leadloop.learning.labels import read_outcome
from leadloop.learning.outcome_values import describe_unnamed, find_open_among_lost, list_values
from leadloop.playbook import Target

WON = Target("won", column="Stage", positive=("Closed Won",))
CELLS = pl.Series(["closed won", "Closed Lost", "Working", "Proposal", None, "Closed Lost"])


def test_without_lists_whatever_is_not_won_is_lost_as_it_was():
    assert read_outcome(CELLS, WON).to_list() == [True, False, False, False, None, False]


def test_open_values_are_neither_won_nor_lost():
    assert read_outcome(CELLS, replace(WON, open=("working", "PROPOSAL"))).to_list() == [
        True,
        False,
        None,
        None,
        None,
        False,
    ]


def test_where_lost_values_are_named_nothing_else_is_taken_for_lost():
    assert read_outcome(CELLS, replace(WON, negative=("Closed Lost",))).to_list() == [
        True,
        False,
        None,
        None,
        None,
        False,
    ]


@pytest.mark.parametrize(
    ("cells", "target", "read"),
    [
        (pl.Series([1.0, 0.0, 2.0, None]), replace(WON, positive=("1",), open=("2",)), [True, False, None, None]),
        (pl.Series([True, False, None]), replace(WON, positive=("yes",)), [True, False, None]),
        (pl.Series([True, False, None]), replace(WON, positive=("yes",), negative=("no",)), [True, False, None]),
    ],
)
def test_numbers_and_truth_values_are_read_by_the_same_lists(cells, target, read):
    assert read_outcome(cells, target).to_list() == read


def test_values_that_nobody_named_are_told_with_how_they_are_read():
    said = describe_unnamed(WON, list_values(WON, CELLS))
    assert said.startswith(
        "nothing says how to read “Closed Lost” (2), “Proposal” (1), “Working” (1): such leads count as lost"
    )
    stricter = replace(WON, negative=("Closed Lost",), open=("Working",))
    assert "“Proposal” (1): such leads count as still open" in describe_unnamed(stricter, list_values(stricter, CELLS))
    whole = replace(stricter, open=("Working", "Proposal"))
    assert describe_unnamed(whole, list_values(whole, CELLS)) == ""


def test_one_value_beside_the_won_one_is_lost_and_nobody_doubts_it():
    assert describe_unnamed(WON, list_values(WON, pl.Series(["Closed Won", "Closed Lost"]))) == ""


def test_a_lost_value_that_stands_mostly_in_the_newest_leads_may_be_an_open_one():
    older = pl.Series(np.repeat(["Closed Won", "Closed Lost", "Working"], [200, 780, 20]))
    newer = pl.Series(np.repeat(["Closed Won", "Closed Lost", "Working"], [60, 260, 80]))
    assert find_open_among_lost(WON, older, newer) == (("Working", 0.02, 0.2),)
    assert find_open_among_lost(replace(WON, open=("Working",)), older, newer) == ()
    assert find_open_among_lost(WON, older, older[::2]) == ()
