"""Who should do it: how well each person did with leads like this one, and how much is on their desk already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PRIOR = 20.0
"""A person is taken for the average until so many wins were to be expected of them."""


@dataclass(frozen=True)
class Skill:
    """How many times the expected wins a person had: 1 is the average."""

    overall: float
    """With any lead."""
    by_level: Mapping[str, float]
    """With leads of a category, as in `segment=large`."""
    leads: int
    """With how many leads they worked."""


def learn_skills(
    people: Sequence[str], won: np.ndarray, expected: np.ndarray, levels: Sequence[Sequence[str]]
) -> dict[str, Skill]:
    """The skill of each person, from what was won and what was to be expected of the same actions without knowing who did them.

    Both are drawn towards the average, and what is known of a category towards what is known of the person: few leads say little.
    Who got which lead was not random, so this is association.

    >>> skills = learn_skills(
    ...     ["ada"] * 400 + ["bob"] * 400, np.r_[np.ones(200), np.zeros(600)], np.full(800, 0.25), [()] * 800
    ... )
    >>> round(skills["ada"].overall, 2), round(skills["bob"].overall, 2)
    (1.83, 0.17)
    """
    found = {}
    names = np.array(people, dtype=object)
    for person in sorted({one for one in people if one}):
        mine = np.flatnonzero((names == person) & np.isfinite(won))
        overall = float((won[mine].sum() + PRIOR) / (expected[mine].sum() + PRIOR))
        sums: dict[str, list[float]] = {}
        for row in mine.tolist():
            for level in levels[row]:
                one = sums.setdefault(level, [0.0, 0.0])
                one[0] += float(won[row])
                one[1] += float(expected[row])
        by_level = {level: (got + PRIOR * overall) / (due + PRIOR) for level, (got, due) in sums.items() if due >= 1.0}
        found[person] = Skill(overall, by_level, len(mine))
    return found


def assign(
    wanted: Sequence[Sequence[str]],
    urgency: np.ndarray,
    people: Sequence[str],
    skills: Mapping[str, Skill],
    desks: Mapping[str, int],
    *,
    desk: int,
) -> list[str]:
    """A person for each lead, the most promising leads first; empty where every desk is full.

    `wanted` are the categories of each lead, `urgency` what is to be expected of it. A person counts by their skill with such
    leads, less what is on the desk: a full desk takes no more, and of equals the one with less to do is taken.
    """
    load = {one: desks.get(one, 0) for one in people}
    chosen = [""] * len(wanted)
    for row in np.argsort(-urgency, kind="stable").tolist():
        free = [one for one in people if load[one] < desk]
        if not free:
            break
        best = max(free, key=lambda one: (skill_with(skills.get(one), wanted[row]) * (1 - load[one] / desk), one))
        chosen[row] = best
        load[best] += 1
    return chosen


def skill_with(skill: Skill | None, levels: Sequence[str]) -> float:
    """How well a person does with leads of these categories: the mean of what is known of each, else of all."""
    if skill is None:
        return 1.0
    known = [skill.by_level[one] for one in levels if one in skill.by_level]
    return float(np.mean(known)) if known else skill.overall
