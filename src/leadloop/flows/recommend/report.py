"""The report of a training: who foresaw best, what is served and why, what actions cause as far as that can be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadloop.experiments import PolicyDifference
from leadloop.recommend.competition import Competition
from leadloop.recommend.measures import MEASURES
from leadloop.recommend.recommender import Recommender


def write_report(
    playbook: str,
    facts: Mapping[str, Any],
    result: Competition,
    recommender: Recommender,
    effects: Sequence[PolicyDifference],
    because: str,
) -> str:
    """The report as Markdown."""
    data = facts["data"]
    lines = [
        f"# Next best action for {playbook}",
        "",
        f"Made {facts['created_at']}. Actions: {', '.join(facts['actions'])}. A win counts for an action within "
        f"{facts['within_days']:g} days after it.",
        "",
        f"Learned from {data['train']:,} actions; {data['stop']:,} later ones said when to stop, {data['choose']:,} later ones "
        f"who wins and how to calibrate. Everything below was measured on {data['test']:,} actions of the newest leads (since "
        f"{facts['test_begins']}), which nothing was learned from.",
        "",
        "## Who foresees best",
        "",
        *_table(result),
        "",
        f"Served: **{result.following}** for what is done next, **{result.winning}** for what comes of it; they won on the part "
        "that decides.",
        "",
        *(f"- {note}" for note in result.notes),
        "",
        f"## What actions {'cause' if recommender.evidence.randomised else 'go together with'}",
        "",
        *recommender.evidence.said,
    ]
    if recommender.evidence.table:
        lines += ["", "| policy | won within the days (95 %) |", "|---|---|"]
        lines += [
            f"| {row['policy']} | {row['value']:.4f} ({row['low']:.4f} to {row['high']:.4f}) |"
            for row in recommender.evidence.table
        ]
    if effects:
        lines += ["", "| action for everybody | more than as it was done (95 %) |", "|---|---|"]
        lines += [
            f"| {one.policy.removesuffix(' for everybody')} | {one.difference_absolute:+.4f} "
            f"({one.difference_absolute_low:+.4f} to {one.difference_absolute_high:+.4f}) |"
            for one in effects
        ]
    lines += ["", f"Whether it serves: {because}.", ""]
    return "\n".join(lines)


def _table(result: Competition) -> list[str]:
    names = [name for name in MEASURES if any(name in one.measures for one in result.entered)]
    lines = [f"| competitor | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for one in result.entered:
        cells = [str(one.measures[name]) if name in one.measures else "-" for name in names]
        lines.append(f"| {one.competitor.name} | {' | '.join(cells)} |")
    return lines
