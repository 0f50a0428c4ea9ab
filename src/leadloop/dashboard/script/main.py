"""What Streamlit runs whenever a page is drawn."""

from leadloop.dashboard.frame import show

show()
