"""The battery: a playbook and a sample of its leads, held to every promise."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from leadloop.errors import LeadLoopError, PlaybookError, Problem
from leadloop.flows.mlflow_server import VARIABLE as MLFLOW
from leadloop.flows.past.importing import read_leads
from leadloop.flows.past.labelled import label
from leadloop.flows.past.past_leads import needed_fields
from leadloop.flows.place.playbook_folder import PlaybookFolder, read_playbook
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.scoring.score import load
from leadloop.flows.training.train import train
from leadloop.learning.labelled import Labelled
from leadloop.learning.labels import OneOutcome
from leadloop.testing import promises
from leadloop.testing.promises import Trained

_DECLARED: Mapping[str, Callable[[PlaybookFolder], Iterable[Problem]]] = {
    promise.__name__: promise
    for promise in (
        promises.reads_back,
        promises.features_know_nothing_later,
        promises.labels_stand_apart,
        promises.routes_cover_every_score,
        promises.readme_names_every_target,
    )
}
_LEARNED: tuple[Callable[[Trained], Iterable[Problem]], ...] = (
    promises.trains_in_seconds,
    promises.same_seed_same_scores,
    promises.alone_as_in_a_batch,
    promises.unseen_values_are_scored,
    promises.required_fields_are_asked_for,
)
PROMISES: Mapping[str, str] = {
    promise.__name__: (promise.__doc__ or "").strip().splitlines()[0]
    for promise in (*_DECLARED.values(), promises.no_tree_rebuilds_the_label, *_LEARNED)
}
"""Every promise of a playbook: its name, and what it says."""


@dataclass(frozen=True)
class Kept:
    """Whether a playbook keeps a promise."""

    promise: str
    """The promise, as `PROMISES` names it."""
    problems: tuple[Problem, ...]
    """What breaks it; empty where it is kept."""
    untried: str = ""
    """Why it could not be tried; empty where it was."""

    @property
    def holds(self) -> bool:
        """Whether it was tried and is kept."""
        return not self.problems and not self.untried


def check_playbook(
    playbook: Path | str,
    sample: Path | str,
    *,
    outcomes: Path | str | None = None,
    events: Path | str | None = None,
    seconds: float = 120.0,
) -> None:
    """Hold a playbook to everything that every playbook promises; one call makes a whole test.

    `playbook` is a folder or the name of a packaged one; `sample` is a file of past leads with their outcomes, a few
    hundred to a few thousand, on which it is really trained, twice, with the smallest budget; `outcomes` and `events` are the
    separate files of outcomes and of events, where the playbook wants them. Nothing is kept of it.

    Raises PlaybookError with every broken promise, each with where it is, what is wrong and how to mend it.

        from leadloop.testing import check_playbook

        def test_our_playbook_keeps_its_promises():
            check_playbook("playbooks/solar", "tests/some_leads.csv")
    """
    tried = try_playbook(playbook, sample, outcomes=outcomes, events=events, seconds=seconds)
    problems = [problem for kept in tried for problem in kept.problems]
    if problems:
        raise PlaybookError(str(playbook), list(dict.fromkeys(problems)))


def try_playbook(
    playbook: Path | str,
    sample: Path | str,
    *,
    outcomes: Path | str | None = None,
    events: Path | str | None = None,
    seconds: float = 120.0,
    tick: Tick = lambda stage: None,
) -> tuple[Kept, ...]:
    """Try every promise, and say of each whether it is kept. `seconds` is how long training on the sample may take."""
    try:
        found = read_playbook(playbook)
    except PlaybookError as error:
        first = next(iter(PROMISES))
        rest = tuple(Kept(name, (), "the playbook cannot be read") for name in PROMISES if name != first)
        return (Kept(first, error.problems), *rest)
    files = _Files(Path(sample), Path(outcomes) if outcomes else None, Path(events) if events else None)
    kept = [Kept(name, tuple(promise(found))) for name, promise in _DECLARED.items()]
    tick("reading the sample")
    try:
        rebuilt = tuple(
            problem
            for aimed, labelled in _label_each(found, files)
            for problem in promises.no_tree_rebuilds_the_label(aimed, labelled)
        )
        kept.append(Kept(promises.no_tree_rebuilds_the_label.__name__, rebuilt))
    except LeadLoopError as error:
        kept.append(Kept(promises.no_tree_rebuilds_the_label.__name__, (), str(error.problems[0])))
    with TemporaryDirectory(prefix="leadloop-check-") as folder, _without_mlflow():
        try:
            trained = _train(found, files, Path(folder), seconds, tick)
        except LeadLoopError as error:
            first, *others = (promise.__name__ for promise in _LEARNED)
            kept.append(Kept(first, error.problems))
            return (*kept, *(Kept(name, (), "the sample cannot be trained on") for name in others))
    for promise in _LEARNED:
        tick(promise.__name__.replace("_", " "))
        kept.append(Kept(promise.__name__, tuple(promise(trained))))
    return tuple(kept)


@dataclass(frozen=True)
class _Files:
    """The files of a sample."""

    leads: Path
    outcomes: Path | None
    events: Path | None


def _label_each(found: PlaybookFolder, files: _Files) -> Iterator[tuple[PlaybookFolder, Labelled]]:
    """For each target, the playbook aimed at it and the sample with its outcomes."""
    leads = read_leads(
        found.playbook, needed_fields(found), files.leads, files.outcomes, events=files.events, makes=found.makes
    ).leads
    for target in found.playbook.targets:
        aimed = replace(found, playbook=found.playbook.aimed_at(target.name))
        try:
            yield aimed, label(aimed.playbook, leads, found.label_of(target.name))
        except OneOutcome:
            if not target.optional:
                raise


def _train(found: PlaybookFolder, files: _Files, folder: Path, seconds: float, tick: Tick) -> Trained:
    began = time.monotonic()
    versions = []
    took = 0.0
    for number in (1, 2):
        place = folder / str(number)
        tick(f"training, {number} of 2")
        train(
            found.folder,
            files.leads,
            outcomes=files.outcomes,
            events=files.events,
            workspace=place,
            promote=True,
            trials=1,
            time_budget=1.0,
            tick=tick,
        )
        versions.append(load(found.playbook.name, workspace=place))
        took = took or time.monotonic() - began
    # As new leads come: nothing has happened to them yet.
    leads = read_leads(replace(found.playbook, events=None), versions[0].schema, files.leads).leads
    return Trained(found, versions[0], versions[1], leads, took, seconds)


@contextmanager
def _without_mlflow() -> Iterator[None]:
    """Nothing of a check is logged anywhere."""
    address = os.environ.pop(MLFLOW, None)
    try:
        yield
    finally:
        if address is not None:
            os.environ[MLFLOW] = address
