"""Records of companies and people as several sources would write them, with the truth of who is who.

Companies have namesakes, sisters of one house, several spellings and legal forms; people have short names, typing mistakes,
shared numbers, free mail and other jobs. Everything is made up.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from leadloop.ingest.identity.record import COMPANY, CONTACT, Record

_STARTS_WORDS = """
    al bar cor dan el fal gor hal in jas kel lor mar nor or pel quin ros sol tor ul ver wes yar zan bri cle dro
    fre gla
"""
_STARTS = _STARTS_WORDS.split()
_MIDDLES = ["a", "e", "i", "o", "u", "en", "ar", "il", "on", "es", "ti", "ra", "lo", "mi", "na"]
_ENDS_WORDS = """
    dex ton via mont field gate ric sen tra vex lia nor wick bay stone crest dale forge mere lyn dor tis
"""
_ENDS = _ENDS_WORDS.split()
_TRADES_WORDS = """
    Foods Logistics Robotics Health Systems Software Energy Capital Partners Media Labs Freight Insurance Motors
    Textiles Plumbing Consulting Analytics Pharma Hotels Travel Security Networks Construction
"""
_TRADES = _TRADES_WORDS.split()
_FORMS = ("GmbH", "Inc.", "LLC", "Ltd", "AG", "Corp.", "SAS", "B.V.", "S.r.l.", "AB")
_LIKE_FORMS = {
    "Inc.": ("Inc", "Incorporated", ", Inc."),
    "Ltd": ("Ltd.", "Limited"),
    "Corp.": ("Corp", "Corporation"),
    "GmbH": ("GmbH", "gmbh"),
}
_PLACES = ("Germany", "France", "UK", "Nordics")
_FIRSTS_WORDS = """
    James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph
    Jessica Thomas Sarah Daniel Karen Matthew Lisa Anthony Nancy Steven Laura Paul Anna Andrew Emma Kevin Julia
    Peter Maria Stefan Claudia Jonas Greta Luca Sofia Pablo Ines Olga Pavel Aisha Omar Yuki Mei Arjun Priya
"""
_FIRSTS = _FIRSTS_WORDS.split()
_SHORTS = {"James": "Jim", "Robert": "Bob", "Michael": "Mike", "William": "Bill", "Richard": "Rick", "Thomas": "Tom",
           "Elizabeth": "Liz", "Daniel": "Dan", "Andrew": "Andy", "Jennifer": "Jen", "Steven": "Steve",
           "Matthew": "Matt", "Susan": "Sue"}  # fmt: skip
_LAST_STARTS_WORDS = """
    Ab Bar Cald Dun El Fair Gar Hol Ing Jar Ken Lan Mor Nor Ol Par Quen Rad Sand Tan Ull Van Wal Yar Zim
"""
_LAST_STARTS = _LAST_STARTS_WORDS.split()
_LAST_ENDS_WORDS = """
    berg er ing ford man sen son ton well wood ley ner mann ridge ham ski ova etti ado
"""
_LAST_ENDS = _LAST_ENDS_WORDS.split()
_FREE = ("gmail.com", "yahoo.com", "outlook.com", "gmx.de")


@dataclass(frozen=True)
class Truth:
    """Records with who they really are."""

    records: tuple[Record, ...]
    company_of: tuple[int, ...]
    """For each record the place of its company's; -1 for a company."""
    who: tuple[str, ...]
    """For each record the real company or person."""


@dataclass
class _Company:
    name: str
    form: str
    domain: str
    switchboard: str
    second_domain: str = ""


@dataclass
class _Person:
    first: str
    last: str
    phone: str
    private: str
    jobs: list[int]
    local: str


def make_records(count: int, seed: int = 1) -> Truth:
    """About `count` records, half of companies and half of people, in the order in which sources would send them."""
    rng = random.Random(seed)
    companies: list[_Company] = []
    used: set[str] = set()
    wanted = max(10, count // 8)
    while len(companies) < wanted:
        word = (
            rng.choice(_STARTS)
            + rng.choice(_MIDDLES)
            + (rng.choice(_MIDDLES) if rng.random() < 0.3 else "")
            + rng.choice(_ENDS)
        )
        word = word.capitalize()
        trade = rng.choice(_TRADES) if rng.random() < 0.75 else ""
        name, form = f"{word} {trade}".strip(), rng.choice(_FORMS)
        if name in used:
            continue
        used.add(name)
        label = name.lower().replace(" ", rng.choice(("", "", "-")))
        companies.append(_Company(name, form, f"{label}.com", _phone(rng)))
        if rng.random() < 0.03:  # a namesake elsewhere
            companies.append(
                _Company(name, rng.choice(_FORMS), f"{label}{rng.choice(('hq', 'online', '-us'))}.net", _phone(rng))
            )
        if rng.random() < 0.04:  # sisters of one house
            place = rng.choice(_PLACES)
            companies.append(
                _Company(f"{name} {place}", rng.choice(_FORMS), f"{label}-{place.lower()}.com", _phone(rng))
            )
        if trade and rng.random() < 0.04:
            other = rng.choice([one for one in _TRADES if one != trade])
            if f"{word} {other}" not in used:
                used.add(f"{word} {other}")
                companies.append(_Company(f"{word} {other}", form, f"{word.lower()}{other.lower()}.com", _phone(rng)))
        if rng.random() < 0.02:
            companies[-1].second_domain = f"get{companies[-1].domain}"
    records: list[Record] = []
    company_of: list[int] = []
    who: list[str] = []
    person_number = 0
    order: list[tuple[int, Record, Record, str, str]] = []
    for number in range(len(companies)):
        for _ in range(1 + min(int(rng.expovariate(0.7)), 6)):
            person = _person(rng, number)
            if rng.random() < 0.02:
                person.jobs.append(rng.randrange(len(companies)))
            person_number += 1
            for job in person.jobs:
                for _ in range(1 + min(int(rng.expovariate(0.55)), 5)):
                    pair = _row(rng, companies[job], person)
                    order.append((rng.randrange(1 << 30), *pair, f"company {job}", f"person {person_number}"))
    order.sort(key=lambda one: one[0])
    for _, of_company, of_person, real_company, real_person in order[: count // 2]:
        records.append(of_company)
        company_of.append(-1)
        who.append(real_company)
        records.append(of_person)
        company_of.append(len(records) - 2)
        who.append(real_person)
    return Truth(tuple(records), tuple(company_of), tuple(who))


def _person(rng: random.Random, number: int) -> _Person:
    first, last = rng.choice(_FIRSTS), rng.choice(_LAST_STARTS) + rng.choice(_LAST_ENDS)
    local = rng.choice((f"{first}.{last}", f"{first[0]}{last}", first, f"{first}{last}", f"{last}.{first}")).lower()
    return _Person(
        first, last, _phone(rng), f"{first}.{last}{rng.randrange(100)}@{rng.choice(_FREE)}".lower(), [number], local
    )


def _row(rng: random.Random, company: _Company, person: _Person) -> tuple[Record, Record]:
    """One row of one source: the company's part and the person's."""
    company_name = _company_name(rng, company)
    free = rng.random() < 0.08
    domain = company.second_domain if company.second_domain and rng.random() < 0.3 else company.domain
    email = "" if rng.random() < 0.2 else person.private if free else f"{person.local}@{domain}"
    if email and not free and rng.random() < 0.02:
        email = f"info@{domain}"
    site = (
        rng.choice((domain, f"www.{domain}", f"https://www.{domain}/", f"http://{domain}/about"))
        if rng.random() < 0.6
        else ""
    )
    phone = ""
    if rng.random() < 0.55:
        phone = _written(rng, company.switchboard if rng.random() < 0.1 else person.phone)
    name = _person_name(rng, person)
    of_company = Record(
        COMPANY,
        company_name,
        domain=site or (email if not free else ""),
        phone=_written(rng, company.switchboard) if rng.random() < 0.3 else "",
    )
    return of_company, Record(CONTACT, name, email=email, phone=phone, domain=site, company=company_name)


def _company_name(rng: random.Random, company: _Company) -> str:
    name, form = company.name, company.form
    if rng.random() < 0.05:
        name = _mistype(rng, name)
    if rng.random() < 0.06:
        name = rng.choice((name.upper(), name.lower(), name.replace(" ", "")))
    if rng.random() < 0.04 and "Logistics" not in name:
        name = (
            name.replace("Systems", "Sys")
            .replace("Partners", "Partner")
            .replace("Labs", "Laboratories")
            .replace("Insurance", "Ins")
        )
    kind = rng.random()
    if kind < 0.4:
        return name
    if kind < 0.85:
        return f"{name} {form}"
    return f"{name} {rng.choice(_LIKE_FORMS.get(form, (form,)))}".replace(" ,", ",")


def _person_name(rng: random.Random, person: _Person) -> str:
    first, last, kind = person.first, person.last, rng.random()
    if kind < 0.04:
        first = _SHORTS.get(first, first)
    elif kind < 0.08:
        first = first[0] + "."
    elif kind < 0.12 and len(last) > 5:
        last = _mistype(rng, last)
    elif kind < 0.17:
        return f"{last}, {first}"
    elif kind < 0.2:
        return f"{first} {rng.choice('ABCDEFG')}. {last}"
    elif kind < 0.22:
        return ""
    return f"{first} {last}"


def _mistype(rng: random.Random, text: str) -> str:
    place = rng.randrange(1, max(2, len(text) - 1))
    kind = rng.randrange(3)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
    return text[:place] + rng.choice("abcdefghijklmnopqrstuvwxyz") + text[place + 1 :]


def _phone(rng: random.Random) -> str:
    return f"{rng.randrange(200, 999)}{rng.randrange(200, 999)}{rng.randrange(1000, 9999)}"


def _written(rng: random.Random, phone: str) -> str:
    a, b, c = phone[:3], phone[3:6], phone[6:]
    return rng.choice((f"({a}) {b}-{c}", f"+1 {a} {b} {c}", f"{a}.{b}.{c}", phone, f"1-{a}-{b}-{c}"))


def measure(found: tuple[int, ...], truth: Truth, kind: str) -> tuple[float, float]:
    """Precision and recall over pairs of records of one kind."""
    both: dict[tuple[int, str], int] = {}
    mine: dict[int, int] = {}
    real: dict[str, int] = {}
    for place, record in enumerate(truth.records):
        if record.kind == kind:
            both[found[place], truth.who[place]] = both.get((found[place], truth.who[place]), 0) + 1
            mine[found[place]] = mine.get(found[place], 0) + 1
            real[truth.who[place]] = real.get(truth.who[place], 0) + 1

    def pairs(counts: dict[object, int]) -> int:
        return sum(count * (count - 1) // 2 for count in counts.values())

    right = pairs(both)  # type: ignore[arg-type]
    return right / max(1, pairs(mine)), right / max(1, pairs(real))  # type: ignore[arg-type]
