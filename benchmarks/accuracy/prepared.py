"""Tables for the other methods: the same leads and the same fields as LeadLoop's, read in the same way.

Numbers stay numbers, yes-or-no becomes a category, a time becomes month, weekday and hour (its place on the calendar only
says when the lead came in). Of a text everyone gets the number of words, and the text itself goes along for the methods
that read text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks.accuracy.protocols import Block, Leads

if TYPE_CHECKING:
    from leadloop.playbook import Playbook

OUTCOME = "won"


@dataclass(frozen=True)
class Tables:
    """Leads to learn from, whose outcomes are in the column `won`, and leads to predict, with the kind of each column.

    `kinds` maps a column to "number", "category" or "text"; columns are called f0, f1 and so on, since some libraries
    stumble over the names that people give.
    """

    train: pl.DataFrame
    test: pl.DataFrame
    kinds: dict[str, str]

    def of(self, kind: str) -> list[str]:
        """The columns of one kind."""
        return [name for name, is_of in self.kinds.items() if is_of == kind]

    @property
    def won(self) -> np.ndarray:
        """1 for each lead to learn from that was won, 0 for the others."""
        return self.train[OUTCOME].to_numpy()


def columns_of(playbook: Playbook, leads: Leads, without: tuple[str, ...] = ()) -> tuple[pl.DataFrame, dict[str, str]]:
    """Every field that the playbook's features may read, as columns of numbers, categories and texts, and their kinds."""
    from leadloop.features.feature_set import usable_fields

    cells = pl.DataFrame(
        {name: [cell or None for cell in leads.column(name)] for name in leads.columns},
        schema=dict.fromkeys(leads.columns, pl.String),
    )
    reading = playbook.scoring_schema.read(cells)
    if reading.rejects:
        raise ValueError(f"{len(reading.rejects)} cells could not be read, such as {reading.rejects[0]}")
    columns: list[tuple[str, pl.Series]] = []
    for field in usable_fields(playbook):
        if field.name in without:
            continue
        values = reading.leads.data[field.name]
        match field.type:
            case "number" | "money":
                columns.append(("number", values))
            case "boolean":
                columns.append(("category", values.cast(pl.String)))
            case "category":
                columns.append(("category", values))
            case "time":
                columns.append(("category", values.dt.month().cast(pl.String)))
                columns.append(("category", values.dt.weekday().cast(pl.String)))
                if (values.dt.hour() > 0).any():
                    columns.append(("number", values.dt.hour().cast(pl.Float64)))
            case "text":
                columns.append(("number", values.str.count_matches(r"\w+").cast(pl.Float64)))
                columns.append(("text", values))
            case other:
                raise ValueError(f"{field.name}: no other method here can be given a field of type {other}")
    names = [f"f{number}" for number in range(len(columns))]
    frame = pl.DataFrame({name: values for name, (_, values) in zip(names, columns, strict=True)})
    return frame, {name: kind for name, (kind, _) in zip(names, columns, strict=True)}


def write_tables(folder: Path, columns: pl.DataFrame, kinds: dict[str, str], won: np.ndarray, block: Block) -> None:
    """Write what one block is learned from and what is to be predicted, without its outcomes, into a folder.

    Columns that are empty in all leads to learn from are left out: nothing can be learned from them, and some libraries
    refuse them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    learned = columns[block.train]
    kinds = {name: kind for name, kind in kinds.items() if learned[name].null_count() < learned.height}
    learned.select(list(kinds)).with_columns(pl.Series(OUTCOME, won[block.train])).write_csv(folder / "train.csv")
    columns[block.test].select(list(kinds)).write_csv(folder / "test.csv")
    (folder / "kinds.json").write_text(json.dumps(kinds), encoding="utf-8")


def read_tables(folder: Path) -> Tables:
    """Read what `write_tables` wrote."""
    kinds = json.loads((folder / "kinds.json").read_text(encoding="utf-8"))
    types: dict[str, type[pl.DataType]] = {
        name: pl.Float64 if kind == "number" else pl.String for name, kind in kinds.items()
    }
    train = pl.read_csv(folder / "train.csv", schema={**types, OUTCOME: pl.Int64})
    return Tables(train, pl.read_csv(folder / "test.csv", schema=types), kinds)
