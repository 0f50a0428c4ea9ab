"""Train the recommender: log -> histories -> competition -> effects, where they can be told -> a version with its report."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from leadloop.flows.place.known_playbooks import read_meant
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.recommend.effects import uplifts, weigh_evidence
from leadloop.flows.recommend.past import Past, in_words_of, read_past
from leadloop.flows.recommend.report import write_report
from leadloop.flows.recommend.rules import read_recommender
from leadloop.flows.recommend.saved import SavedRecommender, folder_of, load, save, served_id
from leadloop.flows.recommend.tensorflow_serving import export_for_tensorflow
from leadloop.recommend.competition import Competition, compete
from leadloop.recommend.histories import Decisions, decisions_of
from leadloop.recommend.measures import Measure, as_plain, difference, won_losses
from leadloop.recommend.people import learn_skills
from leadloop.recommend.recommender import Recommender
from leadloop.recommend.splitting import Split, split_in_time
from leadloop.registry.files import replace_durably

CHECKPOINT = ".network.npz"
"""The weights of the best epoch so far, beside the versions, while the network learns and until it learns again."""
LEVELS = (0.5, 0.8, 0.95)
"""The shares of leads below which the best action's expected success is low, normal or high."""


@dataclass(frozen=True, eq=False)
class TrainedRecommender:
    """What came of a training."""

    saved: SavedRecommender
    """The version."""
    competition: Competition
    """Who took part and who won."""
    serves: bool
    """Whether it serves now."""
    because: str
    """Why, or why not."""
    report: str
    """The report, as Markdown."""


def train_recommender(
    playbook: Path | str,
    *,
    seed: int = 0,
    serve: bool | None = None,
    tensorflow: Path | None = None,
    now: datetime | None = None,
    workspace: Workspace | Path | str | None = None,
    tick: Tick = lambda stage: None,
) -> TrainedRecommender:
    """Learn from the action log of a playbook what to do next, and save a version.

    By default it serves unless it is surely worse than the one that serves now, on the newest leads (`serve` says otherwise).
    `tensorflow` names a folder for the network in TensorFlow's own form, where it took part. Raises DataError where the log is
    too small, and LeadLoopError for settings that are wrong.
    """
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    book = read_meant(place, playbook).playbook
    settings = read_recommender(place.root)
    moment = now or datetime.now(UTC)
    tick("reading the action log")
    past = read_past(place.store, book.name, book.target.name, settings, now=moment)
    histories = past.histories
    split = split_in_time(histories, within_days=settings.within_days)
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # read when Keras is first imported
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    folder_of(place, book.name).mkdir(parents=True, exist_ok=True)
    kept = folder_of(place, book.name) / CHECKPOINT
    result = compete(histories, split, settings, seed=seed, checkpoint=partial(_keep_checkpoint, kept), tick=tick)
    tick("telling effects")
    recommender = weigh_evidence(result.recommender, histories, split.choose, split.test)
    effects = uplifts(recommender, histories, split.test)
    serves, because = (
        _may_serve(place, book.name, recommender, past, split, seed) if serve is None else (serve, "as asked")
    )
    facts = {
        "created_at": moment.isoformat(),
        "actions": list(recommender.vocabulary.actions),
        "within_days": settings.within_days,
        "seed": seed,
        "target": book.target.name,
        "data": {name: len(getattr(split, name)) for name in ("train", "stop", "choose", "test")},
        "test_begins": datetime.fromtimestamp(split.test_begins, UTC).isoformat(),
        "winners": {"next": result.following, "success": result.winning},
        "metrics": {one.competitor.name: as_plain(one.measures) for one in result.entered},
        "levels": _levels(recommender, past, split),
        "skills": _skills(result, past, settings.within_days),
        "evidence": {"randomised": recommender.evidence.randomised, "said": list(recommender.evidence.said)},
        "uplift": [
            {"policy": one.policy, "value": one.difference_absolute, "low": one.difference_absolute_low,
             "high": one.difference_absolute_high}
            for one in effects
        ],
    }  # fmt: skip
    report = write_report(book.name, facts, result, recommender, effects, because)
    saved = save(place, book.name, recommender, facts, report, now=moment, serve=serves)
    if tensorflow is not None:
        export_for_tensorflow(result, recommender, tensorflow, name=f"{book.name}_recommender")
    return TrainedRecommender(saved, result, serves, because, report)


def _keep_checkpoint(path: Path, epoch: int, weights: Mapping[str, np.ndarray]) -> None:
    """Write down the best weights so far: whoever stops the training has them."""
    content = io.BytesIO()
    held: dict[str, Any] = {name.replace("/", "."): one for name, one in weights.items()}
    np.savez(content, epoch=np.array(epoch), **held)
    replace_durably(path, content.getvalue())


def _levels(recommender: Recommender, past: Past, split: Split) -> list[float]:
    best = recommender.foresee(past.histories, split.test).success.max(axis=1)
    return [float(one) for one in np.quantile(best, LEVELS)]


def _skills(result: Competition, past: Past, within_days: float) -> Mapping[str, Any]:
    """How well each person did, by what was to be expected of the same actions."""
    decisions = decisions_of(past.histories, within_days=within_days)
    known = decisions.take(np.flatnonzero(np.isfinite(decisions.won)))
    if not len(known):
        return {}
    expected = result.recommender.foresee(past.histories, known).success[np.arange(len(known)), known.action]
    people = [str(one) for one in past.actors[known.row]]
    levels = [past.levels[lead] for lead in known.lead]
    skills = learn_skills(people, known.won, expected, levels)
    return {
        name: {"overall": one.overall, "by_level": dict(one.by_level), "leads": one.leads}
        for name, one in skills.items()
    }


def _may_serve(
    place: Workspace, playbook: str, new: Recommender, past: Past, split: Split, seed: int
) -> tuple[bool, str]:
    """Whether a new version is not surely worse than the one that serves, on the newest leads, which it has not learned from."""
    if not served_id(place, playbook):
        return True, "it is the first one"
    old = load(place, playbook).recommender
    if (old.vocabulary.actions, old.within_days) != (new.vocabulary.actions, new.within_days):
        return True, "other actions, or other days, are asked about now"
    test = split.test
    known = test.take(np.flatnonzero(np.isfinite(test.won)))
    if not len(known):
        return True, "nothing is known yet by which to compare them"
    gap = _compare(old, new, past, known, seed)
    said = f"its log-loss of winning is lower by {gap.value:+.4f} ({gap.low:+.4f} to {gap.high:+.4f}) than that of the one before"
    return (True, said) if gap.high >= 0 else (False, said)


def _compare(old: Recommender, new: Recommender, past: Past, known: Decisions, seed: int) -> Measure:
    """How much better the new one foresees; each reads the leads in its own words."""
    rows = np.arange(len(known))
    ours = new.foresee(past.histories, known).success[rows, known.action]
    theirs = old.foresee(in_words_of(past.histories, old.vocabulary), known).success[rows, known.action]
    return difference(won_losses(ours, known.won), won_losses(theirs, known.won), known.lead, seed=seed)
