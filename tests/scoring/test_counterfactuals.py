"""What would raise a score: never what the lead already has, and always the score that the changed lead really gets."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.leads_for_tests import FIELDS, PLAYBOOK, make_cells, make_leads
from tests.learning.learners_for_tests import QUICK

from leadloop.features.feature_set import usable_fields
from leadloop.leads import LeadSchema
from leadloop.learning.candidates import find_candidates
from leadloop.learning.labelled import Labelled
from leadloop.learning.novelty import learn_novelty
from leadloop.learning.training import learn
from leadloop.scoring import TrainedPlaybook
from leadloop.scoring.counterfactuals import (
    MOST_ROWS,
    CandidateField,
    Candidates,
    Change,
    Counterfactual,
    Option,
    _best_of_fields,
    change_lead,
    find_counterfactuals,
)

MARKED = {"visits", "source", "phone", "opted_out", "noise"}
ACTIONABLE = replace(
    PLAYBOOK, schema=LeadSchema(tuple(replace(field, actionable=field.name in MARKED) for field in FIELDS))
)


@pytest.fixture(scope="module")
def trained():
    leads, positive, _ = make_leads(1_500, playbook=ACTIONABLE)
    fields = usable_fields(ACTIONABLE)
    learned = learn(ACTIONABLE, Labelled(leads, positive, np.arange(1_500)), fields=fields, effort=QUICK)
    return TrainedPlaybook(
        ACTIONABLE,
        learned.features,
        learned.blend,
        "v20240101_000000_00000000",
        novelty=learn_novelty(leads, fields, positive, in_time_order=True, seed=7),
        candidates=find_candidates(ACTIONABLE, leads, learned.features.reads),
    )


@pytest.fixture(scope="module")
def leads(trained):
    return trained.schema.read(make_cells(60, seed=5)[0]).leads


@pytest.fixture(scope="module")
def found(trained, leads):
    return find_counterfactuals(trained, leads)


def read(trained, **cells):
    return trained.schema.read(pl.DataFrame({name: [value] for name, value in cells.items()})).leads


def test_the_score_shown_is_the_one_that_scoring_the_changed_lead_gives(trained, leads, found):
    assert sum(map(len, found)) > 60
    for row, counterfactuals in enumerate(found):
        cells = leads.data[row].to_dicts()[0]
        (before,) = trained.score(leads[row : row + 1])
        for one in counterfactuals:
            changed = {**cells, **{change.field: change.value for change in one.changes}}
            frame = pl.DataFrame([changed], schema=leads.data.schema)
            (card,) = trained.score(trained.schema.read(frame).leads)
            assert (card.score, card.probability, card.band, card.route) == (
                one.score,
                one.probability,
                one.band,
                one.route,
            )
            assert one.before == before.score
            assert one.next_band == (card.band != before.band)


def test_each_is_worth_its_changes_and_changes_few_things(leads, found):
    for counterfactuals in found:
        sizes = [len(one.changes) for one in counterfactuals]
        assert sizes == sorted(sizes)
        assert set(sizes) <= {1, 2, 3}
        best = 0.0
        for one in counterfactuals:
            fields = [change.field for change in one.changes]
            assert len(set(fields)) == len(fields)
            assert set(fields) <= MARKED
            assert one.score >= one.before + 1
            if len(fields) > 1:
                assert one.score >= best + 1
            best = max(best, one.score)


def test_nothing_is_proposed_that_the_lead_already_has(leads, found):
    for row, counterfactuals in enumerate(found):
        own = leads.data[row].to_dicts()[0]
        for change in (change for one in counterfactuals for change in one.changes):
            assert own[change.field] != change.value
            if change.field == "phone":
                assert own["phone"] is None


def test_one_change_alone_is_as_good_as_any_that_could_be_tried(trained, leads, found):
    """Against a plain search through every value of every field."""
    for row in range(0, 60, 6):
        lead = leads[row : row + 1]
        scores = [
            trained.score(replace(lead, data=lead.data.with_columns(pl.Series(field.name, [option.value]))))[0]
            for field in trained.candidates.fields
            for option in field.options
        ]
        (before,) = trained.score(lead)
        best = max(card.score for card in scores if before.novel or not card.novel)
        if best >= before.score + 1.5:
            # Of numbers that do as well within half a point, the nearest is named.
            assert max(one.score for one in found[row] if len(one.changes) == 1) >= best - 0.5


def test_they_are_the_same_every_time_and_for_a_lead_alone(trained, leads, found):
    assert find_counterfactuals(trained, leads) == found
    assert find_counterfactuals(trained, leads[7:8]) == [found[7]]


def test_no_proposal_makes_a_lead_novel(trained, leads, found):
    for row, counterfactuals in enumerate(found):
        if trained.score(leads[row : row + 1])[0].novel or not counterfactuals:
            continue
        changed = change_lead(leads[row : row + 1], [one.changes for one in counterfactuals])
        assert not any(card.novel for card in trained.score(changed))


def test_it_is_said_in_words(trained):
    (found,) = find_counterfactuals(trained, read(trained, visits="1", source="Chat", opted_out="yes"))
    singles = {one.changes[0].field: str(one) for one in found if len(one.changes) == 1}
    assert singles["source"].startswith("with source “Reference”: ")
    assert singles["opted_out"].startswith("with opted_out no: ")
    two = next(one for one in found if len(one.changes) == 2)
    assert str(two).startswith(
        f"with {two.changes[0].says} and {two.changes[1].says}: {two.before:.1f} -> {two.score:.1f}"
    )


def test_a_level_in_other_capitals_is_the_one_the_lead_has(trained):
    (found,) = find_counterfactuals(trained, read(trained, visits="1", source=" REFERENCE ", opted_out="yes"))
    assert "source “Reference”" not in [change.says for one in found for change in one.changes]


def test_at_most_two_hundred_leads_are_scored_for_one(trained, leads, monkeypatch):
    many = Candidates(
        tuple(
            CandidateField(field.name, field.type, field.options * 12 if field.type != "phone" else field.options)
            for field in trained.candidates.fields
        )
    )
    rows = []
    usual = TrainedPlaybook.score_table

    def count(self, leads, **how):
        rows.append(len(leads))
        return usual(self, leads, **how)

    monkeypatch.setattr(TrainedPlaybook, "score_table", count)
    for row in range(5):
        rows.clear()
        find_counterfactuals(replace(trained, candidates=many), leads[row : row + 1])
        assert sum(rows) <= MOST_ROWS + 1  # and the lead as it is


def test_a_version_without_candidates_proposes_nothing(trained, leads):
    assert find_counterfactuals(replace(trained, candidates=None), leads[:2]) == [(), ()]
    assert find_counterfactuals(replace(trained, candidates=Candidates(())), leads[:2]) == [(), ()]


def test_candidates_of_a_type_that_is_none_are_refused():
    state = Candidates((CandidateField("a", "number", (Option(1.0, "a 1"),)),)).state()
    state["fields"][0]["type"] = "colour"
    with pytest.raises(ValueError, match="no type"):
        Candidates.from_state(state)


@pytest.mark.parametrize(
    ("own", "proposed"),
    [(None, True), ("call me", True), ("0000000000", True), ("+1 415 555 0132", False)],
)
def test_a_phone_number_is_proposed_where_there_is_none_that_works(trained, own, proposed):
    from leadloop.scoring.counterfactuals import _open_options

    field = next(field for field in trained.candidates.fields if field.name == "phone")
    cells = pl.Series("phone", [own], dtype=pl.String)
    assert bool(_open_options(trained, field, cells)) == proposed


def test_of_numbers_that_do_as_well_the_nearest_is_named(trained):
    (found,) = find_counterfactuals(trained, read(trained, visits="1", source="Chat", opted_out="yes"))
    visits = next(one for one in found if [change.field for change in one.changes] == ["visits"])
    offered = next(field for field in trained.candidates.fields if field.name == "visits").options
    lead = read(trained, visits="1", source="Chat", opted_out="yes")
    for option in offered:
        if 1 < option.value < visits.changes[0].value:
            (card,) = trained.score(replace(lead, data=lead.data.with_columns(visits=pl.lit(option.value))))
            assert card.score < visits.score or card.novel


@pytest.mark.parametrize(
    ("scores", "nearest"),
    [
        ({2.0: (59.4, "warm"), 3.0: (59.5, "warm"), 9.0: (60.0, "warm")}, 3.0),
        ({2.0: (59.6, "warm"), 3.0: (59.5, "warm"), 9.0: (60.0, "warm")}, 2.0),
        ({2.0: (59.9, "cool"), 3.0: (59.8, "warm"), 9.0: (60.0, "warm")}, 3.0),
        ({2.0: (50.0, "cool"), 3.0: (55.0, "cool"), 9.0: (60.0, "warm")}, 9.0),
    ],
    ids=["half a point less will do", "more than one will do", "another band will not", "none will do"],
)
def test_a_nearer_number_is_named_where_it_costs_half_a_point_at_most_and_no_band(trained, scores, nearest):
    tried = [
        Counterfactual((Change("visits", value, f"visits {value:g}"),), 40.0, score, 0.1, band, "call", True)
        for value, (score, band) in scores.items()
    ]
    tried.append(Counterfactual((Change("source", "Web", "source “Web”"),), 40.0, 58.0, 0.1, "warm", "call", True))
    best = _best_of_fields(tried, read(trained, visits="1"), {"visits": "number", "source": "category"})
    assert [one.changes[0].value for one in best] == [nearest, "Web"]
    nothing_given = _best_of_fields(tried, read(trained, visits=""), {"visits": "number", "source": "category"})
    assert [one.changes[0].value for one in nothing_given] == [9.0, "Web"]
