"""Governance: which versions there are, what each is for, who put them in service and why, and the log of who did what."""

from __future__ import annotations

import json

import streamlit as st

from leadloop.dashboard.escape import one_line
from leadloop.dashboard.markup import tag
from leadloop.dashboard.parts.card import render_card
from leadloop.dashboard.parts.notices import show_empty, show_refusal, show_synthetic
from leadloop.dashboard.parts.score import chip, table
from leadloop.dashboard.parts.wording import day, minute
from leadloop.dashboard.view import View
from leadloop.errors import LeadLoopError
from leadloop.flows.figures.governance import VersionFacts, read_audit, read_governance
from leadloop.flows.upkeep.model_card import write_card
from leadloop.flows.upkeep.promotions import tell_evidence
from leadloop.flows.upkeep.storekeeping import verify

_ROWS = 25


def show(view: View) -> None:
    """Draw the page."""
    st.title("Governance")
    found = read_governance(view.place, view.playbook)
    names = ["Versions", "Model card", "In service when"] + (["Audit log"] if view.person.may_run else [])
    tabs = st.tabs(names)
    with tabs[0]:
        if found.doubt:
            st.caption(one_line(found.doubt))
        if not found.versions:
            show_empty("No version yet", "Train one.", f"leadloop train {view.playbook}")
            return
        _versions(found.versions)
    with tabs[1]:
        _card(view, found.versions)
    with tabs[2]:
        rows = [
            (
                minute(one.at),
                one.action,
                one.alias,
                one.model_version or "–",
                one.previous or "–",
                one.who,
                one.why or "–",
                tell_evidence(one),
            )
            for one in found.promotions
        ]
        if rows:
            st.html(
                table(
                    ["When", "what", "name", "version", "before", "who", "why", "evidence"],
                    rows,
                    about="What was in service when",
                )
            )
        else:
            show_empty(
                "Nothing was put in service yet",
                "A version that shows that it is better is put in service by a person, or by the loop.",
                f"leadloop models promote {view.playbook} VERSION",
            )
    if view.person.may_run:
        with tabs[3]:
            _audit(view)


def _versions(versions: tuple[VersionFacts, ...]) -> None:
    rows = []
    for one in versions:
        marks = tag(
            "div",
            chip("in service", "r0") if one.serves else None,
            *(chip(name) for name in one.aliases),
            chip("synthetic", "warn") if one.synthetic else None,
            chip("other test leads", "warn") if one.apart else None,
            cls="ll-chips",
        )
        measured = ", ".join(f"{name} {value:.3f}" for name, value in list(one.metrics.items())[:4])
        rows.append(
            (
                one.release,
                one.id,
                day(one.created_at),
                one.method,
                "–" if one.leads is None else f"{one.leads:,}",
                measured,
                marks,
            )
        )
    st.html(
        table(
            ["Release", "version", "made", "learners", "leads", "on its test leads", ""],
            rows,
            numbers=(4,),
            about="Saved versions",
        )
    )


def _card(view: View, versions: tuple[VersionFacts, ...]) -> None:
    serving = next((place for place, one in enumerate(versions) if one.serves), 0)
    chosen = st.selectbox(
        "Version", versions, index=serving, format_func=lambda one: f"{one.release} · {one.id}", key="card-version"
    )
    if chosen.synthetic:
        show_synthetic()
    text = write_card(view.playbook, chosen.id, workspace=view.place)
    st.html(render_card(text))
    st.download_button(
        "The card as Markdown",
        text,
        f"{view.playbook}-{chosen.release}.md",
        "text/markdown",
        on_click="ignore",
        icon=":material/download:",
    )


def _audit(view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        action = st.text_input("Action", placeholder="promote", key="audit-action", width=220)
        who = st.text_input("Who", placeholder="key 0a1b", key="audit-who", width=220)
        checked = st.button(
            "Verify the chain",
            icon=":material/verified_user:",
            help="Follow every row from the first, and say where somebody changed one.",
        )
    marks: list[str | None] = st.session_state.setdefault("audit-marks", [None])
    if st.session_state.get("audit-asked") != (action, who):
        st.session_state["audit-asked"] = (action, who)
        marks[:] = [None]
    if checked:
        try:
            with st.spinner("Following the chain …"):
                head = verify(view.place)
            st.html(
                tag(
                    "div",
                    tag("b", "Whole. "),
                    f"{head.number:,} rows; the last has the hash {head.hash}. Note it elsewhere.",
                    cls="ll-alert",
                    role="status",
                )
            )
        except LeadLoopError as error:
            show_refusal(error)
    page = read_audit(view.place, action=action.strip(), who=who.strip(), after=marks[-1], limit=_ROWS)
    rows = [
        (
            f"{one.number:,}",
            minute(one.at),
            one.who,
            one.action,
            one.subject[:12],
            one_line(json.dumps(dict(one.details), ensure_ascii=False, default=str), 300),
            one.hash[:12],
        )
        for one in page.items
    ]
    if not rows:
        st.caption("No row is like that.")
        return
    st.html(
        table(
            ["#", "when", "who", "what", "lead (pseudonym)", "details", "hash"],
            rows,
            numbers=(0,),
            about="Audit log, the newest first",
        )
    )
    st.caption(f"{page.rows:,} rows; the last hash is `{page.head[:16]}…`")

    def back() -> None:
        marks.pop()

    def on() -> None:
        marks.append(page.next)

    with st.container(horizontal=True):
        st.button("Newer", on_click=back, disabled=len(marks) < 2, icon=":material/chevron_left:")
        st.button(
            "Older", on_click=on, disabled=page.next is None, icon=":material/chevron_right:", icon_position="right"
        )
