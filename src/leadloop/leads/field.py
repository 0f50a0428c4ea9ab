"""A field of a lead: what it holds, and the moment from which it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

FieldType = Literal[
    "number", "money", "employees", "category", "text", "boolean", "time", "email", "phone", "url", "id"
]

FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)


TEXT_FINDS = (
    "salary", "experience", "budget", "timeline", "employees", "meeting", "pricing", "actions", "questions",
)  # fmt: skip
"""The kinds of facts that can be looked for in a text."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a lead, as a playbook declares it."""

    name: str
    """The field's name, which is its column's name in a file; reasons use it too."""
    type: FieldType
    """What the column holds; it decides how cells are read and which features are made of them."""
    known_at: str
    """The moment from which the value may be read. A playbook that scores at intake never reads a field known at the
    outcome."""
    use: bool = True
    """Whether features may be made of it; a field that is not used may still identify, order or label leads."""
    required: bool = False
    """Whether a row without a value here is rejected."""
    missing: tuple[str, ...] = ()
    """Placeholders that stand for "not given" in this field ("Select", "999"), compared after trimming and without regard
    to case."""
    aliases: tuple[str, ...] = ()
    """Other names that the column goes by in files. Case, blanks and punctuation never matter."""
    formats: tuple[str, ...] = ()
    """How values are written: for times strptime patterns ("%d/%m/%Y") or "iso", "unix", "unix_ms"; for numbers and money
    "decimal_comma". Empty means the usual ways."""
    terms: int = 0
    """Of a text: how many of its words get a column each, weighed by TF-IDF; those whose use differs most between leads."""
    finds: tuple[str, ...] = ()
    """Of a text: the kinds of facts to look for in it, such as "salary" or "timeline"."""
    means: str = ""
    """The field's common name where it is known ("employees" for Salesforce's NumberOfEmployees); for people, nothing reads
    it."""
    guess: tuple[str, ...] = ()
    """What a draft inferred and nobody has confirmed yet; delete a line to confirm it."""


def normalise_name(name: str) -> str:
    """A column name without case, blanks and punctuation, so that "Lead Source", "lead_source" and "LeadSource" meet.

    >>> normalise_name("Lead Source"), normalise_name("lead_source"), normalise_name("Region__c")
    ('leadsource', 'leadsource', 'region')
    """
    bare = name.strip().casefold()
    bare = bare.removesuffix("__c")
    return "".join(character for character in bare if character.isalnum())
