"""One finding of the leakage audit: a field that seems to know how the lead ended, or a split that tears twins apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

FindingKind = Literal[
    "filled_by_outcome",
    "copy_of_label",
    "too_good_alone",
    "known_together",
    "changed_after_outcome",
    "twins",
    "later_snapshot",
    "known_later",
    "judged_later",
    "state_at_export",
    "edited_after",
    "written_together",
    "acts_as_calendar",
]
"""Stable ids, most telling first. `acts_as_calendar` alone is no leak: the field is honest but mostly tells the date.
`twins` is about the split rather than a field: leads on both sides of it are the same lead, person or account."""

FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)


@dataclass(frozen=True, slots=True)
class Finding:
    """Why one field should not be believed, in a sentence with its numbers.

    `severity` is "blocks" where training should refuse until a person has ruled on the field, "warns" where a look is
    advised. `statistics` holds what was measured on the field, by stable names (shares and rates run 0 to 1). `beside`
    names the other fields that it takes to know the outcome: leaving out any of them all is enough. Of `twins` the field
    is the one that twins share, and `cure` says what keeps them on one side.
    """

    field: str
    kind: FindingKind
    severity: Literal["blocks", "warns"]
    evidence: str
    statistics: Mapping[str, float]
    beside: tuple[str, ...] = ()
    cure: str = ""
