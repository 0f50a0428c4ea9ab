"""Demo: the whole main job on synthetic leads, beside the truth that only a synthetic world can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.draft import Drafted, draft
from leadloop.flows.score import Scored, score
from leadloop.flows.train import TrainingResult, train
from leadloop.flows.workspace import Workspace
from leadloop.ingest.writers import open_writer
from leadloop.learning.evaluation import area_under_curve, calibration_error
from leadloop.simulate import LEADS_PER_DAY, OUTCOME_COLUMN, SimulatedLeads, simulate_leads

_BUDGET = 15.0
PAST_LEADS = 12_000
NEW_LEADS = 400
_START = datetime(2025, 1, 6, tzinfo=UTC)
_MARK = "SYNTHETIC"
_MARK_TEXT = "Everything in this folder was made by `leadloop demo` from synthetic leads. It may be deleted.\n"


@dataclass(frozen=True)
class Truth:
    """What the scores of the new leads are worth, measured against what only the synthetic world knows."""

    auc: float
    best_possible_auc: float
    calibration_error: float


@dataclass(frozen=True)
class Demo:
    """Everything that the demo made and found."""

    folder: Path
    past: Path
    new: Path
    scored_file: Path
    drafted: Drafted
    trained: TrainingResult
    scored: Scored
    scores: pl.DataFrame
    truth: Truth


def run_demo(folder: Path | str, *, seed: int = 7, tick: Callable[[str], None] = lambda stage: None) -> Demo:
    """Make synthetic leads, draft a playbook for them, train it, and score new leads, all in one folder.

    The folder is made anew each time; one that the demo did not make itself is refused.
    """
    place = Path(folder)
    _clear(place)
    tick("making synthetic leads")
    past = simulate_leads(PAST_LEADS, seed=seed, start=_START)
    days = PAST_LEADS / LEADS_PER_DAY
    new = simulate_leads(NEW_LEADS, seed=seed, start=_START + timedelta(days=days))
    past_file, new_file, scored_file = place / "past_leads.csv", place / "new_leads.csv", place / "scored.csv"
    _write(past_file, past.cells)
    _write(new_file, new.at_intake)
    tick("drafting a playbook")
    drafted = draft(past_file, OUTCOME_COLUMN, to=place / "playbook", overwrite=True, synthetic=True, name="demo")
    workspace = Workspace(place)
    trained = train(drafted.folder, past_file, workspace=workspace, promote=True, time_budget=_BUDGET, tick=tick)
    tick("scoring new leads")
    scored = score("demo", new_file, scored_file, workspace=workspace, keep_columns=True)
    scores = pl.read_csv(scored_file, infer_schema_length=None)
    return Demo(place, past_file, new_file, scored_file, drafted, trained, scored, scores, _compare(scores, new))


def _clear(place: Path) -> None:
    import shutil

    if place.exists() and any(place.iterdir()):
        if not (place / _MARK).is_file():
            raise LeadLoopError(
                "demo", Problem(str(place), "is a folder that the demo did not make", "name another with --folder")
            )
        shutil.rmtree(place)
    place.mkdir(parents=True, exist_ok=True)
    (place / _MARK).write_text(_MARK_TEXT, encoding="utf-8")


def _write(path: Path, cells: pl.DataFrame) -> None:
    with open_writer(path, formulas="keep") as writer:
        writer.write(cells)


def _compare(scores: pl.DataFrame, new: SimulatedLeads) -> Truth:
    probability = scores["probability"].to_numpy()
    won = new.won.astype(float)
    return Truth(
        area_under_curve(won, probability),
        area_under_curve(won, new.probability),
        calibration_error(new.probability, probability),
    )
