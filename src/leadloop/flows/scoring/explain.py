"""Explain: one lead's score card in full, with what would raise its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import load, read_rows
from leadloop.ingest.batch import Batch
from leadloop.ingest.tables import open_table
from leadloop.leads import LeadFrame, LeadSchema
from leadloop.scoring import ScoreCard, TrainedPlaybook
from leadloop.scoring.counterfactuals import Counterfactual, find_counterfactuals

_BATCH_ROWS = 20_000
_EASIEST = ("phone", "email", "url", "employees", "boolean", "category", "number", "money")


@dataclass(frozen=True)
class Explanation:
    """Everything that is said of one lead: its card, and what would raise its score."""

    card: ScoreCard
    """The score card, with every reason."""
    counterfactuals: tuple[Counterfactual, ...]
    """What would raise the score, changing one to three actionable fields: single changes first."""
    actionable: tuple[str, ...]
    """The fields that could be changed; empty where the version's playbook declares none."""
    possible: tuple[str, ...]
    """Further fields that the playbook could mark so, those first that are easiest to ask for."""
    others: tuple[int, ...]
    """Further lines of the file that hold a lead of the same identifier; the first is the one explained."""
    synthetic: bool
    """Whether the version was trained on synthetic leads."""

    def as_json(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        said = asdict(self)
        del said["card"]["features"]  # numbers for a log, which say nothing to anybody
        return said


def explain(
    playbook: str,
    data: Path | str | Mapping[str, Any],
    *,
    lead: str | None = None,
    line: int | None = None,
    target: str = "",
    version: str = "champion",
    workspace: Workspace | Path | str | None = None,
    allow_missing_columns: bool = False,
    delimiter: str | None = None,
    encoding: str | None = None,
    format: str | None = None,
) -> Explanation:
    """Explain one lead: its score with every reason, whether it is unlike any seen, and what would raise it.

    `data` is a file of leads, of which `lead` names one by its identifier or `line` by its line (as the scored file counts);
    or it is the lead itself, a dictionary with a field each. The score is the one that scoring gives, and the points of the
    reasons add up to it. Where the version predicts several targets, that is the composed score, and `target` asks about the
    own score of one of them, as if it were the only one.

    Raises DataError where there is no such lead, where it cannot be read, or where the file lacks a column that scoring reads
    (unless `allow_missing_columns`); VersionError where no version is in service, or where it does not predict the target.
    """
    trained = load(playbook, version, workspace=workspace)
    if target:
        trained = trained.aimed_at(target)
    if isinstance(data, Mapping):
        return explain_read(trained, read_rows(trained, [data]))
    if (lead is None) == (line is None):
        raise DataError(
            str(data), Problem("lead", "is not told apart", "give either the lead's identifier or its line")
        )
    table = open_table(data, format=format, delimiter=delimiter, encoding=encoding)
    missing = trained.schema.explain_missing(table.columns)
    if missing and not allow_missing_columns:
        raise DataError(table.source, missing)
    identifier = _identifier(trained, table.columns, table.source) if lead is not None else None
    found: tuple[Batch, int] | None = None
    others: list[int] = []
    lines = 0
    for batch, unreadable in table.batches(_BATCH_ROWS):
        if line is not None and (bad := [reject for reject in unreadable if reject.line == line]):
            raise DataError(table.source, [Problem(f"line {line}", reject.reason) for reject in bad])
        lines = max([lines, *batch.lines[-1:].tolist()])
        for row in _matches(batch, identifier, lead, line):
            if found is None:
                found = (batch, row)
            else:
                others.append(int(batch.lines[row]))
        if line is not None and (found or lines > line):
            break
    if found is None:
        raise DataError(table.source, _nowhere(lead, line, trained.playbook.lead_id))
    batch, row = found
    reading = trained.schema.read(batch.cells[row : row + 1], batch.lines[row : row + 1])
    if reading.rejects:
        problems = [
            Problem(f"line {each.line}, {each.field}", f"“{each.value}” {each.reason}") for each in reading.rejects
        ]
        raise DataError(table.source, problems)
    return explain_read(trained, reading.leads, tuple(others))


def explain_read(trained: TrainedPlaybook, lead: LeadFrame, others: tuple[int, ...] = ()) -> Explanation:
    """Everything that is said of the one lead of a frame; `others` are further lines that hold a lead of its identifier."""
    (card,) = trained.score(lead)
    (counterfactuals,) = find_counterfactuals(trained, lead)
    actionable = tuple(field.name for field in trained.candidates.fields) if trained.candidates else ()
    possible = sorted(
        (field for field in trained.schema.fields if field.type in _EASIEST and field.name in trained.reads),
        key=lambda field: _EASIEST.index(field.type),
    )
    return Explanation(
        card,
        counterfactuals,
        actionable,
        tuple(field.name for field in possible if field.name not in actionable),
        others,
        trained.playbook.synthetic,
    )


def _identifier(trained: TrainedPlaybook, columns: Sequence[str], source: str) -> LeadSchema:
    """The schema of the identifier alone."""
    name = trained.playbook.lead_id
    if name not in trained.schema:
        raise DataError(source, Problem("lead", "leads have no identifier in this playbook", "name the line instead"))
    schema = LeadSchema((trained.schema[name],), trained.schema.moments)
    if missing := schema.explain_missing(columns):
        raise DataError(source, missing)
    return schema


def _matches(batch: Batch, identifier: LeadSchema | None, lead: str | None, line: int | None) -> list[int]:
    """The rows of a batch that are meant."""
    if identifier is None:
        return np.flatnonzero(batch.lines == line).tolist()
    reading = identifier.read(batch.cells, batch.lines)
    same = (reading.leads.data.to_series().cast(pl.String) == (lead or "").strip()).fill_null(False).to_numpy()
    return np.flatnonzero(np.isin(batch.lines, reading.leads.lines[same])).tolist()


def _nowhere(lead: str | None, line: int | None, lead_id: str) -> Problem:
    if lead is not None:
        return Problem(f"lead “{lead}”", f"is in no row of “{lead_id}”", "copy the identifier from the file")
    return Problem(
        f"line {line}", "holds no lead", "lines are counted as the scored file counts them, the heading included"
    )
