"""The free text of a synthetic lead: what it means, and one of many ways to say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.simulate.draws import as_texts, draw_codes, draw_codes_by, happens
from leadloop.simulate.enquiry_leads import phrases
from leadloop.simulate.enquiry_leads.personas import BUYER, EXPLORER, Personas
from leadloop.simulate.enquiry_leads.visits import FORMS

URGENCIES = ("unsaid", "no hurry", "soon", "now")
BUDGETS = ("unsaid", "none", "small", "approved")
ASKS = ("unsaid", "demo", "price", "papers")

_MESSAGE_SHARE = np.array([0.88, 0.72, 0.97, 0.45, 0.18, 0.05, 0.20, 0.95, 0.08])  # In the order of FORMS.
_URGENCY_WEIGHTS = np.array([[52, 16, 20, 12], [66, 24, 8, 2]], dtype=float)  # For buyers, for explorers.
_BUDGET_WEIGHTS = np.array([[68, 8, 9, 15], [76, 13, 9, 2]], dtype=float)
_ASK_WEIGHTS = np.array([[38, 27, 25, 10], [42, 12, 20, 26]], dtype=float)
_MOST_SENTENCES = 4


@dataclass(frozen=True)
class Enquiries:
    """The messages of a block of leads, one element a lead.

    `purpose` is the persona that speaks, -1 where there is no message. `urgency`, `budget` and `ask` are positions in
    the lists above, `product` one in PRODUCTS or -1; `seats` and `switching` say whether these were mentioned. They
    hold only what the text really says. `text` is what the export shows, None where blank.
    """

    purpose: np.ndarray
    urgency: np.ndarray
    budget: np.ndarray
    ask: np.ndarray
    product: np.ndarray
    seats: np.ndarray
    switching: np.ndarray
    text: np.ndarray


def draw_enquiries(rng: np.random.Generator, personas: Personas, form: np.ndarray, size: np.ndarray) -> Enquiries:
    """Messages that these people leave in these forms; `size` is the number of employees behind them."""
    count = len(form)
    written = happens(rng, _MESSAGE_SHARE[form], count)
    serious = written & ((personas.kind == BUYER) | (personas.kind == EXPLORER))
    explores = (personas.kind == EXPLORER).astype(np.int64)
    urgency = np.where(serious, draw_codes_by(rng, _URGENCY_WEIGHTS, explores), 0)
    budget = np.where(serious, draw_codes_by(rng, _BUDGET_WEIGHTS, explores), 0)
    ask = np.where(serious, draw_codes_by(rng, _ASK_WEIGHTS, explores), 0)
    ask[serious & (form == FORMS.index("Demo Request")) & happens(rng, 0.4, count)] = ASKS.index("demo")
    seats = serious & happens(rng, np.where(explores == 1, 0.05, 0.20), count)
    switching = serious & happens(rng, np.where(explores == 1, 0.04, 0.14), count)

    # Nobody writes an essay into a form: what comes after the fourth sentence is not said, and so not meant.
    said = 1 + (urgency > 0).astype(np.int64)
    for part in (budget, ask, seats, switching):
        part[(part > 0) & (said >= _MOST_SENTENCES)] = 0
        said += part > 0

    product = draw_codes(rng, [20, 12, 16, 12, 14, 18], count)
    first, names_product = _first_sentence(rng, personas.kind, product)
    rest = [
        _sentence(rng, (phrases.NO_HURRY, phrases.SOON, phrases.NOW), urgency),
        _sentence(rng, (phrases.NO_BUDGET, phrases.SMALL_BUDGET, phrases.BUDGET_APPROVED), budget),
        _sentence(rng, (phrases.ASK_DEMO, phrases.ASK_PRICE, phrases.ASK_PAPERS), ask),
        _sentence(rng, (phrases.SEATS,), seats.astype(np.int64)),
        _sentence(rng, (phrases.SWITCHING,), switching.astype(np.int64)),
        _second_sentence(rng, personas.kind, serious),
    ]
    body = np.column_stack([first, rng.permuted(np.column_stack(rest), axis=1)])
    text = _join(rng, body, size)
    text[~written] = None
    return Enquiries(
        purpose=np.where(written, personas.kind, -1),
        urgency=urgency,
        budget=budget,
        ask=ask,
        product=np.where(written & names_product, product, -1),
        seats=seats,
        switching=switching,
        text=text,
    )


_OPENINGS = (
    phrases.BUYING,
    phrases.EXPLORING,
    phrases.STUDYING,
    phrases.SEEKING_WORK,
    phrases.SELLING,
    phrases.NEEDING_HELP,
)
_CONTINUATIONS = (
    ("",),
    ("",),
    phrases.STUDYING_MORE,
    phrases.SEEKING_WORK_MORE,
    phrases.SELLING_MORE,
    phrases.NEEDING_HELP_MORE,
)
_WAYS = max(len(ways) for ways in phrases.PRODUCTS)


def _with_products(wordings: Sequence[str]) -> np.ndarray:
    """Every wording with every way to name every product: [product, way, wording]."""
    table = np.empty((len(phrases.PRODUCTS), _WAYS, len(wordings)), dtype=object)
    for product, ways in enumerate(phrases.PRODUCTS):
        for way in range(_WAYS):
            for wording, sentence in enumerate(wordings):
                table[product, way, wording] = sentence.replace("{product}", ways[way % len(ways)])
    return table


_OPENING_TABLES = tuple(_with_products(wordings) for wordings in _OPENINGS)
_NAMES_PRODUCT = tuple(np.array(["{product}" in wording for wording in wordings]) for wordings in _OPENINGS)


def _first_sentence(rng: np.random.Generator, kind: np.ndarray, product: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The opening of each message, and whether it names the product."""
    way = rng.integers(0, _WAYS, len(kind))
    luck = rng.random(len(kind))
    text = np.empty(len(kind), dtype=object)
    names = np.zeros(len(kind), dtype=bool)
    for code, (table, named) in enumerate(zip(_OPENING_TABLES, _NAMES_PRODUCT, strict=True)):
        rows = np.flatnonzero(kind == code)
        wording = (luck[rows] * table.shape[2]).astype(np.int64)
        text[rows] = table[product[rows], way[rows], wording]
        names[rows] = named[wording]
    return text, names


def _second_sentence(rng: np.random.Generator, kind: np.ndarray, serious: np.ndarray) -> np.ndarray:
    """What those who do not want to buy add, in words that sound as if they did."""
    adds = happens(rng, 0.6, len(kind)) & ~serious
    return _sentence(rng, _CONTINUATIONS, np.where(adds, kind + 1, 0))


def _sentence(rng: np.random.Generator, wordings: Sequence[Sequence[str]], meaning: np.ndarray) -> np.ndarray:
    """One wording for each meaning above 0, and nothing for 0."""
    luck = rng.random(len(meaning))
    text = np.full(len(meaning), "", dtype=object)
    for code, ways in enumerate(wordings, start=1):
        rows = np.flatnonzero(meaning == code)
        text[rows] = as_texts(ways)[(luck[rows] * len(ways)).astype(np.int64)]
    return text


def _join(rng: np.random.Generator, body: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Greeting, sentences and closing as one text, with the untidiness of people who type into a form."""
    count = len(body)
    greeting = as_texts(phrases.GREETINGS)[rng.integers(0, len(phrases.GREETINGS), count)]
    closing = as_texts(phrases.CLOSINGS)[rng.integers(0, len(phrases.CLOSINGS), count)]
    month = as_texts(phrases.MONTHS)[rng.integers(0, len(phrases.MONTHS), count)].tolist()
    amount = as_texts(phrases.AMOUNTS)[rng.integers(0, len(phrases.AMOUNTS), count)].tolist()
    seats = np.maximum(2, np.round(size * rng.uniform(0.05, 0.4, count))).astype(np.int64).tolist()
    newline = happens(rng, 0.06, count).tolist()
    style = draw_codes(rng, [88, 7, 1, 4], count).tolist()
    slip = rng.random(count).tolist()
    texts: list[str | None] = []
    for row, parts in enumerate(np.column_stack([greeting, body, closing]).tolist()):
        text = ("\n" if newline[row] else " ").join([part for part in parts if part])
        if "{" in text:
            text = text.replace("{month}", month[row]).replace("{amount}", amount[row])
            text = text.replace("{seats}", str(seats[row]))
        if style[row] == 1:
            text = text.lower()
        elif style[row] == 2:
            text = text.upper()
        elif style[row] == 3:  # A slip of the finger: one character is lost.
            place = int(slip[row] * len(text))
            text = text[:place] + text[place + 1 :]
        texts.append(text)
    return as_texts(texts)
