"""Reading a playbook from TOML, with every mistake at once.

Text in: which file it came from is somebody else's business.
"""

from __future__ import annotations

import tomllib
from typing import Any

from leadloop.errors import PlaybookError, Problem
from leadloop.leads import FIELD_TYPES, Field, LeadSchema
from leadloop.leads.field import DIRECTIONS
from leadloop.playbook.check import find_problems
from leadloop.playbook.derived import DERIVED_KINDS, Derived
from leadloop.playbook.events import Events
from leadloop.playbook.history import History
from leadloop.playbook.playbook import (
    ABSENT,
    CALIBRATE,
    OPEN_LEADS,
    ORDERED_BY,
    UNWORKED,
    VALIDATIONS,
    Newest,
    Order,
    OrderedBy,
    Playbook,
    Ruling,
    Target,
    Training,
)
from leadloop.playbook.policy import Band, Policy, Route
from leadloop.playbook.table_reader import UNKNOWN, TableReader

_DEFAULT_POLICY = Policy()
_DEFAULT_TRAINING = Training()


def parse_playbook(text: str, *, subject: str = "playbook.toml") -> Playbook:
    """Read a playbook from TOML.

    Raises PlaybookError with every mistake at once: what is not TOML, unknown or missing settings, wrong types, and
    declarations that contradict each other (`leadloop.playbook.check`).
    """
    problems: list[Problem] = []
    playbook = _read_playbook(TableReader(_read_toml(text, subject), "", problems))
    unread = [problem.where for problem in problems if problem.what != UNKNOWN]
    problems += [problem for problem in find_problems(playbook) if not _rests_on(problem.where, unread)]
    if problems:
        raise PlaybookError(subject, list(dict.fromkeys(problems)))
    return playbook


def read_name(text: str, *, subject: str = "playbook.toml") -> str:
    """The name of a playbook in TOML, whatever else stands there; raises PlaybookError where that cannot be read.

    >>> read_name('name = "tiny"\\nthe_rest = "is not looked at"')
    'tiny'
    """
    problems: list[Problem] = []
    name = TableReader(_read_toml(text, subject), "", problems).text("name")
    if problems:
        raise PlaybookError(subject, problems)
    return name


def _read_toml(text: str, subject: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # what tomllib raises, and what Python does for a number of thousands of digits
        raise PlaybookError(subject, Problem("file", f"is not TOML: {error}", "mend that line first")) from None
    except RecursionError:
        raise PlaybookError(subject, Problem("file", "nests far too deeply", "is it a playbook?")) from None


def _rests_on(where: str, unread: list[str]) -> bool:
    """Whether a contradiction is about a place that could not be read: it may come of our stand-in for what is there."""
    return any(place == where or place.startswith(f"{where}.") for place in unread)


def _read_playbook(top: TableReader) -> Playbook:
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
        training=read_training(top.one("training")),
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


def _read_field(name: str, reader: TableReader, moments: tuple[str, ...]) -> Field:
    reader.asked.add("phrases")
    field = Field(
        name=name,
        type=reader.choice("type", FIELD_TYPES, "text", required=True),
        known_at=reader.text("known_at", moments[0], choices=moments),
        use=reader.flag("use", True),
        required=reader.flag("required", False),
        missing=reader.texts("missing"),
        aliases=reader.texts("aliases"),
        formats=reader.texts("formats"),
        direction=reader.choice("direction", tuple(DIRECTIONS), ""),
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


def _read_target(name: str, reader: TableReader) -> Target:
    days = reader.number("within_days", 0.0, low=0.0, high=36_500.0)
    target = Target(
        name=name,
        column=reader.text("column", ""),
        positive=reader.texts("positive"),
        negative=reader.texts("negative"),
        open=reader.texts("open"),
        filled=reader.flag("filled", False),
        label=reader.text("label", ""),
        graded=reader.flag("graded", False),
        top=reader.number("top", 1.0, low=1e-9, high=1e12),
        confidence=reader.text("confidence", ""),
        calibrate=reader.choice("calibrate", CALIBRATE, "by confidence"),
        at=reader.text("at", ""),
        within_days=days or None,
        open_leads=reader.choice("open_leads", OPEN_LEADS, "left out"),
        horizons=reader.whole_numbers("horizons", low=1, high=36_500),
        value=reader.text("value", ""),
        optional=reader.flag("optional", False),
        guess=reader.texts("guess"),
    )
    reader.finish()
    return target


def _read_score(reader: TableReader) -> tuple[tuple[str, float], ...]:
    return tuple((name, reader.number(name, None, low=0, high=1e6)) for name in reader.table)


def _read_order(reader: TableReader) -> Order:
    likely: OrderedBy = "field" if "field" in reader.table else "rows"
    by = reader.choice("by", ORDERED_BY, likely, required=True)
    ends: tuple[Newest, Newest] = ("largest", "smallest") if by == "field" else ("last", "first")
    order = Order(
        by=by,
        field=reader.text("field", "" if by == "rows" else None),
        newest=reader.choice("newest", ends, ends[0]),
        absent=reader.choice("absent", ABSENT, "unknown"),
        guess=reader.texts("guess"),
    )
    reader.finish()
    return order


def read_training(reader: TableReader, usual: Training = _DEFAULT_TRAINING) -> Training:
    """The settings of a training, those of `usual` where the table does not give them."""
    training = Training(
        test_share=reader.number("test_share", usual.test_share, low=0.05, high=0.6),
        min_leads=reader.whole("min_leads", usual.min_leads, low=20, high=10**9),
        min_positives=reader.whole("min_positives", usual.min_positives, low=10, high=10**9),
        max_leads=reader.whole("max_leads", usual.max_leads, low=100, high=10**9),
        learners=reader.texts("learners", usual.learners),
        trials=reader.whole("trials", usual.trials, low=1, high=10_000),
        budget=reader.number("budget", usual.budget, low=1, high=1e6),
        validation=reader.choice("validation", VALIDATIONS, usual.validation),
        folds=reader.whole("folds", usual.folds, low=2, high=20),
        gap_days=reader.number("gap_days", usual.gap_days, low=0, high=36_500),
        seed=reader.whole("seed", usual.seed, low=0, high=2**31 - 1),
        unworked=reader.choice("unworked", UNWORKED, usual.unworked),
        most_weight=reader.number("most_weight", usual.most_weight, low=1, high=1e6),
        source_share=reader.number("source_share", usual.source_share, low=0.05, high=1),
    )
    reader.finish()
    return training


def _read_policy(top: TableReader) -> Policy:
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
        reader = TableReader({key: held}, "routes", problems)
        return Route(key, reader.number(key, None, low=0, high=100))
    reader = TableReader(held, f"routes.{key}", problems)
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


def _read_phrases(reader: TableReader) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, reader.texts(name)) for name in reader.table)


def _read_derived(top: TableReader) -> tuple[Derived, ...]:
    top.asked.add("derived")
    listed = top.table.get("derived", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        top.complain("derived", "is not a list of tables", "write [[derived]] above each feature")
        return ()
    features = []
    for number, table in enumerate(listed, start=1):
        reader = TableReader(table, f"derived[{number}]", top.problems)
        kind, reads = reader.text("kind", choices=DERIVED_KINDS), reader.texts("reads")
        name, because = reader.text("name", ""), reader.text("because", "")
        if kind in DERIVED_KINDS:
            features.append(Derived(kind, reads, name, because))
        reader.finish()
    return tuple(features)


def _read_history(top: TableReader) -> tuple[History, ...]:
    top.asked.add("history")
    listed = top.table.get("history", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        top.complain("history", "is not a list of tables", "write [[history]] above each one")
        return ()
    histories = []
    for number, table in enumerate(listed, start=1):
        reader = TableReader(table, f"history[{number}]", top.problems)
        days = reader.number("days", 0.0, low=0.0, high=36_500.0)
        histories.append(History(reader.texts("of"), reader.text("name", ""), days))
        reader.finish()
    return tuple(histories)


def _read_events(reader: TableReader) -> Events:
    fields = []
    for name, column in reader.tables_in("fields"):
        fields.append(
            Field(
                name=name,
                type=column.choice("type", FIELD_TYPES, "text", required=True),
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
        one = TableReader({made: value}, f"{reader.where}.without", reader.problems)
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


def _read_rulings(top: TableReader) -> tuple[Ruling, ...]:
    top.asked.add("rulings")
    listed = top.table.get("rulings", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        top.complain("rulings", "is not a list of tables", "write [[rulings]] above each ruling")
        return ()
    rulings = []
    for number, table in enumerate(listed, start=1):
        reader = TableReader(table, f"rulings[{number}]", top.problems)
        rulings.append(Ruling(reader.text("field"), reader.text("finding"), reader.text("because")))
        reader.finish()
    return tuple(rulings)
