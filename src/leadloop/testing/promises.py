"""What every playbook promises. Each promise is a function that gives the problems it finds; none where it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from leadloop.errors import PlaybookError, Problem
from leadloop.features import FeatureSet
from leadloop.features.feature_set import usable_fields
from leadloop.features.functions import FunctionsBlock
from leadloop.flows.place.playbook_folder import PlaybookFolder
from leadloop.leads import Field, LeadFrame
from leadloop.learning.labelled import Labelled
from leadloop.learning.shallow_tree import DEPTH, GIVEN_AWAY, rebuild_label
from leadloop.playbook import Playbook, parse_playbook, render_playbook
from leadloop.scoring import Scorer

README = "README.md"
_ALONE = 20
_STEPS = np.linspace(0.0, 100.0, 2_001)
_UNSEEN: dict[str, tuple[Any, ...]] = {
    "number": (0.0, -1e12, 1e12),
    "money": (0.0, 1e12),
    "employees": ({"low": 0.0, "high": 1e12},),
    "category": ("never seen before", "ʎɐʍ ʇɐɥʇ"),
    "text": ("", "never seen before " * 200, "¿¡…\u200b🙂"),
    "boolean": (True, False),
    "time": tuple(datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1900, 2150)),
    "email": ("no address at all", "a@b"),
    "phone": ("ask for Ada", "0"),
    "url": ("nowhere",),
    "id": ("never seen before",),
}


@dataclass(frozen=True)
class Trained:
    """A version that was trained on the sample, how long that took, and the sample as it reads it."""

    found: PlaybookFolder
    """The playbook."""
    scorer: Scorer
    """The version."""
    again: Scorer
    """A second version, trained on the same leads with the same seed."""
    leads: LeadFrame
    """The sample."""
    took_seconds: float
    """How long training took."""
    may_take_seconds: float
    """How long it may take."""


def reads_back(found: PlaybookFolder) -> Iterator[Problem]:
    """The declaration reads back as it was after it was written."""
    try:
        again = parse_playbook(render_playbook(found.playbook), subject=found.playbook.name)
    except PlaybookError as error:
        yield from error.problems
        return
    if again != found.playbook:
        parts = [name for name in Playbook.__slots__ if getattr(again, name) != getattr(found.playbook, name)]
        yield Problem(", ".join(parts), "changes when the playbook is written and read again", "write it more simply")


def features_know_nothing_later(found: PlaybookFolder) -> Iterator[Problem]:
    """No feature or rule reads other leads, or a field that is known only after leads are scored."""
    try:
        FunctionsBlock.of(found.functions, found.playbook)
    except PlaybookError as error:
        yield from error.problems


def labels_stand_apart(found: PlaybookFolder) -> Iterator[Problem]:
    """No label is made of a field that features read; the time that orders leads may be in both."""
    playbook = found.playbook
    read = {field.name for field in usable_fields(playbook)}
    read |= {name for function in found.functions for name in function.reads}
    order = playbook.order.field if playbook.order else ""
    for target in playbook.targets:
        sources = set(target.columns)
        if (label := found.label_of(target.name)) is not None:
            sources |= set(label().meta.root_names())
        for name in sorted((sources & read) - {order, ""}):
            yield Problem(
                f"targets.{target.name}",
                f"is made of “{name}”, which features read: a model would repeat a computation and predict nothing",
                "label leads by what happens to them later, or set use = false on the field",
            )


def routes_cover_every_score(found: PlaybookFolder) -> Iterator[Problem]:
    """Every score from 0 to 100 has a band and a route."""
    policy = found.playbook.policy
    for where, find in (("bands", policy.band), ("routes", policy.route)):
        for score in _STEPS:
            try:
                find(float(score))
            except (StopIteration, ValueError):
                yield Problem(where, f"have nothing for a score of {score:g}", "add one that starts at 0")
                break


def readme_names_every_target(found: PlaybookFolder) -> Iterator[Problem]:
    """A README beside the playbook says what is predicted, by name."""
    path = found.folder / README
    if not path.is_file():
        yield Problem(README, "does not exist", "say there what the playbook predicts, and of what")
        return
    text = path.read_text(encoding="utf-8")
    for target in found.playbook.targets:
        if target.name not in text:
            yield Problem(README, f"does not name the target {target.name}", "say there what it means")


def no_tree_rebuilds_the_label(found: PlaybookFolder, labelled: Labelled) -> Iterator[Problem]:
    """Three questions about a lead do not give its label away."""
    features, matrix = FeatureSet.fit(
        found.playbook, labelled.leads, labelled.positive, _folds(len(labelled)), functions=found.functions
    )
    rebuilt = rebuild_label(matrix, features.columns, labelled.positive, seed=found.playbook.training.seed)
    if rebuilt.auc >= GIVEN_AWAY:
        named = ", ".join(f"“{name}”" for name in rebuilt.fields)
        yield Problem(
            f"targets.{found.playbook.target.name}",
            f"is rebuilt by {DEPTH} questions about {named} (AUC {rebuilt.auc:.3f} on leads that they were not made for)",
            "a field knows the outcome: give it a later known_at, or label leads by what happens to them",
        )


def _folds(count: int) -> np.ndarray:
    return np.arange(count) % 5


def trains_in_seconds(trained: Trained) -> Iterator[Problem]:
    """The sample trains in seconds, so that tests can afford it."""
    if trained.took_seconds > trained.may_take_seconds:
        said = f"took {trained.took_seconds:.0f} s to train with the smallest budget; it may take {trained.may_take_seconds:g} s"
        yield Problem("sample", said, "give a smaller sample, or make the features that take so long simpler")


def same_seed_same_scores(trained: Trained) -> Iterator[Problem]:
    """Trained twice on the same leads with the same seed, the versions give the same scores."""
    first, second = (one.score_table(trained.leads, explain=False) for one in (trained.scorer, trained.again))
    apart = np.max([np.abs((first[name] - second[name]).to_numpy()) for name in _scores(first)], axis=0)
    if differing := int((apart > 0).sum()):
        yield Problem(
            "seed",
            f"gives other scores each time: {differing:,} of {len(apart):,} leads, by up to {apart.max():.1f} points",
            "let features and learners draw chance from the seed that they are given, and ask no clock",
        )


def alone_as_in_a_batch(trained: Trained) -> Iterator[Problem]:
    """A lead alone is scored as it is in a batch."""
    table = trained.scorer.score_table(trained.leads, explain=False)
    names = [name for name in (*_probabilities(table), *_scores(table)) if table[name].null_count() == 0]
    places = np.unique(np.linspace(0, len(trained.leads) - 1, _ALONE).astype(int))
    for place in places.tolist():
        alone = trained.scorer.score_table(trained.leads[place : place + 1], explain=False)
        for name in names:
            if alone[name][0] != table[name][place]:
                yield Problem(
                    f"line {trained.leads.lines[place]}",
                    f"has {name} {alone[name][0]:g} alone and {table[name][place]:g} in a batch of {len(trained.leads):,}",
                    "let features look at one lead at a time",
                )
                return


def unseen_values_are_scored(trained: Trained) -> Iterator[Problem]:
    """Values that no training lead had, and leads that lack all they may lack, get honest scores too."""
    schema, first = trained.scorer.schema, trained.leads[:1].data.row(0, named=True)
    rows: list[tuple[str, dict[str, Any]]] = [
        (f"“{str(value)[:30]}” in {field.name}", {**first, field.name: value})
        for field in schema.fields
        if not field.made_from
        for value in _UNSEEN.get(field.type, ())
    ]
    bare = {field.name: first[field.name] if _must_stay(trained, field) else None for field in schema.fields}
    rows.append(("nothing but what is required", bare))
    for said, row in rows:
        frame = trained.leads[:1].data.with_columns(
            [pl.Series(name, [value], dtype=trained.leads.data.schema[name]) for name, value in row.items()]
        )
        try:
            table = trained.scorer.score_table(LeadFrame(schema, frame, np.array([1])), explain=True)
        except Exception as error:  # whatever a feature may raise is what this looks for
            yield Problem(said, f"cannot be scored: {type(error).__name__}: {error}", "let features take any value")
            continue
        scores, probabilities = table.select(_scores(table)).row(0), table.select(_probabilities(table)).row(0)
        if wrong := [score for score in scores if score is None or not 0 <= score <= 100]:
            yield Problem(said, f"has the score {wrong[0]}", "scores run from 0 to 100")
        elif wrong := [one for one in probabilities if one is not None and not 0 <= one <= 1]:
            yield Problem(said, f"has the probability {wrong[0]}", "probabilities run from 0 to 1")


def _scores(table: pl.DataFrame) -> list[str]:
    """The columns with scores: the lead's own, and those of single targets."""
    return [name for name in table.columns if name == "score" or name.endswith("_score")]


def _probabilities(table: pl.DataFrame) -> list[str]:
    """The columns with the probabilities of all targets."""
    return [name for name in table.columns if name == "probability" or name.endswith("_probability")]


def _must_stay(trained: Trained, field: Field) -> bool:
    playbook = trained.scorer.playbook
    return field.required or field.name == playbook.lead_id


def required_fields_are_asked_for(trained: Trained) -> Iterator[Problem]:
    """A lead without a required value is refused, and so is a file without its column, by the field's name."""
    schema, playbook = trained.scorer.schema, trained.found.playbook
    cells = pl.DataFrame({field.name: [""] for field in schema.fields if not field.made_from})
    refused = {reject.field for reject in schema.read(cells).rejects}
    for field in playbook.schema.fields:
        if not field.required:
            continue
        where = f"fields.{field.name}.required"
        if not playbook.schema.is_known(field.name, playbook.scores_at):
            said = f"can never be asked for: the field is known at {field.known_at}, and leads are scored at"
            yield Problem(where, f"{said} {playbook.scores_at}", "leave required out")
            continue
        if field.name not in schema:
            yield Problem(where, "is not asked for: scoring does not read the field", "let scoring read it")
            continue
        missing = {problem.where for problem in schema.explain_missing(cells.drop(field.name).columns)}
        if field.name not in refused or field.name not in missing:
            yield Problem(where, "is not asked for: a lead without it is scored", "see how the field is read")
