"""What can be wrong with a playbook although it reads well: declarations that contradict each other.

Every mistake comes back at once, with the place, the reason and the cure.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from leadloop.errors import Problem
from leadloop.leads import ACTIONABLE_TYPES, Field, LeadSchema
from leadloop.leads.field import TEXT_FINDS
from leadloop.playbook.derived import derived_problems
from leadloop.playbook.events import event_problems
from leadloop.playbook.history import history_problems
from leadloop.playbook.phrase_file import find_file_problems, find_phrase_problems
from leadloop.playbook.playbook import Playbook, Target
from leadloop.playbook.policy import Route
from leadloop.playbook.target_check import find_target_problems

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FUNCTION = re.compile(r"[A-Za-z_]\w*:[A-Za-z_]\w*")
_DIRECTED = ("number", "money", "employees", "boolean")
_TIME_PATTERNS = ("iso", "unix", "unix_ms")


def find_problems(playbook: Playbook) -> list[Problem]:
    """Every contradiction in a playbook; an empty list where it is sound."""
    problems: list[Problem] = []
    problems += _name_problems(playbook)
    problems += _field_problems(playbook)
    problems += _reference_problems(playbook)
    problems += _phrase_problems(playbook)
    for target in playbook.targets:
        problems += _target_problems(playbook, target)
    problems += _training_problems(playbook)
    problems += find_target_problems(playbook)
    problems += _policy_problems(playbook)
    naming = {playbook.lead_id, playbook.group_by}
    if playbook.order and playbook.order.field in playbook.schema:
        order = playbook.schema[playbook.order.field]
        naming |= set() if order.type == "time" else {order.name}
    problems += derived_problems(playbook.derived, playbook.schema, playbook.scores_at, naming)
    by_time = _is_ordered_by_time(playbook)
    problems += history_problems(
        playbook.history,
        playbook.schema,
        playbook.scores_at,
        by_time=by_time,
        outcome_days=playbook.outcome_days,
        naming=naming,
    )
    if playbook.events:
        problems += event_problems(
            playbook.events, playbook.schema, playbook.scores_at, playbook.lead_id, by_time=by_time
        )
    return problems


def _name_problems(playbook: Playbook) -> Iterator[Problem]:
    if not _NAME.fullmatch(playbook.name):
        yield Problem(
            "name",
            f"is “{playbook.name}”",
            "use small letters, digits and underscores, starting with a letter, at most 63 of them",
        )
    if len(set(playbook.schema.moments)) < len(playbook.schema.moments):
        yield Problem("moments", "names a moment twice", "name each moment once, earliest first")


def _field_problems(playbook: Playbook) -> Iterator[Problem]:
    schema = playbook.schema
    if not schema.fields:
        yield Problem("fields", "declares no field", 'add one, as in [fields.email] with type = "email"')
        return
    claimed: dict[str, str] = {}
    for field in schema.fields:
        where = f"fields.{field.name}"
        if not field.name.strip():
            yield Problem(where, "has no name", "name the field as its column is named")
        for alias in (field.name, *field.aliases):
            if claimed.setdefault(alias, field.name) != field.name:
                yield Problem(
                    f"{where}.aliases", f"“{alias}” is also claimed by {claimed[alias]}", "keep it in one of them"
                )
        if field.actionable and (why := _why_not_actionable(playbook, field)):
            yield Problem(f"{where}.actionable", *why)
        yield from _text_problems(field, where)
        if field.formats and field.type not in ("time", "number", "money"):
            yield Problem(f"{where}.formats", f"has no meaning for {field.type}", "leave it out")
        elif field.type == "time":
            for form in field.formats:
                if form not in _TIME_PATTERNS and "%" not in form:
                    yield Problem(
                        f"{where}.formats", f"“{form}” is no way to write a time", "use iso, unix, unix_ms or %d/%m/%Y"
                    )
        elif set(field.formats) - {"decimal_comma"}:
            yield Problem(f"{where}.formats", "knows only decimal_comma for numbers", "leave the rest out")
        yield from _made_problems(playbook, field, where)
        if field.direction and field.type not in _DIRECTED:
            mend = f"leave it out, or read the field as one of {', '.join(_DIRECTED)}"
            yield Problem(f"{where}.direction", f"has no meaning for {field.type}: it has no more and less", mend)
    if not any(_may_be_feature(playbook, field) for field in schema.fields):
        yield Problem("fields", "leave nothing to learn from", "let at least one field be used and known when scoring")


def _made_problems(playbook: Playbook, field: Field, where: str) -> Iterator[Problem]:
    """What is wrong with a field that is made from another."""
    schema, moments = playbook.schema, playbook.schema.moments
    if field.groups and not field.groups_of:
        yield Problem(f"{where}.groups_of", "is missing", "name the field whose values these groups hold")
    if field.groups_of and field.domain_of:
        yield Problem(where, "is made in two ways", "keep groups_of or domain_of")
    if not field.made_from:
        return
    key = "groups_of" if field.groups_of else "domain_of"
    if field.made_from not in schema:
        mend = _nearest(field.made_from, schema)
        yield Problem(f"{where}.{key}", f"names “{field.made_from}”, which is no field", mend)
        return
    source = schema[field.made_from]
    takes = ("category",) if field.groups_of else ("email", "url")
    if field.type != "category":
        yield Problem(f"{where}.type", f"is {field.type}, and what is made is a name", 'write type = "category"')
    if source.type not in takes or source.made_from:
        said = "is made itself" if source.made_from else f"is of type {source.type}"
        mend = f"name a field of type {' or '.join(takes)} that has a column"
        yield Problem(f"{where}.{key}", f"names “{source.name}”, which {said}", mend)
    if moments.index(field.known_at) < moments.index(source.known_at):
        said = f"is “{field.known_at}”, and {source.name} is known at {source.known_at}"
        yield Problem(f"{where}.known_at", said, f'write known_at = "{source.known_at}"')
    for name in ("required", "actionable", "aliases", "missing"):
        if getattr(field, name):
            yield Problem(f"{where}.{name}", "has no meaning here: the field has no column", f"set it on {source.name}")
    if source.actionable and field.use:
        said = f"is made from {source.name}, which is actionable: proposals would change one and not the other"
        yield Problem(where, said, "write use = false, or leave actionable out there")
    if field.groups_of:
        yield from _group_problems(field, where)


def _group_problems(field: Field, where: str) -> Iterator[Problem]:
    if not field.groups:
        yield Problem(f"{where}.groups", "are missing", f"list values of {field.groups_of} under each group's name")
    group_of: dict[str, str] = {}
    for group, values in field.groups:
        if not group.strip():
            yield Problem(f"{where}.groups", "one has no name", "name each")
        if not values:
            yield Problem(f"{where}.groups.{group}", "holds no value", "list at least one, or leave the group out")
        for value in values:
            plain = " ".join(value.split()).lower()
            if (other := group_of.setdefault(plain, group)) != group:
                yield Problem(f"{where}.groups.{group}", f"holds “{value}”, as {other} does", "keep it in one of them")


def _why_not_actionable(playbook: Playbook, field: Field) -> tuple[str, str] | None:
    """Why nobody can raise a score by another value of this field, and what to do; None where somebody can."""
    moments = playbook.schema.moments
    leave_out = "leave actionable out"
    if field.type not in ACTIONABLE_TYPES:
        return f"is set on a field of type {field.type}, which no value can be proposed for", leave_out
    if moments.index(field.known_at) > moments.index(playbook.scores_at):
        return (
            f"is set, yet the field is known at {field.known_at} and leads are scored at {playbook.scores_at}",
            leave_out,
        )
    order = playbook.order.field if playbook.order else ""
    if not field.use or field.name in (playbook.lead_id, playbook.group_by, order):
        return "is set on a field that is not used for scores", f"{leave_out}, or let the field be used"
    return None


def _text_problems(field: Field, where: str) -> Iterator[Problem]:
    for name in ("terms", "finds", "densities"):
        if getattr(field, name) and field.type != "text":
            yield Problem(f"{where}.{name}", f"has no meaning for {field.type}", "leave it out")
    if field.phrases is not None and field.type != "text":
        yield Problem(f"{where}.phrases", f"has no meaning for {field.type}", "leave it out")
    for find in dict.fromkeys(field.finds):
        if find not in TEXT_FINDS:
            close = difflib.get_close_matches(find, TEXT_FINDS, n=1)
            cure = f"did you mean “{close[0]}”?" if close else f"write some of {', '.join(TEXT_FINDS)}"
            yield Problem(f"{where}.finds", f"“{find}” cannot be found in texts", cure)
        elif field.finds.count(find) > 1:
            yield Problem(f"{where}.finds", f"names “{find}” twice", "name it once")


def _phrase_problems(playbook: Playbook) -> Iterator[Problem]:
    for name, phrases in playbook.phrases:
        yield from find_phrase_problems(f"phrases.{name}", phrases)
    yield from find_file_problems(playbook.phrase_files)
    if not playbook.phrase_files:
        yield from find_list_problems(playbook)


def find_list_problems(playbook: Playbook) -> Iterator[Problem]:
    """The lists that fields name and that are none of the playbook's; its phrase files must have been read."""
    lists = [name for name, _ in playbook.phrases]
    for field in playbook.schema.fields:
        for name in field.phrases or ():
            if name not in lists:
                close = difflib.get_close_matches(name, lists, n=1)
                mend = f"did you mean “{close[0]}”?" if close else "add the list under [phrases] or in a phrase file"
                yield Problem(f"fields.{field.name}.phrases", f"names “{name}”, and there is no such list", mend)


def _may_be_feature(playbook: Playbook, field: Field) -> bool:
    moments = playbook.schema.moments
    known = moments.index(field.known_at) <= moments.index(playbook.scores_at)
    return field.use and field.type != "id" and known


def _reference_problems(playbook: Playbook) -> Iterator[Problem]:
    references = {
        "lead_id": playbook.lead_id,
        "group_by": playbook.group_by,
        "segment_by": playbook.segment_by,
        "outcomes_by": playbook.outcomes_by,
        "order.field": playbook.order.field if playbook.order else "",
    }
    for target in playbook.targets:
        references |= {
            f"targets.{target.name}.column": target.column,
            f"targets.{target.name}.at": target.at,
            f"targets.{target.name}.confidence": target.confidence,
            f"targets.{target.name}.value": target.value,
        }
    references |= {f"rulings.{ruling.field}": ruling.field for ruling in playbook.rulings}
    for where, name in references.items():
        if name and name not in playbook.schema:
            yield Problem(where, f"names “{name}”, which is no field", _nearest(name, playbook.schema))
    yield from _order_problems(playbook)
    if playbook.order and playbook.order.by == "field" and playbook.order.field in playbook.schema:
        kind = playbook.schema[playbook.order.field].type
        if kind not in ("time", "number"):
            yield Problem("order.field", f"is of type {kind}", "order by a time or a number")
    for where, names in (("features", playbook.features), ("rules", playbook.rules)):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(where, f"names “{name}” twice", "name it once")
        for name in names:
            if not _FUNCTION.fullmatch(name):
                yield Problem(
                    where, f"“{name}” names no function", 'write "file:function", as in "features:visit_rate"'
                )
    for ruling in playbook.rulings:
        if not ruling.because.strip():
            yield Problem(f"rulings.{ruling.field}", "gives no reason", "say in `because` why the field may be used")
        if not ruling.finding.strip():
            yield Problem(
                f"rulings.{ruling.field}", "names no finding", "name the one that training showed in square brackets"
            )


def _order_problems(playbook: Playbook) -> Iterator[Problem]:
    order = playbook.order
    if order is None:
        return
    if order.by == "field" and not order.field:
        yield Problem("order.field", "is missing", "name the field that tells the order")
    if order.absent == "now" and not _is_ordered_by_time(playbook):
        yield Problem("order.absent", "needs a time to stand for", "order the leads by a field of type time")
    if order.by == "rows" and order.field:
        yield Problem("order.field", "has no meaning where rows tell the order", 'leave it out, or write by = "field"')
    ends = ("largest", "smallest") if order.by == "field" else ("last", "first")
    if order.newest not in ends:
        yield Problem("order.newest", f"is “{order.newest}”", f"write {' or '.join(ends)}")


def _target_problems(playbook: Playbook, target: Target) -> Iterator[Problem]:
    schema = playbook.schema
    where = f"targets.{target.name}"
    if not target.name.strip():
        yield Problem("targets", "one has no name", "name it, as in [targets.converted]")
        return
    ways = [bool(target.positive), target.filled, bool(target.label) or target.graded]
    if sum(ways) != 1:
        said = "does not say" if not any(ways) else "says in more than one way"
        yield Problem(
            where,
            f"{said} when a lead counts as won",
            'give one of positive = ["1"], filled = true, graded = true, label = "labels:won"',
        )
    if (target.positive or target.filled or (target.graded and not target.label)) and not target.column:
        yield Problem(f"{where}.column", "is missing", "name the field that holds the outcome")
    if target.label and not _FUNCTION.fullmatch(target.label):
        yield Problem(f"{where}.label", f"“{target.label}” names no function", 'write "labels:won"')
    yield from _grade_problems(playbook, target, where)
    for name in sorted(target.columns):
        if name in schema and schema.is_known(name, playbook.scores_at):
            yield Problem(
                f"fields.{name}.known_at",
                f"is “{schema[name].known_at}”, yet it is the outcome and leads are scored at {playbook.scores_at}",
                "give it a later moment, such as outcome",
            )
    if target.at in schema and schema[target.at].type != "time":
        yield Problem(f"{where}.at", f"is of type {schema[target.at].type}", "name a field of type time")
    if target.value in schema and schema[target.value].type not in ("money", "number"):
        yield Problem(
            f"{where}.value", f"is of type {schema[target.value].type}", "name a field of type money or number"
        )
    if target.horizons:
        yield from _horizon_problems(playbook, target, f"{where}.horizons")
    if target.within_days:
        if not target.at:
            yield Problem(f"{where}.within_days", "needs the time of the outcome", "name its field in `at`")
        if not _is_ordered_by_time(playbook):
            yield Problem(
                f"{where}.within_days", "needs the time of the lead", "order the leads by a field of type time"
            )
    elif target.open_leads == "weighed":
        yield Problem(f"{where}.open_leads", "needs the window after which a lead is lost", "say it in within_days")


def _training_problems(playbook: Playbook) -> Iterator[Problem]:
    """What contradicts the order of leads, and what they may be segmented by."""
    schema = playbook.schema
    if playbook.training.gap_days and not _is_ordered_by_time(playbook):
        yield Problem("training.gap_days", "needs the time of the lead", "order the leads by a field of type time")
    if playbook.training.validation == "rolling origin" and playbook.order is None:
        yield Problem("training.validation", "needs the order of leads", "say under [order] what tells it")
    if playbook.segment_by in schema:
        segment = schema[playbook.segment_by]
        if segment.type != "category":
            yield Problem("segment_by", f"names a field of type {segment.type}", "segment by a category")
        if not schema.is_known(segment.name, playbook.scores_at):
            yield Problem(
                "segment_by",
                f"is known only at {segment.known_at}",
                f"segment by what is known at {playbook.scores_at}",
            )


def _is_ordered_by_time(playbook: Playbook) -> bool:
    order = playbook.order
    named = order is not None and order.by == "field" and order.field in playbook.schema
    return named and order is not None and playbook.schema[order.field].type == "time"


def _grade_problems(playbook: Playbook, target: Target, where: str) -> Iterator[Problem]:
    schema = playbook.schema
    if target.graded and not target.label and target.column in schema and schema[target.column].type != "number":
        yield Problem(
            f"{where}.graded", f"{target.column} is of type {schema[target.column].type}", "name a field of numbers"
        )
    if target.graded and target.within_days:
        yield Problem(f"{where}.graded", "and within_days do not go together", "give the grade when it is final")
    if target.calibrate == "all alike" and not target.confidence:
        yield Problem(f"{where}.calibrate", "has no meaning without a confidence", "leave it out")
    if target.confidence in schema and schema[target.confidence].type != "number":
        yield Problem(
            f"{where}.confidence",
            f"is of type {schema[target.confidence].type}",
            "name a field of numbers",
        )


def _horizon_problems(playbook: Playbook, target: Target, where: str) -> Iterator[Problem]:
    if not target.at:
        yield Problem(where, "need the time of the outcome", "name its field in `at`")
    if not _is_ordered_by_time(playbook):
        yield Problem(where, "need the time of the lead", "order the leads by a field of type time")
    if list(target.horizons) != sorted(set(target.horizons)):
        yield Problem(where, "do not rise", "name each number of days once, the smallest first")
    if target.within_days and max(target.horizons) > target.within_days:
        yield Problem(
            where,
            f"reach to {max(target.horizons):,} days; outcomes count for {target.within_days:g} days only",
            "name smaller ones, or a larger within_days",
        )


def _policy_problems(playbook: Playbook) -> Iterator[Problem]:
    policy = playbook.policy
    for where, steps in (("bands", policy.bands), ("routes", policy.routes)):
        lowest = [step.lowest for step in steps]
        if any(not step.name.strip() for step in steps):
            yield Problem(where, "one has no name", "name each")
        sure = [step.lowest for step in steps if not (isinstance(step, Route) and step.when)]
        if min(sure, default=1.0) > 0:
            under = f"scores under {min(sure):g} have none" if sure else "there are none"
            yield Problem(where, under, "add one that starts at 0")
        if len(set(sure)) < len(sure):
            yield Problem(where, "two start at the same score", "give each its own lowest score")
        elif lowest != sorted(lowest, reverse=True):
            yield Problem(where, "are not in order", "list the highest first")
    yield from _route_problems(playbook)
    for band in policy.bands:
        if band.lowest >= 100:  # scores end there, so the band would have no room to rise in
            yield Problem(f"bands.{band.name}.lowest", f"is {band.lowest:g}", "start every band under 100")
    total = sum(band.share for band in policy.bands)
    if abs(total - 1) > 1e-6:
        yield Problem("bands", f"shares add up to {total:g}", "make them add up to 1")


def _route_problems(playbook: Playbook) -> Iterator[Problem]:
    routes, targets = playbook.policy.routes, _target_names(playbook)
    keys = [route.key or route.name for route in routes]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield Problem("routes", f"two go by “{key}”", "give each a key of its own; names may be shared")
    for place, route in enumerate(routes):
        where = f"routes.{route.key or route.name}"
        for target, _ in route.when:
            if target not in targets:
                close = difflib.get_close_matches(target, targets, n=1)
                mend = f"did you mean “{close[0]}”?" if close else f"name one of {', '.join(targets)}"
                yield Problem(f"{where}.when", f"names “{target}”, which is no target", mend)
        before = [one for one in routes[:place] if one.lowest == route.lowest and set(one.when) <= set(route.when)]
        if route.when and before:
            yield Problem(where, "is never reached: one before it takes its leads", "list it before that one")


def _target_names(playbook: Playbook) -> tuple[str, ...]:
    """The targets whose scores a route may ask for."""
    return tuple(target.name for target in playbook.targets)


def _nearest(name: str, schema: LeadSchema) -> str:
    close = difflib.get_close_matches(name, [field.name for field in schema.fields], n=1, cutoff=0.6)
    return f"did you mean “{close[0]}”?" if close else f'declare it, as in [fields."{name}"]'
