"""Reproduce: whether the scores that were given live are those that a file of the same leads gets, to the last bit.

Live scoring and training read a lead by different paths as far as speed demands it. What keeps them the same is tested; this is
the check on what really happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from leadloop.errors import LeadLoopError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.file_batch import set_absent_times
from leadloop.leads import LeadFrame
from leadloop.scoring import Scorer

if TYPE_CHECKING:
    from leadloop.store import Score

_AT_ONCE = 1_000
_COMPARED = (
    *("probability", "probability_low", "probability_high", "score"),
    *("band", "route", "segment", "method", "model_version"),
)


@dataclass(frozen=True)
class Reproduced:
    """What came of giving scores again."""

    scores: int
    """How many were given again."""
    differences: tuple[str, ...]
    """For each that came out otherwise, its key and in what."""
    gone: int
    """How many could not be given again, since their version is not here any more or they were given by rules."""


def reproduce(playbook: str, workspace: Workspace) -> Reproduced:
    """Give every logged score of a playbook again by the version that gave it, from what was noted of its lead."""
    count, gone, differences = 0, 0, []
    scorers: dict[str, Scorer | None] = {}
    batch: dict[str, list[Score]] = {}

    def scorer_of(version: str) -> Scorer | None:
        if version not in scorers:
            try:
                scorers[version] = workspace.registry.load(workspace.registry.find(playbook, version))
            except LeadLoopError:
                scorers[version] = None
        return scorers[version]

    def finish(version: str) -> None:
        nonlocal count, gone
        scores, scorer = batch.pop(version), scorer_of(version)
        if scorer is None:
            gone += len(scores)
            return
        count += len(scores)
        differences.extend(differences_of(scorer, scores))

    for score in workspace.store.scores.stream(playbook):
        batch.setdefault(score.model_version, []).append(score)
        if len(batch[score.model_version]) >= _AT_ONCE:
            finish(score.model_version)
    for version in list(batch):
        finish(version)
    return Reproduced(count, tuple(differences), gone)


def differences_of(scorer: Scorer, scores: Sequence[Score]) -> list[str]:
    """Where these logged scores are not what the scorer gives now; feature values are compared bit by bit."""
    leads = leads_of(scorer, scores)
    if len(leads) != len(scores):
        return [f"{len(scores) - len(leads)} of {len(scores)} leads cannot be read again"]
    table = scorer.score_table(leads, explain=False)
    cards = scorer.score(leads, explain=False)
    found, own = [], scorer.playbook.policy.fingerprint
    for place, (score, row, card) in enumerate(zip(scores, table.iter_rows(named=True), cards, strict=True)):
        # An arm of an experiment may have had bands and routes of another policy.
        compared = _COMPARED if score.policy == own else [name for name in _COMPARED if name not in ("band", "route")]
        wrong = [name for name in compared if name in row and row[name] != getattr(score, name)]
        again = np.empty(0, np.float32) if card.features is None else card.features
        if again.tobytes() != score.features.tobytes():
            wrong.append("features")
        told = {one["target"]: one["probability"] for one in score.card.get("targets", ())}
        if told != {one.target: one.probability for one in card.targets}:
            wrong.append("targets")
        if wrong:
            found.append(f"{score.key or place}: {', '.join(wrong)}")
    return found


def leads_of(scorer: Scorer, scores: Sequence[Score]) -> LeadFrame:
    """The leads of logged scores as the scorer reads them from a file, one that gave no time as of when it was scored."""
    names = dict.fromkeys(name for score in scores for name in score.fields)
    cells: dict[str, Any] = {
        name: pl.Series(name, [score.fields.get(name) for score in scores], dtype=pl.String) for name in names
    }
    frame = pl.DataFrame(cells) if cells else pl.DataFrame(height=len(scores))
    leads = scorer.schema.read(frame).leads
    moments = pl.Series([scores[line - 1].at.replace(tzinfo=None) for line in leads.lines], dtype=pl.Datetime("us"))
    return set_absent_times(scorer, leads, moments)
