"""The pictures of a training report, drawn as plain SVG: small, sharp, the same bytes for the same report.

Each picture is 400 units wide, which is about a phone, so its text stays readable there. Inside a page the colours come
from the page's own variables and follow its dark mode; a picture that stands alone brings both sets of colours along.
Nothing is told by colour alone: lines also differ in dashes, points in shape, and both carry their label.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from leadloop.learning.evaluation import Measure
from leadloop.learning.report.capacity import decision_picture
from leadloop.learning.report.dependence import dependence_pictures
from leadloop.learning.report.drift import drift_picture
from leadloop.learning.report.escape import html_text
from leadloop.learning.report.learning_curves import learning_picture
from leadloop.learning.report.marks import WIDTH, Plot, box, diamond, disc, round_up, shorten, stroke, whisker, write
from leadloop.learning.report.picture import Picture, compose
from leadloop.learning.report.report import ImportanceLine, TrainingReport
from leadloop.learning.report.timing import timing_picture
from leadloop.learning.report.words import count, figure, found, number, of_a_hundred, percent, rate, span

MOST_BARS = 20
"""So many fields are drawn; the table holds the others."""


def count_telling(lines: Sequence[ImportanceLine]) -> int:
    """How many of the most important fields are worth a bar: not more than twenty, and none that rounds to 0.0 points."""
    return max(1, sum(line.points >= 0.05 for line in lines[:MOST_BARS]))


def draw_pictures(report: TrainingReport) -> dict[str, Picture]:
    """Every picture of a report by name; those that its figures cannot fill are not there."""
    drawn = (
        _hundred(report),
        _lift(report),
        _gain(report),
        decision_picture(report),
        _roc(report),
        _precision_recall(report),
        _calibration(report),
        _bands(report),
        timing_picture(report),
        _importance(report),
        drift_picture(report),
        learning_picture(report),
        *dependence_pictures(report),
    )
    return {picture.name: picture for picture in drawn if picture is not None}


def picture_files(report: TrainingReport) -> dict[str, str]:
    """Every picture as an SVG file that stands alone: file name and content."""
    return {f"{name}.svg": picture.alone() for name, picture in draw_pictures(report).items()}


def _hundred(report: TrainingReport) -> Picture | None:
    ways = of_a_hundred(report)
    if not ways:
        return None
    best, *sorting, chance = ways
    sorting = sorted(sorting, key=lambda way: -way.converting)[:1]
    shown = (best, *sorting, chance)
    step, size = 11.6, 10 * 11.6
    gap = (WIDTH - 3 * size) / 2
    shapes = []
    for place, way in enumerate(shown):
        left = place * (size + gap)
        filled = round(way.converting)
        shapes.append(write(left, 26, str(filled), "large strong" if place else "large of-model"))
        shapes.append(write(left, 46, shorten(way.how, 19), "ink"))
        for index in range(100):
            across, up = left + 4.6 + step * (index % 10), 62 + step * (index // 10)
            shapes.append(disc(across, up, 4.1, "bar" if index < filled else "miss"))
    told = ", ".join(f"{way.how} {round(way.converting)}" for way in shown)
    return compose(
        report,
        "hundred",
        "Of 100 leads that your team works, so many convert",
        "Each dot is a lead; filled dots convert.",
        f"Of 100 leads worked, converting: {told}.",
        shapes,
        height=176,
    )


def _lift(report: TrainingReport) -> Picture | None:
    measure = found(report, "lift at")
    leads = report.split.test.leads
    # The first handful of leads makes the curve jump between 0 and its maximum; ten leads say something.
    points = [point for point in report.curves.lift if point[0] * leads >= 9.5]
    if measure is None or not points or not math.isfinite(measure.value):
        return None
    plot = Plot(1.0, round_up(max(1.5, *(up for _, up in points), measure.value)))
    text = f"{figure(measure, measure.value)} at capacity"
    shapes = [
        *plot.frame("share of leads worked, best first", "times the average", upward=lambda value: f"{value:g}×"),
        plot.line([(0, 1), (1, 1)], "chance"),
        plot.label(1, 1, "at random", "", "end", shift=(-4, 16)),
        *plot.mark(report.capacity, f"capacity {percent(report.capacity)}", at_top=True),
        plot.line(points, "curve"),
        *_at_capacity(plot, report.capacity, measure, text, (1.0,), points),
    ]
    return compose(
        report,
        "lift",
        "Lift",
        "How many times the average conversion you get when the team works only the best-scored leads. The curve starts at "
        "ten leads.",
        f"The best {percent(report.capacity)} of leads convert {figure(measure, measure.value)} as often as the average "
        f"(95% interval {span(measure)}).",
        shapes,
    )


def _gain(report: TrainingReport) -> Picture | None:
    measure = found(report, "gain at")
    if measure is None or not report.curves.gain or not math.isfinite(measure.value):
        return None
    plot = Plot(1.0, 1.0)
    shapes = [
        *plot.frame("share of leads worked, best first", "share of won leads found"),
        plot.line([(0, 0), (1, 1)], "chance"),
        plot.label(0.8, 0.8, "at random", "", "start", shift=(4, 16)),
        *plot.mark(report.capacity, f"capacity {percent(report.capacity)}"),
        plot.under(report.curves.gain),
        plot.line(report.curves.gain, "curve"),
        *_at_capacity(plot, report.capacity, measure, f"{percent(measure.value)} at capacity", (report.capacity,)),
    ]
    return compose(
        report,
        "gain",
        "Gain",
        "Which share of all won leads you reach by working only the best-scored ones.",
        f"The best {percent(report.capacity)} of leads hold {percent(measure.value)} of all won leads "
        f"(95% interval {span(measure)}).",
        shapes,
    )


def _roc(report: TrainingReport) -> Picture | None:
    measure = found(report, "AUC")
    if measure is None or not math.isfinite(measure.value):
        return None
    plot = Plot(1.0, 1.0)
    shapes = [
        *plot.frame("share of lost leads above a score", "share of won leads above it"),
        plot.line([(0, 0), (1, 1)], "chance"),
        plot.label(0.62, 0.62, "chance", "", "start", shift=(4, 16)),
        plot.under(report.curves.roc),
        plot.line(report.curves.roc, "curve"),
        plot.label(1, 0, f"AUC {number(measure.value)}", "of-model", "end", shift=(-6, -26)),
        plot.label(1, 0, f"95% interval {span(measure)}", "", "end", shift=(-6, -10)),
    ]
    return compose(
        report,
        "roc",
        "ROC: are won leads ranked above lost ones?",
        "The further the line bends to the upper left, the better the order; the dashed line is chance.",
        f"ROC curve with an area of {number(measure.value)} (95% interval {span(measure)}); chance is 0.5.",
        shapes,
    )


def _precision_recall(report: TrainingReport) -> Picture | None:
    measure = found(report, "average precision")
    base = report.split.test.base_rate
    # Before the first won lead is found, precision is 0 whatever follows: leave that jump out.
    points = [point for point in report.curves.precision_recall if point[0] > 0]
    if measure is None or not points or not math.isfinite(measure.value) or not base > 0:
        return None
    plot = Plot(1.0, 1.0)
    shapes = [
        *plot.frame("share of won leads found (recall)", "share won among them (precision)"),
        plot.line([(0, base), (1, base)], "chance"),
        plot.line(points, "curve"),
        plot.label(0, base, f"base rate {rate(base)}", "", "start", shift=(6, 16 if base > 0.1 else -6)),
    ]
    told = f"average precision {number(measure.value)}", f"95% interval {span(measure)}"
    # A low curve leaves room above it on the right, a high one below it on the left.
    if measure.value < 0.55:
        shapes.append(plot.label(1, 1, told[0], "of-model", "end", shift=(-6, 16)))
        shapes.append(plot.label(1, 1, told[1], "", "end", shift=(-6, 32)))
    else:
        shapes.append(plot.label(0, base, told[0], "of-model", "start", shift=(6, -40)))
        shapes.append(plot.label(0, base, told[1], "", "start", shift=(6, -24)))
    return compose(
        report,
        "precision-recall",
        "Precision and recall",
        "How pure the top of the list is, and how that fades as you go down to find more of the won leads; the dashed line "
        "is what picking at random gives.",
        f"Precision-recall curve, average precision {number(measure.value)} (95% interval {span(measure)}), "
        f"base rate {rate(base)}.",
        shapes,
    )


def _calibration(report: TrainingReport) -> Picture | None:
    groups = report.curves.calibration
    if not groups:
        return None
    top = min(1.0, round_up(max(max(mean, high) for mean, _, _, high, _ in groups)))
    plot = Plot(top, top)
    most = max(group[4] for group in groups)
    shapes = [
        *plot.frame("probability promised", "share that was won"),
        plot.line([(0, 0), (top, top)], "chance"),
        plot.label(top, top, "as promised", "", "end", shift=(-22, 12)),
    ]
    for mean, observed, low, high, leads in groups:
        across = plot.x(mean)
        told = (
            f"{count(leads, 'lead')}: promised {rate(mean)}, won {rate(observed)} ({percent(low)} to {percent(high)})"
        )
        shapes.append(
            f"<g><title>{html_text(told)}</title>"
            + whisker(across, plot.y(low), plot.y(high))
            + disc(across, plot.y(observed), max(2.5, 5 * math.sqrt(leads / most)), "dot")
            + "</g>"
        )
    sizes = sorted({group[4] for group in groups})
    each = count(sizes[0], "lead") if len(sizes) == 1 else f"{count(sizes[0])} to {count(sizes[-1], 'lead')}"
    return compose(
        report,
        "calibration",
        "Calibration: does a probability mean what it says?",
        f"Leads in {count(len(groups), 'group')} of {each}, from the least to the most probable (larger dots hold more "
        "leads); bars are 95% intervals. On the dashed line, what was promised came true.",
        "Calibration: " + "; ".join(f"promised {rate(group[0])}, won {rate(group[1])}" for group in groups) + ".",
        shapes,
    )


def _bands(report: TrainingReport) -> Picture | None:
    bands = report.bands
    if not bands:
        return None
    share_left, share_right, won_left, won_right = 92.0, 222.0, 252.0, float(WIDTH - 6)
    widest = max(max(band.share, band.wanted_share) for band in bands) or 1.0
    highest = round_up(
        max([0.01, *(end for band in bands for end in (band.high, band.probability) if math.isfinite(end))])
    )

    def share_at(value: float) -> float:
        return share_left + (share_right - share_left) * value / widest

    def won_at(value: float) -> float:
        return won_left + (won_right - won_left) * min(value / highest, 1.0)

    shapes = [write(share_left, 14, "share of leads", "ink"), write(won_left, 14, "share of them won", "ink")]
    for place, band in enumerate(bands):
        top = 30 + 50 * place
        middle = top + 30
        shapes += [
            stroke(0, top, WIDTH, top, "grid"),
            write(0, top + 27, shorten(band.name, 13), "strong"),
            write(share_left, top + 17, f"{percent(band.share)}, wanted {percent(band.wanted_share)}"),
            box(share_left, middle - 4, share_at(band.share) - share_left, 8, "bar"),
            stroke(share_at(band.wanted_share), middle - 8, share_at(band.wanted_share), middle + 8, "tick"),
        ]
        if not band.leads:
            shapes.append(write(won_left, top + 17, "no lead here"))
            continue
        shapes += [
            write(won_left, top + 17, f"{rate(band.observed)} ({percent(band.low)} to {percent(band.high)})"),
            stroke(won_left, middle, won_right, middle, "grid"),
            stroke(won_at(band.probability), middle - 8, won_at(band.probability), middle + 8, "tick"),
            stroke(won_at(band.low), middle, won_at(band.high), middle, "whisker"),
            stroke(won_at(band.low), middle - 4, won_at(band.low), middle + 4, "whisker"),
            stroke(won_at(band.high), middle - 4, won_at(band.high), middle + 4, "whisker"),
            disc(won_at(band.observed), middle, 4.5, "dot"),
        ]
    foot = 30 + 50 * len(bands)
    shapes += [
        stroke(0, foot, WIDTH, foot, "grid"),
        stroke(share_left + 2, foot + 11, share_left + 2, foot + 25, "tick"),
        write(share_left + 10, foot + 22, "wanted"),
        disc(won_left + 4, foot + 18, 4.5, "dot"),
        write(won_left + 13, foot + 22, "won"),
        stroke(won_left + 56, foot + 11, won_left + 56, foot + 25, "tick"),
        write(won_left + 64, foot + 22, "promised"),
    ]
    return compose(
        report,
        "bands",
        "Bands: as many leads as wanted, and as many won as promised?",
        "Bars show how many of the leads each band holds, points how many of them were won, with a 95% interval. The ticks "
        "are what was meant: the wanted share, and the mean probability promised.",
        "; ".join(
            f"{band.name}: {percent(band.share)} of leads (wanted {percent(band.wanted_share)}), won {rate(band.observed)}, "
            f"promised {rate(band.probability)}"
            for band in bands
        )
        + ".",
        shapes,
        height=foot + 34,
    )


def _importance(report: TrainingReport) -> Picture | None:
    lines = report.importance[: count_telling(report.importance)]
    if not lines:
        return None
    largest = max(end for line in lines for end in (line.points, line.high) if math.isfinite(end)) or 1.0
    shapes = []
    for place, line in enumerate(lines):
        top = 34 * place
        shapes += [
            write(0, top + 13, shorten(line.shown, 52), "ink"),
            write(WIDTH, top + 13, number(line.points, 1), "strong", "end"),
            box(0, top + 19, WIDTH, 7, "track"),
            box(0, top + 19, WIDTH * line.points / largest, 7, "bar"),
        ]
        if math.isfinite(line.high):
            low, high = (WIDTH * end / largest for end in (line.low, line.high))
            shapes.append(stroke(low, top + 22.5, max(high, low + 2), top + 22.5, "reach"))
    return compose(
        report,
        "importance",
        "What moves the scores",
        "By how many score points each field moves the score of a lead, up or down, on average."
        + (
            " The line over a bar: least and most in models of other stretches." if math.isfinite(lines[0].high) else ""
        ),
        "; ".join(f"{line.shown} {number(line.points, 1)} points" for line in lines) + ".",
        shapes,
        height=34 * len(lines),
    )


_LETTER = 7
"""No letter of a label is wider than this, on the average."""


def _at_capacity(
    plot: Plot,
    capacity: float,
    measure: Measure,
    words: str,
    chance: tuple[float, ...],
    falling: Sequence[tuple[float, float]] = (),
) -> list[str]:
    """A dot for the scores and a diamond for each baseline that sorts, labelled so that no two labels overlap.

    Over a `falling` curve the first label stands above it, and the others stand clear below it.
    """
    side, shift = ("start", 10) if capacity < 0.6 else ("end", -10)
    marks = [(measure.value, words, "strong")]
    marks += [
        (value, f"{name} {percent(value) if plot.y_max == 1 else figure(measure, value)}", "")
        for name, value in measure.baselines.items()
        if math.isfinite(value) and all(abs(value - level) > 0.005 for level in chance)
    ]
    marks.sort(key=lambda mark: -mark[0])
    heights: list[float] = []
    for value, text, _ in marks:
        if not heights:
            heights.append(plot.y(value) + (-6 if falling else 4))
            continue
        ends = plot.x(capacity) + shift + _LETTER * len(text)
        over = [plot.y(up) + 18 for at, up in falling if plot.x(capacity) <= plot.x(at) <= ends]
        heights.append(max(plot.y(value) + 4, heights[-1] + 16, *over))
    shapes = []
    for (value, text, kind), height in zip(marks, heights, strict=True):
        across = plot.x(capacity)
        shapes.append(disc(across, plot.y(value), 5, "dot") if kind else diamond(across, plot.y(value), 5))
        shapes.append(write(across + shift, height, shorten(text, 34), kind, side))
    return shapes
