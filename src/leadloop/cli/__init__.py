"""The command line: `leadloop`."""

from leadloop.cli.app import main

__all__ = ["main"]
