"""Two fields that know the outcome together although neither does alone."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.learning.leakage import Finding, audit_fields

LEADS = 2_000


def found_in(columns: dict[str, object], kinds: dict[str, str], won: np.ndarray) -> dict[str, Finding]:
    return {it.field: it for it in audit_fields(pl.DataFrame(columns), won.astype(int), kinds=kinds)}


def stage_and_check(wrong: float, seed: int = 0) -> tuple[dict[str, object], dict[str, str], np.ndarray]:
    """ "Step" and "check" that agree for won leads and differ for lost ones, but for a share of mistakes."""
    random = np.random.default_rng(seed)
    won = random.random(LEADS) < 0.3
    step = random.random(LEADS) < 0.5
    check = step ^ ~won ^ (random.random(LEADS) < wrong)
    columns = {
        "step": np.where(step, "a", "b"),
        "check": np.where(check, "x", "y"),
        "size": random.normal(size=LEADS) + won,
    }
    return columns, {"step": "category", "check": "category", "size": "number"}, won


def test_two_fields_that_know_the_outcome_only_together_are_refused_with_both_names_and_a_rule():
    found = found_in(*stage_and_check(0.01))
    [finding] = [it for it in found.values() if it.kind == "known_together"]
    assert {finding.field, *finding.beside} == {"step", "check"}
    assert finding.severity == "blocks"
    assert finding.statistics["auc"] > 0.95 > 0.6 > finding.statistics["auc_alone"]
    assert "where “step” is “" in finding.evidence
    assert "“check” is “" in finding.evidence


def test_a_weaker_such_pair_is_only_mentioned():
    [finding] = [it for it in found_in(*stage_and_check(0.12)).values() if it.kind == "known_together"]
    assert finding.severity == "warns"


def test_the_rule_holds_the_leads_it_says_it_holds():
    columns, kinds, won = stage_and_check(0.0)
    finding = next(it for it in found_in(columns, kinds, won).values() if it.kind == "known_together")
    says_lost = " are lost" in finding.evidence
    ends = ~won if says_lost else won
    rule = finding.evidence.split(" leads where ")[1].split(", ")[0]
    frame = pl.DataFrame(columns)
    inside = np.ones(LEADS, dtype=bool)
    for condition in rule.split(" and "):
        name, value = condition.split("” is ")
        inverse = value.startswith("anything but ")
        held = (frame[name.strip("“")] == value.removeprefix("anything but ").strip("“”")).to_numpy()
        inside &= ~held if inverse else held
    assert inside.sum() == finding.statistics["rule_rows"]
    assert ends[inside].mean() == finding.statistics["rule_rate"] == 1.0
    assert ends[inside].sum() / ends.sum() == finding.statistics["rule_share"]


def test_two_numbers_whose_comparison_is_the_outcome_are_found():
    random = np.random.default_rng(3)
    first, second = random.normal(size=(2, LEADS))
    found = found_in(
        {"a": first, "b": second, "c": random.normal(size=LEADS)}, dict.fromkeys("abc", "number"), first > second
    )
    pairs = [it for it in found.values() if it.kind == "known_together"]
    assert [{it.field, *it.beside} for it in pairs] == [{"a", "b"}]
    assert pairs[0].severity == "blocks"


def test_strong_honest_fields_that_merely_add_up_are_no_finding():
    random = np.random.default_rng(5)
    won = random.random(LEADS) < 0.4
    columns = {f"f{n}": random.normal(size=LEADS) + 1.1 * won for n in range(4)}
    assert found_in(columns, dict.fromkeys(columns, "number"), won) == {}


def test_a_field_that_leaks_alone_drags_no_other_in():
    columns, kinds, won = stage_and_check(0.5)
    columns |= {"copy": np.where(won, "yes", "no")}
    found = found_in(columns, kinds | {"copy": "category"}, won)
    assert set(found) == {"copy"}
    assert found["copy"].kind != "known_together"


def test_a_pair_is_read_within_time():
    """Two fields that together tell the month, in which leads were won or not, are no leak."""
    random = np.random.default_rng(7)
    month = np.sort(random.integers(0, 4, LEADS))
    rate = np.array([0.02, 0.9, 0.9, 0.02])[month]
    won = random.random(LEADS) < rate
    columns = {"late": np.where(month >= 2, "x", "y"), "odd": np.where(np.isin(month, (1, 3)), "x", "y")}
    kinds = dict.fromkeys(columns, "category")
    frame = pl.DataFrame(columns)
    apart = audit_fields(frame, won.astype(int), kinds=kinds, order=np.arange(LEADS))
    assert [it for it in apart if it.kind == "known_together"] == []
    assert [it.kind for it in audit_fields(frame, won.astype(int), kinds=kinds)] == ["known_together"]
