"""The loop in simulated worlds that change in the tenth of 26 weeks, a world a seed: what it noticed, and what it won back.

    python -m benchmarks.play FOLDER [SEEDS] [FIRST] [--write]

What came of each seed is kept in the folder, so that it goes on where it was stopped; `--write` puts the table into
docs/benchmarks.md.
"""

from __future__ import annotations

import datetime
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.measured_page import write_measured
from leadloop.api.within import open_within
from leadloop.cli.playing import write_week
from leadloop.flows.play.play import run_play
from leadloop.flows.play.weeks import PlayedWeeks, read_play
from leadloop.flows.play.written import write_play

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def play_seed(folder: Path, seed: int) -> PlayedWeeks:
    """What came of a seed: from the folder, where it was played already."""
    kept = folder / f"seed-{seed}.json"
    if kept.is_file():
        return read_play(json.loads(kept.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as room:
        place = Path(room) / "play"
        played = run_play(
            place, open_front=open_within, seed=seed, done=lambda week: print(write_week(week), flush=True)
        )
        page = write_play(played, place)
        (folder / f"seed-{seed}.html").write_bytes(page.read_bytes())
    beside = kept.with_suffix(".part")
    beside.write_text(json.dumps(played.as_json()), encoding="utf-8")
    beside.replace(kept)
    return played


def tell_seed(play: PlayedWeeks) -> str:
    """A seed in a line."""
    days = "never" if play.days_to_detect is None else f"{play.days_to_detect / 7:+.1f} weeks"
    back = "–" if play.won_back is None else f"{play.won_back:.0%}"
    return (
        f"seed {play.seed}: noticed {days} from the evidence, {play.false_alarms} false alarms, {play.versions} versions, "
        f"{play.promotions} promoted, {play.rollbacks} taken back, {play.lost:.3f} of AUC lost, {back} of it won back, "
        f"{play.cpu_seconds:.0f} s"
    )


def summarise(plays: Sequence[PlayedWeeks]) -> str:
    """All seeds as a table in Markdown."""
    days = [play.days_to_detect for play in plays if play.days_to_detect is not None]
    back = [play.won_back for play in plays if play.won_back is not None]
    quiet = sum(play.change_week - 1 for play in plays)
    in_time = sum(play.keeps_promise["noticed in time"] for play in plays)
    enough = sum(play.keeps_promise["won back"] for play in plays)
    rows = [
        ("worlds", f"{len(plays)}", ""),
        ("noticed within two weeks of the evidence", f"{in_time} of {len(plays)}", "all"),
        ("weeks from the evidence until noticed, median", f"{median(days) / 7:+.1f}" if days else "–", "at most 2"),
        ("the same, the slowest", f"{max(days) / 7:+.1f}" if days else "–", "at most 2"),
        (
            f"worlds with a false alarm in the quiet weeks ({quiet} weeks in all)",
            f"{sum(play.false_alarms > 0 for play in plays)} of {len(plays)}",
            "at most 1 in 20",
        ),
        ("share of the lost AUC won back, median", f"{median(back):.0%}" if back else "–", "at least 80%"),
        ("the same, the least", f"{min(back):.0%}" if back else "–", "at least 80%"),
        ("worlds in which at least 80% was won back", f"{enough} of {len(plays)}", "all"),
        ("AUC that is lost without the loop, median", f"{median(play.lost for play in plays):.3f}", ""),
        ("versions trained, promoted, taken back, mean", _means(plays), ""),
        ("CPU seconds a world, median", f"{median(play.cpu_seconds for play in plays):.0f}", ""),
    ]
    head = ["| what | seen | promised |", "|---|---|---|"]
    return "\n".join(head + [f"| {' | '.join(row)} |" for row in rows])


def _means(plays: Sequence[PlayedWeeks]) -> str:
    sums = (
        sum(play.versions for play in plays),
        sum(play.promotions for play in plays),
        sum(play.rollbacks for play in plays),
    )
    return ", ".join(f"{one / len(plays):.1f}" for one in sums)


def main() -> None:
    """Play the seeds that are missing, and print what came of all."""
    given = [one for one in sys.argv[1:] if one != "--write"]
    folder = Path(given[0])
    seeds, first = int(given[1]) if len(given) > 1 else 20, int(given[2]) if len(given) > 2 else 0
    folder.mkdir(parents=True, exist_ok=True)
    plays = []
    for seed in range(first, first + seeds):
        plays.append(play_seed(folder, seed))
        print(tell_seed(plays[-1]), flush=True)
    table = summarise(plays)
    print(table)
    if "--write" in sys.argv:
        write_measured(PAGE, "play", table, "make loop", datetime.datetime.now(datetime.UTC).date())


if __name__ == "__main__":
    main()
