"""A worker that shares in a search, as a process of its own that may be stopped and killed.

Processes are forked from one that has loaded all that is needed, so a test with two of them takes no longer than their trials.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection
from typing import Any

from tests.learning.learners_for_tests import make_folds

from leadloop.learning import trials
from leadloop.learning.learners import LogisticLearner
from leadloop.learning.trials import Sharing, Storage
from leadloop.learning.tuning import Budget, search_settings


def work(out: Connection, address: str, wanted: int, slow: int, seconds: float) -> None:
    """Share in a search. Says when it begins a trial, and sleeps in the one that `slow` counts to (0: before it has a slot)."""
    trials.BEAT_SECONDS, trials.DEAD_AFTER_SECONDS = 0.2, 3.0
    begun: list[dict[str, Any]] = []

    def begin(settings: dict[str, Any]) -> None:
        begun.append(settings)
        out.send(len(begun))
        time.sleep(seconds if len(begun) == slow else 0.05)

    class Worker(LogisticLearner):
        def suggest(self, trial: Any, task: Any = None) -> Any:
            settings = super().suggest(trial, task)
            begin(dict(settings))
            return settings

    def dawdle(self: Any, trial: Any) -> None:
        begin({})
        time.sleep(1000)

    if slow == 0:
        trials.Trials._take_slot = dawdle  # type: ignore[method-assign]
    found = search_settings(
        Worker(),
        make_folds(200),
        fading=True,
        seed=7,
        budget=Budget(wanted, 1e6, lambda: 0.0),
        storage=Storage(address, "test", Sharing(time.monotonic, time.sleep)),
    )
    out.send({"settings": found.settings, "margins": found.margins.tolist(), "trials": found.trials, "begun": begun})


class Worker:
    """A process that shares in a search."""

    def __init__(self, address: str, wanted: int, slow: int = -1, seconds: float = 0.0) -> None:
        processes = multiprocessing.get_context("forkserver")
        processes.set_forkserver_preload([__name__, "sklearn.linear_model", "optuna", "sqlalchemy", "psycopg"])
        self.heard, said = processes.Pipe(duplex=False)
        self.process = processes.Process(target=work, args=(said, address, wanted, slow, seconds), daemon=True)
        self.process.start()
        said.close()

    def wait_until_it_begins(self, number: int) -> None:
        while self.heard.recv() != number:
            pass

    def send(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.process.join()
        assert self.process.exitcode == -signal.SIGKILL

    def report(self) -> dict[str, Any]:
        while not isinstance(told := self.heard.recv(), dict):
            pass
        self.process.join()
        assert self.process.exitcode == 0
        return told
