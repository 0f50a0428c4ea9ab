"""Promotes two versions in turn, as often as it can in twenty tries; prints how often it did.

Run as `python promoting.py WORKSPACE WHO FIRST SECOND`; it waits for a line on standard input, so that several start at once.
"""

from __future__ import annotations

import sys
from pathlib import Path

from leadloop.errors import VersionError
from leadloop.flows.place.workspace import Workspace


def main(root: str, who: str, *versions: str) -> None:
    registry = Workspace(Path(root)).registry
    done = 0
    print("ready", flush=True)
    sys.stdin.readline()
    for turn in range(20):
        try:
            registry.promote("tiny", versions[turn % 2], who=who, why=f"turn {turn} ✓")
            done += 1
        except VersionError as error:
            if "in service already" not in str(error):
                raise
    print(done)


if __name__ == "__main__":
    main(*sys.argv[1:])
