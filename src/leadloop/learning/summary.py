"""What a trained playbook does to leads it has never seen, summed up for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from leadloop.leads import LeadFrame
from leadloop.learning.evaluation import wilson_interval
from leadloop.learning.leakage import PartsApart
from leadloop.learning.report.report import BandLine, ImportanceLine
from leadloop.scoring import TrainedPlaybook
from leadloop.scoring.reasons import ReasonWriter

_MOST_LEADS = 2_000
_LEAST_OF_LEVEL = 20
_TELLING_SHARE = 0.05


def summarise_bands(trained: TrainedPlaybook, scores: pl.DataFrame, positive: np.ndarray) -> tuple[BandLine, ...]:
    """How many leads each band holds, what was promised of them and what happened, highest band first."""
    policy = trained.playbook.policy
    lines = []
    for band in policy.bands:
        inside = (scores["band"] == band.name).to_numpy()
        won = positive[inside]
        low, high = wilson_interval(int(won.sum()), len(won))
        promised = scores["probability"].to_numpy()[inside]
        lines.append(
            BandLine(
                name=band.name,
                lowest=band.lowest,
                wanted_share=band.share,
                share=float(inside.mean()),
                leads=int(inside.sum()),
                probability=float(promised.mean()) if len(promised) else float("nan"),
                observed=float(won.mean()) if len(won) else float("nan"),
                low=low,
                high=high,
                route=policy.route(band.lowest),
            )
        )
    return tuple(lines)


def rank_fields(
    trained: TrainedPlaybook,
    leads: LeadFrame,
    seed: int,
    *,
    fold_points: Sequence[Mapping[str, float]] = (),
    before: Mapping[str, float] | None = None,
) -> tuple[ImportanceLine, ...]:
    """How many score points each field moves a lead on average, and which way, most first.

    Taken from the exact contributions of at most two thousand leads. `fold_points` are the points in models learned from
    other stretches of the training leads, `before` those in the version in service.
    """
    if len(leads) > _MOST_LEADS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(leads), _MOST_LEADS, replace=False))
        leads = leads.take(chosen)
    matrix = trained.features.matrix(leads.data)
    blend = trained.blend
    scores = blend.scores(blend.probabilities(blend.margins(matrix)))
    writer = ReasonWriter(trained.features)
    points, _ = blend.points(writer.group(blend.contributions(matrix)), scores)
    lines = [
        ImportanceLine(
            name,
            float(np.abs(points[:, place]).mean()),
            _direction(trained, leads, name, points[:, place]),
            *_spread(name, fold_points),
            before=(before or {}).get(name, float("nan")),
            label=trained.features.labels.get(name, ""),
        )
        for place, name in enumerate(trained.features.fields)
    ]
    return tuple(sorted(lines, key=lambda line: -line.points))


def rank_composed_fields(trained: TrainedPlaybook, leads: LeadFrame, seed: int) -> tuple[ImportanceLine, ...]:
    """How many points each field moves the score shown on average, most first, whatever it is composed of.

    Taken from the reasons of at most two thousand leads.
    """
    if len(leads) > _MOST_LEADS:
        leads = leads.take(np.sort(np.random.default_rng(seed).choice(len(leads), _MOST_LEADS, replace=False)))
    labels = {name: label for model in trained.models.values() for name, label in model.features.labels.items()}
    moved: dict[str, np.ndarray] = {}
    for row, card in enumerate(trained.score(leads)):
        for reason in card.reasons:
            moved.setdefault(reason.field, np.zeros(len(leads)))[row] = reason.points
    lines = [
        ImportanceLine(
            name, float(np.abs(points).mean()), _direction(trained, leads, name, points), label=labels.get(name, "")
        )
        for name, points in moved.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.points, line.field)))


def _spread(name: str, fold_points: Sequence[Mapping[str, float]]) -> tuple[float, float, int, int]:
    """The least and the most points of a field among the folds, and its best and its worst rank."""
    if len(fold_points) < 2:
        return float("nan"), float("nan"), 0, 0
    points = [found.get(name, 0.0) for found in fold_points]
    ranks = [1 + sum(other > own for other in found.values()) for found, own in zip(fold_points, points, strict=True)]
    return min(points), max(points), min(ranks), max(ranks)


def _direction(trained: TrainedPlaybook, leads: LeadFrame, name: str, points: np.ndarray) -> str:
    """Which way a field moves scores, in words; empty where no few words would be true."""
    if name not in leads.data.columns or not np.any(points):
        return ""
    cells = leads.data[name]
    kind = trained.playbook.schema[name].type
    if kind in ("number", "money", "employees"):
        values = (cells.struct.field("low") if kind == "employees" else cells).to_numpy()
        held = ~np.isnan(values)
        if held.sum() < _LEAST_OF_LEVEL or values[held].std() == 0 or points[held].std() == 0:
            return ""
        ranks = pl.Series(values[held]).rank().to_numpy()
        slope = np.corrcoef(ranks, pl.Series(points[held]).rank().to_numpy())[0, 1]
        return "more raises the score" if slope > 0.3 else "more lowers the score" if slope < -0.3 else "goes both ways"
    if kind == "boolean":
        yes = (cells == True).fill_null(False).to_numpy()  # noqa: E712
        if not yes.any() or yes.all():
            return ""
        return "yes raises the score" if points[yes].mean() > points[~yes].mean() else "yes lowers the score"
    if kind == "category":
        means = (
            pl.DataFrame({"level": cells, "points": points})
            .drop_nulls()
            .group_by("level")
            .agg(pl.col("points").mean(), pl.len().alias("count"))
            .filter(pl.col("count") >= _LEAST_OF_LEVEL)
            .sort("points", "level", descending=[True, False])
        )
        if means.height == 0:
            return ""
        best, worst = means.row(0, named=True), means.row(-1, named=True)
        told = []
        if best["points"] > 0.05:
            told.append(f"“{best['level']}” raises it most")
        if worst["points"] < -0.05 and worst["level"] != best["level"]:
            told.append(f"“{worst['level']}” lowers it most")
        return ", ".join(told)
    return ""


def describe_intervals(scores: pl.DataFrame, positive: np.ndarray) -> str:
    """How wide the intervals of the test leads are, and how well they held, as a sentence."""
    low, high = scores["probability_low"].to_numpy(), scores["probability_high"].to_numpy()
    order = np.argsort(scores["probability"].to_numpy(), kind="stable")
    groups = np.array_split(order, min(10, len(order)))
    held = 0
    for group in groups:
        least, most = wilson_interval(int(positive[group].sum()), len(group))
        held += int(low[group].mean() <= most and high[group].mean() >= least)
    return (
        f"{np.median(high - low):.3f} wide in the middle: as far as the models of the blend differ, and as other leads would "
        "have taught them otherwise, twice that to either side. Where the truth is known, such intervals hold the true "
        "probability of about four leads in five; no outcome can show it of your leads. What nothing in the file tells of a "
        "lead is not in them. "
        f"In {held} of {len(groups)} equal groups of test leads they overlap the 95% interval of what happened"
    )


def name_telling(apart: PartsApart) -> tuple[tuple[str, float, str], ...]:
    """The fields that tell old leads from new ones, with the AUC of each alone and how much they were relied on.

    None where old and new leads look alike: what tells them apart is chance then. Fields that a twentieth or less of the
    telling rests on are left out.
    """
    if not apart.low > 0.5:
        return ()
    return tuple(
        (moved.field, moved.auc, f"{moved.gain_share:.0%} of what tells them apart")
        for moved in apart.fields
        if moved.gain_share > _TELLING_SHARE
    )
