"""Leads as each target sees them: with its outcomes, its own open leads, split for all targets at one moment, and audited.

Everything that can be wrong with any target is found here, before anything is learned from any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from leadloop.errors import NotEnoughOutcomes, Problem
from leadloop.flows.past.importing import Imported
from leadloop.flows.past.labelled import label
from leadloop.flows.place.playbook_folder import PlaybookFolder
from leadloop.flows.place.stopwatch import Tick
from leadloop.leads import Field
from leadloop.learning.labelled import Labelled
from leadloop.learning.labels import OneOutcome
from leadloop.learning.leakage import Finding
from leadloop.learning.leakage.gate import audit_training_part, require_rulings
from leadloop.learning.splits import Split, split_alike, split_leads
from leadloop.learning.training import require_enough
from leadloop.playbook import Playbook

FEWEST_IN_PART = 10
"""With fewer won or fewer lost leads than this on one side of the split, a further target is not trained."""


@dataclass(frozen=True)
class TargetPart:
    """The leads of one target: `playbook` is the playbook aimed at it."""

    playbook: Playbook
    labelled: Labelled
    split: Split
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """The target's name."""
        return self.playbook.target.name

    @property
    def training(self) -> Labelled:
        """The training leads, with what was known when the test began."""
        return self.labelled.take(self.split.train).known_by(self.split.starts)


@dataclass(frozen=True)
class Parts:
    """The leads of every target, the main one first; `left_out` says why optional targets are missing.

    `found` is the playbook's folder without these.
    """

    found: PlaybookFolder
    targets: tuple[TargetPart, ...]
    left_out: Mapping[str, str]

    @property
    def main(self) -> TargetPart:
        """The leads of the main target."""
        return self.targets[0]


def divide_targets(found: PlaybookFolder, imported: Imported, *, waiting: bool = True) -> Parts:
    """Label the leads for each target and split them at one moment.

    Leads that had not ended when the test leads began to come are left out of the training part, as one would have had to do
    without them then; without `waiting` they are learned from.
    Raises DataError where outcomes cannot be read, and NotEnoughOutcomes naming every target that has too few of them and is
    not optional.
    """
    playbook = found.playbook
    labelled = label(playbook, imported.leads, found.label_of(playbook.target.name), waiting=waiting)
    problems: list[Problem] = []
    try:
        require_enough(playbook, labelled.positive)
    except NotEnoughOutcomes as few:
        problems += few.problems
    training = playbook.training
    main = TargetPart(playbook, labelled, split_leads(labelled, test_share=training.test_share, seed=training.seed))
    if not problems:
        problems += _few_in_parts(labelled, main.split, 1, _sorted_cure(playbook))
    parts, left_out = [main], {}
    for target in playbook.more_targets:
        try:
            parts.append(_divide_alike(found, imported, target.name, main, waiting))
        except NotEnoughOutcomes as few:
            if target.optional:
                left_out[target.name] = "; ".join(problem.what for problem in few.problems)
            else:
                problems += [_of_target(problem, target.name) for problem in few.problems]
    if problems:
        raise NotEnoughOutcomes(playbook.name, problems)
    if left_out:
        bare = playbook.without_targets(left_out)
        found = replace(found, playbook=bare)
        parts = [replace(part, playbook=bare.aimed_at(part.name)) for part in parts]
    return Parts(found, tuple(parts), left_out)


def _of_target(problem: Problem, name: str) -> Problem:
    mend = f"{problem.mend}, or " if problem.mend else ""
    return Problem(f"targets.{name}", problem.what, f"{mend}set optional = true there to train without it")


def _divide_alike(found: PlaybookFolder, imported: Imported, name: str, main: TargetPart, waiting: bool) -> TargetPart:
    playbook = found.playbook.aimed_at(name)
    try:
        labelled = label(playbook, imported.leads, found.label_of(name), waiting=waiting)
    except OneOutcome as error:
        # Nobody has won (or lost) yet: for a target that may be missing that is no mistake of the file.
        if not playbook.target.optional:
            raise
        raise NotEnoughOutcomes(playbook.name, error.problems) from None
    require_enough(playbook, labelled.positive)
    split = split_alike(labelled, main.labelled, main.split, seed=playbook.training.seed)
    cure = "the parts are those of the main target: bring leads on which both outcomes are known"
    if problems := _few_in_parts(labelled, split, FEWEST_IN_PART, cure):
        raise NotEnoughOutcomes(playbook.name, problems)
    return TargetPart(playbook, labelled, split)


def _few_in_parts(labelled: Labelled, split: Split, fewest: int, cure: str) -> list[Problem]:
    """A problem for each part that has fewer won, or fewer lost leads than that."""
    problems = []
    for part, places in (("training", split.train), ("test", split.test)):
        won = labelled.won[places]
        for kind, count in (("won", int(won.sum())), ("lost", int((1 - won).sum()))):
            if count < fewest:
                said = f"not enough outcomes: {count:,} of {fewest} {kind} leads in the {part} part"
                problems.append(Problem("outcomes", said, cure))
    return problems


def _sorted_cure(playbook: Playbook) -> str:
    """What to do where the newest leads all ended alike."""
    if playbook.order is None:
        return "bring more leads of both outcomes"
    by = "the rows of the file" if playbook.order.by == "rows" else f"“{playbook.order.field}”"
    return (
        f"the newest leads by {by} are the test: where that is no order in time, as in a file that is sorted by its outcome, "
        "name another field under [order] or take it out; else bring newer leads of both outcomes"
    )


def audit_targets(parts: Parts, fields: Sequence[Field], tick: Tick = lambda stage: None) -> Parts:
    """The parts with what the leakage audit finds for each target.

    Raises LeakageError for everything that it blocks, for any target, and that nobody has ruled on.
    """
    audited = []
    for part in parts.targets:
        tick("auditing for leakage")
        findings = audit_training_part(part.playbook, part.labelled, part.split, fields)
        audited.append(replace(part, findings=findings))
    require_rulings(parts.found.playbook, fields, {part.name: part.findings for part in audited})
    return replace(parts, targets=tuple(audited))
