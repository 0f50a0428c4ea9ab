"""The score card: everything that is said of one lead."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leadloop.scoring.exploration import Exploration


@dataclass(frozen=True, slots=True)
class Reason:
    """What one field does to a score: `points` up or down, and a plain sentence that quotes the lead's own value."""

    field: str
    """The field of the lead, or the name of a function beside the playbook."""
    points: float
    """Score points, up where positive and down where negative."""
    sentence: str
    """What it is about this lead, as in “Form is “Demo Request””."""

    def __str__(self) -> str:
        return f"{self.sentence} ({self.points:+.1f})"


@dataclass(frozen=True, slots=True)
class TargetScore:
    """What is said of one lead about one target."""

    target: str
    """The target's name."""
    probability: float
    """The calibrated probability of this target, 0 to 1."""
    probability_low: float
    """The lower end of the probability's interval."""
    probability_high: float
    """The upper end of the probability's interval."""
    score: float
    """0 to 100: the target's own score, by which as many leads as wanted would fall into each band if it counted alone."""


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """One lead's score, what it leads to, and why."""

    lead_id: str
    """The lead's identifier; its line where the playbook names none."""
    line: int
    """The line of the file, or the place in the list, that the lead was read from."""
    probability: float | None
    """The calibrated probability of being won, 0 to 1: of leads that are given 0.2, about one in five is won. It is
    that of the main target, where there are several. None where rules gave the score: they promise none."""
    probability_low: float | None
    """The lower end of the probability's interval."""
    probability_high: float | None
    """The upper end of the probability's interval."""
    score: float
    """0 to 100: a fixed, rising map of the probability, so that the bands hold their shares; of the weighted mean of several
    targets' probabilities, where the playbook composes the score of them."""
    band: str
    """The band that the score falls into."""
    route: str
    """What the policy does with leads of this score."""
    confidence: float | None
    """1 less the width of the probability's interval, which holds the lead's true probability for about four leads in five where
    that is known; it is no chance of being right."""
    model_version: str
    """The version that gave the score; `rules` where rules did."""
    segment: str
    """The lead's segment; empty where the playbook has none, or the lead does not say."""
    method: str
    """How the score came about: `model`, `segment model` where the lead's segment has one of its own, or `rules`."""
    degraded: bool
    """Whether the method was not the first choice."""
    starts_at: float
    """The score of the average training lead, from which the reasons go up and down; up to 0.05 apart from lead to lead, since
    the score is shown with one decimal and start and points add up to it exactly."""
    reasons: tuple[Reason, ...]
    """Every field's points: `starts_at` plus all of them is the score."""
    days_to_win: float | None = None
    """If the lead is won, half of such leads are won within so many days of coming in. Only where the playbook has
    `horizons` and times could be learned; empty where half are not won within all the time that was seen."""
    days_to_win_low: float | None = None
    """If it is won, one in ten is won by then."""
    days_to_win_high: float | None = None
    """If it is won, nine in ten are won by then."""
    won_within: tuple[tuple[int, float], ...] = ()
    """The chance of being won within each of the playbook's `horizons` (days and probability), rising to at most the
    probability; as columns such as `won_within_30_days`."""
    expected_value: float | None = None
    """The probability times the amount that such leads bring when they are won. Only where the playbook names a `value`."""
    novel: bool | None = None
    """Whether the lead is unlike any that the version was trained on, so that its score rests on little; none where the
    version was saved before that was learned."""
    priority: str = ""
    """How urgent the route is, where the playbook gives its routes priorities."""
    unusual: str = ""
    """What makes a novel lead novel, at most three things, separated by semicolons; empty where it is not novel."""

    targets: tuple[TargetScore, ...] = ()
    """Each target with its probability, interval and own score, the main one first; empty where rules gave the score. In a
    file, the columns `NAME_probability`, `NAME_probability_low`, `NAME_probability_high` and `NAME_score` of every target but
    the main one, whose own score stands in `NAME_score` where the score is composed."""
    features: np.ndarray | None = field(default=None, repr=False, compare=False)
    """What models saw of the lead, float32: the feature values of each target, one target after the other, as
    `TrainedPlaybook.features_of` takes them apart; of each rule, where rules gave the score. In no file."""

    exploration: Exploration | None = field(default=None, repr=False)
    """How the lead came by its route where some leads are explored, and how probable each route was; none where none are. In no
    file."""

    @property
    def explored(self) -> bool:
        """Whether band, route and priority were drawn at random instead of following the score."""
        return self.exploration is not None and self.exploration.explored

    @property
    def reasons_up(self) -> tuple[Reason, ...]:
        """What raises the score, the strongest first."""
        return tuple(reason for reason in self.reasons if reason.points > 0)

    @property
    def reasons_down(self) -> tuple[Reason, ...]:
        """What lowers the score, the strongest first."""
        return tuple(sorted((reason for reason in self.reasons if reason.points < 0), key=lambda reason: reason.points))
