"""Overview: what came in lately, how good it is, and what needs somebody now."""

from __future__ import annotations

import streamlit as st

from leadloop.dashboard.escape import in_markdown
from leadloop.dashboard.markup import Html, tag
from leadloop.dashboard.parts.links import link_lead, link_page
from leadloop.dashboard.parts.notices import show_empty, show_synthetic
from leadloop.dashboard.parts.score import ring, tile, tiles
from leadloop.dashboard.parts.wording import ago, many, share
from leadloop.dashboard.view import View
from leadloop.flows.figures.overview import Attention, Overview, read_overview
from leadloop.flows.figures.work_list import read_work_list

_DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "a year": 365}
_PAGES = {
    "work list": ("work", "Work list"),
    "data": ("data", "Data health"),
    "models": ("performance", "Model performance"),
    "experiments": ("experiments", "Experiments"),
    "governance": ("governance", "Governance"),
}
_BEST = 5


def show(view: View) -> None:
    """Draw the page."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title("Overview")
        chosen = st.segmented_control("The last", list(_DAYS), default="30 days", key="overview-days", required=True)
    found = read_overview(view.place, view.playbook, days=_DAYS[chosen or "30 days"])
    if found.synthetic and not view.synthetic:
        show_synthetic()
    if not found.leads_known and not found.leads_scored:
        show_empty(
            "No leads yet",
            "Bring in past leads with how they ended, train on them, and have new ones scored.",
            f"leadloop import {view.playbook} past.csv",
            f"leadloop train {view.playbook}",
        )
        return
    st.html(_tiles(found))
    need, best = st.columns([1.35, 1], gap="large")
    with need:
        st.subheader("Needs somebody now")
        _attention(view, found)
    with best:
        st.subheader("The best open leads")
        _best(view)


def _tiles(found: Overview) -> Html:
    mood = found.sentiment
    return tiles(
        tile("Leads came in", f"{found.leads:,}", _beside(found.leads, found.leads_before)),
        tile("Calls processed", f"{found.calls:,}", _beside(found.calls, found.calls_before)),
        tile("Scores given", f"{found.scores:,}", f"{found.leads_scored:,} of {found.leads_known:,} leads have one"),
        tile("Mean mood of calls", "–" if mood is None else f"{mood.value:.1f}", _mood(found)),
        tile(
            f"High value ({found.high_band})" if found.high_band else "High value",
            "–" if found.high_value is None else f"{100 * found.high_value.value:.0f} %",
            "of the leads scored"
            if found.high_value is None
            else f"{found.high_value.count:,} leads; {share(found.high_value)[share(found.high_value).find('(') :]}",
        ),
        tile("Companies enriched", f"{found.enriched:,}", f"{found.enrichment_waiting:,} wait"),
    )


def _mood(found: Overview) -> str:
    if found.sentiment is None:
        return "no call tells it"
    before = found.sentiment_before
    told = f"of 10; {found.sentiment.low:.1f} to {found.sentiment.high:.1f}"
    return told + (f", {before.value:.1f} before" if before else "")


def _beside(now: int, before: int) -> str:
    if not before:
        return "none in the time before"
    change = (now - before) / before
    arrow = "▲" if change > 0.005 else "▼" if change < -0.005 else "="
    return f"{arrow} {abs(change):.0%} against {before:,} before"


def _attention(view: View, found: Overview) -> None:
    shown = [one for one in found.attention if view.person.may_study or one.page in ("work list", "")]
    if not shown:
        st.html(
            tag("div", tag("b", "Nothing. "), "All jobs, sources and versions are as they should be.", cls="ll-alert")
        )
    for place, one in enumerate(shown[:12]):
        st.html(_alert(one))
        path, title = _PAGES.get(one.page, ("", ""))
        if path and (place + 1 == len(shown) or shown[place + 1].page != one.page):
            link_page(view, path, f"See {title}", "arrow_forward")
    if len(shown) > 12:
        st.caption(f"and {many(len(shown) - 12, 'more')}; `leadloop alerts list` has them all.")


def _alert(one: Attention) -> Html:
    since = f" · since {ago(one.since)}" if one.since else ""
    return tag(
        "div",
        tag("span", one.severity, cls="kind"),
        tag("p", tag("b", one.title), tag("span", since, cls="ll-soft ll-small")),
        tag("p", one.text) if one.text and one.text != one.title else None,
        tag("p", tag("b", "What to do: "), one.mend, cls="ll-small") if one.mend else None,
        cls=f"ll-alert {one.severity}",
    )


def _best(view: View) -> None:
    found = read_work_list(view.place, view.playbook, settled=False, limit=_BEST, reasons=1)
    if not found.items:
        st.caption("No open lead has a score.")
        return
    for item in found.items:
        with st.container(horizontal=True, gap="small", vertical_alignment="center", border=True):
            st.html(ring(item.score), width=62)
            with st.container(gap=None):
                link_lead(view, item.lead_id, f"**{in_markdown(item.name or item.lead_id, 60)}**")
                why = item.reasons_up[0].sentence if item.reasons_up else item.band
                st.html(tag("span", why, cls="ll-soft ll-small"))
    link_page(view, "work", "The whole work list", "format_list_numbered")
