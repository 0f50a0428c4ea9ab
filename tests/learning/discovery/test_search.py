"""Discovery finds what was planted, and nothing where nothing is."""

from dataclasses import replace

import numpy as np
import pytest
from tests.learning.discovery.paired_leads import FIELDS, PLAYBOOK, make_leads

from leadloop.learning.discovery import discover_features
from leadloop.learning.labelled import Labelled
from leadloop.playbook import Derived

KNOWN = [field for field in FIELDS if field.known_at == "intake"]


def search(count, seed, *, in_time_order=True, fields=KNOWN, playbook=PLAYBOOK, **planted):
    leads, positive = make_leads(count, seed, **planted)
    order = np.arange(count) if in_time_order else None
    return discover_features(playbook, Labelled(leads, positive, order), fields=fields)


@pytest.mark.parametrize("in_time_order", [True, False])
def test_a_pair_of_values_that_matters_is_found(in_time_order):
    found = search(3_000, 3, cross=1.5, in_time_order=in_time_order)
    assert [one.derived for one in found.proposals] == [Derived("cross", ("source", "form"))]
    (one,) = found.proposals
    assert 0 < one.low < one.gain < one.high
    assert one.z > max(found.bar, one.noise)
    assert found.log_loss_with < found.log_loss
    assert found.auc_with > found.auc + 0.02
    assert "standard errors above chance" in one.because


def test_a_ratio_that_matters_is_found_and_what_says_the_same_is_not_kept_beside_it():
    found = search(4_000, 5, ratio=2.0)
    assert found.proposals[0].derived == Derived("ratio", ("minutes", "pages"))
    pairs = [set(one.derived.reads) for one in found.proposals]
    assert pairs.count({"minutes", "pages"}) == 1


@pytest.mark.long
def test_where_no_pair_tells_anything_nothing_is_proposed():
    searches = [search(700, 100 + seed, in_time_order=seed % 2 == 0) for seed in range(12)]
    assert sum(bool(found.proposals) for found in searches) == 0
    # The screen itself may let one search in twenty through; what does not know anything fails later.
    assert sum(bool(found.refused) for found in searches) <= 3


def test_what_would_leak_is_refused_even_where_its_fields_may_be_read():
    found = search(1_500, 7, fields=[*KNOWN, FIELDS[8]])
    leak = Derived("days_between", ("asked", "paid"))
    assert leak not in [one.derived for one in found.proposals]
    reasons = dict(found.refused)
    assert "too_good_alone" in reasons[leak] or "copy_of_label" in reasons[leak]


def test_fields_that_may_not_be_read_are_in_no_candidate():
    found = search(700, 8)
    seen = [one.derived for one in found.proposals] + [derived for derived, _ in found.refused]
    assert all("paid" not in derived.reads for derived in seen)
    with_it = search(700, 8, fields=[*KNOWN, FIELDS[8]])
    assert with_it.tried == found.tried + 1


def test_what_the_playbook_declares_already_is_not_proposed_again():
    declared = replace(PLAYBOOK, derived=(Derived("cross", ("source", "form")),))
    before, after = search(700, 9, cross=1.5), search(700, 9, cross=1.5, playbook=declared)
    assert after.tried == before.tried - 1
    assert after.log_loss < before.log_loss
    assert Derived("cross", ("source", "form")) not in [one.derived for one in after.proposals]


def test_the_same_leads_give_the_same_answer():
    one, other = (search(900, 11, cross=1.5) for _ in range(2))
    assert one == other
    assert np.isfinite(one.auc)
