"""What Streamlit runs whenever a page is drawn."""

from leadloop.dashboard.frame import show

if __name__ == "__main__":  # as Streamlit runs it, and not where somebody only looks at it
    show()
