"""Partial dependence: what leads would be given if one field had another value, and everything else stayed as it is.

The field itself is changed in the leads and the features are made anew, so that everything that reads it follows. Only the
features of blocks that read it are made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from leadloop.features import FeatureSet
from leadloop.leads import LeadFrame
from leadloop.leads.made_fields import normalise_levels
from leadloop.learning.report.report import Dependence, DependencePoint
from leadloop.scoring import TrainedPlaybook

MOST_FIELDS = 6
"""So many of the strongest fields are followed."""
_ASKED = 250
_GRID = 14
_LEVELS = 8
_BARS = 24
_SEEN, _RARE = 0.02, 0.003
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def follow_fields(
    trained: TrainedPlaybook, leads: LeadFrame, fields: Sequence[str], *, seed: int, most: int = MOST_FIELDS
) -> tuple[Dependence, ...]:
    """How the probability follows the first of these fields that can be changed alone, at most `most` of them.

    A number takes values at its quantiles, a category its commonest ones, a time the days of the week; of a text, an
    address or a phone number it is asked what changes when it is given. 250 leads are asked.
    """
    chosen = np.arange(len(leads))
    if len(leads) > _ASKED:
        chosen = np.sort(np.random.default_rng(seed).choice(len(leads), _ASKED, replace=False))
    asker = _Asker(trained, leads.data[chosen])
    found: list[Dependence] = []
    for name in fields:
        if len(found) == most:
            break
        if name in trained.features.reads and name in leads.data.columns:
            followed = _follow(name, trained.playbook.schema[name].type, leads.data, asker, seed)
            if followed is not None and len(followed.points) > 1:
                found.append(followed)
    return tuple(found)


@dataclass(frozen=True)
class _Answer:
    """The probabilities that the asked leads get."""

    probabilities: np.ndarray

    def point(self, label: str, at: float, share: float) -> DependencePoint:
        low, high = np.quantile(self.probabilities, (0.1, 0.9))
        return DependencePoint(label, at, float(self.probabilities.mean()), float(low), float(high), share)


class _Asker:
    """Scores the same leads again and again, each time with other values of one field."""

    def __init__(self, trained: TrainedPlaybook, data: pl.DataFrame) -> None:
        self.trained, self.data = trained, data
        self.values = [block.values(data) for block in trained.features.blocks]

    def ask(self, name: str, cells: pl.Series) -> _Answer:
        changed = self.data.with_columns(cells.alias(name).cast(self.data[name].dtype))
        features: FeatureSet = self.trained.features
        matrix = np.hstack(
            [
                block.values(changed) if name in block.reads else before
                for block, before in zip(features.blocks, self.values, strict=True)
            ]
        )
        blend = self.trained.blend
        return _Answer(blend.probabilities(blend.margins(matrix)))

    def ask_value(self, name: str, value: object) -> _Answer:
        dtype = self.data[name].dtype
        return self.ask(name, pl.Series([value], dtype=dtype).new_from_index(0, self.data.height))


def _follow(name: str, kind: str, data: pl.DataFrame, asker: _Asker, seed: int) -> Dependence | None:
    cells = data[name]
    if cells.null_count() == len(cells):
        return None
    if kind in ("number", "money", "employees"):
        return _follow_number(name, kind, cells, asker)
    if kind == "category":
        return _follow_category(name, cells, asker)
    if kind == "boolean":
        levels = [("yes", True), ("no", False), ("not given", None)]
        return _levels(name, [(label, value, _share(cells, value)) for label, value in levels], asker)
    if kind == "time":
        return _follow_weekdays(name, cells, asker)
    return _follow_given(name, cells, asker, seed)


def _share(cells: pl.Series, value: object) -> float:
    return float(cells.is_null().mean() if value is None else (cells == value).sum() / len(cells))  # type: ignore[arg-type]


def _levels(name: str, levels: Sequence[tuple[str, object, float]], asker: _Asker) -> Dependence:
    """Values side by side; those that hardly a lead has are left out."""
    points = [
        asker.ask_value(name, value).point(label, float("nan"), share)
        for label, value, share in levels
        if share >= _RARE
    ]
    return Dependence(name, tuple(points), asker.data.height)


def _follow_category(name: str, cells: pl.Series, asker: _Asker) -> Dependence:
    words = normalise_levels(cells)
    table = pl.DataFrame({"word": words, "cell": cells.str.strip_chars()})
    counts = (
        table.drop_nulls()
        .group_by("word")
        .agg(pl.len().alias("count"), pl.col("cell").mode().sort().first())
        .sort(["count", "word"], descending=[True, False])
        .head(_LEVELS)
    )
    levels: list[tuple[str, object, float]] = [
        (row["cell"], row["cell"], row["count"] / len(cells)) for row in counts.iter_rows(named=True)
    ]
    levels.append(("not given", None, cells.null_count() / len(cells)))
    return _levels(name, levels, asker)


def _follow_number(name: str, kind: str, cells: pl.Series, asker: _Asker) -> Dependence:
    sizes = cells
    if kind == "employees":
        ends = cells.struct.unnest()
        sizes = ((ends["low"].log1p() + ends["high"].log1p()) / 2).exp() - 1
    values = np.sort(sizes.drop_nulls().to_numpy())
    low, high = np.quantile(values, (0.01, 0.98))
    # Quantiles where leads are, and even steps between them where they are not.
    within = values[(values >= low) & (values <= high)]
    logged = _is_skewed(within)
    even = np.expm1(np.linspace(np.log1p(low), np.log1p(high), _GRID)) if logged else np.linspace(low, high, _GRID)
    grid = np.unique(np.concatenate([np.quantile(within, np.linspace(0, 1, _GRID), method="nearest"), even]))
    held = np.unique(within)
    grid = held if len(held) <= _GRID else _spaced(grid, logged)
    edges = _edges(held, low, high, logged)
    counts, _ = np.histogram(within, edges)
    bars = tuple(
        (float(edges[place]), float(edges[place + 1]), float(counts[place]) / len(values))
        for place in range(len(counts))
    )

    def cell(value: float) -> object:
        return {"low": value, "high": value} if kind == "employees" else value

    points = tuple(
        asker.ask_value(name, cell(float(value))).point(
            _spell(float(value)), float(value), float(np.mean(values == value))
        )
        for value in grid
    )
    lost = cells.null_count() / len(cells)
    missing = asker.ask_value(name, None).point("not given", float("nan"), lost) if lost >= _SEEN else None
    return Dependence(name, points, asker.data.height, bars, logged, missing)


def _is_skewed(values: np.ndarray) -> bool:
    """Whether sizes are better told on a log scale: none below 0, and the largest many times what is usual."""
    if len(values) == 0 or values[0] < 0 or values[-1] <= 20:
        return False
    above = values[values > 0]
    return bool(values[-1] > 15 * max(float(np.median(above)), 1.0))


def _spaced(grid: np.ndarray, logged: bool) -> np.ndarray:
    """Values no closer to one another than can be seen; the ends stay."""
    places = np.log1p(grid) if logged else grid
    least = (places[-1] - places[0]) / (2 * _GRID)
    kept = [0]
    for place in range(1, len(grid) - 1):
        if places[place] - places[kept[-1]] >= least and places[-1] - places[place] >= least:
            kept.append(place)
    return grid[[*kept, len(grid) - 1]]


def _edges(held: np.ndarray, low: float, high: float, logged: bool) -> np.ndarray:
    """The edges of the bars: even on the scale that is drawn, or halfway between values where there are few."""
    if len(held) <= _BARS:
        halfway = (held[1:] + held[:-1]) / 2
        first, last = (held[0], held[-1]) if len(held) == 1 else (2 * held[0] - halfway[0], 2 * held[-1] - halfway[-1])
        return np.concatenate([[first], halfway, [last if last > first else first + 1]])
    if logged:
        return np.expm1(np.linspace(np.log1p(low), np.log1p(high), _BARS + 1))
    return np.linspace(low, high, _BARS + 1)


def _follow_weekdays(name: str, cells: pl.Series, asker: _Asker) -> Dependence | None:
    """Each lead moved to each day of its own week, at its own time of day."""
    shares = [float((cells.dt.weekday() == day).sum()) / len(cells) for day in range(1, 8)]
    own = asker.data[name].dt.weekday().to_list()
    times = asker.data[name].to_list()
    points = []
    for day, label in enumerate(_DAYS, start=1):
        moved = [
            None if time is None else time + timedelta(days=day - weekday)
            for time, weekday in zip(times, own, strict=True)
        ]
        points.append(
            asker.ask(name, pl.Series(moved, dtype=pl.Datetime("us"))).point(label, float("nan"), shares[day - 1])
        )
    # A field whose days change nothing (its hour may) has no picture to show.
    means = [point.probability for point in points]
    return Dependence(name, tuple(points), asker.data.height) if max(means) - min(means) > 1e-4 else None


def _follow_given(name: str, cells: pl.Series, asker: _Asker, seed: int) -> Dependence | None:
    """With a value drawn from the leads that have one, and without."""
    given = cells.drop_nulls()
    lost = cells.null_count() / len(cells)
    if not 0 < lost < 1:
        return None
    drawn = given.gather(np.random.default_rng(seed).integers(0, len(given), asker.data.height))
    points = (
        asker.ask(name, drawn).point("given", float("nan"), 1 - lost),
        asker.ask_value(name, None).point("not given", float("nan"), lost),
    )
    return Dependence(name, points, asker.data.height)


def _spell(value: float) -> str:
    """A number with four digits that count, and never with an exponent.

    >>> _spell(23930.0), _spell(0.51237), _spell(1234567.0)
    ('23,930', '0.5124', '1,235,000')
    """
    rounded = float(f"{value:.4g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:g}"
