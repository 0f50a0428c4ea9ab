"""The training part of a file of past leads: read, labelled, split and audited as in a training; the rest is left alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from leadloop.errors import NotEnoughOutcomes, PlaybookError, Problem
from leadloop.flows.past.past_leads import read_past_leads
from leadloop.flows.past.split_targets import audit_targets, divide_targets
from leadloop.flows.place.playbook_folder import PlaybookFolder, read_playbook
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.training.needs import require_learning
from leadloop.leads import Field
from leadloop.learning.labelled import Labelled
from leadloop.playbook import Playbook


@dataclass(frozen=True)
class TrainingPart:
    """The leads that a training would learn from, with their outcomes; the test leads are not in it."""

    found: PlaybookFolder
    labelled: Labelled
    fields: tuple[Field, ...]


def require_target(playbook: Playbook, target: str) -> None:
    """Raise PlaybookError where a target was named that the playbook does not declare."""
    names = [each.name for each in playbook.targets]
    if target and target not in names:
        problem = Problem("target", f"“{target}” is not declared", f"name one of {', '.join(names)}")
        raise PlaybookError(playbook.name, problem)


def read_training_part(
    playbook: Path | str,
    data: Path | str,
    outcomes: Path | str | None = None,
    *,
    events: Path | str | None = None,
    target: str = "",
    tick: Tick = lambda stage: None,
) -> TrainingPart:
    """Read past leads, and keep the part that training learns from, with the outcomes of a target (the main one).

    The playbook that comes along is aimed at that target.

    Raises what training raises: PlaybookError, DataError, NotEnoughOutcomes, and LeakageError where a field seems to know
    the outcome and nobody has ruled on it.
    """
    require_learning()
    found = read_playbook(playbook)
    require_target(found.playbook, target)
    past = read_past_leads(found, data, outcomes=outcomes, events=events, tick=tick)
    parts = audit_targets(divide_targets(past.found, past.imported), past.fields, tick)
    part = next((part for part in parts.targets if part.name == (target or parts.main.name)), None)
    if part is None:
        raise NotEnoughOutcomes(found.playbook.name, Problem(f"targets.{target}", parts.left_out[target]))
    return TrainingPart(replace(parts.found, playbook=part.playbook), part.training, past.fields)
