"""Who scores the batches of a file: this process, several of this machine, or the workers of a Dask cluster.

Whoever it is asks the very same function (`score_batch`) about the very same batches, and what comes back is taken in the order
of the file, so that the output is the same to the last bit. A few batches are on their way at a time, however long it is.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import leadloop
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.cluster import connect, require_release
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.scoring.file_batch import Manner, ScoredBatch, score_batch
from leadloop.ingest.batch import Batch
from leadloop.leads import Reject
from leadloop.registry.artefacts import unpack
from leadloop.scoring import Scorer, TrainedPlaybook

Read = tuple[Batch, list[Reject]]
Hands = Callable[[Iterable[Read]], Iterator[ScoredBatch]]
"""Scores batches, and gives them back in their order."""

AHEAD = 2
"""So many batches for each who scores are on their way at a time."""
LARGEST_CREW = 256
_TRIES = 3
_THREADS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS")


@contextmanager
def find_hands(
    scorer: Scorer,
    manner: Manner,
    workspace: Workspace | Path | str | None,
    *,
    workers: int = 1,
    dask: str = "",
) -> Iterator[Hands]:
    """Who scores with this version: `workers` processes, or the workers of the Dask scheduler at an address.

    Rules are Python of this machine and are asked here, whoever else is there. Raises LeadLoopError where the number is none,
    DependencyMissing where Dask is asked for and not installed.
    """
    if not 1 <= workers <= LARGEST_CREW:
        raise LeadLoopError("workers", Problem(f"{workers}", "is no number of workers", f"give 1 to {LARGEST_CREW}"))
    if workers > 1 and dask:
        raise LeadLoopError("workers", Problem("workers", "are those of Dask", "leave out the number, or the address"))
    if not isinstance(scorer, TrainedPlaybook) or (workers == 1 and not dask):
        yield lambda batches: (score_batch(scorer, *read, manner) for read in batches)
        return
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    registry, name = place.registry, scorer.playbook.name
    version = registry.find(name, scorer.version)
    files = version.read_files(registry.folder(name, version.id))
    with _on_dask(files, version.id, manner, dask) if dask else _processes(files, version.id, manner, workers) as hands:
        yield hands


@contextmanager
def _processes(files: Mapping[str, bytes], version: str, manner: Manner, workers: int) -> Iterator[Hands]:
    """Processes of this machine, each with one thread: together they are as many as there are cores to keep busy."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(files, version, manner)
    )
    try:
        yield lambda batches: _in_turn(batches, AHEAD * workers, lambda read: pool.submit(_score_here, *read))
    except BrokenProcessPool:
        mend = "see whether memory was short, and take fewer workers"
        raise LeadLoopError("workers", Problem("one of them", "ended before its work was done", mend)) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_here: tuple[TrainedPlaybook, Manner] | None = None
"""What a process of the pool was told when it began."""


def _begin(files: Mapping[str, bytes], version: str, manner: Manner) -> None:
    global _here
    _here = unpack(files, version), manner


def _score_here(batch: Batch, unreadable: list[Reject]) -> ScoredBatch:
    assert _here is not None
    return score_batch(_here[0], batch, unreadable, _here[1])


@contextmanager
def _on_dask(files: Mapping[str, bytes], version: str, manner: Manner, address: str) -> Iterator[Hands]:
    """The workers of a Dask cluster, which need LeadLoop of this release installed, and neither workspace nor file."""
    client = connect(address)
    try:
        held = client.scatter(tuple(sorted(files.items())), broadcast=True, hash=False)
        crew = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))

        def ask(read: Read) -> Any:
            sent = client.scatter(read, hash=False)
            told = (sent, held, version, manner, leadloop.__version__)
            return client.submit(score_on_worker, *told, pure=False, retries=_TRIES)

        yield lambda batches: _in_turn(batches, AHEAD * crew, ask)
    finally:
        client.close()


def score_on_worker(
    read: Read, files: tuple[tuple[str, bytes], ...], version: str, manner: Manner, release: str
) -> ScoredBatch:
    """Score a batch on a worker of a cluster; raises LeadLoopError where it has another release of LeadLoop than whoever asks."""
    require_release(release)
    return score_batch(_unpacked(files, version), *read, manner)


@lru_cache(maxsize=2)
def _unpacked(files: tuple[tuple[str, bytes], ...], version: str) -> TrainedPlaybook:
    return unpack(dict(files), version)


def _in_turn(batches: Iterable[Read], ahead: int, ask: Callable[[Read], Any]) -> Iterator[ScoredBatch]:
    """Hand batches out, no more than so many at a time, and give back what came of each in their order."""
    waiting: deque[Any] = deque()
    for read in batches:
        waiting.append(ask(read))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
