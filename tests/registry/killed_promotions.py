"""Changes what is in service in processes that are killed (SIGKILL); prints what the next start finds, a line of JSON each.

Run as `python killed_promotions.py steps promote|rollback REGISTRY ADDRESS`: one child after the other dies just before its first
touch of disk or database, before its second, and so on, until one comes to its end. Or as `python killed_promotions.py times
KILLS REGISTRY ADDRESS`: that many children promote and roll back without end, and each dies at some time.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine, event
from tests.registry.versions_for_tests import FIRST, SECOND

from leadloop.registry import Registry
from leadloop.store import Store, open_store


def root() -> Path:
    """The registry that this was told of; read when it is needed, as pytest imports this file too."""
    return Path(sys.argv[3])


def opened() -> tuple[Registry, Store]:
    store = open_store(sys.argv[4], now=lambda: datetime.now(UTC))
    return Registry(root(), lambda: store), store


def prepare(action: str) -> None:
    """Let FIRST serve, and SECOND after it where a rollback comes next."""
    registry, store = opened()
    for version in (FIRST, *([SECOND] if action == "rollback" else [])):
        if registry.champion("tiny") != version:
            registry.promote("tiny", version, who="test", why="before")
    store.close()


def change(registry: Registry, action: str) -> None:
    if action == "promote":
        registry.promote("tiny", SECOND, who="test", why="it is newer — “much”")
    else:
        registry.rollback("tiny", who="test", why="it was better before")


def die_at(step: int) -> None:
    """Kill this process just before its step-th statement, commit, or change of the disk."""
    count = 0

    def touch(*_: object, **__: object) -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(name: str, given: tuple[object, ...]) -> None:
        if name == "os.rename" or (name == "open" and set(str(given[1])) & set("wax+")):
            touch()

    sys.addaudithook(watch)
    synced = os.fsync

    def fsync(handle: int) -> None:
        touch()
        synced(handle)

    os.fsync = fsync
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, touch)


def look() -> dict[str, object]:
    """What a process finds that starts now, with the database and without; every version is loaded and so checked."""
    registry, store = opened()
    alone = Registry(root())
    without = alone.in_service("tiny").version
    assert without is not None
    alone.load(alone.find("tiny", "champion"))
    champion = registry.champion("tiny")
    registry.load(registry.find("tiny", "champion"))
    history = registry.history("tiny")
    alias = store.promotions.alias("tiny", "champion")
    found = {
        "champion": champion,
        "without_database": without,
        "last_change": history[-1].model_version,
        "alias": alias.model_version if alias else None,
        "changes": len(history),
        "audited": store.audit.verify().number,
        "chain": all(one.previous == before.model_version for before, one in pairwise(history)),
    }
    store.close()
    return found


def die_at_every_step(action: str) -> None:
    for step in range(1, 200):
        prepare(action)
        child = os.fork()
        if child == 0:
            registry, _ = opened()
            die_at(step)
            change(registry, action)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        assert ended in (0, -signal.SIGKILL), ended
        print(json.dumps({"step": step, **look()}), flush=True)
        if ended == 0:
            return
    raise SystemExit("it never came to an end")


def die_at_some_time(kills: int) -> None:
    rolls = random.Random(5)
    for number in range(kills):
        prepare("promote")
        child = os.fork()
        if child == 0:
            registry, _ = opened()
            while True:
                for action in ("promote", "rollback"):
                    change(registry, action)
        time.sleep(rolls.uniform(0.05, 0.5))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "the child failed by itself"
        print(json.dumps({"step": number, **look()}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "steps":
        die_at_every_step(sys.argv[2])
    else:
        die_at_some_time(int(sys.argv[2]))
