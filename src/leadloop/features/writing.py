"""How a text is written: its length, sentences, capitals, digits, questions, links."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from leadloop.features.tokens import TokenCodes

STATISTICS = (
    ("characters (log)", "has {}", "has no text", "count of character"),
    ("words (log)", "has {}", "has no words", "count of word"),
    ("sentences (log)", "has {}", "has no words", "count of sentence"),
    ("mean word length", "has words of {} on average", "has no words", "mean count of letter"),
    ("share of capitals", "has {} capital letters", "has no capital letters", "share"),
    ("digits (log)", "has {}", "has no digits", "count of digit"),
    ("question marks (log)", "has {}", "asks no question", "count of question mark"),
    ("exclamation marks (log)", "has {}", "has no exclamation mark", "count of exclamation mark"),
    ("links (log)", "has {}", "has no link", "count of link"),
    ("line breaks (log)", "has {}", "has no line break", "count of line break"),
)
"""What `describe_writing` gives, in order; how to say it of a text where it is more than zero and where it is zero; and what to
quote then."""

_MOST_PACKED = 0xFFFF
_SHIFTS = np.arange(4, dtype=np.int64) * 16


def _pack(code: int) -> int:
    """One byte of plain text as four counts in one number: a capital, a letter, a digit, a character of words."""
    character = chr(code)
    letter, digit = character.isalpha(), character.isdecimal()
    counts = (character.isupper(), letter, digit, letter or digit or character == "_")
    return sum(int(count) << int(shift) for count, shift in zip(counts, _SHIFTS, strict=True))


_PACKED = np.array([_pack(code) for code in range(128)], dtype=np.int64)
_LINK = re.compile(r"https?://|(?<!/)\bwww\.")


def describe_writing(texts: Sequence[str], lowered: Sequence[str], tokens: TokenCodes) -> np.ndarray:
    """Figures about how texts are written: shape (texts, statistics), in the order of `STATISTICS`.

    Counts are on a log scale, log(1 + count), since the tenth exclamation mark says less than the first.
    """
    characters = _count_characters(texts)
    marks = np.array(
        [
            (
                len(text),
                text.count("?"),
                text.count("!"),
                len(_LINK.findall(low)) if "www." in low or "://" in low else 0,
                text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0),
            )
            if text.isascii()
            else (
                len(text),
                text.count("?") + text.count("？"),
                text.count("!") + text.count("！"),
                len(_LINK.findall(low)),
                text.count("\n") + text.count("\r") - text.count("\r\n"),
            )
            for text, low in zip(texts, lowered, strict=True)
        ],
        dtype=np.float64,
    ).reshape(len(texts), 5)
    capitals, letters, digits, written = characters.T
    words = tokens.words
    figures = np.empty((len(texts), len(STATISTICS)))
    figures[:, 0] = np.log1p(marks[:, 0])
    figures[:, 1] = np.log1p(words)
    figures[:, 2] = np.log1p(tokens.sentences)
    figures[:, 3] = written / np.maximum(words, 1)
    figures[:, 4] = capitals / np.maximum(letters, 1)
    figures[:, 5] = np.log1p(digits)
    figures[:, 6:] = np.log1p(marks[:, 1:])
    return figures


def _count_characters(texts: Sequence[str]) -> np.ndarray:
    """How many capital letters, letters, digits, and characters of words each text has: shape (texts, 4).

    >>> _count_characters(["Room 101, OBB", "Room 101, ÖBB"]).tolist()
    [[4.0, 7.0, 3.0, 10.0], [4.0, 7.0, 3.0, 10.0]]
    """
    counts = np.empty((len(texts), 4))
    plain = [row for row, text in enumerate(texts) if text.isascii() and len(text) <= _MOST_PACKED]
    if plain:
        raw = np.frombuffer(" ".join([texts[row] for row in plain]).encode() + b" ", dtype=np.uint8)
        lengths = np.array([len(texts[row]) + 1 for row in plain])
        packed = np.add.reduceat(_PACKED[raw], np.cumsum(lengths) - lengths)
        counts[plain] = (packed[:, None] >> _SHIFTS) & _MOST_PACKED
    for row, text in enumerate(texts):
        if not text.isascii() or len(text) > _MOST_PACKED:
            counts[row] = (
                sum(map(str.isupper, text)),
                sum(map(str.isalpha, text)),
                sum(map(str.isdecimal, text)),
                sum(map(str.isalnum, text)) + text.count("_"),
            )
    return counts
