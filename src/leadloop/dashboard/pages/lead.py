"""Lead: all that is known of one, every score it had and why it moved, and what was said in its calls."""

from __future__ import annotations

from typing import Any

import streamlit as st

from leadloop.dashboard.charts.lines import line_with_band, show_chart
from leadloop.dashboard.escape import in_markdown, one_line
from leadloop.dashboard.markup import Html, join, tag
from leadloop.dashboard.parts.links import link_lead, link_page
from leadloop.dashboard.parts.notices import show_empty
from leadloop.dashboard.parts.score import band_chip, chance, chip, reasons, ring, span, table
from leadloop.dashboard.parts.telling import show_told, telling
from leadloop.dashboard.parts.wording import ago, day, many, minute, signed, value
from leadloop.dashboard.view import View
from leadloop.errors import LeadLoopError
from leadloop.flows.figures.calls import LeadCall, Quote
from leadloop.flows.figures.lead import Lead, PastScore, read_lead
from leadloop.flows.figures.work_list import read_work_list
from leadloop.flows.scoring.what_if import explain_fields
from leadloop.flows.upkeep.telling import NOTE
from leadloop.scoring.counterfactuals import Counterfactual

_SHOWN_FOUND = 12


def show(view: View) -> None:
    """Draw the page."""
    lead_id = st.query_params.get("lead", "") or st.session_state.get("lead", "")
    if not lead_id:
        _find(view)
        return
    st.session_state["lead"] = lead_id
    found = read_lead(view.place, view.playbook, lead_id)
    if found is None:
        st.title("Lead")
        show_empty("Nothing is known of this lead", "It may belong to another playbook, or was erased.")
        _find(view, heading=False)
        return
    score = found.scores[0] if found.scores else None
    _head(view, found, score)
    show_told()
    main, side = st.columns([1.75, 1], gap="large")
    with side:
        _side(view, found, score)
    with main:
        why, history, calls, known, course = st.tabs(
            ["Why", "History", f"Calls ({len(found.calls)})", "What is known", "Course"]
        )
        with why:
            _why(view, found, score)
        with history:
            _history(found)
        with calls:
            _calls(found)
        with known:
            _known(view, found)
        with course:
            _course(found)


def _find(view: View, *, heading: bool = True) -> None:
    if heading:
        st.title("Lead")
    text = st.text_input(
        "Find a lead",
        placeholder="Company, name, owner, place or identifier …",
        icon=":material/search:",
        key="lead-search",
    )
    found = read_work_list(view.place, view.playbook, search=text.strip(), limit=_SHOWN_FOUND, reasons=0)
    if not found.items:
        show_empty("No lead with a score is like that", "Try fewer words, or the lead's identifier.")
        return
    st.caption(f"{many(found.leads, 'lead')}, the best first" if text.strip() else "The best leads now")
    for item in found.items:
        label = f"{in_markdown(item.name or item.lead_id, 80)} · {item.score:.0f}"
        link_lead(view, item.lead_id, label)


def _head(view: View, lead: Lead, score: PastScore | None) -> None:
    about = [
        one
        for one in (
            lead.company if lead.company != lead.name else "",
            lead.industry,
            f"owner {lead.owner}" if lead.owner else "",
            f"came {ago(lead.came_at)}",
        )
        if one
    ]
    chips = []
    if score:
        step = score.route.replace("_", " ").lower() + (
            f" · {score.priority.replace('_', ' ').lower()}" if score.priority else ""
        )
        chips = [
            band_chip(score.band, view.bands),
            chip(f"next: {step}"),
            chip("not the first choice of scorer", "warn") if score.degraded else None,
        ]
    inside = [
        tag("h1", lead.name or lead.lead_id),
        tag("p", " · ".join(about), cls="ll-facts ll-soft"),
        tag("div", *chips, cls="ll-chips"),
    ]
    if score:
        inside += [
            span(score.probability, score.probability_low, score.probability_high),
            tag(
                "span", chance(score.probability, score.probability_low, score.probability_high), cls="ll-soft ll-small"
            ),
        ]
    st.html(tag("div", ring(score.score, large=True) if score else None, tag("div", *inside), cls="ll-head"))
    with st.container(horizontal=True):
        link_page(view, "work", "Work list", "arrow_back")
        link_page(view, "what-if", "What if …", "tune", lead=lead.lead_id)


def _side(view: View, lead: Lead, score: PastScore | None) -> None:
    with st.container(border=True):
        st.subheader("Tell what you know")
        telling(view, lead.lead_id, score.score if score else None)
    if lead.beside:
        with st.container(border=True):
            st.subheader("Same company or person")
            for other in lead.beside[:8]:
                link_lead(view, other, in_markdown(other, 60))
    if lead.arms:
        with st.container(border=True):
            st.subheader("In experiments")
            st.html(tag("ul", *(tag("li", f"{test}: {arm}, since {day(at)}") for test, arm, at in lead.arms)))


def _why(view: View, lead: Lead, score: PastScore | None) -> None:
    if score is None:
        show_empty(
            "No score yet", "It is scored by a worker, or by `leadloop serve` when somebody asks.", "leadloop worker"
        )
        return
    start = (
        f"The average lead has {score.starts_at:.1f} points; what is special about this one takes it to {score.score:.1f}."
        if score.starts_at is not None
        else ""
    )
    st.html(
        tag(
            "p", f"Scored {minute(score.at)} by {score.model_version} ({score.method}). {start}", cls="ll-soft ll-small"
        )
    )
    if score.reasons:
        st.html(reasons(score.reasons))
    else:
        st.caption("It was scored without reasons.")
    if len(score.targets) > 1:
        rows = [
            (
                one.target.replace("_", " "),
                f"{one.score:.0f}",
                chance(one.probability, one.probability_low, one.probability_high),
            )
            for one in score.targets
        ]
        st.html(table(["Target", "Own score", "Chance"], rows, numbers=(1,), about="What is predicted of this lead"))
    _raise(view, lead)


@st.fragment
def _raise(view: View, lead: Lead) -> None:
    st.subheader("What would raise it")
    if view.trained is None or not lead.fields:
        st.caption("No version is in service that could tell.")
        return
    try:
        found = explain_fields(view.trained, _scorable(view, lead))
    except LeadLoopError as error:
        st.caption(f"It cannot be told: {in_markdown(error.problems[0].what)}")
        return
    if not found.actionable:
        text = "The playbook marks no field as something that somebody can change (actionable = true)."
        names = [tag("code", name) for name in found.possible[:4]]
        st.html(
            tag("p", text, " It could, as in ", *_commas(names), ".", cls="ll-soft ll-small")
            if names
            else tag("p", text, cls="ll-soft ll-small")
        )
        return
    if not found.counterfactuals:
        st.caption("Nothing that can be changed would raise it by a point or more.")
        return
    now = found.card.score
    lines = []
    for one in found.counterfactuals[:6]:
        lines.append(
            tag("li", tag("span", describe(one)), tag("span", f"{now:.0f} → {one.score:.0f}", cls="ll-points up"))
        )
    st.html(tag("ul", *lines, cls="ll-brief", style="flex-direction:column"))


def _commas(parts: list[Html]) -> list[object]:
    return [each for place, part in enumerate(parts) for each in ((", ", part) if place else (part,))]


def describe(one: Counterfactual) -> str:
    """A counterfactual in words."""
    *others, last = (change.says for change in one.changes)
    said = f"{', '.join(others)} and {last}" if others else last
    return one_line(f"with {said}" + (f", into {one.band}" if one.next_band else ""))


def _scorable(view: View, lead: Lead) -> dict[str, Any]:
    """The fields of a lead that scoring reads."""
    assert view.trained is not None
    playbook = view.trained.playbook
    known = playbook.scoring_schema.by_name
    fields = {name: given for name, given in lead.fields.items() if name in known}
    return {**fields, playbook.lead_id: lead.lead_id} if playbook.lead_id in known else fields


def _history(lead: Lead) -> None:
    if not lead.scores:
        show_empty("No score yet", "Every score it gets stands here, with what moved it.")
        return
    points = [{"at": one.at.isoformat(), "score": one.score} for one in reversed(lead.scores)]
    if len(points) > 1:
        about = f"The scores of this lead from {day(lead.scores[-1].at)} to {day(lead.scores[0].at)}"
        show_chart(line_with_band(points, "at", "score", title="score", height=180), about)
    for place, one in enumerate(lead.scores):
        with st.container(border=True):
            st.html(_past(one))
            if one.moved:
                with st.expander(f"What moved it by {signed(one.change or 0)}", expanded=place == 0):
                    st.html(reasons(one.moved, most=8))
                    if abs(one.start_moved) >= 0.05:
                        st.caption(
                            f"The start moved by {signed(one.start_moved)}: another version learned from other leads."
                        )
    if lead.more_scores:
        st.caption("It had more scores before; `leadloop store export` has them all.")


def _past(one: PastScore) -> Html:
    marks = [
        chip("another version", "warn") if one.other_version else None,
        chip("another policy", "warn") if one.other_policy else None,
        chip(f"arm {one.arm}") if one.arm else None,
    ]
    moved = (
        tag("span", f" {signed(one.change)}", cls=f"ll-points {'up' if one.change > 0 else 'down'}")
        if one.change
        else None
    )
    return join(
        [
            tag(
                "div",
                tag("b", f"{one.score:.1f}"),
                moved,
                chip(one.band),
                chip(one.route.replace("_", " ").lower()),
                *marks,
                cls="ll-chips",
            ),
            tag(
                "p",
                f"{minute(one.at)} · {one.model_version} · {chance(one.probability, one.probability_low, one.probability_high)}",
                cls="ll-facts ll-soft ll-small",
            ),
        ]
    )


def _calls(lead: Lead) -> None:
    if not lead.calls:
        show_empty("No calls", "Calls come in by `leadloop sync`, or as notes with the lead.", "leadloop sync fellow")
        return
    for call in lead.calls:
        with st.container(border=True):
            st.html(_call(call))


def _call(call: LeadCall) -> Html:
    facts = [minute(call.at) if call.at else "", f"{call.minutes:.0f} min" if call.minutes else "", call.source]
    mood = f"mood {call.sentiment:.1f} of 10" if call.sentiment is not None else ""
    following = {True: "next meeting set", False: "no next meeting", None: ""}[call.next_meeting]
    parts: list[object] = [
        tag("h3", call.title or "Call", style="margin:0;padding:0;font-size:1.05rem"),
        tag("p", " · ".join(one for one in (*facts, mood, following) if one), cls="ll-facts ll-soft ll-small"),
        tag(
            "div",
            *(chip(f"▲ {one}") for one in call.towards),
            *(chip(f"▼ {one}", "warn") for one in call.against),
            cls="ll-chips",
        ),
    ]
    parts += [_quote(one) for one in call.quotes]
    if call.next_steps:
        parts.append(tag("p", tag("b", "Agreed: "), "; ".join(call.next_steps), cls="ll-small"))
    return join(parts)


def _quote(one: Quote) -> Html:
    kind = {True: "up", False: "down", None: ""}[one.towards]
    sign = {True: "speaks for it: ", False: "speaks against it: ", None: ""}[one.towards]
    told = f"{sign}{one.about}" + (f" · {one.speaker}" if one.speaker else "")
    return tag("blockquote", tag("span", f"“{one.text}”"), tag("footer", told), cls=f"ll-quote {kind}".strip())


def _known(view: View, lead: Lead) -> None:
    del view
    if not lead.kept:
        st.caption("It is not kept as a lead; this is what was known when it was last scored.")
    lines: list[object] = []
    for name, given in lead.fields.items():
        if given in (None, ""):
            continue
        looked_up = chip("looked up") if name in lead.enriched else None
        lines += [tag("dt", name.replace("_", " ")), tag("dd", value(given), " " if looked_up else None, looked_up)]
    st.html(tag("dl", *lines, cls="ll-fields"))
    changed = [one for one in lead.versions if one.changes]
    if len(lead.versions) > 1:
        st.subheader("What changed when")
        for one in changed[:20]:
            rows = [(each.field, value(each.before), value(each.after)) for each in one.changes]
            with st.expander(
                f"{minute(one.at)} · {in_markdown(one.source, 60)}" + (" · holds now" if one.holds else "")
            ):
                st.html(table(["Field", "before", "since"], rows, about="Changes of this version"))


def _course(lead: Lead) -> None:
    told: list[tuple[Any, Html]] = []
    for one in lead.outcomes:
        ended = {1.0: "reached", 0.0: "not reached"}.get(one.value, value(one.value))
        text = f"{one.target.replace('_', ' ')}: {ended}"
        told.append((one.at, join([tag("b", text), f" · {one.source}" if one.source else ""])))
    for each in lead.feedback:
        said = each.feedback
        text = {"rate": f"rated {said.user_rating:.0f}" if said.user_rating is not None else "rated"}.get(
            said.action_type, said.action_type
        )
        reached = {True: ", reached", False: ", not reached", None: ""}[said.contact_successful]
        told.append((each.created_at, join([tag("b", f"{text}{reached}"), f" · {said.feedback_source}"])))
    for event in lead.events:
        details = dict(event.details)
        if event.name == NOTE:
            text = join(
                [
                    tag("b", f"Note on {details.get('about', '')}: "),
                    f"“{details.get('reason', '')}”",
                    f" · {details.get('who', '')}",
                ]
            )
        else:
            rest = ", ".join(f"{name} {value(given)}" for name, given in list(details.items())[:6])
            text = join([tag("b", event.name.replace("_", " ")), f" · {rest}" if rest else ""])
        told.append((event.at, text))
    for score in lead.scores:
        told.append((score.at, join(["scored ", tag("b", f"{score.score:.0f}"), f", {score.band}"])))
    told.append((lead.came_at, join([tag("b", "came in")])))
    lines = [
        tag("li", text, tag("div", minute(at), cls="ll-soft ll-small"))
        for at, text in sorted(told, key=lambda one: one[0], reverse=True)
    ]
    st.html(tag("ul", *lines[:80], cls="ll-time"))
