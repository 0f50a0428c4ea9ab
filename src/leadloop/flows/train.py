"""Train: from a playbook and a file of past leads to a saved version with its report.

Nothing is registered until everything is done: a training that fails or is interrupted leaves no version behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.errors import DependencyMissing, LeadLoopError, LeakageError, NotEnoughOutcomes, Problem
from leadloop.features import FeatureSet
from leadloop.features.feature_set import usable_fields
from leadloop.flows.check import require_columns
from leadloop.flows.duration import read_seconds
from leadloop.flows.importing import Imported, read_leads
from leadloop.flows.labelled import label
from leadloop.flows.mlflow_server import MlflowServer, find_server
from leadloop.flows.playbook_folder import PlaybookFolder, read_playbook
from leadloop.flows.stopwatch import Stopwatch, Tick
from leadloop.flows.targets import add_targets, require_amounts, require_followed
from leadloop.flows.training_report import baselines, write_report
from leadloop.flows.trial_keeper import TrialKeeper
from leadloop.flows.version_record import describe_version, hash_configuration, name_version
from leadloop.flows.workspace import Workspace, open_workspace
from leadloop.ingest.tables import open_table
from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.learning.candidates import find_candidates
from leadloop.learning.evaluation import Champion, difference_interval, log_loss
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage import Finding, PartsApart, audit_fields, audit_split, compare_parts
from leadloop.learning.novelty import learn_novelty
from leadloop.learning.report.page import render_html
from leadloop.learning.report.pictures import picture_files
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.text import render_markdown
from leadloop.learning.splits import Split, split_leads
from leadloop.learning.training import Effort, Learned, learn, require_enough, require_learners
from leadloop.learning.tuning import Budget
from leadloop.playbook import Playbook
from leadloop.registry import ModelVersion, Promotion
from leadloop.registry.artefacts import make_probe, pack
from leadloop.scoring import TrainedPlaybook

if TYPE_CHECKING:
    from leadloop.flows.mlflow_run import MlflowRun

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
    promotion: Promotion | None
    """The record of its going into service; None where it did not."""
    imported: Imported
    """The leads as they were read, with the rows that could not be."""
    run: MlflowRun | None = None
    """Where the training was logged; None where LEADLOOP_MLFLOW_URI names no server, or where that failed."""
    not_logged: LeadLoopError | None = None
    """Why it could not be logged, and how to do it later; the version is saved all the same."""


def train(
    playbook: Path | str,
    data: Path | str,
    *,
    outcomes: Path | str | None = None,
    events: Path | str | None = None,
    workspace: Workspace | Path | str | None = None,
    promote: bool | None = None,
    trials: int | None = None,
    time_budget: float | str | None = None,
    storage: str = "",
    tick: Tick = lambda stage: None,
) -> TrainingResult:
    """Train a playbook on a file of past leads, and save the version with its report.

    `outcomes` and `events` are the separate files of outcomes and of events, where the playbook reads them.
    `promote` puts the version in service (True) or does not (False); by default the first version of a playbook is, if it
    beats its baselines on the test leads, and later ones wait for a person. `trials` and `time_budget` (CPU
    seconds, or a text such as "5m") say how hard to search for settings, in place of the playbook's own numbers (and of
    LEADLOOP_BUDGET, the budget for trainings that name none). A training that was killed goes on where it ended when it is
    started again with the same playbook and leads. With `storage` (the address of a database, as SQLAlchemy writes it) its
    trials are kept there and several trainings share them, each ending with the settings that did best of all; which those
    are may then differ from time to time. Where LEADLOOP_MLFLOW_URI names an MLflow server, the training is logged there
    once its version is saved. `tick` is told what is being done.

    Raises PlaybookError, DataError, NotEnoughOutcomes, or LeakageError where a field seems to know the outcome and nobody
    has ruled on it; nothing is saved then.
    """
    require_learning()
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    watch = Stopwatch(tick)
    found = _with_effort(read_playbook(playbook), trials, time_budget)
    require_learners(found.playbook)
    server = find_server(found.playbook.name)
    place.registry.versions(found.playbook.name)  # a damaged version is told now, not after all the work
    source = Path(data)
    require_columns(found, open_table(source).columns, str(source), training=True)
    fields = usable_fields(found.playbook)
    watch("reading leads")
    imported = read_leads(
        found.playbook,
        needed_fields(found),
        source,
        Path(outcomes) if outcomes else None,
        events=Path(events) if events else None,
        makes=found.makes,
        tick=watch,
    )
    labelled = label(found.playbook, imported.leads, found.label)
    try:
        require_enough(found.playbook, labelled.positive)
    except NotEnoughOutcomes as few:
        raise NotEnoughOutcomes(found.playbook.name, [*few.problems, _meanwhile(place, found)]) from None
    require_followed(found.playbook, labelled)
    require_amounts(found.playbook, labelled)
    training = found.playbook.training
    split = split_leads(labelled, test_share=training.test_share, seed=training.seed)
    watch("auditing for leakage")
    findings = audit_training_part(found.playbook, labelled, split, fields)
    require_rulings(found.playbook, fields, findings)
    configuration = hash_configuration(found)
    keeper = TrialKeeper(place, found.playbook.name, configuration, imported.fingerprint, storage)
    with keeper:
        learned = learn(
            found.playbook,
            labelled.take(split.train).known_by(split.starts),
            fields=fields,
            effort=Effort(
                Budget(training.trials, training.budget, watch.cpu),
                keeper.storage,
            ),
            functions=found.functions,
            rules=found.rule_points,
            own_learners=found.learners,
            tick=watch,
        )
    made_at = place.now()
    identity = name_version(made_at, configuration, imported.fingerprint)
    past, reads = labelled.leads.take(split.train), learned.features.reads
    watch("learning what is novel")
    trained = TrainedPlaybook(
        found.playbook,
        learned.features,
        learned.blend,
        identity,
        learned.segments,
        novelty=learn_novelty(
            past,
            [field for field in past.schema.fields if field.name in reads],
            labelled.positive[split.train],
            in_time_order=split.kind == "time",
            groups=None if labelled.groups is None else labelled.groups[split.train],
            seed=found.playbook.training.seed,
        ),
        candidates=find_candidates(found.playbook, past, reads),
    )
    targets = add_targets(trained, learned, labelled, split, watch)
    trained = targets.trained
    watch("scoring the test leads, once")
    report = write_report(
        trained,
        learned,
        imported,
        labelled,
        split,
        findings,
        made_at,
        watch,
        champion=_score_by_champion(place, found.playbook, labelled, split),
        apart=_compare_parts(labelled, split, learned.features),
        timing=targets.timing,
        worth=targets.worth,
        before=_points_in_service(place, found.playbook.name),
    )
    watch("writing the report")
    files = {
        **pack(trained, _probe(learned.features, labelled.leads.take(split.train))),
        "report.json": json.dumps(report.as_json(), indent=1, ensure_ascii=False, allow_nan=False).encode(),
        "report.html": render_html(report).encode(),
        "report.md": render_markdown(report, pictures=".").encode(),
        **{name: _encoded(content) for name, content in picture_files(report).items()},
    }
    watch("saving the version")
    version = place.registry.save(
        describe_version(place, found, trained, learned.contenders, report, configuration), files
    )
    promotion = _promote(place, version, report, split, labelled, learned, trained, wanted=promote)
    keeper.forget()
    folder = place.registry.folder(version.playbook, version.id)
    result = TrainingResult(version, report, folder, promotion, imported)
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


def needed_fields(found: PlaybookFolder) -> LeadSchema:
    """The fields that training reads at all: all but those that are neither used nor needed for anything else.

    A field that is not used may still be read by one of the playbook's `functions`.

    Fields known too late stay in, so that the audit can say what is wrong with them.
    """
    playbook = found.playbook
    target, order = playbook.target, playbook.order.field if playbook.order else ""
    named = {target.column, target.at, target.value, target.confidence, order, playbook.lead_id, playbook.group_by}
    named |= {playbook.outcomes_by, playbook.segment_by, *playbook.schema.required}
    named |= {name for function in found.functions for name in getattr(function, "reads", ())}
    return playbook.schema.only(
        field.name for field in playbook.schema.fields if field.use or field.name in named or target.label
    )


def audit_training_part(
    playbook: Playbook, labelled: Labelled, split: Split, fields: Sequence[Field]
) -> tuple[Finding, ...]:
    """What the leakage audit says of the training leads' fields, and of twins between them and the test leads."""
    target, order = playbook.target, playbook.order.field if playbook.order else ""
    outcome = {target.column, target.at, target.value, target.confidence, order}
    leads = labelled.leads.take(split.train)
    judged = [
        field
        for field in leads.schema.fields
        if field.name not in {*outcome, playbook.lead_id, playbook.outcomes_by} and field.type != "id"
    ]
    return (
        *audit_fields(
            leads.data.select([field.name for field in judged]),
            labelled.won[split.train],
            kinds={field.name: field.type for field in judged},
            order=None if labelled.order is None else labelled.order[split.train],
            outcome_at=leads.data[target.at] if target.at else None,
            seed=playbook.training.seed,
        ),
        *audit_split(
            labelled.leads.data,
            labelled.won,
            split.train,
            split.test,
            kinds={field.name: field.type for field in leads.schema.fields if field.name not in outcome},
            seen=[field.name for field in fields if field.name != order],
            grouped_by=playbook.group_by,
        ),
    )


def _score_by_champion(place: Workspace, playbook: Playbook, labelled: Labelled, split: Split) -> Champion | None:
    """What the version in service says of the test leads; None where there is none, or it reads fields in another way."""
    serving = place.registry.champion(playbook.name)
    if serving is None:
        return None
    trained = place.registry.load(place.registry.find(playbook.name, serving))
    leads = labelled.leads
    for field in trained.schema.fields:
        if field.name not in leads.data.columns or _bare(leads.schema[field.name]) != _bare(field):
            return None
    said = trained.score_table(leads.take(split.test), explain=False)
    return Champion(serving, said["probability"].to_numpy())


def _points_in_service(place: Workspace, playbook: str) -> dict[str, float]:
    """How many score points each field moves leads by in the version in service, as its own report says."""
    serving = place.registry.champion(playbook)
    report = place.registry.folder(playbook, serving) / "report.json" if serving else None
    if report is None or not report.is_file():
        return {}
    lines = json.loads(report.read_bytes()).get("importance", [])
    return {line["field"]: line["points"] for line in lines if line.get("points") is not None}


def _bare(field: Field) -> Field:
    return replace(field, guess=(), use=True, required=False, known_at="", actionable=False)


def _compare_parts(labelled: Labelled, split: Split, features: FeatureSet) -> PartsApart | None:
    """How well old leads can be told from new ones by the fields that the models read."""
    kinds = {field.name: field.type for field in labelled.leads.schema.fields if field.name in features.reads}
    train, test = (labelled.leads.take(part).data.select(list(kinds)) for part in (split.train, split.test))
    return compare_parts(train, test, kinds) if kinds else None


def require_rulings(playbook: Playbook, fields: Sequence[Field], findings: Sequence[Finding]) -> None:
    """Raise LeakageError for everything the audit blocks that is to be used although nobody has ruled on it.

    That is a field, or all fields of several that know the outcome only together; twins across the split count in any case.
    """
    used = {field.name for field in fields}
    ruled = {(ruling.field, ruling.finding) for ruling in playbook.rulings}
    blocking = [
        finding
        for finding in findings
        if finding.severity == "blocks"
        and (finding.kind == "twins" or used.issuperset({finding.field, *finding.beside}))
        and (finding.field, finding.kind) not in ruled
    ]
    problems = [
        Problem(
            f"fields.{finding.field}",
            f"{finding.evidence} [{finding.kind}]",
            (finding.cure or f'set known_at = "{playbook.schema.moments[-1]}" to leave it out')
            + f', or rule on it: [[rulings]] field = "{finding.field}", finding = "{finding.kind}", because = "..."',
        )
        for finding in blocking
    ]
    if problems:
        only_twins = all(finding.kind == "twins" for finding in blocking)
        said = "leads of the test are known from training" if only_twins else "these fields seem to know the outcome"
        raise LeakageError(f"{playbook.name}: {said}", problems)


def _promote(
    place: Workspace,
    version: ModelVersion,
    report: TrainingReport,
    split: Split,
    labelled: Labelled,
    learned: Learned,
    trained: TrainedPlaybook,
    *,
    wanted: bool | None,
) -> Promotion | None:
    """Put the version in service where that was asked for, or where it is the first and beats its baselines."""
    if wanted is False or (wanted is None and place.registry.champion(version.playbook)):
        return None
    evidence: dict[str, Any] = {"AUC": dict(version.metrics["AUC"]), "log-loss": dict(version.metrics["log-loss"])}
    why = "asked for when it was trained"
    if wanted is None:
        test, positive = labelled.leads.take(split.test), labelled.positive[split.test]
        ours = trained.score_table(test, explain=False)["probability"].to_numpy()
        beside = baselines(learned, labelled, split, test)
        seed = trained.playbook.training.seed
        groups = None if labelled.groups is None else labelled.groups[split.test]
        for name in beside.keys() - {"majority"}:
            # Smaller log-loss is better: the whole interval of the difference must lie below zero.
            difference = difference_interval(positive, ours, beside[name], log_loss, seed=seed, groups=groups)
            evidence[f"log-loss against {name}"] = difference
            if difference[2] >= 0:
                return None
        why = "the first version; it beats its baselines on the test leads"
    return place.registry.promote(
        version.playbook, version.id, who=place.who(), why=why, at=place.now(), evidence=evidence
    )


def _probe(features: FeatureSet, leads: LeadFrame) -> np.ndarray:
    return make_probe(features.matrix(leads[-_PROBE_LEADS:].data))


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
