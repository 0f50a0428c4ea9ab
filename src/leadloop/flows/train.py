"""Train: from a playbook and a file of past leads to a saved version with its report.

Nothing is registered until everything is done: a training that fails or is interrupted leaves no version behind.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from leadloop.errors import DependencyMissing, LeakageError, Problem
from leadloop.features import FeatureSet
from leadloop.features.feature_set import usable_fields
from leadloop.flows.check import require_columns
from leadloop.flows.importing import Imported, read_leads
from leadloop.flows.labelled import Labelled, label
from leadloop.flows.playbook_folder import read_playbook
from leadloop.flows.stopwatch import Stopwatch, Tick
from leadloop.flows.training_report import baselines, write_report
from leadloop.flows.version_record import describe_version, hash_configuration, name_version
from leadloop.flows.workspace import Workspace, open_workspace
from leadloop.ingest.tables import open_table
from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.learning.evaluation import difference_interval, log_loss
from leadloop.learning.leakage import Finding, audit_fields
from leadloop.learning.report.page import render_html
from leadloop.learning.report.pictures import picture_files
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.text import render_markdown
from leadloop.learning.splits import Split, split_leads
from leadloop.learning.training import Learned, learn, require_enough
from leadloop.playbook import Playbook
from leadloop.registry import ModelVersion, Promotion
from leadloop.registry.artefacts import make_probe, pack
from leadloop.scoring import TrainedPlaybook

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
    promotion: Promotion | None
    """The record of its going into service; None where it did not."""
    imported: Imported
    """The leads as they were read, with the rows that could not be."""


def train(
    playbook: Path | str,
    data: Path | str,
    *,
    outcomes: Path | str | None = None,
    workspace: Workspace | Path | str | None = None,
    promote: bool | None = None,
    tick: Tick = lambda stage: None,
) -> TrainingResult:
    """Train a playbook on a file of past leads, and save the version with its report.

    `promote` puts the version in service (True) or does not (False); by default the first version of a playbook is, if it
    beats its baselines on the test leads, and later ones wait for a person. `tick` is told what is being done.

    Raises PlaybookError, DataError, NotEnoughOutcomes, or LeakageError where a field seems to know the outcome and nobody
    has ruled on it; nothing is saved then.
    """
    _require_learning()
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    watch = Stopwatch(tick)
    found = read_playbook(playbook)
    place.registry.versions(found.playbook.name)  # a damaged version is told now, not after all the work
    source = Path(data)
    require_columns(found, open_table(source).columns, str(source), training=True)
    fields = usable_fields(found.playbook)
    watch("reading leads")
    imported = read_leads(
        found.playbook, _needed(found.playbook), source, Path(outcomes) if outcomes else None, tick=watch
    )
    labelled = label(found.playbook, imported.leads, found.label)
    require_enough(found.playbook, labelled.positive)
    split = split_leads(
        len(labelled.leads),
        labelled.order,
        labelled.positive,
        test_share=found.playbook.training.test_share,
        seed=found.playbook.training.seed,
        groups=labelled.groups,
    )
    watch("auditing for leakage")
    findings = _audit(found.playbook, labelled, split.train)
    _require_rulings(found.playbook, fields, findings)
    learned = learn(
        found.playbook,
        labelled.leads.take(split.train),
        labelled.positive[split.train],
        fields=fields,
        in_time_order=split.kind == "time",
        groups=None if labelled.groups is None else labelled.groups[split.train],
        functions=found.functions,
        rules=found.rule_points,
        tick=watch,
    )
    watch("scoring the test leads, once")
    made_at = place.now()
    configuration = hash_configuration(found)
    identity = name_version(made_at, configuration, imported.fingerprint)
    trained = TrainedPlaybook(found.playbook, learned.features, learned.blend, identity)
    report = write_report(trained, learned, imported, labelled, split, findings, made_at, watch)
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
    watch("done")
    return TrainingResult(version, report, place.registry.folder(version.playbook, version.id), promotion, imported)


def _require_learning() -> None:
    problems = []
    for module, package in (("sklearn", "scikit-learn"), ("lightgbm", "lightgbm"), ("onnx", "onnx")):
        try:
            metadata.version(package)
        except metadata.PackageNotFoundError:
            problems.append(
                Problem(module, "is not installed", "install the training extra: pip install 'leadloop[train]'")
            )
    if problems:
        raise DependencyMissing("training", problems)


def _needed(playbook: Playbook) -> LeadSchema:
    """The fields that training reads at all: all but those that are neither used nor needed for anything else.

    Fields known too late stay in, so that the audit can say what is wrong with them.
    """
    target, order = playbook.target, playbook.order.field if playbook.order else ""
    named = {target.column, target.at, order, playbook.lead_id, playbook.group_by, playbook.outcomes_by}
    fields = tuple(field for field in playbook.schema.fields if field.use or field.name in named or target.label)
    return LeadSchema(fields, playbook.schema.moments)


def _audit(playbook: Playbook, labelled: Labelled, train: np.ndarray) -> tuple[Finding, ...]:
    target, order = playbook.target, playbook.order.field if playbook.order else ""
    apart = {target.column, target.at, order, playbook.lead_id, playbook.outcomes_by}
    leads = labelled.leads.take(train)
    fields = [field for field in leads.schema.fields if field.name not in apart and field.type != "id"]
    return audit_fields(
        leads.data.select([field.name for field in fields]),
        labelled.positive[train],
        kinds={field.name: field.type for field in fields},
        order=None if labelled.order is None else labelled.order[train],
        seed=playbook.training.seed,
    )


def _require_rulings(playbook: Playbook, fields: Sequence[Field], findings: Sequence[Finding]) -> None:
    """Raise LeakageError for every field that is to be used although the audit blocks it and nobody has ruled on it."""
    used = {field.name for field in fields}
    ruled = {(ruling.field, ruling.finding) for ruling in playbook.rulings}
    problems = [
        Problem(
            f"fields.{finding.field}",
            f"{finding.evidence} [{finding.kind}]",
            f'set known_at = "{playbook.schema.moments[-1]}" to leave it out, or rule on it: '
            f'[[rulings]] field = "{finding.field}", finding = "{finding.kind}", because = "..."',
        )
        for finding in findings
        if finding.severity == "blocks" and finding.field in used and (finding.field, finding.kind) not in ruled
    ]
    if problems:
        raise LeakageError(f"{playbook.name}: these fields seem to know the outcome", problems)


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
