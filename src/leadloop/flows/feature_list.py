"""List features: every column that a playbook's features make, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.features.outline import FeatureOutline, outline_features
from leadloop.flows.place.playbook_folder import PlaybookFolder, read_playbook
from leadloop.ingest.tables import open_table
from leadloop.leads import LeadFrame
from leadloop.playbook import Playbook

SAMPLE = "sample.csv"
"""A file beside a playbook with a few leads to look at; the first one is what examples are computed from."""

_TYPICAL = {
    "number": "3",
    "money": "1200",
    "employees": "50-100",
    "category": "Web",
    "text": "We need 40 seats by June. How much is it?",
    "boolean": "yes",
    "time": "2025-03-04 10:30",
    "email": "ada.lovelace@example.com",
    "phone": "+44 20 7946 0000",
    "url": "https://example.com",
    "id": "L1",
}


@dataclass(frozen=True)
class FeatureList:
    """The features of a playbook, and where their examples come from."""

    playbook: Playbook
    """The playbook."""
    features: tuple[FeatureOutline, ...]
    """Every feature, field by field, then functions, then derived ones and histories."""
    sample: str
    """The file of the lead that examples are computed from; empty where typical values stand in."""


def list_features(playbook: Path | str, data: Path | str | None = None) -> FeatureList:
    """Every feature of a playbook, with an example from the first lead of `data`.

    Without `data` the lead is that of `sample.csv` beside the playbook, or else made of one typical value for each type of
    field. Raises PlaybookError where the playbook is not sound, DataError where the file holds no lead that can be read.
    """
    found = read_playbook(playbook)
    beside = found.folder / SAMPLE
    source = Path(data) if data is not None else beside if beside.is_file() else None
    lead = _first_lead(found, source) if source else _typical_lead(found)
    return FeatureList(
        found.playbook, outline_features(found.playbook, found.functions, lead), str(source) if source else ""
    )


def _first_lead(found: PlaybookFolder, source: Path) -> LeadFrame:
    table = open_table(source)
    reading = None
    for batch, _ in table.batches():
        reading = found.playbook.scoring_schema.read(batch.cells, batch.lines)
        if len(reading.leads):
            return reading.leads[:1]
    why = f"{reading.rejects[0].field} {reading.rejects[0].reason}" if reading and reading.rejects else "it has none"
    raise DataError(str(source), Problem("rows", f"hold no lead that can be read: {why}", "name a file of leads"))


def _typical_lead(found: PlaybookFolder) -> LeadFrame:
    """A lead of typical values; a field with a format of its own, or made from another, has none."""
    schema = found.playbook.scoring_schema
    cells = {
        field.name: [None if field.formats or field.made_from else _TYPICAL[field.type]] for field in schema.fields
    }
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    # Nothing is required of a lead that only shows what features look like.
    return schema.without_requirements().read(frame).leads
