"""The playbook: one lead-scoring problem, declared in full and then never changed.

A playbook is authored by a person (or drafted for one). Training resolves it into a `TrainedPlaybook`, which keeps a copy;
editing the file afterwards changes nothing that is in service.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from leadloop.leads import LeadSchema
from leadloop.playbook.derived import Derived
from leadloop.playbook.events import Events
from leadloop.playbook.history import History
from leadloop.playbook.policy import Policy

Calibrate = Literal["by confidence", "all alike"]
CALIBRATE: tuple[Calibrate, ...] = get_args(Calibrate)
OpenLeads = Literal["left out", "weighed"]
OPEN_LEADS: tuple[OpenLeads, ...] = get_args(OpenLeads)
OrderedBy = Literal["field", "rows"]
ORDERED_BY: tuple[OrderedBy, ...] = get_args(OrderedBy)
Newest = Literal["largest", "smallest", "last", "first"]
Absent = Literal["unknown", "now"]
ABSENT: tuple[Absent, ...] = get_args(Absent)
Unworked = Literal["left out", "weighed"]
UNWORKED: tuple[Unworked, ...] = get_args(Unworked)
Validation = Literal["auto", "rolling origin", "k-fold", "hold-out"]
VALIDATIONS: tuple[Validation, ...] = get_args(Validation)


@dataclass(frozen=True, slots=True)
class Target:
    """What is worth predicting, and how the outcome is read.

    Exactly one of `positive`, `filled`, `label` and `graded` says when a lead counts as won (`label` and `graded` may go
    together: the function then gives the grade).
    """

    name: str
    """What is predicted, in a word such as "converted"."""
    column: str = ""
    """The field that holds the outcome."""
    positive: tuple[str, ...] = ()
    """The values of `column` that mean won, compared without regard to case."""
    negative: tuple[str, ...] = ()
    """The values of `column` that mean lost. Where any are named, a value that is neither won nor lost is not guessed: the lead
    counts as open, and `leadloop check` names the value. Where none are, whatever does not mean won or open means lost."""
    open: tuple[str, ...] = ()
    """The values of `column` that mean still open: neither won nor lost yet, so nothing is learned from such leads."""
    filled: bool = False
    """True: any value in `column` means won (a date of winning, say)."""
    label: str = ""
    """A function beside the playbook that says who won, as in "labels:won"."""
    graded: bool = False
    """True: `column` holds how good the outcome was, from 0 to `top`. The probability is then the expected grade as a share
    of `top`."""
    top: float = 1.0
    """The best grade."""
    confidence: str = ""
    """The field with how sure the outcome is, a number above 0: leads count in learning as much as it says."""
    calibrate: Calibrate = "by confidence"
    """How leads count when probabilities are made to come true: `by confidence` where a doubtful outcome may be wrong; `all
    alike` where an outcome of little confidence is right and only tells less, so that a probability is the mean outcome of
    all such leads."""
    at: str = ""
    """The field with the time of the outcome, for `within_days` and `horizons`."""
    within_days: float | None = None
    """An outcome counts only this many days after the lead's own time. A younger lead without an outcome is still open:
    neither won nor lost."""
    open_leads: OpenLeads = "left out"
    """What happens to leads whose window is not over yet. They are left out, and so are the leads that came a window or less
    before the leads that a model is judged on; or what is known of them by then counts, and more the rarer it is to know it
    so soon (`weighed`, by the inverse probability of censoring)."""
    horizons: tuple[int, ...] = ()
    """Numbers of days, rising: how probable is it that a lead is won within so many days of coming in? Needs `at`, and leads
    ordered by a time."""
    value: str = ""
    """The field with the amount that a won lead brought, for the expected value of a lead."""
    optional: bool = False
    """True: where there are too few outcomes of it, the version is trained without this target and says so; otherwise
    training refuses. The main target is never optional."""
    guess: tuple[str, ...] = ()
    """What a draft inferred and nobody has confirmed yet; delete a line to confirm it."""

    @property
    def columns(self) -> frozenset[str]:
        """The fields that hold its outcome: no feature may read them."""
        return frozenset({self.column, self.at, self.value, self.confidence} - {""})


@dataclass(frozen=True, slots=True)
class Order:
    """How leads follow one another in time: by a field, or by their place in the file."""

    by: OrderedBy
    """Whether a field tells, or the place of the row in the file."""
    field: str = ""
    """The field that leads are ordered by: a time or a number."""
    newest: Newest = "largest"
    """Which end is the present: the `largest` or `smallest` value of the field, or the `last` or `first` row."""
    guess: tuple[str, ...] = ()
    """What a draft inferred and nobody has confirmed yet; delete a line to confirm it."""
    absent: Absent = "unknown"
    """The time of a lead to be scored that does not give it: `now` is the moment of scoring. Past leads without a time count
    as the oldest either way."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's word on a leakage finding: the field may be used all the same, and why."""

    field: str
    """The field that may be used."""
    finding: str
    """The kind of finding that is overruled, as the refusal names it in square brackets ("too_good_alone")."""
    because: str
    """Why; it stands in every report of a version that was trained on it."""


@dataclass(frozen=True, slots=True)
class Training:
    """How much is enough to learn from, and what is kept back to be honest about the result."""

    test_share: float = 0.3
    """The newest share of leads (a random one, where there is no order), looked at once, after everything else is
    decided."""
    min_leads: int = 200
    """With fewer leads than this nothing is trained."""
    min_positives: int = 40
    """With fewer won leads (or fewer lost ones) than this nothing is trained."""
    max_leads: int = 1_000_000
    """The newest this many leads are used; it bounds memory."""
    validation: Validation = "auto"
    """How settings are judged inside the training leads. `rolling origin` predicts block after block from everything
    before it; `k-fold` predicts each of some random parts from the others; `hold-out` predicts the newest part (a random
    one, where there is no order) from the rest. `auto` is the first where there is an order, and the second elsewhere."""
    folds: int = 4
    """How many blocks or parts that makes; a `hold-out` is one, of the size that one of so many has."""
    gap_days: float = 0.0
    """Leads that came so many days or fewer before the first lead that a model is judged on are not learned from: their
    outcomes would not have been known. At least the target's `within_days`, which is the usual gap."""
    seed: int = 7
    """What every draw of chance in training starts from: the same seed gives the same version."""
    learners: tuple[str, ...] = ()
    """Who competes, by name: logistic regression, LightGBM, XGBoost, CatBoost, gradient boosting (scikit-learn's), random
    forest, extra trees, logistic regression with SMOTE. Where empty, those that usually do best."""
    trials: int = 50
    """How many settings are tried for each learner, as far as the budget goes."""
    budget: float = 100.0
    """About how many CPU seconds the search for settings may take. It is turned into a number of trials by the number
    of leads and features, so that the same leads always give the same version."""
    unworked: Unworked = "left out"
    """What is done about leads that nobody worked. They are left out, and what is learned holds for leads such as were worked;
    or the leads that were worked count by the inverse of how probable it was to work them (`weighed`), so that they speak for
    all: that takes leads of the store that were scored while some were explored."""
    most_weight: float = 20.0
    """No lead teaches more than so many times what the one does that teaches least, where leads are weighed; what is measured
    over all leads is weighed without that bound."""
    source_share: float = 1.0
    """The largest share that one source of outcomes may have of all that sources told, 0.05 to 1. What a larger one told counts
    for less, until it has no more."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """A lead-scoring problem: what a lead is, what is worth predicting, and what a score leads to."""

    name: str
    """The playbook's name, under which versions are saved: small letters, digits and underscores."""
    schema: LeadSchema
    """The fields of a lead, and the moments of its life."""
    scores_at: str
    """The moment at which leads are scored; fields known later are never read by a feature."""
    target: Target
    """What is worth predicting: the main target, the first in the file."""
    policy: Policy = field(default_factory=Policy)
    """What a score leads to: bands, routes and the team's capacity."""
    training: Training = field(default_factory=Training)
    """How much is enough to learn from, and what is kept back."""
    order: Order | None = None
    """How leads follow one another in time; without it the test leads are a random share."""
    lead_id: str = ""
    """The field that identifies a lead; without it leads are named by their line."""
    group_by: str = ""
    """The field (account, person) whose leads must not be split between training and test."""
    segment_by: str = ""
    """The field (line of business, country) whose values may get models of their own. A segment's own model scores its
    leads only where it predicted later ones better than the model of all leads."""
    outcomes_by: str = ""
    """The field that matches leads with the rows of a separate file of outcomes."""
    features: tuple[str, ...] = ()
    """Feature functions beside the playbook, as in "features:visits_per_day"."""
    rules: tuple[str, ...] = ()
    """Rules beside the playbook, as in "rules:left_a_phone"."""
    phrases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Named lists of phrases to look for in every text field."""
    derived: tuple[Derived, ...] = ()
    """Features that are made of two fields together."""
    history: tuple[History, ...] = ()
    """How well earlier leads of the same kind did, as far as was known when each lead came in."""
    events: Events | None = None
    """What happened to leads afterwards, in a file of its own, and the fields that are made of it."""
    phrase_files: tuple[str, ...] = ()
    """Files beside the playbook with further lists, as in "phrases/urgency.txt"."""
    rulings: tuple[Ruling, ...] = ()
    """A person's word on leakage findings."""
    description: str = ""
    """A sentence or two for people."""
    synthetic: bool = False
    """True: the leads are made up. Every version and report says so."""
    more_targets: tuple[Target, ...] = ()
    """What else is predicted of the same leads, each with a probability and a score of its own."""
    score: tuple[tuple[str, float], ...] = ()
    """How much each target counts in the score, by its name; where empty, the score is the main target's alone."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target, the main one first."""
        return (self.target, *self.more_targets)

    @property
    def weights(self) -> dict[str, float]:
        """How much each target counts in the score, adding up to 1; targets that do not count are left out."""
        said = dict(self.score) or {self.target.name: 1.0}
        total = sum(said.values())
        return {target.name: said[target.name] / total for target in self.targets if target.name in said}

    @property
    def is_composed(self) -> bool:
        """Whether the score is anything but the main target's own."""
        return list(self.weights) != [self.target.name]

    @property
    def outcome_columns(self) -> frozenset[str]:
        """The fields that hold the outcome of any target: no feature may read them."""
        return frozenset().union(*(target.columns for target in self.targets))

    def aimed_at(self, name: str) -> Playbook:
        """The same problem with another of its targets as the main one, for whoever looks at one target at a time.

        Raises KeyError where there is no target of this name.
        """
        if name == self.target.name:
            return self
        chosen = {target.name: target for target in self.targets}[name]
        others = tuple(target for target in self.targets if target.name != name)
        return replace(self, target=chosen, more_targets=others)

    def without_targets(self, names: Collection[str]) -> Playbook:
        """The same problem without some of its further targets; the others then make up the score.

        The main target stays in any case. Where nothing of the score is left, it is the main target's alone. Routes that ask
        for the score of a target that is gone go with it: no lead could take them.
        """
        kept = tuple(target for target in self.more_targets if target.name not in names)
        score = tuple((name, weight) for name, weight in self.score if name not in names)
        gone = {target.name for target in self.more_targets} & set(names)
        routes = tuple(route for route in self.policy.routes if not gone & {name for name, _ in route.when})
        return replace(self, more_targets=kept, score=score, policy=replace(self.policy, routes=routes))

    @property
    def scoring_schema(self) -> LeadSchema:
        """The fields that may be read when a lead is scored."""
        return self.schema.known_by(self.scores_at)

    @property
    def is_ordered_by_time(self) -> bool:
        """Whether a field of type time tells which leads are newer."""
        order = self.order
        if order is None or order.by != "field" or order.field not in self.schema:
            return False
        return self.schema[order.field].type == "time"

    @property
    def dated_when_scored(self) -> str:
        """The field of time that is the moment of scoring where a lead does not give it; empty where it is unknown then."""
        return self.order.field if self.order is not None and self.order.absent == "now" else ""

    @property
    def outcome_days(self) -> float:
        """How many days after a lead its outcome is known, as far as the playbook says: the longest of its windows and gap."""
        return max(
            self.training.gap_days, self.target.within_days or 0.0, self.events.within_days if self.events else 0.0
        )

    @property
    def guesses(self) -> tuple[tuple[str, str], ...]:
        """What a draft inferred and nobody has confirmed: (where, guess)."""
        found = [(f"fields.{field.name}", guess) for field in self.schema.fields for guess in field.guess]
        found += [(f"targets.{target.name}", guess) for target in self.targets for guess in target.guess]
        found += [("order", guess) for guess in (self.order.guess if self.order else ())]
        return tuple(found)
