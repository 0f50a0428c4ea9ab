"""A field of a lead: what it holds, and the moment from which it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

FieldType = Literal[
    "number", "money", "employees", "category", "text", "boolean", "time", "email", "phone", "url", "id"
]

Direction = Literal["", "up", "down"]
DIRECTIONS: dict[Direction, int] = {"": 0, "up": 1, "down": -1}

FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)
ACTIONABLE_TYPES: tuple[FieldType, ...] = (
    "number", "money", "employees", "category", "boolean", "email", "phone", "url",
)  # fmt: skip
"""Types of fields that another value can be proposed for; what a person should write or when is not for us to say."""


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
    direction: Direction = ""
    """What you know of the field whatever the leads say: "up" where more of it (or yes) must never lower a score, "down" where
    it must never raise one. For numbers, money, employees and booleans. A lead of which it is not known may stand anywhere,
    and features that you write in Python are not held to it."""
    terms: int = 0
    """Of a text: how many of its words get a column each, weighed by TF-IDF; those whose use differs most between leads."""
    densities: bool = False
    """Of a text: whether each list of phrases also has a column with its mentions a word, so that two mentions in a line are
    more than two in a page."""
    finds: tuple[str, ...] = ()
    """Of a text: the kinds of facts to look for in it, such as "salary" or "timeline"."""
    phrases: tuple[str, ...] | None = None
    """Of a text: which lists of phrases have columns of their own. Not said: all of them; an empty list: none. Features and
    rules in Python may look for any list."""
    means: str = ""
    """The field's common name where it is known ("employees" for Salesforce's NumberOfEmployees); for people, nothing reads
    it."""
    actionable: bool = False
    """Whether somebody can do something about it (ask for a phone number), so that an explanation may propose another
    value: number, money, employees, category, boolean, email, phone or url."""
    groups_of: str = ""
    """The category whose values this field groups. It needs no column of its own: it is filled in as leads are read."""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """With `groups_of`: each group's name and the values that belong to it, compared without regard to case and spacing. A
    value in no group counts as not given."""
    domain_of: str = ""
    """The e-mail or web address whose domain this category holds; like groups it needs no column. Providers that many leads use
    become values of their own, and a company's own domain is one that is rare or new."""
    guess: tuple[str, ...] = ()
    """What a draft inferred and nobody has confirmed yet; delete a line to confirm it."""

    @property
    def made_from(self) -> str:
        """The field that this one is made from as leads are read; empty where it has a column of its own."""
        return self.groups_of or self.domain_of

    def looks_for(self, phrases: str) -> bool:
        """Whether a list of phrases has columns of its own in this field."""
        return self.phrases is None or phrases in self.phrases


def sign_of(field: Field) -> int:
    """The field's direction as a number: 1 for up, -1 for down, 0 for either.

    >>> sign_of(Field("Visits", "number", "intake", direction="up"))
    1
    """
    return DIRECTIONS[field.direction]


def normalise_name(name: str) -> str:
    """A column name without case, blanks and punctuation, so that "Lead Source", "lead_source" and "LeadSource" meet.

    >>> normalise_name("Lead Source"), normalise_name("lead_source"), normalise_name("Region__c")
    ('leadsource', 'leadsource', 'region')
    """
    bare = name.strip().casefold()
    bare = bare.removesuffix("__c")
    return "".join(character for character in bare if character.isalnum())
