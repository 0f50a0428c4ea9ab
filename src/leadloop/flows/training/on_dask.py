"""Training on a Dask cluster: each learner chooses its settings, and each model is fitted, as a task of its own.

Tasks are the very functions that are called here otherwise, with the same leads and the same seed, so the version is the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import leadloop
from leadloop.features.block import FeatureColumn
from leadloop.flows.place.cluster import connect, require_release
from leadloop.learning.learners import Learner
from leadloop.learning.learners.learner import Examples, Fold, Settings
from leadloop.learning.training import Asked, How
from leadloop.learning.tuning import Budget, Search, search_settings
from leadloop.scoring.members import Member


@dataclass(frozen=True)
class OnDask:
    """Asks the workers of a cluster."""

    client: Any

    def search(
        self, learners: Sequence[Learner], folds: Sequence[Fold], shares: Sequence[float], budget: Budget, how: How
    ) -> list[Search]:
        """Let every learner choose its settings, all at the same time."""
        held = self.client.scatter(tuple(folds), broadcast=True, hash=False)
        told = [(one, share, budget.trials, budget.seconds, how) for one, share in zip(learners, shares, strict=True)]
        tasks = [self._ask(_search, held, *one) if _is_known(one[0]) else None for one in told]
        return [_search(folds, *one) if task is None else task.result() for task, one in zip(tasks, told, strict=True)]

    def fit(self, asked: Sequence[Asked], seed: int) -> list[Member]:
        """Fit models, all at the same time."""
        tasks = [self._ask(_fit, *one, seed) if _is_known(one[0]) else None for one in asked]
        return [_fit(*one, seed) if task is None else task.result() for task, one in zip(tasks, asked, strict=True)]

    def _ask(self, work: Callable[..., Any], *told: Any) -> Any:
        return self.client.submit(_there, work, leadloop.__version__, *told, pure=False)


@contextmanager
def on_dask(address: str) -> Iterator[OnDask | None]:
    """The cluster at an address; None where none is named."""
    if not address:
        yield None
        return
    client = connect(address)
    try:
        yield OnDask(client)
    finally:
        client.close()


def _is_known(learner: Learner) -> bool:
    """Whether a worker has this learner: one that lies beside a playbook is asked here."""
    return type(learner).__module__.startswith("leadloop.")


def _there(work: Callable[..., Any], release: str, *told: Any) -> Any:
    require_release(release)
    return work(*told)


def _search(folds: Sequence[Fold], learner: Learner, share: float, trials: int, seconds: float, how: How) -> Search:
    began = time.process_time()
    budget = Budget(trials, seconds, lambda: time.process_time() - began)
    return search_settings(learner, folds, budget=budget, share=share, fading=how.fading, seed=how.seed)


def _fit(
    learner: Learner, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, seed: int
) -> Member:
    return learner.fit(examples, columns, settings, seed=seed)
