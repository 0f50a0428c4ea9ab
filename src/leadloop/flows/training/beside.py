"""What a version that was just trained is held against: the version in service on the same leads, and old leads against new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from leadloop.flows.past.split_targets import TargetPart
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.field_points import field_points
from leadloop.flows.training.learned_targets import LearnedTarget
from leadloop.leads import Field, LeadFrame
from leadloop.learning.evaluation import Champion
from leadloop.learning.leakage import PartsApart, compare_parts
from leadloop.playbook import Playbook
from leadloop.scoring.trained import target_columns


@dataclass(frozen=True)
class Beside:
    """What a target is held against: the version in service, how far old and new leads differ, and the fields' points there."""

    champion: Champion | None
    apart: PartsApart | None
    before: Mapping[str, float]


def hold_beside(place: Workspace, targets: Sequence[LearnedTarget]) -> dict[str, Beside]:
    """What each target is held against, by its name; the first one is the main target."""
    beside = {}
    for target in targets:
        main, playbook = target is targets[0], target.part.playbook
        beside[target.name] = Beside(
            _score_by_champion(place, playbook, target.part, main=main),
            _compare_parts(target),
            _points_in_service(place, playbook.name, "" if main else target.name),
        )
    return beside


def _score_by_champion(place: Workspace, playbook: Playbook, part: TargetPart, *, main: bool) -> Champion | None:
    """What the version in service says of a target's test leads.

    None where there is none, where it reads fields in another way, or where it does not predict this further target.
    """
    serving = place.registry.champion(playbook.name)
    if serving is None:
        return None
    version = place.registry.find(playbook.name, serving)
    trained = place.registry.load(version)
    leads = part.labelled.leads
    for field in trained.schema.fields:
        if field.name not in leads.data.columns or _bare(leads.schema[field.name]) != _bare(field):
            return None
    if part.name in trained.models:
        column = target_columns(trained, part.name)[0]
    elif main:
        column = "probability"
    else:
        return None
    later = tuple(
        field.name
        for field in trained.schema.fields
        if field.name in playbook.schema and not playbook.schema.is_known(field.name, playbook.scores_at)
    )
    # What the playbook now says is not known yet would be blank on any new lead: to hand it over here would flatter.
    test = leads.take(part.split.test)
    blank = [pl.lit(None, dtype=test.data.schema[name]).alias(name) for name in later]
    said = trained.score_table(LeadFrame(test.schema, test.data.with_columns(blank), test.lines), explain=False)
    return Champion(serving, said[column].to_numpy(), _may_have_seen(version.trained_at, playbook, part), later)


def _may_have_seen(made_at: str, playbook: Playbook, part: TargetPart) -> np.ndarray | None:
    """Which test leads a version may have learned from: those that came, and whose time was over, before it was made.

    None where leads have no times. From leads that were still open then it has learned nothing.
    """
    order = playbook.order
    if order is None or order.by != "field" or order.newest == "smallest":
        return None
    came = part.labelled.leads.data[order.field][part.split.test.tolist()]
    if came.dtype != pl.Datetime:
        return None
    made = datetime.strptime(made_at, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - times of leads are UTC without a zone
    within = playbook.events.within_days if playbook.events else playbook.target.within_days
    seen: np.ndarray = (came <= made - timedelta(days=within or 0.0)).fill_null(True).to_numpy()
    return seen


def _points_in_service(place: Workspace, playbook: str, target: str) -> dict[str, float]:
    """How many score points each field moves leads by in the version in service, as its own report says.

    `target` names a further target; it is empty for the main one.
    """
    serving = place.registry.champion(playbook)
    return field_points(place.registry, playbook, serving, target) if serving else {}


def _bare(field: Field) -> Field:
    return replace(field, guess=(), use=True, required=False, known_at="", actionable=False)


def _compare_parts(target: LearnedTarget) -> PartsApart | None:
    """How well old leads can be told from new ones by the fields that the models read."""
    leads, split = target.part.labelled.leads, target.part.split
    kinds = {field.name: field.type for field in leads.schema.fields if field.name in target.learned.features.reads}
    train, test = (leads.take(part).data.select(list(kinds)) for part in (split.train, split.test))
    return compare_parts(train, test, kinds) if kinds else None
