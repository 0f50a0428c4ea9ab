"""Processes of one server end with the first of them, whatever became of it: else they would go on answering unseen.

A first process that is killed cannot tell its children, and they hold the port, so that no other server can start there.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import threading
import time
from pathlib import Path

_GRACE_SECONDS = 35.0
"""How long what is being answered may still take: a little longer than the server itself waits."""
NAME = "leadloop serve"
"""What `ps` and `pgrep` call a process that answers; at most 15 signs on Linux."""


def end_with_parent(measures: str | None = None) -> None:
    """Watch the process that started this one, and end once it is gone; `measures` is a folder of its own, which goes then too.

    Does nothing in a process that no other of the server started.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()  # returns at once when it is gone: the system closes its end of a pipe
        if measures is not None:
            shutil.rmtree(measures, ignore_errors=True)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end with parent").start()


def take_name() -> None:
    """Be called what this is in lists of processes (Linux): its command line speaks of Python's multiprocessing only."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(NAME, encoding="ascii")
