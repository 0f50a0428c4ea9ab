"""Qualification: how scores are spread, where leads are sent, how many of each band are won, and whose leads are the best."""

from __future__ import annotations

import streamlit as st

from leadloop.dashboard.charts.lines import bars, lying_bars, numbers, show_chart
from leadloop.dashboard.escape import in_markdown, one_line
from leadloop.dashboard.parts.links import link_lead
from leadloop.dashboard.parts.notices import show_empty
from leadloop.dashboard.parts.wording import many, mean, percent, share
from leadloop.dashboard.view import View
from leadloop.flows.figures.qualification import GroupLine, Qualification, read_qualification

_REACHES: dict[str, int | None] = {"30 days": 30, "180 days": 180, "a year": 365, "ever": None}


def show(view: View) -> None:
    """Draw the page."""
    st.title("Qualification")
    reach = st.segmented_control(
        "Scored in the last", list(_REACHES), default="180 days", key="qualification-reach", required=True
    )
    found = read_qualification(view.place, view.playbook, days=_REACHES[reach or "180 days"])
    if not found.leads:
        show_empty("No lead was scored in this time", "Choose a longer time, or have leads scored.", "leadloop worker")
        return
    st.caption(f"{many(found.leads, 'lead')}, each by its newest score")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("How scores are spread")
        _spread(found)
        st.subheader("Where leads are sent")
        _routes(found)
    with right:
        st.subheader("How many of each band are won")
        _bands(found)
        st.subheader("Industries")
        _industries(found.industries)
    st.subheader("Companies with the best leads")
    _companies(view, found.companies)


def _spread(found: Qualification) -> None:
    rows = [{"score": f"{one.low:.0f}", "leads": one.leads} for one in found.scores]
    about = (
        f"Leads by score in steps of {found.scores[0].high - found.scores[0].low:.0f}, from 0 to 100"
        if found.scores
        else ""
    )
    told = [(f"{one.low:.0f} to {one.high:.0f}", f"{one.leads:,}") for one in found.scores]
    show_chart(bars(rows, "score", "leads", title="leads", across="score from"), about, ["Score", "leads"], told)


def _bands(found: Qualification) -> None:
    rows = [
        {"band": one_line(one.band, 40), "won": one.won.value, "low": one.won.low, "high": one.won.high}
        for one in found.bands
        if one.won is not None
    ]
    if rows:
        won = f"reached {found.target.replace('_', ' ')}" if found.target else "were won"
        about = f"Share of settled leads that {won}, by the band they were first scored into; the line is the interval"
        show_chart(bars(rows, "band", "won", percent=True, low="low", high="high", title="won"), about)
    else:
        st.caption("No lead of these is settled yet: its time has to be over, or its outcome told.")
    told = [
        (
            one.band,
            f"{one.leads:,}",
            percent(one.share.value if one.share else None),
            percent(one.meant),
            share(one.won),
            f"{one.open:,}",
        )
        for one in found.bands
    ]
    st.html(numbers(["Band", "leads", "share", "meant to be", "won of settled", "open"], told, "Leads by band"))


def _routes(found: Qualification) -> None:
    rows = [
        {"route": one_line(one.route.replace("_", " ").lower(), 40), "share": one.share.value if one.share else 0}
        for one in found.routes
    ]
    told = [(one.route, f"{one.leads:,}", percent(one.share.value if one.share else None)) for one in found.routes]
    show_chart(
        lying_bars(rows, "route", "share", percent=True),
        "Share of leads by where they are sent",
        ["Next step", "leads", "share"],
        told,
    )


def _industries(lines: tuple[GroupLine, ...]) -> None:
    known = [one for one in lines if one.name]
    if not known:
        st.caption("No field of this playbook names an industry, or none is known.")
        return
    told = [
        (
            one.name,
            f"{one.leads:,}",
            mean(one.score, 0),
            percent(one.high_value.value if one.high_value else None),
            share(one.won),
        )
        for one in known[:12]
    ]
    st.html(numbers(["Industry", "leads", "mean score", "highest band", "won of settled"], told, "Leads by industry"))


def _companies(view: View, lines: tuple[GroupLine, ...]) -> None:
    known = [one for one in lines if one.name][:12]
    if not known:
        st.caption("No field of this playbook names a company, or none is known.")
        return
    told = [(one.name, f"{one.best_score:.0f}", f"{one.leads:,}", mean(one.score, 0), share(one.won)) for one in known]
    st.html(
        numbers(
            ["Company", "best score", "leads", "mean score", "won of settled"], told, "Companies with the best leads"
        )
    )
    with st.container(horizontal=True):
        for one in known[:6]:
            link_lead(view, one.best_lead, f"{in_markdown(one.name, 40)} · {one.best_score:.0f}")
