"""Writing a playbook as TOML, without loss; and the fingerprint of what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from leadloop.leads import Field, LeadSchema
from leadloop.playbook.derived import Derived
from leadloop.playbook.events import Events
from leadloop.playbook.playbook import Playbook, Target, Training
from leadloop.playbook.policy import Route
from leadloop.playbook.table_reader import same_zero

_DEFAULT_TRAINING = Training()


def render_playbook(playbook: Playbook) -> str:
    """Write a playbook as TOML that reads back as an equal playbook.

    Settings that have their usual value are written where a person is likely to want to change them, and left out
    elsewhere.
    """
    document = tomlkit.document()
    document["name"] = playbook.name
    if playbook.description:
        document["description"] = playbook.description
    if playbook.synthetic:
        document["synthetic"] = True
    document["moments"] = list(playbook.schema.moments)
    document["scores_at"] = playbook.scores_at
    for key, value in (
        ("lead_id", playbook.lead_id),
        ("group_by", playbook.group_by),
        ("segment_by", playbook.segment_by),
        ("outcomes_by", playbook.outcomes_by),
    ):
        if value:
            document[key] = value
    for key, names in (
        ("features", playbook.features),
        ("rules", playbook.rules),
        ("phrase_files", playbook.phrase_files),
    ):
        if names:
            document[key] = list(names)
    document["capacity"] = same_zero(playbook.policy.capacity)
    if playbook.order:
        order = playbook.order
        document["order"] = _table(
            {
                "by": order.by,
                "field": order.field,
                "newest": order.newest,
                "absent": _unusual(order.absent, "unknown"),
                "guess": order.guess,
            }
        )
    document["targets"] = _parent({target.name: _target_table(target) for target in playbook.targets})
    if playbook.score:
        weights = {name: same_zero(weight) for name, weight in playbook.score}
        document["score"] = _table(weights, keep=weights)
    training, usual = playbook.training, _DEFAULT_TRAINING
    document["training"] = _table(
        {
            "test_share": same_zero(training.test_share),
            "min_leads": training.min_leads,
            "min_positives": training.min_positives,
            "max_leads": training.max_leads,
            "learners": training.learners,
            "trials": training.trials,
            "budget": same_zero(training.budget),
            "validation": _unusual(training.validation, usual.validation),
            "folds": _unusual(training.folds, usual.folds),
            "gap_days": same_zero(training.gap_days) or None,
            "unworked": _unusual(training.unworked, usual.unworked),
            "most_weight": _unusual(same_zero(training.most_weight), usual.most_weight),
            "source_share": _unusual(same_zero(training.source_share), usual.source_share),
            "seed": training.seed,
        },
        keep=("seed",),
    )
    document["bands"] = _parent(
        {
            band.name: _table({"lowest": same_zero(band.lowest), "share": same_zero(band.share)}, keep=("lowest",))
            for band in playbook.policy.bands
        }
    )
    routes = {route.key or route.name: _route_value(route) for route in playbook.policy.routes}
    document["routes"] = _table(routes, keep=routes)
    if playbook.phrases:
        phrases = dict(playbook.phrases)
        document["phrases"] = _table(phrases, keep=phrases)
    document["fields"] = _parent({field.name: _field_table(field) for field in playbook.schema.fields})
    if playbook.derived:
        document["derived"] = derived_tables(playbook.derived)
    if playbook.history:
        histories = tomlkit.aot()
        for one in playbook.history:
            histories.append(_table({"of": one.of, "name": one.name, "days": same_zero(one.days)}))
        document["history"] = histories
    if playbook.events:
        document["events"] = _events_table(playbook.events)
    if playbook.rulings:
        listed = tomlkit.aot()
        for ruling in playbook.rulings:
            listed.append(_table({"field": ruling.field, "finding": ruling.finding, "because": ruling.because}))
        document["rulings"] = listed
    return tomlkit.dumps(document)


def fingerprint_playbook(playbook: Playbook) -> str:
    """Twelve hex digits that change whenever anything but a guess changes: confirming a guess changes nothing."""
    bare = replace(
        playbook,
        schema=LeadSchema(tuple(replace(field, guess=()) for field in playbook.schema.fields), playbook.schema.moments),
        target=replace(playbook.target, guess=()),
        more_targets=tuple(replace(target, guess=()) for target in playbook.more_targets),
        order=replace(playbook.order, guess=()) if playbook.order else None,
    )
    return hashlib.sha256(render_playbook(bare).encode()).hexdigest()[:12]


def derived_tables(features: Iterable[Derived]) -> AoT:
    """Derived features as the tables that stand under [[derived]]."""
    listed = tomlkit.aot()
    for one in features:
        listed.append(_table({"kind": one.kind, "reads": one.reads, "name": one.name, "because": one.because}))
    return listed


def _route_value(route: Route) -> Any:
    """A route as its lowest score, where that says it all, or as a table."""
    if not (route.priority or route.when or route.key):
        return same_zero(route.lowest)
    held = {"name": route.name if route.key else "", "lowest": same_zero(route.lowest), "priority": route.priority}
    table = _table(held, keep=("lowest",))
    if route.when:
        when = tomlkit.inline_table()
        when.update({target: same_zero(least) for target, least in route.when})
        table["when"] = when
    return table


def _events_table(events: Events) -> Table:
    table = _table(
        {
            "lead": events.lead,
            "at": events.at,
            "within_days": same_zero(events.within_days),
            "makes": events.makes,
        }
    )
    if events.without:
        without = {made: same_zero(value) for made, value in events.without}
        table["without"] = _table(without, keep=without)
    columns = {}
    for field in events.fields:
        columns[field.name] = _table(
            {
                "type": field.type,
                "required": field.required,
                "missing": field.missing,
                "aliases": field.aliases,
                "formats": field.formats,
            }
        )
    table["fields"] = _parent(columns)
    return table


def _target_table(target: Target) -> Table:
    return _table(
        {
            "column": target.column,
            "positive": target.positive,
            "negative": target.negative,
            "open": target.open,
            "filled": target.filled,
            "label": target.label,
            "graded": target.graded,
            "top": same_zero(target.top) if target.top != 1 else None,
            "confidence": target.confidence,
            "calibrate": _unusual(target.calibrate, "by confidence"),
            "at": target.at,
            "within_days": target.within_days and same_zero(target.within_days),
            "open_leads": _unusual(target.open_leads, "left out"),
            "horizons": target.horizons,
            "value": target.value,
            "optional": target.optional,
            "guess": target.guess,
        }
    )


def _field_table(field: Field) -> Table:
    table = _table(
        {
            "type": field.type,
            "known_at": field.known_at,
            "required": field.required,
            "missing": field.missing,
            "aliases": field.aliases,
            "formats": field.formats,
            "direction": field.direction,
            "terms": field.terms,
            "densities": field.densities,
            "finds": field.finds,
            "means": field.means,
            "actionable": field.actionable,
        }
    )
    if field.phrases is not None:
        table["phrases"] = _array(field.phrases)
    if not field.use:
        table["use"] = False
    if field.guess:
        table["guess"] = _array(field.guess)
    for key in ("groups_of", "domain_of"):
        if getattr(field, key):
            table[key] = getattr(field, key)
    if field.groups:
        table["groups"] = _table(dict(field.groups), keep=dict(field.groups))
    return table


def _table(settings: Mapping[str, Any], keep: Container[str] = ()) -> Table:
    """A TOML table of the settings that say something: empty ones are left out unless they are to be kept."""
    table = tomlkit.table()
    for key, value in settings.items():
        if value or key in keep:
            table[key] = _array(value) if isinstance(value, tuple) else value
    return table


def _unusual(value: Any, usual: Any) -> Any:
    """A setting that is written only where it is not the usual one."""
    return None if value == usual else value


def _array(items: tuple[str, ...] | tuple[int, ...]) -> Any:
    array = tomlkit.array()
    array.extend(items)
    return array.multiline(sum(len(str(item)) for item in items) > 90)


def _parent(tables: Mapping[str, Table]) -> Table:
    parent = tomlkit.table(is_super_table=True)
    for name, table in tables.items():
        parent[name] = table
    return parent
