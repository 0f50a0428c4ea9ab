"""What can be wrong with one target of a playbook."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leadloop.errors import Problem
from leadloop.playbook.playbook import Playbook, Target

FUNCTION = re.compile(r"[A-Za-z_]\w*:[A-Za-z_]\w*")
"""How a function beside the playbook is named: its file, a colon, and its name."""


def find_target_problems(playbook: Playbook, target: Target) -> Iterator[Problem]:
    """Every contradiction within a target."""
    schema = playbook.schema
    where = f"targets.{target.name}"
    if not target.name.strip():
        yield Problem("targets", "one has no name", "name it, as in [targets.converted]")
        return
    ways = [bool(target.positive), target.filled, bool(target.label) or target.graded]
    if sum(ways) != 1:
        said = "does not say" if not any(ways) else "says in more than one way"
        yield Problem(
            where,
            f"{said} when a lead counts as won",
            'give one of positive = ["1"], filled = true, graded = true, label = "labels:won"',
        )
    if (target.positive or target.filled or (target.graded and not target.label)) and not target.column:
        yield Problem(f"{where}.column", "is missing", "name the field that holds the outcome")
    yield from _value_problems(target, where)
    if target.label and not FUNCTION.fullmatch(target.label):
        yield Problem(f"{where}.label", f"“{target.label}” names no function", 'write "labels:won"')
    yield from _grade_problems(playbook, target, where)
    for name in sorted(target.columns):
        if name in schema and schema.is_known(name, playbook.scores_at):
            yield Problem(
                f"fields.{name}.known_at",
                f"is “{schema[name].known_at}”, yet it is the outcome and leads are scored at {playbook.scores_at}",
                "give it a later moment, such as outcome",
            )
    if target.at in schema and schema[target.at].type != "time":
        yield Problem(f"{where}.at", f"is of type {schema[target.at].type}", "name a field of type time")
    if target.value in schema and schema[target.value].type not in ("money", "number"):
        yield Problem(
            f"{where}.value", f"is of type {schema[target.value].type}", "name a field of type money or number"
        )
    if target.horizons:
        yield from _horizon_problems(playbook, target, f"{where}.horizons")
    if target.within_days:
        if not target.at:
            yield Problem(f"{where}.within_days", "needs the time of the outcome", "name its field in `at`")
        if not playbook.is_ordered_by_time:
            yield Problem(
                f"{where}.within_days", "needs the time of the lead", "order the leads by a field of type time"
            )
    elif target.open_leads == "weighed":
        yield Problem(f"{where}.open_leads", "needs the window after which a lead is lost", "say it in within_days")


def _value_problems(target: Target, where: str) -> Iterator[Problem]:
    """Values of the outcome that are read in two ways at once, or in none."""
    lists = {"positive": target.positive, "negative": target.negative, "open": target.open}
    for name in ("negative", "open"):
        if lists[name] and not target.positive:
            yield Problem(f"{where}.{name}", "needs the values that mean won beside it", "name them in `positive`")
    seen: dict[str, str] = {}
    for name, values in lists.items():
        for value in values:
            before = seen.setdefault(value.strip().casefold(), name)
            if before != name:
                yield Problem(f"{where}.{name}", f"“{value}” stands under {before} too", "name it in one of them")


def _grade_problems(playbook: Playbook, target: Target, where: str) -> Iterator[Problem]:
    schema = playbook.schema
    if target.graded and not target.label and target.column in schema and schema[target.column].type != "number":
        yield Problem(
            f"{where}.graded", f"{target.column} is of type {schema[target.column].type}", "name a field of numbers"
        )
    if target.graded and target.within_days:
        yield Problem(f"{where}.graded", "and within_days do not go together", "give the grade when it is final")
    if target.calibrate == "all alike" and not target.confidence:
        yield Problem(f"{where}.calibrate", "has no meaning without a confidence", "leave it out")
    if target.confidence in schema and schema[target.confidence].type != "number":
        yield Problem(
            f"{where}.confidence",
            f"is of type {schema[target.confidence].type}",
            "name a field of numbers",
        )


def _horizon_problems(playbook: Playbook, target: Target, where: str) -> Iterator[Problem]:
    if not target.at:
        yield Problem(where, "need the time of the outcome", "name its field in `at`")
    if not playbook.is_ordered_by_time:
        yield Problem(where, "need the time of the lead", "order the leads by a field of type time")
    if list(target.horizons) != sorted(set(target.horizons)):
        yield Problem(where, "do not rise", "name each number of days once, the smallest first")
    if target.within_days and max(target.horizons) > target.within_days:
        yield Problem(
            where,
            f"reach to {max(target.horizons):,} days; outcomes count for {target.within_days:g} days only",
            "name smaller ones, or a larger within_days",
        )
