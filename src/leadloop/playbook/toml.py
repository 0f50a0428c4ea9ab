"""Playbooks as TOML: read with every mistake at once, written back without loss.

Text in, text out: which file it came from is somebody else's business.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from leadloop.errors import PlaybookError, Problem
from leadloop.leads import FIELD_TYPES, Field, LeadSchema
from leadloop.playbook.check import find_problems
from leadloop.playbook.derived import DERIVED_KINDS, Derived
from leadloop.playbook.events import Events
from leadloop.playbook.history import History
from leadloop.playbook.playbook import Order, Playbook, Ruling, Target, Training
from leadloop.playbook.policy import Band, Policy, Route

_DEFAULT_POLICY = Policy()
_DEFAULT_TRAINING = Training()
_UNKNOWN = "is not a setting"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_MOST_DIGITS = 10**15
_VALIDATIONS = ("auto", "rolling origin", "k-fold", "hold-out")


class _Reader:
    """One TOML table being read: takes values by type, and remembers what was wrong or never asked for."""

    def __init__(self, table: Mapping[str, Any], where: str, problems: list[Problem]) -> None:
        self.table, self.where, self.problems = table, where, problems
        self.asked: set[str] = set()

    def place(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def complain(self, key: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(self.place(key), what, mend))

    def text(self, key: str, default: str | None = None, *, choices: Iterable[str] = ()) -> str:
        self.asked.add(key)
        value = self.table.get(key, default)
        if value is None:
            self.complain(key, "is missing", f'add {key} = "..."')
            return ""
        if not isinstance(value, str):
            self.complain(key, f"is {_kind(value)}, not text", f"write {_key(key)} = {_as_text(value)}")
            return default or ""
        allowed = list(choices)
        if allowed and value not in allowed and value != default:
            self.complain(key, f"is “{value}”, which is none of {', '.join(allowed)}", _closest(value, allowed))
            return default or ""
        return value

    def flag(self, key: str, default: bool) -> bool:
        self.asked.add(key)
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            self.complain(key, f"is {_kind(value)}, not true or false", f"write {key} = true or {key} = false")
            return default
        return value

    def number(self, key: str, default: float | None, *, low: float, high: float) -> float:
        self.asked.add(key)
        value = self.table.get(key, default)
        if value is None:
            self.complain(key, "is missing", f"add {key} = a number from {low:g} to {high:g}")
            return low
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.complain(key, f"is {_kind(value)}, not a number", f"write a number from {low:g} to {high:g}")
            return low if default is None else default
        if not low <= value <= high:
            self.complain(key, f"is {_digits(value)}", f"write a number from {low:g} to {high:g}")
            return low if default is None else default
        return _same_zero(value)

    def whole(self, key: str, default: int, *, low: int, high: int) -> int:
        value = self.number(key, default, low=low, high=high)
        if value != int(value):
            self.complain(key, f"is {value:g}", "write a whole number")
        return int(value)

    def texts(self, key: str) -> tuple[str, ...]:
        self.asked.add(key)
        value = self.table.get(key, [])
        if isinstance(value, str):
            self.complain(key, "is one text where a list is wanted", f"write {_key(key)} = [{_as_text(value)}]")
            return ()
        if not isinstance(value, list):
            self.complain(key, f"is {_kind(value)}, not a list of texts", f"write {_key(key)} = [{_as_text(value)}]")
            return ()
        if not all(isinstance(item, str) for item in value):
            quoted = ", ".join(_as_text(item) for item in value[:4]) + (", ..." if len(value) > 4 else "")
            self.complain(key, "holds what is not text", f"write {_key(key)} = [{quoted}]")
            return ()
        return tuple(value)

    def whole_numbers(self, key: str, *, low: int, high: int) -> tuple[int, ...]:
        self.asked.add(key)
        value = self.table.get(key, [])
        if not isinstance(value, list):
            self.complain(key, f"is {_kind(value)}, not a list of numbers", f"write {_key(key)} = [7, 30, 90]")
            return ()
        whole = [item for item in value if not isinstance(item, bool) and isinstance(item, int) and low <= item <= high]
        if len(whole) < len(value):
            self.complain(
                key, f"holds what is no whole number from {low} to {high:,}", f"write {_key(key)} = [7, 30, 90]"
            )
            return ()
        return tuple(whole)

    def lists(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """A table of lists of texts."""
        reader = _Reader(self.table_of(key), self.place(key), self.problems)
        return tuple((name, reader.texts(name)) for name in reader.table)

    def table_of(self, key: str) -> Mapping[str, Any]:
        self.asked.add(key)
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            self.complain(key, f"is {_kind(value)}, not a table", f"write [{self.place(key)}]")
            return {}
        return value

    def has_table(self, key: str) -> bool:
        """Whether there is a table to read; what is there and is no table has been complained of."""
        self.table_of(key)
        return isinstance(self.table.get(key), dict)

    def tables_in(self, key: str) -> list[tuple[str, _Reader]]:
        readers = []
        for name, table in self.table_of(key).items():
            where = f"{self.place(key)}.{name}"
            if isinstance(table, dict):
                readers.append((name, _Reader(table, where, self.problems)))
            else:
                mend = f"write [{self.place(key)}.{_key(name)}]"
                self.problems.append(Problem(where, f"is {_kind(table)}, not a table", mend))
        return readers

    def one(self, key: str) -> _Reader:
        return _Reader(self.table_of(key), self.place(key), self.problems)

    def finish(self) -> None:
        for key in self.table:
            if key not in self.asked:
                mend = _closest(key, sorted(self.asked)) or f"the names here are {', '.join(sorted(self.asked))}"
                self.complain(key, _UNKNOWN, mend)


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _digits(value: int | float) -> str:
    return f"{value:g}" if isinstance(value, float) or abs(value) < _MOST_DIGITS else "far too large"


def _as_text(value: object) -> str:
    """A value as the text that was probably meant, in quotes."""
    if isinstance(value, bool):
        return '"true"' if value else '"false"'
    if isinstance(value, str):
        return tomlkit.string(value).as_string()
    if isinstance(value, int | float):
        return f'"{value if abs(value) < _MOST_DIGITS else "..."}"'
    return '"..."'


def _key(name: str) -> str:
    """A name as it is written in TOML."""
    return name if _BARE_KEY.fullmatch(name) else tomlkit.string(name).as_string()


def _same_zero(value: float) -> float:
    """A number as a float, whichever way it was written: 80 and 80.0 are one, and so are -0.0 and 0."""
    return float(value) + 0.0


def _closest(word: str, choices: list[str]) -> str:
    plain = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold(), plain, n=1, cutoff=0.6)
    return f"did you mean {plain[close[0]]}?" if close else ""


def parse_playbook(text: str, *, subject: str = "playbook.toml") -> Playbook:
    """Read a playbook from TOML.

    Raises PlaybookError with every mistake at once: what is not TOML, unknown or missing settings, wrong types, and
    declarations that contradict each other (`leadloop.playbook.check`).
    """
    try:
        table = tomllib.loads(text)
    except ValueError as error:  # what tomllib raises, and what Python does for a number of thousands of digits
        raise PlaybookError(subject, Problem("file", f"is not TOML: {error}", "mend that line first")) from None
    except RecursionError:
        raise PlaybookError(subject, Problem("file", "nests far too deeply", "is it a playbook?")) from None
    problems: list[Problem] = []
    playbook = _read_playbook(_Reader(table, "", problems))
    unread = [problem.where for problem in problems if problem.what != _UNKNOWN]
    problems += [problem for problem in find_problems(playbook) if not _rests_on(problem.where, unread)]
    if problems:
        raise PlaybookError(subject, list(dict.fromkeys(problems)))
    return playbook


def _rests_on(where: str, unread: list[str]) -> bool:
    """Whether a contradiction is about a place that could not be read: it may come of our stand-in for what is there."""
    return any(place == where or place.startswith(f"{where}.") for place in unread)


def _read_playbook(top: _Reader) -> Playbook:
    moments = top.texts("moments") or ("intake", "outcome")
    fields = tuple(_read_field(name, reader, moments) for name, reader in top.tables_in("fields"))
    targets = [_read_target(*target) for target in top.tables_in("targets")] or [Target("")]
    if not targets[0].name and not any(problem.where.startswith("targets") for problem in top.problems):
        top.complain("targets", "declares no target", "declare at least one, as in [targets.converted]")
    playbook = Playbook(
        name=top.text("name"),
        description=top.text("description", ""),
        synthetic=top.flag("synthetic", False),
        schema=LeadSchema(fields, moments),
        scores_at=top.text("scores_at", moments[0], choices=moments),
        lead_id=top.text("lead_id", ""),
        group_by=top.text("group_by", ""),
        segment_by=top.text("segment_by", ""),
        outcomes_by=top.text("outcomes_by", ""),
        order=_read_order(top.one("order")) if top.has_table("order") else None,
        target=targets[0],
        more_targets=tuple(targets[1:]),
        score=_read_score(top.one("score")),
        training=_read_training(top.one("training")),
        policy=_read_policy(top),
        features=top.texts("features"),
        rules=top.texts("rules"),
        phrases=_read_phrases(top.one("phrases")),
        derived=_read_derived(top),
        history=_read_history(top),
        events=_read_events(top.one("events")) if top.has_table("events") else None,
        phrase_files=top.texts("phrase_files"),
        rulings=_read_rulings(top),
    )
    top.finish()
    return playbook


def _read_field(name: str, reader: _Reader, moments: tuple[str, ...]) -> Field:
    reader.asked.add("phrases")
    field = Field(
        name=name,
        type=reader.text("type", choices=FIELD_TYPES) or "text",  # type: ignore[arg-type]
        known_at=reader.text("known_at", moments[0], choices=moments),
        use=reader.flag("use", True),
        required=reader.flag("required", False),
        missing=reader.texts("missing"),
        aliases=reader.texts("aliases"),
        formats=reader.texts("formats"),
        direction=reader.text("direction", "", choices=("up", "down")),  # type: ignore[arg-type]
        terms=reader.whole("terms", 0, low=0, high=2_000),
        densities=reader.flag("densities", False),
        finds=reader.texts("finds"),
        phrases=reader.texts("phrases") if "phrases" in reader.table else None,
        means=reader.text("means", ""),
        actionable=reader.flag("actionable", False),
        groups_of=reader.text("groups_of", ""),
        groups=reader.lists("groups"),
        domain_of=reader.text("domain_of", ""),
        guess=reader.texts("guess"),
    )
    reader.finish()
    return field


def _read_target(name: str, reader: _Reader) -> Target:
    days = reader.number("within_days", 0.0, low=0.0, high=36_500.0)
    target = Target(
        name=name,
        column=reader.text("column", ""),
        positive=reader.texts("positive"),
        filled=reader.flag("filled", False),
        label=reader.text("label", ""),
        graded=reader.flag("graded", False),
        top=reader.number("top", 1.0, low=1e-9, high=1e12),
        confidence=reader.text("confidence", ""),
        calibrate=reader.text("calibrate", "by confidence", choices=("by confidence", "all alike")),  # type: ignore[arg-type]
        at=reader.text("at", ""),
        within_days=days or None,
        open_leads=reader.text("open_leads", "left out", choices=("left out", "weighed")),  # type: ignore[arg-type]
        horizons=reader.whole_numbers("horizons", low=1, high=36_500),
        value=reader.text("value", ""),
        optional=reader.flag("optional", False),
        guess=reader.texts("guess"),
    )
    reader.finish()
    return target


def _read_score(reader: _Reader) -> tuple[tuple[str, float], ...]:
    return tuple((name, reader.number(name, None, low=0, high=1e6)) for name in reader.table)


def _read_order(reader: _Reader) -> Order:
    by = reader.text("by", choices=("field", "rows")) or ("field" if "field" in reader.table else "rows")
    ends = ("largest", "smallest") if by == "field" else ("last", "first")
    order = Order(
        by=by,  # type: ignore[arg-type]
        field=reader.text("field", "" if by == "rows" else None),
        newest=reader.text("newest", ends[0], choices=ends),  # type: ignore[arg-type]
        absent=reader.text("absent", "unknown", choices=("unknown", "now")),  # type: ignore[arg-type]
        guess=reader.texts("guess"),
    )
    reader.finish()
    return order


def _read_training(reader: _Reader) -> Training:
    usual = _DEFAULT_TRAINING
    training = Training(
        test_share=reader.number("test_share", usual.test_share, low=0.05, high=0.6),
        min_leads=reader.whole("min_leads", usual.min_leads, low=20, high=10**9),
        min_positives=reader.whole("min_positives", usual.min_positives, low=10, high=10**9),
        max_leads=reader.whole("max_leads", usual.max_leads, low=100, high=10**9),
        learners=reader.texts("learners"),
        trials=reader.whole("trials", usual.trials, low=1, high=10_000),
        budget=reader.number("budget", usual.budget, low=1, high=1e6),
        validation=reader.text("validation", usual.validation, choices=_VALIDATIONS),  # type: ignore[arg-type]
        folds=reader.whole("folds", usual.folds, low=2, high=20),
        gap_days=reader.number("gap_days", usual.gap_days, low=0, high=36_500),
        seed=reader.whole("seed", usual.seed, low=0, high=2**31 - 1),
    )
    reader.finish()
    return training


def _read_policy(top: _Reader) -> Policy:
    usual = _DEFAULT_POLICY
    capacity = top.number("capacity", usual.capacity, low=0.001, high=1.0)
    bands = []
    for name, reader in top.tables_in("bands"):
        lowest = reader.number("lowest", None, low=0, high=100)
        bands.append(Band(name, lowest, reader.number("share", None, low=0.001, high=1)))
        reader.finish()
    routes = [_read_route(name, held, top.problems) for name, held in top.table_of("routes").items()]
    return Policy(
        bands=tuple(sorted(bands, key=lambda band: -band.lowest)) or usual.bands,
        # Of routes from one score upwards, those with a condition come first: the others would leave them nothing.
        routes=tuple(sorted(routes, key=lambda route: (-route.lowest, not route.when))) or usual.routes,
        capacity=capacity,
    )


def _read_route(key: str, held: Any, problems: list[Problem]) -> Route:
    """A route as its lowest score alone, or as a table."""
    if not isinstance(held, dict):
        reader = _Reader({key: held}, "routes", problems)
        return Route(key, reader.number(key, None, low=0, high=100))
    reader = _Reader(held, f"routes.{key}", problems)
    when, name = reader.one("when"), reader.text("name", key)
    route = Route(
        name=name,
        lowest=reader.number("lowest", None, low=0, high=100),
        priority=reader.text("priority", ""),
        when=tuple((target, when.number(target, None, low=0, high=100)) for target in when.table),
        key="" if name == key else key,
    )
    reader.finish()
    return route


def _read_phrases(reader: _Reader) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, reader.texts(name)) for name in reader.table)


def _read_derived(top: _Reader) -> tuple[Derived, ...]:
    top.asked.add("derived")
    listed = top.table.get("derived", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        top.complain("derived", "is not a list of tables", "write [[derived]] above each feature")
        return ()
    features = []
    for number, table in enumerate(listed, start=1):
        reader = _Reader(table, f"derived[{number}]", top.problems)
        kind, reads = reader.text("kind", choices=DERIVED_KINDS), reader.texts("reads")
        name, because = reader.text("name", ""), reader.text("because", "")
        if kind in DERIVED_KINDS:
            features.append(Derived(kind, reads, name, because))
        reader.finish()
    return tuple(features)


def _read_history(top: _Reader) -> tuple[History, ...]:
    top.asked.add("history")
    listed = top.table.get("history", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        top.complain("history", "is not a list of tables", "write [[history]] above each one")
        return ()
    histories = []
    for number, table in enumerate(listed, start=1):
        reader = _Reader(table, f"history[{number}]", top.problems)
        days = reader.number("days", 0.0, low=0.0, high=36_500.0)
        histories.append(History(reader.texts("of"), reader.text("name", ""), days))
        reader.finish()
    return tuple(histories)


def _read_events(reader: _Reader) -> Events:
    fields = []
    for name, column in reader.tables_in("fields"):
        fields.append(
            Field(
                name=name,
                type=column.text("type", choices=FIELD_TYPES) or "text",  # type: ignore[arg-type]
                known_at="event",
                required=column.flag("required", False),
                missing=column.texts("missing"),
                aliases=column.texts("aliases"),
                formats=column.texts("formats"),
            )
        )
        column.finish()
    without = []
    for made, value in reader.table_of("without").items():
        one = _Reader({made: value}, f"{reader.where}.without", reader.problems)
        without.append((made, one.number(made, None, low=-1e12, high=1e12)))
    events = Events(
        fields=tuple(fields),
        lead=reader.text("lead"),
        at=reader.text("at"),
        within_days=reader.number("within_days", None, low=0.0, high=36_500.0),
        makes=reader.texts("makes"),
        without=tuple(without),
    )
    reader.finish()
    return events


def _read_rulings(top: _Reader) -> tuple[Ruling, ...]:
    top.asked.add("rulings")
    listed = top.table.get("rulings", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        top.complain("rulings", "is not a list of tables", "write [[rulings]] above each ruling")
        return ()
    rulings = []
    for number, table in enumerate(listed, start=1):
        reader = _Reader(table, f"rulings[{number}]", top.problems)
        rulings.append(Ruling(reader.text("field"), reader.text("finding"), reader.text("because")))
        reader.finish()
    return tuple(rulings)


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
    document["capacity"] = _same_zero(playbook.policy.capacity)
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
        weights = {name: _same_zero(weight) for name, weight in playbook.score}
        document["score"] = _table(weights, keep=weights)
    training, usual = playbook.training, _DEFAULT_TRAINING
    document["training"] = _table(
        {
            "test_share": _same_zero(training.test_share),
            "min_leads": training.min_leads,
            "min_positives": training.min_positives,
            "max_leads": training.max_leads,
            "learners": training.learners,
            "trials": training.trials,
            "budget": _same_zero(training.budget),
            "validation": _unusual(training.validation, usual.validation),
            "folds": _unusual(training.folds, usual.folds),
            "gap_days": _same_zero(training.gap_days) or None,
            "seed": training.seed,
        },
        keep=("seed",),
    )
    document["bands"] = _parent(
        {
            band.name: _table({"lowest": _same_zero(band.lowest), "share": _same_zero(band.share)}, keep=("lowest",))
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
            histories.append(_table({"of": one.of, "name": one.name, "days": _same_zero(one.days)}))
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
        return _same_zero(route.lowest)
    held = {"name": route.name if route.key else "", "lowest": _same_zero(route.lowest), "priority": route.priority}
    table = _table(held, keep=("lowest",))
    if route.when:
        when = tomlkit.inline_table()
        when.update({target: _same_zero(least) for target, least in route.when})
        table["when"] = when
    return table


def _events_table(events: Events) -> Table:
    table = _table(
        {
            "lead": events.lead,
            "at": events.at,
            "within_days": _same_zero(events.within_days),
            "makes": events.makes,
        }
    )
    if events.without:
        without = {made: _same_zero(value) for made, value in events.without}
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
            "filled": target.filled,
            "label": target.label,
            "graded": target.graded,
            "top": _same_zero(target.top) if target.top != 1 else None,
            "confidence": target.confidence,
            "calibrate": _unusual(target.calibrate, "by confidence"),
            "at": target.at,
            "within_days": target.within_days and _same_zero(target.within_days),
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
