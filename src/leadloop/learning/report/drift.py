"""How the leads change as time goes on: how often they are won, and what tells old leads from new ones."""

from __future__ import annotations

from leadloop.learning.report.marks import Plot, disc, round_up, whisker
from leadloop.learning.report.parts import MOST_ROWS, Pictures, Section, Table, Words, cut
from leadloop.learning.report.picture import Picture, compose
from leadloop.learning.report.report import Drift, TrainingReport
from leadloop.learning.report.words import count, maybe_open, number, percent, rate

_CERTAIN = 0.05


def drift_section(report: TrainingReport) -> Section | None:
    """The share won along time, and the fields that changed; nothing where no order of time is known."""
    drift = report.drift
    if drift is None or (drift.over_time is None and not drift.telling and drift.auc is None):
        return None
    parts: list[Words | Table | Pictures] = []
    if drift.over_time is not None and drift.over_time.blocks:
        said = " ".join(text for text in (_steadiness(drift), maybe_open(report)) if text)
        parts += [Pictures(("drift",), (Words(said),)), _numbers(report, drift)]
    return Section("drift", "Drift: how the leads change over time", (*parts, *_telling(report, drift)))


def _steadiness(drift: Drift) -> str:
    assert drift.over_time is not None
    blocks, chance = drift.over_time.blocks, drift.over_time.chance
    rates = [block.rate for block in blocks]
    span = f"Between {rate(min(rates))} and {rate(max(rates))} were won in {count(len(blocks), 'block')} of equal size."
    if chance >= _CERTAIN:
        return f"{span} Chance alone explains as much: nothing here says that leads are won more or less often than before."
    how_sure = "less than once in a thousand files" if chance < 0.001 else f"in {rate(chance)} of such files"
    return (
        f"{span} Chance alone would differ as much {how_sure}, so something changed with time. Probabilities are those of the "
        "time learned from: the more the newest blocks differ from the others, the sooner this version is out of date."
    )


def _numbers(report: TrainingReport, drift: Drift) -> Table:
    assert drift.over_time is not None
    rows = tuple(
        (
            str(place),
            " to ".join(end for end in (block.first, block.last) if end),
            count(block.leads),
            count(block.positives),
            percent(block.rate, 1),
            f"{percent(block.low, 1)} to {percent(block.high, 1)}",
        )
        for place, block in enumerate(drift.over_time.blocks, start=1)
    )
    caption = "All leads with an outcome, the oldest first."
    return Table(
        f"Synthetic data. {caption}" if report.synthetic else caption,
        ("block", "from and to", "leads", "won", "share won", "95% interval"),
        rows,
        numeric=frozenset({2, 3, 4, 5}),
        folded="The numbers in the picture",
    )


def _telling(report: TrainingReport, drift: Drift) -> tuple[Words | Table, ...]:
    parts: list[Words | Table] = []
    if drift.auc is not None:
        value, low, high = drift.auc
        span = f"{number(value)} ({number(low)} to {number(high)})"
        told = f"All fields together tell old leads from new ones with an AUC of {span}"
        parts.append(
            Words(
                f"{told}: they have changed. Where they did, the past says less about what comes."
                if low > 0.5
                else f"{told}; 0.5 is chance, so new leads look like old ones."
            )
        )
    if drift.telling:
        table = Table(
            f"{'Synthetic data. ' if report.synthetic else ''}AUC of telling old leads from new ones by the field alone; 0.5 is "
            "chance.",
            ("field", "AUC", "note"),
            tuple((field, number(auc), note) for field, auc, note in drift.telling),
            numeric=frozenset({1}),
            names=frozenset({0}),
            bars=tuple(max(0.0, abs(auc - 0.5)) for _, auc, _ in drift.telling),
        )
        parts += [Words("These fields tell most about how old a lead is:"), *cut(table, MOST_ROWS, "field", "fields")]
    return tuple(parts)


def drift_picture(report: TrainingReport) -> Picture | None:
    """The share won in blocks of time, with intervals, and where the test leads begin."""
    drift = report.drift
    if drift is None or drift.over_time is None or len(drift.over_time.blocks) < 2:
        return None
    blocks = drift.over_time.blocks
    top = round_up(max(0.001, *(block.high for block in blocks)))
    plot = Plot(1.0, min(1.0, top))
    total = sum(block.leads for block in blocks)
    shapes = plot.frame("share of leads, the oldest first", "share that was won")
    if drift.tested_from is not None:
        shapes += plot.mark(drift.tested_from, "test leads from here", at_top=True)
    before = 0
    points = []
    for block in blocks:
        points.append(((before + block.leads / 2) / total, block.rate))
        before += block.leads
    shapes.append(plot.line(points, "chance"))
    for block, (middle, share) in zip(blocks, points, strict=True):
        across = plot.x(middle)
        shapes += [whisker(across, plot.y(block.low), plot.y(block.high)), disc(across, plot.y(share), 4.5, "dot")]
    ends = [end for end in (blocks[0].first, blocks[-1].last) if end]
    from_to = f", from {ends[0]} to {ends[1]}" if len(ends) == 2 else ""
    whole = f"All {count(total, 'lead')} with an outcome{from_to}."
    return compose(
        report,
        "drift",
        "Share won over time",
        f"Leads in {count(len(blocks), 'block')} of equal size; bars are 95% intervals.",
        "Share won over time: " + ", ".join(rate(block.rate) for block in blocks) + ".",
        shapes,
        leads=whole,
    )
