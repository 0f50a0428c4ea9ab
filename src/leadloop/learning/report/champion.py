"""This version beside the one in service, on the same test leads."""

from __future__ import annotations

from leadloop.learning.evaluation import Comparison, VersionLine
from leadloop.learning.report.parts import Section, Table, Words
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.words import count, listed, named_figure, number, rate


def champion_section(report: TrainingReport) -> Section | None:
    """Each measure of both versions with the interval of the difference; nothing where no version was in service."""
    other = report.comparison
    if other is None:
        return None
    rows = tuple(
        (
            line.name,
            named_figure(line.name, line.value),
            named_figure(line.name, line.champion),
            _signed(line.name, line.difference),
            f"{_signed(line.name, line.low)} to {_signed(line.name, line.high)}",
            line.verdict or "no clear difference",
        )
        for line in other.lines
    )
    base = other.positives / other.leads if other.leads else float("nan")
    caption = f"{count(other.leads, 'test lead')}, {count(other.positives)} won ({rate(base)}); intervals are of the difference."
    if report.synthetic:
        caption = f"Synthetic data. {caption}"
    return Section(
        "champion",
        "Beside the version in service",
        (
            Words(
                f"Both versions scored the same leads: this one, and {other.version}, which is in service. A difference counts "
                "where its 95% interval leaves out 0."
            ),
            _fairness(other),
            *_blanked(other),
            Table(
                caption,
                ("measure", "this version", "in service", "difference", "95% interval", "this version is"),
                rows,
                numeric=frozenset({1, 2, 3, 4}),
            ),
            *_mixed(other.lines),
        ),
    )


def _fairness(other: Comparison) -> Words:
    """Whether the version in service has seen these leads before."""
    if other.learned_from is None:
        return Words(
            "Nobody can tell which of these leads the version in service has learned from. Those it has learned from flatter "
            "it: if this version is better all the same, believe it; if it is worse, that may be why.",
            warning=True,
        )
    if other.learned_from == 0:
        return Words("The version in service has learned from none of these leads, so the comparison is fair.")
    seen = count(other.learned_from, "test lead")
    if other.unseen_only:
        return Words(
            f"The version in service may have learned from {seen}. They are left out here, so the figures of this version differ "
            "from those above."
        )
    return Words(
        f"The version in service may have learned from {seen}, and too few others are left to compare fairly. What it has "
        "learned from flatters it: if this version is better all the same, believe it; if it is worse, that may be why.",
        warning=True,
    )


def _blanked(other: Comparison) -> tuple[Words, ...]:
    """What the version in service reads and was not given."""
    if not other.blanked:
        return ()
    named = listed([f"“{name}”" for name in other.blanked])
    return (
        Words(
            f"The version in service reads {named}, which the playbook now says is not known when leads are scored. It was blank "
            "for that version here, as it is on new leads."
        ),
    )


def _mixed(lines: tuple[VersionLine, ...]) -> tuple[Words, ...]:
    if {"better", "worse"} <= {line.verdict for line in lines}:
        return (
            Words(
                "Better in one thing and worse in another: AUC, lift and average precision judge the order of the leads, "
                "log-loss and Brier score the probabilities as well. Decide by what the team uses."
            ),
        )
    return ()


def _signed(name: str, value: float) -> str:
    # Differences are small: a fourth decimal, or an interval that leaves out 0 would be seen to end at 0.000.
    shown = named_figure(name, value) if name.startswith("lift") else number(value, 4)
    return f"+{shown}" if value > 0 and shown.strip("0.×%") else shown
