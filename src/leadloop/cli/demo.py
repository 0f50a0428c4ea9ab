"""`leadloop demo`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadloop.errors import LeadLoopError, Problem

if TYPE_CHECKING:
    from leadloop.flows.demo import Beside, Demo, Played

_SHOWN = 3
_NAMES = ("company_name", "title", "full_name", "first_name", "lead_id")
_FIELDS = 4


def demo(
    playbooks: Annotated[
        list[str] | None,
        typer.Argument(metavar="PLAYBOOK", help="b2b_calls, marketplace, insurance. Default: all three."),
    ] = None,
    folder: Annotated[Path, typer.Option("--folder", help="Where everything is put.")] = Path("leadloop-demo"),
    leads: Annotated[
        int, typer.Option("--leads", min=1_000, max=100_000, help="Past leads of each playbook; fewer are quicker.")
    ] = 6_500,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed makes other leads of the same worlds.")] = 7,
    loop: Annotated[
        bool,
        typer.Option(
            "--loop", help="Show the loop instead: 26 simulated weeks, in the tenth of which the world changes."
        ),
    ] = False,
) -> None:
    """Show the main job on synthetic leads: train each packaged playbook, hold it against the truth, score today's leads.

    Each playbook gets a synthetic world, so that nobody's data are needed and scores can be held against the true
    probabilities. Under three minutes on two cores; everything lands in one folder that may be deleted.

    With --loop it is half a year of insurance leads, week by week: how the loop notices that the world has changed, trains,
    and brings a better version into service, beside the truth and beside the same leads without it. That takes minutes.

    Examples:

        leadloop demo
        leadloop demo --loop --folder half-a-year
        leadloop demo insurance --folder tried
    """
    from leadloop.cli.console import say, show_progress
    from leadloop.flows.demo import run_demo
    from leadloop.simulate import SYNTHETIC_NOTE

    if loop:
        from leadloop.cli.playing import play_loop

        if playbooks and playbooks != ["insurance"]:
            raise LeadLoopError("demo", Problem(", ".join(playbooks), "is not what --loop plays", "leave it out"))
        play_loop(folder, seed)
        return
    say(SYNTHETIC_NOTE)
    with show_progress("demo") as tick:
        done = run_demo(folder, playbooks or (), seed=seed, past_leads=leads, tick=tick, done=_tell)
    _advise(done)


def _tell(played: Played) -> None:
    from leadloop.cli.console import say
    from leadloop.learning.report.words import answer

    report = played.trained.report
    say()
    say(f"{played.playbook}: {played.title}")
    say(f"  Learned in {report.seconds['total']:.0f} s. {' '.join(answer(report))}")
    lines = sorted(report.importance, key=lambda line: -(line.points or 0.0))[:_FIELDS]
    say(f"  What moves the score most: {'; '.join(f'{one.shown} ({one.points or 0.0:.1f} points)' for one in lines)}.")
    for beside in played.targets:
        say(f"  {_compare(beside, several=len(played.targets) > 1)}")
        said, true = ("  ".join(f"{100 * one[place]:4.0f}%" for one in beside.near.groups) for place in (0, 1))
        say(f"    from the least to the most likely fifth, probability given  {said}")
        say(f"                                             true probability  {true}")
    say(f"  The best of {played.scored.scored:,} new synthetic leads:")
    name = next(column for column in _NAMES if column in played.scores.columns)
    for row in played.scores.sort("score", descending=True).head(_SHOWN).iter_rows(named=True):
        route = " ".join(str(row[part]) for part in ("route", "priority") if row.get(part))
        say(
            f"    {row['score']:5.1f}  {row['band']}  {route}  {row[name] or row['lead_id']}: probability "
            f"{row['probability']:.2f} ({row['probability_low']:.2f} to {row['probability_high']:.2f})"
        )
        say(f"           up    {row['reasons_up'] or 'nothing'}")
        if row["reasons_down"]:
            say(f"           down  {row['reasons_down']}")
    say(f"  Report: {played.trained.folder / 'report.html'}")
    say(f"  Scores: {played.scored_file}")


def _compare(beside: Beside, *, several: bool) -> str:
    near = beside.near
    of = f"{beside.target}: " if several else ""
    return (
        f"{of}AUC on the new leads {near.auc:.3f}, the rules' {beside.rules_auc:.3f}, the truth's own {near.best_auc:.3f}: "
        f"{100 * near.share_of_gain:.0f}% of what can be known. Off the truth by {near.error:.3f} on average."
    )


def _advise(done: Demo) -> None:
    from leadloop.cli.console import say

    first = done.played[0]
    say()
    say("What to do next:")
    say(f"  open {first.trained.folder / 'report.html'} in a browser")
    say(f"  leadloop explain {first.playbook} {first.folder / 'new_leads.csv'} --line 2 --workspace {done.folder}")
    say("With your own leads, by a packaged playbook or by one that is drafted from your file:")
    say("  leadloop playbooks")
    say("  leadloop draft leads.csv --target Converted")
    say(f"No file at hand? {done.past} is a synthetic export, and {done.new} are leads to score.")
