"""Feature functions: features that a person writes in Python, kept in a saved version as data and not as code.

A function is called once, when features are fitted, and gives a Polars expression. The expression is what is kept (see
`expressions.py`), so scoring never runs a playbook's Python.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self, cast

import numpy as np
import polars as pl

from leadloop.errors import PlaybookError, Problem, VersionError
from leadloop.features.block import FeatureColumn
from leadloop.features.expressions import Tree, columns_of, read_expression, write_expression
from leadloop.features.one_lead import Compute, Unsure, prepare_for_one
from leadloop.features.operations import Refused
from leadloop.features.readings import plan_reading
from leadloop.features.text import TextBlock
from leadloop.leads import FIELD_TYPES, LeadSchema
from leadloop.leads.frame import DTYPES
from leadloop.playbook import Playbook

_LARGEST = float(np.finfo(np.float32).max)
FEW = 32
"""Up to so many leads are computed in plain Python, more by Polars."""
MOST_BANDS = 10_000
MOST_RESTS = 64
READING = pl.Float64
"""What is read from texts comes as these."""


class FeatureFunction(Protocol):
    """A function that gives a feature as a Polars expression, with the fields that it reads."""

    reads: tuple[str, ...]
    __name__: str
    __doc__: str | None

    def __call__(self) -> pl.Expr:
        """The feature as an expression over the fields that it reads."""


def feature(*, reads: Sequence[str]) -> Callable[[Callable[..., pl.Expr]], FeatureFunction]:
    """Mark a function as a feature and name the fields of a lead that it reads.

    The function takes no arguments (or only ones with defaults) and gives a Polars expression of one number, or yes or
    no, a lead. A company size (`employees`) is read as one number, the middle of its band.

    >>> @feature(reads=["employees"])
    ... def company_size():
    ...     "Employees on a log scale, so that 10 to 100 counts as much as 100 to 1,000."
    ...     return pl.col("employees").log1p()
    >>> sample(employees=[9, 99, None]).select(company_size()).to_series().round(2).to_list()
    [2.3, 4.61, None]
    """
    names = (reads,) if isinstance(reads, str) else tuple(reads)

    def mark(function: Callable[..., pl.Expr]) -> FeatureFunction:
        marked = cast(FeatureFunction, function)
        marked.reads = names
        return marked

    return mark


def sample(**columns: Sequence[Any]) -> pl.DataFrame:
    """A small table of leads to try a feature on, a column for each field.

    >>> sample(visits=[1, 2.5, None])["visits"].to_list()
    [1.0, 2.5, None]
    """
    return pl.DataFrame(columns, strict=False)


@dataclass(frozen=True, slots=True)
class KeptFunction:
    """What is kept of a feature function: its name, what it reads, its description, and its expression as data."""

    name: str
    reads: tuple[str, ...]
    label: str
    binary: bool
    tree: Tree


@dataclass(frozen=True)
class FunctionsBlock:
    """A column for each feature function, named by it.

    What cannot be computed for a lead (a division by zero, the logarithm of a negative number) is missing. Functions may
    read what is found in texts: how often a list of phrases is mentioned, say. `texts` make these columns.
    """

    kind: ClassVar[str] = "functions"
    functions: tuple[KeptFunction, ...]
    types: tuple[tuple[str, str], ...]
    texts: tuple[TextBlock, ...] = ()

    @classmethod
    def fit(
        cls,
        functions: Sequence[FeatureFunction],
        schema: LeadSchema,
        moment: str,
        phrases: Mapping[str, tuple[str, ...]] | None = None,
        time: str = "",
    ) -> Self:
        """Call each function once and keep its expression.

        `phrases` are the playbook's lists, `time` the field with the lead's own time, for what is read from texts. Raises
        PlaybookError with every reason to refuse: a field that is unknown, not declared, or not yet known at this moment;
        an expression that looks at other leads, runs Python on values, or gives no number; a list of phrases that there is
        not.
        """
        problems: list[Problem] = []
        kept: list[KeptFunction] = []
        types = {field.name: field.type for field in schema.fields}
        known_time = time if time in schema and schema.is_known(time, moment) else ""

        def read_texts(names: Sequence[str], fields: Sequence[str]) -> tuple[TextBlock, ...]:
            asked = [name for name in names if name not in types]
            planned = [
                plan_reading(field, asked, phrases or {}, known_time) for field in fields if types[field] == "text"
            ]
            return tuple(block for block in planned if block is not None)

        for function in functions:
            name = getattr(function, "__name__", str(function))
            where = f"features.{name}"
            found = list(_check_reads(function, where, schema, moment))
            if any(other.name == name for other in kept):
                found.append(Problem(where, "is there twice", "give each feature a name of its own"))
            if name in schema:
                found.append(Problem(where, "has the name of a field", "give the function another name"))
            if not found:
                try:
                    kept.append(_keep(function, types, read_texts))
                except Refused as refused:
                    found.append(refused.at(where))
            problems += found
        if problems:
            raise PlaybookError("features", problems)
        read = dict.fromkeys(field for function in kept for field in function.reads)
        columns = list(dict.fromkeys(name for function in kept for name in columns_of(function.tree)))
        return cls(tuple(kept), tuple((field, schema[field].type) for field in read), read_texts(columns, list(read)))

    @classmethod
    def of(cls, functions: Sequence[FeatureFunction], playbook: Playbook) -> Self:
        """The block of a playbook's functions, which may look for its lists of phrases."""
        time = playbook.order.field if playbook.order else ""
        time = time if time in playbook.schema and playbook.schema[time].type == "time" else ""
        return cls.fit(functions, playbook.schema, playbook.scores_at, dict(playbook.phrases), time)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        texts = (field for text in self.texts for field in text.reads)
        return tuple(dict.fromkeys((*(field for field, _ in self.types), *texts)))

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        # A function may read several fields; what it says is shown under its own name.
        return tuple(FeatureColumn(kept.name, kept.name, binary=kept.binary) for kept in self.functions)

    @property
    def labels(self) -> Mapping[str, str]:
        """What each column is, in the first sentence of its function's description; empty where it has none."""
        return {kept.name: kept.label for kept in self.functions}

    @cached_property
    def _expressions(self) -> tuple[list[pl.Expr], list[pl.Expr]]:
        """How the fields are read, and the columns made of them."""
        return _read_fields(self.types), [
            read_expression(kept.tree).cast(pl.Float64, strict=False).alias(kept.name) for kept in self.functions
        ]

    def values(self, data: pl.DataFrame) -> np.ndarray:
        return self.values_of(data, [text.values(data) for text in self.texts])

    def values_of(self, data: pl.DataFrame, readings: Sequence[np.ndarray]) -> np.ndarray:
        """The columns for these leads, where what `texts` make of them is known already."""
        if not self.functions:
            return np.empty((data.height, 0), dtype=np.float32)
        if data.height <= FEW:
            return self._values_of_few(data, readings)
        return self._values_of_many(data, readings)

    def _values_of_few(self, data: pl.DataFrame, readings: Sequence[np.ndarray]) -> np.ndarray:
        """The same, lead by lead, and by Polars only what plain Python cannot be sure of."""
        numbers = np.full((data.height, len(self.functions)), np.nan)
        unsure = {place for place, compute in enumerate(self._for_one) if compute is None}
        for row, lead in enumerate(self._leads(data, readings)):
            for place, compute in enumerate(self._for_one):
                if compute is None or place in unsure:
                    continue
                try:
                    value = compute(lead)
                except Unsure:
                    unsure.add(place)
                else:
                    numbers[row, place] = np.nan if value is None else value
        values = _as_column(numbers)
        if unsure:
            places = tuple(sorted(unsure))
            values[:, places] = self._rest(places)._values_of_many(data, readings)
        return values

    def _rest(self, places: tuple[int, ...]) -> FunctionsBlock:
        """A block of these functions alone; its expressions are built once, which takes longer than computing them."""
        rest = self._rests.get(places)
        if rest is None:
            if len(self._rests) >= MOST_RESTS:
                self._rests.clear()
            functions = tuple(self.functions[place] for place in places)
            used = {name for kept in functions for name in columns_of(kept.tree)}
            types = tuple((name, kind) for name, kind in self.types if name in used)
            rest = self._rests[places] = FunctionsBlock(functions, types, self.texts)
        return rest

    @cached_property
    def _rests(self) -> dict[tuple[int, ...], FunctionsBlock]:
        return {}

    @cached_property
    def _for_one(self) -> list[Compute | None]:
        """Each function in plain Python; None where that is left to Polars."""
        types = dict(self.types) | {column.name: "reading" for text in self.texts for column in text.columns}
        return [prepare_for_one(kept.tree, types) for kept in self.functions]

    def _leads(self, data: pl.DataFrame, readings: Sequence[np.ndarray]) -> list[dict[str, Any]]:
        """What functions read of each lead, as plain values; the size of a company as its middle."""
        columns = {
            name: [self._middles(ends) for ends in data[name].to_list()]
            if kind == "employees"
            else data[name].to_list()
            for name, kind in self.types
        }
        for text, values in zip(self.texts, readings, strict=True):
            for column, held in zip(text.columns, values.T.tolist(), strict=True):
                columns[column.name] = [None if value != value else value for value in held]
        return [{name: held[row] for name, held in columns.items()} for row in range(data.height)]

    @cached_property
    def _known_middles(self) -> dict[tuple[float, float], float]:
        return {}

    def _middles(self, ends: Mapping[str, float] | None) -> float | None:
        """The middle of a band as Polars works it out, which is done once for each band."""
        if ends is None:
            return None
        low, high = ends["low"], ends["high"]
        if low == high:
            return low
        if (low, high) not in self._known_middles:
            if len(self._known_middles) > MOST_BANDS:
                self._known_middles.clear()
            band = pl.DataFrame({"size": [ends, ends]}).select(_middle("size"))
            self._known_middles[low, high] = band.to_series()[0]
        return self._known_middles[low, high]

    def _values_of_many(self, data: pl.DataFrame, readings: Sequence[np.ndarray]) -> np.ndarray:
        fields, columns = self._expressions
        found = [
            pl.Series(column.name, values[:, place].astype(np.float64), nan_to_null=True)
            for text, values in zip(self.texts, readings, strict=True)
            for place, column in enumerate(text.columns)
        ]
        read = data.select(fields).with_columns(found) if found else data.select(fields)
        numbers = _as_of_many(read).select(columns).to_numpy()[: data.height]
        return _as_column(numbers)

    def state(self) -> dict[str, Any]:
        texts = {"texts": [text.state() for text in self.texts]} if self.texts else {}
        return {"functions": [asdict(kept) for kept in self.functions], "types": self.types, **texts}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The block that `state` describes. Raises VersionError, having built and run nothing that is not in the list."""
        problems: list[Problem] = []
        functions: dict[str, KeptFunction] = {}
        try:
            types = {str(field): str(kind) for field, kind in state["types"]}
            if unknown := set(types.values()) - set(FIELD_TYPES):
                raise ValueError(f"{sorted(unknown)} are no types of fields")
            texts = tuple(TextBlock.from_state(held) for held in state.get("texts", ()))
            for held in state["functions"]:
                kept = KeptFunction(
                    str(held["name"]),
                    tuple(str(name) for name in held["reads"]),
                    str(held["label"]),
                    bool(held["binary"]),
                    held["tree"],
                )
                if kept.name in functions:
                    raise ValueError(f"“{kept.name}” is there twice")
                functions[kept.name] = kept
                try:
                    _check_tree(kept.tree, kept.reads, types, texts)
                except Refused as refused:
                    problems.append(refused.at(f"features.{kept.name[:60]}"))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem("features", f"cannot be read: {error}", "train again"))
        if problems:
            raise VersionError("features", problems)
        return cls(tuple(functions.values()), tuple(types.items()), texts)


def _as_column(numbers: np.ndarray) -> np.ndarray:
    """Numbers as columns hold them: what is infinite or no number is missing."""
    known = np.where(np.isfinite(numbers), numbers, np.nan)
    column: np.ndarray = np.clip(known, -_LARGEST, _LARGEST).astype(np.float32)
    return column


def _as_of_many(data: pl.DataFrame) -> pl.DataFrame:
    """The rows in a form that Polars computes with in one way only; a single row comes twice.

    A column of many values is divided by a constant through its reciprocal, but one value (a table of one row, a chunk of
    one row, a column that holds one value throughout) directly, and the last digit differs. A lead alone must get what it
    gets in a batch.
    """
    return pl.DataFrame(
        [
            column.new_from_index(0, 2) if data.height == 1 else column.rechunk()  # as series, no column is a constant
            for column in data.get_columns()
        ]
    )


def _check_reads(function: FeatureFunction, where: str, schema: LeadSchema, moment: str) -> Iterator[Problem]:
    reads = getattr(function, "reads", None)
    if not isinstance(reads, tuple):
        yield Problem(where, "does not say what it reads", 'put @feature(reads=["..."]) above it')
        return
    if not reads:
        yield Problem(where, "reads no field", "a feature says something about a lead; name the fields in `reads`")
    for name in reads:
        if name not in schema:
            close = difflib.get_close_matches(str(name), [field.name for field in schema.fields], n=1)
            yield Problem(where, f"reads “{name}”, which is no field", f"perhaps “{close[0]}”" if close else "")
        elif not schema.is_known(name, moment):
            known_at = schema[name].known_at
            yield Problem(
                where, f"reads “{name}”, known at {known_at}; this playbook scores at {moment}", "leave it out"
            )


def _keep(
    function: FeatureFunction,
    types: Mapping[str, str],
    read_texts: Callable[[Sequence[str], Sequence[str]], tuple[TextBlock, ...]],
) -> KeptFunction:
    try:
        expression: object = function()
    except Exception as error:  # the function is the playbook's own code
        raise Refused(f"fails: {type(error).__name__}: {error}") from error
    if not isinstance(expression, pl.Expr):
        raise Refused(
            f"gives {type(expression).__name__} and not a Polars expression", 'return one, as pl.col("visits")'
        )
    tree = write_expression(expression)
    dtype = _check_tree(tree, function.reads, types, read_texts(columns_of(tree), function.reads))
    return KeptFunction(
        function.__name__, tuple(function.reads), first_sentence(function.__doc__ or ""), dtype == pl.Boolean, tree
    )


def _check_tree(
    tree: Tree, reads: tuple[str, ...], types: Mapping[str, str], texts: Sequence[TextBlock]
) -> pl.DataType:
    """The type of the expression's values. Raises Refused where it reads what it may not or gives no number."""
    expression = read_expression(tree)
    readings = {column.name: text.field for text in texts for column in text.columns if text.field in reads}
    used = [name for name in columns_of(tree) if name in types or name not in readings]
    for name in used:
        if name not in reads or name not in types:
            raise Refused(f"reads “{name}” without saying so", "name it in `reads`")
    found = [name for name in columns_of(tree) if name not in used]
    used += [readings[name] for name in found]
    idle = [name for name in reads if name not in used]
    if idle or not used:
        raise Refused(f"says that it reads “{', '.join(idle)}” and does not", "name in `reads` only what it reads")
    empty = pl.DataFrame(schema={name: DTYPES[types[name]] for name in reads})
    fields = _read_fields([(name, types[name]) for name in reads])
    numbers = [pl.Series(name, [], dtype=READING) for name in found]
    try:
        # Even without rows, Polars compiles patterns and matches types.
        dtype = empty.select(fields).with_columns(numbers).select(expression).to_series().dtype
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise Refused(f"cannot be computed: {str(error).strip().splitlines()[0]}") from None
    if dtype != pl.Boolean and not dtype.is_numeric() and dtype != pl.Null:
        raise Refused(
            f"gives {dtype} and not a number", "make it a number, as with .dt.total_days() or .str.len_chars()"
        )
    return dtype


def _read_fields(types: Sequence[tuple[str, str]]) -> list[pl.Expr]:
    return [_middle(name) if kind == "employees" else pl.col(name) for name, kind in types]


def _middle(employees: str) -> pl.Expr:
    """A band's geometric mean (of the ends plus one), so that an exact number is itself."""
    low, high = (pl.col(employees).struct.field(end) for end in ("low", "high"))
    middle = ((low.log1p() + high.log1p()) / 2).exp() - 1
    return pl.when(low == high).then(low).otherwise(middle).alias(employees)


def first_sentence(text: str) -> str:
    """The first sentence of a description, in one line.

    >>> first_sentence("Visits a day, e.g. 0.5.\\n\\n    More about it.")
    'Visits a day, e.g. 0.5.'
    """
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", paragraph, maxsplit=1)[0]
