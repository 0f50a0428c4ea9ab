"""The training report of a version that was just trained: the test leads are scored here, once."""

from __future__ import annotations

import itertools
import platform
from dataclasses import asdict, replace

import numpy as np

import leadloop
from leadloop.features.feature_set import usable_fields
from leadloop.flows.past.importing import Imported
from leadloop.flows.place.stopwatch import peak_memory_mb
from leadloop.flows.training.beside import Beside
from leadloop.flows.training.learned_targets import LearnedTarget
from leadloop.flows.training.report_notes import (
    describe_judging,
    list_findings,
    list_left_out,
    moment_of,
    summarise_split,
    write_notes,
)
from leadloop.flows.training.times_and_amounts import TimesAndAmounts
from leadloop.flows.training.version_record import library_versions
from leadloop.flows.training.weighing import look_over_everyone
from leadloop.leads import LeadFrame
from leadloop.learning.dependence import follow_fields
from leadloop.learning.evaluation import (
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
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage import PartsApart
from leadloop.learning.outcome_values import find_open_among_lost
from leadloop.learning.report.report import (
    DataSummary,
    Drift,
    LearningCurve,
    MemberLine,
    SegmentLine,
    TrainingReport,
)
from leadloop.learning.splits import Split
from leadloop.learning.summary import describe_intervals, name_telling, rank_fields, summarise_bands
from leadloop.learning.training import Learned
from leadloop.playbook import Playbook
from leadloop.scoring import TrainedPlaybook
from leadloop.scoring.lead_columns import segments_of

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
    target: LearnedTarget,
    imported: Imported,
    beside: Beside,
    made_at: str,
    *,
    beyond: TimesAndAmounts | None = None,
) -> TrainingReport:
    """Score the test leads of a target, at which the version is aimed, and write down what came of it.

    `beside` is what it is held against, `beyond` how good the version's times and amounts are.
    """
    learned, labelled, split, watch = target.learned, target.part.labelled, target.part.split, target.watch
    playbook = trained.playbook
    test, positive = labelled.leads.take(split.test), labelled.positive[split.test]
    scores = trained.score_table(test, explain=False)
    probabilities = scores["probability"].to_numpy()
    groups = None if labelled.groups is None else labelled.groups[split.test]
    watch("measuring quality")
    capacity, seed = playbook.policy.capacity, playbook.training.seed
    baseline = baselines(learned, labelled, split, test)
    measures = evaluate(positive, probabilities, baseline, capacity=capacity, seed=seed, groups=groups)
    importance = rank_fields(trained, test, seed, fold_points=learned.fold_points, before=beside.before)
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
        split=summarise_split(playbook, labelled, split),
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
        findings=list_findings(playbook, usable_fields(playbook), target.part.findings),
        left_out=list_left_out(playbook, learned),
        guesses=playbook.guesses,
        notes=(*write_notes(playbook, imported, learned, measures, split), *over_all),
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
            compare_versions(positive, probabilities, beside.champion, capacity=capacity, seed=seed, groups=groups)
            if beside.champion is not None
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
        drift=_drift(playbook, labelled, split, beside.apart),
        judged=describe_judging(playbook, labelled, learned),
        segments=_segment_lines(trained, learned, test, positive),
        timing=beyond.timing if beyond else None,
        worth=beyond.worth if beyond else None,
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
            len(test), lambda place: moment_of(playbook, labelled, int(split.test[place])), opening=opening
        )
    groups = None if labelled.groups is None else labelled.groups[split.test]
    return evaluate_slices(labelled.positive[split.test], probabilities, itertools.chain(slices, stretches), groups)


def _drift(playbook: Playbook, labelled: Labelled, split: Split, apart: PartsApart | None) -> Drift | None:
    """How often leads were won as time went on, over all that have an outcome; None where nothing tells their order."""
    if labelled.order is None:
        return None
    return Drift(
        over_time=rate_over_time(labelled.positive, lambda place: moment_of(playbook, labelled, place)),
        tested_from=float(split.test.min() / len(labelled.leads)) if split.kind == "time" else None,
        telling=() if apart is None else name_telling(apart),
        auc=None if apart is None else (apart.auc, apart.low, apart.high),
    )


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
