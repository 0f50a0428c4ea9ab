"""What a file of leads should make one doubt, before anything is learned from it: values nobody reads, leads that repeat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from leadloop.flows.place.playbook_folder import PlaybookFolder
from leadloop.ingest.tables import open_table
from leadloop.learning.outcome_values import describe_unnamed, list_values
from leadloop.playbook import Playbook

_SHOWN = 3


def doubt_file(found: PlaybookFolder, data: Path) -> tuple[tuple[str, str], ...]:
    """What a person should look at in a file that has every column declared: the place in the playbook, and what is doubtful.

    Values of an outcome that the playbook names neither as won nor as lost nor as open, and identifiers that repeat. The file
    is read once, and only these columns of it. Cells that cannot be read are not told here: training lists them.
    """
    playbook = found.playbook
    named = [target.column for target in playbook.targets if target.positive] + [playbook.lead_id]
    table = open_table(data)
    present = playbook.schema.locate(table.columns)
    schema = playbook.schema.only(name for name in named if name and name in present).without_requirements()
    if not schema.fields:
        return ()
    parts = [schema.read(batch.cells, batch.lines).leads.data for batch, _ in table.batches()]
    cells = pl.concat(parts) if parts else pl.DataFrame()
    return (*_unnamed(playbook, cells), *_repeated(playbook, cells))


def _unnamed(playbook: Playbook, cells: pl.DataFrame) -> Iterator[tuple[str, str]]:
    for target in playbook.targets:
        if target.positive and target.column in cells.columns:
            said = describe_unnamed(target, list_values(target, cells[target.column]))
            if said:
                yield f"targets.{target.name}", said


def _repeated(playbook: Playbook, cells: pl.DataFrame) -> Iterator[tuple[str, str]]:
    name = playbook.lead_id
    if name not in cells.columns:
        return
    counted = cells[name].drop_nulls().to_frame("id").group_by("id").len("rows").filter(pl.col("rows") > 1).sort("id")
    if counted.height:
        more = int(counted["rows"].sum()) - counted.height
        shown = ", ".join(f"“{value}”" for value in counted["id"].head(_SHOWN).cast(pl.String))
        said = f"{more:,} rows repeat the id of another row, such as {shown}"
        said = f"{said}; of rows that are alike in every field training keeps one"
        yield (
            "lead_id",
            f"{said}, the others stay: name a field that is different in each lead, or leave such rows out of the file",
        )
