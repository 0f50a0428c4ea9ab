"""Lines over time, with what is sure about them, and bars: as charts, and as tables for those who would rather read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import streamlit as st

from leadloop.dashboard.markup import Html
from leadloop.dashboard.parts.score import table
from leadloop.dashboard.theme import DOWN, MUTED, SERIES, UP

Row = Mapping[str, Any]
HEIGHT = 240


def show_chart(chart: Any, about: str, headings: Sequence[str] = (), rows: Sequence[Sequence[object]] = ()) -> None:
    """A chart, what it shows in words, and its numbers in a table that can be opened."""
    st.altair_chart(chart, width="stretch", alt=about)
    if rows:
        with st.expander("The numbers", icon=":material/table_rows:"):
            st.html(table(headings, rows, numbers=range(1, len(headings)), about=about))


def line_with_band(
    rows: Sequence[Row],
    x: str,
    y: str,
    *,
    low: str = "",
    high: str = "",
    title: str = "",
    percent: bool = False,
    height: int = HEIGHT,
) -> Any:
    """A line with points over time; `low` and `high` name the ends of its interval."""
    data = alt.Data(values=[dict(one) for one in rows])
    form = ".0%" if percent else ",.1f"
    axis = alt.Axis(format=".0%" if percent else ".3~g", title=title or None, grid=True, tickCount=5)
    across = alt.X(f"{x}:T", axis=alt.Axis(title=None, grid=False, tickCount=8))
    tips = [
        alt.Tooltip(f"{x}:T", title="from", format="%d %b %Y"),
        alt.Tooltip(f"{y}:Q", title=title or y, format=form),
    ]
    base = alt.Chart(data)
    line = base.mark_line(color=UP, strokeWidth=2.5).encode(
        x=across, y=alt.Y(f"{y}:Q", axis=axis, scale=alt.Scale(zero=False))
    )
    dots = base.mark_point(color=UP, filled=True, size=42).encode(x=across, y=f"{y}:Q", tooltip=tips)
    if not low:
        return (line + dots).properties(height=height)
    area = base.mark_area(color=UP, opacity=0.17).encode(x=across, y=alt.Y(f"{low}:Q", axis=axis), y2=f"{high}:Q")
    # Where there is one point alone, no area has a width.
    rule = base.mark_rule(color=UP, opacity=0.35).encode(x=across, y=alt.Y(f"{low}:Q", axis=axis), y2=f"{high}:Q")
    return (area + rule + line + dots).properties(height=height)


def lines(
    rows: Sequence[Row], x: str, y: str, series: str, *, title: str = "", percent: bool = False, height: int = HEIGHT
) -> Any:
    """Several lines over time, told apart by colour and dashes."""
    data = alt.Data(values=[dict(one) for one in rows])
    names = list(dict.fromkeys(str(one[series]) for one in rows))
    axis = alt.Axis(format=".0%" if percent else ".3~g", title=title or None, tickCount=5)
    return (
        alt.Chart(data)
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=38))
        .encode(
            x=alt.X(f"{x}:T", axis=alt.Axis(title=None, grid=False, tickCount=8)),
            y=alt.Y(f"{y}:Q", axis=axis, scale=alt.Scale(zero=False)),
            color=alt.Color(
                f"{series}:N",
                scale=alt.Scale(domain=names, range=[SERIES[i % len(SERIES)] for i in range(len(names))]),
                legend=alt.Legend(orient="bottom", title=None, columns=2, labelLimit=320),
            ),
            strokeDash=alt.StrokeDash(f"{series}:N", scale=alt.Scale(domain=names), legend=None),
            tooltip=[
                alt.Tooltip(f"{x}:T", title="from", format="%d %b %Y"),
                alt.Tooltip(f"{series}:N", title="what"),
                alt.Tooltip(f"{y}:Q", title="how much", format=".1%" if percent else ",.2f"),
            ],
        )
        .properties(height=height)
    )


def bars_over_time(
    rows: Sequence[Row], x: str, y: str, *, title: str = "", height: int = HEIGHT, unit: str = "day"
) -> Any:
    """Bars over time."""
    data = alt.Data(values=[dict(one) for one in rows])
    return (
        alt.Chart(data)
        .mark_bar(color=UP, cornerRadiusTopLeft=2, cornerRadiusTopRight=2, binSpacing=1)
        .encode(
            x=alt.X(
                f"{x}:T",
                timeUnit={"day": "yearmonthdate", "week": "yearweek", "month": "yearmonth"}[unit],
                axis=alt.Axis(title=None, grid=False, tickCount=8),
            ),
            y=alt.Y(f"{y}:Q", axis=alt.Axis(title=title or None, tickCount=5, format="~s")),
            tooltip=[
                alt.Tooltip(f"{x}:T", title="from", format="%d %b %Y"),
                alt.Tooltip(f"{y}:Q", title=title or y, format=","),
            ],
        )
        .properties(height=height)
    )


def bars(
    rows: Sequence[Row],
    x: str,
    y: str,
    *,
    title: str = "",
    percent: bool = False,
    low: str = "",
    high: str = "",
    height: int = HEIGHT,
    across: str = "",
    slanted: bool = False,
) -> Any:
    """Upright bars in the order given; `low` and `high` name the ends of an interval."""
    data = alt.Data(values=[dict(one) for one in rows])
    order = [one[x] for one in rows]
    axis = alt.Axis(format=".0%" if percent else "~s", title=title or None, tickCount=5)
    place = alt.X(
        f"{x}:N", sort=order, axis=alt.Axis(title=across or None, labelAngle=-35 if slanted else 0, labelLimit=110)
    )
    tips = [
        alt.Tooltip(f"{x}:N", title="of"),
        alt.Tooltip(f"{y}:Q", title=title or y, format=".1%" if percent else ",.1f"),
    ]
    base = alt.Chart(data)
    drawn = base.mark_bar(color=UP, cornerRadiusTopLeft=3, cornerRadiusTopRight=3).encode(
        x=place, y=alt.Y(f"{y}:Q", axis=axis), tooltip=tips
    )
    if low:
        whisker = base.mark_rule(color=DOWN, strokeWidth=2.5).encode(
            x=place, y=alt.Y(f"{low}:Q", axis=axis), y2=f"{high}:Q"
        )
        drawn = drawn + whisker
    return drawn.properties(height=height)


def lying_bars(rows: Sequence[Row], name: str, amount: str, *, title: str = "", percent: bool = False) -> Any:
    """Bars that lie, with their names to the left."""
    data = alt.Data(values=[dict(one) for one in rows])
    order = [one[name] for one in rows]
    return (
        alt.Chart(data)
        .mark_bar(color=UP, cornerRadiusEnd=3)
        .encode(
            y=alt.Y(f"{name}:N", sort=order, axis=alt.Axis(title=None, labelLimit=220, labelOverlap=False)),
            x=alt.X(f"{amount}:Q", axis=alt.Axis(title=title or None, format=".0%" if percent else "~s", tickCount=5)),
            tooltip=[
                alt.Tooltip(f"{name}:N", title="of"),
                alt.Tooltip(f"{amount}:Q", title=title or amount, format=".1%" if percent else ",.2f"),
            ],
        )
        .properties(height=60 + 26 * len(rows))
    )


def spans(
    rows: Sequence[Row],
    name: str,
    value: str,
    low: str,
    high: str,
    *,
    title: str = "",
    percent: bool = False,
    zero: bool = True,
) -> Any:
    """Values with their intervals, one below the other."""
    data = alt.Data(values=[dict(one) for one in rows])
    axis = alt.Axis(
        title=title or None, format="+.1%" if percent and zero else ".0%" if percent else ",.2f", tickCount=6
    )
    down = alt.Y(
        f"{name}:N", sort=[one[name] for one in rows], axis=alt.Axis(title=None, labelLimit=200, labelOverlap=False)
    )
    base = alt.Chart(data)
    drawn = base.mark_rule(color=UP, strokeWidth=4).encode(y=down, x=alt.X(f"{low}:Q", axis=axis), x2=f"{high}:Q")
    drawn = drawn + base.mark_point(color=UP, filled=True, size=110, opacity=1).encode(
        y=down, x=alt.X(f"{value}:Q", axis=axis)
    )
    if zero:
        middle = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=MUTED, strokeDash=[4, 4]).encode(x="zero:Q")
        drawn = drawn + middle
    return drawn.properties(height=80 + 40 * len(rows))


def calibration(rows: Sequence[Row]) -> Any:
    """What was promised against what came true, with intervals, beside the line on which both are one."""
    data = alt.Data(values=[dict(one) for one in rows])
    axis: dict[str, Any] = {"format": ".0%", "tickCount": 5}
    base = alt.Chart(data)
    same = (
        alt.Chart(alt.Data(values=[{"p": 0, "q": 0}, {"p": 1, "q": 1}]))
        .mark_line(color=MUTED, strokeDash=[4, 4], clip=True)
        .encode(x="p:Q", y="q:Q")
    )
    most = max([0.1, *(max(one["predicted"], one["high"]) for one in rows)])
    scale = alt.Scale(domain=[0, min(1.0, most * 1.05)])
    across = alt.X("predicted:Q", axis=alt.Axis(title="promised", **axis), scale=scale)
    rule = base.mark_rule(color=UP, strokeWidth=2).encode(
        x=across, y=alt.Y("low:Q", axis=alt.Axis(title="came true", **axis), scale=scale), y2="high:Q"
    )
    dots = base.mark_point(color=UP, filled=True, opacity=1).encode(
        x=across,
        y=alt.Y("observed:Q", scale=scale),
        size=alt.Size("leads:Q", legend=None, scale=alt.Scale(range=[40, 240])),
        tooltip=[
            alt.Tooltip("predicted:Q", format=".1%"),
            alt.Tooltip("observed:Q", format=".1%"),
            alt.Tooltip("leads:Q", format=","),
        ],
    )
    return (same + rule + dots).properties(height=300)


def numbers(headings: Sequence[str], rows: Sequence[Sequence[object]], about: str) -> Html:
    """A table of numbers, its first column in words."""
    return table(headings, rows, numbers=range(1, len(headings)), about=about)
