"""Where the public data sets are, if they are anywhere: LEADLOOP_DATA, else a folder beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def find_data(name: str) -> Path | None:
    """The file of this name, or None where it is not on this machine."""
    named = os.environ.get("LEADLOOP_DATA")
    path = (Path(named) if named else BESIDE) / name
    return path if path.is_file() else None


def why_absent(name: str) -> str:
    """What to say when a file is not there."""
    return f"{name} is not here; put it into a folder and name that in LEADLOOP_DATA (docs/benchmarks.md says where it is from)"
