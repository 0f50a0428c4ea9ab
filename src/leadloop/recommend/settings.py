"""How the recommender learns and what it may recommend: the table `[recommender]` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NetworkSettings:
    """How the network is built and trained; the defaults are those of the published design."""

    embedding_dim: int = 128
    """How many numbers stand for a category."""
    num_heads: int = 4
    """How many heads the attention has; they share the numbers among them."""
    dropout_rate: float = 0.3
    """The share of numbers that training leaves out at random, 0 to 1."""
    hidden_layers: tuple[int, ...] = (256, 128, 64)
    """How wide the dense layers are."""
    learning_rate: float = 0.001
    """How far each step goes."""
    batch_size: int = 64
    """How many windows of leads are looked at between two steps."""
    epochs: int = 100
    """How often all of them are looked at, at most."""
    patience: int = 6
    """After so many epochs without an improvement on held-out decisions, training ends with the best epoch."""
    length: int = 32
    """How many recent events are looked at."""


@dataclass(frozen=True)
class ActionRule:
    """When an action may be recommended."""

    per_day: int | None = None
    """How many of it one person can do in a day; None: any number."""
    cool_down_hours: float = 0.0
    """How long a lead is left alone with it after it was done."""
    hours: tuple[int, int] = (0, 24)
    """From which hour on and before which one it may be done (UTC)."""
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """On which days it may be done; 0 is Monday."""
    opt_out_field: str = ""
    """The field of a lead that forbids it where it holds anything but no."""
    most: int | None = None
    """How often a lead may get it altogether; None: any number."""


@dataclass(frozen=True)
class RecommenderSettings:
    """What is learned and what may be recommended."""

    actions: tuple[str, ...] = ()
    """What may be recommended; empty: every action of the log that is frequent enough."""
    fewest: int = 30
    """An action that was done less often than this is not learned."""
    within_days: float = 30.0
    """Within how many days after an action a win counts as its success."""
    traits: tuple[str, ...] = ()
    """The fields of a lead that the recommender looks at, all taken as categories."""
    competitors: tuple[str, ...] = ("popularity", "Markov chain", "gradient boosting", "network")
    """Who competes; the network takes part where its extra is installed."""
    explore: float = 0.0
    """The share of leads whose first recommendation is drawn by lot, 0 to 0.5: without it no effect can be told."""
    max_recommendations: int = 3
    """How many actions are recommended for a lead, at most."""
    event_actions: Mapping[str, str] = field(default_factory=dict)
    """Events that are actions: what each event's name is called as an action."""
    people: tuple[str, ...] = ()
    """Who may be recommended to do it; empty: nobody in particular."""
    desk: int = 20
    """How many leads one person can have on the desk."""
    rules: Mapping[str, ActionRule] = field(default_factory=dict)
    """When each action may be recommended."""
    network: NetworkSettings = NetworkSettings()
    """How the network is built and trained."""
