"""What a page says where there is nothing to show, or something was refused."""

from __future__ import annotations

import streamlit as st

from leadloop.dashboard.escape import one_line
from leadloop.dashboard.markup import join, tag
from leadloop.errors import LeadLoopError, StoreUnavailable


def show_refusal(error: LeadLoopError) -> None:
    """Everything that was wrong, where it is and how to mend it."""
    what = "The store cannot be asked now" if isinstance(error, StoreUnavailable) else "That could not be done"
    lines = [
        tag("li", tag("b", one_line(one.where)), " ", one_line(one.what), f"; {one_line(one.mend)}" if one.mend else "")
        for one in error.problems
    ]
    st.html(tag("div", tag("span", what, cls="kind"), tag("ul", *lines), cls="ll-alert critical", role="alert"))


def show_empty(title: str, text: str, *commands: str) -> None:
    """That there is nothing yet, and what to do about it."""
    with st.container(border=True):
        st.html(join([tag("b", title), tag("p", text, cls="ll-soft")]))
        if commands:
            st.code("\n".join(commands), language="sh")


def show_synthetic() -> None:
    """That what is shown was made up."""
    st.html(
        tag(
            "p", "Synthetic data: these leads, companies and outcomes were made up by a simulated world.", cls="ll-made"
        )
    )
