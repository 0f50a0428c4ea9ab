"""The scores of a version and of all that have the same models: what was only recalibrated is not judged from nothing."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from leadloop.flows.watch.logged_leads import Watched, read_logged
from leadloop.registry import ModelVersion
from leadloop.scoring.moved import move

_PROBABILITIES = ("probability", "probability_low", "probability_high")


def line_of(version: ModelVersion) -> tuple[float, float]:
    """The slope and the shift by which a version's log-odds differ from those of its models as they were trained."""
    told = version.recalibration
    return (float(told["slope"]), float(told["shift"])) if told else (1.0, 0.0)


def family_of(watched: Watched, version: ModelVersion) -> list[ModelVersion]:
    """The saved versions with the same models, this one among them."""
    everyone = watched.place.registry.versions(watched.name)
    return [one for one in everyone if one.trained_id == version.trained_id]


def read_family(
    watched: Watched, version: ModelVersion, start: datetime, end: datetime, as_of: datetime
) -> pl.DataFrame:
    """The leads that versions with the same models scored, each with the first score that it got, as this version would give it.

    Columns are those of `read_logged`. Probabilities and their intervals are moved to this version's line; scores are those that
    were given.
    """
    slope, shift = line_of(version)
    parts = []
    for one in family_of(watched, version):
        leads = read_logged(watched, start, end, as_of, version=one.id)
        if one.id != version.id and leads.height:
            # p' = slope x ((log-odds - its shift) / its slope) + shift
            its_slope, its_shift = line_of(one)
            by, to = slope / its_slope, shift - slope * its_shift / its_slope
            leads = leads.with_columns(
                pl.Series(name, move(leads[name].to_numpy(), by, to), nan_to_null=True) for name in _PROBABILITIES
            )
        parts.append(leads)
    whole = (
        pl.concat(parts, how="diagonal_relaxed")
        if parts
        else read_logged(watched, start, end, as_of, version=version.id)
    )
    return whole.sort("at", "id").unique("lead_id", keep="first", maintain_order=True)
