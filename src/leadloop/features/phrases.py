"""Phrase lists: how often a text uses the phrases of each list, and how often it says no to them.

All lists are matched together in one walk over the words, so a hundred lists cost about as much as one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from leadloop.features.tokens import Tokens

LONGEST_PHRASE = 12
_REACH = 3
_WORDS = re.compile(r"\w+")

_NO = frozenset(
    {"no", "not", "never", "without", "cannot", "nor", "neither", "none"}
    | {"cant", "didnt", "doesnt", "dont", "isnt", "wont"}
)
_BEFORE_T = frozenset(
    {
        "ain",
        "aren",
        "can",
        "couldn",
        "didn",
        "doesn",
        "don",
        "hadn",
        "hasn",
        "haven",
        "isn",
        "mustn",
        "needn",
        "shouldn",
    }
    | {"wasn", "weren", "won", "wouldn"}
)
_MAY_BE_NO = _NO | {"t", "longer"}
_NOT_A_NO = frozenset({"only", "just", "merely"})
_TURNS = frozenset({"but", "however", "although"})
_OTHER_WORDS = frozenset({"customs", "evening", "goods", "means", "news"})


def word_forms(word: str) -> tuple[str, ...]:
    """A word and the simple forms that count as it: -s, -es, -ed, -ing.

    Words of three letters take only -s, shorter ones and those with digits nothing: "us" is not "used". A few words that
    merely look like forms ("news" of "new") are not taken for them.

    >>> word_forms("price"), word_forms("plan"), word_forms("api"), word_forms("b2b")
    (('price', 'prices', 'priced', 'pricing'),
    ('plan', 'plans', 'planed', 'planing', 'planned', 'planning'), ('api', 'apis'), ('b2b',))
    """
    if not word.isalpha() or len(word) < 3:
        return (word,)
    stem, last, before = word[:-1], word[-1], word[-2]
    if last == "y" and before not in "aeiou":
        forms = [f"{stem}ies", f"{stem}ied"]
    elif last in "sxz" or word.endswith(("ch", "sh")):
        forms = [f"{word}es"]
    else:
        forms = [f"{word}s"]
    if len(word) == 3:
        forms = forms[:1]
    elif last == "e":
        forms += [f"{word}d", f"{stem}ing"]
    else:
        forms += [f"{word}ed", f"{word}ing"]
        if last in "bdgmnprt" and before in "aeiou" and word[-3] not in "aeiou":
            forms += [f"{word}{last}ed", f"{word}{last}ing"]  # planning, but opening: spelling alone cannot tell which
    return (word, *(form for form in forms if form not in _OTHER_WORDS))


@dataclass(frozen=True, slots=True)
class _Start:
    """The phrases that start with one word: the lists of which it is a phrase, and by second word the longer phrases.

    A longer phrase is (length, the words after the first, number of its list), the longest first.
    """

    single: tuple[int, ...]
    longer: dict[str, tuple[tuple[int, tuple[str, ...], int], ...]]


@dataclass(frozen=True)
class PhraseLists:
    """Named lists of phrases; a phrase is one word or several."""

    names: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]

    @classmethod
    def from_mapping(cls, lists: Mapping[str, tuple[str, ...]]) -> PhraseLists:
        """The lists by their names. Raises ValueError for a phrase without a word, or of more than twelve."""
        for name, phrases in lists.items():
            for phrase in phrases:
                if not 1 <= len(_WORDS.findall(phrase)) <= LONGEST_PHRASE:
                    raise ValueError(f"phrases.{name}: “{phrase[:60]}” must have 1 to {LONGEST_PHRASE} words")
        return cls(tuple(lists), tuple(tuple(phrases) for phrases in lists.values()))

    @cached_property
    def _starts(self) -> dict[str, _Start]:
        single: dict[str, set[int]] = {}
        longer: dict[str, dict[str, set[tuple[int, tuple[str, ...], int]]]] = {}
        for number, phrases in enumerate(self.phrases):
            for phrase in phrases:
                first, *rest = _WORDS.findall(phrase.lower())
                if rest:
                    longer.setdefault(first, {}).setdefault(rest[0], set()).add((1 + len(rest), tuple(rest), number))
                    continue
                for form in word_forms(first):
                    single.setdefault(form, set()).add(number)
        return {
            word: _Start(
                tuple(sorted(single.get(word, ()))),
                {second: tuple(sorted(hits, reverse=True)) for second, hits in longer.get(word, {}).items()},
            )
            for word in {*single, *longer}
        }

    def count(self, tokens: Tokens) -> tuple[Counter[int], Counter[int]]:
        """How often each list is used, and how often it is denied, by the number of the list.

        Whole words are compared, without regard to case. Within one list the longest phrase wins where two overlap. A
        phrase is denied, and not used, where no, not, never, without or a word like "don't" stands at most three words
        before it in the same sentence, with no "but" between them ("not only" denies nothing).

        >>> from leadloop.features.tokens import split_words
        >>> lists = PhraseLists.from_mapping({"price": ("price", "how much"), "rush": ("as soon as possible",)})
        >>> lists.count(split_words("how much is it? we don't need pricing. reply as soon as possible"))
        (Counter({0: 1, 1: 1}), Counter({0: 1}))
        """
        words = tokens.words
        starts = self._starts
        places = [place for place, word in enumerate(words) if word in starts]
        if not places:
            return Counter(), Counter()
        after_no = find_denied(tokens)
        used: Counter[int] = Counter()
        denied: Counter[int] = Counter()
        taken: dict[int, int] = {}
        for place in places:
            start = starts[words[place]]
            counts = denied if place in after_no else used
            if start.longer and place + 1 < len(words):
                for length, rest, number in start.longer.get(words[place + 1], ()):
                    if taken.get(number, 0) <= place and (
                        length == 2 or tuple(words[place + 1 : place + length]) == rest
                    ):
                        taken[number] = place + length
                        counts[number] += 1
            for number in start.single:
                if taken.get(number, 0) <= place:
                    counts[number] += 1
        return used, denied


def find_denied(tokens: Tokens) -> set[int]:
    """The places of the words that stand within the reach of a no.

    >>> from leadloop.features.tokens import split_words
    >>> sorted(find_denied(split_words("no. we want pizza without any cheese")))
    [5, 6]
    """
    words, ends = tokens.words, tokens.ends
    found: set[int] = set()
    for place in [place for place, word in enumerate(words) if word in _MAY_BE_NO]:
        word = words[place]
        previous = words[place - 1] if place and place - 1 not in ends else ""
        if not (word in _NO or (word == "t" and previous in _BEFORE_T) or (word == "longer" and previous == "no")):
            continue
        for after in range(place + 1, min(len(words), place + 1 + _REACH)):
            if after - 1 in ends or words[after] in _TURNS or (after == place + 1 and words[after] in _NOT_A_NO):
                break
            # A phrase that says no itself ("no budget") is meant as it stands.
            if words[after] not in _NO and not (words[after] in _BEFORE_T and words[after + 1 : after + 2] == ["t"]):
                found.add(after)
    return found
