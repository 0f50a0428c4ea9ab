"""The mood of what somebody says, from words, what denies them, and what makes them stronger: no model, linear in the text.

The words are found by the walk over tokens that finds every other list of phrases, so that a call is read once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from leadloop.features.phrases import PASSED_OVER as PASS
from leadloop.features.phrases import PhraseLists, PhraseMatcher, PhraseWalk, Said
from leadloop.features.tokens import QUESTION, Vocabulary
from leadloop.ingest.calls.mood_words import MOODS, PASSED_OVER, STRONGER, WEAKER

_MARK = "mood "
_WEIGHTS = {f"{_MARK}{weight:+g}": weight for weight in MOODS}
_DENIED_GOOD, _DENIED_BAD = -0.75, -0.4
"""What denying a word makes of it: "not good" is bad, "not bad" is somewhat good."""
_STRONGER, _WEAKER = 1.35, 0.7
_BEFORE_BUT, _AFTER_BUT = 0.5, 1.4
_ASKED = 0.4
"""How much a word counts in a question."""
_SPREAD = 6.0
"""A sentence with a weight of w counts as w / sqrt(w^2 + this): from -1 to 1, and a second strong word adds less."""
_CALM = 3.0
"""As many sentences without any mood are added to those with one, so that one kind word makes no happy call."""
_FEWEST_WORDS = 5
_TURNS = frozenset({"but", "however", "although", "though"})


def mood_lists() -> Mapping[str, tuple[str, ...]]:
    """The lists of phrases that `mood_of` looks for, by a name of their own."""
    return _lists()


@cache
def _lists() -> Mapping[str, tuple[str, ...]]:
    passed = tuple(f"{PASS}{phrase}" for phrase in PASSED_OVER)
    return {
        f"{_MARK}{weight:+g}": (*(phrase.strip() for phrase in words.split(";") if phrase.strip()), *passed)
        for weight, words in MOODS.items()
    }


def mood_words() -> frozenset[str]:
    """Further words that `mood_of` looks at, which a vocabulary must know."""
    return STRONGER | WEAKER | _TURNS


def sentence_moods(said: Said, names: tuple[str, ...], vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """The mood of every sentence that has one, from -1 to 1, and the text that each is of."""
    weight_of = np.array([_WEIGHTS.get(name, 0.0) for name in names])
    tokens = said.tokens
    mine = np.flatnonzero(weight_of[said.found.lists] != 0)
    if not len(mine):
        return np.empty(0), np.empty(0, dtype=np.int64)
    starts, stops = said.found.starts[mine], said.found.stops[mine]
    weights = weight_of[said.found.lists[mine]]
    denied = said.denied[mine]
    # Of words that overlap the longest counts: "not sure" is not "sure".
    order = np.lexsort((-(stops - starts), starts))
    starts, stops, weights, denied = starts[order], stops[order], weights[order], denied[order]
    covered = np.append(-1, np.maximum.accumulate(stops)[:-1]) > starts
    starts, stops, weights, denied = starts[~covered], stops[~covered], weights[~covered], denied[~covered]
    weights = np.where(denied, weights * np.where(weights > 0, _DENIED_GOOD, _DENIED_BAD), weights)
    codes = tokens.codes
    before = np.where(starts > 0, codes[starts - 1], 0)
    weights = weights * np.where(np.isin(before, _codes(STRONGER, vocabulary)), _STRONGER, 1.0)
    weights = weights * np.where(np.isin(before, _codes(WEAKER, vocabulary)), _WEAKER, 1.0)
    sentence = tokens.sentence_numbers[starts]
    buts = np.flatnonzero(np.isin(codes, _codes(_TURNS, vocabulary)))
    if len(buts):
        last_but = np.full(int(tokens.sentence_numbers[-1]) + 1, -1)
        last_but[tokens.sentence_numbers[buts]] = buts
        at = last_but[sentence]
        weights = weights * np.where(at < 0, 1.0, np.where(starts < at, _BEFORE_BUT, _AFTER_BUT))
    asked = np.zeros(int(tokens.sentence_numbers[-1]) + 1, dtype=bool)
    asked[tokens.sentence_numbers[codes == ord(QUESTION)]] = True
    weights = weights * np.where(asked[sentence], _ASKED, 1.0)
    sums = np.bincount(sentence, weights=weights)
    kept = np.unique(sentence)
    moods = sums[kept] / np.sqrt(sums[kept] ** 2 + _SPREAD)
    first = np.searchsorted(sentence[np.argsort(sentence, kind="stable")], kept)
    rows = tokens.rows[starts[np.argsort(sentence, kind="stable")][first]]
    return moods, rows


def _codes(words: frozenset[str], vocabulary: Vocabulary) -> list[int]:
    return [vocabulary.index[word] for word in words if word in vocabulary.index]


def mood_of(said: Said, names: tuple[str, ...], vocabulary: Vocabulary, rows: np.ndarray) -> float | None:
    """The mood of some texts together, from 0 (bad) to 10 (good), 5 where there is none; None where too little was said."""
    if int(said.tokens.words[rows].sum()) < _FEWEST_WORDS:
        return None
    moods, of = sentence_moods(said, names, vocabulary)
    mine = moods[np.isin(of, rows)]
    return round(5 + 5 * float(mine.sum()) / (len(mine) + _CALM), 2)


@cache
def _alone() -> tuple[PhraseMatcher, tuple[str, ...], Vocabulary]:
    lists = PhraseLists.from_mapping(mood_lists())
    walk = PhraseWalk(lists)
    vocabulary = Vocabulary([*walk.words, *sorted(mood_words())])
    return walk.compile(vocabulary), lists.names, vocabulary


def read_mood(text: str) -> float:
    """The mood of one text, from -1 to 1: the mean of its sentences that have one; 0 where none has.

    >>> (
    ...     round(read_mood("This is great."), 1),
    ...     round(read_mood("I'm not happy with it."), 1),
    ...     read_mood("We have two offices."),
    ... )
    (0.6, -0.5, 0.0)
    """
    matcher, names, vocabulary = _alone()
    moods, _ = sentence_moods(matcher.read(vocabulary.encode([text])), names, vocabulary)
    return float(moods.mean()) if len(moods) else 0.0


def read_moods(texts: Sequence[str]) -> list[float]:
    """The mood of each of some texts, from -1 to 1; 0 where there is none.

    >>> [round(mood, 1) for mood in read_moods(["This is great.", "We have two offices."])]
    [0.6, 0.0]
    """
    matcher, names, vocabulary = _alone()
    moods, rows = sentence_moods(matcher.read(vocabulary.encode(list(texts))), names, vocabulary)
    sums, counts = np.bincount(rows, weights=moods, minlength=len(texts)), np.bincount(rows, minlength=len(texts))
    return [float(total / count) if count else 0.0 for total, count in zip(sums, counts, strict=True)]
