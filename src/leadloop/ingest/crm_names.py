"""The names that CRMs give to a lead's fields, and what we call the same things.

The names stand in `crm_names.toml` beside this file, by system: Salesforce, HubSpot (names of its interface and labels of
its exports), Marketo, Apollo, and what other people write.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from leadloop.leads import FieldType
from leadloop.leads.field import normalise_name

_SYSTEMS = {"salesforce": "Salesforce", "hubspot": "HubSpot", "marketo": "Marketo", "apollo": "Apollo", "others": ""}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a well-known column name stands for.

    `name` is our common name, `types` are the field types that a column of this meaning may have, `known_as` tells which
    systems name it so (empty for a name in general use). `later` is why its value is not known at intake (empty where it
    is), `unused` why it makes no feature by default, `caution` what a person should look at before using it.
    """

    name: str
    types: tuple[FieldType, ...]
    known_as: str
    later: str = ""
    unused: str = ""
    caution: str = ""


def find_meaning(column: str) -> Meaning | None:
    """What a column with this name usually holds in a CRM's export, or None for a name that is nobody's.

    Names are compared without case, blanks and punctuation, so "Lead Source", "LeadSource" and "lead_source" are one.

    >>> meaning = find_meaning("Became a Customer Date")
    >>> meaning.name, meaning.known_as, meaning.later
    ('converted_at', 'HubSpot', 'it is written when the lead ends or after')
    >>> find_meaning("# Employees").name, find_meaning("NumberOfEmployees").types, find_meaning("Shoe size")
    ('employees', ('employees',), None)
    """
    return _meanings().get(normalise_name(column))


@cache
def _meanings() -> dict[str, Meaning]:
    """Every name without case and punctuation, with its meaning; the first entry that claims a name keeps it."""
    table = tomllib.loads(files("leadloop.ingest").joinpath("crm_names.toml").read_text(encoding="utf-8"))
    found: dict[str, Meaning] = {}
    for common, entry in table.items():
        named: dict[str, list[str]] = {normalise_name(common): []}
        for key, system in _SYSTEMS.items():
            for alias in entry.get(key, []):
                systems = named.setdefault(normalise_name(alias), [])
                if system and system not in systems:
                    systems.append(system)
        reasons = {key: entry[key] for key in ("later", "unused", "caution") if key in entry}
        for alias, systems in named.items():
            found.setdefault(alias, Meaning(common, tuple(entry["types"]), _joined(systems), **reasons))
    return found


def _joined(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
