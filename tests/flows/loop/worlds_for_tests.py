"""A workspace whose version in service no longer fits its leads, so that a new one is surely better."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
from tests.conftest import TrainedWorkspace, copy_workspace
from tests.leads_for_tests import make_cells

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.keeping import keep_leads

RULES = """
job_lease_seconds = 30.0

[loop]
shadow_leads = 40
canary_leads = 30
canary_shares = [10, 50]
"""


def changed_cells(count: int, seed: int = 9, prefix: str = "N") -> pl.DataFrame:
    """Leads that are won where those of before were lost."""
    cells = make_cells(count, seed=seed)[0]
    return cells.with_columns(
        (pl.lit(prefix) + pl.col("id")).alias("id"),
        pl.when(pl.col("won") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes")).alias("won"),
    )


def open_world(workspace: TrainedWorkspace, root: Path, *, rules: str = RULES, leads: int = 700) -> Workspace:
    """A copy of the trained workspace, with leads of another world in its store."""
    copy_workspace(workspace.root, root)
    shutil.copytree(workspace.playbook, root / "tiny")
    (root / "leadloop.toml").write_text(rules, encoding="utf-8")
    place = Workspace(root)
    if leads:
        keep(place, changed_cells(leads))
    return place


def keep(place: Workspace, cells: pl.DataFrame) -> None:
    """Leads with their outcomes, brought into the store."""
    file = place.root / f"past_{len(list(place.root.glob('past_*')))}.csv"
    cells.write_csv(file)
    keep_leads(place.root / "tiny", file, workspace=place)
