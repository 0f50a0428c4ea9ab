"""The command line as its own process, away from whatever the terminal of the tests is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "leadloop"]
# What makes programs print colours, or our own command look elsewhere.
_UNWANTED = ("GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS", "NO_COLOR", "TTY_COMPATIBLE", "LEADLOOP_WORKSPACE")


def environment(**more: str) -> Mapping[str, str]:
    """The variables that a command runs with."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", **more}


def leadloop(*words: object, stdin: bytes | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, words)], input=stdin, cwd=cwd, env=environment(), capture_output=True, timeout=120
    )
