"""`leadloop explain`"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import floor
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from leadloop.cli.options import PlaybookArgument, WorkspaceOption

if TYPE_CHECKING:
    from leadloop.flows.scoring.explain import Explanation
    from leadloop.scoring import ScoreCard


def explain(
    playbook: PlaybookArgument,
    data: Annotated[
        str, typer.Argument(metavar="FILE", help="The leads: CSV, Parquet, JSON lines; `-` reads standard input.")
    ],
    lead: Annotated[str | None, typer.Option("--lead", help="The lead's identifier, as the file writes it.")] = None,
    line: Annotated[
        int | None, typer.Option("--line", help="Or the lead's line, as `line` in a scored file counts them.", min=1)
    ] = None,
    target: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="NAME",
            help="Explain the own score of one of several targets. Default: the score as it is composed.",
            show_default=False,
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write everything as JSON, for machines.")] = False,
    version: Annotated[
        str, typer.Option("--version", help="A version's id or release, `champion` (in service) or `latest`.")
    ] = "champion",
    allow_missing_columns: Annotated[
        bool,
        typer.Option("--allow-missing-columns", help="Go on although the file lacks columns; they count as not given."),
    ] = False,
    format: Annotated[
        Literal["csv", "parquet", "jsonl"] | None,
        typer.Option("--format", help="Format of the file, where its name does not tell.", rich_help_panel="The files"),
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="What separates cells.", rich_help_panel="The files")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="How characters are written.", rich_help_panel="The files")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Explain one lead's score in full, and say what would raise it.

    Every field's points, from the average lead's score to this one's, so that they add up as you read. Then whether the
    lead is unlike any that the version was trained on: its score then rests on little. Then which changes would raise the
    score, among the fields that the playbook marks `actionable = true`; each score shown is what scoring the changed lead
    gives. A change says what the model has seen in other leads, not that making it changes anybody's mind.

    Examples:

        leadloop explain leads new.csv --lead SYN-250126-000004
        leadloop explain leads new.csv --line 6
        leadloop explain leads new.csv --line 6 --json
    """
    from leadloop.cli.console import say, tell
    from leadloop.flows.scoring.explain import explain as explain_flow

    explained = explain_flow(
        playbook,
        data,
        lead=lead,
        line=line,
        target=target,
        version=version,
        workspace=workspace,
        allow_missing_columns=allow_missing_columns,
        delimiter=delimiter,
        encoding=encoding,
        format=format,
    )
    if explained.others:
        shown = ", ".join(f"{other:,}" for other in explained.others[:8]) + (
            " ..." if len(explained.others) > 8 else ""
        )
        tell(f"Note: the same identifier stands in line {shown} too; --line explains one of those.")
    if as_json:
        say(json.dumps(explained.as_json(), indent=1, allow_nan=False))
        return
    _tell_score(explained.card)
    _tell_reasons(explained.card)
    _tell_novelty(explained.card)
    _tell_counterfactuals(explained)
    if explained.synthetic:
        tell("This version was trained on synthetic data.")


def _tell_score(card: ScoreCard) -> None:
    from leadloop.cli.console import add_row, make_table, out, say

    say(f"Lead {card.lead_id}, line {card.line:,}, scored by {card.model_version}")
    say()
    facts = make_table("", "")
    facts.show_header = False
    add_row(facts, "score", f"{card.score:.1f} of 100")
    add_row(facts, "band", card.band)
    add_row(facts, "route", card.route)
    interval = f"between {card.probability_low:.3f} and {card.probability_high:.3f}"
    add_row(facts, "probability", f"{card.probability:.3f}, {interval}")
    for told in card.targets if len(card.targets) > 1 else ():
        interval = f"between {told.probability_low:.3f} and {told.probability_high:.3f}"
        add_row(facts, told.target, f"{told.probability:.3f}, {interval}; alone it would score {told.score:.1f}")
    out.print(facts)
    say()


def _tell_reasons(card: ScoreCard) -> None:
    from leadloop.cli.console import add_row, make_table, out, say

    start, *points = round_to_sum([card.starts_at, *(reason.points for reason in card.reasons)], card.score)
    table = make_table("points", "why", right=("points",))
    add_row(table, f"{start:.1f}", "the average lead starts here")
    for reason, shown in zip(card.reasons, points, strict=True):
        if shown:
            add_row(table, f"{shown:+.1f}", reason.sentence)
    if small := [reason.field for reason, shown in zip(card.reasons, points, strict=True) if not shown]:
        add_row(table, "0.0", f"hardly anything: {', '.join(small)}")
    add_row(table, f"{card.score:.1f}", "the score: all of the above added up")
    out.print(table)
    say()


def _tell_novelty(card: ScoreCard) -> None:
    from leadloop.cli.console import say

    if card.novel is None:
        say("Whether the lead is unlike any seen before is not known: this version was saved before that was learned.")
    elif card.novel:
        say("Novel: this lead is unlike any that the version was trained on, so its score rests on little.")
        for part in card.unusual.split("; "):
            say(f"  {part}")
    else:
        say("Not novel: the version was trained on leads like this one.")
    say()


def _tell_counterfactuals(explained: Explanation) -> None:
    from leadloop.cli.console import say

    if not explained.actionable:
        say("What would raise the score is not known: the version has no field that somebody can do something about.")
        if explained.possible:
            say("Mark those in the playbook, as here, and train again:")
            say()
            say(f"  [fields.{json.dumps(explained.possible[0], ensure_ascii=False)}]")
            say("  actionable = true")
    elif explained.counterfactuals:
        say("What would raise the score:")
        for counterfactual in explained.counterfactuals:
            say(f"  {counterfactual}")
    else:
        say(f"Nothing that was tried in {', '.join(explained.actionable)} would raise the score by a point.")


def round_to_sum(parts: Sequence[float], total: float) -> list[float]:
    """Parts rounded to one decimal so that they still add up to the total, each to one of its two nearest (Hamilton's method).

    >>> round_to_sum([10.04, 0.04, 0.02], 10.1)
    [10.1, 0.0, 0.0]
    """
    tenths = [floor(part * 10) for part in parts]
    missing = round(total * 10) - sum(tenths)
    by_remainder = sorted(range(len(parts)), key=lambda place: tenths[place] - parts[place] * 10)
    for place in by_remainder[:missing]:
        tenths[place] += 1
    return [tenth / 10 for tenth in tenths]
