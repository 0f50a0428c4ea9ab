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

_LINK = re.compile(r"https?://|(?<!/)\bwww\.")
_CAPITALS = bytes(range(ord("A"), ord("Z") + 1))
_LETTERS = _CAPITALS + _CAPITALS.lower()
_DIGITS = b"0123456789"


def describe_writing(texts: Sequence[str], lowered: Sequence[str], tokens: TokenCodes) -> np.ndarray:
    """Figures about how texts are written: shape (texts, statistics), in the order of `STATISTICS`.

    Counts are on a log scale, log(1 + count), since the tenth exclamation mark says less than the first.
    """
    counts = np.array(
        [
            (
                len(text),
                *_count_characters(text),
                text.count("?") + text.count("？"),
                text.count("!") + text.count("！"),
                len(_LINK.findall(low)) if "www." in low or "://" in low else 0,
                text.count("\n") + text.count("\r") - text.count("\r\n"),
            )
            for text, low in zip(texts, lowered, strict=True)
        ],
        dtype=np.float64,
    ).reshape(len(texts), 9)
    length, capitals, letters, digits, written, *marks = counts.T
    words = tokens.words
    figures = np.empty((len(texts), len(STATISTICS)))
    figures[:, 0] = np.log1p(length)
    figures[:, 1] = np.log1p(words)
    figures[:, 2] = np.log1p(tokens.sentences)
    figures[:, 3] = written / np.maximum(words, 1)
    figures[:, 4] = capitals / np.maximum(letters, 1)
    figures[:, 5] = np.log1p(digits)
    figures[:, 6:] = np.log1p(np.stack(marks, axis=1))
    return figures


def _count_characters(text: str) -> tuple[int, int, int, int]:
    """How many capital letters, letters, digits, and characters of words a text has.

    >>> _count_characters("Room 101, ÖBB")
    (4, 7, 3, 10)
    """
    if text.isascii():
        # Deleting a class of bytes and looking at what is left is thirty times faster than asking every character.
        raw = text.encode()
        capitals, letters, digits = (len(raw) - len(raw.translate(None, kind)) for kind in (_CAPITALS, _LETTERS, _DIGITS))
        return capitals, letters, digits, letters + digits + raw.count(b"_")
    return (
        sum(map(str.isupper, text)),
        sum(map(str.isalpha, text)),
        sum(map(str.isdecimal, text)),
        sum(map(str.isalnum, text)) + text.count("_"),
    )
