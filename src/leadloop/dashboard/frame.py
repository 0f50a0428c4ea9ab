"""The frame around every page: who looks, which playbook, and the way to the other pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from leadloop.dashboard.escape import in_markdown
from leadloop.dashboard.pages import (
    data_health,
    experiments,
    feedback,
    governance,
    lead,
    overview,
    performance,
    qualification,
    trends,
    what_if,
    work_list,
)
from leadloop.dashboard.parts.links import PAGES as PAGES_SHOWN
from leadloop.dashboard.parts.notices import show_refusal, show_synthetic
from leadloop.dashboard.parts.style import STYLE
from leadloop.dashboard.person import Person
from leadloop.dashboard.service import running
from leadloop.dashboard.sessions import COOKIE
from leadloop.dashboard.view import View
from leadloop.errors import LeadLoopError
from leadloop.flows.place.packaged import list_packaged
from leadloop.flows.place.workspace import Workspace

_ICON = Path(__file__).with_name("icon.png")
_LOGO = Path(__file__).with_name("logo.svg").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Page:
    path: str
    title: str
    icon: str
    show: Callable[[View], None]
    study: bool = False
    """Whether only those see it who may look at models and measures."""


PAGES = (
    _Page("overview", "Overview", "space_dashboard", overview.show),
    _Page("work", "Work list", "format_list_numbered", work_list.show),
    _Page("lead", "Lead", "person_search", lead.show),
    _Page("what-if", "What if", "tune", what_if.show),
    _Page("trends", "Trends", "trending_up", trends.show, True),
    _Page("qualification", "Qualification", "filter_alt", qualification.show, True),
    _Page("performance", "Model performance", "query_stats", performance.show, True),
    _Page("experiments", "Experiments", "science", experiments.show, True),
    _Page("feedback", "Feedback", "forum", feedback.show, True),
    _Page("data", "Data health", "monitor_heart", data_health.show, True),
    _Page("governance", "Governance", "policy", governance.show, True),
)


def show() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(
        "LeadLoop", str(_ICON), layout="wide", menu_items={"About": "LeadLoop: scores with their evidence."}
    )
    st.html(f"<style>{STYLE}</style>")
    st.logo(_LOGO, size="large", icon_image=str(_ICON))
    service = running()
    caller = service.sessions.who(st.context.cookies.get(COOKIE))
    if caller is None:
        st.title("You are signed out")
        st.write("Your session has ended, or your key was revoked. Load the page again to sign in.")
        st.stop()
    person = Person(caller, service.sessions.ring.name_of(caller))
    names = list_playbooks(service.place)
    with st.sidebar:
        playbook = _choose(names)
        _tell_who(person)
    view = View(service.place, service.settings, person, playbook)
    shown: dict[str, st.Page] = {}
    first = "overview" if person.may_study else "work"
    # The page without a path has no address of its own, so it is none of those that people link to.
    home = st.Page(lambda: _begin(first), title="LeadLoop", default=True, visibility="hidden")
    for page in PAGES:
        if page.study and not person.may_study:
            continue
        drawn = st.Page(
            _drawing(view, page),
            title=page.title,
            icon=f":material/{page.icon}:",
            url_path=page.path,
        )
        shown[page.path] = drawn
    st.session_state[PAGES_SHOWN] = shown
    # In one list: sections would stand in it as what is no item of a list, which those who hear the page stumble over.
    st.navigation([home, *shown.values()], expanded=True).run()


@st.cache_data(ttl=10, show_spinner=False)
def _playbooks(_place: Workspace, root: str) -> list[str]:
    found = list(_place.registry.playbooks())
    if _place.has_store():
        for name in (one.name for one in list_packaged()):
            if name not in found and _place.store.leads.page(name, limit=1).items:
                found.append(name)
    return found


def list_playbooks(place: Workspace) -> list[str]:
    """The playbooks that have a version or leads, by name."""
    try:
        return _playbooks(place, str(place.root))
    except LeadLoopError as error:
        show_refusal(error)
        return []


def _choose(names: list[str]) -> str:
    """The playbook that was chosen: by the address, or in the list."""
    if not names:
        return ""
    asked = st.query_params.get("playbook")
    if asked in names and st.session_state.get("asked") != asked:
        st.session_state["playbook"] = st.session_state["asked"] = asked
    if len(names) == 1:
        st.caption(f"Playbook **{in_markdown(names[0])}**")
        return names[0]
    return st.selectbox("Playbook", names, key="playbook")


def _tell_who(person: Person) -> None:
    if not person.called:
        st.caption("No key was made yet: anybody on this machine sees everything.")
        return
    st.caption(f"Signed in as **{in_markdown(person.called)}** ({person.role})")
    st.html('<a class="ll-out" href="/sign-out" target="_self">Sign out</a>')


def _begin(first: str) -> None:
    st.switch_page(st.session_state[PAGES_SHOWN][first])


def _drawing(view: View, page: _Page) -> Callable[[], None]:
    return lambda: _draw(view, page)


def _draw(view: View, page: _Page) -> None:
    if not view.playbook:
        st.title("Nothing here yet")
        st.write("This workspace has no playbook with a version or with leads. Train one, then load this page again:")
        st.code("leadloop draft leads.csv --target Converted\nleadloop train leads --data leads.csv", language="sh")
        st.write("No data at hand? `leadloop demo` shows all of it on synthetic leads.")
        return
    try:
        if view.synthetic:
            show_synthetic()
        page.show(view)
    except LeadLoopError as error:
        show_refusal(error)
