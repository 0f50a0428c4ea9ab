"""Runs `leadloop serve` in processes that need not import anything any more: each is a fork of this one, which imported it all.

What a service does when it starts (look into its database, load its versions, listen) it does every time. Imports cost ten times
as much, and hundreds of starts would be an hour of them. An order is a line of JSON: the command's words, where it writes, and
what to add to its environment; or the number of a process to wait for. The answer is the process, or how it ended.
"""

from __future__ import annotations

import json
import os
import sys

import onnxruntime  # noqa: F401  (imported for those that are forked)
import polars  # noqa: F401
import uvicorn  # noqa: F401

import leadloop.api.server
import leadloop.store  # noqa: F401
from leadloop.api import app  # noqa: F401
from leadloop.cli import main


def begin(order: dict[str, object]) -> int:
    """Fork a process that runs a command; in the process itself this never returns."""
    process = os.fork()
    if process:
        return process
    os.setpgid(0, 0)
    told = os.open(str(order["told"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, place in ((0, nothing), (1, told), (2, told)):
        os.dup2(place, number)
    os.environ.update(order["environment"])  # type: ignore[arg-type]
    sys.argv = ["leadloop", *order["words"]]  # type: ignore[misc]
    code = 1
    try:
        main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return 0


if __name__ == "__main__":
    for line in sys.stdin:
        order = json.loads(line)
        waited = "wait" in order
        print(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]) if waited else begin(order), flush=True)
