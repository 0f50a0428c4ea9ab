"""Experiments: the arms, how sure their difference is, what to do, and how long it still takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from leadloop.dashboard.charts.lines import numbers, show_chart, spans
from leadloop.dashboard.escape import one_line
from leadloop.dashboard.markup import tag
from leadloop.dashboard.parts.notices import show_empty
from leadloop.dashboard.parts.score import tile, tiles
from leadloop.dashboard.parts.wording import day, percent, share
from leadloop.dashboard.view import View
from leadloop.experiments.wording import tell
from leadloop.flows.experiments.reading import Results, days_left, read_experiment
from leadloop.flows.experiments.report_page import render_page
from leadloop.flows.figures.amounts import share_of

if TYPE_CHECKING:
    from leadloop.store import AbTest

_SAID = {
    "deploy": ("Put it in service", ""),
    "iterate": ("Go on", ""),
    "rollback": ("Take it back", "critical"),
    None: ("Do not read it", "critical"),
}


def show(view: View) -> None:
    """Draw the page."""
    st.title("Experiments")
    tests = sorted(
        view.place.store.experiments.page(view.playbook, limit=200).items, key=lambda one: one.start_date, reverse=True
    )
    if not tests:
        show_empty(
            "No experiment yet",
            "Plan one: two versions or policies, dealt to leads by chance, until it is known which wins more.",
            f"leadloop experiments plan {view.playbook} --help",
        )
        return
    chosen = st.selectbox("Experiment", tests, format_func=_name, key="experiment")
    with st.spinner("Counting what became of its leads …"):
        results = read_experiment(view.place.store, chosen, now=datetime.now(UTC))
    _verdict(results)
    _facts(results)
    _arms(results)
    _effects(results)
    st.download_button(
        "The report as a page",
        render_page(results),
        f"{view.playbook}-{one_line(chosen.test_name, 40)}.html",
        "text/html",
        on_click="ignore",
        icon=":material/download:",
    )


def _name(test: AbTest) -> str:
    return f"{one_line(test.test_name, 60)} ({test.state}, since {day(test.start_date)})"


def _verdict(results: Results) -> None:
    analysis = results.analysis
    if analysis is None:
        st.html(
            tag(
                "div",
                tag("b", "Nothing to read yet. "),
                "Leads have to be scored in every arm first.",
                cls="ll-alert",
                role="status",
            )
        )
        return
    verdict = analysis.verdict
    title, kind = _SAID[verdict.decision]
    arm = f": {verdict.arm}" if verdict.arm and verdict.decision in ("deploy", "rollback") else ""
    notes = [tag("li", one) for one in (*verdict.recommendations, *verdict.notes)]
    st.html(
        tag(
            "div",
            tag("span", "verdict", cls="kind"),
            tag("p", tag("b", f"{title}{arm}")),
            tag("p", verdict.because),
            tag("p", verdict.would_change, cls="ll-soft") if verdict.would_change else None,
            tag("ul", *notes) if notes else None,
            cls=f"ll-alert {kind}",
            role="status",
        )
    )


def _facts(results: Results) -> None:
    test, left = results.test, days_left(results)
    units = sum(one.tally.units for one in results.arms)
    matured = sum(results.conversion(one.variant_name).units for one in test.variants)
    still = (
        "ended"
        if test.end_date
        else "not known yet"
        if left is None
        else "enough now"
        if left < 1
        else f"{left:,.0f} days"
    )
    reading = results.analysis.reading if results.analysis else ""
    ratio = results.analysis.ratio if results.analysis else None
    st.html(
        tiles(
            tile("Has run", f"{results.days_run:,.0f} days", f"{test.state}, since {day(test.start_date)}"),
            tile("Still needed", still, "for the smallest difference that matters"),
            tile(f"{test.unit.capitalize()}s", f"{units:,}", f"{matured:,} have matured"),
            tile(
                "Dealt as planned",
                "–" if ratio is None else "yes" if ratio.passed else "no",
                "" if ratio is None else f"p = {ratio.p_value:.3f}",
            ),
            tile(
                "Read",
                {"any_time": "at any time", "at_end": "at its end"}.get(reading, reading or "–"),
                "without being fooled by looking often" if reading == "any_time" else "",
            ),
        )
    )


def _arms(results: Results) -> None:
    st.subheader("Arms")
    rows, told = [], []
    for variant in results.test.variants:
        name = variant.variant_name
        tally, counted = results.conversion(name), results.arm(name)
        won = share_of(tally.conversions, tally.units)
        best = (
            next((one.chance_best for one in results.analysis.arms if one.arm == name), None)
            if results.analysis
            else None
        )
        if won:
            rows.append({"arm": one_line(name, 40), "value": won.value, "low": won.low, "high": won.high})
        told.append(
            (
                name + (" (control)" if variant.is_control else ""),
                f"{variant.traffic_percentage:.0f} %",
                variant.model_version,
                f"{counted.tally.units:,}",
                f"{tally.units:,}",
                share(won, 1),
                "–" if counted.mean_score is None else f"{counted.mean_score:.1f}",
                f"{counted.revenue:,.0f}" if counted.revenue else "–",
                percent(best),
            )
        )
    if rows:
        show_chart(
            spans(rows, "arm", "value", "low", "high", title="share won, of matured leads", percent=True, zero=False),
            "Share won of each arm, with its interval",
        )
    st.html(
        numbers(
            ["Arm", "share", "version", "seen", "matured", "won", "mean score", "revenue", "chance to be best"],
            told,
            "The arms",
        )
    )


def _effects(results: Results) -> None:
    if results.analysis is None or not results.analysis.effects:
        return
    st.subheader("Differences from the control")
    rows = []
    for one in results.analysis.effects:
        reading = one.deciding
        low, high = reading.difference_absolute_low, reading.difference_absolute_high
        if one.metric.kind == "conversion" and abs(low) < 2 and abs(high) < 2:
            name = one_line(f"{one.metric.name.replace('_', ' ')}, {one.arm}", 60)
            rows.append({"what": name, "value": one.difference_absolute, "low": low, "high": high})
    if rows:
        show_chart(
            spans(rows, "what", "value", "low", "high", title="difference in share", percent=True),
            "Differences from the control, with their intervals",
        )
    st.html(tag("ul", *(tag("li", tell(one)) for one in results.analysis.effects)))
