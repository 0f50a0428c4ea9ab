"""Features and models of one version, one lead and many: CPU seconds of one thread, the least of some rounds.

    python -m benchmarks.speed.engine WORKSPACE PLAYBOOK LEADS.csv

Prints the figures as JSON. It is a process of its own since the number of threads is settled when libraries are loaded.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS"), "1"))

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.speed.figure import Figure
from leadloop.features.shared import SharedFeatures
from leadloop.flows.scoring.score import load
from leadloop.ingest.tables import open_table

ROUNDS, MANY, ALONE = 5, 10_000, 150


def least(works: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """CPU seconds of the quickest round of each; all take turns, so that a busy machine slows none of them alone."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = time.process_time()
            work()
            taken[name].append(time.process_time() - start)
    return {name: min(seconds) for name, seconds in taken.items()}


def measure(workspace: Path, playbook: str, file: Path) -> list[Figure]:
    """Time one version."""
    trained = load(playbook, workspace=workspace)
    batch, _ = next(open_table(file).batches(MANY))
    leads = trained.schema.read(batch.cells, batch.lines).leads
    ones = [leads.take(np.array([row])) for row in range(ALONE)]
    features = SharedFeatures({name: model.features for name, model in trained.models.items()})
    matrices = features.matrices(leads.data)
    models = trained.models

    def predict(rows: slice) -> object:
        return [
            models[name].blend.probabilities(models[name].blend.margins(one[rows])) for name, one in matrices.items()
        ]

    def members(rows: slice) -> object:
        return [[member.margins(matrices[name][rows]) for member in models[name].blend.members] for name in matrices]

    texts = [block.field for model in models.values() for block in model.features.readers]
    limit, floor = _reading(leads.data, texts)
    many = least(
        {
            "features": lambda: features.matrices(leads.data),
            limit: lambda: floor(leads.data),
            "model": lambda: predict(slice(None)),
            "its members alone": lambda: members(slice(None)),
            "scores": lambda: trained.score_table(leads, explain=False),
            "reasons": lambda: trained.score_table(leads),
        }
    )
    alone = least(
        {
            "features": lambda: [features.matrices(one.data) for one in ones],
            limit: lambda: [floor(one.data) for one in ones],
            "model": lambda: [predict(slice(row, row + 1)) for row in range(ALONE)],
            "its members alone": lambda: [members(slice(row, row + 1)) for row in range(ALONE)],
            "scores": lambda: [trained.score(one, explain=False) for one in ones],
            "reasons": lambda: [trained.score(one) for one in ones],
        }
    )
    rate = {name: len(leads) / seconds for name, seconds in many.items()}
    each = {name: seconds / ALONE * 1000 for name, seconds in alone.items()}
    on = f"{playbook}, one thread"
    return [
        Figure(f"features, many leads ({on})", rate["features"], "rows/s", {limit: rate[limit]}),
        Figure(f"features, one lead ({on})", each["features"], "ms", {limit: each[limit]}),
        Figure(f"models, many leads ({on})", rate["model"], "rows/s", {"its members alone": rate["its members alone"]}),
        Figure(f"models, one lead ({on})", each["model"], "ms", {"its members alone": each["its members alone"]}),
        Figure(f"score, many leads ({on})", rate["scores"], "rows/s", {"raw predict on a ready matrix": rate["model"]}),
        Figure(f"score, one lead ({on})", each["scores"], "ms", {"raw predict on a ready matrix": each["model"]}),
        Figure(f"score with reasons, many leads ({on})", rate["reasons"], "rows/s", {"without": rate["scores"]}),
        Figure(f"score with reasons, one lead ({on})", each["reasons"], "ms", {"without": each["scores"]}),
    ]


def _reading(data: pl.DataFrame, texts: list[str]) -> tuple[str, Callable[[pl.DataFrame], object]]:
    """The least that features could cost: counting the words of texts, or bringing the numbers into a matrix."""
    if texts:
        split = re.compile(r"\w+").findall
        names = list(dict.fromkeys(texts))
        return "words counted in Python", lambda some: [
            Counter(split(text.lower())) for name in names for text in some[name].to_list() if text
        ]
    numbers = [name for name, kind in data.schema.items() if kind.is_numeric() or kind == pl.Boolean]
    return "numbers alone", lambda some: some.select(pl.col(numbers).cast(pl.Float32)).to_numpy()


if __name__ == "__main__":
    print(json.dumps([asdict(one) for one in measure(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))]))
