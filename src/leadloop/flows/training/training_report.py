"""The training report of a version that was just trained: the test leads are scored here, once."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

import numpy as np

import leadloop
from leadloop.features.feature_set import usable_fields
from leadloop.flows.past.importing import Imported
from leadloop.flows.place.stopwatch import StagesOf, Stopwatch, peak_memory_mb
from leadloop.flows.training.version_record import library_versions
from leadloop.flows.training.weighing import look_over_everyone
from leadloop.leads import Field, LeadFrame
from leadloop.learning.dependence import follow_fields
from leadloop.learning.evaluation import (
    Champion,
    Measure,
    Slice,
    Slices,
    compare_versions,
    decide_at_capacity,
    draw_curves,
    evaluate,
    evaluate_slices,
    log_loss,
    measure_coverage,
    rate_over_time,
    slice_by_fields,
    slice_by_time,
)
from leadloop.learning.evaluation.timing import TimingQuality
from leadloop.learning.evaluation.worth import WorthQuality
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage import Finding, PartsApart
from leadloop.learning.outcome_values import describe_unnamed, find_open_among_lost, list_values
from leadloop.learning.report.report import (
    DataSummary,
    Drift,
    FindingLine,
    LearningCurve,
    LeftOut,
    MemberLine,
    Part,
    SegmentLine,
    SplitSummary,
    TrainingReport,
)
from leadloop.learning.splits import Split
from leadloop.learning.summary import describe_intervals, name_telling, rank_fields, summarise_bands
from leadloop.learning.training import Learned
from leadloop.playbook import Playbook
from leadloop.scoring import TrainedPlaybook
from leadloop.scoring.trained import segments_of

_MOST_POINTS = 100
_CALIBRATORS = {
    "shift": "Platt scaling (the shift alone: there are few outcomes)",
    "slope and shift": "Platt scaling (slope and shift)",
    "slope and moving shift": "Platt scaling with a shift that follows the newest leads (the share of won leads moves)",
    "beta": "beta calibration",
    "isotonic": "isotonic regression, smoothed to rise strictly",
}


def write_report(
    trained: TrainedPlaybook,
    learned: Learned,
    imported: Imported,
    labelled: Labelled,
    split: Split,
    findings: Sequence[Finding],
    made_at: str,
    watch: Stopwatch | StagesOf,
    *,
    champion: Champion | None = None,
    apart: PartsApart | None = None,
    timing: TimingQuality | None = None,
    worth: WorthQuality | None = None,
    before: Mapping[str, float] | None = None,
) -> TrainingReport:
    """Score the test leads and write down what came of it.

    `champion` is the version in service with its probabilities for the same test leads (those of `split.test`, in that
    order), `apart` how well old leads are told from new ones; `timing` and `worth` how good the times and amounts are,
    `before` how many points each field had in the version in service.
    """
    playbook = trained.playbook
    test, positive = labelled.leads.take(split.test), labelled.positive[split.test]
    scores = trained.score_table(test, explain=False)
    probabilities = scores["probability"].to_numpy()
    groups = None if labelled.groups is None else labelled.groups[split.test]
    watch("measuring quality")
    capacity, seed = playbook.policy.capacity, playbook.training.seed
    beside = baselines(learned, labelled, split, test)
    measures = evaluate(positive, probabilities, beside, capacity=capacity, seed=seed, groups=groups)
    importance = rank_fields(trained, test, seed, fold_points=learned.fold_points, before=before)
    watch("following the strongest fields")
    dependence = follow_fields(trained, test, [line.field for line in importance], seed=seed)
    everyone, over_all = look_over_everyone(labelled, split, probabilities, seed=seed)
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
            round(float(labelled.positive.sum())),
            imported.copies,
        ),
        split=_summarise_split(playbook, labelled, split),
        capacity=capacity,
        measures=measures,
        curves=draw_curves(positive, probabilities),
        members=tuple(
            MemberLine(
                contender.name,
                contender.weight,
                contender.auc,
                contender.log_loss,
                watch.learner_cpu(contender.name),
                ", ".join(f"{name} {_rounded(value)}" for name, value in contender.settings.items()),
            )
            for contender in learned.contenders
        ),
        calibration=(
            f"{_CALIBRATORS[learned.blend.calibrator.kind]}, fitted on training leads that the models had not seen"
        ),
        interval_note=describe_intervals(scores, positive),
        importance=importance,
        bands=summarise_bands(trained, scores, positive),
        findings=_finding_lines(playbook, usable_fields(playbook), findings),
        left_out=_left_out(playbook, learned),
        guesses=playbook.guesses,
        notes=(*_notes(playbook, imported, learned, measures, split), *over_all),
        seconds=watch.totals(),
        peak_memory_mb=peak_memory_mb(),
        environment={
            "LeadLoop": leadloop.__version__,
            "Python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "seed": str(seed),
            **library_versions(),
        },
        decision=decide_at_capacity(positive, probabilities, capacity=capacity, seed=seed, groups=groups),
        slices=_slices(playbook, labelled, split, probabilities),
        comparison=(
            compare_versions(positive, probabilities, champion, capacity=capacity, seed=seed, groups=groups)
            if champion is not None
            else None
        ),
        coverage=measure_coverage(
            positive,
            probabilities,
            scores["probability_low"].to_numpy(),
            scores["probability_high"].to_numpy(),
            seed=seed,
        ),
        learning_curves=_learning_curves(learned),
        drift=_drift(playbook, labelled, split, apart),
        judged=_how_judged(playbook, labelled, learned),
        segments=_segment_lines(trained, learned, test, positive),
        timing=timing,
        worth=worth,
        dependence=dependence,
        maybe_open=_maybe_open(playbook, labelled, split),
        everyone=everyone,
    )


def _maybe_open(playbook: Playbook, labelled: Labelled, split: Split) -> tuple[tuple[str, float, float], ...]:
    target = playbook.target
    if split.kind != "time" or target.label or target.column not in labelled.leads.data.columns:
        return ()
    cells = labelled.leads.data[target.column]
    return find_open_among_lost(target, cells[split.train], cells[split.test])


def _rounded(setting: float | int | str) -> str:
    return f"{setting:.3g}" if isinstance(setting, float) else str(setting)


def _how_judged(playbook: Playbook, labelled: Labelled, learned: Learned) -> str:
    """How settings and weights were chosen inside the training leads."""
    training, maturity = playbook.training, labelled.maturity
    kind = training.validation
    if kind == "auto":
        kind = "rolling origin" if labelled.order is not None else "k-fold"
    said = {
        "rolling origin": f"predicting {training.folds} blocks of training leads, each from everything before it",
        "k-fold": f"predicting each of {training.folds} random parts of the training leads from the others",
        "hold-out": f"predicting one part of the training leads (one in {training.folds}) from the rest",
    }[kind]
    text = f"Settings were chosen by {said} ({kind})."
    if maturity is not None and kind != "k-fold":
        text += f" An outcome is known {maturity.gap:g} days after a lead came: " + (
            "what was known earlier counted by the inverse of how likely it was to be known so soon."
            if maturity.weigh
            else "leads that were younger when the predicted ones came were not learned from."
        )
    if labelled.groups is not None and playbook.group_by:
        text += f" Leads of one “{playbook.group_by}” were never on both sides."
    if playbook.target.confidence:
        text += f" Each outcome counted as much as “{playbook.target.confidence}” says."
    how = {
        "weights": "to surprise least, pulled towards equal",
        "stacking": "by stacking: with them, calibrated blends predicted later blocks better",
    }
    return f"{text} The weights of the blend were chosen {how[learned.weighing]}."


def _segment_lines(
    trained: TrainedPlaybook, learned: Learned, test: LeadFrame, positive: np.ndarray
) -> tuple[SegmentLine, ...]:
    """What was decided for each segment, and its test leads by the version as it is and by the model of all leads alone."""
    if not learned.verdicts:
        return ()
    segment_of = segments_of(trained.playbook, test).to_numpy()
    alone = replace(trained, segments={})
    ours, pooled = (one.score_table(test, explain=False)["probability"].to_numpy() for one in (trained, alone))
    lines = []
    for verdict in learned.verdicts:
        here = segment_of == verdict.segment
        losses = [log_loss(positive[here], said[here]) if here.any() else float("nan") for said in (ours, pooled)]
        lines.append(
            SegmentLine(**asdict(verdict), test_leads=int(here.sum()), test_loss=losses[0], test_loss_pooled=losses[1])
        )
    return tuple(lines)


def _learning_curves(learned: Learned) -> tuple[LearningCurve, ...]:
    """Held-out log-loss by rounds of each learner that goes in rounds, thinned to what a picture can show."""
    curves = []
    for contender in learned.contenders:
        if len(contender.curve) < 2:
            continue
        shown = np.unique(np.linspace(0, len(contender.curve) - 1, _MOST_POINTS).round().astype(int))
        # Where it was stopped is always among the points.
        chosen = int(contender.settings.get("rounds", 0))
        if 0 < chosen <= len(contender.curve):
            shown = np.union1d(shown, [chosen - 1])
        curves.append(
            LearningCurve(
                contender.name,
                "trees",
                tuple(float(place + 1) for place in shown),
                tuple(float(contender.curve[place]) for place in shown),
                float(chosen) if chosen else None,
            )
        )
    return tuple(curves)


def _slices(playbook: Playbook, labelled: Labelled, split: Split, probabilities: np.ndarray) -> Slices:
    """How the scores do on leads of each level of each field, with and without a value, and as time goes on."""
    test = labelled.leads.take(split.test)
    stretches: list[Slice] = []
    slices = slice_by_fields(test.data, {field.name: field.type for field in usable_fields(playbook)})
    if split.kind == "time":
        opening = f"{playbook.order.field}: " if playbook.order and playbook.order.by == "field" else ""
        stretches = slice_by_time(
            len(test), lambda place: _moment(playbook, labelled, int(split.test[place])), opening=opening
        )
    groups = None if labelled.groups is None else labelled.groups[split.test]
    return evaluate_slices(labelled.positive[split.test], probabilities, itertools.chain(slices, stretches), groups)


def _drift(playbook: Playbook, labelled: Labelled, split: Split, apart: PartsApart | None) -> Drift | None:
    """How often leads were won as time went on, over all that have an outcome; None where nothing tells their order."""
    if labelled.order is None:
        return None
    return Drift(
        over_time=rate_over_time(labelled.positive, lambda place: _moment(playbook, labelled, place)),
        tested_from=float(split.test.min() / len(labelled.leads)) if split.kind == "time" else None,
        telling=() if apart is None else name_telling(apart),
        auc=None if apart is None else (apart.auc, apart.low, apart.high),
    )


def _moment(playbook: Playbook, labelled: Labelled, place: int) -> str:
    """When a lead came in, as people write it: its day, its number, or its line in the file."""
    if playbook.order is None or playbook.order.by != "field":
        return f"line {labelled.leads.lines[place]:,}"
    value = labelled.leads.data[playbook.order.field][place]
    return "" if value is None else str(value.date()) if isinstance(value, datetime) else _spoken(value)


def baselines(learned: Learned, labelled: Labelled, split: Split, test: LeadFrame) -> dict[str, np.ndarray]:
    """The probabilities that each baseline gives to the test leads: the majority, the prior, and the rules if any."""
    count = len(split.test)
    beside = {
        "majority": np.full(count, float(labelled.positive[split.train].mean() >= 0.5)),
        "prior": np.full(count, learned.prior),
    }
    if learned.rules is not None:
        beside["rules"] = learned.rules.probabilities(learned.features.matrix(test.data))
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
        return Part(len(places), round(float(labelled.positive[places].sum())), first, last)

    share = (
        f"{len(split.test) / len(labelled):.0%}"  # not quite the share asked for: no moment and no group is torn apart
    )
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
    if split.unripe:
        how += f" {split.unripe:,} leads came so shortly before them that their outcome was not known yet; they were left out."
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
            "kept as they are" if finding.kind == "twins" else "used" if finding.field in used else "left out",
            because.get((finding.field, finding.kind), ""),
        )
        for finding in findings
    )


def _left_out(playbook: Playbook, learned: Learned) -> tuple[LeftOut, ...]:
    read = {*learned.features.reads, *learned.features.fields}
    calendar = learned.calendar
    target, order = playbook.target, playbook.order.field if playbook.order else ""
    outcomes = playbook.outcome_columns - {target.confidence}
    lines = []
    for field in playbook.schema.fields:
        if field.name in read:
            continue
        if field.name in outcomes:
            reason = "it is the outcome" + ("" if field.name in target.columns else " of another target")
        elif field.name == order:
            reason = "it only tells the order of leads"
        elif field.name in (playbook.lead_id, playbook.outcomes_by) or field.type == "id":
            reason = "it only names the lead"
        elif field.name == playbook.group_by:
            reason = "it only names the account or person"
        elif not playbook.schema.is_known(field.name, playbook.scores_at):
            reason = f"it is known only at {field.known_at}; leads are scored at {playbook.scores_at}"
        elif field.name in calendar.shares and not calendar.used:
            reason = (
                f"it tells when a lead came in ({calendar.shares[field.name]:.0%} of what differs lies between times); later "
                f"leads are ranked better without such fields (AUC {calendar.auc_without:.3f} against {calendar.auc_with:.3f})"
            )
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


def _notes(
    playbook: Playbook, imported: Imported, learned: Learned, measures: Sequence[Measure], split: Split
) -> tuple[str, ...]:
    notes = list(imported.notes)
    target = playbook.target
    if target.positive and target.column in imported.leads.data.columns:
        unnamed = describe_unnamed(target, list_values(target, imported.leads.data[target.column]))
        notes += [f"“{target.column}”: {unnamed}."] if unnamed else []
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
