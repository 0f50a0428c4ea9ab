"""A play: weeks of a simulated world go by, and the loop does in them what it does anywhere.

Leads come at their times and are scored by the service, outcomes are told when they come about, and once a week the loop looks,
trains, compares and brings better versions into service, all of it through the parts that serve real leads. Only the clock is
simulated. Beside it, the first version scores the same leads with nothing to replace it, and the truth is known of each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.loop.kinds import LOOP
from leadloop.flows.place.packaged import copy_playbook
from leadloop.flows.place.settings import FILE, read_settings
from leadloop.flows.place.synthetic_mark import begin_folder, mark_folder
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.play.simulated_clock import SimulatedClock
from leadloop.flows.play.stage import WEEK, WORLD, Course, Stage, bare, set_stage
from leadloop.flows.play.weeks import Alarm, PlayedWeeks, Week
from leadloop.flows.training.needs import require_learning
from leadloop.flows.training.train import train
from leadloop.flows.upkeep.keeping import keep_leads
from leadloop.flows.work.job_process import do_here
from leadloop.flows.work.jobs import new_holder
from leadloop.flows.work.schedules import ask_for_due, put_schedule
from leadloop.ingest.writers import open_writer
from leadloop.scoring.trained import TrainedPlaybook
from leadloop.simulate import expected_auc

Tick = Callable[[str], None]
SOURCE = "synthetic: play"
TARGET = "policy_bound"
PARAMS: Mapping[str, Any] = {"learners": ["logistic regression by category", "logistic regression"], "folds": 3}
"""How versions of a play are trained: few learners with their usual settings, as every play trains many."""
_LEFT_OUT = ("segment_by", "value")
"""What the playbook of a play does without: models of single lines, and amounts."""
RULES = f"""# The rules of the loop in this play. What is not said here is as anywhere.
[loop.{WORLD}]
interval_days = 21
triggers = ["age", "accuracy", "decline", "f1", "drift", "features"] # 50 outcomes come within hours here
canary_shares = [10, 25, 50]
canary_days = 7
"""
_MARK_TEXT = "Everything in this folder was made by `leadloop demo --loop` from synthetic leads. It may be deleted.\n"
_ROUNDS = 1
"""How often a day the leads that came are scored."""
_LAST_WEEKS = 2
"""By these is judged what was won back."""


class Front(Protocol):
    """What scores leads as they come: the service."""

    def score(self, playbook: str, leads: Sequence[Mapping[str, Any]]) -> int:
        """Score leads by whatever serves them now; says how many could be."""


def run_play(
    folder: Path | str,
    *,
    open_front: Callable[[Workspace], Front],
    course: Course | None = None,
    seed: int = 7,
    rules: str = RULES,
    tick: Tick = lambda stage: None,
    done: Callable[[Week], None] = lambda week: None,
) -> PlayedWeeks:
    """Play a course in a folder, which is made anew; one that was not made by this is refused.

    `open_front` opens what scores leads; `rules` are the settings of the workspace; `done` is told of each week as it ends.
    """
    require_learning()
    place, course = Path(folder), course or Course()
    begin_folder(place, _MARK_TEXT)
    started = time.process_time()
    tick("making the world")
    stage = set_stage(course, seed)
    clock = SimulatedClock(course.begins)
    workspace = Workspace(place, clock)
    (place / FILE).write_text(rules, encoding="utf-8")
    _write_playbook(place / WORLD)
    _keep_past(workspace, stage, tick)
    tick("training the first version")
    first = train(
        place / WORLD, workspace=workspace, promote=True, trials=1, params=PARAMS, tick=lambda said: None
    ).version
    payload = {"if_due": True, "trials": 1, "params": dict(PARAMS)}
    put_schedule(workspace, "weekly look", LOOP, cron="0 6 * * MON", playbook=WORLD, payload=payload)
    playing = _Playing(workspace, stage, clock, open_front(workspace), workspace.registry.load(first))
    weeks = []
    for week in range(1, course.weeks + 1):
        weeks.append(playing.play(week, tick))
        done(weeks[-1])
    return playing.conclude(seed, weeks, time.process_time() - started)


@dataclass
class _Playing:
    """A play on its way."""

    place: Workspace
    stage: Stage
    clock: SimulatedClock
    front: Front
    first: TrainedPlaybook
    without: np.ndarray = field(init=False)
    """The probability that the first version gives to each lead."""
    looks: list[tuple[datetime, Mapping[str, Any], int | None]] = field(default_factory=list)
    """Each look of the loop at whether to train: when, why, and by which job."""
    told: int = 0

    def __post_init__(self) -> None:
        self.without = _probabilities(self.first, self.stage.leads)
        self.seconds = read_settings(self.place.root).job_lease_seconds

    def play(self, week: int, tick: Tick) -> Week:
        """Let a week go by."""
        start = self.stage.course.week_starts(week)
        step = timedelta(days=1) / _ROUNDS
        for number in range(7 * _ROUNDS):
            begin = start + number * step
            tick(f"week {week}, {begin:%A}")
            # The clock of the loop: at six in the morning it looks.
            self.clock.move(begin + timedelta(hours=6))
            ask_for_due(self.place)
            self._work()
            end = begin + step
            self.clock.move(end)
            self._score(begin, end)
            self._tell(begin, end)
            self._work()
        return self._note(week, start)

    def _score(self, start: datetime, end: datetime) -> None:
        """Let the service score the leads of a time."""
        places = self.stage.coming(start, end)
        names = frozenset(self.first.playbook.scoring_schema.by_name)
        leads = list(self.stage.rows(places, names))
        if leads and self.front.score(WORLD, leads) < len(leads):
            raise LeadLoopError("play", Problem("leads", "of the simulated world could not be read", "report this"))

    def _tell(self, start: datetime, end: datetime) -> None:
        """Tell the outcomes that came about within a time."""
        from leadloop.store import LeadOutcome

        stage = self.stage
        places = stage.ending(start, end)
        ids = stage.leads["lead_id"].gather(places.tolist()).to_list()
        outcomes = [
            LeadOutcome(f"play-{lead}", lead, TARGET, float(stage.won[at]), _aware(stage.ended[at]), SOURCE)
            for at, lead in zip(places.tolist(), ids, strict=True)
        ]
        if outcomes:
            self.place.store.outcomes.add(WORLD, outcomes)

    def _work(self) -> None:
        """Do what the loop has to do by now."""
        jobs, holder = self.place.store.jobs, new_holder()
        while (job := jobs.claim(holder, seconds=self.seconds, kinds=[LOOP])) is not None:
            do_here(self.place, job, seconds=self.seconds)
        new = [one for one in self.place.store.checks.page(WORLD, limit=20).items if one.id > self.told]
        for one in reversed(new):
            self.looks.append((one.at, {"due": one.due, "reasons": one.reasons}, one.job_id))
            self.told = one.id

    # ------------------------------------------------------------------------------------------------------------ to note

    def _note(self, week: int, start: datetime) -> Week:
        stage, store = self.stage, self.place.store
        end = start + WEEK
        places = stage.coming(start, end)
        truth, unchanged, without = stage.truth[places], stage.unchanged[places], self.without[places]
        given, version = self._given(places, start, end)
        names = self._names()
        looks = [one for one in self.looks if start <= one[0] < end + timedelta(hours=1)]
        reasons = [reason for _, look, _ in looks for reason in look["reasons"]]
        point = next(iter(store.quality.newest(WORLD, most=1)), None)
        counted = version.value_counts().sort("count", descending=True)
        capacity = self.first.playbook.policy.capacity
        return Week(
            week=week,
            start=start,
            leads=len(places),
            estimate=None if point is None else point.expected.get("AUC"),
            matured=None if point is None else point.measures.get("AUC"),
            matured_from="" if point is None or not point.measures else f"{point.start:%Y-%m-%d}",
            drift="quiet" if point is None else point.drift,
            triggers=tuple(str(one["trigger"]) for one in reasons),
            alarms=sum(one["severity"] != "info" for one in reasons),
            trained=tuple(said for _, _, job in looks if job and (said := self._trained(job, names))),
            in_service=names.get(self.place.registry.champion(WORLD) or "", ""),
            trial=self._trial(names),
            shares={names[one]: count / len(places) for one, count in counted.rows()},
            auc_truth=expected_auc(truth, truth),
            auc_with=expected_auc(given, truth),
            auc_without=expected_auc(without, truth),
            auc_unchanged=expected_auc(without, unchanged),
            error_with=float(np.abs(given - truth).mean()),
            error_without=float(np.abs(without - truth).mean()),
            regret_with=count_missed(given, truth, capacity),
            regret_without=count_missed(without, truth, capacity),
        )

    def _given(self, places: np.ndarray, start: datetime, end: datetime) -> tuple[np.ndarray, pl.Series]:
        """The probability that each lead was given, and by which version, as the log of scores has it."""
        logged = self.place.store.logged.scores(WORLD, start, end + timedelta(hours=1))
        first = logged.sort("at", "id").unique("lead_id", keep="first", maintain_order=True)
        ids = self.stage.leads.select("lead_id")[places.tolist()]
        both = ids.join(
            first.select("lead_id", "probability", "model_version"), on="lead_id", how="left", maintain_order="left"
        )
        return both["probability"].to_numpy(), both["model_version"]

    def _names(self) -> dict[str, str]:
        """A short name of each version: v1 is the first."""
        return {one.id: f"v{number}" for number, one in enumerate(self.place.registry.versions(WORLD), 1)}

    def _trained(self, job: int, names: Mapping[str, str]) -> str:
        step = self.place.store.steps.of(job).get("retrain", {})
        if "version" not in step:
            return ""
        return f"{names[step['version']]}: {step['evidence']['verdict']}"

    def _trial(self, names: Mapping[str, str]) -> str:
        going = self.place.store.rollouts.current(WORLD)
        if going is None:
            return ""
        return f"{names[going.model_version]} {going.state}" + (f" {going.share:g}%" if going.share else "")

    def conclude(self, seed: int, weeks: Sequence[Week], seconds: float) -> PlayedWeeks:
        """What all weeks together show."""
        stage, store = self.stage, self.place.store
        course = stage.course
        alarms = tuple(
            Alarm(at, str(reason["trigger"]), str(reason["said"]))
            for at, look, _ in self.looks
            for reason in look["reasons"]
            if reason["severity"] != "info"
        )
        last = course.week_starts(course.weeks + 1 - _LAST_WEEKS)
        places = stage.coming(last, course.ends)
        truth, without = stage.truth[places], self.without[places]
        given, _ = self._given(places, last, course.ends)
        kept = expected_auc(without, stage.unchanged[places])
        fell = expected_auc(without, truth)
        lost = kept - fell
        won_back = (expected_auc(given, truth) - fell) / lost if course.strength else None
        return PlayedWeeks(
            seed,
            course.change_week,
            course.changes,
            course.evidence,
            tuple(weeks),
            alarms,
            promotions=len(self.place.registry.history(WORLD)) - 1,
            rollbacks=sum(one.state == "rolled_back" for one in store.rollouts.page(WORLD).items),
            versions=len(self.place.registry.versions(WORLD)) - 1,
            won_back=won_back,
            lost=lost,
            leads=sum(one.leads for one in weeks),
            cpu_seconds=seconds,
        )


def count_missed(scores: np.ndarray, truth: np.ndarray, capacity: float) -> float:
    """How many sales are missed, in expectation, by working the best-scored leads and not the truly best, as many as one can.

    >>> count_missed(np.array([0.1, 0.9, 0.5, 0.2]), np.array([0.8, 0.5, 0.1, 0.1]), 0.25)
    0.3
    """
    most = max(1, round(capacity * len(truth)))
    best = np.sort(truth)[-most:].sum()
    worked = truth[np.argsort(-scores, kind="stable")[:most]].sum()
    return round(float(best - worked), 9)


def _write_playbook(folder: Path) -> None:
    """The packaged playbook, copied as anybody would copy it, without what costs time and has no part in a play."""
    file = copy_playbook(WORLD, folder) / "playbook.toml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.partition(" =")[0] not in _LEFT_OUT]
    file.write_text("".join(kept), encoding="utf-8")


def _keep_past(place: Workspace, stage: Stage, tick: Tick) -> None:
    """Bring the leads from before the play into the store, as an export of that day holds them."""
    begins = stage.course.begins
    count = int(np.searchsorted(stage.came, bare(begins)))
    known = pl.Series(stage.ended[:count] <= bare(begins))
    told = stage.outcomes[:count].with_columns(
        pl.when(known).then(pl.col(name)).otherwise(None).alias(name)
        for name in stage.outcomes.columns
        if name != "lead_id"
    )
    folder = place.root / "past"
    mark_folder(folder, _MARK_TEXT)
    file = folder / "leads.csv"
    with open_writer(file, formulas="keep") as writer:
        writer.write(stage.leads[:count].join(told, on="lead_id", how="left", maintain_order="left"))
    keep_leads(place.root / WORLD, file, workspace=place, tick=lambda said: tick(f"bringing in the past: {said}"))


def _probabilities(version: TrainedPlaybook, cells: pl.DataFrame) -> np.ndarray:
    leads = version.schema.read(cells).leads
    said: np.ndarray = version.score_table(leads, explain=False)["probability"].to_numpy()
    return said


def _aware(moment: np.datetime64) -> datetime:
    found: datetime = moment.astype("datetime64[us]").astype(datetime)
    return found.replace(tzinfo=UTC)
