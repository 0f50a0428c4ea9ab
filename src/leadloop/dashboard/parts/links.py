"""Links to other pages, which keep the playbook that was chosen."""

from __future__ import annotations

import streamlit as st

from leadloop.dashboard.view import View

PAGES = "pages"
"""Where in the session the pages stand that whoever looks may see, by their path."""


def link_lead(view: View, lead_id: str, label: str) -> None:
    """A link to the page of a lead; `label` is Markdown."""
    asked = {"lead": lead_id, "playbook": view.playbook}
    st.page_link(st.session_state[PAGES]["lead"], label=label, icon=":material/person:", query_params=asked)


def link_page(view: View, path: str, label: str, icon: str, **asked: str) -> None:
    """A link to a page, where whoever looks may see it."""
    if found := st.session_state[PAGES].get(path):
        said = {"playbook": view.playbook, **asked}
        st.page_link(found, label=label, icon=f":material/{icon}:", query_params=said)
