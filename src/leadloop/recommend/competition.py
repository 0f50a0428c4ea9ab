"""The competition: everybody learns from the same decisions, and whoever foresees later ones best is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadloop.errors import DependencyMissing
from leadloop.learning.calibration import choose_calibrator
from leadloop.recommend.competitors.boosted import learn_boosted
from leadloop.recommend.competitors.competitor import Competitor
from leadloop.recommend.competitors.counting import count_markov, count_popularity
from leadloop.recommend.histories import Decisions, Histories
from leadloop.recommend.looking_ahead import look_ahead
from leadloop.recommend.measures import Measure, difference, measure, next_losses, won_losses
from leadloop.recommend.recommender import Evidence, Recommender
from leadloop.recommend.settings import RecommenderSettings
from leadloop.recommend.splitting import Split
from leadloop.scoring.calibrator import Calibrator, log_odds
from leadloop.scoring.venn_abers import VennAbers

FEWEST_WON = 10
"""With fewer wins or losses to calibrate by, success is that of the simplest competitor."""

Tick = Callable[[str], None]
Checkpoint = Callable[[int, Mapping[str, np.ndarray]], None]
"""Is told of each epoch of the network that is the best so far, with its weights."""


@dataclass(frozen=True, eq=False)
class Entered:
    """A competitor after it has learned: what it was chosen by, and what it is worth on the test part."""

    competitor: Competitor
    calibrator: Calibrator
    loss_next: float
    """Its log-loss of what is done next, on the part that decides."""
    loss_won: float
    """Its log-loss of winning there, calibrated; NaN where too few outcomes are known."""
    measures: dict[str, Measure]
    """What it is worth on the test part."""


@dataclass(frozen=True, eq=False)
class Competition:
    """Who took part, and who won."""

    entered: tuple[Entered, ...]
    following: str
    """The winner at what is done next."""
    winning: str
    """The winner at what comes of it."""
    recommender: Recommender
    notes: tuple[str, ...]
    """What a person should know, as sentences."""
    beside: dict[str, Any] = field(default_factory=dict)
    """Things that are not served: the Keras model under `network`, where it took part."""


def compete(
    histories: Histories,
    split: Split,
    settings: RecommenderSettings,
    *,
    seed: int,
    checkpoint: Checkpoint = lambda epoch, weights: None,
    tick: Tick = lambda stage: None,
) -> Competition:
    """Let the competitors of the settings learn, choose the winners by later decisions, and measure all by the newest ones.

    Who wins is decided on the part `choose`; the test part is looked at once, afterwards. The network is left out, and a note
    says so, where its extra is not installed.
    """
    beside: dict[str, Any] = {}
    notes: list[str] = []
    learned: list[Competitor] = []
    for name in settings.competitors:
        tick(f"learning: {name}")
        if name == "popularity":
            learned.append(count_popularity(histories, split.train))
        elif name == "Markov chain":
            learned.append(count_markov(histories, split.train))
        elif name == "gradient boosting":
            learned.append(learn_boosted(histories, split.train, split.stop, seed=seed, tick=tick))
        else:
            from leadloop.recommend.competitors.keras_network import learn_network

            try:
                trained = learn_network(
                    histories, split.train, split.stop, settings.network, seed=seed, checkpoint=checkpoint, tick=tick
                )
            except DependencyMissing:
                notes.append("The network did not take part: the extra `recommender` is not installed.")
                continue
            beside["network"] = trained
            learned.append(trained.network)
    tick("measuring")
    entered = [_enter(one, histories, split, seed) for one in learned]
    following = min(entered, key=lambda one: one.loss_next)
    judged = [one for one in entered if np.isfinite(one.loss_won)]
    winning = min(judged, key=lambda one: one.loss_won) if judged else entered[0]
    if not judged:
        notes.append(
            "Too few leads were won to say what comes of an action: every action is expected to bring the same."
        )
    notes += _compare(entered, following, winning, histories, split, seed)
    entered_names = {one.competitor.name for one in entered}
    recommender = Recommender(
        histories.vocabulary, settings.within_days, following.competitor, winning.competitor, winning.calibrator,
        _interval(winning, histories, split.choose), Evidence(randomised=False),
        look_ahead(histories, split, winning.competitor, seed=seed, tick=tick) if judged and "gradient boosting" in entered_names
        else None,
    )  # fmt: skip
    return Competition(
        tuple(entered), following.competitor.name, winning.competitor.name, recommender, tuple(notes), beside
    )


def _enter(competitor: Competitor, histories: Histories, split: Split, seed: int) -> Entered:
    following, won = competitor.foresee(histories, split.choose)
    chance, outcome = taken(won, split.choose)
    enough = FEWEST_WON <= outcome.sum() <= len(outcome) - FEWEST_WON
    margins = log_odds(chance)
    calibrator = choose_calibrator(margins, outcome, np.ones(len(outcome)), seed=seed) if enough else _identity()
    loss_won = float(won_losses(calibrator.probabilities(margins), outcome).mean()) if enough else float("nan")
    later, later_won = competitor.foresee(histories, split.test)
    calibrated = calibrator.probabilities(log_odds(later_won.reshape(-1))).reshape(later_won.shape)
    test = split.test
    measures = measure(later, calibrated, test.action, test.won, test.lead, seed=seed)
    return Entered(
        competitor, calibrator, float(next_losses(following, split.choose.action).mean()), loss_won, measures
    )


def taken(won: np.ndarray, decisions: Decisions) -> tuple[np.ndarray, np.ndarray]:
    """The chance that was foreseen of what was really done, and the outcome, of the decisions whose outcome is known."""
    known = np.flatnonzero(np.isfinite(decisions.won))
    return won[known, decisions.action[known]], decisions.won[known]


def _identity() -> Calibrator:
    from leadloop.scoring.calibrator import PlattCalibrator

    return PlattCalibrator("shift", 1.0, 0.0)


def _interval(winner: Entered, histories: Histories, decisions: Decisions) -> VennAbers:
    chance, outcome = taken(winner.competitor.foresee(histories, decisions)[1], decisions)
    if not len(outcome):
        return VennAbers(np.zeros(0), np.zeros(1), np.ones(1))
    margins = winner.calibrator.margins(log_odds(chance))
    return VennAbers.fit(margins, outcome, steps=min(200, max(2, len(outcome) // 25)))


def _compare(
    entered: Sequence[Entered], following: Entered, winning: Entered, histories: Histories, split: Split, seed: int
) -> list[str]:
    """By how much each winner is ahead of the others on the test part, told whichever way it goes."""
    test, said = split.test, []
    foreseen = {one.competitor.name: one.competitor.foresee(histories, test) for one in entered}
    known = np.flatnonzero(np.isfinite(test.won))
    for what, winner in (("what is done next", following), ("winning", winning)):
        losses = {}
        for one in entered:
            follow, won = foreseen[one.competitor.name]
            if what == "winning":
                chance = one.calibrator.probabilities(log_odds(won[known, test.action[known]]))
                losses[one.competitor.name] = won_losses(chance, test.won[known])
            else:
                losses[one.competitor.name] = next_losses(follow, test.action)
        lead = test.lead[known] if what == "winning" else test.lead
        if not len(lead):
            continue
        own = winner.competitor.name
        for name, loss in losses.items():
            if name != own:
                gap = difference(losses[own], loss, lead, seed=seed)
                verdict = (
                    "is better" if gap.low > 0 else "is worse" if gap.high < 0 else "is neither surely better nor worse"
                )
                said.append(
                    f"At {what}, {own} {verdict} than {name} on the newest leads: its log-loss is lower by {gap.value:+.4f} "
                    f"({gap.low:+.4f} to {gap.high:+.4f})."
                )
    return said
