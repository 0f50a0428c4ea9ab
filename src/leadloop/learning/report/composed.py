"""What a report says of several targets: how the score is composed of them, and how well it does for each."""

from __future__ import annotations

from leadloop.learning.report.parts import MOST_ROWS, Section, Table, Words, cut
from leadloop.learning.report.report import ComposedScore, TrainingReport
from leadloop.learning.report.words import (
    count,
    found,
    judge,
    listed,
    named_figure,
    number,
    percent,
    rate,
    sentence,
    span,
)


def composition(report: TrainingReport) -> str:
    """What the score is made of, in a sentence; empty where only one thing is predicted."""
    if report.score is not None:
        parts = [f"{percent(weight)} “{name}”" for name, weight in report.score.weights]
        return f"The score is composed of {listed(parts)}."
    return f"The score is that of “{report.target}” alone." if report.others else ""


def also_predicted(report: TrainingReport) -> tuple[str, ...]:
    """How well each target is predicted, and what the score is made of; nothing where there is only one."""
    sentences = []
    if report.others:
        told = [_quality(each) for each in (report, *report.others)]
        doubts = [f"“{each.target}”: {judge(each).words}" for each in report.others if judge(each).tone != "good"]
        sentences += [f"It predicts {len(told)} targets: {listed(told)}.", composition(report)]
        sentences += [sentence(doubt) for doubt in doubts]
    for name, why in report.left_out_targets:
        sentences.append(f"“{name}” is left out, and counts in no score: {why}.")
    return tuple(sentences)


def _quality(report: TrainingReport) -> str:
    auc = found(report, "AUC")
    if auc is None:
        return f"“{report.target}”"
    return f"“{report.target}” with AUC {number(auc.value)} (95% interval {span(auc)})"


def composed_section(report: TrainingReport) -> Section | None:
    """What the score is made of, how its bands and its order do for each target, and what moves it; None where it is one
    target's alone."""
    score = report.score
    if score is None:
        return None
    return Section(
        "score",
        "The score, and what it is composed of",
        (
            Words(
                f"{composition(report)} It is a fixed, rising map of the weighted mean of their calibrated probabilities, set on "
                "training leads that no model had learned from, so that the bands hold their shares. The points of all reasons "
                "add up to it."
            ),
            *_together(score),
            _bands(score),
            Words(
                "Leads are worked in the order of the score. That order is a compromise: for a single target its own "
                "probability sorts better, and the table says how much is given up for the others."
            ),
            _order(score),
            *_importance(score),
        ),
    )


def _together(score: ComposedScore) -> tuple[Words, ...]:
    told = [f"“{one}” and “{other}” by {number(value, 2)}" for one, other, value in score.together if value == value]
    if not told:
        return ()
    return (Words(f"On the test leads, outcomes go together (correlation, from −1 to 1): {listed(told)}."),)


def _bands(score: ComposedScore) -> Table:
    targets = [name for name, _ in score.bands]
    first = score.bands[0][1]
    rows = []
    for place, band in enumerate(first):
        cells = []
        for _, bands in score.bands:
            here = bands[place]
            cells.append(
                f"{rate(here.observed)} ({rate(here.low)} to {rate(here.high)}; promised {rate(here.probability)})"
                if here.leads
                else "–"
            )
        share = f"{percent(band.share, 1)} (wanted {percent(band.wanted_share)})"
        rows.append((band.name, number(band.lowest, 0), count(band.leads), share, *cells))
    return Table(
        "Test leads of each target by the band of the composed score, with 95% intervals; counts are those of the main target.",
        ("band", "score from", "leads", "share", *targets),
        tuple(rows),
        numeric=frozenset({1, 2}),
        names=frozenset({0}),
    )


def _order(score: ComposedScore) -> Table:
    rows = tuple(
        (
            line.target,
            line.name,
            named_figure(line.name, line.value),
            f"{named_figure(line.name, line.low)} to {named_figure(line.name, line.high)}",
            named_figure(line.name, line.alone),
        )
        for line in score.order
    )
    return Table(
        "How well the composed score sorts the test leads of each target.",
        ("target", "measure", "by the score", "95% interval", "by its own probability"),
        rows,
        numeric=frozenset({2, 3, 4}),
        names=frozenset({0}),
    )


def _importance(score: ComposedScore) -> tuple[Table, ...]:
    rows = tuple((line.shown, number(line.points, 1), line.direction) for line in score.importance)
    table = Table(
        "By how many points each field moves the composed score of a test lead, up or down, on average.",
        ("field", "points", "which way"),
        rows,
        numeric=frozenset({1}),
        names=frozenset({0}),
        bars=tuple(line.points for line in score.importance),
    )
    return cut(table, MOST_ROWS, "field", "fields")
