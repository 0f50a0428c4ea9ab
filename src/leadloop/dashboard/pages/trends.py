"""Trends: volume, moods, follow-ups and scores over time, and what weekdays and months are like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import streamlit as st

from leadloop.dashboard.charts.lines import bars, bars_over_time, line_with_band, show_chart
from leadloop.dashboard.parts.notices import show_empty
from leadloop.dashboard.view import View
from leadloop.flows.figures.trends import Season, TrendPoint, Trends, read_trends

_STEPS: dict[str, Literal["day", "week", "month"]] = {"by day": "day", "by week": "week", "by month": "month"}
_REACHES = {"30 days": 30, "90 days": 90, "6 months": 183, "a year": 366, "2 years": 731}


def show(view: View) -> None:
    """Draw the page."""
    st.title("Trends")
    with st.container(horizontal=True):
        step = (
            st.segmented_control("Points", list(_STEPS), default="by week", key="trend-step", required=True)
            or "by week"
        )
        reach = (
            st.segmented_control("The last", list(_REACHES), default="6 months", key="trend-reach", required=True)
            or "6 months"
        )
    since = datetime.now(UTC) - timedelta(days=_REACHES[reach])
    found = read_trends(view.place, view.playbook, step=_STEPS[step], since=since)
    if not any(one.leads or one.calls or one.scores for one in found.points):
        show_empty(
            "Nothing came in in this time",
            "Choose a longer time, or bring leads in.",
            f"leadloop import {view.playbook} leads.csv",
        )
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Leads that came in")
        _counts(found, "leads")
        _means(found, "How good they were", "mean newest score", lambda one: one.mean_score)
        _shares(found, "In the highest band", lambda one: one.high_value)
    with right:
        st.subheader("Calls that were held")
        _counts(found, "calls")
        _means(found, "Mood of the calls", "0 to 10", lambda one: one.sentiment)
        _shares(found, "Calls with a next meeting", lambda one: one.follow_up)
    st.subheader("Seasons")
    days, months = st.columns(2, gap="large")
    with days:
        _seasons(found.weekdays, "weekday")
    with months:
        _seasons(tuple(one for one in found.months if one.days), "month of the year")


def _counts(found: Trends, name: str) -> None:
    rows = [{"start": one.start.isoformat(), name: getattr(one, name)} for one in found.points]
    if not any(row[name] for row in rows):
        st.caption(f"There were no {name} in this time.")
        return
    about = f"{name.capitalize()} by {found.step}, {sum(int(row[name]) for row in rows):,} in all"
    chart = bars_over_time(rows, "start", name, unit=found.step)
    show_chart(chart, about, ["From", name], [(row["start"], f"{row[name]:,}") for row in rows])


def _means(found: Trends, title: str, unit: str, of: Callable[[TrendPoint], Any]) -> None:
    _interval(found, title, unit, of, percent=False)


def _shares(found: Trends, title: str, of: Callable[[TrendPoint], Any]) -> None:
    _interval(found, title, "share", of, percent=True)


def _interval(found: Trends, title: str, unit: str, of: Callable[[TrendPoint], Any], *, percent: bool) -> None:
    st.subheader(title)
    rows = [
        {"start": point.start.isoformat(), "value": one.value, "low": one.low, "high": one.high}
        for point in found.points
        if (one := of(point)) is not None
    ]
    if not rows:
        st.caption("Nothing is known of it in this time.")
        return

    def say(value: Any) -> str:
        return f"{100 * value:.1f} %" if percent else f"{value:.2f}"

    about = f"{title} by {found.step}: first {say(rows[0]['value'])}, last {say(rows[-1]['value'])}; the shade is the interval"
    chart = line_with_band(rows, "start", "value", low="low", high="high", title=unit, percent=percent)
    told = [(row["start"], say(row["value"]), say(row["low"]), say(row["high"])) for row in rows]
    show_chart(chart, about, ["From", unit, "low", "high"], told)


def _seasons(seasons: tuple[Season, ...], what: str) -> None:
    rows = [{"name": one.name[:3], "leads": one.leads_a_day, "calls": one.calls_a_day} for one in seasons]
    if not rows:
        return
    calls = any(row["calls"] for row in rows)
    name = "calls" if calls and not any(row["leads"] for row in rows) else "leads"
    most = max(seasons, key=lambda one: getattr(one, f"{name}_a_day"))
    about = f"{name.capitalize()} a day by {what}; most on {most.name}"
    told = [
        (
            one.name,
            f"{one.leads_a_day:.1f}",
            f"{one.calls_a_day:.1f}",
            "–" if one.sentiment is None else f"{one.sentiment.value:.1f}",
            "–" if one.high_value is None else f"{one.high_value.value:.0%}",
        )
        for one in seasons
    ]
    show_chart(
        bars(rows, "name", name, title=f"{name} a day", across=what),
        about,
        [what, "leads a day", "calls a day", "mood", "highest band"],
        told,
    )
