"""The rows that the audit looks at: a bounded, repeatable sample, cut into blocks of time and into folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem

FOLDS = 5
_MOST_BLOCKS = 20
_LEAST_OUTCOMES_A_BLOCK = 40
_CELLS = 4_000_000
_FEWEST_ROWS, _MOST_ROWS = 20_000, 100_000


@dataclass(frozen=True, slots=True)
class AuditRows:
    """A sample of leads with what the measures need beside the fields.

    `positive` is True for won leads; `block` numbers stretches of time from old to new (all 0 without an order); `fold`
    is the part whose rows are judged by the others. Won and other leads are sampled apart, so a rate in the sample is
    not the rate in the file: odds in the file = odds in the sample x `odds_factor`. `total` counts the file's rows.
    """

    frame: pl.DataFrame
    positive: np.ndarray
    block: np.ndarray
    fold: np.ndarray
    odds_factor: float
    total: int

    @property
    def blocks(self) -> int:
        """How many stretches of time there are."""
        return int(self.block.max()) + 1 if len(self.block) else 1

    @property
    def base_rate(self) -> float:
        """The share of won leads in the file."""
        return self.rate(float(self.positive.mean())) if len(self.positive) else 0.0

    def rate(self, sampled: float) -> float:
        """A share of won leads in the file, from the share in the sample."""
        won = sampled * self.odds_factor
        return won / (won + 1 - sampled) if won else 0.0


def take_rows(frame: pl.DataFrame, positive: np.ndarray, order: np.ndarray | None, seed: int) -> AuditRows:
    """At most 100,000 leads (fewer where there are very many fields), half of them won where there are enough of those.

    Raises DataError where the outcomes or the order do not fit the rows.
    """
    _refuse_misfits(frame, positive, order)
    won_all = np.asarray(positive) == 1
    limit = int(np.clip(_CELLS // max(frame.width, 1), _FEWEST_ROWS, _MOST_ROWS))
    random = np.random.default_rng(seed)
    if frame.height > limit:
        winners, others = np.flatnonzero(won_all), np.flatnonzero(~won_all)
        few = min(len(winners), len(others), limit // 2)
        kept_winners = few if len(winners) <= len(others) else limit - few
        kept_others = limit - kept_winners
        kept = np.sort(
            np.concatenate(
                [random.choice(winners, kept_winners, replace=False), random.choice(others, kept_others, replace=False)]
            )
        )
        factor = (len(winners) / kept_winners) / (len(others) / kept_others) if few else 1.0
        sample, won = frame[kept], won_all[kept]
        when = None if order is None else np.asarray(order)[kept]
    else:
        factor, sample, won, when = 1.0, frame, won_all, None if order is None else np.asarray(order)
    fold = random.permutation(len(won)) % FOLDS
    return AuditRows(sample, won, time_blocks(won, when), fold, float(factor), frame.height)


def time_blocks(positive: np.ndarray, order: np.ndarray | None) -> np.ndarray:
    """The number of the stretch of time in which each lead lies, from old to new; leads of one moment stay together.

    Stretches hold equally many leads and enough outcomes to compare within. All leads share one stretch where there is
    no order, or where the order itself parts won leads from the others, since then nothing is left to compare.
    """
    together = np.zeros(len(positive), dtype=np.int64)
    wanted = int(min(positive.sum(), (~positive).sum())) // _LEAST_OUTCOMES_A_BLOCK
    wanted = min(wanted, _MOST_BLOCKS)
    if order is None or wanted < 2:
        return together
    _, place = np.unique(order, return_inverse=True)
    edges = np.quantile(place, np.arange(1, wanted) / wanted)
    _, block = np.unique(np.searchsorted(edges, place, side="right"), return_inverse=True)
    won = np.bincount(block, weights=positive)
    lost = np.bincount(block, weights=~positive)
    mixed = (won >= 3) & (lost >= 3)
    comparable = min(won[mixed].sum() / positive.sum(), lost[mixed].sum() / (~positive).sum())
    return block.astype(np.int64) if comparable >= 0.5 else together


def _refuse_misfits(frame: pl.DataFrame, positive: np.ndarray, order: np.ndarray | None) -> None:
    """Refuse outcomes or an order that do not belong to these rows, all mistakes at once."""
    problems = []
    if len(positive) != frame.height:
        problems.append(
            Problem("positive", f"has {len(positive):,} entries for {frame.height:,} leads", "hand in one each")
        )
    if not np.isin(positive, (0, 1)).all():
        problems.append(
            Problem("positive", "holds something other than 0 and 1", "leave out leads that are still open")
        )
    if order is not None and len(order) != frame.height:
        problems.append(Problem("order", f"has {len(order):,} entries for {frame.height:,} leads", "hand in one each"))
    if problems:
        raise DataError("leakage audit", problems)
