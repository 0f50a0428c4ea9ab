"""Composing a score: the map from several targets' probabilities to one score, fitted on leads that none had learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.errors import NotEnoughOutcomes, Problem
from leadloop.leads import LeadFrame
from leadloop.learning.training import HeldOut
from leadloop.playbook import Playbook
from leadloop.scoring.composition import Composition, weigh
from leadloop.scoring.score_map import ScoreMap
from leadloop.scoring.target_model import TargetModel

LEAST_LEADS = 50
"""With fewer leads than this that no target had learned from, the bands of a composed score would be guesses."""


@dataclass(frozen=True)
class Heard:
    """A target that counts in the score: what predicts it, the leads it learned from, and what was said of those held out."""

    model: TargetModel
    leads: LeadFrame
    held_out: HeldOut


def compose_score(playbook: Playbook, heard: Sequence[Heard]) -> Composition | None:
    """The composition that the playbook asks for; None where the score is the main target's alone.

    `heard` are the targets that count. The map is fitted on the held-out leads of the first of them, as far as the others
    had not learned from them: held out there too, or without a known outcome. Raises NotEnoughOutcomes where these are fewer
    than fifty.
    """
    if not playbook.is_composed:
        return None
    weights = tuple(playbook.weights.items())
    first = next(each for each in heard if each.model.name == weights[0][0])
    asked = first.leads.take(first.held_out.places)
    said = {each.model.name: _say(each, asked) for each in heard}
    unseen = ~np.any([np.isnan(said[name]) for name, _ in weights], axis=0)
    if unseen.sum() < LEAST_LEADS:
        problem = Problem(
            "score",
            f"only {int(unseen.sum()):,} of {LEAST_LEADS} leads were held out for every target that it is composed of",
            "bring leads on which all of these outcomes are known, or leave a target out of [score]",
        )
        raise NotEnoughOutcomes(playbook.name, problem)
    means = weigh(weights, {name: said[name][unseen] for name, _ in weights})
    return Composition(weights, ScoreMap.fit(playbook.policy, means))


def _say(heard: Heard, asked: LeadFrame) -> np.ndarray:
    """What a target's models say of leads that they had not learned from; NaN for the others."""
    blend, lines = heard.model.blend, heard.leads.lines
    chances = np.full(len(asked), np.nan)
    held_out: Mapping[int, float] = dict(
        zip(lines[heard.held_out.places].tolist(), blend.probabilities(heard.held_out.margins).tolist(), strict=True)
    )
    for place, line in enumerate(asked.lines.tolist()):
        chances[place] = held_out.get(line, np.nan)
    strange = np.flatnonzero(~np.isin(asked.lines, lines))
    if len(strange):
        matrix = heard.model.features.matrix(asked.take(strange).data)
        chances[strange] = blend.probabilities(blend.margins(matrix))
    return chances
