"""What if: fields of a lead are changed, and its score moves, by the very version that serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from leadloop.dashboard.escape import in_markdown, one_line
from leadloop.dashboard.markup import Html, join, tag
from leadloop.dashboard.parts.links import link_lead
from leadloop.dashboard.parts.notices import show_empty, show_refusal
from leadloop.dashboard.parts.score import band_chip, chance, chip, reasons, ring, span
from leadloop.dashboard.parts.wording import signed, value
from leadloop.dashboard.view import View
from leadloop.errors import LeadLoopError
from leadloop.flows.figures.lead import Lead, read_lead
from leadloop.flows.figures.work_list import read_work_list
from leadloop.flows.scoring.what_if import WhatIf, what_if
from leadloop.leads import Field
from leadloop.scoring import ScoreCard, TrainedPlaybook

_FIRST, _FOUND = 10, 25
_UNSAID = "(not given)"


def show(view: View) -> None:
    """Draw the page."""
    st.title("What if")
    if view.trained is None:
        show_empty(
            "No version is in service",
            "What a change would do is told by a version that was trained and put in service.",
            f"leadloop train {view.playbook}",
        )
        return
    lead = _choose(view)
    if lead is None:
        return
    fields = _changeable(view.trained, lead)
    left, right = st.columns([1, 1.15], gap="large")
    with left:
        changes = _changes(view.trained, lead, fields)
    with right:
        try:
            with st.spinner("Scoring …"):
                found = what_if(view.trained, scorable(view.trained, lead), changes)
        except LeadLoopError as error:
            show_refusal(error)
            return
        _result(view, lead, found, bool(changes))


def scorable(trained: TrainedPlaybook, lead: Lead) -> dict[str, Any]:
    """The fields of a lead that scoring reads, with its identifier."""
    known = trained.playbook.scoring_schema.by_name
    fields = {name: given for name, given in lead.fields.items() if name in known and not known[name].made_from}
    name = trained.playbook.lead_id
    return {**fields, name: lead.lead_id} if name in known else fields


def _choose(view: View) -> Lead | None:
    asked = st.query_params.get("lead", "") or st.session_state.get("lead", "")
    lead = read_lead(view.place, view.playbook, asked, scores=1) if asked else None
    with st.expander(
        "Another lead" if lead else "Choose a lead", expanded=lead is None, icon=":material/person_search:"
    ):
        text = st.text_input("Search", placeholder="Company, name, owner or identifier …", key="what-if-search")
        found = read_work_list(view.place, view.playbook, search=text.strip(), limit=_FOUND, reasons=0)
        names = {item.lead_id: f"{one_line(item.name or item.lead_id, 70)} · {item.score:.0f}" for item in found.items}
        chosen = st.selectbox("Lead", list(names), index=None, format_func=lambda one: names[one], key="what-if-lead")
        if chosen and chosen != asked:
            st.session_state["lead"] = chosen
            st.query_params["lead"] = chosen
            st.rerun()
    if lead is None and not asked and found.items:
        lead = read_lead(view.place, view.playbook, found.items[0].lead_id, scores=1)
    if lead is None:
        show_empty("Nothing is known of such a lead", "Search for another.")
    else:
        link_lead(view, lead.lead_id, f"**{in_markdown(lead.name or lead.lead_id, 90)}**")
    return lead


def _changeable(trained: TrainedPlaybook, lead: Lead) -> list[Field]:
    """The fields that scoring reads and a person can set, those that can really be changed first."""
    playbook = trained.playbook
    known = [one for one in playbook.scoring_schema.fields if one.use and not one.made_from and one.type != "id"]
    read = [one for one in known if one.name in trained.reads]
    told = {one.field: abs(one.points) for score in lead.scores[:1] for one in score.reasons}
    return sorted(read, key=lambda one: (not one.actionable, -told.get(one.name, 0.0)))


def _changes(trained: TrainedPlaybook, lead: Lead, fields: Sequence[Field]) -> dict[str, Any]:
    st.subheader("Change")
    changes: dict[str, Any] = {}
    for field in fields[:_FIRST]:
        _change(trained, lead, field, changes)
    if len(fields) > _FIRST:
        with st.expander(f"{len(fields) - _FIRST} more fields"):
            for field in fields[_FIRST:]:
                _change(trained, lead, field, changes)
    if changes and st.button("As it is", icon=":material/undo:"):
        for name in [one for one in st.session_state if str(one).startswith("wi-")]:
            del st.session_state[name]
        st.rerun()
    return changes


def _change(trained: TrainedPlaybook, lead: Lead, field: Field, changes: dict[str, Any]) -> None:
    """A field to set; what differs from what is known goes into the changes."""
    held = lead.fields.get(field.name)
    label = in_markdown(field.name.replace("_", " "), 60)
    key = f"wi-{lead.lead_id}-{field.name}"
    given = "" if held is None else value(held) if not isinstance(held, str) else held
    if field.type in ("category", "boolean"):
        known = _options(trained, field)
        options = list(dict.fromkeys([given or _UNSAID, _UNSAID, *known]))
        said = st.selectbox(
            label,
            options,
            key=key,
            accept_new_options=field.type == "category",
            format_func=lambda one: one_line(one, 80),
        )
        new = "" if said in (None, _UNSAID) else str(said)
    elif field.type == "text":
        new = st.text_area(label, given, key=key, height=140, max_chars=20_000)
    else:
        new = st.text_input(label, given, key=key, max_chars=500)
    if new.strip() != given.strip():
        changes[field.name] = new.strip() or None


def _options(trained: TrainedPlaybook, field: Field) -> list[str]:
    """Values that leads really held, where the version kept some."""
    if field.type == "boolean":
        return ["yes", "no"]
    candidates = trained.candidates.fields if trained.candidates else ()
    held = [str(option.value) for one in candidates if one.name == field.name for option in one.options]
    return held[:40]


def _result(view: View, lead: Lead, found: WhatIf, changed: bool) -> None:
    st.subheader("The score")
    before, after = found.before, found.after
    moved = after.score - before.score
    told = tag(
        "b",
        signed(moved),
        cls=f"ll-points {'up' if moved > 0 else 'down' if moved < 0 else ''}",
        style="font-size:1.4rem",
    )
    arrow = tag("div", told, tag("div", "points", cls="ll-soft ll-small"), style="flex:0 0 auto;text-align:center")
    st.html(
        tag(
            "div",
            _card(view, before, "as it is"),
            arrow,
            _card(view, after, "changed so"),
            cls="ll-head",
            role="status",
        )
    )
    stored = lead.scores[0].score if lead.scores else None
    if stored is not None and abs(stored - before.score) >= 0.1:
        st.caption(
            f"It was last scored {stored:.1f}, from what was known then or by another version; "
            f"here both are by {before.model_version}, from what is known now."
        )
    if not changed:
        st.caption("Change a field on the left to see the score move. Nothing is stored.")
        st.html(reasons(before.reasons, most=10))
        return
    st.subheader("What moves it")
    if found.moves:
        st.html(reasons(found.moves))
    else:
        st.caption("Nothing: these changes do not matter to the score.")
    if after.novel and not before.novel:
        st.html(
            tag(
                "p",
                chip("unlike any seen", "warn"),
                " The changed lead is unlike any that the version learned from, so this score rests on little.",
            )
        )


def _card(view: View, card: ScoreCard, name: str) -> Html:
    low, high = card.probability_low, card.probability_high
    return tag(
        "div",
        join([
            tag("div", name, cls="ll-soft ll-small"),
            ring(card.score, large=True),
            tag("div", band_chip(card.band, view.bands), cls="ll-chips"),
            tag("div", chance(card.probability, low, high), cls="ll-soft ll-small"),
            span(card.probability, low, high),
        ]),
        style="flex:1 1 8.5rem",
    )  # fmt: skip
