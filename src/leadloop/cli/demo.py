"""`leadloop demo`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from leadloop.flows.demo import Demo

_SHOWN = 5


def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Where everything is put.")] = Path("leadloop-demo"),
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed makes other leads of the same world.")] = 7,
) -> None:
    """Show the main job on synthetic leads: draft, train, score, explain.

    Makes a small synthetic world, so that nobody's data are needed and the scores can be held against the truth. About a
    minute on two cores; everything lands in one folder that may be deleted.

    Example: `leadloop demo`
    """
    from leadloop.cli.console import show_progress
    from leadloop.flows.demo import run_demo

    with show_progress("demo") as tick:
        done = run_demo(folder, seed=seed, tick=tick)
    _tell(done)


def _tell(done: Demo) -> None:
    from leadloop.cli.console import say
    from leadloop.learning.report.words import answer
    from leadloop.simulate import SYNTHETIC_NOTE

    report = done.trained.report
    say(SYNTHETIC_NOTE)
    say()
    say(f"1. Drafted a playbook from {done.drafted.rows:,} synthetic leads. Left out because they know the outcome:")
    for finding in done.drafted.draft.findings:
        if finding.severity == "blocks":
            say(f"   {finding.field}: {finding.evidence}")
    say()
    say(f"2. Trained {done.trained.version.id} in {report.seconds['total']:.0f} s.")
    say(f"   {' '.join(answer(report))}")
    truth = done.truth
    say(
        f"   On {done.scores.height} newer leads the AUC is {truth.auc:.3f}; the true probabilities themselves, which only "
        f"a synthetic world knows, reach {truth.best_possible_auc:.3f}."
    )
    say(f"   Probabilities are off the truth by {truth.calibration_error:.3f} on average (calibration error).")
    say()
    say(f"3. Scored {done.scored.scored:,} new synthetic leads. The best of them:")
    for row in done.scores.sort("score", descending=True).head(_SHOWN).iter_rows(named=True):
        say(f"   {row['score']:5.1f}  {row['band']:<5} {row['route']:<11} {row['Company'] or row['lead_id']}")
        say(
            f"          converts with probability {row['probability']:.2f} "
            f"({row['probability_low']:.2f} to {row['probability_high']:.2f})"
        )
        say(f"          up:   {row['reasons_up']}")
        if row["reasons_down"]:
            say(f"          down: {row['reasons_down']}")
    say()
    say(f"Report: {done.trained.folder / 'report.html'}")
    say(f"Scores: {done.scored_file}")
    say("Now with your own leads:")
    say("  leadloop draft leads.csv --target Converted")
    say("  leadloop train leads --data leads.csv")
    say("  leadloop score leads new.csv -o scored.csv")
