"""The training report of a version that was just trained: the test leads are scored here, once."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import numpy as np

import leadloop
from leadloop.features import FeatureSet
from leadloop.features.feature_set import usable_fields
from leadloop.flows.importing import Imported
from leadloop.flows.labelled import Labelled
from leadloop.flows.stopwatch import Stopwatch, peak_memory_mb
from leadloop.flows.version_record import library_versions
from leadloop.leads import Field, LeadFrame
from leadloop.learning.evaluation import Measure, draw_curves, evaluate
from leadloop.learning.leakage import Finding
from leadloop.learning.report.report import (
    DataSummary,
    FindingLine,
    LeftOut,
    MemberLine,
    Part,
    SplitSummary,
    TrainingReport,
)
from leadloop.learning.splits import Split
from leadloop.learning.summary import describe_intervals, rank_fields, summarise_bands
from leadloop.learning.training import Learned
from leadloop.playbook import Playbook
from leadloop.scoring import TrainedPlaybook


def write_report(
    trained: TrainedPlaybook,
    learned: Learned,
    imported: Imported,
    labelled: Labelled,
    split: Split,
    findings: Sequence[Finding],
    made_at: str,
    watch: Stopwatch,
) -> TrainingReport:
    """Score the test leads and write down what came of it."""
    playbook = trained.playbook
    test, positive = labelled.leads.take(split.test), labelled.positive[split.test]
    scores = trained.score_table(test, explain=False)
    probabilities = scores["probability"].to_numpy()
    groups = None if labelled.groups is None else labelled.groups[split.test]
    watch("measuring quality")
    measures = evaluate(
        positive,
        probabilities,
        baselines(learned, labelled, split, test),
        capacity=playbook.policy.capacity,
        seed=playbook.training.seed,
        groups=groups,
    )
    importance = rank_fields(trained, test, playbook.training.seed)
    return TrainingReport(
        playbook=playbook.name,
        target=playbook.target.name,
        version=trained.version,
        made_at=made_at,
        synthetic=playbook.synthetic,
        data=DataSummary(
            imported.sources,
            imported.fingerprint,
            imported.rows,
            len({reject.line for reject in imported.rejects}),
            labelled.open,
            len(labelled.leads),
            int(labelled.positive.sum()),
        ),
        split=_summarise_split(playbook, labelled, split),
        capacity=playbook.policy.capacity,
        measures=measures,
        curves=draw_curves(positive, probabilities),
        members=tuple(
            MemberLine(
                contender.name,
                contender.weight,
                contender.auc,
                contender.log_loss,
                watch.learner_cpu(contender.name),
                ", ".join(f"{name} {value}" for name, value in contender.settings.items()),
            )
            for contender in learned.contenders
        ),
        calibration=(
            f"Platt scaling ({learned.blend.calibrator.kind}), fitted on training leads that the models had not seen"
        ),
        interval_note=describe_intervals(scores, positive),
        importance=importance,
        bands=summarise_bands(trained, scores, positive),
        findings=_finding_lines(playbook, usable_fields(playbook), findings),
        left_out=_left_out(playbook, learned.features),
        guesses=playbook.guesses,
        notes=_notes(imported, learned, measures, split),
        seconds=watch.totals(),
        peak_memory_mb=peak_memory_mb(),
        environment={
            "LeadLoop": leadloop.__version__,
            "Python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "seed": str(playbook.training.seed),
            **library_versions(),
        },
    )


def baselines(learned: Learned, labelled: Labelled, split: Split, test: LeadFrame) -> dict[str, np.ndarray]:
    """The probabilities that each baseline gives to the test leads: the majority, the prior, and the rules if any."""
    count = len(split.test)
    beside = {
        "majority": np.full(count, float(labelled.positive[split.train].mean() >= 0.5)),
        "prior": np.full(count, learned.prior),
    }
    if learned.rules is not None:
        rules = learned.rules
        beside["rules"] = rules.probabilities(rules.margins(learned.features.matrix(test.data)))
    return beside


def _summarise_split(playbook: Playbook, labelled: Labelled, split: Split) -> SplitSummary:
    def part(places: np.ndarray) -> Part:
        first = last = ""
        if labelled.order is not None and playbook.order is not None:
            if playbook.order.by == "field":
                cells = labelled.leads.data[playbook.order.field][places].drop_nulls()
                first, last = (_spoken(cells[0]), _spoken(cells[-1])) if len(cells) else ("", "")
            else:
                first, last = (f"line {labelled.leads.lines[places[end]]:,}" for end in (0, -1))
        return Part(len(places), int(labelled.positive[places].sum()), first, last)

    share = f"{playbook.training.test_share:.0%}"
    if split.kind == "time":
        by = (
            f"“{playbook.order.field}”"
            if playbook.order and playbook.order.by == "field"
            else "their place in the file"
        )
        how = (
            f"The newest {share} of leads, by {by}, were kept back and scored once, after everything else was decided."
        )
    else:
        how = f"A random {share} of leads was kept back and scored once: nothing in the playbook tells the order of leads."
    if split.dropped:
        how += (
            f" {split.dropped:,} training leads were dropped because their account or person is in the test part too."
        )
    elif split.kind == "random":
        how += " Leads that look exactly alike were kept on the same side."
    return SplitSummary(split.kind, how, part(split.train), part(split.test))


def _finding_lines(playbook: Playbook, fields: Sequence[Field], findings: Sequence[Finding]) -> tuple[FindingLine, ...]:
    used = {field.name for field in fields}
    because = {(ruling.field, ruling.finding): ruling.because for ruling in playbook.rulings}
    return tuple(
        FindingLine(
            finding.field,
            finding.kind,
            finding.severity,
            finding.evidence,
            "used" if finding.field in used else "left out",
            because.get((finding.field, finding.kind), ""),
        )
        for finding in findings
    )


def _left_out(playbook: Playbook, features: FeatureSet) -> tuple[LeftOut, ...]:
    read = {*features.reads, *features.fields}
    target, order = playbook.target, playbook.order.field if playbook.order else ""
    lines = []
    for field in playbook.schema.fields:
        if field.name in read:
            continue
        if field.name in (target.column, target.at):
            reason = "it is the outcome"
        elif field.name == order:
            reason = "it only tells the order of leads"
        elif field.name in (playbook.lead_id, playbook.outcomes_by) or field.type == "id":
            reason = "it only names the lead"
        elif field.name == playbook.group_by:
            reason = "it only names the account or person"
        elif not playbook.schema.is_known(field.name, playbook.scores_at):
            reason = f"it is known only at {field.known_at}; leads are scored at {playbook.scores_at}"
        elif not field.use:
            reason = "the playbook does not use it"
        else:
            reason = "it is the same for every training lead"
        said = next((guess for guess in field.guess if not guess.startswith(f"{field.type}:")), "")
        lines.append(LeftOut(field.name, f"{reason} ({said})" if said else reason))
    return tuple(lines)


def _spoken(value: object) -> str:
    text = f"{value:,.10g}" if isinstance(value, float) else str(value)
    return text.removesuffix(" 00:00:00")


def _notes(imported: Imported, learned: Learned, measures: Sequence[Measure], split: Split) -> tuple[str, ...]:
    notes = list(imported.notes)
    auc = next(measure for measure in measures if measure.name == "AUC")
    if learned.held_out_auc - auc.value > 0.03 and learned.held_out_auc > auc.high:
        notes.append(
            f"On held-out parts of the training leads the AUC was {learned.held_out_auc:.3f}, on the test leads it is "
            f"{auc.value:.3f}: the newest leads are harder or different. Expect the test figure."
        )
    if auc.low <= 0.5:
        notes.append(
            "The interval of the AUC holds 0.5: these scores may be no better than chance. Do not rely on them."
        )
    if auc.value > 0.98:
        notes.append("An AUC above 0.98 is rare in honest lead data. Look for a field that knows the outcome.")
    return tuple(notes)
