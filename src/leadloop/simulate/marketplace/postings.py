"""Postings: what is offered, where, for how much, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.simulate.draws import draw_codes, draw_codes_by, draw_shifted, happens, take
from leadloop.simulate.marketplace import phrases
from leadloop.simulate.people import PRIVATE_DOMAINS, draw_people, draw_phones, leave_out, write_emails
from leadloop.simulate.world import Block, hours_later, write_times

_DRAWS = 48
TECHNICAL = np.array([one[4] for one in phrases.CATEGORIES])
USUAL_PAY = np.array([one[5] for one in phrases.CATEGORIES], dtype=float)
GIG_PAY = 30.0
"""Categories that usually pay less than this many thousands are small jobs."""
NO_PAY, VAGUE, TOLD = range(3)
NOTHING, UNTRAINED, TRAINED = range(3)
_SUBCATEGORIES = np.array([[58, 14, 18, 4, 6], [2, 6, 22, 68, 2]], dtype=float)


@dataclass(frozen=True)
class Postings:
    """For each posting of a block what can be read in it, as facts and as cells of the export.

    `pay` is in thousands a year (NaN where no amount is told anywhere); `said` says how much the text tells of pay and
    `years` what experience it asks for (NaN where none); `lag_hours` lie between posting and scraping.
    """

    category: np.ndarray
    subcategory: np.ndarray
    location: np.ndarray
    seniority: np.ndarray
    shouting: np.ndarray
    said_pay: np.ndarray
    pay: np.ndarray
    experience: np.ndarray
    years: np.ndarray
    technologies: np.ndarray
    hurry: np.ndarray
    remote: np.ndarray
    size: np.ndarray
    dubious: np.ndarray
    poster: np.ndarray
    fillers: np.ndarray
    has_email: np.ndarray
    has_phone: np.ndarray
    has_name: np.ndarray
    posted: np.ndarray
    lag_hours: np.ndarray
    cells: dict[str, pl.Series]


def draw_postings(block: Block) -> Postings:
    """Draw the postings; unseen seriousness moves what is told of pay, experience and who to contact."""
    rng, count, shift = block.seeing, len(block), block.change.covariate
    serious = rng.standard_normal(count) - 0.3 * shift
    tilt = 1 / (1 + np.exp(-serious))
    category = draw_shifted(rng, [one[1] for one in phrases.CATEGORIES], [one[2] for one in phrases.CATEGORIES], shift)
    gig = USUAL_PAY[category] < GIG_PAY
    subcategory = draw_codes_by(rng, _SUBCATEGORIES, gig.astype(np.int64))
    location = draw_codes(rng, [one[1] for one in phrases.LOCATIONS], count)
    location = np.where(happens(rng, 0.93, count), location, -1)
    seniority = np.where(gig, 0, draw_codes(rng, [58, 20, 12, 10], count))
    said_pay = np.where(
        happens(rng, 0.25 + 0.45 * tilt, count), TOLD, np.where(happens(rng, 0.5, count), VAGUE, NO_PAY)
    )
    level = np.array([0.0, 0.22, -0.25, 0.3])[seniority]
    pay = np.round(USUAL_PAY[category] * np.exp(level + 0.3 * rng.standard_normal(count)))
    price_told = happens(rng, 0.35 + 0.3 * tilt, count)
    experience = np.where(
        happens(rng, 0.3 + 0.35 * tilt, count), TRAINED, np.where(happens(rng, 0.25, count), UNTRAINED, NOTHING)
    )
    years = np.clip(np.round(2 + 8 * rng.random(count) ** 1.3 + 2 * (seniority == 1)), 2, 12)
    skills = np.floor(rng.random(count) * (1.5 + 3.5 * tilt)).astype(np.int64)
    hurry = draw_codes(rng, [55, 28, 17], count)
    remote = draw_codes(rng, [60, 22, 18], count)
    size = draw_codes(rng, [60, 22, 18], count)
    dubious = happens(rng, 0.12 * (1 - tilt) + 0.06 * shift, count)
    poster = draw_codes(rng, [62, 18, 20], count)
    shouting = happens(rng, 0.06 + 0.1 * (1 - tilt), count)
    fillers = rng.integers(2, 14, count)
    email, phone = happens(rng, 0.45 + 0.35 * tilt, count), happens(rng, 0.2 + 0.35 * tilt, count)
    name = happens(rng, 0.3 + 0.4 * tilt, count)
    lag = -np.log1p(-rng.random(count)) * np.where(happens(rng, 0.7, count), 5.0, 60.0)
    lag = np.minimum(np.maximum(lag, 0.02), 24 * 21)
    posted = hours_later(block.times, -lag)

    first, family = draw_people(rng, count)
    draws = rng.integers(0, 1 << 30, (count, _DRAWS), dtype=np.int64)
    facts = zip(
        *(
            column.tolist()
            for column in (
                *(category, subcategory, location, seniority, shouting, said_pay, pay, experience, years, skills),
                *(hurry, remote, size, dubious, poster, fillers, TECHNICAL[category]),
            )
        ),
        strict=True,
    )
    texts = [_write(fact, row) for fact, row in zip(facts, draws.tolist(), strict=True)]
    domain = take(PRIVATE_DOMAINS, rng.integers(0, len(PRIVATE_DOMAINS), count))
    described = happens(rng, 0.97, count)
    pay_way = draw_codes(rng, [40, 30, 18, 12], count)
    blind = ~described
    return Postings(
        category=category,
        subcategory=subcategory,
        location=location,
        seniority=seniority,
        shouting=shouting,
        said_pay=np.where(blind, NO_PAY, said_pay),
        pay=np.where(price_told | (described & (said_pay == TOLD)), pay, np.nan),
        experience=np.where(blind, NOTHING, experience),
        years=np.where(described & (experience == TRAINED), years, np.nan),
        technologies=np.where(blind | ~TECHNICAL[category], 0, skills),
        hurry=np.where(blind, 0, hurry),
        remote=np.where(blind, 0, remote),
        size=np.where(blind, 0, size),
        dubious=dubious & described,
        poster=np.where(blind, 0, poster),
        fillers=np.where(blind, -1, fillers),
        has_email=email,
        has_phone=phone,
        has_name=name,
        posted=posted,
        lag_hours=lag,
        cells={
            "title": pl.Series([title for title, _ in texts]),
            "description": leave_out(rng, pl.Series([text for _, text in texts]), described),
            "category": take([one[0] for one in phrases.CATEGORIES], category),
            "subcategory": take(phrases.SUBCATEGORIES, subcategory),
            "price": leave_out(rng, _write_prices(pay, pay_way), price_told),
            "email": leave_out(rng, write_emails(first, family, block.numbers, domain), email),
            "phone": leave_out(rng, draw_phones(rng, count), phone, "see description"),
            "contact_name": leave_out(rng, first + " " + family, name),
            "location_name": take([one[0] for one in phrases.LOCATIONS], location),
            "posted_at": write_times(posted),
        },
    )


def _write(fact: tuple[int | float | bool, ...], draws: list[int]) -> tuple[str, str]:
    """Title and description of one posting."""
    category, subcategory, location, seniority, shouting, said_pay, pay, experience, years, skills, *more = fact
    hurry, remote, size, dubious, poster, fillers, technical = more
    luck = iter(draws)
    roles = phrases.ROLES[int(category)]
    role = phrases.SENIORITY[int(seniority)] + roles[next(luck) % len(roles)]
    place = phrases.LOCATIONS[int(location)][0] if location >= 0 else "our town"
    title = phrases.TITLES[next(luck) % len(phrases.TITLES)]
    title = title.format(r=role, l=place, sub=phrases.SUBCATEGORIES[int(subcategory)])

    chosen: list[str] = []

    def say(wordings: tuple[str, ...]) -> None:
        chosen.append(wordings[next(luck) % len(wordings)])

    if said_pay == TOLD:
        say(phrases.SALARIES)
    elif said_pay == VAGUE:
        say(phrases.VAGUE_PAY)
    if experience == TRAINED:
        say(phrases.EXPERIENCE)
    elif experience == UNTRAINED:
        say(phrases.NO_EXPERIENCE)
    known = phrases.TECHNOLOGIES if technical else phrases.PLAIN_SKILLS
    begin = next(luck)
    for step in range(int(skills)):
        skill = known[(begin + 5 * step) % len(known)]
        chosen.append(phrases.TECH[(begin + step) % len(phrases.TECH)].replace("{t}", skill))
    for wordings, code in (
        ((phrases.URGENT, phrases.UNHURRIED), hurry),
        ((phrases.REMOTE, phrases.ON_SITE), remote),
        ((phrases.SMALL, phrases.LARGE), size),
        ((phrases.AGENCY, phrases.DIRECT), poster),
        ((phrases.DUBIOUS,), int(dubious)),
    ):
        if code:
            say(wordings[int(code) - 1])
    start = next(luck)
    for step in range(int(fillers)):
        chosen.insert(next(luck) % (len(chosen) + 1), phrases.FILLER[(start + 7 * step) % len(phrases.FILLER)])
    opening = phrases.OPENINGS[next(luck) % len(phrases.OPENINGS)]
    money = (f"${pay * 1000:,.0f}", f"${pay:.0f}k", f"{pay * 1000:.0f} USD")[next(luck) % 3]
    text = " ".join([opening, *chosen])
    text = text.replace("{r}", role).replace("{l}", place).replace("{s}", money).replace("{y}", f"{years:.0f}")
    return (title.upper() + "!!!" if shouting else title), text


def _write_prices(pay: np.ndarray, way: np.ndarray) -> pl.Series:
    cells = [
        (f"{amount * 1000:.0f}", f"${amount * 1000:,.0f}", f"{amount:.0f}k", f"{amount * 1000:.2f}")[kind]
        for amount, kind in zip(pay.tolist(), way.tolist(), strict=True)
    ]
    return pl.Series(cells, dtype=pl.String)
