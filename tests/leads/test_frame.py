"""Frames of leads: rows, their lines, and cutting and joining without losing either."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadloop.leads import Field, LeadFrame, LeadSchema

SCHEMA = LeadSchema((Field("visits", "number", "intake"),))


@pytest.fixture
def leads() -> LeadFrame:
    return SCHEMA.read(pl.DataFrame({"visits": ["1", "2", "3", "4"]}), np.array([2, 3, 5, 9])).leads


def rows(leads: LeadFrame) -> list[tuple[int, float]]:
    return list(zip(leads.lines.tolist(), leads.data["visits"].to_list(), strict=True))


def test_a_slice_keeps_rows_and_lines_together(leads):
    assert rows(leads[1:3]) == [(3, 2.0), (5, 3.0)]
    assert rows(leads[-1:]) == [(9, 4.0)]
    assert len(leads[9:]) == 0


def test_rows_are_taken_in_the_order_asked_for(leads):
    assert rows(leads.take(np.array([3, 0, 0]))) == [(9, 4.0), (2, 1.0), (2, 1.0)]


def test_a_mask_takes_the_rows_where_it_is_true(leads):
    assert rows(leads.take(np.array([True, False, False, True]))) == [(2, 1.0), (9, 4.0)]


def test_no_rows_can_be_taken(leads):
    for nothing in (np.array([], dtype=np.int64), np.zeros(4, dtype=bool)):
        empty = leads.take(nothing)
        assert len(empty) == 0
        assert empty.data.schema == leads.data.schema


def test_frames_are_joined_in_order(leads):
    assert rows(LeadFrame.join([leads[2:], leads[:2]])) == [(5, 3.0), (9, 4.0), (2, 1.0), (3, 2.0)]


def test_a_frame_of_leads_without_known_fields_still_counts_them():
    nothing = LeadSchema(()).read(pl.DataFrame({"other": ["a", "b", "c"]})).leads
    assert len(nothing) == len(nothing.lines) == 3
    assert len(nothing[:2]) == 2
    assert len(nothing.take(np.array([0]))) == 1


def test_two_frames_compare_as_objects_and_do_not_fail_on_their_arrays(leads):
    assert leads == leads
    assert leads != leads[:4]
