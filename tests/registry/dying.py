"""Saves in processes that are killed (SIGKILL) at one step after another; prints how many steps there were.

Run as `python dying.py FOLDER`: step k dies in the workspace FOLDER/k, just before its k-th touch of the disk.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.registry.versions_for_tests import FILES, FIRST, SECOND, make_version

from leadloop.registry import Registry

TOUCHES = ("open", "os.mkdir", "os.rename", "os.fsync")


def die_at(step: int) -> None:
    """Kill this process just before it touches the disk for the step-th time."""
    count = 0

    def watch(event: str, _: object) -> None:
        nonlocal count
        if event in TOUCHES:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    synced = os.fsync

    def fsync(handle: int) -> None:
        watch("os.fsync", handle)
        synced(handle)

    os.fsync = fsync


def main(folder: Path) -> None:
    for step in range(1, 200):
        registry = Registry(folder / str(step))
        registry.save(make_version(FIRST), FILES)
        child = os.fork()
        if child == 0:
            die_at(step)
            registry.save(make_version(SECOND, "tiny-v1.1.0"), FILES)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            print(step)
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
    raise SystemExit("it never came to an end")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
