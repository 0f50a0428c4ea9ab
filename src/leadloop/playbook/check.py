"""What can be wrong with a playbook although it reads well: declarations that contradict each other.

Every mistake comes back at once, with the place, the reason and the cure.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from leadloop.errors import Problem
from leadloop.playbook.composition_check import find_composition_problems
from leadloop.playbook.derived import find_derived_problems
from leadloop.playbook.events import find_event_problems
from leadloop.playbook.field_check import find_field_problems, nearest_field
from leadloop.playbook.history import find_history_problems
from leadloop.playbook.phrase_file import find_file_problems, find_phrase_problems
from leadloop.playbook.playbook import Playbook
from leadloop.playbook.policy_check import find_policy_problems
from leadloop.playbook.target_check import FUNCTION, find_target_problems

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def find_problems(playbook: Playbook) -> list[Problem]:
    """Every contradiction in a playbook; an empty list where it is sound."""
    problems: list[Problem] = []
    problems += _name_problems(playbook)
    problems += find_field_problems(playbook)
    problems += _reference_problems(playbook)
    problems += _phrase_problems(playbook)
    for target in playbook.targets:
        problems += find_target_problems(playbook, target)
    problems += _training_problems(playbook)
    problems += find_composition_problems(playbook)
    problems += find_policy_problems(playbook)
    naming = {playbook.lead_id, playbook.group_by}
    if playbook.order and playbook.order.field in playbook.schema:
        order = playbook.schema[playbook.order.field]
        naming |= set() if order.type == "time" else {order.name}
    problems += find_derived_problems(playbook.derived, playbook.schema, playbook.scores_at, naming)
    by_time = playbook.is_ordered_by_time
    problems += find_history_problems(
        playbook.history,
        playbook.schema,
        playbook.scores_at,
        by_time=by_time,
        outcome_days=playbook.outcome_days,
        naming=naming,
    )
    if playbook.events:
        problems += find_event_problems(
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
            yield Problem(where, f"names “{name}”, which is no field", nearest_field(name, playbook.schema))
    yield from _order_problems(playbook)
    if playbook.order and playbook.order.by == "field" and playbook.order.field in playbook.schema:
        kind = playbook.schema[playbook.order.field].type
        if kind not in ("time", "number"):
            yield Problem("order.field", f"is of type {kind}", "order by a time or a number")
    for where, names in (("features", playbook.features), ("rules", playbook.rules)):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(where, f"names “{name}” twice", "name it once")
        for name in names:
            if not FUNCTION.fullmatch(name):
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
    if order.absent == "now" and not playbook.is_ordered_by_time:
        yield Problem("order.absent", "needs a time to stand for", "order the leads by a field of type time")
    if order.by == "rows" and order.field:
        yield Problem("order.field", "has no meaning where rows tell the order", 'leave it out, or write by = "field"')
    ends = ("largest", "smallest") if order.by == "field" else ("last", "first")
    if order.newest not in ends:
        yield Problem("order.newest", f"is “{order.newest}”", f"write {' or '.join(ends)}")


def _training_problems(playbook: Playbook) -> Iterator[Problem]:
    """What contradicts the order of leads, and what they may be segmented by."""
    schema = playbook.schema
    if playbook.training.gap_days and not playbook.is_ordered_by_time:
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
