"""Phrase lists: how often a text uses the phrases of each list, and how often it says no to them.

All lists are matched together in one walk over the words, so a hundred lists cost about as much as one: the phrases, with
every form of their words, make one automaton (Aho and Corasick 1975, without the failure links, since phrases are short), and
all places of all texts that begin a phrase take each step of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leadloop.features import negation
from leadloop.features.lookup import Lookup
from leadloop.features.tokens import COLON, COMMA, END, LINE, QUESTION, SENTENCE, TokenCodes, Vocabulary, split_texts
from leadloop.features.word_forms import word_forms
from leadloop.playbook.phrase_file import LONGEST_PHRASE

EXACT = "="
"""A phrase that starts with this is taken as it stands, without other forms of its words."""
PASSED_OVER = "!"
"""What starts with this is no phrase of the list: where it stands, shorter phrases of the list within it do not count."""
_WORDS = re.compile(r"\w+")
_SIDES = (negation.NO, negation.SHORT_NO, negation.WITHOUT, negation.HOLLOW, negation.TURN, negation.DENIED, negation.ALONE,
          negation.LIST_ON)  # fmt: skip
_NO, _SHORT_NO, _WITHOUT, _HOLLOW, _TURN, _DENIED, _ALONE, _LIST_ON = range(len(_SIDES))
_LIST_ITEM = 4
"""How many words the parts of a list may have."""


class Matches(NamedTuple):
    """Where phrases stand: the place of the first token, the place after the last, and the number of the list."""

    starts: np.ndarray
    stops: np.ndarray
    lists: np.ndarray


@dataclass(frozen=True, eq=False)
class Said:
    """The phrases of some texts, in order of their list and place, and which of them are denied."""

    found: Matches
    denied: np.ndarray
    tokens: TokenCodes
    lists: int

    def count(self) -> tuple[np.ndarray, np.ndarray]:
        """How often each list is used and denied: two tables of shape (texts, lists)."""
        shape = (len(self.tokens.ends), self.lists)
        places = self.tokens.rows[self.found.starts] * self.lists + self.found.lists
        used, denied = (
            np.bincount(places[which], minlength=shape[0] * shape[1]).reshape(shape)
            for which in (~self.denied, self.denied)
        )
        return used, denied

    def first(self, lists: Sequence[int]) -> np.ndarray:
        """Which word of each text is the first that uses each of these lists, from 1; missing where none does."""
        starts, of = self.found.starts[~self.denied], self.found.lists[~self.denied]
        rows = self.tokens.rows[starts]
        place = np.full((len(self.tokens.ends), self.lists), np.nan)
        # In order of list and place: the first of each text and list is the first one said.
        earliest = np.diff(of * len(self.tokens.ends) + rows, prepend=-1) != 0
        place[rows[earliest], of[earliest]] = self.tokens.word_numbers[starts[earliest]]
        return place[:, list(lists)]

    def together(self, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
        """In how many sentences of each text both lists of each pair are used: shape (texts, pairs)."""
        tokens = self.tokens
        used = np.zeros((int(tokens.sentence_numbers[-1]) + 1 if len(tokens.codes) else 0, self.lists), dtype=bool)
        used[tokens.sentence_numbers[self.found.starts[~self.denied]], self.found.lists[~self.denied]] = True
        both = used[:, [one for one, _ in pairs]] & used[:, [other for _, other in pairs]]
        sums = np.cumsum(both, axis=0, dtype=np.int64)
        counts: np.ndarray = np.diff(sums[tokens.sentence_numbers[tokens.ends]], axis=0, prepend=0)
        return counts


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

    def count(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """How often each text uses each list, and how often it says no to it: two tables of shape (texts, lists).

        Whole words are compared, without regard to case; each word may stand in another form (`word_forms`), and two words
        may be written with a hyphen or as one. Within one list the longest phrase wins where two overlap. A phrase is
        denied, and not used, in the reach of a no: to the end of that part of the sentence ("not interested in SMS, but
        ..."), or just before one ("SMS is not needed", "SMS: no").

        >>> lists = PhraseLists.from_mapping({"price": ("price", "how much"), "rush": ("as soon as possible",)})
        >>> used, denied = lists.count(["How much is it? We don't need pricing. Reply as soon as possible"])
        >>> used.tolist(), denied.tolist()
        ([[1, 1]], [[1, 0]])
        """
        walk = PhraseWalk(self)
        vocabulary = Vocabulary(walk.words)
        return walk.compile(vocabulary).count(vocabulary.encode(texts))


class PhraseWalk:
    """The automaton of phrase lists and of the words that say no, over words."""

    def __init__(self, lists: PhraseLists) -> None:
        self.lists = len(lists.names)
        # What is passed over is matched as the list's own, under a number of its own.
        over = self.lists + len(_SIDES)
        patterns: list[tuple[tuple[tuple[str, ...], ...], int]] = [
            (pattern, number + over if phrase.startswith(PASSED_OVER) else number)
            for number, phrases in enumerate(lists.phrases)
            for phrase in phrases
            for pattern in _patterns(phrase)
        ]
        if self.lists:
            patterns += [
                (tuple((word,) for word in phrase.split()), self.lists + side)
                for side, phrases in enumerate(_SIDES)
                for phrase in phrases
            ]
        self.steps, self.accepted = _determine(patterns)
        self.words = tuple(dict.fromkeys(word for step in self.steps for word in step))

    def compile(self, vocabulary: Vocabulary) -> PhraseMatcher:
        """The automaton over the codes of a vocabulary that holds its words."""
        return PhraseMatcher(self, vocabulary)


def _patterns(phrase: str) -> Iterator[tuple[tuple[str, ...], ...]]:
    """The ways to write a phrase: for each place the words that may stand there.

    >>> list(_patterns("=sign-off"))
    [(('sign',), ('off',)), (('signoff',),)]
    """
    words = split_texts([phrase])[:-1]
    exact = phrase.lstrip(PASSED_OVER).startswith(EXACT)
    forms = [(word,) if exact else word_forms(word) for word in words]
    if not exact and len(words) > 1 and len(words[-1]) == 2:
        forms[-1] = (words[-1], f"{words[-1]}s")  # follow-ups
    yield tuple(forms)
    # Two words written as one, where that can hardly be another word: "no table" is not "notable".
    if len(words) == 2 and ("-" in phrase or (len(words[0]) > 2 and len(words[0] + words[1]) > 5)):
        joined = "".join(words)
        yield (((joined,) if exact else word_forms(joined)),)


def _determine(
    patterns: Iterable[tuple[tuple[tuple[str, ...], ...], int]],
) -> tuple[list[dict[str, int]], list[tuple[int, ...]]]:
    """One state machine for all patterns: the steps from each state by word, and the lists that end there.

    State 0 is the start. A state is the set of patterns, each with how far it is, that the words so far agree with.
    """
    begun = list(patterns)
    first = tuple((number, 0) for number in range(len(begun)))
    states: dict[tuple[tuple[int, int], ...], int] = {first: 0}
    steps: list[dict[str, int]] = []
    accepted: list[tuple[int, ...]] = []
    waiting = [first]
    for state in waiting:
        by_word: dict[str, dict[tuple[int, int], None]] = {}
        ended: set[int] = set()
        for number, place in state:
            pattern, name = begun[number]
            if place == len(pattern):
                ended.add(name)
                continue
            for word in pattern[place]:
                by_word.setdefault(word, {})[number, place + 1] = None
        accepted.append(tuple(sorted(ended)))
        found: dict[str, int] = {}
        for word, held in by_word.items():
            key = tuple(held)
            if key not in states:
                states[key] = len(states)
                waiting.append(key)
            found[word] = states[key]
        steps.append(found)
    return steps, accepted


class PhraseMatcher:
    """Finds phrases, and the noes about them, in texts given as codes."""

    def __init__(self, walk: PhraseWalk, vocabulary: Vocabulary) -> None:
        self.lists = walk.lists
        self._size = len(vocabulary)
        self._first = np.zeros(self._size, dtype=np.int32)
        for word, state in walk.steps[0].items():
            self._first[vocabulary[word]] = state
        pairs = [
            (state * self._size + vocabulary[word], to)
            for state, step in enumerate(walk.steps)
            for word, to in step.items()
        ]
        self._steps = Lookup([key for key, _ in pairs], [to for _, to in pairs])
        self._goes_on = np.array([bool(step) for step in walk.steps])
        self._in_phrase = np.zeros(self._size, dtype=bool)
        self._in_phrase[[vocabulary[word] for step in walk.steps[1:] for word in step]] = True
        self._ending = np.array([len(ended) for ended in walk.accepted], dtype=np.int64)
        self._ended = np.array([one for ended in walk.accepted for one in ended], dtype=np.int64)
        self._ended_from = np.cumsum(self._ending) - self._ending

    def count(self, tokens: TokenCodes) -> tuple[np.ndarray, np.ndarray]:
        """How often each list is used and denied: two tables of shape (texts, lists)."""
        return self.read(tokens).count()

    def read(self, tokens: TokenCodes) -> Said:
        """Every phrase that the texts use or deny."""
        if not self.lists:
            nothing = np.empty(0, dtype=np.int64)
            return Said(Matches(nothing, nothing, nothing), np.empty(0, dtype=bool), tokens, 0)
        found = self.find(tokens)
        is_ours = found.lists < self.lists
        ours = Matches(*(part[is_ours] for part in found))
        denied = _find_denied(ours, Matches(*(part[~is_ours] for part in found)), self.lists, tokens)
        return Said(ours, denied, tokens, self.lists)

    def find(self, tokens: TokenCodes) -> Matches:
        """Every phrase, in order of its list and place; of phrases of one list that overlap the first and longest."""
        codes = tokens.codes
        states = self._first[codes]
        starts = np.flatnonzero(states)
        states = states[starts]
        held: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        length = 1
        while len(starts):
            ending = np.flatnonzero(self._ending[states])
            if len(ending):
                many = self._ending[states[ending]]
                which = np.repeat(ending, many)
                offsets = np.arange(len(which)) - np.repeat(np.cumsum(many) - many, many)
                lists = self._ended[self._ended_from[states[which]] + offsets]
                held.append((starts[which], np.full(len(which), length), lists))
            # Every text ends with a mark, so that there is a token after every word. Most are no words of any phrase.
            following = codes[starts + length]
            goes_on = np.flatnonzero(self._goes_on[states] & self._in_phrase[following])
            starts, states, following = starts[goes_on], states[goes_on], following[goes_on]
            states = self._steps.find((states.astype(np.int64) * self._size + following).astype(np.uint64))
            found_on = np.flatnonzero(states)
            starts, states = starts[found_on], states[found_on]
            length += 1
        if not held:
            nothing = np.empty(0, dtype=np.int64)
            return Matches(nothing, nothing, nothing)
        begin, lengths, lists = (np.concatenate([part[number] for part in held[::-1]]) for number in range(3))
        over = lists >= self.lists + len(_SIDES)
        lists = np.where(over, lists - self.lists - len(_SIDES), lists)
        keys = lists * len(codes) + begin
        order = np.argsort(keys, kind="stable")  # the longest first, at each place
        keys = keys[order]
        order = order[np.diff(keys, prepend=-1) != 0]
        kept = ~over[order]
        found = Matches(begin[order], begin[order] + lengths[order], lists[order])
        kept &= _without_overlaps(found)
        return found if kept.all() else Matches(*(part[kept] for part in found))


def _without_overlaps(found: Matches) -> np.ndarray:
    """Which phrases to keep: of those of one list that overlap the first."""
    clash = (found.starts[1:] < found.stops[:-1]) & (found.lists[1:] == found.lists[:-1])
    keep = np.ones(len(found.starts), dtype=bool)
    if not clash.any():
        return keep
    # Far apart for each list, so that one reach tells which phrases anything before them could touch.
    apart = found.lists * (int(found.stops.max()) + 1)
    starts, stops = found.starts + apart, found.stops + apart
    touched = np.flatnonzero(starts[1:] < np.maximum.accumulate(stops)[:-1]) + 1
    taken, last = 0, -1
    for place, start, stop, before in zip(
        touched.tolist(), starts[touched].tolist(), stops[touched].tolist(), stops[touched - 1].tolist(), strict=True
    ):
        if place - 1 != last:  # the one before it is touched by nothing, and stays
            taken = before
        last = place
        if start < taken:
            keep[place] = False
        else:
            taken = stop
    return keep


def _find_denied(ours: Matches, side: Matches, lists: int, tokens: TokenCodes) -> np.ndarray:
    """Whether each phrase stands in the reach of a no, or before words that deny it."""
    by_side = [
        (side.starts[side.lists == lists + one], side.stops[side.lists == lists + one]) for one in range(len(_SIDES))
    ]
    denied = np.zeros(len(ours.starts), dtype=bool)
    if not any(len(by_side[one][0]) for one in (_NO, _SHORT_NO, _WITHOUT, _DENIED, _ALONE)):
        return denied
    codes = tokens.codes
    hollow = _inside(by_side[_HOLLOW], len(codes))
    turns = _boundaries(by_side, codes)
    openers: list[tuple[np.ndarray, np.ndarray, int]] = []
    for one, reach in ((_NO, negation.REACH), (_SHORT_NO, negation.SHORT_REACH), (_WITHOUT, negation.REACH)):
        starts, stops = by_side[one]
        real = ~hollow[starts]
        openers.append((starts[real], stops[real], reach))
    plain_noes = openers[0]
    starts, stops, reach = openers[2]
    if len(starts):
        twice = _reached(starts, stops, plain_noes[:2], turns, negation.REACH)
        turns = np.union1d(turns, starts[twice])
        openers[2] = (starts[~twice], stops[~twice], reach)
    # A phrase that says no itself ("no budget") is meant as it stands.
    noes = np.sort(np.concatenate([starts for starts, _, _ in openers]))
    own = np.searchsorted(noes, ours.stops) > np.searchsorted(noes, ours.starts)
    for starts, stops, reach in openers:
        denied |= _reached(ours.starts, ours.stops, (starts, stops), turns, reach)
    denied |= _refused(ours, by_side, hollow, codes)
    return denied & ~own


def _inside(spans: tuple[np.ndarray, np.ndarray], size: int) -> np.ndarray:
    """Whether each place lies in one of the spans."""
    inside = np.zeros(size, dtype=bool)
    starts, stops = spans
    while len(starts):
        inside[starts] = True
        goes_on = starts + 1 < stops
        starts, stops = starts[goes_on] + 1, stops[goes_on]
    return inside


def _boundaries(by_side: list[tuple[np.ndarray, np.ndarray]], codes: np.ndarray) -> np.ndarray:
    """The places that end the reach of a no: marks and turns, but for commas within a list that goes on with "or"."""
    is_comma = codes == ord(COMMA)
    ends = (codes <= ord(END)) & (codes > 0) & ~is_comma
    ends[by_side[_TURN][0]] = True
    commas = np.flatnonzero(is_comma)
    goes_on = by_side[_LIST_ON][0]
    if len(commas) and len(goes_on):
        stops = np.flatnonzero(ends | is_comma)
        after = np.searchsorted(stops, commas, side="right")
        next_stop = stops[np.minimum(after, len(stops) - 1)]
        next_or = np.append(goes_on, len(codes) * 2)[np.searchsorted(goes_on, commas, side="right")]
        # "no, they want" denies nothing: a comma right after the no ends its reach.
        after_no = np.zeros(len(codes), dtype=bool)
        after_no[np.concatenate([by_side[one][1] for one in (_NO, _WITHOUT)])] = True
        passes = (next_or <= next_stop + 1) & (next_or - commas <= _LIST_ITEM + 1)
        passes &= ~after_no[commas]
        chained = is_comma[next_stop] & (next_stop - commas <= _LIST_ITEM + 1) & ~after_no[commas]
        following = np.searchsorted(commas, next_stop)
        for _ in range(_LIST_ITEM):
            passes |= chained & passes[np.minimum(following, len(commas) - 1)]
        commas = commas[~passes]
    ends[commas] = True
    return np.flatnonzero(ends)


def _reached(
    starts: np.ndarray, stops: np.ndarray, noes: tuple[np.ndarray, np.ndarray], turns: np.ndarray, reach: int
) -> np.ndarray:
    """Whether the nearest no before each phrase reaches it."""
    if not len(noes[0]):
        return np.zeros(len(starts), dtype=bool)
    place = np.searchsorted(noes[1], starts, side="right") - 1  # the last no that has ended
    at = noes[0][place]
    turn = np.searchsorted(turns, starts) - 1
    last_turn = np.where(turn >= 0, turns[turn], -1)
    found: np.ndarray = (place >= 0) & (at >= last_turn) & (starts - noes[1][place] < reach)
    return found


def _refused(
    ours: Matches, by_side: list[tuple[np.ndarray, np.ndarray]], hollow: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """Whether words that deny it follow each phrase: "is not needed", or a no that stands alone."""
    mark = (codes > 0) & (codes <= ord(END))
    hard = np.flatnonzero((codes == ord(SENTENCE)) | (codes == ord(LINE)) | (codes == ord(END)))
    found = np.zeros(len(ours.starts), dtype=bool)
    alone_starts, alone_stops = by_side[_ALONE]
    between = mark[alone_starts - 1] & mark[np.minimum(alone_stops, len(codes) - 1)] & (alone_starts > 0)
    # A no that stands alone needs a colon, a dash or a question before it: after a full stop it begins something new.
    before = codes[alone_starts - 1]
    between &= (before == ord(COLON)) | (before == ord(COMMA)) | (before == ord(QUESTION))
    for starts, gap in ((by_side[_DENIED][0], negation.GAP), (alone_starts[between], 1)):
        starts = starts[~hollow[starts]]
        if not len(starts):
            continue
        place = np.searchsorted(starts, ours.stops)
        at = np.append(starts, len(codes) * 2)[place]
        next_hard = np.append(hard, len(codes))[np.searchsorted(hard, ours.stops)]
        found |= (at - ours.stops <= gap) & (at < next_hard)
    return found
