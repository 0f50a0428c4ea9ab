"""`leadloop demo --loop`: weeks of a simulated world go by, and the loop is watched at its work."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadloop.flows.play.weeks import Week

_HEAD = (
    "week  drift  estimate matured   truth  with   without   off by      sales missed  serves  on trial, triggers, trained\n"
    "                                AUC    AUC    AUC       with /without with/without"
)


def play_loop(folder: Path, seed: int) -> None:
    """Play the usual course, print each week as it ends, and leave the weeks and a page in the folder."""
    from leadloop.cli.console import say, show_progress
    from leadloop.flows.play.page import tell_play
    from leadloop.flows.play.play import run_play
    from leadloop.flows.play.stage import Course
    from leadloop.flows.play.written import CSV, JSON, write_play
    from leadloop.simulate import SYNTHETIC_NOTE

    course = Course()
    say(SYNTHETIC_NOTE)
    say(
        f"{course.weeks} weeks of {course.leads_per_day * 7:.0f} leads each; in week {course.change_week} what made some of them "
        "good begins to make them bad. A lead takes up to 45 days to end."
    )
    say(_HEAD)
    with show_progress("loop") as tick:
        # The service is a way in of its own, beside this one: it is asked by its name and not built upon.
        played = run_play(
            folder,
            open_front=import_module("leadloop.api.within").open_within,
            course=course,
            seed=seed,
            tick=tick,
            done=lambda week: say(write_week(week)),
        )
    page = write_play(played, folder)
    say()
    for sentence in tell_play(played):
        say(sentence)
    for name, held in played.keeps_promise.items():
        say(f"  {name}: {'yes' if held else 'no'}")
    say(f"Page: {page}")
    say(f"Weeks: {folder / JSON}, {folder / CSV}")
    say(f"Everything that happened is in the workspace {folder}: leadloop rollout list insurance --workspace {folder}")


def write_week(week: Week) -> str:
    """A week in a line."""
    estimate, matured = ("  –  " if one is None else f"{one:.3f}" for one in (week.estimate, week.matured))
    also = [*filter(None, (week.trial, ", ".join(week.triggers), ", ".join(week.trained)))]
    return (
        f"{week.week:4}  {week.drift:6} {estimate:>8} {matured:>7}   {week.auc_truth:.3f}  {week.auc_with:.3f}  "
        f"{week.auc_without:.3f}   {week.error_with:.3f}/{week.error_without:.3f}   "
        f"{week.regret_with:5.1f}/{week.regret_without:5.1f}  {week.in_service:6}  {'; '.join(also)}"
    ).rstrip()
