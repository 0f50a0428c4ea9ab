"""The pictures of a training report, drawn as plain SVG: small, sharp, the same bytes for the same report.

Each picture is 400 units wide, which is about a phone, so its text stays readable there. Inside a page the colours come
from the page's own variables and follow its dark mode; a picture that stands alone brings both sets of colours along.
Nothing is told by colour alone: lines also differ in dashes, points in shape, and both carry their label.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from leadloop.learning.evaluation import Measure
from leadloop.learning.report import TrainingReport
from leadloop.learning.report_escape import html_text
from leadloop.learning.report_words import count, figure, found, number, of_a_hundred, percent, rate, span, where

WIDTH = 400
MOST_BARS = 20
"""So many fields are drawn; the table holds the others."""

PALETTE = {
    "paper": ("#ffffff", "#191d24"),
    "ink": ("#1c2430", "#e9ecf1"),
    "soft": ("#566070", "#a9b2bf"),
    "rule": ("#e2e6eb", "#303743"),
    "muted": ("#78828f", "#8d97a5"),
    "model": ("#1d5fa8", "#7cb5f5"),
    "mark": ("#b0460c", "#f2a56b"),
}
"""Each colour in light and in dark. Blue and orange stay apart for every kind of colour blindness."""

_FONT = 'font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'


def picture_style(colour: Callable[[str], str]) -> str:
    """The style rules that all pictures share; `colour` turns a name of the palette into a CSS colour."""
    ink, soft, rule, muted, model, mark, paper = map(colour, ("ink", "soft", "rule", "muted", "model", "mark", "paper"))
    return (
        f".pic text{{{_FONT};font-size:12.5px;fill:{soft};font-variant-numeric:tabular-nums;"
        f"paint-order:stroke;stroke:{paper};stroke-width:3px;stroke-linejoin:round}}"
        f".pic .strong{{fill:{ink};font-weight:600}}.pic .ink{{fill:{ink}}}.pic .large{{font-size:27px}}"
        f".pic .of-model{{fill:{model};font-weight:600}}.pic .of-mark{{fill:{mark};font-weight:600}}"
        f".pic .grid{{stroke:{rule};stroke-width:1}}.pic .axis{{stroke:{muted};stroke-width:1}}"
        f".pic .curve{{stroke:{model};stroke-width:2.2;fill:none;stroke-linejoin:round}}"
        f".pic .under{{fill:{model};opacity:.09}}"
        f".pic .chance{{stroke:{muted};stroke-width:1.4;stroke-dasharray:5 4;fill:none}}"
        f".pic .team{{stroke:{mark};stroke-width:1.6;stroke-dasharray:2 3}}"
        f".pic .dot{{fill:{model};stroke:{paper};stroke-width:1.5}}"
        f".pic .whisker{{stroke:{model};stroke-width:1.6}}"
        f".pic .hollow{{fill:{paper};stroke:{soft};stroke-width:1.8}}"
        f".pic .bar{{fill:{model}}}.pic .track{{fill:{rule}}}.pic .tick{{stroke:{mark};stroke-width:2.4}}"
        f".pic .miss{{fill:none;stroke:{muted};stroke-width:1;opacity:.75}}"
    )


def _fixed(side: int) -> str:
    """The style with the light (0) or the dark (1) colours written out."""
    return picture_style(lambda name: PALETTE[name][side]) + f".paper{{fill:{PALETTE['paper'][side]}}}"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, what it is called, what one should see in it, and the SVG shapes (`height` units high)."""

    name: str
    title: str
    caption: str
    description: str
    shapes: str
    height: int
    note: str = ""

    def inline(self) -> str:
        """The SVG for use inside a page that defines the colours; its ids begin with the picture's name."""
        return self._svg(f'viewBox="0 0 {WIDTH} {self.height}"', self.shapes)

    def alone(self) -> str:
        """The SVG as a file of its own, with its colours for light and dark, and its note if it has one."""
        above = 34 if self.note else 14
        width, height = WIDTH + 28, self.height + above + 14
        paper = f'<rect class="paper" x="-14" y="{-above}" width="{width}" height="{height}"/>'
        note = _text(0, -12, self.note, "of-mark") if self.note else ""
        return self._svg(
            f'viewBox="-14 {-above} {width} {height}" width="{width}" height="{height}"',
            f"<style>{_fixed(0)}@media(prefers-color-scheme:dark){{{_fixed(1)}}}</style>{paper}{self.shapes}{note}",
        )

    def _svg(self, box: str, content: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pic" role="img" {box} '
            f'aria-labelledby="{self.name}-title {self.name}-desc">'
            f'<title id="{self.name}-title">{html_text(self.title)}</title>'
            f'<desc id="{self.name}-desc">{html_text(self.description)}</desc>{content}</svg>\n'
        )


def draw_pictures(report: TrainingReport) -> dict[str, Picture]:
    """Every picture of a report by name; those that its figures cannot fill are not there."""
    drawn = (
        _hundred(report),
        _lift(report),
        _gain(report),
        _roc(report),
        _precision_recall(report),
        _calibration(report),
        _bands(report),
        _importance(report),
    )
    return {picture.name: picture for picture in drawn if picture is not None}


def picture_files(report: TrainingReport) -> dict[str, str]:
    """Every picture as an SVG file that stands alone: file name and content."""
    return {f"{name}.svg": picture.alone() for name, picture in draw_pictures(report).items()}


# --- the pictures -------------------------------------------------------------------------------------------------


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
        shapes.append(_text(left, 26, str(filled), "large strong" if place else "large of-model"))
        shapes.append(_text(left, 46, _short(way.how, 19), "ink"))
        for index in range(100):
            across, up = left + 4.6 + step * (index % 10), 62 + step * (index // 10)
            shapes.append(_circle(across, up, 4.1, "bar" if index < filled else "miss"))
    told = ", ".join(f"{way.how} {round(way.converting)}" for way in shown)
    return _picture(
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
    plot = _Plot(1.0, _ceiling(max(1.5, *(up for _, up in points), measure.value)))
    text = f"{figure(measure, measure.value)} at capacity"
    shapes = [
        *plot.frame("share of leads worked, best first", "times the average", plain=True),
        plot.line([(0, 1), (1, 1)], "chance"),
        plot.label(1, 1, "at random", "", "end", shift=(-4, 16)),
        *_capacity(plot, report.capacity, at_top=True),
        plot.line(points, "curve"),
        *_at_capacity(plot, report.capacity, measure, text, (1.0,)),
    ]
    return _picture(
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
    plot = _Plot(1.0, 1.0)
    shapes = [
        *plot.frame("share of leads worked, best first", "share of won leads found"),
        plot.line([(0, 0), (1, 1)], "chance"),
        plot.label(0.8, 0.8, "at random", "", "start", shift=(4, 16)),
        *_capacity(plot, report.capacity),
        plot.under(report.curves.gain),
        plot.line(report.curves.gain, "curve"),
        *_at_capacity(plot, report.capacity, measure, f"{percent(measure.value)} at capacity", (report.capacity,)),
    ]
    return _picture(
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
    plot = _Plot(1.0, 1.0)
    shapes = [
        *plot.frame("share of lost leads above a score", "share of won leads above it"),
        plot.line([(0, 0), (1, 1)], "chance"),
        plot.label(0.62, 0.62, "chance", "", "start", shift=(4, 16)),
        plot.under(report.curves.roc),
        plot.line(report.curves.roc, "curve"),
        plot.label(1, 0, f"AUC {number(measure.value)}", "of-model", "end", shift=(-6, -26)),
        plot.label(1, 0, f"95% interval {span(measure)}", "", "end", shift=(-6, -10)),
    ]
    return _picture(
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
    plot = _Plot(1.0, 1.0)
    shapes = [
        *plot.frame("share of won leads found (recall)", "share won among them (precision)"),
        plot.line([(0, base), (1, base)], "chance"),
        plot.line(points, "curve"),
        plot.label(0, base, f"base rate {rate(base)}", "", "start", shift=(6, 16 if base > 0.1 else -6)),
        plot.label(1, 1, f"average precision {number(measure.value)}", "of-model", "end", shift=(-6, 16)),
        plot.label(1, 1, f"95% interval {span(measure)}", "", "end", shift=(-6, 32)),
    ]
    return _picture(
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
    top = min(1.0, _ceiling(max(max(mean, high) for mean, _, _, high, _ in groups)))
    plot = _Plot(top, top)
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
            + _line(across, plot.y(low), across, plot.y(high), "whisker")
            + _line(across - 4, plot.y(low), across + 4, plot.y(low), "whisker")
            + _line(across - 4, plot.y(high), across + 4, plot.y(high), "whisker")
            + _circle(across, plot.y(observed), max(2.5, 5 * math.sqrt(leads / most)), "dot")
            + "</g>"
        )
    sizes = sorted({group[4] for group in groups})
    each = count(sizes[0], "lead") if len(sizes) == 1 else f"{count(sizes[0])} to {count(sizes[-1], 'lead')}"
    return _picture(
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
    highest = _ceiling(
        max([0.01, *(end for band in bands for end in (band.high, band.probability) if math.isfinite(end))])
    )

    def share_at(value: float) -> float:
        return share_left + (share_right - share_left) * value / widest

    def won_at(value: float) -> float:
        return won_left + (won_right - won_left) * min(value / highest, 1.0)

    shapes = [_text(share_left, 14, "share of leads", "ink"), _text(won_left, 14, "share of them won", "ink")]
    for place, band in enumerate(bands):
        top = 30 + 50 * place
        middle = top + 30
        shapes += [
            _line(0, top, WIDTH, top, "grid"),
            _text(0, top + 27, _short(band.name, 13), "strong"),
            _text(share_left, top + 17, f"{percent(band.share)}, wanted {percent(band.wanted_share)}"),
            _rect(share_left, middle - 4, share_at(band.share) - share_left, 8, "bar"),
            _line(share_at(band.wanted_share), middle - 8, share_at(band.wanted_share), middle + 8, "tick"),
        ]
        if not band.leads:
            shapes.append(_text(won_left, top + 17, "no lead here"))
            continue
        shapes += [
            _text(won_left, top + 17, f"{rate(band.observed)} ({percent(band.low)} to {percent(band.high)})"),
            _line(won_left, middle, won_right, middle, "grid"),
            _line(won_at(band.probability), middle - 8, won_at(band.probability), middle + 8, "tick"),
            _line(won_at(band.low), middle, won_at(band.high), middle, "whisker"),
            _line(won_at(band.low), middle - 4, won_at(band.low), middle + 4, "whisker"),
            _line(won_at(band.high), middle - 4, won_at(band.high), middle + 4, "whisker"),
            _circle(won_at(band.observed), middle, 4.5, "dot"),
        ]
    foot = 30 + 50 * len(bands)
    shapes += [
        _line(0, foot, WIDTH, foot, "grid"),
        _line(share_left + 2, foot + 11, share_left + 2, foot + 25, "tick"),
        _text(share_left + 10, foot + 22, "wanted"),
        _circle(won_left + 4, foot + 18, 4.5, "dot"),
        _text(won_left + 13, foot + 22, "won"),
        _line(won_left + 56, foot + 11, won_left + 56, foot + 25, "tick"),
        _text(won_left + 64, foot + 22, "promised"),
    ]
    return _picture(
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
    lines = report.importance[:MOST_BARS]
    if not lines:
        return None
    largest = max(line.points for line in lines) or 1.0
    shapes = []
    for place, line in enumerate(lines):
        top = 34 * place
        shapes += [
            _text(0, top + 13, _short(line.field, 52), "ink"),
            _text(WIDTH, top + 13, number(line.points, 1), "strong", "end"),
            _rect(0, top + 19, WIDTH, 7, "track"),
            _rect(0, top + 19, WIDTH * line.points / largest, 7, "bar"),
        ]
    return _picture(
        report,
        "importance",
        "What moves the scores",
        "By how many score points each field moves the score of a lead, up or down, on average.",
        "; ".join(f"{line.field} {number(line.points, 1)} points" for line in lines) + ".",
        shapes,
        height=34 * len(lines),
    )


def _picture(
    report: TrainingReport,
    name: str,
    title: str,
    caption: str,
    description: str,
    shapes: Iterable[str],
    height: int = 318,
) -> Picture:
    note = "synthetic data" if report.synthetic else ""
    return Picture(name, title, f"{caption} {where(report)}", description, "".join(shapes), height, note)


# --- marks that several pictures share ----------------------------------------------------------------------------


class _Plot:
    """A field with two axes that start at 0; positions are given in data units."""

    left, right, top, bottom = 44.0, 384.0, 26.0, 272.0

    def __init__(self, x_max: float, y_max: float) -> None:
        self.x_max, self.y_max = x_max, y_max

    def x(self, value: float) -> float:
        return self.left + (self.right - self.left) * min(value / self.x_max, 1.0)

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * min(value / self.y_max, 1.0)

    def frame(self, across: str, up: str, plain: bool = False) -> list[str]:
        """Grid lines, their values and both names; the upper name stands on top, where it can be read without tilting."""
        shapes = [_text(0, 13, up, "ink"), _text(self.right, self.bottom + 36, across, "ink", "end")]
        for value in _ticks(self.x_max):
            shapes.append(_text(self.x(value), self.bottom + 17, percent(value, _decimals(self.x_max)), "", "middle"))
        for value in _ticks(self.y_max):
            named = f"{value:g}×" if plain else percent(value, _decimals(self.y_max))
            shapes.append(_line(self.left, self.y(value), self.right, self.y(value), "grid" if value else "axis"))
            shapes.append(_text(self.left - 7, self.y(value) + 4, named, "", "end"))
        return shapes

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> str:
        return f'<path class="{kind}" d="M{" ".join(self._at(point) for point in points)}"/>'

    def under(self, points: Sequence[tuple[float, float]]) -> str:
        """The area between a curve and the axis."""
        closed = [(points[0][0], 0.0), *points, (points[-1][0], 0.0)]
        return f'<path class="under" d="M{" ".join(self._at(point) for point in closed)}Z"/>'

    def label(
        self, across: float, up: float, words: str, kind: str, anchor: str, shift: tuple[float, float] = (0, 0)
    ) -> str:
        return _text(self.x(across) + shift[0], self.y(up) + shift[1], words, kind, anchor)

    def _at(self, point: tuple[float, float]) -> str:
        return f"{_n(self.x(point[0]))},{_n(self.y(point[1]))}"


def _capacity(plot: _Plot, capacity: float, at_top: bool = False) -> list[str]:
    """A dashed line at the share of leads that the team has time for."""
    side, shift = ("start", 6) if capacity < 0.6 else ("end", -6)
    return [
        plot.line([(capacity, 0), (capacity, plot.y_max)], "team"),
        plot.label(
            capacity,
            plot.y_max if at_top else 0,
            f"capacity {percent(capacity)}",
            "of-mark",
            side,
            shift=(shift, 14 if at_top else -7),
        ),
    ]


def _at_capacity(plot: _Plot, capacity: float, measure: Measure, words: str, chance: tuple[float, ...]) -> list[str]:
    """A dot for the scores and a diamond for each baseline that sorts, labelled so that no two labels overlap."""
    side, shift = ("start", 10) if capacity < 0.6 else ("end", -10)
    marks = [(measure.value, words, "strong")]
    marks += [
        (value, f"{name} {percent(value) if plot.y_max == 1 else figure(measure, value)}", "")
        for name, value in measure.baselines.items()
        if math.isfinite(value) and all(abs(value - level) > 0.005 for level in chance)
    ]
    marks.sort(key=lambda mark: -mark[0])
    # Lift falls to the right of the mark, so the first label stands above the curve and the others well below it.
    falls = plot.y_max > 1
    heights: list[float] = []
    for value, _, _ in marks:
        if not heights:
            heights.append(plot.y(value) + (-6 if falls else 4))
        else:
            heights.append(max(plot.y(value) + (26 if falls else 4), heights[-1] + 16))
    shapes = []
    for (value, text, kind), height in zip(marks, heights, strict=True):
        across = plot.x(capacity)
        shapes.append(_circle(across, plot.y(value), 5, "dot") if kind else _diamond(across, plot.y(value), 5))
        shapes.append(_text(across + shift, height, _short(text, 34), kind, side))
    return shapes


def _ceiling(value: float) -> float:
    """The next round number above: 1, 1.5, 2, 3, 4, 5, 6, 8 or 10 times a power of ten.

    >>> _ceiling(0.137), _ceiling(2.9), _ceiling(0.72)
    (0.15, 3.0, 0.8)
    """
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10):
        if value <= step * power * (1 + 1e-9):
            return round(step * power, 12)
    return 10 * power


def _ticks(top: float) -> list[float]:
    """Four to six round values from 0 to the top of an axis.

    >>> _ticks(1.0), _ticks(0.15), _ticks(8.0)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 0.05, 0.1, 0.15], [0.0, 2.0, 4.0, 6.0, 8.0])
    """
    lead = round(top / 10.0 ** math.floor(math.log10(top)), 6)
    parts = {1.0: 5, 1.5: 3, 2.0: 4, 3.0: 3, 4.0: 4, 5.0: 5, 6.0: 3, 8.0: 4}[lead]
    return [round(top * part / parts, 12) for part in range(parts + 1)]


def _decimals(top: float) -> int:
    return 0 if top >= 0.0395 else 1


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _n(value: float) -> str:
    """A coordinate: one decimal, no trailing zero, so that files stay small and equal."""
    return f"{round(value, 1) + 0.0:g}"


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    marked = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{_n(x)}" y="{_n(y)}"{marked}>{html_text(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(height)}" rx="2"/>'


def _circle(x: float, y: float, radius: float, kind: str) -> str:
    return f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'


def _diamond(x: float, y: float, reach: float) -> str:
    corners = ((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y))
    return f'<path class="hollow" d="M{" ".join(f"{_n(across)},{_n(up)}" for across, up in corners)}Z"/>'
