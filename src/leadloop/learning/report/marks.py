"""The marks that the pictures of a report are made of: axes, lines, dots, bars and words, as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from leadloop.learning.report.escape import html_text
from leadloop.learning.report.words import percent

WIDTH = 400
"""Every picture is so wide: about a phone, so that its text stays readable there."""


class Plot:
    """A field with two axes; positions are given in data units. Both axes start at 0 unless the lower end says otherwise."""

    left, right, top, bottom = 44.0, 384.0, 26.0, 272.0

    def __init__(self, x_max: float, y_max: float, y_min: float = 0.0) -> None:
        self.x_max, self.y_max, self.y_min = x_max, y_max, y_min

    def x(self, value: float) -> float:
        return self.left + (self.right - self.left) * min(value / self.x_max, 1.0)

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * (min(value, self.y_max) - self.y_min) / (
            self.y_max - self.y_min
        )

    def frame(
        self,
        across: str,
        up: str,
        *,
        rightward: Callable[[float], str] | None = None,
        upward: Callable[[float], str] | None = None,
        heights: Sequence[float] | None = None,
        across_at: Sequence[float] | None = None,
    ) -> list[str]:
        """Grid lines, their values and both names; the upper name stands on top, where it can be read without tilting.

        `rightward` and `upward` write the values of an axis (as per cents if None); `heights` are the values to write at
        the left (round ones from 0 up if None), `across_at` those below.
        """
        rightward = rightward or (lambda value: percent(value, _decimals(self.x_max)))
        upward = upward or (lambda value: percent(value, _decimals(self.y_max)))
        shapes = [write(0, 13, up, "ink"), write(self.right, self.bottom + 36, across, "ink", "end")]
        for value in _ticks(self.x_max) if across_at is None else across_at:
            shapes.append(write(self.x(value), self.bottom + 17, rightward(value), "", "middle"))
        for value in _ticks(self.y_max) if heights is None else heights:
            shapes.append(stroke(self.left, self.y(value), self.right, self.y(value), "grid" if value else "axis"))
            shapes.append(write(self.left - 7, self.y(value) + 4, upward(value), "", "end"))
        return shapes

    def mark(self, at: float, words: str, at_top: bool = False) -> list[str]:
        """A dashed line from top to bottom with its words: the team's capacity, or where the test leads begin."""
        side, shift = ("start", 6) if at < 0.6 * self.x_max else ("end", -6)
        down = 14 if at_top else -7
        return [
            self.line([(at, self.y_min), (at, self.y_max)], "team"),
            self.label(at, self.y_max if at_top else self.y_min, words, "of-mark", side, shift=(shift, down)),
        ]

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> str:
        return f'<path class="{kind}" d="M{" ".join(self._at(point) for point in points)}"/>'

    def under(self, points: Sequence[tuple[float, float]]) -> str:
        """The area between a curve and the axis."""
        closed = [(points[0][0], 0.0), *points, (points[-1][0], 0.0)]
        return f'<path class="under" d="M{" ".join(self._at(point) for point in closed)}Z"/>'

    def label(
        self, across: float, up: float, words: str, kind: str, anchor: str, shift: tuple[float, float] = (0, 0)
    ) -> str:
        return write(self.x(across) + shift[0], self.y(up) + shift[1], words, kind, anchor)

    def _at(self, point: tuple[float, float]) -> str:
        return f"{_n(self.x(point[0]))},{_n(self.y(point[1]))}"


def round_up(value: float) -> float:
    """The next round number above: 1, 1.5, 2, 3, 4, 5, 6, 8 or 10 times a power of ten.

    >>> round_up(0.137), round_up(2.9), round_up(0.72)
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


def round_between(low: float, high: float) -> list[float]:
    """Three to six round values that enclose a range, for an axis that does not start at 0.

    >>> round_between(0.331, 0.402)
    [0.32, 0.34, 0.36, 0.38, 0.4, 0.42]
    """
    power = 10.0 ** math.floor(math.log10(high - low))
    step = next(part * power for part in (0.2, 0.5, 1, 2, 5) if (high - low) / (part * power) <= 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def axis_values(top: float) -> list[float]:
    """The round values to write along an axis from 0 to its top."""
    return _ticks(top)


def path(points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> str:
    """A line through points of the picture, or the area that they enclose."""
    return f'<path class="{kind}" d="M{" ".join(f"{_n(x)},{_n(y)}" for x, y in points)}{"Z" if closed else ""}"/>'


def _decimals(top: float) -> int:
    return 0 if top >= 0.0395 else 1


def shorten(words: str, most: int) -> str:
    """At most so many characters, with an ellipsis where some had to go."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _n(value: float) -> str:
    """A coordinate: one decimal, no trailing zero, so that files stay small and equal."""
    return f"{round(value, 1) + 0.0:g}"


def write(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    marked = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{_n(x)}" y="{_n(y)}"{marked}>{html_text(words)}</text>'


def stroke(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'


def whisker(x: float, low: float, high: float) -> str:
    """An interval, upright, with its ends marked."""
    ends = "".join(stroke(x - 4, end, x + 4, end, "whisker") for end in (low, high))
    return stroke(x, low, x, high, "whisker") + ends


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(height)}" rx="2"/>'


def disc(x: float, y: float, radius: float, kind: str) -> str:
    return f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'


def diamond(x: float, y: float, reach: float) -> str:
    corners = ((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y))
    return f'<path class="hollow" d="M{" ".join(f"{_n(across)},{_n(up)}" for across, up in corners)}Z"/>'
