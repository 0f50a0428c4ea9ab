"""The screen: whether a candidate knows something that the models and its own fields do not.

A candidate is cheap to try as a correction: a small logistic regression is fitted on top of the models' margins for
held-out leads, with terms of the candidate's own fields and of the candidate. Whether later leads end as the candidate's
part of it says, and not only the fields' part, is its own knowledge. Nothing is retrained, so hundreds can be tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from leadloop.features.derived import DerivedBlock
from leadloop.learning.fitted_folds import FittedFold, HeldOut
from leadloop.playbook.derived import LEVELS, NUMBERS, Derived
from leadloop.scoring.calibrator import logistic

FALSE_ALARMS = 0.05
"""How often a search may let a candidate pass although none knows anything."""
_PENALTY = 5.0
_STEPS = 6
_STRETCHES = 10
_SMOOTHING = 20.0


@dataclass(frozen=True)
class Bench:
    """Where candidates are tried: the folds with their leads, and what the models say of those held out.

    Each fold's corrections are fitted on the held-out leads of the folds before it, for which the margins are as honest as
    they are for its own. Folds of a ring would not do, even where nothing tells the order of leads: what a pair of values
    learns from all other folds is above average where its own outcome is below.
    """

    data: pl.DataFrame
    positive: np.ndarray
    types: Mapping[str, str]
    folds: Sequence[FittedFold]
    groups: np.ndarray | None = None

    def earlier(self, number: int) -> np.ndarray:
        """Which held-out leads of the folds before this one a correction may learn from: none of this fold's groups."""
        places = np.concatenate([each.held_out for each in self.folds[:number]])
        if self.groups is None:
            return np.ones(len(places), dtype=bool)
        apart: np.ndarray = ~np.isin(self.groups[places], self.groups[self.folds[number].held_out])
        return apart

    def shuffled(self, field: str, seed: int) -> pl.DataFrame:
        """The leads with the values of one field dealt out anew among leads of the same time."""
        draw = np.random.default_rng(seed)
        places = [draw.permutation(part) for part in np.array_split(np.arange(self.data.height), _STRETCHES)]
        return self.data.with_columns(self.data[field].gather(np.concatenate(places)).alias(field))


def bar_for(candidates: int) -> float:
    """How many standard errors a gain must be above 0, given that so many were tried (Bonferroni).

    >>> round(bar_for(1), 2), round(bar_for(400), 2)
    (1.64, 3.66)
    """
    return NormalDist().inv_cdf(1 - FALSE_ALARMS / max(candidates, 1))


def screen(candidate: Derived, bench: Bench, said: HeldOut, data: pl.DataFrame | None = None) -> float:
    """How many standard errors what a candidate knows of held-out leads lies above 0, beyond the models and its own fields.

    `data` holds other values of the leads, such as shuffled ones. This is a score test on held-out leads (Rao 1948) in the
    direction that the earlier leads gave.
    """
    data = bench.data if data is None else data
    values = [_values(candidate, data, bench, fold) for fold in bench.folds]
    aside = [_aside(candidate, bench, fold) for fold in bench.folds]
    margins, agreed = said.by_fold(said.margins), []
    for number in range(1, len(bench.folds)):
        rows = bench.earlier(number)

        def before(parts: Sequence[np.ndarray], number: int = number, rows: np.ndarray = rows) -> np.ndarray:
            joined: np.ndarray = np.concatenate(parts[:number])[rows]
            return joined

        offset = before(margins)
        nuisance = _Terms.of([offset, *(before(own) for own in zip(*aside, strict=True))])
        extra = _Terms.of([before(values)])
        outcome = before([each.fold.held_out.positive for each in bench.folds])
        weights = _correct(np.hstack([nuisance.design, extra.design]), offset, outcome)
        known = nuisance.of_others([margins[number], *aside[number]])
        beyond = extra.of_others([values[number]]) @ weights[known.shape[1] :]
        agreed.append(_agreement(beyond, known, margins[number], bench.folds[number].fold.held_out.positive))
    groups = None
    if bench.groups is not None:
        groups = np.concatenate([bench.groups[each.held_out] for each in bench.folds[1:]])
    return standard_errors(np.concatenate(agreed), groups)


def _agreement(beyond: np.ndarray, known: np.ndarray, margins: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """How far each held-out lead ended as the candidate says, against what the models and the fields' terms say.

    What the candidate adds is freed of everything that the terms could have said of these very leads (a weighted
    projection), so that a drift of the rate, or of what one field means, is not mistaken for its knowledge.
    """
    design = np.column_stack([np.ones(len(margins)), known])
    weights = _correct(design, margins, positive)
    chance = logistic(margins + design @ weights)
    bend = np.maximum(chance * (1 - chance), 1e-6)
    weighted = design * bend[:, None]
    ridge = 1e-6 * len(margins) * np.eye(design.shape[1])
    own = beyond - design @ np.linalg.solve(design.T @ weighted + ridge, weighted.T @ beyond)
    agreement: np.ndarray = (positive - chance) * own
    return agreement


def standard_errors(agreed: np.ndarray, groups: np.ndarray | None = None) -> float:
    """How many standard errors a sum of what is 0 by chance lies above 0; leads of one group count as one."""
    if groups is not None:
        _, codes = np.unique(groups, return_inverse=True)
        agreed = np.bincount(codes, weights=agreed)
    spread = float(np.sqrt((agreed**2).sum()))
    return float(agreed.sum()) / spread if spread > 0 else 0.0


def _values(candidate: Derived, data: pl.DataFrame, bench: Bench, fold: FittedFold) -> np.ndarray:
    """The candidate for the held-out leads of a fold, fitted on its training side."""
    block, _ = DerivedBlock.fit(candidate, bench.types, data[fold.train], bench.positive[fold.train])
    values: np.ndarray = block.values(data[fold.held_out])[:, 0].astype(np.float64)
    return values


def _aside(candidate: Derived, bench: Bench, fold: FittedFold) -> list[np.ndarray]:
    """What the candidate's fields say one by one: a number as it is, a category by how often its values were won."""
    said = []
    for name in candidate.reads:
        kind = bench.types[name]
        cells = bench.data[name]
        if kind in NUMBERS:
            numbers = cells.struct.field("low") if kind == "employees" else cells
            said.append(numbers[fold.held_out].cast(pl.Float64).to_numpy().copy())
        elif kind in LEVELS:
            words = cells.cast(pl.String).fill_null("")
            said.append(_rates(words[fold.train], bench.positive[fold.train], words[fold.held_out]))
    return said


def _rates(words: pl.Series, positive: np.ndarray, asked: pl.Series) -> np.ndarray:
    prior = float(np.clip(positive.mean(), 1e-6, 1 - 1e-6))
    seen = pl.DataFrame({"word": words, "won": positive}).group_by("word").agg(pl.col("won").sum(), pl.len())
    chance = (seen["won"] + _SMOOTHING * prior) / (seen["len"] + _SMOOTHING)
    rates = (chance / (1 - chance)).log() - np.log(prior / (1 - prior))
    found: np.ndarray = asked.replace_strict(seen["word"], rates, default=0.0, return_dtype=pl.Float64).to_numpy()
    return found


class _Terms:
    """Columns as terms of a regression: standardised ranks with two hinges, and a mark for missing."""

    def __init__(self, knots: list[np.ndarray], centre: np.ndarray, scale: np.ndarray, design: np.ndarray) -> None:
        self.knots, self.centre, self.scale, self.design = knots, centre, scale, design

    @classmethod
    def of(cls, columns: list[np.ndarray]) -> _Terms:
        knots = []
        for column in columns:
            known = column[~np.isnan(column)]
            knots.append(np.unique(np.quantile(known, np.linspace(0, 1, 41))) if len(known) else np.zeros(1))
        raw = np.hstack([_shape(column, knot) for column, knot in zip(columns, knots, strict=True)])
        centre, scale = raw.mean(axis=0), raw.std(axis=0)
        scale = np.where(scale > 1e-9, scale, np.inf)
        return cls(knots, centre, scale, (raw - centre) / scale)

    def of_others(self, columns: list[np.ndarray]) -> np.ndarray:
        raw = np.hstack([_shape(column, knot) for column, knot in zip(columns, self.knots, strict=True)])
        standard: np.ndarray = (raw - self.centre) / self.scale
        return standard


def _shape(column: np.ndarray, knots: np.ndarray) -> np.ndarray:
    missing = np.isnan(column)
    rank = np.where(missing, 0.5, np.interp(column, knots, np.linspace(0, 1, len(knots))))
    # A value as such too: of many pairs that say nothing, few that say much would be lost among the ranks.
    plain = np.where(missing, 0.0, np.clip(column, knots[0], knots[-1]))
    return np.column_stack([plain, rank, np.maximum(rank - 1 / 3, 0), np.maximum(rank - 2 / 3, 0), missing])


def _correct(design: np.ndarray, offset: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Weights of an L2-penalised logistic regression on top of an offset, by Newton's method.

    There is no intercept of its own: all columns are centred on the leads it is fitted on, and the margins are among them.
    """
    weights = np.zeros(design.shape[1])
    penalty = _PENALTY * np.eye(design.shape[1])
    for _ in range(_STEPS):
        chance = logistic(offset + design @ weights)
        bend = np.maximum(chance * (1 - chance), 1e-6)
        gradient = design.T @ (chance - positive) + _PENALTY * weights
        step = np.linalg.solve(design.T @ (design * bend[:, None]) + penalty, gradient)
        weights -= step
        if np.abs(step).max() < 1e-4:
            break
    return weights
