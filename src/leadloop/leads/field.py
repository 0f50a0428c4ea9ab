"""A field of a lead: what it holds, and the moment from which it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

FieldType = Literal[
    "number", "money", "employees", "category", "text", "boolean", "time", "email", "phone", "url", "id"
]

FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a lead, as a playbook declares it.

    `known_at` names the moment from which the value may be read: a feature of a playbook that scores at intake may not
    read a field known at the outcome. `missing` lists the placeholders that stand for "not given" in this field
    ("Select", "999"); they are compared after trimming and without regard to case. `formats` says how times are
    written (strptime patterns, or `iso`, `unix`, `unix_ms`); `decimal_comma` is for numbers. Empty means the usual ways.
    `means` is the field's common name where it is known ("employees" for Salesforce's NumberOfEmployees).
    `guess` holds what a draft inferred and nobody has confirmed yet; delete a line to confirm it.
    """

    name: str
    type: FieldType
    known_at: str
    use: bool = True
    required: bool = False
    missing: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    means: str = ""
    guess: tuple[str, ...] = ()


def normalise_name(name: str) -> str:
    """A column name without case, blanks and punctuation, so that "Lead Source", "lead_source" and "LeadSource" meet.

    >>> normalise_name("Lead Source"), normalise_name("lead_source"), normalise_name("Region__c")
    ('leadsource', 'leadsource', 'region')
    """
    bare = name.strip().casefold()
    bare = bare.removesuffix("__c")
    return "".join(character for character in bare if character.isalnum())
