"""How well texts are understood: facts found in snippets labelled by hand, by precision and recall for each kind."""

import tomllib
from collections.abc import Callable
from datetime import datetime
from math import isclose, isnan
from pathlib import Path
from typing import Any

import pytest

from leadloop.features import finds
from leadloop.features.phrases import PhraseLists

PLACE = Path(__file__).parent / "snippets"
TODAY = datetime(2026, 5, 12)
TOPICS = PhraseLists.from_mapping(
    {
        "voice AI": ("voice ai", "conversational ai"),
        "SMS": ("sms", "text message", "messaging"),
        "verify": ("verify", "2fa"),
        "integration": ("integrate",),
        "urgency": ("urgent", "asap"),
        "pricing": ("price", "cost", "how much"),
        "follow-up": ("follow-up",),
        "budget": ("budget",),
    }
)
LEAST = 0.95


def said(kind: str, text: str) -> list[Any]:
    """What we find, one entry a fact."""
    find: Callable[..., Any] = getattr(finds, f"find_{kind}")
    found = find(finds.tidy(text), TODAY)
    if found is None:
        return []
    whole = list(found) if isinstance(found, tuple) else [found]
    return [whole[:2]]  # what follows is the period or the currency


def topics(text: str) -> list[tuple[str, str]]:
    used, denied = TOPICS.count([text])
    return [(TOPICS.names[n], way) for way, table in (("yes", used), ("no", denied)) for n in table[0].nonzero()[0]]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isnan(one):
        return isinstance(other, float) and isnan(other)
    return one == other if isinstance(one, bool | str) else isclose(one, other, rel_tol=1e-9)


def judge(part: str) -> dict[str, tuple[int, int, int, list[str]]]:
    """For each kind: facts found that are right, facts found, facts that are there, and what went wrong."""
    result = {}
    for kind, lines in tomllib.loads((PLACE / f"{part}.toml").read_text(encoding="utf-8")).items():
        right = found_all = there_all = 0
        wrong = []
        for text, *labels in lines:
            if kind == "mentions":
                found: list[Any] = topics(text)
                there: list[Any] = [(name, "yes") for name in labels[0]] + [(name, "no") for name in labels[1]]
            else:
                found, there = said(kind, text), [labels] if labels else []
            hits = sum(any(same(list(one) if isinstance(one, tuple) else one, list(other) if isinstance(other, tuple) else other)
                           for other in there) for one in found)  # fmt: skip
            right, found_all, there_all = right + hits, found_all + len(found), there_all + len(there)
            if hits != len(found) or hits != len(there):
                wrong.append(f"{text!r}: found {found}, labelled {there}")
        result[kind] = (right, found_all, there_all, wrong)
    return result


@pytest.mark.parametrize("part", ["tuned_on", "held_back"])
def test_what_snippets_say_is_found_and_nothing_else(part):
    poor = []
    for kind, (right, found, there, wrong) in judge(part).items():
        precision, recall = right / max(found, 1), right / max(there, 1)
        print(f"{part:10} {kind:11} precision {precision:.3f}  recall {recall:.3f}  of {there} facts")
        if min(precision, recall) < LEAST:
            poor += [f"{kind}: precision {precision:.3f}, recall {recall:.3f}", *wrong]
    assert not poor, "\n".join(poor)


def test_there_are_enough_snippets_and_a_third_is_held_back():
    sizes = {
        part: sum(len(lines) for lines in tomllib.loads((PLACE / f"{part}.toml").read_text(encoding="utf-8")).values())
        for part in ("tuned_on", "held_back")
    }
    assert sum(sizes.values()) >= 250
    assert sizes["held_back"] / sum(sizes.values()) >= 0.3
