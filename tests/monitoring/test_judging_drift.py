"""Drift: quiet weeks are quiet, and what changes is found and named."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.monitoring.weeks_for_tests import KINDS, reference_of, score, week

from leadloop.monitoring.judging_drift import FALSE_ALARM, find_drift
from leadloop.monitoring.reference import Reference, refer_to_field

AT = datetime(2026, 1, 5, tzinfo=UTC)
WEIGHTS = dict.fromkeys(KINDS, 0.06)
GOLDEN = Path(__file__).parent / "golden" / "reference-1.json"


def look(reference, data, **more):
    given = {"playbook": "tiny", "model_version": "v1", "start": AT, "end": AT, "weights": WEIGHTS} | more
    return find_drift(reference, data, **given)


@pytest.fixture(scope="module")
def reference():
    return reference_of(np.random.default_rng(0))


def quiet_alarms(references, weeks, leads):
    """How many of so many quiet weeks raise an alarm, and how many note anything."""
    alarms = noted = 0
    for seed in range(references):
        draw = np.random.default_rng(seed)
        held = reference_of(draw)
        for _ in range(weeks):
            data = week(draw, leads)
            said = score(draw, data)
            promised = said["probability"].to_numpy()
            outcomes = (draw.random(leads) < promised).astype(float)
            report = look(held, data, scores=said, promised=promised, outcomes=outcomes)
            alarms += report.is_alarm
            noted += report.level != "quiet"
    return alarms, noted


def test_a_quiet_week_raises_no_alarm():
    assert quiet_alarms(3, 20, 300)[0] == 0


@pytest.mark.long
def test_of_two_thousand_quiet_weeks_hardly_any_raises_an_alarm():
    trials = int(os.environ.get("TEST_QUIET_WEEKS", "2000"))
    alarms, noted = quiet_alarms(trials // 50, 50, 300)
    print(f"{alarms} alarms and {noted} notes in {trials:,} quiet weeks of 300 leads and 21 looks each")
    assert alarms <= max(2, 3 * FALSE_ALARM * trials)


def test_a_field_that_moved_is_named_with_what_it_was_and_is(reference):
    draw = np.random.default_rng(5)
    data = week(draw, 400)
    report = look(reference, data.with_columns(pl.col("amount_3") * 4))
    assert report.is_alarm
    assert [one.field for one in report.changed] == ["amount_3"]
    assert report.fields[0].psi > 0.25 < report.fields[0].ks
    assert report.reasons[0].startswith("“amount_3” changed")


def test_a_field_that_moves_no_score_alarms_nobody(reference):
    data = week(np.random.default_rng(5), 400).with_columns(pl.col("amount_3") * 4)
    report = look(reference, data, weights={"amount_3": 0.0})
    assert (report.level, report.fields[0].level) == ("noted", "noted")


def test_new_values_and_new_words_are_told(reference):
    data = week(np.random.default_rng(6), 400)
    data = data.with_columns(
        pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("Billboard ")).otherwise("source_2").alias("source_2"),
        pl.when(pl.int_range(pl.len()) < 40)
        .then(pl.concat_str("notes", pl.lit(" chatbots")))
        .otherwise("notes")
        .alias("notes"),
    )
    found = {one.field: one.new_values for one in look(reference, data).changed}
    assert [(part.name, part.now) for part in found["source_2"]] == [("billboard", 0.075)]
    assert [part.name for part in found["notes"]] == ["chatbots"]


def test_a_field_that_is_not_given_any_more_is_gone(reference):
    data = week(np.random.default_rng(7), 400).with_columns(pl.lit(None, pl.Float64).alias("visits"))
    report = look(reference, data)
    assert [(one.field, one.change) for one in report.schema] == [("visits", "gone")]
    assert report.is_alarm


def test_a_field_that_the_version_does_not_know_is_told_of_and_alarms_nobody(reference):
    report = look(reference, week(np.random.default_rng(8), 400), unknown_fields={"budget": 0.4})
    assert [(one.field, one.change) for one in report.schema] == [("budget", "new")]
    assert report.level == "quiet"


def test_outcomes_that_differ_from_what_was_promised_come_first(reference):
    draw = np.random.default_rng(9)
    promised = draw.beta(1, 4, 600)
    report = look(
        reference, week(draw, 400), promised=promised, outcomes=(draw.random(600) < promised / 2).astype(float)
    )
    assert report.is_alarm
    assert report.label.level == "alarm"
    assert "less than chance explains" in report.reasons[0]


def test_better_leads_alone_are_no_drift_of_outcomes(reference):
    draw = np.random.default_rng(9)
    promised = draw.beta(3, 2, 600)
    report = look(reference, week(draw, 400), promised=promised, outcomes=(draw.random(600) < promised).astype(float))
    assert report.label.level == "quiet"


def test_early_wins_that_fail_to_come_are_seen_before_leads_mature(reference):
    draw = np.random.default_rng(10)
    by_now = draw.beta(1, 6, 800)
    report = look(reference, week(draw, 400), early=(by_now, (draw.random(800) < by_now / 3).astype(float)))
    assert report.is_alarm
    assert "should have been" in report.reasons[0]


def test_of_few_leads_nothing_is_said(reference):
    report = look(reference, week(np.random.default_rng(1), 40))
    assert (report.level, report.fields) == ("quiet", ())
    assert "too few" in report.note


def test_distances_of_numbers_are_scipys_up_to_the_points_kept():
    draw = np.random.default_rng(3)
    before, now = draw.normal(size=5_000), draw.normal(0.4, 1.2, 700)
    held = refer_to_field(pl.Series(before), "x", "number", np.zeros(5_000))
    from leadloop.monitoring.comparing import compare_field

    found = compare_field(held, pl.Series(now))
    assert found.ks == pytest.approx(stats.ks_2samp(before, now).statistic, abs=0.01)
    spread = np.clip(before, *np.quantile(before, (0.01, 0.99))).std()
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(before, now) / spread, abs=0.02)


def test_without_uneven_weeks_the_test_is_pearsons():
    draw = np.random.default_rng(4)
    before = pl.Series(draw.choice(["a", "b", "c"], 3_000))
    now = pl.Series(draw.choice(["a", "b", "c"], 500, p=[0.4, 0.3, 0.3]))
    from leadloop.monitoring.comparing import compare_field

    held = refer_to_field(before, "x", "category", np.repeat(np.arange(30), 100))
    found = compare_field(held, now)
    table = [[(each == level).sum() for level in "abc"] for each in (before, now)]
    assert found.statistic == pytest.approx(stats.chi2_contingency(table).statistic)


def test_the_reference_survives_being_written_down(reference):
    again = Reference.from_state(json.loads(json.dumps(reference.state())))
    assert again == reference


def test_a_reference_that_was_written_long_ago_is_still_read():
    held = Reference.from_state(json.loads(GOLDEN.read_text(encoding="utf-8")))
    assert (held.leads, [one.name for one in held.fields]) == (200, ["visits", "source", "phone", "notes"])
    report = look(held, GOLDEN_WEEK, weights={"source": 0.5})
    found = [(one.field, one.level) for one in report.fields]
    assert found == [("source", "alarm"), ("notes", "noted"), ("phone", "quiet"), ("visits", "quiet")]
    assert report.fields[0].psi == pytest.approx(1.60695, abs=1e-4)


GOLDEN_WEEK = pl.DataFrame(
    {
        "visits": [float(place % 7) for place in range(140)],
        "source": ["ads" if place % 5 else "web" for place in range(140)],
        "phone": ["1" if place % 3 else None for place in range(140)],
        "notes": ["please call me back soon" for _ in range(140)],
    }
)


def test_a_damaged_reference_is_refused():
    state = json.loads(GOLDEN.read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="format 9"):
        Reference.from_state({**state, "format": 9})
    state["fields"][0]["counts"] = [1, 2]
    with pytest.raises(ValueError, match="do not fit"):
        Reference.from_state(state)


def test_words_and_values_of_few_leads_are_not_kept():
    texts = pl.Series(["call Ada"] * 4 + ["call back"] * 200)
    held = refer_to_field(texts, "notes", "text", np.zeros(204))
    assert [word for word, _ in held.words] == ["call", "back"]
    held = refer_to_field(texts, "notes", "category", np.zeros(204))
    assert held.levels == ("call back",)
