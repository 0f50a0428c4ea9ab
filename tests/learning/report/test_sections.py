"""The sections on capacity, slices, the version in service, drift and learning say what their figures bear, and no more."""

import re
from dataclasses import replace

import pytest
from tests.learning.report.simulated_report import simulate_report

from leadloop.learning.evaluation import Estimate
from leadloop.learning.report.dependence import dependence_pictures
from leadloop.learning.report.outline import Table, Words, outline
from leadloop.learning.report.page import render_html
from leadloop.learning.report.report import Drift, ImportanceLine, LearningCurve
from leadloop.learning.report.slices import MOST_SLICES
from leadloop.learning.report.words import answer


@pytest.fixture(scope="module")
def report():
    return simulate_report()


def section(report, key):
    return next((each for each in outline(report) if each.key == key), None)


def tables(report, key):
    return [part for part in section(report, key).parts if isinstance(part, Table)]


def words(report, key):
    parts = section(report, key).parts
    told = [each for part in parts for each in ([part] if isinstance(part, Words) else getattr(part, "words", ()))]
    return " ".join(each.text for each in told), any(each.warning for each in told)


def test_what_was_not_measured_has_no_section(report):
    bare = replace(report, decision=None, slices=None, comparison=None, coverage=None, learning_curves=(), drift=None)
    assert {"slices", "champion", "drift"} & {each.key for each in outline(bare)} == set()
    assert tables(bare, "capacity") == []
    assert "in service" not in " ".join(answer(bare))
    assert 'class="spanned"' not in render_html(bare)


def test_the_confusion_adds_up_and_the_threshold_is_named(report):
    decision = report.decision
    (table,) = tables(report, "capacity")
    counts = [[int(cell.replace(",", "")) for cell in row[1:]] for row in table.rows]
    assert counts[0] == [decision.won_worked, decision.lost_worked, 554]
    assert [a + b for a, b in zip(counts[0], counts[1], strict=True)] == counts[2] == [341, 2431, 2772]
    text, warned = words(report, "capacity")
    assert f"down to a probability of {100 * decision.threshold:.1f}%" in text
    assert f"{100 * decision.precision.value:.0f}% (" in text
    assert f"as much as {100 * decision.net_benefit.value:.1f} won leads" in text
    assert not warned


def test_a_net_benefit_that_may_be_none_is_a_warning(report):
    poor = replace(report.decision, net_benefit=Estimate(0.002, -0.004, 0.008), over_all=Estimate(0.001, -0.002, 0.004))
    text, warned = words(replace(report, decision=poor), "capacity")
    assert warned
    assert "Working none of them may be as good" in text
    assert "Working every lead may be as good: the difference is −0.2 to 0.4" in text


def test_leads_that_tie_are_counted_in_part_and_it_is_said(report):
    tied = replace(report.decision, tied=40, won_worked=192.5, won_passed=148.5)
    shown = replace(report, decision=tied)
    assert tables(shown, "capacity")[0].rows[0][1] == "192.5"
    assert "40 leads tie" in words(shown, "capacity")[0]


def test_the_worst_slice_stands_first_with_its_fault_and_the_looks_are_counted(report):
    seen, folded = tables(report, "slices")
    assert seen.rows[0][0] == "Lead Source: Olark Chat"
    assert seen.rows[0][-1] == "promised too much"
    assert all(row[-1] == "" for row in seen.rows[1:])
    assert len(seen.rows) == len(seen.spans) == MOST_SLICES
    assert folded.folded == f"{len(report.slices.lines) - MOST_SLICES} more slices"
    text, _ = words(report, "slices")
    assert f"{report.slices.looks} looks" in text
    assert "1 slice has a fault for certain" in text
    assert "1 slice with too few leads or outcomes is not judged" in text


def test_a_bar_of_a_slice_is_its_interval_and_its_tick_what_was_promised(report):
    source = render_html(report)
    drawn = re.findall(r'<i style="margin-left:([\d.]+)%;width:([\d.]+)%"></i><b style="left:([\d.]+)%">', source)
    assert len(drawn) == len(report.slices.lines)
    left, width, tick = map(float, drawn[0])
    line = report.slices.lines[0]
    assert tick / left == pytest.approx(line.promised / line.low, rel=0.01)
    assert (left + width) / left == pytest.approx(line.high / line.low, rel=0.01)


def test_without_a_certain_fault_none_is_claimed(report):
    lines = tuple(replace(line, faults=()) for line in report.slices.lines)
    fine = replace(report, slices=replace(report.slices, lines=lines))
    assert "no slice has a fault for certain" in words(fine, "slices")[0]
    assert all(len(table.headings) == 7 for table in tables(fine, "slices"))


def test_a_promise_that_fails_for_all_leads_is_not_blamed_on_slices():
    off = simulate_report(promise=0.8)
    text, warned = words(off, "slices")
    assert warned
    assert "off for the test leads as a whole" in text


def test_the_comparison_says_which_version_is_better_in_what_and_how_fair_it_is(report):
    (table,) = tables(report, "champion")
    verdicts = {row[0]: row[-1] for row in table.rows}
    assert verdicts["log-loss"] == "better"
    assert verdicts["lift at 20%"] == "no clear difference"
    assert table.rows[0][3].startswith("+0.0")
    text, warned = words(report, "champion")
    assert "may have learned from 554 test leads. They are left out here" in text
    assert not warned
    assert "Beside the version in service, this one is better in AUC" in " ".join(answer(report))


@pytest.mark.parametrize(
    ("learned_from", "told", "warns"),
    [
        (None, "Nobody can tell which of these leads", True),
        (0, "learned from none of these leads", False),
        (2_770, "too few others are left", True),
    ],
)
def test_a_comparison_that_may_be_unfair_says_so(report, learned_from, told, warns):
    other = replace(report.comparison, learned_from=learned_from, unseen_only=False)
    text, warned = words(replace(report, comparison=other), "champion")
    assert told in text
    assert warned is warns
    assert ("which may know some of these leads" in " ".join(answer(replace(report, comparison=other)))) is warns


def test_no_clear_difference_is_not_sold_as_one(report):
    lines = tuple(replace(line, low=-1.0, high=1.0) for line in report.comparison.lines)
    same = replace(report, comparison=replace(report.comparison, lines=lines))
    assert "this one is not clearly different in any measure" in " ".join(answer(same))


def test_coverage_stands_beside_what_chance_allows_and_warns_below_it(report):
    text, warned = words(report, "calibration")
    held = report.coverage
    assert f"In {held.held} of 20 groups" in text
    assert f"between {held.expected_low} and {held.expected_high}" in text
    assert not warned
    narrow = replace(report, coverage=replace(held, held=1, expected_low=4))
    assert words(narrow, "calibration")[1]


def test_drift_is_claimed_beyond_chance_only(report):
    text, _ = words(report, "drift")
    assert "something changed with time" in text
    assert "AUC of 0.660 (0.640 to 0.680): they have changed" in text
    assert tables(report, "drift")[-1].rows[0][:2] == ("Lead Source", "0.610")
    calm = replace(report, drift=Drift(over_time=replace(report.drift.over_time, chance=0.4), auc=(0.51, 0.49, 0.53)))
    text, _ = words(calm, "drift")
    assert "Chance alone explains as much" in text
    assert "new leads look like old ones" in text
    assert section(replace(report, drift=Drift()), "drift") is None


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        ((0.40, 0.35, 0.33), "so more might do better still"),
        ((0.40, 0.33, 0.332), "more changed next to nothing"),
        ((0.40, 0.33, 0.36), "with 30 it was 0.030 worse"),
    ],
)
def test_a_learning_curve_says_whether_it_was_stopped_in_time(report, losses, told):
    curve = LearningCurve("LightGBM", "trees", (10, 20, 30), losses, 20)
    assert told in words(replace(report, learning_curves=(curve,)), "learners")[0]


def test_names_of_slices_and_fields_from_the_data_are_shown_and_never_run(report):
    evil = '"><script>alert(1)</script>'
    hostile = replace(
        report,
        slices=replace(report.slices, lines=(replace(report.slices.lines[0], name=evil),)),
        comparison=replace(report.comparison, version=evil),
        drift=replace(report.drift, telling=((evil, 0.6, evil),)),
        learning_curves=(LearningCurve(evil, evil, (1, 2), (0.4, 0.3)),),
    )
    source = render_html(hostile)
    assert "<script" not in source
    assert source.count("&lt;script&gt;alert(1)") >= 6


def test_a_field_whose_place_changes_from_stretch_to_stretch_is_named(report):
    (told, _), table = words(report, "importance"), tables(report, "importance")[0]
    assert "“What is your current occupation” (2 to 9) changes from stretch to stretch" in told
    assert "Total Time" not in told.split("The place of")[1].split(": do not")[0]
    assert "“What is your current occupation” went from 4.1 to 8.9" in told
    assert table.headings == ("field", "points", "elsewhere", "place there", "in service", "which way")
    assert table.rows[0][1:5] == ("14.2", "12.9 to 15.0", "1", "13.8")
    assert table.rows[1][2:5] == ("–", "–", "–")


def test_how_far_points_reach_is_drawn_where_they_lie_and_never_too_narrow_to_see(report):
    lines = [replace(line, low=0.25 * line.points, high=0.75 * line.points) for line in report.importance]
    lines[1] = replace(lines[1], low=lines[1].points, high=lines[1].points)
    most = max(line.points for line in lines)
    page = render_html(replace(report, importance=tuple(lines)))
    drawn = re.findall(r'<u style="left:([\d.]+)%;width:([\d.]+)%">', page)[: len(lines)]
    assert [float(left) for left, _ in drawn] == pytest.approx([100 * line.low / most for line in lines], abs=0.06)
    wanted = [max(100 * (line.high - line.low) / most, 0.6) for line in lines]
    assert [float(width) for _, width in drawn] == pytest.approx(wanted, abs=0.06)


def test_without_other_stretches_and_a_version_in_service_importance_is_points_alone(report):
    plain = tuple(ImportanceLine(line.field, line.points, line.direction) for line in report.importance)
    (table, *_) = tables(replace(report, importance=plain), "importance")
    assert table.headings == ("field", "points", "which way")
    assert table.reaches == ()


def test_each_field_that_was_followed_has_a_picture_with_where_leads_lie(report):
    time, source = dependence_pictures(report)
    assert (time.title, source.title) == ("Total Time Spent on Website", "Lead Source")
    assert "250 test leads asked" in time.caption
    assert time.shapes.count('class="share"') == 15
    assert "not given" in time.shapes
    assert "Fair &lt;b&gt;&amp;&lt;/b&gt; Expo" in source.shapes
    assert "Google: 20%; Fair" in source.description
    assert section(replace(report, dependence=()), "dependence") is None
