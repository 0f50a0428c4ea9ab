"""Who speaks in a call: which of the names in its transcript are our people, and which are theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadloop.ingest.calls.call import Call, Person
from leadloop.ingest.calls.own import OwnCompany, plain_name
from leadloop.ingest.identity.names import address_parts, is_address_of, spellings_of

OURS, THEIRS, UNKNOWN = "ours", "theirs", ""
_ROLES = frozenset(
    {"ae", "rep", "sales rep", "sales", "seller", "account executive", "agent", "host", "sdr", "bdr", "se"}
)
_THEIR_ROLES = frozenset({"prospect", "customer", "client", "lead", "buyer", "guest", "kunde"})
_NUMBERED = re.compile(
    r"(?:speaker|unknown|participant|sprecher|guest)? ?(?:speaker)? ?[\dA-Za-z]?|unknown", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_MOST, _ALIKE = 2_000, 50
"""So many people and speakers are told apart, and so many of one name: nobody has more in a call, and each takes its time."""


@dataclass(frozen=True, slots=True)
class Speakers:
    """The speakers of a call by side."""

    side: Mapping[str, str]
    """`ours`, `theirs`, or nothing where it cannot be told, for every name in the transcript."""
    ours: tuple[Person, ...]
    """Our people: who spoke most first, then those who were only invited."""
    contacts: tuple[Person, ...]
    """Their people, in the same order, each with the name under which they spoke where that is theirs."""

    def of(self, speaker: str) -> str:
        """The side of a speaker."""
        return self.side.get(speaker, UNKNOWN)


def tell_speakers(call: Call, own: OwnCompany, ours: Sequence[Person], others: Sequence[Person]) -> Speakers:
    """Say who is ours and who is theirs, by the names and addresses of those invited.

    Whoever is of neither counts as theirs where at least one of ours is known to speak: meetings have guests that no calendar
    names. Where nobody is known, nobody is guessed.
    """
    words: dict[str, int] = {}
    for turn in call.turns:
        words[turn.speaker] = words.get(turn.speaker, 0) + len(turn.text)
    side: dict[str, str] = dict.fromkeys(words, UNKNOWN)
    named: dict[str, str] = {}
    ours_by_name, others_by_name = _Names(ours), _Names(others)
    for speaker in list(words)[:_MOST]:
        plain = plain_name(speaker)
        if not plain:
            side[speaker] = UNKNOWN
        elif plain in _ROLES or own.has(Person("", speaker)):
            side[speaker] = OURS
            if invited := ours_by_name.matching(plain):
                named.setdefault(invited.email or invited.name, speaker)
        elif plain in _THEIR_ROLES:
            side[speaker] = THEIRS
        else:
            mine = ours_by_name.matching(plain)
            theirs = others_by_name.matching(plain)
            if (mine is None) != (theirs is None):
                side[speaker] = OURS if mine is not None else THEIRS
                person = mine if mine is not None else theirs
                assert person is not None
                named.setdefault(person.email or person.name, speaker)
            else:
                side[speaker] = UNKNOWN
    if OURS in side.values():
        for speaker, told in side.items():
            if told == UNKNOWN and plain_name(speaker) and not _NUMBERED.fullmatch(speaker.strip()):
                side[speaker] = THEIRS
    return Speakers(side, _in_order(ours, named, words, side, OURS), _in_order(others, named, words, side, THEIRS))


class _Names:
    """People by the names that they may go by, so that not every speaker is held against every one of them."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._by_word: dict[str, list[tuple[str, Person]]] = {}
        self._by_address: dict[str, list[Person]] = {}
        for one in people[:_MOST]:
            plain = plain_name(one.name) if one.name else ""
            for word in dict.fromkeys(plain.split()):
                self._by_word.setdefault(word, []).append((plain, one))
            for part in address_parts(one.email) if one.email else ():
                self._by_address.setdefault(part, []).append(one)

    def matching(self, plain: str) -> Person | None:
        """The one person who may go by this name; none where nobody may, or several."""
        words = plain.split()
        near = (pair for word in words for pair in self._by_word.get(word, ())[:_ALIKE])
        found = {id(one): one for name, one in near if _same_name(plain, name)}
        if not found:
            parts = (one for part in spellings_of(plain) for one in self._by_address.get(part, ())[:_ALIKE])
            found = {id(one): one for one in parts if is_address_of(plain, one.email)}
        return next(iter(found.values())) if len(found) == 1 else None


def _same_name(one: str, other: str) -> bool:
    if one == other:
        return True
    first, second = one.split(), other.split()
    return (
        (len(first) == 1 and first[0] in second)
        or (len(second) == 1 and second[0] in first)
        or sorted(first) == sorted(second)
    )


def _in_order(
    people: Sequence[Person], named: Mapping[str, str], words: Mapping[str, int], side: Mapping[str, str], which: str
) -> tuple[Person, ...]:
    """People who spoke by how much, then the others; those whom nobody had invited by their name alone."""
    found: list[tuple[int, int, Person]] = []
    for place, one in enumerate(people):
        speaker = named.get(one.email or one.name, "")
        found.append((-words.get(speaker, 0), place, Person(one.email, one.name or speaker)))
    known = set(named.values())
    names = {plain_name(one.name) for _, _, one in found}
    for speaker, told in side.items():
        if (
            told == which
            and speaker not in known
            and (plain := plain_name(speaker)) not in _ROLES | _THEIR_ROLES | names
        ):
            names.add(plain)
            found.append((-words[speaker], len(people), Person("", speaker)))
    return tuple(person for _, _, person in sorted(found, key=lambda one: one[:2]))


def name_of(person: Person) -> str:
    """What to call somebody: their name, else what their address makes of it.

    >>> name_of(Person("vera.stone@dialtone.example")), name_of(Person("vera@dialtone.example", "Vera Stone"))
    ('Vera Stone', 'Vera Stone')
    """
    if person.name:
        return person.name
    parts = re.split(r"[._-]+", _DIGITS.sub("", person.email.partition("@")[0]))
    return " ".join(part.capitalize() for part in parts if part)
