"""A find: one kind of fact that people write into texts, and the columns that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

_SENTENCE_END = re.compile(r"[.!?;]\s+|\n")
Reader = Callable[[str, datetime | None], tuple[float, ...] | None]


@dataclass(frozen=True, slots=True)
class FindColumn:
    """One number of a find: its name, what to say of a text that holds it and of one that does not, and what to quote."""

    name: str
    says: str
    says_not: str
    quote: str = ""
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Find:
    """A kind of fact: its name in a playbook, its columns, and how it is read.

    `read` gets a text in small letters (see `tidy`) and the lead's time, where that is known, and gives a number a column
    (missing as NaN), or None where the text says nothing of the kind. It is asked only of texts that hold one of `gates`.
    """

    name: str
    means: str
    columns: tuple[FindColumn, ...]
    gates: tuple[str, ...]
    read: Reader
    fact: str = ""
    """What a text that holds it states, as in "a salary": a column of its own then says whether it does."""


def tidy(text: str) -> str:
    """A text as finds read it: small letters, plain quotes and dashes.

    >>> tidy("$95K – that’s it")
    "$95k - that's it"
    """
    if text.isascii():
        return text.lower()
    for odd, usual in (("’", "'"), ("–", "-"), ("—", "-"), ("\u00a0", " "), ("\u202f", " ")):
        text = text.replace(odd, usual)
    return text.lower()


def places_of(text: str, words: tuple[str, ...]) -> Iterator[int]:
    """Where any of these words (or parts of words) begins.

    >>> list(places_of("a week or two weeks", ("week", "day")))
    [2, 14]
    """
    for word in words:
        place = text.find(word)
        while place >= 0:
            yield place
            place = text.find(word, place + 1)


def sentences_with(text: str, words: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """The sentences or lines that hold any of these words or parts of words, each once, with where it begins.

    >>> list(sentences_with("one call. two demos. three", ("demo", "two")))
    [(10, 'two demos.')]
    """
    end = -1
    for place in sorted(places_of(text, words)):
        if place < end:
            continue
        begin = max(end, 0)
        for before in _SENTENCE_END.finditer(text, begin, place):
            begin = before.end()
        found = _SENTENCE_END.search(text, place)
        end = found.end() if found else len(text)
        yield begin, text[begin:end].rstrip()


def sentence_around(text: str, start: int, stop: int, reach: int) -> tuple[str, str]:
    """What stands before and after a place in its own sentence, at most `reach` characters each.

    >>> sentence_around("We won. About 40 people, 3.5 offices. Fine", 14, 16, 20)
    (' About ', ' people, 3.5 offices')
    """
    before, after = text[max(0, start - reach) : start], text[stop : stop + reach]
    for mark in (". ", "\n", "! ", "? ", "; "):
        cut = before.rfind(mark)
        if cut >= 0:
            before = before[cut + 1 :]
        cut = after.find(mark)
        if cut >= 0:
            after = after[:cut]
    return before, after
