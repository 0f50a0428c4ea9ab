"""The words of texts and the marks between them, found once and used by everything that reads text.

Texts are split many at a time: a whole batch is one array of bytes, and each step looks at all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from leadloop.features.lookup import Lookup

SENTENCE, QUESTION, COMMA, COLON, LINE, END = "\1", "\2", "\3", "\4", "\5", "\6"
MARKS = (SENTENCE, QUESTION, COMMA, COLON, LINE, END)
"""What may stand between words: the end of a sentence, of a question, of a part of one (a comma, a dash, a bracket), a colon,
a line break, and the end of the text. The code of each is its own character's."""
UNKNOWN = 0
FIRST_WORD = len(MARKS) + 1
"""The code of the first word of a vocabulary; lower ones are marks, and 0 is every other word."""


def _table(keep: bytes, other: dict[bytes, bytes]) -> bytes:
    """What becomes of each byte: letters, digits, "_" and parts of longer characters stay, capitals turn small, others blank."""
    table = bytearray(b" " * 256)
    for code in (*b"abcdefghijklmnopqrstuvwxyz0123456789_", *range(128, 256), *keep):
        table[code] = code
    for code in range(ord("A"), ord("Z") + 1):
        table[code] = code + 32
    for old, new in other.items():
        table[old[0]] = new[0]
    return bytes(table)


_BLANK, _DASH, _BRACKET = 32, 7, 8
_SIMPLE = _table(
    b"\6",
    {
        b".": b"\1",
        b"!": b"\1",
        b";": b"\1",
        b"?": b"\2",
        b",": b"\3",
        b":": b"\4",
        b"\n": b"\5",
        b"-": b"\7",
        b"(": b"\x08",
    },
)
_NO_MARKS = bytes(_BLANK if code < ord(END) else code for code in range(256))
_ODD = re.compile(r"[^\w\x00-\x7f]")
_PLAIN = {
    "’": "'",
    "‘": "'",
    "–": " - ",
    "—": " - ",
    "…": ". ",
    "。": ". ",
    "！": ". ",
    "？": "? ",
    "，": ", ",
    "；": ". ",
}


def plain(text: str) -> str:
    """A text in small letters, with curly quotes, long dashes and full-width marks as the plain ones.

    >>> plain("Don’t – really…")
    "don't  -  really. "
    """
    lowered = text.lower()
    return lowered if lowered.isascii() else _ODD.sub(lambda odd: _PLAIN.get(odd[0], " "), lowered)


def _simplify(texts: Sequence[str]) -> np.ndarray:
    """The texts as bytes, each with `END` behind it: words as they are, marks as one byte each, and blanks."""
    simple = [text if text.isascii() else plain(text) for text in texts]
    joined = " \6 ".join(simple)
    if joined.count(END) >= max(len(texts), 1):
        joined = " \6 ".join(text.replace(END, " ") for text in simple)
    # Blanks at both ends, so that each byte has one before and one after.
    end = " \6 " if texts else " "
    held = np.frombuffer(bytearray(f" {joined}{end}".encode("utf-8", "replace").translate(_SIMPLE)), dtype=np.uint8)
    blank = (held == _BLANK) | (held == ord(LINE))
    # A mark within a word does not count: "3.5" and "a.example" end no sentence, "1,000" no part of one. A dash needs two.
    held[:-1][(held[:-1] < ord(LINE)) & ~blank[1:]] = _BLANK
    dash = held == _DASH
    held[dash] = _BLANK
    held[1:-1][dash[1:-1] & blank[:-2] & blank[2:]] = ord(COMMA)
    held[held == _BRACKET] = ord(COMMA)
    return held


def split_texts(texts: Sequence[str]) -> list[str]:
    r"""The words of all texts in small letters, in order; each text ends with `END`.

    A word is a run of letters, digits and underscores.

    >>> split_texts(["Call me, at once! We use 3.5 seats", "No"])
    ['call', 'me', 'at', 'once', 'we', 'use', '3', '5', 'seats', '\x06', 'no', '\x06']
    """
    return _simplify(texts).tobytes().translate(_NO_MARKS).decode().split()


class Vocabulary:
    """Words by number: what is not in it is `UNKNOWN`.

    Words are told apart by 64-bit hashes (Karp and Rabin 1987), worked out for all words of all texts at once: no string is
    made of a word that nobody asks for. Among a million different words, the odds that one passes for one of a vocabulary of
    5,000 are under one in a billion.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.index: dict[str, int] = {}
        for word in words:
            if word not in self.index:
                self.index[word] = FIRST_WORD + len(self.index)
        held = np.frombuffer(f" {' '.join(self.index)} ".encode(), dtype=np.uint8)
        self._codes = Lookup(_hash_words(held)[1].tolist(), list(self.index.values()))

    def __len__(self) -> int:
        """One more than the highest code."""
        return FIRST_WORD + len(self.index)

    def __getitem__(self, word: str) -> int:
        return self.index[word]

    def encode(self, texts: Sequence[str]) -> TokenCodes:
        """The words of all texts as codes, in order, with the marks between them; each text ends with `END`.

        >>> Vocabulary(["seats", "call"]).encode(["We use 3.5 seats. Call me!", "No"]).codes.tolist()
        [0, 0, 0, 0, 7, 1, 8, 0, 1, 6, 0, 6]
        """
        held = _simplify(texts)
        starts, hashes = _hash_words(held)
        marks = np.flatnonzero(held <= ord(END))
        # Each mark goes before the words that start behind it.
        places = np.searchsorted(starts, marks)
        codes = np.empty(len(starts) + len(marks), dtype=np.int32)
        is_word = np.ones(len(codes), dtype=bool)
        is_word[places + np.arange(len(marks))] = False
        codes[is_word] = self._codes.find(hashes)
        codes[~is_word] = held[marks]
        return TokenCodes(codes)


_STEP = 0x5851F42D4C957F2D
_SIZES = (1 << 12, 1 << 16, 1 << 20)
"""So many powers are kept, since every batch needs the same; a longer text is rare, and not worth the memory for good."""


def _powers_of_step(size: int) -> tuple[np.ndarray, np.ndarray]:
    """At least `size` powers of an odd number, and their inverses, modulo 2^64."""
    enough = next((many for many in _SIZES if many >= size), None)
    return _count_powers(size) if enough is None else _keep_powers(enough)


@lru_cache(maxsize=len(_SIZES))
def _keep_powers(many: int) -> tuple[np.ndarray, np.ndarray]:
    return _count_powers(many)


def _count_powers(many: int) -> tuple[np.ndarray, np.ndarray]:
    found = []
    for step in (_STEP, pow(_STEP, -1, 2**64)):
        factors = np.full(many, step, dtype=np.uint64)
        factors[0] = 1
        found.append(np.cumprod(factors))
    return found[0], found[1]


def _hash_words(held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each word of simplified texts starts, and its hash: the sum of its bytes, each times a power of its place."""
    word = held > _BLANK
    edges = np.flatnonzero(word[1:] != word[:-1]) + 1
    starts, stops = edges[::2], edges[1::2]
    up, down = _powers_of_step(len(held))
    sums = np.cumsum(held * up[: len(held)])
    return starts, (sums[stops - 1] - sums[starts - 1]) * down[starts]


@dataclass(frozen=True, eq=False)
class TokenCodes:
    """The tokens of some texts as codes of a vocabulary, one after the other."""

    codes: np.ndarray

    @cached_property
    def ends(self) -> np.ndarray:
        """Where each text ends: the place of its `END`."""
        return np.flatnonzero(self.codes == ord(END))

    @cached_property
    def rows(self) -> np.ndarray:
        """Which text each token belongs to, from 0."""
        rows: np.ndarray = np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=-1))
        return rows

    @cached_property
    def is_mark(self) -> np.ndarray:
        """Whether each token is a mark."""
        marks: np.ndarray = (self.codes < FIRST_WORD) & (self.codes != UNKNOWN)
        return marks

    @cached_property
    def _words_before(self) -> np.ndarray:
        return np.cumsum(~self.is_mark)

    @cached_property
    def word_numbers(self) -> np.ndarray:
        """Which word of its text each token is, from 1; a mark has the number of the word before it."""
        before = self._words_before
        numbers: np.ndarray = before - np.append(0, before[self.ends[:-1]])[self.rows]
        return numbers

    @cached_property
    def sentence_numbers(self) -> np.ndarray:
        """Which sentence or line each token belongs to, counted through all texts from 0; the mark that ends one is of it."""
        codes = self.codes
        closes = (codes == ord(SENTENCE)) | (codes == ord(QUESTION)) | (codes == ord(LINE)) | (codes == ord(END))
        numbers: np.ndarray = np.cumsum(closes) - closes
        return numbers

    @cached_property
    def words(self) -> np.ndarray:
        """How many words each text has."""
        return np.diff(self._words_before[self.ends], prepend=0)

    @cached_property
    def sentences(self) -> np.ndarray:
        """How many sentences each text has: runs of words that a mark such as ., a blank line or the end closes."""
        codes = self.codes
        closes = (codes == ord(SENTENCE)) | (codes == ord(QUESTION)) | (codes == ord(END))
        closes[1:] |= (codes[1:] == ord(LINE)) & (codes[:-1] == ord(LINE))
        places = np.flatnonzero(closes)
        full = np.diff(self._words_before[places], prepend=0) > 0
        counts: np.ndarray = np.bincount(self.rows[places[full]], minlength=len(self.ends))
        return counts
