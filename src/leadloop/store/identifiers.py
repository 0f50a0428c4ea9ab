"""Finding a person in what is stored by their e-mail address, phone number or lead, without keeping any of these.

Only keyed hashes of them are kept, so that an erasure can go on after a crash and be repeated on an old backup. E-mail addresses
are compared without case. Phone numbers are compared by their last nine digits, so that a number is found with and
without its country; where a lead's own number has fewer, by all of them.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ERASED = "[erased]"
_LEAD_KEYS = {"lead_id", "leadId"}
_LEAD_LISTS = {"lead_ids", "leadIds"}
# Bounded on both sides of the sign, so that a long text without any takes linear time.
_EMAIL = re.compile(r"[^\s<>()\[\],;:\"'@=/|]{1,64}@[^\s<>()\[\],;:\"'@=/|]{1,255}")
_NUMBERS = re.compile(r"\d[\d\s().\-/+]{5,}")
_DIGITS = re.compile(r"\d+")
_FEWEST_DIGITS, _MOST_DIGITS, _COMPARED_DIGITS = 7, 17, 9


def plain_email(text: str) -> str:
    """An e-mail address as it is compared; empty where it is none.

    >>> plain_email(" Ann.Lee@Example.COM. ")
    'ann.lee@example.com'
    """
    bare = text.strip().strip(".").casefold()
    return bare if _EMAIL.fullmatch(bare) else ""


def plain_phone(text: str) -> str:
    """A phone number as it is compared; empty where it is none.

    >>> plain_phone("+49 (0)151 234-567-89") == plain_phone("0151 23456789")
    True
    """
    digits = "".join(_DIGITS.findall(text))
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or re.search(r"[^\d\s().\-/+]", text):
        return ""
    return digits[-_COMPARED_DIGITS:]


@dataclass(frozen=True)
class Marks:
    """Keyed hashes of what belongs to one person or several."""

    secret: bytes = field(repr=False)
    """What the hashes are made with."""
    person: frozenset[str] = frozenset()
    """E-mail addresses and phone numbers."""
    leads: frozenset[str] = frozenset()
    """Leads, each with its playbook, and their bare ids."""

    def hash(self, kind: str, *parts: str) -> str:
        """The keyed hash of one thing."""
        content = "\x1f".join((kind, *parts)).encode("utf-8", "surrogatepass")
        return hmac.digest(self.secret, content, "sha256").hex()[:32]

    def of_contact(self, email: str, phone: str) -> frozenset[str]:
        """The hashes of an e-mail address and a phone number in the form in which they are compared; either may be empty."""
        given = (("email", email), ("phone", phone))
        return frozenset(self.hash(kind, text) for kind, text in given if text)

    def of_lead(self, playbook: str, lead_id: str) -> frozenset[str]:
        """The hashes of a lead."""
        return frozenset({self.hash("lead", playbook, lead_id), self.hash("id", lead_id)})

    def is_lead(self, playbook: str, lead_id: str) -> bool:
        """Whether this lead is the person's."""
        return bool(self.leads) and self.hash("lead", playbook, lead_id) in self.leads

    def names(self, fields: Mapping[str, Any], contact_fields: Collection[str] | None) -> bool:
        """Whether a lead's fields say that it is this person: one of them is their address or number, and nothing else."""
        if not self.person:
            return False
        asked = fields if contact_fields is None else {name: fields[name] for name in contact_fields if name in fields}
        return any(self._is_contact(leaf) for leaf in _leaves(asked))

    def _is_contact(self, leaf: Any) -> bool:
        if isinstance(leaf, bool) or not isinstance(leaf, str | int | float):
            return False
        text = leaf if isinstance(leaf, str) else f"{leaf:.0f}"
        return any(mark in self.person for mark in self.of_contact(plain_email(text), plain_phone(text)))

    def redact(self, value: Any) -> Any:
        """The value without this person: whatever is about their lead goes, and their address and number in texts too.

        What does not mention them comes back equal.
        """
        if isinstance(value, str):
            return self._redact_text(value)
        if isinstance(value, int | float) and self._is_contact(value):
            return ERASED
        if isinstance(value, Mapping):
            if any(key in _LEAD_KEYS and self._is_id(part) for key, part in value.items()):
                return {"erased": True}
            return {
                self._redact_text(str(key)): [one for one in part if not self._is_id(one)]
                if key in _LEAD_LISTS and isinstance(part, list)
                else self.redact(part)
                for key, part in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.redact(part) for part in value]
        return value

    def _is_id(self, value: Any) -> bool:
        return isinstance(value, str | int) and self.hash("id", str(value)) in self.leads

    def _redact_text(self, text: str) -> str:
        if not self.person:
            return text
        for start, end, mark in sorted(self._mentions(text), reverse=True):
            if mark in self.person:
                text = text[:start] + ERASED + text[end:]
        return text

    def _mentions(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Every place of a text that may be an address or a number, with its hash."""
        if "@" in text:
            for found in _EMAIL.finditer(text):
                bare = found.group().rstrip(".!?")
                yield found.start(), found.start() + len(bare), self.hash("email", plain_email(bare))
        for run in _NUMBERS.finditer(text):
            groups = list(_DIGITS.finditer(text, run.start(), run.end()))
            # Where numbers stand side by side, a phone number may be any groups of digits that follow each other; of those
            # that end in one place the shortest that is long enough, as only its last digits are compared.
            for last, closing in enumerate(groups):
                digits = ""
                for opening in reversed(groups[max(0, last - _COMPARED_DIGITS) : last + 1]):
                    digits = opening.group() + digits
                    if len(digits) >= _FEWEST_DIGITS:
                        yield opening.start(), closing.end(), self.hash("phone", digits[-_COMPARED_DIGITS:])
                    if len(digits) >= _COMPARED_DIGITS:
                        break


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value
