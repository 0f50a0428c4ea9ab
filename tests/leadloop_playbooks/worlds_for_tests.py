"""Leads of a simulated world as files, and how near scores come to its truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from leadloop.simulate import WORLDS, compare_with_truth

START = datetime(2023, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class SimulatedLeads:
    """A file of past leads, decided or not as of the day after the last one, and later leads with their true probabilities.

    `truth` is the column that was asked for, `truths` are all of them.
    """

    past: Path
    later: pl.DataFrame
    truth: np.ndarray
    truths: pl.DataFrame


def simulate(
    name: str,
    folder: Path,
    *,
    past: int,
    later: int,
    leads_per_day: float,
    seed: int = 7,
    truth: str = "probability",
) -> SimulatedLeads:
    """Past leads as they stand when the last of them comes in, and the leads that come after, with this column of the truth."""
    world = WORLDS[name]
    settings = {"seed": seed, "start": START, "leads_per_day": leads_per_day}
    (whole,) = world.stream(past + later, past + later, **settings)
    moment = datetime.fromisoformat(whole.leads[world.time_column][past - 1]).replace(tzinfo=UTC)
    (part,) = world.stream(past, past, **settings, today=moment)
    path = folder / f"{name}_past.csv"
    part.leads.join(part.outcomes, on="lead_id", maintain_order="left").write_csv(path)
    truths = whole.truth[past:]
    return SimulatedLeads(path, whole.leads[past:], truths[truth].to_numpy(), truths)


def share_of_gain(scores: np.ndarray, truth: np.ndarray) -> float:
    """How much of what the truth gains over chance in AUC the scores gain; expected over outcomes, so that luck has no part."""
    return compare_with_truth(scores, truth).share_of_gain


def calibration_error(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The mean distance between the mean probability and the mean truth of ten groups of equal size, by probability."""
    return compare_with_truth(probabilities, truth).error
