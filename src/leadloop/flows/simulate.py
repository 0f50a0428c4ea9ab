"""Simulate: write a synthetic world to files, with its truth in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import polars as pl

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.synthetic_mark import is_marked, mark_folder
from leadloop.ingest.writers import open_writer
from leadloop.simulate import DRIFT_KINDS, SYNTHETIC_NOTE, TRUTH_NOTE, WORLDS, Drift

FileFormat = Literal["csv", "parquet", "jsonl"]
START = datetime(2025, 1, 6, tzinfo=UTC)
_BATCH = 20_000


@dataclass(frozen=True)
class Simulated:
    """What was written, and how many of it."""

    folder: Path
    world: str
    leads: int
    open: int
    """Leads whose outcome was not known yet on the world's last day."""
    won: int
    events: int
    outcome: str
    files: tuple[Path, ...]

    @property
    def leads_file(self) -> Path:
        """The file of leads, each with its outcome where there is one."""
        return self.files[0]


def simulate(
    world: str,
    folder: Path | str,
    *,
    leads: int = 12_000,
    seed: int = 7,
    start: datetime | str = START,
    days: float | None = None,
    drift: Sequence[Drift | str] = (),
    format: FileFormat = "csv",
    tick: Callable[[str], None] = lambda stage: None,
) -> Simulated:
    """Write a synthetic world: leads with their outcomes, events, outcomes, and apart from them the truth.

    `world` is b2b_calls, marketplace or insurance. The leads come over `days` (by default as many as the world needs at
    its usual pace), and the world is seen as of the end of them, so that the newest are still open. `drift` changes it on
    the way: a `Drift`, or a text such as "concept:2025-06-01:0.8:30" (kind, day, strength, days until complete). The
    folder is made anew; one that was not made by this is refused.

    Raises LeadLoopError with everything that was asked wrongly.
    """
    problems: list[Problem] = []
    if world not in WORLDS:
        problems.append(Problem("world", f"{world!r} is not one that can be simulated", f"take {', '.join(WORLDS)}"))
    if leads < 1:
        problems.append(Problem("leads", f"is {leads:,}", "ask for at least 1"))
    if seed < 0:
        problems.append(Problem("seed", f"is {seed}", "take 0 or more"))
    if days is not None and not 0 < days <= 36_500:
        problems.append(Problem("days", f"is {days:g}", "take more than 0 and at most 36,500"))
    place = Path(folder)
    if place.exists() and not place.is_dir():
        problems.append(Problem(str(place), "is a file", "name a folder with --output"))
    elif place.exists() and any(place.iterdir()) and not is_marked(place):
        problems.append(Problem(str(place), "is a folder that simulate did not make", "name another with --output"))
    changes: list[Drift] = []
    for one in drift:
        try:
            changes.append(one if isinstance(one, Drift) else read_drift(one))
        except LeadLoopError as error:
            problems.extend(error.problems)
    begins = _read_day(start, problems)
    found = WORLDS.get(world)
    rate = 0.0 if found is None else found.leads_per_day if days is None else leads / max(days, 1e-9)
    if found is not None and leads >= 1 and leads / rate > 36_500:
        problems.append(Problem("leads", f"{leads:,} at {rate:g} a day take more than a century", "name fewer days"))
    if problems or found is None:
        raise LeadLoopError("simulate", problems)

    if place.exists():
        shutil.rmtree(place)
    (place / "truth").mkdir(parents=True)
    today = begins + timedelta(days=leads / rate)
    files = tuple(place / f"{name}.{format}" for name in ("leads", "events", "outcomes", "truth/truth"))
    mark_folder(place, _describe(world, found.title, leads, seed, begins, today, changes))
    made = still_open = won = events = 0
    with ExitStack() as stack:
        writers = [stack.enter_context(open_writer(file, formulas="keep")) for file in files]
        stream = found.stream(leads, _BATCH, seed=seed, start=begins, leads_per_day=rate, today=today, drift=changes)
        for part in stream:
            both = pl.concat([part.leads, part.outcomes.drop("lead_id")], how="horizontal")
            for writer, frame in zip(writers, (both, part.events, part.outcomes, part.truth), strict=True):
                writer.write(frame)
            outcome = part.outcomes[found.outcome_column]
            made, events = made + len(part), events + part.events.height
            still_open, won = still_open + outcome.null_count(), won + int((outcome == "Yes").sum())
            tick(f"{made:,} leads")
    return Simulated(place, world, made, still_open, won, events, found.outcome_column, files)


def _read_day(day: datetime | str, problems: list[Problem]) -> datetime:
    if isinstance(day, datetime):
        return day
    try:
        return datetime.fromisoformat(day)
    except ValueError:
        problems.append(Problem("start", f"{day!r} is not a day", "write it as in 2025-01-06"))
        return START


def read_drift(text: str) -> Drift:
    """A drift as people write it: kind:day, then if wanted :strength and :days until it is complete.

    >>> drift = read_drift("base_rate:2025-06-01:-0.5:14")
    >>> drift.kind, drift.strength, drift.over_days
    ('base_rate', -0.5, 14.0)
    """
    kind, *rest = text.split(":")
    mend = "write kind:day:strength:days, such as concept:2025-06-01 or base_rate:2025-06-01:0.7:30"
    try:
        if kind not in DRIFT_KINDS:
            raise ValueError(f"{kind!r} is no kind of drift; there are {', '.join(DRIFT_KINDS)}")
        if not 1 <= len(rest) <= 3:
            raise ValueError("needs a day, and at most a strength and a number of days")
        at = datetime.fromisoformat(rest[0])
        numbers = [float(number) for number in rest[1:]]
        return Drift(kind, at, *numbers)
    except ValueError as error:
        raise LeadLoopError("simulate", Problem(f"drift {text!r}", str(error), mend)) from None


def _describe(
    world: str, title: str, leads: int, seed: int, start: datetime, today: datetime, drift: Sequence[Drift]
) -> str:
    lines = [
        SYNTHETIC_NOTE,
        "",
        f"World: {world}. {title}.",
        f"Asked for: {leads:,} leads, seed {seed}, from {start:%Y-%m-%d}, seen as of {today:%Y-%m-%d %H:%M} (UTC).",
        *(
            f"Drift: {one.kind} from {one.at:%Y-%m-%d}, strength {one.strength:g}, complete after {one.over_days:g} days."
            for one in drift
        ),
        "",
        "leads     a row a lead: what is known when it is to be scored, then the columns of its outcome",
        "events    what happened to leads, with times",
        "outcomes  the columns of the outcome alone; blank while a lead is open",
        f"truth     the true probabilities. {TRUTH_NOTE}",
        "",
        "Written by `leadloop simulate`. The folder may be deleted.",
        "",
    ]
    return "\n".join(lines)
