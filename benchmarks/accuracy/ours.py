"""LeadLoop on the very same leads, by the way everyone goes: a drafted playbook, files in, files out.

The playbook is drafted from the whole file of leads, as people do, and changed in two things alone: which share is kept
back, so that it is the protocol's test part, and, where the protocol keeps leads together, which those are. Whether the
test part really was the protocol's is checked by the AUC of the training's own report.

    python -m benchmarks.accuracy.ours FOLDER

trains on the files of a folder, scores the leads to predict and prints what the report says.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks.accuracy.protocols import Block, DataSet, Leads, load_text, write_rows

if TYPE_CHECKING:
    from leadloop.playbook import Playbook

TOGETHER = "kept together"


@dataclass(frozen=True)
class Drafted:
    """A playbook drafted from all leads of a set, and the file of outcomes where there is one."""

    playbook: Playbook
    outcomes: Path | None


def draft(data_set: DataSet, leads: Leads, files: list[Path], folder: Path) -> Drafted:
    """Draft a playbook from all leads of a set, with the defaults."""
    import leadloop

    folder.mkdir(parents=True, exist_ok=True)
    data, outcomes = folder / f"{data_set.name}.csv", None
    write_rows(data, leads.columns, leads.rows)
    if data_set.second_file:
        outcomes = folder / "outcomes.csv"
        outcomes.write_text(load_text(files[1]), encoding="utf-8", newline="")
    drafted = leadloop.draft(
        data, data_set.target, to=folder / "drafted", outcomes=outcomes, on=data_set.second_file, name=data_set.name
    )
    return Drafted(drafted.draft.playbook, outcomes)


def write_files(folder: Path, drafted: Drafted, leads: Leads, block: Block, together: np.ndarray | None) -> None:
    """Write the playbook, the past leads and the leads to predict of one block into a folder.

    The past leads are those to learn from and, since training keeps back a test part by itself, those to predict: the
    newest of a set in order of time, else the largest group of leads that are kept together. All leads to predict are
    made one such group, and the share kept back is set a little below theirs, so that no other lead joins them.
    """
    from leadloop.leads import Field, LeadSchema
    from leadloop.playbook import render_playbook

    playbook = drafted.playbook
    used = np.sort(np.concatenate([block.train, block.test]))
    columns, rows = leads.columns, [leads.rows[row] for row in used]
    share = len(block.test) / len(used)
    if together is not None:
        if playbook.order is not None:
            raise ValueError(f"{playbook.name}: the draft found an order of time where the protocol has none")
        held = set(block.test.tolist())
        columns = (*columns, TOGETHER)
        rows = [
            [*cells, "test" if row in held else f"group {together[row]}"] for row, cells in zip(used, rows, strict=True)
        ]
        share = 1 / (round(1 / share) + 1)
        schema = LeadSchema((*playbook.schema.fields, Field(TOGETHER, "id", "intake")), playbook.schema.moments)
        playbook = replace(playbook, schema=schema, group_by=TOGETHER)
    playbook = replace(playbook, training=replace(playbook.training, test_share=share))
    (folder / "playbook").mkdir(parents=True, exist_ok=True)
    (folder / "playbook" / "playbook.toml").write_text(render_playbook(playbook), encoding="utf-8")
    write_rows(folder / "past.csv", columns, rows)
    if drafted.outcomes is not None:
        (folder / "outcomes.csv").write_bytes(drafted.outcomes.read_bytes())
    hidden = {playbook.target.column} & set(leads.columns)
    shown = [place for place, name in enumerate(leads.columns) if name not in hidden]
    write_rows(
        folder / "new.csv",
        [leads.columns[place] for place in shown],
        [[leads.rows[row][place] for place in shown] for row in block.test],
    )


def read_probabilities(folder: Path) -> np.ndarray:
    """The probability of every lead to predict, in their order."""
    return pl.read_csv(folder / "scores.csv")["probability"].to_numpy()


def main() -> None:
    """Train on the files of one folder, score the leads to predict, and print how the report measured them."""
    import leadloop

    folder = Path(sys.argv[1])
    outcomes = folder / "outcomes.csv"
    trained = leadloop.train(
        folder / "playbook",
        folder / "past.csv",
        outcomes=outcomes if outcomes.exists() else None,
        workspace=folder,
        promote=False,
    )
    name = trained.version.playbook
    scored = leadloop.score(
        name, folder / "new.csv", folder / "scores.csv", version=trained.version.id, workspace=folder, reasons=False
    )
    report = trained.report
    print(
        json.dumps(
            {
                "test_leads": report.split.test.leads,
                "auc": report.measure("AUC").value,
                "scored": scored.scored,
            }
        )
    )


if __name__ == "__main__":
    main()
