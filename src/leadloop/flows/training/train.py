"""Train: from a playbook and a file of past leads to a saved version with its report.

Nothing is registered until everything is done: a training that fails or is interrupted leaves no version behind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.errors import DependencyMissing, LeadLoopError, NotEnoughOutcomes, Problem, StoreError
from leadloop.flows.mlflow_server import MlflowServer, find_server
from leadloop.flows.past.importing import Imported
from leadloop.flows.past.past_leads import leave_out_older, read_past_leads
from leadloop.flows.past.split_targets import Parts, audit_targets, divide_targets
from leadloop.flows.place.playbook_folder import PlaybookFolder, read_playbook
from leadloop.flows.place.stopwatch import Stopwatch, Tick
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.training.beside import hold_beside
from leadloop.flows.training.first_promotion import put_in_service
from leadloop.flows.training.given_settings import with_effort, with_settings
from leadloop.flows.training.kept_test import FILE as KEPT_TEST
from leadloop.flows.training.kept_test import pack_test_leads
from leadloop.flows.training.learned_targets import LearnedTarget, learn_targets, make_version
from leadloop.flows.training.needs import require_learning
from leadloop.flows.training.on_dask import on_dask
from leadloop.flows.training.reference_file import FILE as REFERENCE
from leadloop.flows.training.reference_file import make_reference, reference_file
from leadloop.flows.training.targets_report import report_targets
from leadloop.flows.training.times_and_amounts import add_times_and_amounts, require_amounts, require_followed
from leadloop.flows.training.trial_keeper import TrialKeeper
from leadloop.flows.training.version_record import describe_version, hash_configuration, name_version
from leadloop.flows.training.weighing import keep_explored, weigh
from leadloop.learning.report.chapters import chapter_pictures
from leadloop.learning.report.page import render_html
from leadloop.learning.report.pictures import picture_files
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.text import render_markdown
from leadloop.learning.training import require_learners
from leadloop.registry import ModelVersion
from leadloop.registry.artefacts import make_probe, pack
from leadloop.scoring import TrainedPlaybook

if TYPE_CHECKING:
    from leadloop.flows.mlflow_run import MlflowRun
    from leadloop.store import PromotionRecord

_PROBE_LEADS = 2_000


@dataclass(frozen=True)
class TrainingResult:
    """What a training left: the saved version, its report and folder, and the promotion if it was put in service."""

    version: ModelVersion
    """The version as it was saved."""
    report: TrainingReport
    """How good it is, and what should make one doubt it."""
    folder: Path
    """The version's folder, with `report.html` in it."""
    promotion: PromotionRecord | None
    """The record of its going into service; None where it did not."""
    imported: Imported
    """The leads as they were read, with the rows that could not be."""
    run: MlflowRun | None = None
    """Where the training was logged; None where LEADLOOP_MLFLOW_URI names no server, or where that failed."""
    not_logged: LeadLoopError | None = None
    """Why it could not be logged, and how to do it later; the version is saved all the same."""
    not_promoted: LeadLoopError | None = None
    """Why it could not be put in service although it should be; the version is saved all the same."""


def train(
    playbook: Path | str,
    data: Path | str | None = None,
    *,
    outcomes: Path | str | None = None,
    events: Path | str | None = None,
    workspace: Workspace | Path | str | None = None,
    promote: bool | None = None,
    trials: int | None = None,
    time_budget: float | str | None = None,
    storage: str = "",
    validation_split: float | None = None,
    params: Mapping[str, Any] | None = None,
    since: datetime | None = None,
    made_by: str = "",
    dask: str = "",
    tick: Tick = lambda stage: None,
) -> TrainingResult:
    """Train a playbook on past leads, and save the version with its report.

    `data` is a file of past leads; without it they are those of the workspace's store, each as it was when it was scored, with
    the outcomes (or, where the playbook grades leads by events, the feedback) that came since. `outcomes` and `events` are
    the separate files of outcomes and of events, where the playbook reads them.
    `promote` puts the version in service (True) or does not (False); by default the first version of a playbook is, if it
    beats its baselines on the test leads, and later ones wait for a person. `trials` and `time_budget` (CPU
    seconds, or a text such as "5m") say how hard to search for settings, in place of the playbook's own numbers (and of
    LEADLOOP_BUDGET, the budget for trainings that name none). A training that was killed goes on where it ended when it is
    started again with the same playbook and leads. With `storage` (the address of a database, as SQLAlchemy writes it) its
    trials are kept there and several trainings share them, each ending with the settings that did best of all; which those
    are may then differ from time to time. `validation_split` (0.1 to 0.5) is the newest share of leads to keep back, and `params`
    are settings of `[training]`, in place of the playbook's for this once. With `since`, nothing is learned
    from leads that came before that moment, as the world has changed; what came since counts as soon as it has ended, for there
    is little of it. `made_by` is noted as who
    made the version, by default who runs this. With `dask` (the address of a Dask scheduler) learners choose their settings and
    models are fitted on its workers, all at the same time; the version is the same, and a training that was killed begins anew.
    Where LEADLOOP_MLFLOW_URI names an MLflow
    server, the training is logged there once its version is saved. `tick` is told what is being done.

    Raises PlaybookError, DataError, NotEnoughOutcomes, or LeakageError where a field seems to know the outcome and nobody
    has ruled on it; nothing is saved then.
    """
    require_learning()
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    watch = Stopwatch(tick)
    found = _with_given(read_playbook(playbook), trials, time_budget, validation_split, params)
    require_learners(found.playbook)
    server = find_server(found.playbook.name)
    place.registry.versions(found.playbook.name)  # a damaged version is told now, not after all the work
    past = read_past_leads(found, data, outcomes=outcomes, events=events, place=place, tick=watch)
    if since is not None:
        past = leave_out_older(past, since)
    imported = past.imported
    imported, explored = keep_explored(place, past.found.playbook, imported, stored=data is None)
    divided = _divide(place, past.found, imported, waiting=since is None)
    parts, weighed = weigh(place, divided, imported, explored, stored=data is None)
    imported = replace(imported, notes=(*imported.notes, *weighed))
    found = parts.found
    parts = audit_targets(parts, past.fields, watch)
    configuration = hash_configuration(found)
    keeper = TrialKeeper(place, found.playbook.name, configuration, imported.fingerprint, storage)
    with keeper, on_dask(dask) as elsewhere:
        targets = learn_targets(parts, past.fields, keeper.storage, watch, elsewhere)
    made_at = place.now()
    identity = name_version(made_at, configuration, imported.fingerprint)
    trained, beyond = add_times_and_amounts(make_version(parts, targets, identity, watch), targets[0], watch)
    watch("scoring the test leads, once")
    report = report_targets(trained, targets, parts, imported, hold_beside(place, targets), beyond, made_at)
    watch("writing the report")
    files = _files(trained, targets, report)
    watch("saving the version")
    contenders = {target.name: target.learned.contenders for target in targets}
    record = describe_version(place, found, trained, contenders, report, configuration, made_by or place.who(), since)
    version = place.registry.save(record, files)
    promotion: PromotionRecord | None = None
    not_promoted: LeadLoopError | None = None
    try:
        promotion = put_in_service(place, version, targets, trained, wanted=promote)
    except (StoreError, DependencyMissing) as error:  # hours of work are saved; a person can promote the version later
        not_promoted = error
    keeper.forget()
    folder = place.registry.folder(version.playbook, version.id)
    result = TrainingResult(version, report, folder, promotion, imported, not_promoted=not_promoted)
    if server:
        watch("logging to MLflow")
        result = _log(place, result, server)
    watch("done")
    return result


def _with_given(
    found: PlaybookFolder,
    trials: int | None,
    time_budget: float | str | None,
    validation_split: float | None,
    params: Mapping[str, Any] | None,
) -> PlaybookFolder:
    """The playbook with the settings that were given for this training alone."""
    training = with_effort(found.playbook.training, trials, time_budget)
    if validation_split is not None or params:
        training = with_settings(training, validation_split, params or {})
    return replace(found, playbook=replace(found.playbook, training=training))


def _divide(place: Workspace, found: PlaybookFolder, imported: Imported, *, waiting: bool) -> Parts:
    """The leads of each target in two parts; what cannot be learned from them is refused now, and not after all the work."""
    try:
        parts = divide_targets(found, imported, waiting=waiting)
    except NotEnoughOutcomes as few:
        raise NotEnoughOutcomes(found.playbook.name, [*few.problems, _meanwhile(place, found)]) from None
    require_followed(parts.found.playbook, parts.main.labelled)
    require_amounts(parts.found.playbook, parts.main.labelled)
    return parts


def _files(trained: TrainedPlaybook, targets: Sequence[LearnedTarget], report: TrainingReport) -> dict[str, bytes]:
    """Every file of the version, by its name."""
    main = targets[0].part
    pictures = {**picture_files(report), **chapter_pictures(report)}
    return {
        **pack(trained, {target.name: _probe(target) for target in targets}),
        KEPT_TEST: pack_test_leads(trained, targets),
        "report.json": json.dumps(report.as_json(), indent=1, ensure_ascii=False, allow_nan=False).encode(),
        "report.html": render_html(report).encode(),
        "report.md": render_markdown(report, pictures=".").encode(),
        REFERENCE: reference_file(make_reference(trained, main.labelled, main.split)),
        **{name: _encoded(content) for name, content in pictures.items()},
    }


def _meanwhile(place: Workspace, found: PlaybookFolder) -> Problem:
    """What scores leads until there are enough outcomes."""
    serving = place.registry.champion(found.playbook.name)
    if serving:
        return Problem("scoring", f"goes on with {serving}", "nothing was changed")
    if found.rules:
        how = f"`leadloop score {found.folder} new_leads.csv` scores by them"
        return Problem("scoring", "goes on by the playbook's own rules", how)
    return Problem(
        "scoring",
        "has nothing to go by yet",
        "write rules beside the playbook; they score until there are enough outcomes",
    )


def _log(place: Workspace, result: TrainingResult, server: MlflowServer) -> TrainingResult:
    """Log a version that is saved already: whatever goes wrong there is told, and loses nothing."""
    from leadloop.flows.mlflow_run import log_version

    try:
        return replace(result, run=log_version(place, result.version, server))
    except LeadLoopError as error:
        return replace(result, not_logged=error)


def _probe(target: LearnedTarget) -> np.ndarray:
    past = target.part.training.leads
    return make_probe(target.learned.features.matrix(past[-_PROBE_LEADS:].data))


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
