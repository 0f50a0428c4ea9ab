"""The report of a version that predicts one thing or several: a report for each target, and how the score does on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from leadloop.flows.past.importing import Imported
from leadloop.flows.past.split_targets import Parts
from leadloop.flows.training.beside import Beside
from leadloop.flows.training.learned_targets import LearnedTarget
from leadloop.flows.training.times_and_amounts import TimesAndAmounts
from leadloop.flows.training.training_report import write_report
from leadloop.learning.evaluation import evaluate
from leadloop.learning.report.report import ComposedScore, OrderLine, TrainingReport
from leadloop.learning.summary import rank_composed_fields, summarise_bands
from leadloop.scoring import TrainedPlaybook
from leadloop.scoring.trained import target_columns

OWN_ORDER = "its own probability"
_OF_ORDER = ("AUC", "lift", "gain", "precision at")


def report_targets(
    trained: TrainedPlaybook,
    targets: Sequence[LearnedTarget],
    parts: Parts,
    imported: Imported,
    beside: Mapping[str, Beside],
    beyond: TimesAndAmounts,
    made_at: str,
) -> TrainingReport:
    """Score the test leads of every target, once, and write down what came of it: the main target first.

    `beside` holds by target what it is held against, `beyond` how well times and amounts are told (of the main target).
    """
    main, *others = [
        write_report(
            trained.aimed_at(target.name),
            target,
            imported,
            beside[target.name],
            made_at,
            beyond=beyond if target is targets[0] else None,
        )
        for target in targets
    ]
    if not others and not parts.left_out:
        return main
    composed = trained.composition is not None
    score = _judge_score(trained, targets) if composed else None
    return replace(
        main,
        own_order=composed,
        bands=dict(score.bands)[main.target] if score else main.bands,
        score=score,
        others=tuple(replace(report, own_order=True, guesses=()) for report in others),
        left_out_targets=tuple(parts.left_out.items()),
    )


def _judge_score(trained: TrainedPlaybook, targets: Sequence[LearnedTarget]) -> ComposedScore:
    """What the composed score comes to on the test leads of each target."""
    composition, playbook = trained.composition, trained.playbook
    assert composition is not None
    bands, lines = [], []
    for target in targets:
        labelled, places = target.part.labelled, target.part.split.test
        leads, positive = labelled.leads.take(places), labelled.positive[places]
        scores = trained.score_table(leads, explain=False)
        chances = {name: scores[target_columns(trained, name)[0]].to_numpy() for name, _ in composition.weights}
        own = scores[target_columns(trained, target.name)[0]].to_numpy()
        bands.append((target.name, summarise_bands(trained, scores.with_columns(probability=pl.Series(own)), positive)))
        measures = evaluate(
            positive,
            composition.means(chances),
            {OWN_ORDER: own},
            capacity=playbook.policy.capacity,
            seed=playbook.training.seed,
            groups=None if labelled.groups is None else labelled.groups[places],
        )
        lines += [
            OrderLine(target.name, measure.name, measure.value, measure.low, measure.high, measure.baselines[OWN_ORDER])
            for measure in measures
            if measure.name.startswith(_OF_ORDER)
        ]
    main = targets[0].part
    tested = main.labelled.leads.take(main.split.test)
    return ComposedScore(
        composition.weights,
        tuple(bands),
        tuple(lines),
        rank_composed_fields(trained, tested, playbook.training.seed),
        _together(targets),
    )


def _together(targets: Sequence[LearnedTarget]) -> tuple[tuple[str, str, float], ...]:
    """How far each two outcomes go together on test leads on which both are known (Pearson's correlation)."""
    found = []
    known = []
    for target in targets:
        labelled, places = target.part.labelled, target.part.split.test
        lines = labelled.leads.lines[places].tolist()
        known.append((target.name, dict(zip(lines, labelled.positive[places].tolist(), strict=True))))
    for place, (first, one) in enumerate(known):
        for second, other in known[place + 1 :]:
            both = [line for line in one if line in other]
            pair = np.array([[one[line] for line in both], [other[line] for line in both]])
            varies = len(both) > 1 and bool(np.all(pair.std(axis=1) > 0))
            found.append((first, second, float(np.corrcoef(pair)[0, 1]) if varies else float("nan")))
    return tuple(found)
