"""Texts read once for several blocks: those of several targets, and those of several fields where leads are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import polars as pl

from leadloop.features.functions import FEW
from leadloop.features.phrases import PhraseLists, PhraseMatcher, PhraseWalk
from leadloop.features.terms import TermPlaces
from leadloop.features.text import TextBlock, TextReading, read_each_once, read_texts
from leadloop.features.tokens import TokenCodes, Vocabulary
from leadloop.features.words_together import WordsFound, WordsTogether


class TextsTogether:
    """Text blocks that read each text once for all of them; what they make is what each makes alone, to the last bit.

    The blocks of one field differ where they are made for several targets: in the words that they have learned. Where leads
    are few, all fields are read in one go, since most of what a short text costs is the beginning: a list of phrases that
    only one field asks for is then looked for in all of them.
    """

    def __init__(self, blocks: Sequence[TextBlock]) -> None:
        self.blocks = tuple(blocks)

    @cached_property
    def _in_one_go(self) -> _Reading | None:
        times = {(block.field, block.asks_when) for block in self.blocks if block.asks_when}
        one_time = len(times) == len({field for field, _ in times})
        return _Reading(self.blocks) if len(self.blocks) > 1 and one_time and _agree(self.blocks) else None

    @cached_property
    def _by_field(self) -> list[tuple[list[int], TextBlock | _Reading]]:
        """What reads each field, with the places of its blocks."""
        places: dict[str, list[int]] = {}
        for place, block in enumerate(self.blocks):
            places.setdefault(block.field, []).append(place)
        groups: list[tuple[list[int], TextBlock | _Reading]] = []
        for mine in places.values():
            blocks = tuple(self.blocks[place] for place in mine)
            if len(blocks) > 1 and _agree(blocks) and len({block.asks_when for block in blocks}) == 1:
                groups.append((mine, _Reading(blocks)))
            else:
                groups += [([place], self.blocks[place]) for place in mine]
        return groups

    def values(self, data: pl.DataFrame) -> list[np.ndarray]:
        """The columns of each block for these leads."""
        return self.read(data)[0]

    def read(self, data: pl.DataFrame) -> tuple[list[np.ndarray], list[Heard]]:
        """The same, and for each block what its texts said, as far as that was kept: where leads are few."""
        if data.height <= FEW and self._in_one_go:
            return self._in_one_go.of_few(data)
        return self._of_many(data), []

    def _of_many(self, data: pl.DataFrame) -> list[np.ndarray]:
        made: dict[int, np.ndarray] = {}
        for places, reader in self._by_field:
            tables = reader.of_one_field(data) if isinstance(reader, _Reading) else [reader.values(data)]
            made |= dict(zip(places, tables, strict=True))
        return [made[place] for place in range(len(self.blocks))]


def _agree(blocks: Sequence[TextBlock]) -> bool:
    """Whether lists of one name hold the same phrases in all blocks; otherwise they cannot be read together."""
    known: dict[str, tuple[str, ...]] = {}
    return all(
        known.setdefault(name, phrases) == phrases
        for block in blocks
        for name, phrases in zip(block.phrases.names, block.phrases.phrases, strict=True)
    )


@dataclass(frozen=True, eq=False)
class Heard:
    """What the texts of a block said when its columns were made: whoever gives reasons need not read them again."""

    block: TextBlock
    number: int
    """Which of the blocks it is."""
    rows: Sequence[int]
    """The leads that have a text."""
    denied: np.ndarray
    """How often each text says no to each of the block's lists."""
    words: WordsFound

    def telling_word(self, row: int, way: float) -> str:
        """What `TextBlock.telling_word` says of the text of a lead."""
        return self.words.telling_word(self.number, self._place_of[row], way) if self.block.words.worth else ""

    def says_no_to(self, row: int) -> frozenset[str]:
        """What `TextBlock.says_no_to` says of the text of a lead."""
        return self.block.name_denied(self.denied[self._place_of[row]])

    @cached_property
    def _place_of(self) -> dict[int, int]:
        return {row: place for place, row in enumerate(self.rows)}


@dataclass(frozen=True)
class _Share:
    """Which lists, first mentions and pairs are a block's among those of all, and where its words are in their vocabulary."""

    lists: list[int]
    firsts: slice
    pairs: slice
    terms: TermPlaces
    words: TermPlaces


@dataclass(frozen=True)
class _Reading:
    """Blocks that share one vocabulary and one search for phrases."""

    blocks: tuple[TextBlock, ...]

    @cached_property
    def _lists(self) -> PhraseLists:
        return PhraseLists.from_mapping(
            {
                name: phrases
                for block in self.blocks
                for name, phrases in zip(block.phrases.names, block.phrases.phrases, strict=True)
            }
        )

    @cached_property
    def _reader(self) -> tuple[Vocabulary, PhraseMatcher]:
        walk = PhraseWalk(self._lists)
        words = (word for block in self.blocks for word in (*block.terms.words, *block.words.terms.words))
        vocabulary = Vocabulary((*walk.words, *words))
        return vocabulary, walk.compile(vocabulary)

    @cached_property
    def _shares(self) -> list[_Share]:
        number = {name: place for place, name in enumerate(self._lists.names)}
        vocabulary, _ = self._reader
        shares: list[_Share] = []
        first = pair = 0
        for block in self.blocks:
            firsts, pairs = slice(first, first + len(block.firsts)), slice(pair, pair + len(block.pairs))
            lists = [number[name] for name in block.phrases.names]
            places = (one.places_in(vocabulary) for one in (block.terms, block.words.terms))
            shares.append(_Share(lists, firsts, pairs, *places))
            first, pair = firsts.stop, pairs.stop
        return shares

    @cached_property
    def _asked(self) -> tuple[list[int], list[tuple[int, int]]]:
        """The lists whose first mention, and the pairs of lists whose common sentences, some block asks for, block by block."""
        number = {name: place for place, name in enumerate(self._lists.names)}
        firsts = [number[name] for block in self.blocks for name in block.firsts]
        return firsts, [(number[one], number[other]) for block in self.blocks for one, other in block.pairs]

    @cached_property
    def _words(self) -> WordsTogether:
        return WordsTogether([block.words for block in self.blocks], self._reader[0])

    def of_one_field(self, data: pl.DataFrame) -> list[np.ndarray]:
        """The columns of each block, all of one field."""
        first = self.blocks[0]
        widths = [len(block.columns) for block in self.blocks]
        return read_each_once(data, first.field, first.asks_when, widths, self._read_one_field)

    def _read_one_field(self, texts: list[str], whens: Sequence[datetime | None]) -> list[np.ndarray]:
        read = read_texts(texts, whens, *self._reader, *self._asked)
        said = {
            number: block.words.judge(read.tokens, share.words)
            for number, (block, share) in enumerate(zip(self.blocks, self._shares, strict=True))
            if block.words.worth
        }
        return list(self._columns({self.blocks[0].field: read}, said).values())

    def of_few(self, data: pl.DataFrame) -> tuple[list[np.ndarray], list[Heard]]:
        """The columns of each block, whatever its field, of few leads, and what their texts said."""
        rows: dict[str, list[int]] = {}
        texts: list[str] = []
        whens: list[datetime | None] = []
        times = {block.field: block.asks_when for block in self.blocks if block.asks_when}
        for field in dict.fromkeys(block.field for block in self.blocks):
            cells = data[field].to_list()
            rows[field] = [row for row, cell in enumerate(cells) if cell is not None]
            texts += [cells[row] for row in rows[field]]
            time = times.get(field)
            whens += data[time].gather(rows[field]).to_list() if time else [None] * len(rows[field])
        made = [np.full((data.height, len(block.columns)), np.nan, dtype=np.float32) for block in self.blocks]
        if not texts:
            return made, []
        every = read_texts(texts, whens, *self._reader, *self._asked)
        parts: dict[str, TextReading] = {}
        begin = 0
        for field, mine in rows.items():
            if mine:
                parts[field] = _cut(every, begin, begin + len(mine))
            begin += len(mine)
        words = self._words.find(
            {number: parts[block.field].tokens for number, block in enumerate(self.blocks) if block.field in parts}
        )
        said = {
            number: words.judge(number, len(rows[block.field]))
            for number, block in enumerate(self.blocks)
            if block.field in parts and block.words.worth
        }
        for place, columns in self._columns(parts, said).items():
            made[place][rows[self.blocks[place].field]] = columns
        heard = [
            Heard(block, number, rows[block.field], parts[block.field].denied[:, share.lists], words)
            for number, (block, share) in enumerate(zip(self.blocks, self._shares, strict=True))
            if block.field in parts
        ]
        return made, heard

    def _columns(self, read: Mapping[str, TextReading], said: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
        """The columns that each block keeps, by its place, of what was read of its field; `said` are log-odds of its words."""
        stated: list[tuple[TextBlock, np.ndarray]] = []
        made: dict[int, np.ndarray] = {}
        for place, (block, share) in enumerate(zip(self.blocks, self._shares, strict=True)):
            if block.field not in read:
                continue
            mine = read[block.field]
            same = next((values for other, values in stated if other.looks_for_the_same(block)), None)
            if same is None:
                same = block.tabulate(_own(mine, share))
                stated.append((block, same))
            made[place] = block.keep(same, block.judge(mine.tokens, share.terms, said.get(place)))
        return made


def _own(read: TextReading, share: _Share) -> TextReading:
    """What a block asks for, of what was read for all."""
    return read._replace(
        used=read.used[:, share.lists],
        denied=read.denied[:, share.lists],
        first=None if read.first is None else read.first[:, share.firsts],
        together=None if read.together is None else read.together[:, share.pairs],
    )


def _cut(read: TextReading, begin: int, end: int) -> TextReading:
    """What was read of the texts from `begin` up to `end`, one at least."""
    part = slice(begin, end)
    codes = slice(int(read.tokens.ends[begin - 1]) + 1 if begin else 0, int(read.tokens.ends[end - 1]) + 1)
    return TextReading(
        read.lowered[part],
        read.whens[part],
        read.writing[part],
        read.used[part],
        read.denied[part],
        None if read.first is None else read.first[part],
        None if read.together is None else read.together[part],
        TokenCodes(read.tokens.codes[codes]),
    )
