"""Forms in which people say what became of a lead: its outcome, another score, what they did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import partial

import streamlit as st

from leadloop.dashboard.escape import in_markdown
from leadloop.dashboard.markup import tag
from leadloop.dashboard.parts.notices import show_refusal
from leadloop.dashboard.view import View
from leadloop.errors import LeadLoopError
from leadloop.flows.upkeep.feedback import ACTIONS
from leadloop.flows.upkeep.telling import LONGEST_REASON, override_score, tell_feedback, tell_outcome

_ACTION_NAMES = {
    "view": "I looked at it",
    "contact": "I contacted them",
    "archive": "I put it away",
    "rate": "I rate it",
    "convert": "It converted",
}
TOLD = "told"
"""Where in the session it stands what was told, to be said once on the page that comes next."""


def show_told() -> None:
    """Say once what was just kept."""
    if told := st.session_state.pop(TOLD, ""):
        st.toast(told, icon=":material/check_circle:")
        st.html(tag("p", told, cls="ll-alert", role="status"))


def telling(view: View, lead_id: str, score: float | None) -> None:
    """The three forms, each in a tab; for whoever may not tell, why not."""
    if not view.person.may_tell:
        st.caption("To tell an outcome, sign in with a key of the role `feedback` or `admin`.")
        return
    ended, other, did = st.tabs(["How it ended", "Another score", "What I did"])
    with ended:
        _outcome(view, lead_id)
    with other:
        _override(view, lead_id, score)
    with did:
        _feedback(view, lead_id)


def _outcome(view: View, lead_id: str) -> None:
    targets = view.declared.targets if view.declared else ()
    if not targets:
        st.caption("This playbook is not found here, so nobody knows which outcomes there are.")
        return
    with st.form(f"outcome-{lead_id}", border=False):
        names = {one.name: one for one in targets}
        target = names[st.selectbox("Of what", list(names))] if len(names) > 1 else targets[0]
        value: float | None
        if target.graded:
            value = st.number_input(f"Grade, 0 to {target.top:g}", 0.0, float(target.top), 0.0)
        else:
            reached = st.radio(
                f"{in_markdown(target.name.replace('_', ' '))}?",
                ["reached", "not reached"],
                horizontal=True,
                index=None,
            )
            value = None if reached is None else float(reached == "reached")
        on = st.date_input("When it came about (UTC)", "today", max_value="today")
        reason = st.text_input(
            "Why, in your words", max_chars=LONGEST_REASON, help="Kept with the lead, and gone when it is erased."
        )
        if st.form_submit_button("Keep the outcome", type="primary", icon=":material/flag:"):
            if value is None:
                st.warning("Say whether it was reached.")
                return
            today = datetime.now(UTC)
            at = today if on == today.date() else datetime.combine(on, time(12), UTC)
            said = f"Kept: {target.name.replace('_', ' ')} {'reached' if value else 'not reached'}."
            by = view.person.teller
            tell = partial(tell_outcome, view.place, view.playbook, target, lead_id, value, at)
            _keep(partial(tell, teller=by, reason=reason), said)


def _override(view: View, lead_id: str, score: float | None) -> None:
    if score is None:
        st.caption("This lead has no score yet that could be overridden.")
        return
    with st.form(f"override-{lead_id}", border=False):
        other = st.slider("What its score should be", 0, 100, round(score))
        reason = st.text_area(
            "Why", max_chars=LONGEST_REASON, placeholder="They told me that the budget is approved.", height=90
        )
        st.caption(
            "The score itself stays as it was given; yours stands beside it, and trainings learn from it as from a rating."
        )
        if st.form_submit_button("Override the score", type="primary", icon=":material/edit:"):
            said = f"Kept: your score of {other} beside {score:.0f}."
            tell = partial(override_score, view.place, view.playbook, lead_id, other)
            _keep(partial(tell, teller=view.person.teller, reason=reason), said)


def _feedback(view: View, lead_id: str) -> None:
    with st.form(f"feedback-{lead_id}", border=False):
        actions = [one for one in ACTIONS if one != "rate"]
        action = st.selectbox(
            "What", actions, index=actions.index("contact"), format_func=lambda one: _ACTION_NAMES[one]
        )
        reached = st.segmented_control("Did you reach them?", ["yes", "no"], help="Of a contact only.")
        brought = st.number_input("What it brought", min_value=0.0, value=None, help="Of a conversion only.")
        reason = st.text_input("In your words", max_chars=LONGEST_REASON)
        if st.form_submit_button("Keep it", type="primary", icon=":material/forum:"):
            told = {
                "action_type": action,
                "contact_successful": None if action != "contact" or reached is None else reached == "yes",
                "conversion_value": brought if action == "convert" else None,
            }
            tell = partial(tell_feedback, view.place, view.playbook, lead_id, told)
            _keep(partial(tell, teller=view.person.teller, reason=reason), "Kept what you did.")


def _keep(tell: Callable[[], object], said: str) -> None:
    try:
        tell()
    except LeadLoopError as error:
        show_refusal(error)
        return
    st.session_state[TOLD] = said
    st.rerun()
