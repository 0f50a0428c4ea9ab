"""A call as words: its turns and what was written down of it, found once by one walk for everything that is asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from leadloop.features.finds import find_meeting, find_pricing, find_timeline, tidy
from leadloop.features.phrases import Said
from leadloop.features.tokens import QUESTION
from leadloop.ingest.calls.call import Call
from leadloop.ingest.calls.mood import mood_of
from leadloop.ingest.calls.next_steps import find_next_steps
from leadloop.ingest.calls.speakers import OURS, THEIRS, Speakers
from leadloop.ingest.calls.understood import Signals, Talk
from leadloop.ingest.calls.words import CallWords

_BACKCHANNEL = 3
"""So many words ("yeah, right, okay") do not end what the other one says."""


@dataclass(frozen=True, eq=False)
class CallReading:
    """The words of one call: a row for each turn, then one for each text that was written down."""

    call: Call
    speakers: Speakers
    words: CallWords
    written: tuple[str, ...]
    """What was written down, without the transcript."""

    @cached_property
    def sides(self) -> np.ndarray:
        """The side of each turn."""
        return np.array([self.speakers.of(turn.speaker) for turn in self.call.turns], dtype=object)

    @cached_property
    def _said(self) -> Said:
        texts = [*(turn.text for turn in self.call.turns), *self.written]
        return self.words.matcher.read(self.words.vocabulary.encode(texts))

    @property
    def turn_rows(self) -> np.ndarray:
        """The rows of all turns."""
        return np.arange(len(self.call.turns))

    @property
    def their_rows(self) -> np.ndarray:
        """The rows of the other side's turns; of all turns where nobody can be told apart."""
        theirs = np.flatnonzero(self.sides == THEIRS)
        return theirs if len(theirs) or np.any(self.sides == OURS) else self.turn_rows

    @property
    def written_rows(self) -> np.ndarray:
        """The rows of what was written down."""
        return len(self.call.turns) + np.arange(len(self.written))

    def _is_in(self, rows: np.ndarray) -> np.ndarray:
        """Whether each phrase that was found stands in one of these rows."""
        wanted = np.zeros(len(self._said.tokens.ends), dtype=bool)
        wanted[rows] = True
        found: np.ndarray = wanted[self._found_in]
        return found

    @cached_property
    def _found_in(self) -> np.ndarray:
        found: np.ndarray = self._said.tokens.rows[self._said.found.starts]
        return found

    def found(self, names: Iterable[str], rows: np.ndarray) -> tuple[list[str], list[str]]:
        """Which lists these rows use, the first used first, and which they say no to."""
        said = self._said
        at = {name: number for number, name in enumerate(self.words.names)}
        mine = self._is_in(rows)
        used: list[tuple[int, str]] = []
        denied: list[str] = []
        for name in names:
            here = mine & (said.found.lists == at[name])
            yes = said.found.starts[here & ~said.denied]
            if len(yes):
                used.append((int(yes.min()), name))
            elif np.any(here):
                denied.append(name)
        return [name for _, name in sorted(used)], denied

    def products(self, rows: np.ndarray) -> tuple[str, ...]:
        """The products that come up, wanted or not, the first named first."""
        said = self._said
        mine = self._is_in(rows)
        first: list[tuple[int, str]] = []
        for number, name in enumerate(self.words.names):
            if name in self.words.products:
                starts = said.found.starts[mine & (said.found.lists == number)]
                if len(starts):
                    first.append((int(starts.min()), name))
        return tuple(name for _, name in sorted(first))

    @cached_property
    def sentiment(self) -> float | None:
        """The mood of the other side's turns, from 0 to 10; None where nobody is known to be theirs."""
        theirs = np.flatnonzero(self.sides == THEIRS)
        return mood_of(self._said, self.words.names, self.words.vocabulary, theirs) if len(theirs) else None

    def text_of(self, rows: np.ndarray) -> str:
        """Rows as one text, a line each, in small letters."""
        texts = [*(turn.text for turn in self.call.turns), *self.written]
        return tidy("\n".join(texts[row] for row in rows.tolist()))

    def urgency(self, rows: np.ndarray) -> tuple[int | None, int | None]:
        """How soon something has to happen, from 0 to 5, and in how many days by the soonest time that is named."""
        days = find_timeline(self.text_of(rows), self.call.started_at)
        urgent, not_urgent = self.found(self.words.urgent, rows)
        soon, _ = self.found(self.words.soon, rows)
        time_left, _ = self.found(self.words.no_hurry, rows)
        levels = [4] * bool(urgent) + [3] * bool(soon)
        if days is not None:
            levels.append(5 if days <= 7 else 4 if days <= 31 else 3 if days <= 92 else 2 if days <= 183 else 1)
        if time_left and not urgent:
            levels = [min(1, *levels)] if levels else [0]
        if not levels and not_urgent:
            levels = [1]
        return (max(levels) if levels else None), days

    def signals(self, rows: np.ndarray, everything: np.ndarray) -> Signals:
        """What points to a deal and what away from it: `rows` are of the other side, `everything` may tell of a next meeting."""
        towards, not_towards = self.found(self.words.towards, rows)
        against, not_against = self.found(self.words.against, rows)
        text = self.text_of(rows)
        return Signals(
            towards=(*towards, *(f"says no to {name}" for name in not_against)),
            against=(*against, *(f"says no to {name}" for name in not_towards)),
            next_meeting=find_meeting(self.text_of(everything)),
            price_asked=find_pricing(text),
            days_to_act=self.urgency(rows)[1],
            next_steps=find_next_steps(self.call),
        )

    def talk(self, minutes: float | None) -> Talk:
        """Who spoke how much."""
        turns = self.call.turns
        tokens = self._said.tokens
        if not turns:
            return Talk()
        words = tokens.words[: len(turns)]
        asked = np.bincount(tokens.rows[tokens.codes == ord(QUESTION)], minlength=len(tokens.ends))[: len(turns)]
        ours, theirs = self.sides == OURS, self.sides == THEIRS
        told_apart = int(words[ours].sum() + words[theirs].sum())
        longest, seconds = self._monologue(words.tolist())
        changes = sum(one.speaker != other.speaker for one, other in pairwise(turns))
        return Talk(
            words=int(words.sum()),
            prospect_words=int(words[theirs].sum()),
            prospect_share=round(float(words[theirs].sum()) / told_apart, 4)
            if told_apart and ours.any() and theirs.any()
            else None,
            speakers=len({turn.speaker for turn in turns if turn.speaker}),
            questions_of_prospect=int(asked[theirs].sum()),
            questions_of_ours=int(asked[ours].sum()),
            longest_monologue_words=longest,
            longest_monologue_seconds=seconds,
            turns_per_minute=round(changes / minutes, 2) if minutes else None,
        )

    def _monologue(self, words: list[int]) -> tuple[int, float | None]:
        """The most words that one of us speaks while nobody else says more than a few, and the longest time of that kind."""
        longest = count = 0
        seconds: float | None = None
        begin: float | None = None
        holder = ""
        for turn, side, many in zip(self.call.turns, self.sides.tolist(), words, strict=True):
            if side == OURS:
                if turn.speaker != holder:
                    holder, count, begin = turn.speaker, 0, turn.start
                count += many
                longest = max(longest, count)
                if begin is not None and turn.end is not None and turn.end >= begin:
                    seconds = round(max(seconds or 0.0, turn.end - begin), 1)
            elif many > _BACKCHANNEL:
                holder, count, begin = "", 0, None
        return longest, seconds
