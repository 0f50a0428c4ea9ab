"""Public files of real leads, for the tests that need them."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.public_data import find_data, why_absent


def public_file(name: str) -> Path:
    """The file of this name; a test that asks for one that is not on this machine is skipped, and says why."""
    path = find_data(name)
    if path is None:
        pytest.skip(why_absent(name))
    return path
