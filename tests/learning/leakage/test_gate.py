"""What the audit found is let through by a ruling on that very finding, and by nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.leads_for_tests import PLAYBOOK

from leadloop.errors import LeakageError
from leadloop.features.feature_set import usable_fields
from leadloop.learning.leakage import Finding
from leadloop.learning.leakage.gate import require_rulings
from leadloop.playbook import Ruling

FIELDS = usable_fields(PLAYBOOK)


def finding(field, kind, severity="blocks", **more):
    return Finding(field, kind, severity, f"{field} tells too much", {}, **more)


def ruled(*rulings):
    return replace(PLAYBOOK, rulings=tuple(Ruling(field, kind, "it is so") for field, kind in rulings))


def refused(playbook, *findings, fields=FIELDS, target="won", **others):
    """The places and what is said of each thing that is refused."""
    with pytest.raises(LeakageError) as error:
        require_rulings(playbook, fields, {target: findings, **others})
    return [(problem.where, problem.what) for problem in error.value.problems]


def test_a_ruling_on_one_finding_lets_the_field_through_for_no_other():
    findings = finding("visits", "too_good_alone"), finding("visits", "filled_by_outcome")
    playbook = ruled(("visits", "too_good_alone"))
    assert refused(playbook, *findings) == [("fields.visits", "visits tells too much [filled_by_outcome]")]
    by_target = refused(playbook, findings[0], bound=[findings[1]])
    assert by_target == [("fields.visits", "bound: visits tells too much [filled_by_outcome]")]
    both = ruled(("visits", "too_good_alone"), ("visits", "filled_by_outcome"))
    require_rulings(both, FIELDS, {"won": findings})


def test_a_ruling_on_one_field_lets_no_other_through():
    playbook = ruled(("source", "copy_of_label"))
    assert refused(playbook, finding("visits", "copy_of_label")) == [
        ("fields.visits", "visits tells too much [copy_of_label]")
    ]


def test_everything_that_blocks_is_named_at_once_with_how_to_rule_on_it():
    with pytest.raises(LeakageError, match="these fields seem to know the outcome") as error:
        require_rulings(
            PLAYBOOK, FIELDS, {"won": [finding("visits", "too_good_alone"), finding("source", "copy_of_label")]}
        )
    assert [problem.where for problem in error.value.problems] == ["fields.visits", "fields.source"]
    for problem, kind in zip(error.value.problems, ("too_good_alone", "copy_of_label"), strict=True):
        assert 'known_at = "outcome"' in problem.mend
        assert f'finding = "{kind}"' in problem.mend


def test_fields_that_know_the_outcome_only_together_pass_where_one_of_them_is_left_out():
    pair = finding("visits", "known_together", beside=("source",))
    assert refused(PLAYBOOK, pair)
    require_rulings(PLAYBOOK, [field for field in FIELDS if field.name != "source"], {"won": [pair]})
    require_rulings(PLAYBOOK, [field for field in FIELDS if field.name != "visits"], {"won": [pair]})


def test_a_warning_and_a_field_that_is_not_used_stop_nothing():
    require_rulings(PLAYBOOK, FIELDS, {"won": [finding("visits", "too_good_alone", "warns")]})
    require_rulings(PLAYBOOK, FIELDS, {"won": [finding("a field that is left out", "too_good_alone")]})


def test_twins_across_the_split_count_whatever_is_used():
    twins = finding("phone", "twins", cure='set group_by = "phone"')
    with pytest.raises(LeakageError, match="leads of the test are known from training") as error:
        require_rulings(PLAYBOOK, [], {"won": [twins]})
    (problem,) = error.value.problems
    assert problem.mend.startswith('set group_by = "phone"')
    require_rulings(ruled(("phone", "twins")), [], {"won": [twins]})
