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

    Exactly one of three says when a lead counts as won: `positive` lists the values of `column` that do; `filled` means
    that any value in `column` does (a date of winning); `label` names a function beside the playbook.
    With `within_days` and `at` (the field with the time of the outcome), an outcome counts only that soon after the
    lead's own time, and a lead younger than that without an outcome is still open: it is neither won nor lost.
    """

    name: str
    column: str = ""
    positive: tuple[str, ...] = ()
    filled: bool = False
    label: str = ""
    at: str = ""
    within_days: float | None = None
    guess: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """How leads follow one another in time: by a field, or by their place in the file.

    `newest` says which end is the present: the `largest` or `smallest` value of the field, or the `last` or `first` row.
    """

    by: Literal["field", "rows"]
    field: str = ""
    newest: Literal["largest", "smallest", "last", "first"] = "largest"
    guess: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's word on a leakage finding: the field may be used all the same, and why."""

    field: str
    finding: str
    because: str


@dataclass(frozen=True, slots=True)
class Training:
    """How much is enough to learn from, and what is kept back to be honest about the result.

    `test_share` is the newest share of leads (or a random one, where there is no order), looked at once, after everything
    else is decided. Below `min_leads` leads or `min_positives` positives nothing is trained. `max_leads` bounds memory:
    the newest that many are used.
    """

    test_share: float = 0.3
    min_leads: int = 200
    min_positives: int = 40
    max_leads: int = 1_000_000
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Playbook:
    """A lead-scoring problem: what a lead is, what is worth predicting, and what a score leads to.

    `scores_at` is the moment at which leads are scored; fields known later are never read by a feature. `lead_id` names
    the field that identifies a lead, `group_by` the field (account, person) whose leads must not be split between training
    and test; `outcomes_by` the field that matches leads with the rows of a separate file
    of outcomes. `features` and `rules` name functions beside the playbook ("features:visits_per_day", "rules:left_a_phone").
    """

    name: str
    schema: LeadSchema
    scores_at: str
    target: Target
    policy: Policy = field(default_factory=Policy)
    training: Training = field(default_factory=Training)
    order: Order | None = None
    lead_id: str = ""
    group_by: str = ""
    outcomes_by: str = ""
    features: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    phrases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rulings: tuple[Ruling, ...] = ()
    description: str = ""
    synthetic: bool = False

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
