"""Call notes and transcripts: the facts of a call in somebody's words, between small talk, in one of three styles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from leadloop.simulate.b2b_calls import phrases
from leadloop.simulate.b2b_calls.calls import NOT_MENTIONED, REFUSED, WANTED, Calls

_DRAWS = 96
_TYPING = 0.15
_FILLERS = (phrases.SMALL_TALK, phrases.BACKGROUND, phrases.BACKGROUND, phrases.SELLER, phrases.USE_CASES)


def write_notes(rng: np.random.Generator, calls: Calls, companies: list[str], contacts: list[str]) -> list[str | None]:
    """The notes of each call, about 60 to 400 words, or None where nobody took any."""
    count = len(companies)
    # Every call has chance of its own, so that one more sentence in one changes no other.
    draws = rng.integers(0, 1 << 30, (count, _DRAWS), dtype=np.int64)
    typing = rng.random(count) < _TYPING
    columns = (
        *(calls.products, calls.timeline, calls.pricing, calls.next_step, calls.technical, calls.decision),
        *(calls.budget, calls.competitor, calls.volume),
    )
    facts = zip(*(column.tolist() for column in columns), strict=True)
    notes: list[str | None] = []
    for row, said, taken in zip(range(count), facts, calls.notes.tolist(), strict=True):
        if not taken:
            notes.append(None)
            continue
        luck = iter(draws[row].tolist())
        text = _write(said, luck, companies[row], contacts[row])
        notes.append(_mistype(text, luck) if typing[row] else text)
    return notes


def _write(
    said: tuple[list[int], int, int, int, int, int, int, int, int], luck: Iterator[int], company: str, contact: str
) -> str:
    products, timeline, pricing, next_step, technical, decision, budget, competitor, volume = said
    chosen: list[str] = []
    for (_, names), status in zip(phrases.PRODUCTS, products, strict=True):
        if status != NOT_MENTIONED:
            wordings = phrases.WANTS if status == WANTED else phrases.REFUSES if status == REFUSED else phrases.PITCHED
            name = names[next(luck) % len(names)]
            chosen.append(wordings[next(luck) % len(wordings)].replace("{p}", name))
    subjects: tuple[tuple[tuple[tuple[str, ...], ...], int], ...] = (
        (phrases.VOLUMES, volume),
        (phrases.COMPETITORS, competitor),
        (phrases.PRICING, pricing),
        (phrases.BUDGETS, budget),
        (phrases.DECISIONS, decision),
        (phrases.TIMELINES, timeline),
    )
    for subject, code in subjects:
        if code:
            ways: tuple[str, ...] = subject[code - 1]
            chosen.append(ways[next(luck) % len(ways)])
    first = next(luck)
    for step in range(technical):
        chosen.append(phrases.TECHNICAL[(first + 3 * step) % len(phrases.TECHNICAL)])
    _shuffle(chosen, next(luck))
    for _ in range(4 + next(luck) % 18):
        kind = _FILLERS[next(luck) % len(_FILLERS)]
        sentence = kind[next(luck) % len(kind)]
        if sentence not in chosen:
            chosen.insert(next(luck) % (len(chosen) + 1), sentence)
    if next_step:
        ways = phrases.NEXT_STEPS[next_step - 1]
        chosen.append(ways[next(luck) % len(ways)])
    chosen.append(phrases.CLOSINGS[next(luck) % len(phrases.CLOSINGS)])
    text = _lay_out(chosen, next(luck), contact)
    return (
        text.replace("{c}", company)
        .replace("{n}", contact)
        .replace("{v}", phrases.VENDORS[next(luck) % len(phrases.VENDORS)])
        .replace("{k}", str((5, 20, 40, 80, 150, 300)[next(luck) % 6]))
        .replace("{d}", phrases.DAYS[next(luck) % len(phrases.DAYS)])
    )


def _lay_out(sentences: list[str], draw: int, contact: str) -> str:
    """Plain prose, bullets, or a protocol with who noted or answered what."""
    style = draw % 3
    if style == 0:
        return " ".join(sentences)
    if style == 1:
        return "\n".join([f"- {sentence}" for sentence in sentences])
    lines = []
    for place, sentence in enumerate(sentences):
        lines.append(f"AE: {sentence}")
        if (draw >> (place % 20)) % 4 == 0:
            lines.append(f"{contact}: {phrases.ANSWERS[(draw + place) % len(phrases.ANSWERS)]}")
    return "\n".join(lines)


def _shuffle(sentences: list[str], draw: int) -> None:
    for place in range(len(sentences) - 1, 0, -1):
        draw = (draw * 1_103_515_245 + 12_345) % (1 << 31)
        other = (draw >> 8) % (place + 1)
        sentences[place], sentences[other] = sentences[other], sentences[place]


def _mistype(text: str, luck: Iterator[int]) -> str:
    """Two letters swapped in up to four places, as hurried people type."""
    for _ in range(1 + next(luck) % 4):
        place = next(luck) % max(len(text) - 2, 1)
        if text[place].isalpha() and text[place + 1].isalpha():
            text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text
