"""What leads are worth: how good expected values are, one by one, in total, and for choosing whom to work."""

from __future__ import annotations

import math

from leadloop.learning.evaluation import Estimate
from leadloop.learning.evaluation.worth import WorthQuality
from leadloop.learning.report.parts import Section, Table, Words
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.words import beside, count, number, percent


def money(amount: float) -> str:
    """An amount in whole units, thousands apart; with two decimals below 100. The currency is that of the file.

    >>> money(1234567.8), money(12.3), money(-1500.0), money(float("nan"))
    ('1,234,568', '12.30', '−1,500', '–')
    """
    if not math.isfinite(amount):
        return "–"
    return (f"{amount:,.2f}" if abs(amount) < 100 else f"{amount:,.0f}").replace("-", "−")


def worth_section(report: TrainingReport) -> Section | None:
    """What can be said of amounts, and how far it holds; nothing where the playbook names no value."""
    quality = report.worth
    if quality is None:
        return None
    title = "What leads are worth"
    if not quality.kind:
        text = f"Scores of this version have no expected value: {quality.why}."
        return Section("worth", title, (Words(text, warning=True),))
    parts: list[Words | Table] = [Words(_told(quality)), _measures(report, quality), Words(_total(quality))]
    parts += [_groups(report, quality), *_captured(report, quality)]
    return Section("worth", title, tuple(parts))


def _told(quality: WorthQuality) -> str:
    how = f"Amounts come of {quality.kind}" + (f": {quality.why}." if quality.why else ".")
    left_out = f" {count(quality.unknown, 'won test lead')} without an amount are left out." if quality.unknown else ""
    return (
        "The expected value of a lead is its probability, times the amount that such leads bring when they are won. It ranks "
        f"nothing by itself: scores, bands and routes go by the probability. {how} A won test lead brought "
        f"{money(quality.mean)} on average.{left_out}"
    )


def _measures(report: TrainingReport, quality: WorthQuality) -> Table:
    def written(name: str, value: float) -> str:
        return money(value) if name == "amount error" else number(value)

    rows = tuple(
        (
            measure.name,
            written(measure.name, measure.value),
            f"{written(measure.name, measure.low)} to {written(measure.name, measure.high)}",
            written(measure.name, measure.baselines["the mean"]),
            beside(measure),
            f"{measure.meaning}; smaller is better",
        )
        for measure in quality.measures
    )
    headings = ("measure", "amounts", "95% interval", "the mean", "beside the baseline", "what it means")
    return Table(_where(report, quality), headings, rows, numeric=frozenset({1, 2, 3}))


def _total(quality: WorthQuality) -> str:
    assert quality.brought is not None
    return (
        f"All test leads together were promised to bring {money(quality.promised)}; they brought {money(quality.brought.value)} "
        f"(95% interval {money(quality.brought.low)} to {money(quality.brought.high)})."
    )


def _groups(report: TrainingReport, quality: WorthQuality) -> Table:
    rows = tuple(
        (
            str(place),
            count(group.leads),
            money(group.promised),
            money(group.brought),
            f"{money(group.low)} to {money(group.high)}",
        )
        for place, group in enumerate(quality.groups, start=1)
    )
    return Table(
        f"{'Synthetic data. ' if report.synthetic else ''}Test leads from the smallest to the largest expected value.",
        ("group", "leads", "promised", "brought", "95% interval"),
        rows,
        numeric=frozenset(range(1, 5)),
    )


def _captured(report: TrainingReport, quality: WorthQuality) -> tuple[Words, ...]:
    if quality.captured is None or quality.by_score is None or quality.more is None:
        return ()
    text = (
        f"Working the {percent(report.capacity)} of leads with the highest expected value reaches {_share(quality.captured)} of "
        f"all value; working those with the highest scores reaches {_share(quality.by_score)}."
    )
    if quality.more.low > 0:
        return (Words(f"{text} Where value is what counts, sort the scored file by its column “expected_value”."),)
    return (Words(f"{text} The difference may be chance: keep sorting by score."),)


def _share(estimate: Estimate) -> str:
    return f"{percent(estimate.value)} ({percent(estimate.low)} to {percent(estimate.high)})"


def _where(report: TrainingReport, quality: WorthQuality) -> str:
    text = f"{count(quality.won, 'won test lead')} with an amount."
    return f"Synthetic data. {text}" if report.synthetic else text
