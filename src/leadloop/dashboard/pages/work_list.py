"""Work list: the leads to work on, the best first, with what speaks for and against each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import polars as pl
import streamlit as st

from leadloop.dashboard.escape import in_markdown, one_line
from leadloop.dashboard.markup import Html, join, tag
from leadloop.dashboard.parts.links import link_lead
from leadloop.dashboard.parts.notices import show_empty
from leadloop.dashboard.parts.score import band_chip, brief, chance, chip, ring, span
from leadloop.dashboard.parts.telling import show_told, telling
from leadloop.dashboard.parts.wording import ago, many
from leadloop.dashboard.view import View
from leadloop.flows.figures.work_list import Choice, WorkItem, read_choices, read_work_list
from leadloop.ingest.writers import escape_formulas

_PAGE, _AT_ONCE, _MOST_ROWS = 15, 500, 20_000
_ALL = "All"


def show(view: View) -> None:
    """Draw the page."""
    st.title("Work list")
    show_told()
    asked = _asked(view)
    line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with line:
        count = st.empty()
        if st.toggle("Only open ones", True, key="work-open", help="Without leads whose outcome was told."):
            asked = (*asked, ("settled", False))
    marks: list[str | None] = st.session_state.setdefault("work-marks", [None])
    if st.session_state.get("work-asked") != (view.playbook, asked):
        st.session_state["work-asked"] = (view.playbook, asked)
        marks[:] = [None]
    found = read_work_list(view.place, view.playbook, after=marks[-1], limit=_PAGE, reasons=3, **dict(asked))
    if not found.items:
        _tell_nothing(view, bool(asked))
        return
    first = (len(marks) - 1) * _PAGE
    count.markdown(
        f"**{many(found.leads, 'lead')}**, the best first; {first + 1:,} to {first + len(found.items):,} are shown"
    )
    with line:
        _export(view, asked)
    for place, item in enumerate(found.items):
        _card(view, item, first + place + 1)
    _turn(marks, found.next)


def _asked(view: View) -> tuple[tuple[str, Any], ...]:
    """What the list is narrowed to."""
    choices = read_choices(view.place, view.playbook)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search",
            placeholder="Company, name, owner, place …",
            icon=":material/search:",
            key="work-search",
            width=230,
        )
        picked = {
            "owner": _pick("Owner", choices.owners, "nobody"),
            "band": _pick("Band", choices.bands, "none"),
            "segment": _pick("Segment", choices.segments, "none"),
            "route": _pick("Next step", choices.routes, "none"),
            "industry": _pick("Industry", choices.industries, "not known"),
        }
    asked = {name: one for name, one in picked.items() if one is not None}
    if search.strip():
        asked["search"] = search.strip()
    return tuple(asked.items())


def _pick(label: str, choices: tuple[Choice, ...], unknown: str) -> str | None:
    """One of some choices; None for all. Where there is nothing to choose, nothing is asked."""
    if len(choices) < 2:
        return None
    counts = {one.value: one.leads for one in choices}
    place = st.selectbox(
        label,
        [None, *counts],
        format_func=lambda one: _ALL if one is None else f"{one_line(one, 60) or unknown} ({counts[one]:,})",
        key=f"work-{label}",
        width=158,
    )
    return place


def _card(view: View, item: WorkItem, number: int) -> None:
    with st.container(border=True, key=f"card-{number}", horizontal=True, gap="medium"):
        st.html(ring(item.score), width=64)
        with st.container(gap=None, width="stretch"):
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
            ):
                with st.container(horizontal=True, vertical_alignment="center", gap="small", width="stretch"):
                    link_lead(view, item.lead_id, f"**{in_markdown(item.name or item.lead_id, 90)}**")
                    st.html(_chips(view, item), width="content")
                if view.person.may_tell and st.button(
                    "Tell",
                    icon=":material/edit_note:",
                    key=f"tell-{number}",
                    help=f"Tell what became of {in_markdown(item.name, 90)}",
                    type="tertiary",
                ):
                    _tell(view, item)
            st.html(_facts(item))


def _chips(view: View, item: WorkItem) -> Html:
    override = getattr(item, "override", None)
    step = item.route.replace("_", " ").lower() + (
        f" · {item.priority.replace('_', ' ').lower()}" if item.priority else ""
    )
    chips = [
        band_chip(item.band, view.bands),
        chip(step),
        chip(item.segment) if item.segment else None,
        chip(f"a person says {override:.0f}", "mine") if override is not None else None,
        chip("unlike any seen", "warn") if item.novel else None,
        chip("not the first choice of scorer", "warn") if item.degraded else None,
        chip("won" if item.outcome else "not won") if item.outcome is not None else None,
    ]
    return tag("div", *chips, cls="ll-chips")


def _facts(item: WorkItem) -> Html:
    about = [one for one in (item.company if item.company != item.name else "", item.industry) if one]
    about += [f"owner {item.owner}"] if item.owner else []
    about += [f"came {ago(item.came_at)}"]
    about += [f"last touched {ago(item.touched_at)}" if item.touched_at else "not touched yet"]
    told = chance(item.probability, item.probability_low, item.probability_high)
    return join(
        [
            tag("p", " · ".join(about), cls="ll-facts ll-soft ll-small"),
            brief(item.reasons_up, item.reasons_down),
            tag(
                "div",
                tag("span", told, cls="ll-soft ll-small"),
                span(item.probability, item.probability_low, item.probability_high),
                cls="ll-chance",
            ),
        ]
    )


@st.dialog("Tell what became of it", width="medium")
def _tell(view: View, item: WorkItem) -> None:
    st.html(join([tag("b", item.name or item.lead_id), tag("span", f" · score {item.score:.0f}", cls="ll-soft")]))
    telling(view, item.lead_id, item.score)


def _turn(marks: list[str | None], following: str | None) -> None:
    def back() -> None:
        marks.pop()

    def on() -> None:
        marks.append(following)

    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button("Better ones", icon=":material/chevron_left:", on_click=back, disabled=len(marks) < 2)
        st.button(
            "Further ones",
            icon=":material/chevron_right:",
            icon_position="right",
            on_click=on,
            disabled=following is None,
        )


def _export(view: View, asked: tuple[tuple[str, Any], ...]) -> None:
    """The list as a file, as it is narrowed now; what a spreadsheet would run is made text."""

    def made() -> bytes:
        return export(view, dict(asked))

    st.download_button("CSV", made, f"{view.playbook}-work-list.csv", "text/csv", icon=":material/download:", on_click="ignore",
                       help=f"These leads with their scores and reasons, at most {_MOST_ROWS:,}.")  # fmt: skip


def export(view: View, asked: dict[str, Any]) -> bytes:
    """The list as CSV, at most 20,000 leads; every cell that a spreadsheet would run as a formula gets a `'` in front."""
    rows = list(_rows(view, asked))
    out = io.BytesIO()
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame({"lead_id": []})
    escape_formulas(frame).write_csv(out)
    return out.getvalue()


def _rows(view: View, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    after, count = None, 0
    while True:
        page = read_work_list(view.place, view.playbook, after=after, limit=_AT_ONCE, reasons=3, **asked)
        for item in page.items:
            yield _row(item)
        count += len(page.items)
        after = page.next
        if after is None or count >= _MOST_ROWS:
            return


def _row(item: WorkItem) -> dict[str, Any]:
    plain = ("lead_id", "name", "company", "owner", "industry", "segment")
    return {
        **{name: one_line(getattr(item, name)) for name in plain},
        "score": item.score,
        "probability": item.probability,
        "probability_low": item.probability_low,
        "probability_high": item.probability_high,
        "band": item.band,
        "route": item.route,
        "priority": item.priority,
        "reasons_up": "; ".join(f"{one.sentence} ({one.points:+.1f})" for one in item.reasons_up),
        "reasons_down": "; ".join(f"{one.sentence} ({one.points:+.1f})" for one in item.reasons_down),
        "came_at": item.came_at.isoformat(),
        "scored_at": item.scored_at.isoformat(),
        "model_version": item.model_version,
        "outcome": item.outcome,
    }


def _tell_nothing(view: View, narrowed: bool) -> None:
    if narrowed:
        show_empty(
            "No lead is like that", "Take away some of what the list is narrowed to; “Only open ones” is one of them."
        )
        return
    show_empty(
        "No lead has a score yet",
        "Bring leads in and have them scored; a worker, or `leadloop serve`, does the second.",
        f"leadloop import {view.playbook} leads.csv",
        "leadloop worker",
    )
