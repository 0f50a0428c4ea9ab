"""The page of every key of playbook.toml."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.markdown import code, page, prose, table
from reference.source import attributes_of


@dataclass
class Setting:
    """One key of a playbook as its reader asks for it."""

    key: str
    kind: str
    default: str
    limits: list[str] = field(default_factory=list)


SAMPLE = """
name = "sample"
[order]
{order}
[targets.won]
column = "Won"
positive = ["yes"]
[score]
won = 1
[training]
[bands.all]
lowest = 0
share = 1
[routes]
call = 0
[phrases]
price = ["how much"]
[fields.Created]
type = "time"
[fields.Won]
type = "boolean"
known_at = "outcome"
[fields.Visits]
type = "number"
[fields.Pages]
type = "number"
[[derived]]
kind = "ratio"
reads = ["Visits", "Pages"]
[[rulings]]
field = "Visits"
finding = "too_good_alone"
because = "counted before the first call"
"""
TIMED = """
[[history]]
of = ["Source"]
[fields.Source]
type = "category"
[fields.Id]
type = "id"
[fields.Grade]
type = "number"
known_at = "outcome"
[events]
lead = "Lead"
at = "At"
within_days = 30
makes = ["labels:Grade"]
[events.without]
Grade = 0
[events.fields.Lead]
type = "id"
[events.fields.At]
type = "time"
"""


def read_settings() -> dict[str, list[Setting]]:
    """Every key that the reader of playbooks asks for, by the table it stands in, found by letting it read a sample."""
    from leadloop.playbook import parsing, table_reader

    asked: dict[str, dict[str, Setting]] = {}

    def section(where: str) -> str:
        head, *rest = re.sub(r"\[\d+\]", "", where).split(".")
        if head == "events" and rest:
            return f"events.{rest[0]}"
        return head or "top"

    def note(reader: Any, key: str, kind: str, default: str, limits: Iterable[str] = ()) -> None:
        kept = asked.setdefault(section(reader.where), {}).setdefault(key, Setting(key, kind, default))
        if kept.default != default:  # the order of leads is read in one way by field and in another by rows
            kept.default += f' with `by = "field"`, {default or "none"} with `by = "rows"`'
        kept.limits += [limit for limit in limits if limit not in kept.limits]

    class Recorder(table_reader.TableReader):
        def text(self, key: str, default: str | None = None, *, choices: Iterable[str] = ()) -> str:
            choices = list(choices)
            shown = "required" if default is None else code(f'"{default}"') if default else ""
            note(self, key, "text", shown, [code(f'"{choice}"') for choice in choices])
            return super().text(key, default, choices=choices)

        def flag(self, key: str, default: bool) -> bool:
            note(self, key, "true or false", code(str(default).lower()))
            return super().flag(key, default)

        def number(self, key: str, default: float | None, *, low: float, high: float) -> float:
            shown = "required" if default is None else code(f"{default:g}" if default < 1e6 else f"{default:_.0f}")
            if default == 0:
                shown = ""
            note(self, key, "number", shown, [f"{low:,g} to {high:,g}" if high < 1e9 else f"at least {low:,g}"])
            return super().number(key, default, low=low, high=high)

        def whole(self, key: str, default: int, *, low: int, high: int) -> int:
            value = super().whole(key, default, low=low, high=high)
            asked[section(self.where)][key].kind = "whole number"
            if high >= 2**31 - 1:
                asked[section(self.where)][key].limits = [f"at least {low:,}"]
            return value

        def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
            note(self, key, "list of texts", "")
            return super().texts(key, default)

        def lists(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
            note(self, key, "table of lists of texts", "")
            return super().lists(key)

        def whole_numbers(self, key: str, *, low: int, high: int) -> tuple[int, ...]:
            note(self, key, "list of whole numbers", "", [f"{low:,} to {high:,}"])
            return super().whole_numbers(key, low=low, high=high)

    usual = parsing.TableReader
    parsing.TableReader = Recorder  # type: ignore[misc]
    try:
        parsing.parse_playbook('lead_id = "Id"\n' + SAMPLE.format(order='by = "field"\nfield = "Created"') + TIMED)
        parsing.parse_playbook(SAMPLE.format(order='by = "rows"'))
    finally:
        parsing.TableReader = usual  # type: ignore[misc]
    return {name: list(keys.values()) for name, keys in asked.items()}


def playbook_settings() -> str:
    from leadloop.leads import Field, LeadSchema
    from leadloop.playbook import (
        Band,
        Derived,
        Events,
        History,
        Order,
        Playbook,
        Policy,
        Route,
        Ruling,
        Target,
        Training,
    )

    settings = read_settings()
    meanings: dict[str, Mapping[str, str]] = {}
    for name, kinds in {
        "top": (Playbook, LeadSchema, Policy),
        "fields": (Field,),
        "targets": (Target,),
        "order": (Order,),
        "training": (Training,),
        "bands": (Band,),
        "derived": (Derived,),
        "history": (History,),
        "events": (Events,),
        "events.fields": (Field,),
        "rulings": (Ruling,),
    }.items():
        meanings[name] = {one.name: one.meaning for kind in kinds for one in attributes_of(kind)}
    # Where the TOML and the code disagree about what is usual, the TOML's reader decides.
    defaults = {("fields", "known_at"): "the first of `moments`", ("top", "scores_at"): "the first of `moments`"}
    defaults |= {("top", "moments"): code('["intake", "outcome"]')}
    # These choices are the moments of the sample; a playbook names its own.
    free = {("fields", "known_at"), ("top", "scores_at")}

    def rows(name: str) -> Iterator[tuple[str, str, str, str]]:
        places = list(meanings[name])
        for setting in sorted(settings[name], key=lambda one: places.index(one.key) if one.key in places else -1):
            meaning = meanings[name].get(setting.key, "")
            if not meaning:
                raise SystemExit(f"{name}.{setting.key} has no meaning; write a text below the attribute in the code")
            place = (name, setting.key)
            limits = [] if place in free else setting.limits
            kind = "one of `moments`" if place in free else setting.kind
            if limits and setting.kind == "text":
                kind = ", ".join(limits)
            elif limits:
                kind = f"{kind}, {limits[0]}"
            yield code(setting.key), kind, defaults.get(place, setting.default), meaning

    def settings_of(name: str) -> str:
        return table(("key", "takes", "default", "meaning"), rows(name))

    def opening(kind: type) -> str:
        return prose(inspect.getdoc(kind) or "")

    routes = table(
        ("key", "takes", "meaning"),
        [
            (
                "the route's name",
                f"number, {settings['routes'][0].limits[0]}",
                next(one.meaning for one in attributes_of(Route) if one.name == "lowest"),
            )
        ],
    )
    phrases = table(
        ("key", "takes", "meaning"),
        [
            (
                "the list's name",
                "list of texts",
                "Phrases of one word or several, in any case and any form of their words; after = as it stands.",
            )
        ],
    )
    weights = table(
        ("key", "takes", "meaning"),
        [("the target's name", "number above 0", "Its weight; what counts is each weight's share of all of them.")],
    )
    usual = Policy()
    bands = ", ".join(f"`{band.name}` from {band.lowest:g} with {band.share:.0%} of leads" for band in usual.bands)
    steps = ", ".join(f"`{route.name}` from {route.lowest:g}" for route in usual.routes)
    return page(
        "Playbook settings",
        "A playbook is a folder with a file `playbook.toml`. These are all its settings; one that is not listed here is "
        "refused. `leadloop check` names every mistake at once.",
        "## At the top",
        settings_of("top"),
        "## [order]",
        opening(Order),
        settings_of("order"),
        "## [targets.NAME]",
        opening(Target) + " The first target is the main one.",
        settings_of("targets"),
        "## [score]",
        next(one.meaning for one in attributes_of(Playbook) if one.name == "score"),
        weights,
        "See [Predict several things at once](../how-to/predict-several-things.md).",
        "## [fields.NAME]",
        opening(Field) + ' A name with blanks stands in quotes: `[fields."Lead Source"]`.',
        settings_of("fields"),
        "What each type becomes is told in [Fields and features](features.md).",
        "## [training]",
        opening(Training),
        settings_of("training"),
        "## [bands.NAME]",
        opening(Band),
        settings_of("bands"),
        f"Without bands of your own: {bands}.",
        "## [routes]",
        opening(Route),
        routes,
        f"Without routes of your own: {steps}.",
        "## [phrases]",
        next(one.meaning for one in attributes_of(Playbook) if one.name == "phrases"),
        phrases,
        "## [[derived]]",
        opening(Derived),
        settings_of("derived"),
        "`leadloop discover` proposes such features: see [Discover features](../how-to/discover-features.md).",
        "## [[history]]",
        opening(History),
        settings_of("history"),
        "## [events]",
        opening(Events),
        settings_of("events"),
        "Under `[events.without]` stand numbers by the fields that are made: "
        + meanings["events"]["without"][0].lower()
        + meanings["events"]["without"][1:],
        "Under `[events.fields.NAME]` stand the columns of an event:",
        settings_of("events.fields"),
        "See [Learn from what happened](../how-to/learn-from-what-happened.md).",
        "## [[rulings]]",
        opening(Ruling),
        settings_of("rulings"),
    )
