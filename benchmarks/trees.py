"""Trees: what exact reasons and margins cost, ours beside LightGBM's and shap's, on the same rows and one thread each.

    python -m benchmarks.trees
    python -m benchmarks.trees --only default

The data are made up from a seed (20,000 leads, 40 columns, a tenth of the cells missing). All ways of one table take turns
within a round, and the least of the rounds counts, so that a busy machine slows none of them alone. A way that would take
longer than its share is timed on fewer rows and says so: `~` marks a time worked out from those.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import lightgbm

ROWS = (1, 1_000, 20_000)
ROUNDS = 3
MOST_SECONDS = 0.7
"""What one timing may take, about."""

Way = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Forest:
    """A size of model: so many trees of so many leaves."""

    name: str
    trees: int
    leaves: int


FORESTS = (Forest("small", 100, 31), Forest("default", 300, 31), Forest("deep", 500, 127))


def make_leads(n: int, columns: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Float32 rows (half numbers, half counts with a long tail; a tenth missing) and whether each lead was won."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, columns))
    rows[:, columns // 2 :] = np.round(np.exp(rows[:, columns // 2 :]) * 3)
    known = np.nan_to_num(rows)
    log_odds = known[:, 0] + 0.8 * known[:, 1] * known[:, 2] + 0.2 * known[:, -1] - 2
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows.astype(np.float32), (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)


def grow(forest: Forest, rows: np.ndarray, won: np.ndarray) -> lightgbm.Booster:
    """LightGBM's own defaults but for the size."""
    import lightgbm

    settings = {"objective": "binary", "num_leaves": forest.leaves, "verbosity": -1, "num_threads": 1, "seed": 1}
    return lightgbm.train(settings, lightgbm.Dataset(rows, won), num_boost_round=forest.trees)


def shap_of(booster: lightgbm.Booster) -> Way | None:
    """The reasons of shap's own code; None where shap is not installed."""
    try:
        import shap  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return None
    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    # For a LightGBM model shap would call pred_contrib and time LightGBM a second time.
    explainer.model.model_type = "internal"

    def reasons(rows: np.ndarray) -> np.ndarray:
        said = np.asarray(explainer.shap_values(rows, check_additivity=False))
        return said[..., 1] if said.ndim == 3 else said

    return reasons


def _seconds(way: Way, rows: np.ndarray) -> float:
    started = time.perf_counter()
    way(rows)
    return time.perf_counter() - started


def time_in_turns(ways: dict[str, Way], rows: np.ndarray) -> dict[str, tuple[float, int]]:
    """For each way the least seconds of some rounds, and on how many rows it was timed."""
    counts, repeats, least = {}, {}, {}
    for name, way in ways.items():
        # A batch is cheaper by the row than a few are, so the guess grows with the rows that there is time for.
        counted, guess = min(len(rows), 50), _seconds(way, rows[:50])
        for _ in range(2):
            counted = int(np.clip(counted * MOST_SECONDS / guess, 1, len(rows)))
            guess = _seconds(way, rows[:counted])
        counts[name] = counted
        # Times of microseconds are the least of many.
        repeats[name] = int(np.clip(MOST_SECONDS / 20 / guess, 1, 50))
        least[name] = np.inf
    for _ in range(ROUNDS):
        for name, way in ways.items():
            for _ in range(repeats[name]):
                least[name] = min(least[name], _seconds(way, rows[: counts[name]]))
    return {name: (least[name] * len(rows) / counts[name], counts[name]) for name in ways}


def _said(seconds: float, counted: int, rows: int) -> str:
    digits = 3 if seconds < 0.01 else 1 if seconds < 1 else 0
    return f"{'~' if counted < rows else ''}{seconds * 1e3:,.{digits}f}"


def _table(title: str, ways: dict[str, Way], rows: np.ndarray) -> None:
    timed = {n: time_in_turns(ways, rows[:n]) for n in ROWS}
    print(f"\n| {title} | " + " | ".join(f"{n:,} row{'s' if n > 1 else ''}" for n in ROWS) + " |")
    print("|---|" + "---:|" * len(ROWS))
    for name in ways:
        cells = [_said(*timed[n][name], n) for n in ROWS]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def run(forest: Forest, rows: np.ndarray, won: np.ndarray) -> None:
    """Grow one forest, check that all ways agree, and print what each takes."""
    from leadloop.learning.tree_models import ensemble_from_lightgbm, to_onnx
    from leadloop.scoring.tree_member import TreeMember
    from leadloop.scoring.trees.reasons import TreeReasons

    booster = grow(forest, rows, won)
    ensemble = ensemble_from_lightgbm(booster)
    member = TreeMember(ensemble, to_onnx(ensemble))
    print(
        f"\n## {forest.name}: {forest.trees} trees of {forest.leaves} leaves, at most {len(ensemble.levels) - 1} splits deep"
    )
    started = time.perf_counter()
    reasons = TreeReasons.of(ensemble)
    print(
        f"\nReasons prepared in {time.perf_counter() - started:.2f} s, {reasons.nbytes / 2**20:.1f} MB "
        f"({len(reasons.tables.start):,} tables, {sum(len(one.below_start) for one in reasons.sums):,} sums); "
        f"graph {len(member.graph) / 2**20:.1f} MB."
    )

    def theirs(some: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(some, pred_contrib=True, num_threads=1))[:, :-1]

    ways: dict[str, Way] = {"LeadLoop": reasons.contributions, "LightGBM pred_contrib": theirs}
    if (shap_way := shap_of(booster)) is not None:
        ways["shap.TreeExplainer"] = shap_way
    else:
        print("\nshap.TreeExplainer: skipped: shap is not installed (pip install shap)")
    few = rows[:50]
    for name, way in ways.items():
        apart = float(np.abs(way(few) - reasons.contributions(few)).max())
        if not apart < 1e-6:
            raise SystemExit(f"{forest.name}: reasons of {name} differ by {apart}")
    _table("reasons, ms", ways, rows)
    _table(
        "margins, ms",
        {
            "LeadLoop, ONNX graph": member.margins,
            "LeadLoop, arrays": ensemble.margins,
            "LightGBM predict": lambda some: np.asarray(booster.predict(some, raw_score=True, num_threads=1)),
        },
        rows,
    )


def main() -> None:
    """Run every size, or those asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[forest.name for forest in FORESTS], action="append", help="only this size")
    options = parser.parse_args()
    try:
        import lightgbm
        import onnx
    except ImportError as error:
        print(f'trees: skipped: {error.name} is not installed (pip install "leadloop[train]")')
        sys.exit(0)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors{load}; Python "
        f"{platform.python_version()}, numpy {np.__version__}, lightgbm {lightgbm.__version__}, onnx {onnx.__version__}"
    )
    rows, won = make_leads(max(ROWS))
    for forest in FORESTS:
        if not options.only or forest.name in options.only:
            run(forest, rows, won)


if __name__ == "__main__":
    main()
