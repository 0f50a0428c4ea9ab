"""Every target learned from its own leads, one after the other, and the version that they make together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from leadloop.flows.past.split_targets import Parts, TargetPart
from leadloop.flows.place.stopwatch import StagesOf, Stopwatch
from leadloop.leads import Field
from leadloop.learning.candidates import find_candidates
from leadloop.learning.composition import Heard, compose_score
from leadloop.learning.novelty import learn_novelty
from leadloop.learning.training import Effort, Elsewhere, Learned, learn
from leadloop.learning.trials import Storage
from leadloop.learning.tuning import Budget
from leadloop.scoring import TargetModel, TrainedPlaybook


@dataclass(frozen=True)
class LearnedTarget:
    """One target with its leads, what was found out about it, and the watch that timed it."""

    part: TargetPart
    learned: Learned
    watch: Stopwatch | StagesOf

    @property
    def name(self) -> str:
        """The target's name."""
        return self.part.name

    @cached_property
    def model(self) -> TargetModel:
        """What predicts it."""
        return TargetModel(self.name, self.learned.features, self.learned.blend, self.learned.segments)


def learn_targets(
    parts: Parts,
    fields: Sequence[Field],
    storage: Storage | None,
    watch: Stopwatch,
    elsewhere: Elsewhere | None = None,
) -> tuple[LearnedTarget, ...]:
    """Learn every target; the budget is shared out among them in equal parts.

    The playbook's rules speak for the main target: only there do they compete and are a baseline. The columns that they make
    are features of every target.
    """
    found, learned = parts.found, []
    training = found.playbook.training
    share = training.budget / len(parts.targets)
    for part in parts.targets:
        main = part is parts.main
        own = watch if main else StagesOf(watch, part.name)
        kept = storage if storage is None or main else replace(storage, study=f"{storage.study}/{part.name}")
        learned.append(
            LearnedTarget(
                part,
                learn(
                    part.playbook,
                    part.training,
                    fields=fields,
                    effort=Effort(Budget(training.trials, share, own.cpu, own.passed), kept, elsewhere),
                    functions=found.functions,
                    rules=found.rule_points if main else None,
                    own_learners=found.learners,
                    tick=own,
                ),
                own,
            )
        )
    return tuple(learned)


def make_version(parts: Parts, targets: Sequence[LearnedTarget], identity: str, watch: Stopwatch) -> TrainedPlaybook:
    """The trained playbook: what predicts each target, how the score is composed, what is novel, and what may be proposed.

    Times and amounts are not in it yet. What is novel is learned from the training leads of the main target.
    """
    playbook, main = parts.found.playbook, targets[0]
    labelled, split = main.part.labelled, main.part.split
    past = labelled.leads.take(split.train)
    reads = tuple(dict.fromkeys(name for target in targets for name in target.learned.features.reads))
    composition = compose_score(
        playbook,
        [
            Heard(target.model, target.part.training.leads, target.learned.held_out)
            for target in targets
            if target.name in playbook.weights
        ],
    )
    watch("learning what is novel")
    return TrainedPlaybook(
        playbook,
        main.learned.features,
        main.learned.blend,
        identity,
        main.learned.segments,
        novelty=learn_novelty(
            past,
            [field for field in past.schema.fields if field.name in reads],
            labelled.positive[split.train],
            in_time_order=split.kind == "time",
            groups=None if labelled.groups is None else labelled.groups[split.train],
            seed=playbook.training.seed,
        ),
        candidates=find_candidates(playbook, past, reads),
        others=tuple(target.model for target in targets[1:]),
        composition=composition,
    )
