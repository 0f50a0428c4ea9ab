"""A score in pictures: the ring, the chips, the interval, and the reasons that go up and down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from leadloop.dashboard.markup import Html, join, tag
from leadloop.dashboard.parts.wording import percent, signed


class Point(Protocol):
    """What moves a score."""

    @property
    def points(self) -> float: ...
    @property
    def sentence(self) -> str: ...


def ring(score: float, *, large: bool = False) -> Html:
    """A score as a ring that fills up to 100."""
    said = f"Score {score:.0f} of 100"
    filled = f"--filled:{max(0.0, min(100.0, score)):.1f}%"
    shown = tag("b", f"{score:.0f}", aria_hidden="true")
    return tag("div", shown, cls="ll-ring large" if large else "ll-ring", role="img", aria_label=said, style=filled)


def chip(text: str, kind: str = "") -> Html:
    """A few words that stand out."""
    return tag("span", text, cls=f"ll-chip {kind}".strip())


def band_chip(band: str, bands: Sequence[str]) -> Html:
    """A band, the darker the higher."""
    rank = bands.index(band) if band in bands else 3
    return chip(band, f"r{min(3, rank if len(bands) < 4 else round(rank * 3 / (len(bands) - 1)))}")


def chance(value: float | None, low: float | None, high: float | None) -> str:
    """A probability with its interval in words."""
    if value is None:
        return "scored by rules, which promise no chance"
    if low is None or high is None:
        return f"chance {percent(value)}"
    return f"chance {percent(value)} (between {100 * low:.0f} and {100 * high:.0f} %)"


def span(value: float | None, low: float | None, high: float | None) -> Html:
    """A probability and its interval on a line from 0 to 100 %."""
    if value is None or low is None or high is None:
        return Html("")
    width = max(0.6, 100 * (high - low))
    return tag(
        "div",
        tag("i", style=f"left:{100 * low:.1f}%;width:{min(width, 100 - 100 * low):.1f}%"),
        tag("u", style=f"left:{100 * value:.1f}%"),
        cls="ll-span",
        role="img",
        aria_label=chance(value, low, high),
    )


def brief(up: Sequence[Point], down: Sequence[Point], most: int = 2) -> Html:
    """The strongest reasons in a line or two."""
    lines = [_short(one, "up", "▲") for one in up[:most]] + [_short(one, "down", "▼") for one in down[:most]]
    return tag("ul", *lines, cls="ll-brief") if lines else Html("")


def _short(one: Point, kind: str, sign: str) -> Html:
    mark = tag("span", f"{sign} {signed(one.points)}", cls=f"ll-points {kind}")
    return tag("li", mark, " ", one.sentence)


def reasons(points: Sequence[Point], *, most: int = 12) -> Html:
    """Reasons as bars from a middle line: to the right what raises, to the left and striped what lowers."""
    shown = _strongest(points, most)
    widest = max((abs(one.points) for one in shown), default=1.0) or 1.0
    lines = []
    for one in sorted(shown, key=lambda one: -one.points):
        kind = "up" if one.points > 0 else "down"
        bar = tag("i", cls=kind, style=f"width:{50 * abs(one.points) / widest:.1f}%")
        lines.append(
            tag(
                "li",
                tag("span", one.sentence),
                tag("span", bar, cls="ll-track", aria_hidden="true"),
                tag("span", signed(one.points), cls=f"ll-points {kind}"),
            )
        )
    left = len(points) - len(shown)
    more = tag("p", f"and {left} more that move it less", cls="ll-soft ll-small") if left > 0 else ""
    return join([tag("ul", *lines, cls="ll-reasons"), more])


def _strongest(points: Sequence[Point], most: int) -> list[Point]:
    """The strongest, with some of either side where there are any: a picture of one side alone would tell half."""
    ordered = sorted(points, key=lambda one: -abs(one.points))
    up = [one for one in ordered if one.points > 0]
    down = [one for one in ordered if one.points < 0]
    fewest = most // 3
    taken = ordered[:most]
    ups = sum(one.points > 0 for one in taken)
    wanted = min(len(up), max(fewest, ups, most - len(down)))
    wanted = min(wanted, most - min(fewest, len(down)))
    return up[:wanted] + down[: most - wanted]


def table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[int] = (), about: str = ""
) -> Html:
    """A table; `numbers` are the columns that are aligned as such, `about` says what it is of to those who hear it."""
    head = tag(
        "tr",
        *(tag("th", one, scope="col", cls="num" if place in numbers else "") for place, one in enumerate(headings)),
    )
    body = [
        tag("tr", *(tag("td", one, cls="num" if place in numbers else "") for place, one in enumerate(row)))
        for row in rows
    ]
    made = tag("table", tag("thead", head), tag("tbody", *body), cls="ll-table", aria_label=about or None)
    return tag("div", made, cls="ll-scroll", tabindex="0", role="region", aria_label=about or "Table")


def tile(label: str, value: str, note: str = "") -> Html:
    """One figure with its name."""
    return tag(
        "div",
        tag("div", label, cls="label"),
        tag("div", value, cls="value"),
        tag("div", note, cls="note") if note else None,
        cls="ll-tile",
    )


def tiles(*made: Html) -> Html:
    """Some figures side by side."""
    return tag("div", *made, cls="ll-tiles")
