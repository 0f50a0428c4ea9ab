"""Train: from a playbook and a file of past leads to a saved version with its report.

Nothing is registered until everything is done: a training that fails or is interrupted leaves no version behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from leadloop.errors import DependencyMissing, LeadLoopError, NotEnoughOutcomes, Problem, StoreConflict, StoreError
from leadloop.features import FeatureSet
from leadloop.flows.mlflow_server import MlflowServer, find_server
from leadloop.flows.past.importing import Imported
from leadloop.flows.past.past_leads import read_past_leads
from leadloop.flows.past.split_targets import TargetPart, audit_targets, divide_targets
from leadloop.flows.place.duration import read_seconds
from leadloop.flows.place.playbook_folder import PlaybookFolder, read_playbook
from leadloop.flows.place.stopwatch import Stopwatch, Tick
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.training.field_points import field_points
from leadloop.flows.training.given_settings import with_settings
from leadloop.flows.training.kept_test import FILE as KEPT_TEST
from leadloop.flows.training.kept_test import pack_test_leads
from leadloop.flows.training.learned_targets import LearnedTarget, learn_targets, make_version
from leadloop.flows.training.on_dask import on_dask
from leadloop.flows.training.reference_file import FILE as REFERENCE
from leadloop.flows.training.reference_file import make_reference, reference_file
from leadloop.flows.training.targets_report import Beside, report_targets
from leadloop.flows.training.times_and_amounts import add_times_and_amounts, require_amounts, require_followed
from leadloop.flows.training.training_report import baselines
from leadloop.flows.training.trial_keeper import TrialKeeper
from leadloop.flows.training.version_record import describe_version, hash_configuration, name_version
from leadloop.leads import Field, LeadFrame
from leadloop.learning.evaluation import Champion, difference_interval, log_loss, surely_less
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage import PartsApart, compare_parts
from leadloop.learning.report.chapters import chapter_pictures
from leadloop.learning.report.page import render_html
from leadloop.learning.report.pictures import picture_files
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.text import render_markdown
from leadloop.learning.splits import Split
from leadloop.learning.training import require_learners
from leadloop.playbook import Playbook
from leadloop.registry import ModelVersion
from leadloop.registry.artefacts import make_probe, pack
from leadloop.scoring import TrainedPlaybook
from leadloop.scoring.trained import target_columns

if TYPE_CHECKING:
    from leadloop.flows.mlflow_run import MlflowRun
    from leadloop.store import PromotionRecord

BUDGET_VARIABLE = "LEADLOOP_BUDGET"

_PROBE_LEADS = 2_000
_NEEDED = (
    ("sklearn", ("scikit-learn",)),
    ("lightgbm", ("lightgbm",)),
    ("xgboost", ("xgboost-cpu", "xgboost")),
    ("catboost", ("catboost",)),
    ("lifelines", ("lifelines",)),
    ("imblearn", ("imbalanced-learn",)),
    ("optuna", ("optuna",)),
    ("onnx", ("onnx",)),
)


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
    are settings of `[training]`, in place of the playbook's for this once. `made_by` is noted as who
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
    found = _with_effort(read_playbook(playbook), trials, time_budget)
    if validation_split is not None or params:
        given = with_settings(found.playbook.training, validation_split, params or {})
        found = replace(found, playbook=replace(found.playbook, training=given))
    require_learners(found.playbook)
    server = find_server(found.playbook.name)
    place.registry.versions(found.playbook.name)  # a damaged version is told now, not after all the work
    past = read_past_leads(found, data, outcomes=outcomes, events=events, place=place, tick=watch)
    found, imported, fields = past.found, past.imported, past.fields
    try:
        parts = divide_targets(found, imported)
    except NotEnoughOutcomes as few:
        raise NotEnoughOutcomes(found.playbook.name, [*few.problems, _meanwhile(place, found)]) from None
    found = parts.found
    require_followed(found.playbook, parts.main.labelled)
    require_amounts(found.playbook, parts.main.labelled)
    parts = audit_targets(parts, fields, watch)
    configuration = hash_configuration(found)
    keeper = TrialKeeper(place, found.playbook.name, configuration, imported.fingerprint, storage)
    with keeper, on_dask(dask) as elsewhere:
        targets = learn_targets(parts, fields, keeper.storage, watch, elsewhere)
    main = targets[0]
    made_at = place.now()
    identity = name_version(made_at, configuration, imported.fingerprint)
    trained = make_version(parts, targets, identity, watch)
    labelled, split = parts.main.labelled, parts.main.split
    extra = add_times_and_amounts(trained.aimed_at(main.name), main.learned, labelled, split, watch)
    trained = replace(trained, timing=extra.trained.timing, worth=extra.trained.worth)
    watch("scoring the test leads, once")
    beside = {
        target.name: Beside(
            _score_by_champion(place, target.part.playbook, target.part, main=target is main),
            _compare_parts(target.part.labelled, target.part.split, target.learned.features),
            _points_in_service(place, found.playbook.name, "" if target is main else target.name),
        )
        for target in targets
    }
    report = report_targets(trained, targets, parts, imported, beside, extra, made_at)
    watch("writing the report")
    files = {
        **pack(trained, {target.name: _probe(target) for target in targets}),
        KEPT_TEST: pack_test_leads(trained, targets),
        "report.json": json.dumps(report.as_json(), indent=1, ensure_ascii=False, allow_nan=False).encode(),
        "report.html": render_html(report).encode(),
        "report.md": render_markdown(report, pictures=".").encode(),
        REFERENCE: reference_file(make_reference(trained, labelled, split)),
        **{name: _encoded(content) for name, content in {**picture_files(report), **chapter_pictures(report)}.items()},
    }
    watch("saving the version")
    version = place.registry.save(
        describe_version(
            place,
            found,
            trained,
            {target.name: target.learned.contenders for target in targets},
            report,
            configuration,
            made_by or place.who(),
        ),
        files,
    )
    promotion: PromotionRecord | None = None
    not_promoted: LeadLoopError | None = None
    try:
        promotion = _promote(place, version, targets, trained, wanted=promote)
    except (
        StoreError,
        DependencyMissing,
    ) as error:  # hours of work are saved already; a person can promote the version later
        not_promoted = error
    keeper.forget()
    folder = place.registry.folder(version.playbook, version.id)
    result = TrainingResult(version, report, folder, promotion, imported, not_promoted=not_promoted)
    if server:
        watch("logging to MLflow")
        result = _log(place, result, server)
    watch("done")
    return result


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


def _with_effort(found: PlaybookFolder, trials: int | None, time_budget: float | str | None) -> PlaybookFolder:
    """The playbook with other numbers for how hard to search, where they were given."""
    training = found.playbook.training
    seconds = None
    if time_budget is not None:
        seconds = read_seconds(time_budget, "time budget")
    elif said := os.environ.get(BUDGET_VARIABLE):
        seconds = read_seconds(said, BUDGET_VARIABLE)
    chosen = replace(training, trials=trials or training.trials, budget=seconds or training.budget)
    return replace(found, playbook=replace(found.playbook, training=chosen))


def require_learning() -> None:
    problems = []
    for module, packages in _NEEDED:
        if not any(_is_installed(package) for package in packages):
            problems.append(
                Problem(module, "is not installed", "install the training extra: pip install 'leadloop[train]'")
            )
    if problems:
        raise DependencyMissing("training", problems)


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _score_by_champion(place: Workspace, playbook: Playbook, part: TargetPart, *, main: bool) -> Champion | None:
    """What the version in service says of a target's test leads.

    None where there is none, where it reads fields in another way, or where it does not predict this further target.
    """
    serving = place.registry.champion(playbook.name)
    if serving is None:
        return None
    version = place.registry.find(playbook.name, serving)
    trained = place.registry.load(version)
    leads = part.labelled.leads
    for field in trained.schema.fields:
        if field.name not in leads.data.columns or _bare(leads.schema[field.name]) != _bare(field):
            return None
    if part.name in trained.models:
        column = target_columns(trained, part.name)[0]
    elif main:
        column = "probability"
    else:
        return None
    later = tuple(
        field.name
        for field in trained.schema.fields
        if field.name in playbook.schema and not playbook.schema.is_known(field.name, playbook.scores_at)
    )
    # What the playbook now says is not known yet would be blank on any new lead: to hand it over here would flatter.
    test = leads.take(part.split.test)
    blank = [pl.lit(None, dtype=test.data.schema[name]).alias(name) for name in later]
    said = trained.score_table(LeadFrame(test.schema, test.data.with_columns(blank), test.lines), explain=False)
    return Champion(serving, said[column].to_numpy(), _may_have_seen(version.created_at, playbook, part), later)


def _may_have_seen(made_at: str, playbook: Playbook, part: TargetPart) -> np.ndarray | None:
    """Which test leads came before a version was made, so that it may have learned from them; None where leads have no times."""
    order = playbook.order
    if order is None or order.by != "field" or order.newest == "smallest":
        return None
    came = part.labelled.leads.data[order.field][part.split.test.tolist()]
    if came.dtype != pl.Datetime:
        return None
    made = datetime.strptime(made_at, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - times of leads are UTC without a zone
    seen: np.ndarray = (came <= made).fill_null(True).to_numpy()
    return seen


def _points_in_service(place: Workspace, playbook: str, target: str) -> dict[str, float]:
    """How many score points each field moves leads by in the version in service, as its own report says.

    `target` names a further target; it is empty for the main one.
    """
    serving = place.registry.champion(playbook)
    return field_points(place.registry, playbook, serving, target) if serving else {}


def _bare(field: Field) -> Field:
    return replace(field, guess=(), use=True, required=False, known_at="", actionable=False)


def _compare_parts(labelled: Labelled, split: Split, features: FeatureSet) -> PartsApart | None:
    """How well old leads can be told from new ones by the fields that the models read."""
    kinds = {field.name: field.type for field in labelled.leads.schema.fields if field.name in features.reads}
    train, test = (labelled.leads.take(part).data.select(list(kinds)) for part in (split.train, split.test))
    return compare_parts(train, test, kinds) if kinds else None


def _promote(
    place: Workspace,
    version: ModelVersion,
    targets: Sequence[LearnedTarget],
    trained: TrainedPlaybook,
    *,
    wanted: bool | None,
) -> PromotionRecord | None:
    """Put the version in service where that was asked for, or where it is the first and beats its baselines.

    With several targets it has to beat them in the main one, and in every one that counts in the score. Of two first versions
    that are ready at the same time, the one that comes second waits for a person, as any later one does.
    """
    if wanted is False or (wanted is None and place.registry.champion(version.playbook)):
        return None
    evidence: dict[str, Any] = {"AUC": dict(version.metrics["AUC"]), "log-loss": dict(version.metrics["log-loss"])}
    why = "asked for when it was trained"
    if wanted is None:
        for target in targets:
            main = target is targets[0]
            if not main and target.name not in trained.playbook.weights:
                continue
            found, better = _beats_baselines(target, trained.aimed_at(target.name))
            opening = "" if main else f"{target.name}: "
            evidence |= {f"{opening}{name}": difference for name, difference in found.items()}
            if not better:
                return None
        why = "the first version; it beats its baselines on the test leads"
    first = "" if wanted is None else None
    try:
        return place.registry.promote(
            version.playbook, version.id, who=place.who(), why=why, evidence=evidence, instead_of=first
        )
    except StoreConflict:
        return None


def _beats_baselines(target: LearnedTarget, trained: TrainedPlaybook) -> tuple[dict[str, Any], bool]:
    """How far log-loss on the test leads differs from each baseline's, and whether all are beaten; stops at one that is not."""
    labelled, split = target.part.labelled, target.part.split
    test, positive = labelled.leads.take(split.test), labelled.positive[split.test]
    ours = trained.score_table(test, explain=False)["probability"].to_numpy()
    beside = baselines(target.learned, labelled, split, test)
    seed = trained.playbook.training.seed
    groups = None if labelled.groups is None else labelled.groups[split.test]
    evidence: dict[str, Any] = {}
    for name in [name for name in beside if name != "majority"]:
        difference = difference_interval(positive, ours, beside[name], log_loss, seed=seed, groups=groups)
        evidence[f"log-loss against {name}"] = difference
        if not surely_less(difference):
            return evidence, False
    return evidence, True


def _probe(target: LearnedTarget) -> np.ndarray:
    past = target.part.training.leads
    return make_probe(target.learned.features.matrix(past[-_PROBE_LEADS:].data))


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
