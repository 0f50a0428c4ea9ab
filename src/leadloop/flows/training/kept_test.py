"""The test leads of a version and what it said of them, kept beside it: whoever doubts a figure can work it out again.

Leads are named by their line in the file (or their place in the store) that the version learned from, and by nothing else: a
version holds nobody's data.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from leadloop.flows.training.learned_targets import LearnedTarget
    from leadloop.scoring import TrainedPlaybook

FILE = "test_leads.npz"
_SAID = ("probability", "probability_low", "probability_high", "score")


def pack_test_leads(trained: TrainedPlaybook, targets: Sequence[LearnedTarget]) -> bytes:
    """The test leads of every target as a file of arrays: line, outcome, and what the version says."""
    arrays: dict[str, np.ndarray] = {"targets": np.array([target.name for target in targets])}
    for place, target in enumerate(targets):
        labelled, split = target.part.labelled, target.part.split
        test = labelled.leads.take(split.test)
        said = trained.aimed_at(target.name).score_table(test, explain=False)
        arrays[f"{place}_line"] = test.lines.astype(np.int64)
        arrays[f"{place}_outcome"] = labelled.positive[split.test]
        arrays |= {f"{place}_{name}": said[name].to_numpy() for name in _SAID}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_test_leads(content: bytes) -> pl.DataFrame:
    """The table of test leads: `target`, `line`, `outcome` (1 won, 0 lost, or a grade), and what the version said of each."""
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        parts = [
            pl.DataFrame({name: kept[f"{place}_{name}"] for name in ("line", "outcome", *_SAID)}).select(
                pl.lit(str(target)).alias("target"), pl.all()
            )
            for place, target in enumerate(kept["targets"])
        ]
    return pl.concat(parts)
