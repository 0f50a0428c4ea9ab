"""The playbook: one lead-scoring problem, declared in full and then never changed.

A playbook is authored by a person (or drafted for one). Training resolves it into a `TrainedPlaybook`, which keeps a copy;
editing the file afterwards changes nothing that is in service.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from leadloop.leads import LeadSchema
from leadloop.playbook.policy import Policy


@dataclass(frozen=True, slots=True)
class Target:
    """What is worth predicting, and how the outcome is read.

    Exactly one of `positive`, `filled` and `label` says when a lead counts as won.
    """

    name: str
    """What is predicted, in a word such as "converted"."""
    column: str = ""
    """The field that holds the outcome."""
    positive: tuple[str, ...] = ()
    """The values of `column` that mean won, compared without regard to case."""
    filled: bool = False
    """True: any value in `column` means won (a date of winning, say)."""
    label: str = ""
    """A function beside the playbook that says who won, as in "labels:won"."""
    at: str = ""
    """The field with the time of the outcome, for `within_days`."""
    within_days: float | None = None
    """An outcome counts only this many days after the lead's own time. A younger lead without an outcome is still open:
    neither won nor lost."""
    guess: tuple[str, ...] = ()
    """What a draft inferred and nobody has confirmed yet; delete a line to confirm it."""


@dataclass(frozen=True, slots=True)
class Order:
    """How leads follow one another in time: by a field, or by their place in the file."""

    by: Literal["field", "rows"]
    """Whether a field tells, or the place of the row in the file."""
    field: str = ""
    """The field that leads are ordered by: a time or a number."""
    newest: Literal["largest", "smallest", "last", "first"] = "largest"
    """Which end is the present: the `largest` or `smallest` value of the field, or the `last` or `first` row."""
    guess: tuple[str, ...] = ()
    """What a draft inferred and nobody has confirmed yet; delete a line to confirm it."""


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
    seed: int = 7
    """What every draw of chance in training starts from: the same seed gives the same version."""
    learners: tuple[str, ...] = ()
    """Who competes, by name; where empty, those that usually do best."""
    trials: int = 50
    """How many settings are tried for each learner, as far as the budget goes."""
    budget: float = 100.0
    """About how many CPU seconds the search for settings may take. It is turned into a number of trials by the number
    of leads and features, so that the same leads always give the same version."""


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
    """What is worth predicting."""
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
    outcomes_by: str = ""
    """The field that matches leads with the rows of a separate file of outcomes."""
    features: tuple[str, ...] = ()
    """Feature functions beside the playbook, as in "features:visits_per_day"."""
    rules: tuple[str, ...] = ()
    """Rules beside the playbook, as in "rules:left_a_phone"."""
    phrases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Named lists of phrases to look for in every text field."""
    phrase_files: tuple[str, ...] = ()
    """Files beside the playbook with further lists, as in "phrases/urgency.txt"."""
    rulings: tuple[Ruling, ...] = ()
    """A person's word on leakage findings."""
    description: str = ""
    """A sentence or two for people."""
    synthetic: bool = False
    """True: the leads are made up. Every version and report says so."""

    @property
    def scoring_schema(self) -> LeadSchema:
        """The fields that may be read when a lead is scored."""
        return self.schema.known_by(self.scores_at)

    @property
    def guesses(self) -> tuple[tuple[str, str], ...]:
        """What a draft inferred and nobody has confirmed: (where, guess)."""
        found = [(f"fields.{field.name}", guess) for field in self.schema.fields for guess in field.guess]
        found += [(f"targets.{self.target.name}", guess) for guess in self.target.guess]
        found += [("order", guess) for guess in (self.order.guess if self.order else ())]
        return tuple(found)
