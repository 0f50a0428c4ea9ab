"""The training part of a file of past leads: read, labelled, split and audited as in a training; the rest is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leadloop.features.feature_set import usable_fields
from leadloop.flows.check import require_columns
from leadloop.flows.importing import read_leads
from leadloop.flows.labelled import label
from leadloop.flows.playbook_folder import PlaybookFolder, read_playbook
from leadloop.flows.stopwatch import Tick
from leadloop.flows.train import audit_training_part, needed_fields, require_learning, require_rulings
from leadloop.ingest.tables import open_table
from leadloop.leads import Field
from leadloop.learning.labelled import Labelled
from leadloop.learning.splits import split_leads
from leadloop.learning.training import require_enough


@dataclass(frozen=True)
class TrainingPart:
    """The leads that a training would learn from, with their outcomes; the test leads are not in it."""

    found: PlaybookFolder
    labelled: Labelled
    fields: tuple[Field, ...]


def read_training_part(
    playbook: Path | str,
    data: Path | str,
    outcomes: Path | str | None = None,
    *,
    events: Path | str | None = None,
    tick: Tick = lambda stage: None,
) -> TrainingPart:
    """Read past leads, and keep the part that training learns from.

    Raises what training raises: PlaybookError, DataError, NotEnoughOutcomes, and LeakageError where a field seems to know
    the outcome and nobody has ruled on it.
    """
    require_learning()
    found = read_playbook(playbook)
    source = Path(data)
    require_columns(found, open_table(source).columns, str(source), training=True)
    fields = usable_fields(found.playbook)
    imported = read_leads(
        found.playbook,
        needed_fields(found),
        source,
        Path(outcomes) if outcomes else None,
        events=Path(events) if events else None,
        makes=found.makes,
        tick=tick,
    )
    labelled = label(found.playbook, imported.leads, found.label)
    require_enough(found.playbook, labelled.positive)
    training = found.playbook.training
    split = split_leads(labelled, test_share=training.test_share, seed=training.seed)
    tick("auditing for leakage")
    require_rulings(found.playbook, fields, audit_training_part(found.playbook, labelled, split, fields))
    return TrainingPart(found, labelled.take(split.train).known_by(split.starts), fields)
