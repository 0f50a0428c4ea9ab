"""The reference: what the leads looked like that a version learned from, as sums that name nobody.

Of each field it keeps how many leads fell into each of a few parts, and how much those shares went up and down from one stretch
of time to the next anyway: leads of one week resemble each other more than leads drawn at random, and a season or a campaign
is no drift. Numbers also have the points of their distribution, categories the values that were seen, and texts the words
that many leads used.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import polars as pl

from leadloop.leads.made_fields import normalise_levels
from leadloop.scoring.seen import LEVELS, NUMBERS, as_numbers

GIVEN = ("email", "phone", "url")
"""Types of which it is looked at whether there is a value."""
MOST_LEVELS = 20
"""So many values of a category have a part of their own; the others share one."""
MOST_KNOWN = 2_000
"""So many values of a category are remembered at all."""
PARTS = 10
"""Into so many parts of about equal size numbers are cut."""
POINTS = 200
MOST_WORDS = 2_000
FEWEST_ALIKE = 5
"""Values and words that fewer leads had are not kept: they might name somebody."""
FEWEST_IN_BLOCK = 30
_WORD = r"[\p{L}][\p{L}\p{N}'’-]{2,}"


@dataclass(frozen=True, slots=True)
class FieldReference:
    """What one field looked like.

    `counts` has a number for each part: the `levels` (and behind them all other values), or the ranges between `edges`; the last
    one is of leads without a value. `clumping` is how much more alike two leads of one stretch of time are than two of any
    (intra-class correlation, 0 to 1), known from `stretches` of them.
    """

    name: str
    kind: str
    leads: int
    counts: tuple[int, ...]
    levels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    known: tuple[str, ...] = ()
    """Further values that enough leads had, beside `levels`."""
    points: tuple[float, ...] = ()
    below: tuple[float, ...] = ()
    """The share of values at or below each of `points`."""
    spread: float = 0.0
    """The standard deviation of the values between the 1st and the 99th percentile."""
    words: tuple[tuple[str, int], ...] = ()
    """Of a text: words with the number of leads that used each."""
    clumping: float = 0.0
    stretches: int = 0

    @property
    def shares(self) -> np.ndarray:
        """The share of leads in each part."""
        counts = np.array(self.counts, dtype=float)
        shares: np.ndarray = counts / max(counts.sum(), 1.0)
        return shares

    @property
    def missing(self) -> float:
        """The share of leads without a value."""
        return self.counts[-1] / max(self.leads, 1)

    def names(self) -> tuple[str, ...]:
        """What each part is called."""
        if self.levels or self.kind in LEVELS:
            return (*self.levels, "other values", "not given")
        if self.kind in GIVEN:
            return ("given", "not given")
        ends = [f"{edge:.4g}" for edge in self.edges]
        if not ends:
            return ("any", "not given")
        middle = [f"{low} to {high}" for low, high in itertools.pairwise(ends)]
        return (f"up to {ends[0]}", *middle, f"over {ends[-1]}", "not given")

    def places(self, cells: pl.Series) -> np.ndarray:
        """The part that each value falls into."""
        return _places(cells, self.kind, self.levels, np.array(self.edges))

    def count(self, cells: pl.Series) -> np.ndarray:
        """How many values fall into each part."""
        counts: np.ndarray = np.bincount(self.places(cells), minlength=len(self.counts))
        return counts

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The reference that `state` describes; raises ValueError where its parts do not fit each other."""
        held: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in state.items()
        }
        held["words"] = tuple((str(word), int(count)) for word, count in state.get("words", ()))
        made = cls(**held)
        if len(made.counts) != len(made.names()) or len(made.points) != len(made.below):
            raise ValueError(f"the counts of “{made.name}” do not fit its parts")
        return made


@dataclass(frozen=True, slots=True)
class Reference:
    """What the leads looked like that a version learned from, and what it said of those that were kept back."""

    leads: int
    """How many leads."""
    first: str
    """The time of the oldest, as people write it; empty where it is not known."""
    last: str
    """The time of the newest."""
    fields: tuple[FieldReference, ...]
    """The fields that the version reads."""
    scores: tuple[FieldReference, ...] = ()
    """`probability` and `confidence` of leads that it had not learned from."""
    rate: float | None = None
    """The share of them that was won."""
    made_of: str = "training"
    """`training`, or `first scores` where the version kept nothing."""

    def score(self, name: str) -> FieldReference | None:
        """What is known of `probability` or of `confidence`."""
        return next((one for one in self.scores if one.name == name), None)

    def state(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {"format": 1, **asdict(self)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The reference that `state` describes; raises ValueError where it is of another format, or damaged."""
        if state.get("format") != 1:
            raise ValueError(f"has format {state.get('format')}, not 1")
        told = {name: value for name, value in state.items() if name != "format"}
        for name in ("fields", "scores"):
            told[name] = tuple(FieldReference.from_state(one) for one in state[name])
        return cls(**told)


def refer_to(
    data: pl.DataFrame,
    kinds: Mapping[str, str],
    stretches: np.ndarray,
    *,
    scores: pl.DataFrame | None = None,
    score_stretches: np.ndarray | None = None,
    rate: float | None = None,
    span: tuple[str, str] = ("", ""),
    made_of: str = "training",
) -> Reference:
    """The reference that some leads make.

    `data` holds the leads, `kinds` the fields to look at with their types, and `stretches` the number of the stretch of time
    (a week, say) that each lead came in. `scores` has the columns `probability` and `confidence` of leads that were not learned
    from, with stretches of their own. Times and identifiers are left out: they are never twice the same.
    """
    fields = tuple(
        refer_to_field(data[name], name, kind, stretches) for name, kind in kinds.items() if kind not in ("time", "id")
    )
    told: tuple[FieldReference, ...] = ()
    if scores is not None and score_stretches is not None:
        told = tuple(refer_to_field(scores[name], name, "number", score_stretches) for name in scores.columns)
    return Reference(data.height, *span, fields, told, rate, made_of)


def refer_to_field(cells: pl.Series, name: str, kind: str, stretches: np.ndarray) -> FieldReference:
    """The reference of one field."""
    levels: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    spread = 0.0
    edges = np.empty(0)
    points = below = np.empty(0)
    words: tuple[tuple[str, int], ...] = ()
    if kind in LEVELS:
        names = [level for level, count in count_levels(cells) if count >= FEWEST_ALIKE]
        levels, known = tuple(names[:MOST_LEVELS]), tuple(names[MOST_LEVELS:MOST_KNOWN])
    elif kind in NUMBERS:
        values = as_numbers(cells, kind)
        values = values[~np.isnan(values)]
        if len(values):
            edges = np.unique(np.quantile(values, np.linspace(0, 1, PARTS + 1)[1:-1], method="lower"))
            edges = edges[edges < values.max()]
            points = np.unique(np.quantile(values, np.linspace(0, 1, POINTS), method="lower"))
            below = np.searchsorted(np.sort(values), points, side="right") / len(values)
            low, high = np.quantile(values, (0.01, 0.99))
            spread = float(np.clip(values, low, high).std())
        if kind == "text":
            words = tuple(_words(cells).head(MOST_WORDS).rows())
    places = _places(cells, kind, levels, edges)
    parts = {"levels": len(levels) + 2, "edges": len(edges) + 2}["levels" if kind in LEVELS else "edges"]
    parts = 2 if kind in GIVEN else parts
    counts = np.bincount(places, minlength=parts)
    clumping, blocks = _clumping(places, parts, stretches)
    return FieldReference(
        name,
        kind,
        len(cells),
        tuple(counts.tolist()),
        levels,
        tuple(edges.tolist()),
        known,
        tuple(points.tolist()),
        tuple(below.tolist()),
        spread,
        words,
        clumping,
        blocks,
    )


def find_words(cells: pl.Series) -> pl.DataFrame:
    """The words of texts with the number of leads that used each, the commonest first."""
    found = (
        pl.DataFrame({"row": pl.int_range(len(cells), eager=True), "word": cells.str.to_lowercase()})
        .with_columns(pl.col("word").str.extract_all(_WORD))
        .explode("word")
        .drop_nulls()
        .unique()
    )
    return found.group_by("word").len("leads").sort(["leads", "word"], descending=[True, False])


def _words(cells: pl.Series) -> pl.DataFrame:
    return find_words(cells).filter(pl.col("leads") >= FEWEST_ALIKE)


def level_names(cells: pl.Series) -> pl.Series:
    """The values of a category as they are compared: without regard to case and spacing."""
    return normalise_levels(cells.cast(pl.String))


def count_levels(cells: pl.Series) -> list[tuple[str, int]]:
    """The values of a category with the number of leads that have each, the commonest first."""
    names = level_names(cells).drop_nulls().alias("level")
    counted = names.value_counts(name="count").sort(["count", "level"], descending=[True, False])
    return [(str(level), int(count)) for level, count in counted.rows()]


def _places(cells: pl.Series, kind: str, levels: Sequence[str], edges: np.ndarray) -> np.ndarray:
    absent = cells.is_null().to_numpy()
    if kind in LEVELS:
        names = level_names(cells)
        table = {level: place for place, level in enumerate(levels)}
        found = names.replace_strict(table, default=len(levels), return_dtype=pl.Int64) if table else None
        places = (
            np.zeros(len(cells), dtype=np.int64) if found is None else found.fill_null(len(levels)).to_numpy().copy()
        )
        places[absent] = len(levels) + 1
        return places
    if kind in GIVEN:
        return absent.astype(np.int64)
    values = as_numbers(cells, kind)
    absent = absent | np.isnan(values)
    places = np.searchsorted(edges, values, side="left").astype(np.int64)
    places[absent] = len(edges) + 1
    return places


def _clumping(places: np.ndarray, parts: int, stretches: np.ndarray) -> tuple[float, int]:
    """How much alike leads of one stretch are, by how far the shares of stretches lie apart, and of how many it is known.

    Pearson's statistic of stretches against all, over its degrees of freedom, is 1 where chance alone is at work, and about
    1 + (size - 1) x clumping else (Rao and Scott 1981). Short stretches are put together.
    """
    codes = _long_enough(stretches)
    blocks = int(codes.max()) + 1 if len(codes) else 0
    if blocks < 3:
        return 0.0, blocks
    table = np.bincount(codes * parts + places, minlength=blocks * parts).reshape(blocks, parts).astype(float)
    table = table[:, table.sum(axis=0) > 0]
    # Parts that hardly any lead of a stretch falls into make the statistic jump.
    rare = table.sum(axis=0) < 5 * blocks
    if rare.any():
        table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    sizes = table.sum(axis=1)
    expected = sizes[:, None] * table.sum(axis=0)[None, :] / table.sum()
    degrees = (blocks - 1) * (table.shape[1] - 1)
    if degrees <= 0:
        return 0.0, blocks
    apart = float(((table - expected) ** 2 / np.maximum(expected, 1e-12)).sum()) / degrees
    typical = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (blocks - 1)
    return float(np.clip((apart - 1) / max(typical - 1, 1.0), 0.0, 1.0)), blocks


def _long_enough(stretches: np.ndarray) -> np.ndarray:
    """The stretches numbered anew from 0, each put together with the next until it has enough leads."""
    if not len(stretches):
        return stretches
    _, codes = np.unique(stretches, return_inverse=True)
    sizes = np.bincount(codes)
    block, held = 0, 0
    numbers = np.empty(len(sizes), dtype=np.int64)
    for place, size in enumerate(sizes.tolist()):
        numbers[place] = block
        held += size
        if held >= FEWEST_IN_BLOCK:
            block, held = block + 1, 0
    if held and block:
        numbers[numbers == block] = block - 1
    renumbered: np.ndarray = numbers[codes]
    return renumbered
