"""Text: how it is written, which phrases it uses or denies, what facts it states, and what its words say about the outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.features.finds import FINDS, tidy
from leadloop.features.phrases import PhraseLists, PhraseMatcher, PhraseWalk
from leadloop.features.terms import Corpus, TermPlaces, Terms
from leadloop.features.tokens import TokenCodes, Vocabulary
from leadloop.features.words import Words
from leadloop.features.writing import STATISTICS, describe_writing

MOST_TEXTS = 20_000
_CHUNK = 512
_CHUNK_CHARACTERS = 500_000


class TextReading(NamedTuple):
    """What was read of some texts, once for whatever is made of it: a row a text in each table."""

    lowered: Sequence[str]
    whens: Sequence[datetime | None]
    writing: np.ndarray
    used: np.ndarray
    denied: np.ndarray
    first: np.ndarray | None
    together: np.ndarray | None
    tokens: TokenCodes


@dataclass(frozen=True)
class TextBlock:
    """One text field as figures about the writing, phrases used and denied, facts found, and the log-odds of its words.

    Each text is split into words once, for all of these. Where a playbook asks for `terms`, the words that differ most from
    text to text have a column each, weighed by TF-IDF; where it asks for `finds`, so have the facts of each kind that the
    text states. The log-odds of words, and of pairs of words that follow one another, are those of an L2-penalised logistic
    regression on TF-IDF weights; a text without a known word adds 0.

    A missing text is missing in every column; a text without words has zeros, but a fact that is not stated is missing.
    `kept` names the columns that differ from lead to lead in training, the others are left out: what never changes teaches
    nothing. `firsts` are lists whose first mention is looked for, `pairs` are pairs of lists whose common sentences are
    counted; only features written in Python ask for these (`leadloop.features.readings`).
    """

    kind: ClassVar[str] = "text"
    field: str
    phrases: PhraseLists
    finds: tuple[str, ...]
    time: str
    terms: Terms
    words: Words
    kept: tuple[str, ...]
    firsts: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    densities: bool = False

    @classmethod
    def fit(
        cls,
        data: pl.DataFrame,
        field: str,
        positive: np.ndarray | None = None,
        folds: np.ndarray | None = None,
        *,
        phrases: Mapping[str, tuple[str, ...]] | None = None,
        terms: int = 0,
        finds: Sequence[str] = (),
        time: str = "",
        densities: bool = False,
    ) -> tuple[Self, np.ndarray]:
        """Fit on training leads; gives the block, and its columns for the training leads themselves.

        `phrases` are named lists of phrases (see `PhraseLists.count`), `terms` how many words get a column of their own,
        `finds` names of `FINDS`, `time` the field with the lead's own time, from which days are counted; with `densities`
        each list also has a column with its mentions a word.

        `positive` holds 0 or 1 a lead, `folds` a fold number a lead: the words of each training text are judged by the
        other folds only, as they would otherwise promise what they cannot keep. From more than 20,000 texts, evenly spaced
        ones are learned from.
        """
        texts = data[field].to_list()
        given = np.flatnonzero(data[field].is_not_null().to_numpy())
        learned = given[np.linspace(0, len(given) - 1, min(len(given), MOST_TEXTS)).astype(np.int64)]
        learn_words = positive is not None and len(learned) > 0
        corpus = Corpus.of([texts[place] for place in learned], pairs=learn_words) if terms or learn_words else None
        block = cls(
            field,
            PhraseLists.from_mapping(phrases or {}),
            tuple(finds),
            time,
            Terms.fit(corpus.without_pairs(), terms) if corpus is not None and terms else Terms((), ()),
            Words.fit(corpus, positive[learned]) if corpus is not None and positive is not None else Words.none(),
            (),
            densities=densities,
        )
        every = block.keeping_all()
        values = every.values(data)
        looked_at = values[learned]
        differs = ~((looked_at == looked_at[:1]) | (np.isnan(looked_at) & np.isnan(looked_at[:1]))).all(axis=0)
        if block.words.worth and corpus is not None and positive is not None:
            if folds is not None:
                values[:, -1] = block._judge_apart(texts, given, learned, corpus, positive, folds)
            differs[-1] = True
        kept = replace(block, kept=tuple(name for name, one in zip(every.kept, differs, strict=True) if one))
        return kept, values[:, differs]

    def _judge_apart(
        self,
        texts: list[str | None],
        given: np.ndarray,
        learned: np.ndarray,
        corpus: Corpus,
        positive: np.ndarray,
        folds: np.ndarray,
    ) -> np.ndarray:
        """The log-odds of each text's words, judged by the texts of other folds."""
        values = np.full(len(texts), np.nan)
        for fold in np.unique(folds[given]):
            others = np.flatnonzero(folds[learned] != fold)
            judge = replace(self, words=Words.fit(corpus.take(others), positive[learned[others]]))
            places = given[folds[given] == fold]
            for chunk in _chunks([(int(place), texts[place] or "") for place in places]):
                if judge.words.worth:
                    tokens = judge._vocabulary.encode([text for _, text in chunk])
                    values[[place for place, _ in chunk]] = judge.words.judge(tokens, judge._word_places)
                else:
                    values[[place for place, _ in chunk]] = 0.0
        return values

    def keeping_all(self) -> Self:
        """The block with every column that it can make."""
        return replace(self, kept=tuple(column.name for column in self._all_columns))

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.field, self.time) if self.time and "timeline" in self.finds else (self.field,)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        kept = set(self.kept)
        return tuple(column for column in self._all_columns if column.name in kept)

    @cached_property
    def _all_columns(self) -> tuple[FeatureColumn, ...]:
        field = self.field
        columns = [
            FeatureColumn(f"{field}, {name}", field, says, says_not, quote=quote)
            for name, says, says_not, quote in STATISTICS
        ]
        for name in self.phrases.names:
            topic = name.replace("_", " ")
            says_not = f"does not mention {topic}"
            columns.append(FeatureColumn(f"{field} mentions {name}", field, f"mentions {topic}", says_not))
        for name in self.phrases.names:
            topic = name.replace("_", " ")
            says = (f"says no to {topic}", f"does not say no to {topic}")
            columns.append(FeatureColumn(f"{field} says no to {name}", field, *says))
        for name in self.phrases.names if self.densities else ():
            topic = name.replace("_", " ")
            says = (f"has {{}} of its words about {topic}", f"does not mention {topic}")
            columns.append(FeatureColumn(f"{field}, density of {name}", field, *says, quote="share"))
        columns += [FeatureColumn(f"{field} first mentions {name}", field) for name in self.firsts]
        columns += [FeatureColumn(f"{field} mentions {one} with {other}", field) for one, other in self.pairs]
        for find in self.finds:
            if fact := FINDS[find].fact:
                says = (f"states {fact}", f"does not state {fact}")
                columns.append(FeatureColumn(f"{field} states {fact}", field, *says, binary=True))
            columns += [
                FeatureColumn(f"{field}, {one.name}", field, one.says, one.says_not, one.binary, one.quote)
                for one in FINDS[find].columns
            ]
        for term in self.terms.terms:
            says = (f"mentions “{term}”", f"does not mention “{term}”")
            columns.append(FeatureColumn(f"{field} has the word {term}", field, *says))
        if self.words.worth:
            columns.append(FeatureColumn(f"{field}, its words (log-odds)", field, "{}", "{}", quote="telling word"))
        return tuple(columns)

    @cached_property
    def _places(self) -> np.ndarray:
        kept = set(self.kept)
        return np.array([place for place, one in enumerate(self._all_columns) if one.name in kept], dtype=np.int64)

    @cached_property
    def _walk(self) -> PhraseWalk:
        return PhraseWalk(self.phrases)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary((*self._walk.words, *self.terms.words, *self.words.terms.words))

    @cached_property
    def _matcher(self) -> PhraseMatcher:
        return self._walk.compile(self._vocabulary)

    @cached_property
    def _first_lists(self) -> list[int]:
        return [self.phrases.names.index(name) for name in self.firsts]

    @cached_property
    def _paired_lists(self) -> list[tuple[int, int]]:
        number = {name: place for place, name in enumerate(self.phrases.names)}
        return [(number[one], number[other]) for one, other in self.pairs]

    @cached_property
    def _term_places(self) -> TermPlaces:
        return self.terms.places_in(self._vocabulary)

    @cached_property
    def _word_places(self) -> TermPlaces:
        return self.words.terms.places_in(self._vocabulary)

    def values(self, data: pl.DataFrame) -> np.ndarray:
        return read_each_once(data, self.field, self.asks_when, [len(self._places)], self._read)[0]

    def looks_for_the_same(self, other: TextBlock) -> bool:
        """Whether two blocks look for the same things in the same field, whatever words each has learned."""
        names = ("field", "phrases", "finds", "time", "firsts", "pairs", "densities")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    @property
    def asks_when(self) -> str:
        """The field with the lead's own time, if what is found in its text depends on that; otherwise an empty text."""
        return self.time if len(self.reads) > 1 else ""

    def _read(self, texts: list[str], whens: Sequence[datetime | None]) -> list[np.ndarray]:
        read = read_texts(texts, whens, self._vocabulary, self._matcher, self._first_lists, self._paired_lists)
        said = self.words.judge(read.tokens, self._word_places) if self.words.worth else None
        return [self.keep(self.tabulate(read), self.judge(read.tokens, self._term_places, said))]

    def tabulate(self, read: TextReading) -> np.ndarray:
        """Every column, kept or not, that does not depend on words learned from leads."""
        every = np.zeros((len(read.lowered), len(self._all_columns) - self._learned))
        at = 0
        density = read.used / np.maximum(read.tokens.words, 1)[:, None] if self.densities else None
        for part in (read.writing, read.used, read.denied, density, read.first, read.together):
            if part is not None:
                every[:, at : at + part.shape[1]] = part
                at += part.shape[1]
        for name in self.finds:
            find = FINDS[name]
            width = len(find.columns)
            stated, at = at, at + (1 if find.fact else 0)
            every[:, at : at + width] = np.nan
            for row, text in enumerate(read.lowered):
                if any(gate in text for gate in find.gates):
                    found = find.read(text, read.whens[row])
                    if found is not None:
                        every[row, stated] = 1.0
                        every[row, at : at + width] = found
            at += width
        return every

    def judge(self, tokens: TokenCodes, term_places: TermPlaces, said: np.ndarray | None) -> np.ndarray:
        """Every column of words learned from leads; `said` are the log-odds of each text's words, where they are worth any."""
        every = np.zeros((len(tokens.ends), self._learned))
        if self.terms.terms:
            rows, terms, weights = self.terms.weigh(tokens, term_places)
            every[rows, terms] = weights
        if said is not None:
            every[:, -1] = said
        return every

    def keep(self, stated: np.ndarray, judged: np.ndarray) -> np.ndarray:
        """The columns that are kept, of every column."""
        return np.hstack([stated, judged])[:, self._places]

    @property
    def _learned(self) -> int:
        return len(self.terms.terms) + bool(self.words.worth)

    def _tokens(self, text: str) -> TokenCodes:
        return self._vocabulary.encode([text])

    def telling_word(self, text: str, way: float) -> str:
        """The word of a text, or the two in a row, that speak most for the outcome (`way` above 0) or against it; else empty."""
        return self.words.telling_word(self._tokens(text), self._word_places, way) if self.words.worth else ""

    def says_no_to(self, text: str) -> frozenset[str]:
        """The columns of phrases that a text says no to: it mentions them, though not for them.

        A column of phrases that is zero where the text says no to them is no proof that it "does not mention" them.
        """
        _, denied = self._matcher.count(self._tokens(text))
        return self.name_denied(denied[0])

    def name_denied(self, denied: np.ndarray) -> frozenset[str]:
        """The same, given how often the text says no to each list."""
        names = (name for name, count in zip(self.phrases.names, denied.tolist(), strict=True) if count)
        return frozenset(f"{self.field} mentions {name}" for name in names)

    def state(self) -> dict[str, Any]:
        phrases = [
            [name, list(phrases)] for name, phrases in zip(self.phrases.names, self.phrases.phrases, strict=True)
        ]
        return {
            "field": self.field,
            "phrases": phrases,
            "finds": self.finds,
            "time": self.time,
            "terms": self.terms.state(),
            "words": self.words.state(),
            "kept": self.kept,
            "densities": self.densities,
            **({"firsts": self.firsts} if self.firsts else {}),
            **({"pairs": self.pairs} if self.pairs else {}),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        finds = tuple(str(name) for name in state["finds"])
        if unknown := set(finds) - set(FINDS):
            raise ValueError(f"{sorted(unknown)} cannot be found in texts")
        block = cls(
            str(state["field"]),
            PhraseLists.from_mapping({str(name): tuple(map(str, phrases)) for name, phrases in state["phrases"]}),
            finds,
            str(state["time"]),
            Terms.from_state(state["terms"]),
            Words.from_state(state["words"]),
            tuple(str(name) for name in state["kept"]),
            tuple(str(name) for name in state.get("firsts", ())),
            tuple((str(one), str(other)) for one, other in state.get("pairs", ())),
            bool(state.get("densities", False)),  # versions saved before there were any have none
        )
        if unknown := {*block.firsts, *(name for pair in block.pairs for name in pair)} - set(block.phrases.names):
            raise ValueError(f"{sorted(unknown)} are no lists of phrases")
        if len(block.columns) != len(block.kept):
            raise ValueError("the columns kept are not columns of the block")
        return block


def read_texts(
    texts: Sequence[str],
    whens: Sequence[datetime | None],
    vocabulary: Vocabulary,
    matcher: PhraseMatcher,
    firsts: Sequence[int],
    pairs: Sequence[tuple[int, int]],
) -> TextReading:
    """Read texts: their words, their phrases, the first mentions of these lists, and the common sentences of these pairs."""
    tokens = vocabulary.encode(texts)
    lowered = [tidy(text) for text in texts]
    said = matcher.read(tokens)
    return TextReading(
        lowered,
        whens,
        describe_writing(texts, lowered, tokens),
        *said.count(),
        said.first(firsts) if firsts else None,
        said.together(pairs) if pairs else None,
        tokens,
    )


def read_each_once(
    data: pl.DataFrame,
    field: str,
    time: str,
    widths: Sequence[int],
    read: Callable[[list[str], Sequence[datetime | None]], list[np.ndarray]],
) -> list[np.ndarray]:
    """Tables of what is read of a text field, of `widths` columns each, missing where there is no text.

    `read` makes the tables of some texts, with the time of the lead where `time` names a field. A text that comes again says
    again what it said, so it is read once; only days are counted from each lead's own time.
    """
    texts = data[field].to_list()
    whens = data[time].to_list() if time else [None] * len(texts)
    tables = [np.full((len(texts), width), np.nan, dtype=np.float32) for width in widths]
    if not any(widths):
        return tables
    first: dict[tuple[str, datetime | None], int] = {}
    again = np.array(
        [
            -1 if text is None else first.setdefault((text, when), row)
            for row, (text, when) in enumerate(zip(texts, whens, strict=True))
        ],
        dtype=np.int64,
    )
    for chunk in _chunks([(row, text) for (text, _), row in first.items()]):
        rows = [row for row, _ in chunk]
        parts = read([text for _, text in chunk], [whens[row] for row in rows])
        for table, part in zip(tables, parts, strict=True):
            table[rows] = part
    if len(first) < len(texts):
        known = again >= 0
        for table in tables:
            table[known] = table[again[known]]
    return tables


def _chunks(texts: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Texts in parts that are worth beginning and fit the memory: at most 512, and 500,000 characters unless one is longer."""
    part: list[tuple[int, str]] = []
    characters = 0
    for row, text in texts:
        if part and (len(part) == _CHUNK or characters + len(text) > _CHUNK_CHARACTERS):
            yield part
            part, characters = [], 0
        part.append((row, text))
        characters += len(text)
    if part:
        yield part
