"""A trained recommender: what is usually done next, and how likely each lead is won after each action, with limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadloop.recommend.competitors.boosted import NAME as BOOSTED
from leadloop.recommend.competitors.boosted import Boosted, boosted_from
from leadloop.recommend.competitors.competitor import Competitor
from leadloop.recommend.competitors.counting import counts_from
from leadloop.recommend.competitors.network import NAME as NETWORK
from leadloop.recommend.competitors.network import network_from
from leadloop.recommend.histories import Decisions, Histories, Vocabulary
from leadloop.scoring.calibrator import Calibrator, calibrator_from_state, log_odds
from leadloop.scoring.venn_abers import VennAbers


@dataclass(frozen=True, eq=False)
class Foreseen:
    """What is foreseen of some decisions; every array has a row a decision and a column an action."""

    following: np.ndarray
    """How likely each action is what is usually done next."""
    success: np.ndarray
    """The calibrated probability that the lead is won within the days asked about, if this is done."""
    low: np.ndarray
    """Its lower limit (Venn-Abers)."""
    high: np.ndarray
    """Its upper limit."""
    worth: np.ndarray
    """What actions are ranked by: the probability that the lead is won, with the best actions afterwards where that can be told,
    else `success`."""


@dataclass(frozen=True)
class Evidence:
    """What the probabilities stand on, and which action is preferred unless another promises more by some margin."""

    randomised: bool
    """Whether enough actions were drawn by lot to tell what an action causes; else all is association."""
    preferred: str = ""
    """The action that brought most where all leads were treated alike; empty where nothing was drawn by lot."""
    margin: float = 0.0
    """How much more another action must promise to be put before it; infinite where differences between leads did not pay."""
    table: tuple[Mapping[str, Any], ...] = ()
    """The value of each policy, as the report shows it."""
    said: tuple[str, ...] = ()
    """The same in sentences."""


@dataclass(frozen=True, eq=False)
class Recommender:
    """The winners of a competition, calibrated."""

    vocabulary: Vocabulary
    within_days: float
    """Within how many days after an action a win counts."""
    following_by: Competitor
    """Who foresees what is done next."""
    winning_by: Competitor
    """Who foresees what comes of it."""
    calibrator: Calibrator
    interval: VennAbers
    evidence: Evidence
    ahead: Boosted | None = None
    """Who foresees what an action is worth with the best ones after it; None where that cannot be told."""

    def foresee(self, histories: Histories, decisions: Decisions) -> Foreseen:
        """What is foreseen of some decisions."""
        following, won = self.winning_by.foresee(histories, decisions)
        if self.following_by is not self.winning_by:
            following, _ = self.following_by.foresee(histories, decisions)
        margins = self.calibrator.margins(log_odds(won.reshape(-1)))
        success = self.calibrator.probabilities(log_odds(won.reshape(-1)))
        low, high = self.interval.interval(margins)
        shape = won.shape
        worth = success.reshape(shape) if self.ahead is None else self.ahead.foresee(histories, decisions)[1]
        # The interval is of a step of margins, and may lie beside the smooth probability by a hair.
        return Foreseen(
            following,
            success.reshape(shape),
            np.minimum(low, success).reshape(shape),
            np.maximum(high, success).reshape(shape),
            worth,
        )

    def preferences(self, worth: np.ndarray) -> np.ndarray:
        """What actions are ranked by: what they are worth, the preferred action moved ahead by the margin.

        Where one looks ahead nothing is moved: the best single action of one step need not be that of several.
        """
        if not self.evidence.preferred or self.ahead is not None:
            return worth
        place = self.vocabulary.actions.index(self.evidence.preferred)
        ahead = worth.copy()
        ahead[:, place] += min(self.evidence.margin, 1.0)
        return ahead

    def files(self) -> dict[str, bytes]:
        """The graphs that are saved, by file name."""
        ahead = {} if self.ahead is None else {f"ahead_{name}": one for name, one in self.ahead.files().items()}
        return {**self.following_by.files(), **self.winning_by.files(), **ahead}

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that are saved."""
        parts = {"following": self.following_by.arrays(), "winning": self.winning_by.arrays()}
        found = {f"{part}_{name}": array for part, arrays in parts.items() for name, array in arrays.items()}
        return found | {f"interval_{name}": array for name, array in self.interval.arrays().items()}

    def state(self) -> dict[str, Any]:
        """Whatever else is saved, as plain values."""
        margin = self.evidence.margin
        return {
            "vocabulary": self.vocabulary.as_json(),
            "within_days": self.within_days,
            "following_by": dict(self.following_by.state()),
            "winning_by": dict(self.winning_by.state()),
            "calibrator": self.calibrator.state(),
            "ahead": None if self.ahead is None else dict(self.ahead.state()),
            "evidence": {
                "randomised": self.evidence.randomised,
                "preferred": self.evidence.preferred,
                "margin": None if np.isinf(margin) else margin,
                "table": [dict(row) for row in self.evidence.table],
                "said": list(self.evidence.said),
            },
        }

    @classmethod
    def load(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, bytes]
    ) -> Recommender:
        """The recommender that was saved; raises ValueError, KeyError or VersionError where it is none."""
        said = state["evidence"]
        margin = float("inf") if said["margin"] is None else float(said["margin"])
        evidence = Evidence(
            bool(said["randomised"]), str(said["preferred"]), margin, tuple(said["table"]), tuple(said["said"])
        )
        following = _competitor(state["following_by"], _of("following", arrays), files)
        same = state["following_by"] == state["winning_by"]
        winning = following if same else _competitor(state["winning_by"], _of("winning", arrays), files)
        vocabulary = Vocabulary.from_json(state["vocabulary"])
        of_ahead = {name.removeprefix("ahead_"): one for name, one in files.items() if name.startswith("ahead_")}
        ahead = None if state["ahead"] is None else boosted_from(of_ahead, state["ahead"])
        if evidence.preferred and evidence.preferred not in vocabulary.actions:
            raise ValueError("a preferred action that is none")
        return cls(
            vocabulary, float(state["within_days"]), following, winning,
            calibrator_from_state(state["calibrator"]), VennAbers.from_arrays(_of("interval", arrays)), evidence, ahead,
        )  # fmt: skip


def _of(part: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(f"{part}_"): array for name, array in arrays.items() if name.startswith(f"{part}_")}


def _competitor(state: Mapping[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, bytes]) -> Competitor:
    name = state["name"]
    if name == NETWORK:
        return network_from(files, state)
    if name == BOOSTED:
        return boosted_from(files, state)
    return counts_from(arrays, state)
