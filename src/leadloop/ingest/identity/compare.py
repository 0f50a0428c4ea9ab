"""Whether two companies, or two people, are the same: same, different, or for a person to say; and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

from leadloop.features.contact import name_kind
from leadloop.ingest.identity.legal_forms import without_form
from leadloop.ingest.identity.names import is_address_of, likeness_of_companies, likeness_of_people, person_words
from leadloop.ingest.identity.record import COMPANY, Profile

SAME, DOUBTFUL, DIFFERENT = "same", "doubtful", "different"
_FAMILIES = (
    frozenset(["gmbh", "ggmbh", "ag", "kg", "kgaa", "ohg", "ug", "gbr", "e.k.", "mbh", "gesmbh", "eg"]),
    frozenset(["inc", "inc.", "incorporated", "llc", "l.l.c.", "corp", "corp.", "corporation", "lp"]),
    frozenset(["ltd", "ltd.", "limited", "plc", "llp"]),
    frozenset(["sas", "sarl", "s.a.r.l.", "s.a.s.", "sasu", "eurl", "snc"]),
    frozenset(["spa", "s.p.a.", "srl", "s.r.l."]),
    frozenset(["sl", "s.l.", "slu", "s.l.u."]),
    frozenset(["bv", "b.v.", "nv", "n.v.", "bvba"]),
    frozenset(["ab", "hb"]),
    frozenset(["as", "asa", "a/s", "aps"]),
    frozenset(["oy", "oyj"]),
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What comparing two of them says."""

    verdict: str
    """`same`, `doubtful` or `different`."""
    score: float
    """How sure it is that they are the same, from 0 to 1: an order, and no probability."""
    reasons: tuple[str, ...]
    """Why, in words; no address, number or name stands in them."""
    by_name_alone: bool = False
    """Whether nothing but the name speaks for it: where two others have that name, neither is chosen."""


def compare(one: Profile, other: Profile) -> Judgement:
    """Compare two companies or two people.

    >>> from leadloop.ingest.identity.record import Record, profile_of
    >>> a, b = Record("company", "Acme Inc", domain="acme.com"), Record("company", "ACME", domain="www.acme.com")
    >>> compare(profile_of(a), profile_of(b))
    Judgement(verdict='same', score=0.99, reasons=('the same domain',), by_name_alone=False)
    """
    return _companies(one, other) if one.kind == COMPANY else _contacts(one, other)


def _companies(one: Profile, other: Profile) -> Judgement:
    if one.domains & other.domains:
        return Judgement(SAME, 0.99, ("the same domain",))
    likeness = max((likeness_of_companies(a, b) for a in one.names for b in other.names), default=0.0)
    phone = bool(one.phones & other.phones)
    apart = bool(one.domains and other.domains)
    said = _say(likeness)
    if phone:
        if likeness >= 0.55:
            # Whoever fills in a form may write one company's name and number beside another's domain.
            return Judgement(DOUBTFUL if apart else SAME, 0.95, ("the same phone number", said))
        if not apart:
            return Judgement(DOUBTFUL, 0.5, ("the same phone number", "other names"))
        return Judgement(DIFFERENT, 0.2, ("the same phone number", "other names", "other domains"))
    if likeness < 0.55:
        return Judgement(DIFFERENT, 0.0, (said,))
    if apart:
        if likeness >= 0.95 and _labels(one) & _labels(other):
            return Judgement(DOUBTFUL, 0.7, (said, "domains that differ in their ending alone"))
        return Judgement(DIFFERENT, 0.3, (said, "other domains"))
    if likeness < 0.9:
        return Judgement(DOUBTFUL, likeness, (said,))
    if _forms_clash(one, other):
        return Judgement(DOUBTFUL, 0.6, (said, "legal forms of different countries"))
    if min(len(key) for key in one.keys | other.keys) < 4 and not (one.domains or other.domains):
        return Judgement(DOUBTFUL, 0.6, (said, "a name of under four letters"))
    return Judgement(SAME, likeness - 0.05, (said,), by_name_alone=True)


def _say(likeness: float) -> str:
    if likeness >= 1:
        return "the same name"
    if likeness >= 0.9:
        return "names a typing mistake or the order of words apart"
    if likeness >= 0.55:
        return "names of parts of one house"
    return "other names"


def _labels(profile: Profile) -> frozenset[str]:
    return frozenset(re.sub(r"[-_]", "", domain.partition(".")[0]) for domain in profile.domains)


def _forms_clash(one: Profile, other: Profile) -> bool:
    """Whether both say their legal form, and these are of different countries."""
    mine, theirs = _families(one), _families(other)
    return bool(mine and theirs and not mine & theirs)


def _families(profile: Profile) -> frozenset[int]:
    found = set()
    for name in profile.names:
        form = name.casefold().removeprefix(without_form(name).casefold()).strip(" ,;")
        for word in form.replace(",", " ").split():
            found |= {number for number, family in enumerate(_FAMILIES) if word in family}
    return frozenset(found)


def _contacts(one: Profile, other: Profile) -> Judgement:
    likeness = max((likeness_of_people(a, b) for a in one.names for b in other.names), default=0.0)
    named = bool(one.names and other.names)
    shared = one.emails & other.emails
    own_address = [email for email in shared if name_kind(email.partition("@")[0]) != "role"]
    if own_address:
        if named and likeness == 0.0 and not any(_may_be_both(email, one, other) for email in own_address):
            return Judgement(DOUBTFUL, 0.6, ("the same address", "other names"))
        return Judgement(SAME, 0.99, ("the same address",))
    phone = bool(one.phones & other.phones)
    said = _say_person(likeness)
    if phone and likeness >= 0.6:
        return Judgement(SAME, 0.97, ("the same phone number", said))
    if phone and not named:
        return Judgement(DOUBTFUL, 0.5, ("the same phone number", "a name is missing"))
    together = "the same company's domain" if one.domains & other.domains else (
        "a company of the same name" if one.companies & other.companies and not (one.domains and other.domains) else ""
    )  # fmt: skip
    if together and not named and _address_spells(one, other):
        return Judgement(SAME, 0.85, (together, "an address that spells the name"))
    if not together or likeness < 0.6:
        return Judgement(DIFFERENT, 0.1, (said,))
    if likeness >= 0.9:
        if _numbered_apart(one, other):
            return Judgement(DOUBTFUL, 0.6, (said, together, "numbered addresses"))
        return Judgement(SAME, likeness - 0.02, (said, together))
    if _fits(one, other) or _fits(other, one):
        return Judgement(SAME, 0.85, (said, together, "an address that fits the name"))
    return Judgement(DOUBTFUL, 0.6, (said, together))


def _fits(one: Profile, other: Profile) -> bool:
    """Whether a name of the one may belong to an address of the other."""
    return any(is_address_of(" ".join(person_words(name)), email) for name in one.names for email in other.emails)


def _address_spells(one: Profile, other: Profile) -> bool:
    """Whether the address of one that has no name holds the first and the last name of the other."""
    for named, nameless in ((one, other), (other, one)):
        for name in named.names:
            words = person_words(name)
            if len(words) > 1 and any(
                {words[0], words[-1]} <= set(_PARTS.findall(email.partition("@")[0])) for email in nameless.emails
            ):
                return True
    return False


_PARTS = re.compile(r"[^\W_\d]+")


def _say_person(likeness: float) -> str:
    if likeness >= 1:
        return "the same name"
    if likeness >= 0.9:
        return "names a short form, a middle name or a typing mistake apart"
    if likeness >= 0.6:
        return "the same last name and initial"
    return "other names"


def _may_be_both(email: str, one: Profile, other: Profile) -> bool:
    """Whether an address fits both names: one of them is then written in another way."""
    return all(any(is_address_of(" ".join(person_words(name)), email) for name in side.names) for side in (one, other))


_NUMBERED = re.compile(r"^(.*?)(\d+)$")


def _numbered_apart(one: Profile, other: Profile) -> bool:
    """Whether addresses at one domain differ in a number alone: a company numbers people of the same name."""
    for a in one.emails:
        for b in other.emails:
            (left, _, where), (right, _, there) = a.rpartition("@"), b.rpartition("@")
            if where == there and left != right and _bare(left) == _bare(right):
                return True
    return False


def _bare(local: str) -> str:
    found = _NUMBERED.match(local)
    return found[1] if found else local
