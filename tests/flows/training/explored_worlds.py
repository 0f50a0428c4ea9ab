"""A world in which only leads that were worked are heard of, and in which leads that used to be bad have become the best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.explorers import salt_of
from leadloop.flows.scoring.score_rows import score_row
from leadloop.flows.training.train import TrainingResult, train
from leadloop.learning.evaluation import area_under_curve
from leadloop.playbook import render_playbook
from leadloop.scoring.calibrator import logistic
from leadloop.scoring.exploration import explore
from leadloop.store import Event, LeadOutcome

WORKED = {"call_today": 1.0, "call_soon": 0.9, "nurture": 0.0, "no_action": 0.0}
"""Which share of the leads of each route somebody works."""
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Played:
    """What came of a world: the version that was trained on what was heard of it, and how it does on all leads."""

    place: Workspace
    result: TrainingResult
    worked: int
    auc: float
    """The AUC of the new version over all leads of the changed world, those too of which nothing is heard."""
    auc_before: float
    """The same of the version that they were scored by."""
    promised: float
    """The mean probability that the new version gives to all leads."""
    won: float
    """The share of all leads that would be won."""


def make_world(count: int, seed: int, *, changed: bool) -> tuple[pl.DataFrame, np.ndarray]:
    """Leads and the truth about them; in the changed world leads from chats of few visits are often won, and never were."""
    draw = np.random.default_rng(seed)
    visits = draw.gamma(2.0, 3.0, count)
    sources = np.array(["Google", "Reference", "Chat"])[draw.integers(0, 3, count)]
    worth = {"Google": 0.0, "Reference": 1.5, "Chat": -4.0}
    margin = -2.8 + 0.25 * visits + np.array([worth[one] for one in sources])
    if changed:
        margin = np.where((sources == "Chat") & (visits < 9), 0.5, margin)
    truth = logistic(margin)
    mark = "N" if changed else "L"
    cells = pl.DataFrame(
        {
            "id": [f"{mark}{seed}-{number}" for number in range(count)],
            "number": [str(number) for number in range(count)],
            "visits": [f"{value:.2f}" for value in visits],
            "source": sources,
            "phone": ["+44 20 7946 0000"] * count,
            "opted_out": ["no"] * count,
            "noise": [f"{value:.3f}" for value in draw.normal(size=count)],
            "won": ["yes" if won else "no" for won in draw.random(count) < truth],
        }
    )
    return cells, truth


def play(
    root: Path, *, share: float, weighed: bool, count: int, learners: tuple[str, ...] = ("LightGBM",), seed: int = 2
) -> Played:
    """Train on the old world, score leads of the new one with so many explored, work them, and train on what was heard."""
    training = replace(PLAYBOOK.training, learners=learners, unworked="weighed" if weighed else "left out")
    folder = write_playbook(root / "tiny", render_playbook(replace(PLAYBOOK, training=training)))
    first = write_playbook(
        root / "first", render_playbook(replace(PLAYBOOK, training=replace(training, unworked="left out")))
    )
    make_world(max(1_500, count // 4), 1, changed=False)[0].write_csv(root / "past.csv")
    place = Workspace(root)
    train(first, root / "past.csv", workspace=place, promote=True)
    trained = place.registry.load(place.registry.find("tiny", "champion"))
    cells, _ = make_world(count, seed, changed=True)
    rows = cells.drop("won").to_dicts()
    draw = np.random.default_rng(1_000 + seed)
    scores, outcomes, events, worked = [], [], [], 0
    cards = trained.score(trained.schema.read(cells.drop("won")).leads, explain=False)
    for number, (card, row, won) in enumerate(zip(cards, rows, cells["won"], strict=True)):
        at = BEGAN + timedelta(minutes=5 * number)
        shown = explore(card, trained.playbook.policy, share, salt_of("tiny")) if share else card
        scores.append(score_row(f"s{row['id']}", trained.playbook, shown, row, lead_id=row["id"], at=at))
        later = at + timedelta(hours=3)
        if draw.random() < WORKED[shown.route]:
            worked += 1
            outcomes.append(LeadOutcome(f"o{row['id']}", row["id"], "won", float(won == "yes"), later, source="crm"))
        else:
            events.append(Event(f"e{row['id']}", row["id"], "not_worked", later))
    place.store.scores.add("tiny", scores)
    place.store.outcomes.add("tiny", outcomes)
    place.store.events.add("tiny", events)
    result = train(folder, workspace=place, promote=False)
    found = place.registry.load(result.version)
    fresh, truth = make_world(20_000, 2_000 + seed, changed=True)
    leads = found.schema.read(fresh.drop("won")).leads
    said = found.score_table(leads, explain=False)["probability"].to_numpy()
    before = trained.score_table(leads, explain=False)["probability"].to_numpy()
    won = (fresh["won"] == "yes").cast(pl.Float64).to_numpy()
    auc, auc_before = area_under_curve(won, said), area_under_curve(won, before)
    return Played(place, result, worked, auc, auc_before, float(said.mean()), float(truth.mean()))
