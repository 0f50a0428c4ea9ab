"""Run LeadLoop as `python -m leadloop`, the same as the command `leadloop`."""

from leadloop.cli import main

if __name__ == "__main__":
    main()
