"""History: how earlier leads of the same kind did, as far as was known when a lead came in; declared in the playbook."""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterator
from dataclasses import dataclass

from leadloop.errors import Problem
from leadloop.leads import LeadSchema

REMEMBERED = ("category", "boolean")


@dataclass(frozen=True, slots=True)
class History:
    """How well earlier leads with the same values did, and how many there were, as far as was known when a lead came in.

    An outcome counts once it must be known: the longest of `within_days` and `gap_days` after its lead. New leads are told
    what was known when training began. Needs leads ordered by a time.
    """

    of: tuple[str, ...]
    """The fields whose values earlier leads must share: categories, yes or no."""
    name: str = ""
    """What such leads are called in reasons and reports, as in "similar leads"; by default after the fields."""
    days: float = 0.0
    """How far back it looks: only leads that came in this many days before the newest whose outcome is known. Without it
    every earlier lead counts, and there are the more of them the later a lead comes."""

    @property
    def label(self) -> str:
        """What the earlier leads are called.

        >>> History(("category", "location")).label
        'earlier leads with this category and location'
        """
        return self.name or f"earlier leads with this {' and '.join(self.of)}"

    @property
    def columns(self) -> tuple[str, str]:
        """The names of its two columns: how well such leads did, and how many there were."""
        return f"success rate of {self.label}", f"{self.label}, how many (log)"


def find_history_problems(
    histories: tuple[History, ...],
    schema: LeadSchema,
    scores_at: str,
    *,
    by_time: bool,
    outcome_days: float,
    naming: Container[str] = (),
) -> Iterator[Problem]:
    """Every mistake in the histories of a playbook.

    `by_time` says whether a time orders the leads, `outcome_days` after how many days an outcome is known, and `naming` are
    the fields that only name or order leads.
    """
    taken: set[str] = set()
    for number, one in enumerate(histories, start=1):
        where = f"history[{number}]"
        if not by_time:
            yield Problem(where, "needs the time of the lead", "order the leads by a field of type time")
        elif not outcome_days:
            mend = "say it in gap_days under [training], or in the target's within_days"
            yield Problem(where, "needs to know after how many days an outcome is known", mend)
        if not one.of:
            yield Problem(
                f"{where}.of", "names no field", 'name what earlier leads must share, as in of = ["category"]'
            )
        if len(set(one.of)) < len(one.of):
            yield Problem(f"{where}.of", "names a field twice", "name it once")
        if one.of and (one.label in taken or one.label in schema):
            what = "is there twice" if one.label in taken else "is the name of a field"
            yield Problem(f"{where}.name", f"“{one.label}” {what}", "give it a name of its own")
        taken.add(one.label)
        for name in dict.fromkeys(one.of):
            if why := _why_not(name, schema, scores_at, naming):
                yield Problem(f"{where}.of", f"names “{name}”, {why[0]}", why[1])


def _why_not(name: str, schema: LeadSchema, scores_at: str, naming: Container[str]) -> tuple[str, str] | None:
    """What is wrong with remembering leads by this field, and what to do."""
    if name not in schema:
        close = difflib.get_close_matches(name, [field.name for field in schema.fields], n=1, cutoff=0.6)
        return "which is no field", f"did you mean “{close[0]}”?" if close else ""
    field = schema[name]
    if field.type not in REMEMBERED:
        return f"of type {field.type}", f"a history is of {' or '.join(REMEMBERED)}"
    if not schema.is_known(name, scores_at):
        return f"known at {field.known_at}; this playbook scores at {scores_at}", "leave it out"
    if name in naming:
        return "which only names or orders leads", "leave it out"
    return None if field.use else ("which is not used", "leave it out, or use the field")
