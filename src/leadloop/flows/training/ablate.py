"""Ablate: what each family of features, or each field, is worth to held-out leads of the training part."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.training.training_part import read_training_part
from leadloop.learning.ablation import Ablation
from leadloop.learning.ablation import ablate as ablate_leads


@dataclass(frozen=True)
class Ablated:
    """An ablation of a playbook on a file of leads."""

    playbook: str
    """The playbook's name."""
    synthetic: bool
    """Whether the leads are made up."""
    ablation: Ablation
    """The quality with everything, and a line for each family that was left out."""

    def as_json(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return {"playbook": self.playbook, "synthetic": self.synthetic, **asdict(self.ablation)}


def ablate(
    playbook: Path | str,
    data: Path | str,
    *,
    outcomes: Path | str | None = None,
    events: Path | str | None = None,
    target: str = "",
    by_field: bool = False,
    tick: Tick = lambda stage: None,
) -> Ablated:
    """Leave out each family of features in turn (or each field, `by_field`), and see what held-out leads lose.

    Only the training part is looked at: its folds walk forward in time, and the test leads stay unseen. Nothing is saved.
    `target` names one of several targets; by default it is the main one.
    Raises what `train` raises.
    """
    part = read_training_part(playbook, data, outcomes, events=events, target=target, tick=tick)
    found = part.found
    ablation = ablate_leads(
        found.playbook,
        part.labelled,
        fields=part.fields,
        by_field=by_field,
        functions=found.functions,
        rules=tuple(found.rule_points),
        cpu=time.process_time,
        tick=tick,
    )
    return Ablated(found.playbook.name, found.playbook.synthetic, ablation)
