"""The chapters of a report on several targets: the main target fills the page; every other follows with a chapter of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from leadloop.learning.report.outline import outline
from leadloop.learning.report.parts import Pictures, Section, Table, Words
from leadloop.learning.report.picture import Picture
from leadloop.learning.report.pictures import draw_pictures
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.words import Verdict, answer, judge

_TOLD_ONCE = ("bands", "drift", "guesses", "making")
"""What is told of the version as a whole, with the main target. (The bands of a target's own score lead nowhere.)"""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One further target: its verdict and answer, its sections, and its pictures. All keys begin with the chapter's own."""

    key: str
    title: str
    verdict: Verdict
    answer: str
    sections: tuple[Section, ...]
    pictures: dict[str, Picture]


def chapters(report: TrainingReport) -> Iterator[Chapter]:
    """A chapter for every target but the main one, in order."""
    for number, other in enumerate(report.others, start=2):
        key = f"target-{number}"
        yield Chapter(
            key,
            other.target,
            judge(other),
            " ".join(answer(other)),
            tuple(_renamed(section, key) for section in outline(other) if section.key not in _TOLD_ONCE),
            {f"{key}-{name}": replace(picture, name=f"{key}-{name}") for name, picture in draw_pictures(other).items()},
        )


def chapter_pictures(report: TrainingReport) -> dict[str, str]:
    """Every picture of every chapter as an SVG file that stands alone: file name and content."""
    return {
        f"{name}.svg": picture.alone() for chapter in chapters(report) for name, picture in chapter.pictures.items()
    }


def _renamed(section: Section, key: str) -> Section:
    parts = tuple(_part(part, key) for part in section.parts)
    return Section(f"{key}-{section.key}", section.title, parts)


def _part(part: Words | Table | Pictures, key: str) -> Words | Table | Pictures:
    if isinstance(part, Pictures):
        return replace(part, names=tuple(f"{key}-{name}" for name in part.names))
    if isinstance(part, Table) and part.picture:
        return replace(part, picture=f"{key}-{part.picture}")
    return part
