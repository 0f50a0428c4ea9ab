"""What moves the scores, how steady that is, and what it was in the version in service."""

from __future__ import annotations

import math

from leadloop.learning.report.parts import Section, Table, Words, cut
from leadloop.learning.report.pictures import count_telling
from leadloop.learning.report.report import ImportanceLine, TrainingReport
from leadloop.learning.report.words import listed, number, where

_UNSTEADY = 4
_TOLD = 5


def importance_section(report: TrainingReport) -> Section:
    """The points of every field; with their spread where other stretches were asked, and what they were where one serves."""
    lines = report.importance
    steady = any(line.worst_rank for line in lines)
    before = any(math.isfinite(line.before) for line in lines)
    headings = ["field", "points"]
    headings += ["elsewhere", "place there"] if steady else []
    headings += ["in service"] if before else []
    table = Table(
        where(report),
        (*headings, "which way"),
        tuple(_row(line, steady, before) for line in lines),
        numeric=frozenset(range(1, len(headings))),
        names=frozenset({0}),
        bars=tuple(line.points for line in lines),
        reaches=tuple((line.low, line.high) for line in lines) if steady else (),
        picture="importance",
    )
    words = (
        "By how many score points (of 100) each field moves the score of a lead, up or down, on average. It tells what the "
        "scores follow, not what makes a lead convert."
    )
    more = []
    if steady:
        more.append(Words(_steadiness(lines)))
    if before:
        more.append(Words(_changes(lines)))
    return Section(
        "importance",
        "What moves the scores",
        (Words(words), *more, *cut(table, count_telling(lines), "field", "fields")),
    )


def _row(line: ImportanceLine, steady: bool, before: bool) -> tuple[str, ...]:
    cells = [line.shown, number(line.points, 1)]
    if steady:
        cells += [f"{number(line.low, 1)} to {number(line.high, 1)}", _places(line)] if line.worst_rank else ["–", "–"]
    if before:
        cells.append(number(line.before, 1))
    return (*cells, line.direction)


def _places(line: ImportanceLine) -> str:
    return str(line.best_rank) if line.best_rank == line.worst_rank else f"{line.best_rank} to {line.worst_rank}"


def _steadiness(lines: tuple[ImportanceLine, ...]) -> str:
    """Which of the strongest fields hold their place in models learned from other stretches, and which do not."""
    strongest = [line for line in lines[:_TOLD] if line.worst_rank]
    told = (
        "“Elsewhere” is the least and the most in models learned from other stretches of the training leads by the quicker "
        "half of the learners (the line over each bar), with the field’s place among all fields there. "
    )
    loose = [f"“{line.shown}” ({_places(line)})" for line in strongest if line.worst_rank - line.best_rank >= _UNSTEADY]
    if not loose:
        return f"{told}The strongest {len(strongest)} hold about the same place everywhere."
    return f"{told}The place of {listed(loose)} changes from stretch to stretch: do not read much into it."


def _changes(lines: tuple[ImportanceLine, ...]) -> str:
    """The field that gained and the one that lost most against the version in service."""
    known = [line for line in lines if math.isfinite(line.before)]
    most = max(known, key=lambda line: line.points - line.before)
    least = min(known, key=lambda line: line.points - line.before)
    told = "“In service” is what the report of the version in service says of the same field, on its own test leads"
    moved = [
        f"“{line.shown}” went from {number(line.before, 1)} to {number(line.points, 1)}"
        for line in (most, least)
        if abs(line.points - line.before) >= 1
    ]
    return f"{told}. {listed(list(dict.fromkeys(moved)))}." if moved else f"{told}. No field moved by a point or more."
