"""Which column names each lead, and which one names what several leads belong to (an account, a person)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadloop.ingest.column import Column, percent, quoted
from leadloop.ingest.crm_names import find_meaning
from leadloop.ingest.field_types import TypeGuess
from leadloop.learning.leakage.names import name_words

_NEARLY_UNIQUE = 0.95
_LEAD_WORDS = frozenset(
    [
        "lead",
        "prospect",
        "mql",
        "sql",
        "enquiry",
        "inquiry",
        "request",
        "application",
        "ticket",
        "case",
        "record",
        "contact",
        "customer",
        "client",
    ]
)
_ID_WORDS = frozenset({"id", "uuid", "guid", "key", "identifier"})
_NUMBER_WORDS = frozenset({"number", "no", "nr", "num", "ref", "reference"})
_GROUP_WORDS = frozenset(
    [
        "account",
        "company",
        "organisation",
        "organization",
        "household",
        "customer",
        "client",
        "person",
        "employer",
        "firm",
    ]
)
_SHARED_EMAILS = 0.02
_LARGEST_GROUP = 0.2


@dataclass(frozen=True, slots=True)
class Naming:
    """The column that names a lead (or groups leads), why, and what a person should know; no name where there is none."""

    name: str = ""
    because: str = ""
    notes: tuple[str, ...] = ()


def find_lead_id(columns: Mapping[str, Column], types: Mapping[str, TypeGuess], *, avoid: str = "") -> Naming:
    """The column that names each lead: filled in every row and never repeating, by its name the best of those.

    A column whose name says that it is the lead's id is taken even if a few values repeat, and the repeats are reported.
    `avoid` (a counter that orders the leads) is taken only where there is no other.
    """
    candidates = []
    for name, column in columns.items():
        counts = types[name].type == "id" or (types[name].type == "number" and name == avoid)
        if not counts or column.filled < column.height or column.uniqueness < _NEARLY_UNIQUE:
            continue
        rank = _rank(name)
        if column.distinct == column.height or rank >= 3:
            candidates.append((name != avoid, column.distinct == column.height, rank, name))
    if not candidates:
        return Naming()
    # The first of several equally good ones: files begin with their key.
    place = {name: index for index, name in enumerate(columns)}
    best = max(candidates, key=lambda one: (*one[:3], -place[one[3]]))[3]
    column = columns[best]
    repeats = column.height - column.distinct
    if not repeats:
        return Naming(best, f"lead_id: every one of {column.height:,} rows has its own")
    shown = quoted([text for text, rows in zip(column.texts.head(3), column.rows.tolist(), strict=False) if rows > 1])
    note = f"“{best}”: {repeats:,} of {column.height:,} rows repeat the id of another row, such as {shown}"
    return Naming(best, f"lead_id: by its name, though {repeats:,} rows repeat an id", (note,))


def _rank(name: str) -> int:
    """How clearly a name says "this is the lead's id": 4 by common names, 0 not at all."""
    meaning = find_meaning(name)
    if meaning is not None and meaning.name == "lead_id":
        return 4
    words = name_words(name)
    last = words[-1] if words else ""
    if last in _ID_WORDS:
        return 3 if _LEAD_WORDS.intersection(words) else 2
    return 1 if last in _NUMBER_WORDS else 0


def find_group(
    columns: Mapping[str, Column], types: Mapping[str, TypeGuess], lead_id: str, outcomes: Sequence[str]
) -> Naming:
    """The column that says which leads belong together (an account, a person), so that none is both learnt from and tested on.

    Only a telling name counts, and only where values do repeat.
    """
    found = []
    for name, column in columns.items():
        if name == lead_id or name in outcomes or column.filled < 0.5 * column.height or not column.distinct:
            continue
        repeats = 1 - column.uniqueness
        largest = int(column.rows[0]) / column.height
        meaning = find_meaning(name)
        words = name_words(name)
        by_id = types[name].type in ("id", "category", "number") and (
            (meaning is not None and meaning.name == "company_id")
            or (bool(_GROUP_WORDS.intersection(words)) and words[-1] in _ID_WORDS)
        )
        by_email = types[name].type == "email" and meaning is not None and meaning.name == "email"
        if largest > _LARGEST_GROUP or repeats < (_SHARED_EMAILS if by_email else 0.01):
            continue
        if by_id or by_email:
            found.append((by_id, name, column))
    if not found:
        return Naming()
    by_id, name, column = max(found, key=lambda one: one[0])
    what = "leads of one account" if by_id else "leads with one e-mail address"
    shared = int(column.rows[column.rows > 1].sum())
    because = (
        f"group_by: {shared:,} rows ({percent(shared / column.height)}) share a value with another row, and by its name these "
        f"are {what}; training and test must not share them"
    )
    return Naming(name, because)
