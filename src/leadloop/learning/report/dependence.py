"""How the scores follow their strongest fields: a picture for each, with where the leads lie beneath."""

from __future__ import annotations

import math

from leadloop.learning.report.escape import html_text
from leadloop.learning.report.marks import WIDTH, axis_values, box, disc, path, round_up, shorten, stroke, write
from leadloop.learning.report.parts import Pictures, Section, Words
from leadloop.learning.report.picture import Picture, compose
from leadloop.learning.report.report import Dependence, DependencePoint, TrainingReport
from leadloop.learning.report.words import count, percent, rate

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 384.0, 26.0, 204.0
_STRIP_TOP, _STRIP_BOTTOM = 216.0, 250.0
_GUTTER = 66.0
_ROW = 42


def dependence_section(report: TrainingReport) -> Section | None:
    """What each of the strongest fields does to the probability; nothing where none could be followed."""
    if not report.dependence:
        return None
    words = Words(
        "What leads are given on average when this one field has another value and everything else of them stays as it is. "
        "The band holds the middle 80% of leads: where it is wide, the other fields decide more. Beneath it stands where "
        "leads lie; where there are few, the line rests on little. It tells what the scores do, not what would happen if "
        "somebody changed the field."
    )
    names = tuple(_name(place) for place in range(len(report.dependence)))
    return Section("dependence", "How the scores follow their strongest fields", (words, Pictures(names)))


def dependence_pictures(report: TrainingReport) -> tuple[Picture, ...]:
    """A picture for each field that was followed."""
    top = (
        round_up(max(0.01, *(point.high for each in report.dependence for point in _all(each))))
        if report.dependence
        else 1
    )
    return tuple(_draw(report, each, place, min(1.0, top)) for place, each in enumerate(report.dependence))


def _name(place: int) -> str:
    return f"dependence-{place + 1}"


def _all(followed: Dependence) -> tuple[DependencePoint, ...]:
    return followed.points if followed.missing is None else (*followed.points, followed.missing)


def _draw(report: TrainingReport, followed: Dependence, place: int, top: float) -> Picture:
    """All pictures share one scale of probability, so that their steepness can be compared."""
    shapes, height = _number(followed, top) if followed.bars else _levels(followed, top)
    told = "; ".join(f"{point.label}: {rate(point.probability)}" for point in _all(followed))
    return compose(
        report,
        _name(place),
        followed.field,
        "Dots: mean probability. Band: the middle 80% of leads."
        if followed.bars
        else "Dot: mean. Band: the middle 80%.",
        f"Mean probability by {followed.field}: {told}.",
        shapes,
        height=height,
        leads=f"{count(followed.leads, 'test lead')} asked.",
    )


def _number(followed: Dependence, top: float) -> tuple[list[str], int]:
    missing = followed.missing
    right = _RIGHT - _GUTTER if missing else _RIGHT
    ends = [point.at for point in followed.points] + [edge for low, high, _ in followed.bars for edge in (low, high)]
    first, last = _scaled(min(ends), followed.logged), _scaled(max(ends), followed.logged)

    def across(value: float) -> float:
        return _LEFT + (right - _LEFT) * (_scaled(value, followed.logged) - first) / ((last - first) or 1.0)

    def up(probability: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * min(probability / top, 1.0)

    shapes = [write(0, 13, "probability", "ink")]
    for value in axis_values(top):
        shapes.append(stroke(_LEFT, up(value), _RIGHT, up(value), "grid" if value else "axis"))
        shapes.append(write(_LEFT - 7, up(value) + 4, percent(value, 0 if top >= 0.0395 else 1), "", "end"))
    band = [(across(point.at), up(point.high)) for point in followed.points]
    band += [(across(point.at), up(point.low)) for point in reversed(followed.points)]
    shapes.append(path(band, "spread", closed=True))
    shapes.append(path([(across(point.at), up(point.probability)) for point in followed.points], "curve"))
    for point in followed.points:
        shapes.append(_titled(disc(across(point.at), up(point.probability), 3.2, "dot"), point))
    largest = max([share for _, _, share in followed.bars] + ([missing.share] if missing else [])) or 1.0
    shapes.append(stroke(_LEFT, _STRIP_BOTTOM, _RIGHT, _STRIP_BOTTOM, "axis"))
    for low, high, share in followed.bars:
        tall = (_STRIP_BOTTOM - _STRIP_TOP) * share / largest
        wide = max(across(high) - across(low) - 1, 1)
        if tall > 0.2:
            shapes.append(box(across(low) + 0.5, _STRIP_BOTTOM - tall, wide, tall, "share"))
    for at, words in _marks(followed, right - _LEFT, across):
        shapes.append(write(at, _STRIP_BOTTOM + 16, words, "", "middle"))
    shapes.append(write(_LEFT, _STRIP_BOTTOM + 34, "where leads lie", "ink"))
    if missing:
        middle = _RIGHT - 20
        tall = (_STRIP_BOTTOM - _STRIP_TOP) * missing.share / largest
        shapes += [
            box(middle - 7, up(missing.high), 14, up(missing.low) - up(missing.high), "spread"),
            _titled(disc(middle, up(missing.probability), 4, "dot"), missing),
            box(middle - 7, _STRIP_BOTTOM - tall, 14, tall, "share"),
            write(_RIGHT, _STRIP_BOTTOM + 16, "not given", "", "end"),
            write(_RIGHT, _STRIP_BOTTOM + 34, percent(missing.share), "", "end"),
        ]
    return shapes, 290


def _scaled(value: float, logged: bool) -> float:
    return math.log1p(max(value, 0.0)) if logged else value


def _marks(followed: Dependence, width: float, across: object) -> list[tuple[float, str]]:
    """Round values along the axis, far enough from one another to be read."""
    assert callable(across)
    low, high = followed.points[0].at, followed.points[-1].at
    if followed.logged:
        wanted = [0.0] + [lead * 10.0**power for power in range(13) for lead in (1, 2, 5)]
    else:
        step = 10.0 ** math.floor(math.log10((high - low) or 1.0))
        step = next(part * step for part in (0.2, 0.5, 1, 2, 5, 10) if (high - low) / (part * step) <= 6)
        wanted = [math.ceil(low / step - 1e-9) * step + place * step for place in range(8)]
    kept: list[tuple[float, str]] = []
    for value in wanted:
        if low <= value <= high * (1 + 1e-9):
            place, words = float(across(value)), _short(value)
            if not kept or place - kept[-1][0] >= 3.6 * (len(words) + len(kept[-1][1])) + 10:
                kept.append((place, words))
    return kept


def _short(value: float) -> str:
    """A value as it fits below an axis.

    >>> _short(2500.0), _short(0.30000000000000004), _short(1200000.0)
    ('2,500', '0.3', '1.2M')
    """
    if abs(value) >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 6):g}"


def _levels(followed: Dependence, top: float) -> tuple[list[str], int]:
    to, share_from = 250.0, 292.0
    widest = max(point.share for point in followed.points) or 1.0
    shapes = [write(0, 13, "probability", "ink"), write(share_from, 13, "share of leads", "ink")]
    for place, point in enumerate(followed.points):
        row = 22 + _ROW * place
        line = row + 29
        low, high, mean = (to * min(value / top, 1.0) for value in (point.low, point.high, point.probability))
        drawn = [
            write(0, row + 16, shorten(point.label, 29), "ink"),
            write(to, row + 16, rate(point.probability), "strong", "end"),
            write(share_from, row + 16, rate(point.share)),
            stroke(0, line, to, line, "grid"),
            box(low, line - 5, max(high - low, 2), 10, "spread"),
            disc(mean, line, 4.5, "dot"),
            box(share_from, line - 4, WIDTH - share_from, 8, "track"),
            box(share_from, line - 4, (WIDTH - share_from) * point.share / widest, 8, "share"),
        ]
        shapes.append(_titled("".join(drawn), point))
    foot = 22 + _ROW * len(followed.points) + 8
    shapes += [write(0, foot + 10, "0%"), write(to, foot + 10, percent(top), "", "end")]
    return shapes, foot + 16


def _titled(shape: str, point: DependencePoint) -> str:
    told = f"{point.label}: {rate(point.probability)} on average, 80% of leads {rate(point.low)} to {rate(point.high)}"
    return f"<g><title>{html_text(told)}</title>{shape}</g>"
