"""Leads on both sides of the split that are the same row, person or account."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.learning.leakage.test_on_public_data import FILES, Leads

from leadloop.learning.leakage import Finding, audit_split
from leadloop.learning.leakage.lead_twins import measure_twins

LEADS = 2_000
TRAIN, TEST = np.arange(1_400), np.arange(1_400, LEADS)
KINDS = {"Email": "email", "Phone": "phone", "Company": "category"}


def leads(seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Honest leads: everybody comes once, from a company of two or three people."""
    random = np.random.default_rng(seed)
    number = np.arange(LEADS)
    firm = random.permutation(number) // 2
    interest = random.normal(size=LEADS)
    won = interest + random.logistic(size=LEADS) > 1
    frame = pl.DataFrame(
        {
            "Email": [f"p{n}@firm{f}.example" for n, f in zip(number, firm, strict=True)],
            "Phone": [f"+1 555 {n:06d}" for n in number],
            "Company": [f"Firm {f}" for f in firm],
            "visits": random.poisson(np.exp(interest)),
            "minutes": random.normal(size=LEADS).round(4) + interest,
        }
    )
    return frame, won


def again(frame: pl.DataFrame, won: np.ndarray, count: int, columns: list[str]) -> tuple[pl.DataFrame, np.ndarray]:
    """The same, where the first `count` test leads take these columns and the outcome from training leads."""
    source = np.arange(LEADS)
    source[TEST[:count]] = np.random.default_rng(1).choice(TRAIN, count, replace=False)
    return frame.with_columns(frame[source][name] for name in columns), won[source]


def found_in(frame: pl.DataFrame, won: np.ndarray, **more: object) -> tuple[Finding, ...]:
    options = {"kinds": KINDS, "seen": ["visits", "minutes"]} | more
    return audit_split(frame, won, TRAIN, TEST, **options)  # type: ignore[arg-type]


def test_leads_that_come_once_have_no_twins():
    assert found_in(*leads()) == ()


@pytest.mark.parametrize(("count", "severity"), [(120, "blocks"), (24, "warns"), (4, None)])
def test_the_same_person_on_both_sides_is_found_and_blocks_from_one_test_lead_in_twenty(
    count: int, severity: str | None
):
    findings = found_in(*again(*leads(), count, ["Email"]))
    assert [(it.field, it.kind, it.severity) for it in findings if not it.statistics["account"]] == (
        [("Email", "twins", severity)] if severity else []
    )
    if severity:
        assert f"{count} of 600 test leads ({count / 6:.0f}%)" in findings[0].evidence
        assert findings[0].statistics["alike"] == 1.0
        assert findings[0].cure == 'set group_by = "Email"'


def test_an_address_or_phone_number_written_otherwise_is_the_same():
    frame, won = again(*leads(), 120, ["Email", "Phone"])
    late = pl.int_range(pl.len()) >= len(TRAIN)
    frame = frame.with_columns(
        pl.when(late).then(pl.col("Email").str.to_uppercase()).otherwise("Email").alias("Email"),
        pl.when(late).then(pl.col("Phone").str.replace_all(" ", "-")).otherwise("Phone").alias("Phone"),
    )
    assert {it.field for it in found_in(frame, won)} >= {"Email", "Phone"}


def test_what_the_split_already_groups_by_is_not_asked_for_again():
    frame, won = again(*leads(), 120, ["Phone"])
    assert [it.field for it in found_in(frame, won)] == ["Phone"]
    assert found_in(frame, won, grouped_by="Phone") == ()


def test_twins_that_end_as_chance_has_it_are_no_finding():
    frame, won = leads()
    twice, _ = again(frame, won, 400, ["Email"])
    assert found_in(twice, won) == ()


def test_colleagues_block_only_where_very_many_are_torn_apart_and_a_mail_provider_is_no_company():
    frame, won = leads()
    firm = frame["Company"].rank("dense").to_numpy().astype(int)
    by_firm = np.random.default_rng(2).random(firm.max() + 1)[firm] < 0.4
    findings = found_in(frame, by_firm)
    assert {it.field: it.severity for it in findings} == {"Company": "blocks", "Email": "blocks"}
    at_gmail = frame.with_columns(pl.col("Email").str.replace("@.*", "@gmail.com"))
    assert [it.field for it in found_in(at_gmail, by_firm)] == ["Company"]
    few = np.where(np.arange(LEADS) % 5 == 0, by_firm, won)
    assert {it.severity for it in found_in(frame, few)} <= {"warns"}


def test_rows_that_are_entered_twice_are_found_and_grouping_by_the_field_named_cures_it():
    frame, won = again(*leads(), 120, ["visits", "minutes"])
    [finding] = found_in(frame, won, kinds={})
    assert (finding.field, finding.severity) == ("minutes", "blocks")
    assert 'group_by = "minutes"' in finding.cure
    assert "the same in all 2 fields" in finding.evidence
    clean = TRAIN[~frame["minutes"][TRAIN].is_in(frame["minutes"][TEST].to_list()).to_numpy()]
    assert audit_split(frame, won, clean, TEST, kinds={}, seen=["visits", "minutes"]) == ()


def test_honest_leads_that_answer_a_few_questions_alike_are_no_twins():
    random = np.random.default_rng(4)
    answers = random.integers(0, 4, size=(5, LEADS))
    won = answers[0] + 2 * answers[1] + random.logistic(size=LEADS) > 5
    frame = pl.DataFrame({f"q{n}": column for n, column in enumerate(answers)})
    same = frame[TEST].hash_rows().is_in(frame[TRAIN].hash_rows().to_list()).mean()
    assert same is not None
    assert same > 0.5
    assert audit_split(frame, won, TRAIN, TEST, kinds={}, seen=frame.columns) == ()


@pytest.mark.parametrize("load", FILES[:6], ids=lambda load: load.__name__)
@pytest.mark.parametrize("by_time", [True, False])
def test_public_files_hold_no_twins(load: object, by_time: bool):
    data: Leads = load()  # type: ignore[operator]
    count = len(data.won)
    ranked = np.random.default_rng(0).permutation(count)
    if by_time and data.order is not None:
        ranked = np.argsort(data.order, kind="stable")
    cut = int(0.7 * count)
    seen = [name for name, kind in data.kinds.items() if name not in data.leaks and kind != "id"]
    assert audit_split(data.frame, data.won, ranked[:cut], ranked[cut:], kinds=data.kinds, seen=seen) == ()


@given(st.lists(st.tuples(st.integers(-1, 4), st.booleans(), st.booleans()), min_size=2, max_size=30))
def test_agreement_is_what_counting_by_hand_gives(rows: list[tuple[int, bool, bool]]):
    codes, train, won = (np.array(column) for column in zip(*rows, strict=True))
    ours = [(codes[i], won[i]) for i in np.flatnonzero(~train) if codes[i] >= 0 and codes[i] in codes[train]]
    twins = measure_twins(codes[train], codes[~train], won[train].astype(float), won[~train].astype(float))
    if len(ours) < 2:
        assert twins.leads == 0
        return
    by_hand = np.mean([np.mean(won[train & (codes == code)] == outcome) for code, outcome in ours])
    assert (twins.leads, twins.alike) == (len(ours), pytest.approx(by_hand))
    assert twins.share == pytest.approx(len(ours) / (~train).sum())
