"""Names of companies and people in the form in which they are compared, and how alike two of them are."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from leadloop.ingest.identity.known_words import COMPANY_WORDS, FIRST_NAMES
from leadloop.ingest.identity.legal_forms import without_form

_SPELLED = {
    "ä": "ae",
    "ö": "oe",
    "ü": "ue",
    "ß": "ss",
    "æ": "ae",
    "ø": "oe",
    "å": "aa",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ı": "i",
}
_SPELL = re.compile("[" + "".join(_SPELLED) + "]")
_WORDS = re.compile(r"[^\W_]+")
_LONGEST = 300
"""No name has more signs; of a longer text, as a form may hold one, the beginning is compared."""
_DIGITS = re.compile(r"\d+")
_GROUP = frozenset(
    {
        "group",
        "holding",
        "holdings",
        "gruppe",
        "groupe",
        "grupo",
        "gruppo",
        "international",
        "intl",
        "global",
        "worldwide",
    }
)
_ARTICLES = frozenset({"the", "der", "die", "das", "le", "la", "les", "el", "los"})
_PLACES_WORDS = """
    africa america americas apac asia australia austria belgium brasil brazil canada china denmark deutschland
    dach emea espana españa europe finland france germany iberia india ireland israel italia italy japan latam
    mexico netherlands nordic nordics norway poland polska portugal schweiz singapore spain suisse sweden
    switzerland turkey turkiye uk us usa east west north south eu
"""
PLACES = frozenset(_PLACES_WORDS.split())
"""Words that tell parts of one house apart: Acme Germany and Acme France."""
_SHORT = {
    "intl": "international", "tech": "technologies", "technology": "technologies", "svcs": "services", "svc": "services",
    "service": "services", "sys": "systems", "system": "systems", "mfg": "manufacturing", "solution": "solutions",
    "mgmt": "management",
    "grp": "group", "assoc": "associates", "bros": "brothers", "ins": "insurance", "univ": "university", "dept": "department",
    "laboratory": "labs", "laboratories": "labs", "lab": "labs", "logistik": "logistics", "partner": "partners",
    "natl": "national",
    "consultants": "consulting", "comm": "communications", "communication": "communications", "n": "and", "und": "and",
    "et": "and",
}  # fmt: skip
_NICKNAMES = """
    alexander alex sasha|andrew andy drew|anthony tony|barbara barb|benjamin ben|
    catherine cathy kate katherine kathy katie|charles charlie chuck|christina chris tina|christopher chris|
    daniel dan danny|david dave|deborah deb debbie|donald don|edward ed eddie ted|elizabeth beth betty liz|
    frederick fred|gregory greg|james jim jimmy jamie|jeffrey jeff|jennifer jen jenny|jonathan jon|joseph joe|
    joshua josh|kenneth ken|lawrence larry|margaret maggie meg peggy|matthew matt|michael mike mick|nicholas nick|
    pamela pam|patricia pat patty tricia|patrick pat|peter pete|philip phil|raymond ray|rebecca becky|
    richard dick rick rich|robert bob rob bobby|ronald ron|samuel sam|samantha sam|stephen steve steven|
    susan sue susie|theodore ted theo|thomas tom tommy|timothy tim|victoria vicky|walter walt|william bill billy will|
    zachary zach
"""
_SAME_FIRST: dict[str, set[str]] = {}
for _group in _NICKNAMES.split("|"):
    for _one in _group.split():
        _SAME_FIRST.setdefault(_one, set()).update(_group.split())


def _plain(text: str) -> str:
    lowered = _SPELL.sub(lambda found: _SPELLED[found[0]], text.casefold())
    if lowered.isascii():
        return lowered
    return "".join(sign for sign in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(sign))


@lru_cache(131_072)
def company_words(name: str) -> tuple[str, ...]:
    """The words of a company's name as they are compared: without legal form, articles and accents, short forms written out.

    >>> company_words("The Müller & Sons Mfg. GmbH & Co. KG"), company_words("Acme Group Inc.")
    (('mueller', 'and', 'sons', 'manufacturing'), ('acme',))
    """
    words = _WORDS.findall(
        _plain(without_form(name[:_LONGEST])).replace("&", " and ").replace("+", " and ").replace("'", "")
    )
    words = [_SHORT.get(word, word) for word in words]
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _GROUP:
        words = words[:-1]
    return tuple(words)


def company_key(name: str) -> str:
    """A company's name as one word, by which equal names are found however they are spaced.

    >>> company_key("Quarry-Stone Ltd") == company_key("QuarryStone")
    True
    """
    return "".join(company_words(name))


@lru_cache(131_072)
def person_words(name: str) -> tuple[str, ...]:
    """The words of a person's name as they are compared, titles left out; "Miller, Jane" is turned round.

    >>> person_words("Miller, Dr. Jane"), person_words("José  García")
    (('jane', 'miller'), ('jose', 'garcia'))
    """
    name = name[:_LONGEST]
    if name.count(",") == 1:
        last, _, first = name.partition(",")
        if len(_WORDS.findall(last)) <= 2 and first.strip():
            name = f"{first} {last}"
    words = _WORDS.findall(_plain(name).replace("'", ""))
    titles = ("dr", "prof", "mr", "mrs", "ms", "herr", "frau", "jr", "sr", "phd", "mba")
    return tuple(word for word in words if word not in titles)


def likeness_of_companies(one: str, other: str) -> float:
    """How alike two names of companies are, from 0 to 1: 1 the same, 0.9 a typing mistake apart, 0.6 parts of one house.

    >>> (
    ...     likeness_of_companies("Acme Robotics Inc", "ACME robotics"),
    ...     likeness_of_companies("Nordwind Freigt", "Nordwind Freight Ltd"),
    ... )
    (1.0, 0.9)
    >>> likeness_of_companies("Kestrel Health", "Kestrel Wealth"), likeness_of_companies("Acme Germany", "Acme")
    (0.0, 0.6)
    """
    mine, theirs = company_words(one), company_words(other)
    if not mine or not theirs:
        return 0.0
    if mine == theirs or "".join(mine) == "".join(theirs):
        return 1.0
    left, right = list(mine), list(theirs)
    for word in mine:
        if word in right:
            right.remove(word)
            left.remove(word)
    if not left and not right:
        return 0.95  # the same words in another order
    if set(left) | set(right) <= PLACES:
        return 0.6
    if not left or not right:
        # One has more words: a part of a house, or a longer form of the name.
        more = left or right
        return 0.55 if set(more) <= COMPANY_WORDS | {"and", "sons"} and len(mine) + len(theirs) > 2 else 0.3
    if len(left) == len(right):
        if all(_is_typo(a, b) for a, b in zip(left, right, strict=True)):
            return 0.9 if sum(map(len, mine)) >= 6 else 0.5
        return 0.0
    # A space too few or too many, and perhaps a mistake beside it.
    if _is_typo("".join(mine), "".join(theirs)) and sum(map(len, mine)) >= 8:
        return 0.9
    return 0.0


def _is_typo(one: str, other: str) -> bool:
    """Whether two words are one, mistyped: two words that both exist are two words, and digits are never mistyped."""
    if one == other:
        return True
    if (one in COMPANY_WORDS and other in COMPANY_WORDS) or (one in PLACES and other in PLACES):
        return False
    shorter = min(len(one), len(other))
    if shorter < 4 or any(sign.isdigit() for sign in one + other):
        return False
    most = 1 if shorter < 9 else 2
    return DamerauLevenshtein.distance(one, other, score_cutoff=most) <= most


def likeness_of_people(one: str, other: str) -> float:
    """How alike two names of people are, from 0 to 1: 1 the same, 0.9 a typing mistake or a short form apart, 0.6 by initials.

    >>> likeness_of_people("Jane Miller", "Miller, Jane"), likeness_of_people("Bob Stone", "Robert Stone")
    (1.0, 0.9)
    >>> likeness_of_people("J. Miller", "Jane Miller"), likeness_of_people("Jane Miller", "June Miller")
    (0.6, 0.0)
    """
    mine, theirs = person_words(one), person_words(other)
    if not mine or not theirs:
        return 0.0
    if mine == theirs or sorted(mine) == sorted(theirs):
        return 1.0 if len(mine) > 1 else 0.5
    if len(mine) == 1 or len(theirs) == 1:
        return 0.4 if set(mine) & set(theirs) else 0.0
    last = mine[-1] == theirs[-1]
    first = mine[0] == theirs[0]
    if last and first:
        return 0.95  # a middle name more or less
    if last and (len(mine[0]) == 1 or len(theirs[0]) == 1):
        return 0.6 if mine[0][0] == theirs[0][0] else 0.0
    if last and theirs[0] in _SAME_FIRST.get(mine[0], ()):
        return 0.9
    if (last and _is_name_typo(mine[0], theirs[0])) or (first and _is_name_typo(mine[-1], theirs[-1])):
        return 0.9
    return 0.0


def _is_name_typo(one: str, other: str) -> bool:
    if one in FIRST_NAMES and other in FIRST_NAMES:
        return False
    return min(len(one), len(other)) >= 5 and DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1


def is_address_of(plain: str, email: str) -> bool:
    """Whether an address may be that of somebody of this name, in small letters.

    >>> [
    ...     is_address_of("jane miller", f"{name}@acme.com")
    ...     for name in ("jane.miller", "jmiller", "jane", "millerj", "j.doe", "sales")
    ... ]
    [True, True, True, True, False, False]
    """
    parts = _parts_of(email)
    words = plain.split()
    if not parts or not words:
        return False
    if len(words) == 1:
        return words[0] in parts
    first, last = words[0], words[-1]
    joined = "".join(parts)
    if len(parts) > 1:
        return (
            {first, last} <= set(parts)
            or (parts[-1] == last and parts[0] == first[0])
            or (parts[0] == first and parts[-1] == last[0])
        )
    return joined in (first, last, first + last, last + first, first[0] + last, first + last[0], last + first[0])


def address_parts(email: str) -> set[str]:
    """By what somebody of an address is looked for: its parts, and all of them as one.

    >>> sorted(address_parts("jane.miller2@acme.com"))
    ['jane', 'janemiller', 'miller']
    """
    parts = _parts_of(email)
    return {*parts, "".join(parts)} - {""}


def spellings_of(plain: str) -> set[str]:
    """What `address_parts` has of every address that `is_address_of` finds to be of this name, in small letters.

    >>> sorted(spellings_of("jane miller"))
    ['jane', 'janem', 'janemiller', 'jmiller', 'miller', 'millerj', 'millerjane']
    """
    words = plain.split()
    if len(words) < 2:
        return set(words)
    first, last = words[0], words[-1]
    return {first, last, first + last, last + first, first[0] + last, first + last[0], last + first[0]}


def _parts_of(email: str) -> list[str]:
    local = email.partition("@")[0].partition("+")[0].lower()
    return [part for part in re.split(r"[._-]+", _DIGITS.sub("", local)) if part]
