"""Where the scores keep less than they promise, slice by slice."""

from __future__ import annotations

import math

from leadloop.learning.evaluation import SliceLine, Slices
from leadloop.learning.report.parts import Section, Table, Words, cut
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.words import count, number, percent, promised, rate, where

MOST_SLICES = 8
"""Longer lists fold the harmless slices away."""
_MOST_FAULTY = 25


def slices_section(report: TrainingReport) -> Section | None:
    """Promise and outcome, and the order, of every slice of the test leads that is large enough; the worst first."""
    slices = report.slices
    if slices is None:
        return None
    title = "Slices: where the scores keep less than they promise"
    if not slices.lines:
        return Section("slices", title, (Words("No part of the test leads is large enough to be judged alone."),))
    faulty = sum(bool(line.faults) for line in slices.lines)
    table = Table(
        "Each bar is the 95% interval of what came true, its tick what was promised. Intervals are of a slice alone. "
        + where(report),
        (
            "slice",
            "leads",
            "won",
            "promised",
            "came true",
            "AUC promised",
            "AUC",
            *(("certain fault",) if faulty else ()),
        ),
        tuple(_row(line)[: 8 if faulty else 7] for line in slices.lines),
        numeric=frozenset({1, 2, 3, 4, 5, 6}),
        names=frozenset({0}),
        spans=tuple((line.low, line.high, line.promised) for line in slices.lines),
    )
    most = max(MOST_SLICES, min(faulty, _MOST_FAULTY))
    return Section(
        "slices", title, (Words(_looks(slices, faulty)), *_whole(report, slices), *cut(table, most, "slice", "slices"))
    )


def _row(line: SliceLine) -> tuple[str, ...]:
    auc = (
        "–" if math.isnan(line.auc) else f"{number(line.auc)} ({number(line.auc_low, 2)} to {number(line.auc_high, 2)})"
    )
    return (
        line.name,
        count(line.leads),
        count(line.positives),
        rate(line.promised),
        f"{rate(line.rate)} ({rate(line.low)} to {rate(line.high)})",
        number(line.auc_promised),
        auc,
        "; ".join(line.faults),
    )


def _looks(slices: Slices, faulty: int) -> str:
    """How often one looked, what chance alone shows to somebody who looks so often, and what remains."""
    small = (
        f" {count(slices.too_small, 'slice')} with too few leads or outcomes {'is' if slices.too_small == 1 else 'are'} not "
        "judged."
        if slices.too_small
        else ""
    )
    remain = (
        f"When every look is paid for (Holm), {count(faulty, 'slice')} {'has' if faulty == 1 else 'have'} a fault for "
        f"certain and {'stands' if faulty == 1 else 'stand'} first."
        if faulty
        else "When every look is paid for (Holm), no slice has a fault for certain; those nearest to one stand first."
    )
    do = "does" if slices.seeming == 1 else "do"
    return (
        f"{count(len(slices.lines), 'slice')} of the test leads: does the promise come true there, and are won leads told "
        f"from lost ones as well as promised (AUC; {number(slices.auc)} on the whole)? "
        f"That makes {count(slices.looks, 'look')}, and about "
        f"{number(slices.by_chance, 0)} would seem bad by chance alone; {slices.seeming} {do}. "
        f"{remain}{small}"
    )


def _whole(report: TrainingReport, slices: Slices) -> tuple[Words, ...]:
    """Where the promise fails for all leads, single slices are not to blame."""
    both = promised(report)
    if both is None:
        return ()
    off = [line.faults[0] for line in slices.lines if line.faults and line.faults[0] != "order worse"]
    gap = both[0] - both[1]
    same = "promised too much" if gap > 0 else "promised too little"
    if len(off) < 3 or off.count(same) < 0.8 * len(off) or abs(gap) < 0.1 * both[1]:
        return ()
    return (
        Words(
            f"The promise is off for the test leads as a whole ({percent(both[0], 1)} promised, {percent(both[1], 1)} came "
            "true), so that most slices show it; look first for what changed for all of them.",
            warning=True,
        ),
    )
