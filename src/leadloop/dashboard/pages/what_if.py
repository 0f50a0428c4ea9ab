"""To be drawn."""

import streamlit as st
from leadloop.dashboard.view import View


def show(view: View) -> None:
    st.write(".")
