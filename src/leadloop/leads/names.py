"""The names that a lead's fields go by outside: their own, their aliases, and both without case and punctuation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leadloop.leads.field import Field, normalise_name


@dataclass(frozen=True)
class FieldNames:
    """Finds the field that a name stands for."""

    known: Mapping[str, str]
    """The field of each name, those without case and punctuation included."""

    @classmethod
    def of(cls, fields: Iterable[Field]) -> FieldNames:
        """The names of these fields; those that are made from others go by none, since nobody can give them.

        >>> names = FieldNames.of([Field("Lead Source", "category", "intake", aliases=("origin",))])
        >>> names.find("lead_source"), names.find("Origin"), names.find("source")
        ('Lead Source', 'Lead Source', None)
        """
        given = [one for one in fields if not one.made_from]
        known: dict[str, str] = {}
        for one in given:
            for name in (one.name, *one.aliases):
                known.setdefault(normalise_name(name), one.name)
        for one in given:
            known.update(dict.fromkeys(one.aliases, one.name))
        known.update({one.name: one.name for one in given})
        return cls(known)

    def find(self, name: str) -> str | None:
        """The field that a name stands for; None where it stands for none."""
        return self.known.get(name) or self.known.get(normalise_name(name))
