"""Demo: every packaged playbook on its synthetic world, beside the truth that only a synthetic world can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.place.synthetic_mark import begin_folder, mark_folder
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import Scored, score
from leadloop.flows.training.needs import require_learning
from leadloop.flows.training.train import TrainingResult, train
from leadloop.ingest.writers import open_writer
from leadloop.scoring import RuleScorer
from leadloop.scoring.trained import target_columns
from leadloop.simulate import LEADS_PER_DAY, WORLDS, Nearness, compare_with_truth, expected_auc, simulate_leads

PAST_LEADS = 6_500
NEW_LEADS = 1_000
EXPORT_LEADS = 12_000
EXPORT_NEW_LEADS = 400
_BUDGET = 12.0
_DAYS = 500.0
_START = datetime(2025, 1, 6, tzinfo=UTC)
_MARK_TEXT = "Everything in this folder was made by `leadloop demo` from synthetic leads. It may be deleted.\n"
_TRUTHS = {
    ("b2b_calls", "progression"): "probability",
    ("b2b_calls", "voice_ai_fit"): "voice_ai_fit_probability",
    ("marketplace", "quality"): "expected_target_score",
    ("insurance", "policy_bound"): "probability",
}


@dataclass(frozen=True)
class Beside:
    """What was learned of one target, beside the truth."""

    target: str
    near: Nearness
    """How near the scores of new leads come to the truth."""
    rules_auc: float
    """How well the playbook's rules rank the same leads for this target."""


@dataclass(frozen=True)
class Played:
    """What the demo made of one playbook."""

    playbook: str
    title: str
    """What its leads are, in a few words."""
    folder: Path
    trained: TrainingResult
    scored: Scored
    scored_file: Path
    scores: pl.DataFrame
    """The scored file as it was written, with the leads' own columns."""
    targets: tuple[Beside, ...]


@dataclass(frozen=True)
class Demo:
    """Everything that the demo made and found."""

    folder: Path
    played: tuple[Played, ...]
    past: Path
    """An export of past leads of a world of its own, to try `draft` with."""
    new: Path
    """New leads of the same world."""


def run_demo(
    folder: Path | str,
    playbooks: Sequence[str] = (),
    *,
    seed: int = 7,
    past_leads: int = PAST_LEADS,
    new_leads: int = NEW_LEADS,
    budget: float = _BUDGET,
    tick: Callable[[str], None] = lambda stage: None,
    done: Callable[[Played], None] = lambda played: None,
) -> Demo:
    """Simulate the world of each playbook (all packaged ones, if none is named), train on its past, and score its newest leads.

    All lands in one folder, which is made anew each time; one that the demo did not make itself is refused. `budget` is in
    CPU seconds a training; `done` is told of each playbook as it ends. Raises LeadLoopError for a playbook without a world.
    """
    problems = [
        Problem(name, "has no synthetic world", f"take {', '.join(WORLDS)}") for name in playbooks if name not in WORLDS
    ]
    if problems:
        raise LeadLoopError("demo", problems)
    require_learning()
    place = Path(folder)
    begin_folder(place, _MARK_TEXT)
    workspace = Workspace(place)
    played = []
    for name in dict.fromkeys(playbooks) or WORLDS:
        played.append(_play(name, workspace, seed, past_leads, new_leads, budget, tick))
        done(played[-1])
    past, new = _write_export(place, seed)
    return Demo(place, tuple(played), past, new)


def _play(
    name: str,
    workspace: Workspace,
    seed: int,
    past_leads: int,
    new_leads: int,
    budget: float,
    tick: Callable[[str], None],
) -> Played:
    tick(f"{name}: making synthetic leads")
    world, total = WORLDS[name], past_leads + new_leads
    rate = total / _DAYS
    today = _START + timedelta(days=2 * _DAYS)
    (every,) = world.stream(total, total, seed=seed, start=_START, leads_per_day=rate, today=today)
    today = datetime.fromisoformat(every.leads[world.time_column][past_leads]).replace(tzinfo=UTC)
    (known,) = world.stream(total, total, seed=seed, start=_START, leads_per_day=rate, today=today)
    folder = workspace.root / name
    mark_folder(folder, _MARK_TEXT)
    past, events, new = (folder / f"{part}.csv" for part in ("leads", "events", "new_leads"))
    _write(past, known.leads.join(known.outcomes, on="lead_id", maintain_order="left")[:past_leads])
    _write(new, every.leads[past_leads:])
    _write(folder / "truth" / "new_leads.csv", every.truth[past_leads:])
    found = read_playbook(name)
    if found.playbook.events:
        _write(events, known.events)

    def forward(stage: str) -> None:
        tick(f"{name}: {stage}")

    trained = train(
        name,
        past,
        events=events if found.playbook.events else None,
        workspace=workspace,
        promote=True,
        time_budget=budget,
        tick=forward,
    )
    tick(f"{name}: scoring new leads")
    scored_file = folder / "scored.csv"
    scored = score(name, new, scored_file, workspace=workspace, keep_columns=True)
    scores = pl.read_csv(scored_file, infer_schema_length=None)
    truth = scores.select(pl.col("lead_id").cast(pl.String)).join(
        every.truth, on="lead_id", how="left", maintain_order="left"
    )
    version = workspace.registry.load(trained.version)
    rules = RuleScorer.of(found.playbook, found.rules)
    points = rules.score_table(rules.schema.read(every.leads[past_leads:]).leads, explain=False)["score"].to_numpy()
    beside = []
    for target in version.models:
        true = truth[_TRUTHS[name, target]].to_numpy()
        near = compare_with_truth(scores[target_columns(version, target)[0]].to_numpy(), true, groups=5)
        beside.append(Beside(target, near, expected_auc(points, true)))
    return Played(name, world.title, folder, trained, scored, scored_file, scores, tuple(beside))


def _write_export(place: Path, seed: int) -> tuple[Path, Path]:
    """An export as a CRM gives it, and new leads of the same kind, for whoever wants to draft a playbook from scratch."""
    past = simulate_leads(EXPORT_LEADS, seed=seed, start=_START)
    begins = _START + timedelta(days=EXPORT_LEADS / LEADS_PER_DAY)
    new = simulate_leads(EXPORT_NEW_LEADS, seed=seed, start=begins)
    files = place / "past_leads.csv", place / "new_leads.csv"
    _write(files[0], past.cells)
    _write(files[1], new.at_intake)
    return files


def _write(path: Path, cells: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_writer(path, formulas="keep") as writer:
        writer.write(cells)
