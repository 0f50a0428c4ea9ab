"""After a change of the world: only leads that came since are read, and those count as soon as they have ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.conftest import write_playbook
from tests.timed_leads_for_tests import BEGIN, WITHOUT, make_timed_cells

from leadloop.errors import DataError
from leadloop.flows.past.past_leads import leave_out_older, read_past_leads
from leadloop.flows.past.split_targets import divide_targets
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.training.beside import _may_have_seen
from leadloop.playbook import render_playbook

WITHIN = replace(WITHOUT, target=replace(WITHOUT.target, within_days=30))
SINCE = BEGIN.replace(tzinfo=UTC) + timedelta(days=150)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    root = tmp_path_factory.mktemp("timed")
    file = root / "past.csv"
    make_timed_cells(1_500)[0].write_csv(file)
    return read_past_leads(read_playbook(write_playbook(root / "timed", render_playbook(WITHIN))), file)


def test_only_leads_that_came_since_are_left_and_it_is_said_how_many_were_not(past):
    newer = leave_out_older(past, SINCE)
    came = newer.imported.leads.data["came"]
    assert came.min() >= SINCE.replace(tzinfo=None)
    gone = len(past.imported.leads) - len(newer.imported.leads)
    assert gone == int((past.imported.leads.data["came"] < SINCE.replace(tzinfo=None)).sum()) > 0
    assert newer.imported.notes[-1].startswith(f"{gone:,} leads that came before 2024-05-30")
    assert newer.imported.fingerprint != past.imported.fingerprint, (
        "what was tried on all leads does not hold for these"
    )


def test_a_moment_after_all_leads_and_leads_without_times_are_refused(past):
    with pytest.raises(DataError, match="leaves no lead"):
        leave_out_older(past, datetime(2030, 1, 1, tzinfo=UTC))
    book = replace(past.found.playbook, order=None)
    with pytest.raises(DataError, match="needs the time of the lead"):
        leave_out_older(replace(past, found=replace(past.found, playbook=book)), SINCE)


def test_leads_that_ended_while_the_test_leads_came_are_learned_from_only_where_nobody_waits_for_them(past):
    usual = divide_targets(past.found, past.imported).main
    at_once = divide_targets(past.found, past.imported, waiting=False).main
    assert usual.split.unripe > 0
    assert at_once.split.unripe == 0
    assert len(at_once.split.train) == len(usual.split.train) + usual.split.unripe
    assert np.array_equal(at_once.split.test, usual.split.test)
    assert len(at_once.training.ripe) == len(at_once.split.train), "none of them is too young to judge others by"


def test_a_version_has_not_learned_from_leads_that_were_open_when_it_was_made(past):
    part = divide_targets(past.found, past.imported).main
    came = part.labelled.leads.data["came"][part.split.test.tolist()]
    made = came.to_list()[len(came) // 2]
    seen = _may_have_seen(f"{made + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}", part.playbook, part)
    assert seen is not None
    assert seen.sum() == int((came <= made.replace(microsecond=0)).sum())
    assert not _may_have_seen(f"{came.min():%Y-%m-%dT%H:%M:%SZ}", part.playbook, part).any()
