"""The operations that a saved feature may hold: each looks at one lead at a time and runs no Python.

This is the whole list. An operation is known by the name that Polars gives it in its own JSON ("StringExpr.LenChars") and
is built from here through Polars' public methods, wherever the JSON came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import add, and_, attrgetter, eq, floordiv, ge, gt, le, lt, mod, mul, ne, neg, or_, sub, truediv, xor
from typing import Any, Literal

import polars as pl

from leadloop.errors import Problem


class Refused(ValueError):
    """An expression holds something that must not be saved or read; carries what it is and how to mend it."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend

    def at(self, where: str) -> Problem:
        """The refusal as a problem."""
        return Problem(where, self.what, self.mend)


PYTHON_MEND = "write it with Polars expressions"
_LOOKS_AT_OTHERS = """
    Agg Append ArgMax ArgMin ArgSort ArgUnique ArgWhere BackwardFill BinQuantiles BinRanks Boolean.All Boolean.Any
    Boolean.IsDuplicated Boolean.IsFirstDistinct Boolean.IsLastDistinct Boolean.IsUnique Correlation CumCount CumMax
    CumMean CumMin CumProd CumSum Diff Drop DropNans DropNulls Entropy EwmMean EwmMeanBy EwmStd EwmVar Explode
    Extend ExtendConstant FillNullWithStrategy Filter Gather Hist Implode Interpolate InterpolateBy Kurtosis Len
    ListExpr.Sample Mode Over PctChange PeakMax PeakMin QCut Quantile RLE RLEID Random Rank Repeat Reverse Rolling
    RollingExpr RollingExprBy SearchSorted SetSortedFlag Shift ShiftAndFill Skew Slice Sort SortBy
    StringExpr.ConcatVertical TopK TopKBy Unique UniqueCounts ValueCounts Window
"""
_OTHER_ROWS = frozenset(_LOOKS_AT_OTHERS.split())


def unknown(name: object) -> Refused:
    """Why an operation that is not in the list is refused."""
    if name in _OTHER_ROWS:
        return Refused(f"looks at other leads ({name})", "a feature may look at its own lead only")
    return Refused(
        f"uses “{str(name)[:60]}”, which a saved version may not hold",
        "use arithmetic, comparisons, when/then, and the usual functions of numbers, texts and times",
    )


def read_one(node: object) -> tuple[str, Any]:
    """The only key of an object, and what it holds; Polars writes a step without content as a bare text."""
    if isinstance(node, str):
        return node, None
    if isinstance(node, dict) and len(node) == 1:
        key, value = next(iter(node.items()))
        return str(key), value
    raise Refused("holds something that is not an expression")


def read_parts(held: object, *names: str) -> list[Any]:
    """What an object holds under exactly these keys."""
    if not isinstance(held, dict) or set(held) != set(names):
        raise Refused(f"has a step without exactly {', '.join(names)}")
    return [held[name] for name in names]


_TYPE_NAMES = "Boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 String Date"
_TYPES: Mapping[str, Any] = {name: getattr(pl, name) for name in _TYPE_NAMES.split()}


def read_dtype(dtype: object) -> Any:
    """The Polars type of this name."""
    kind, name = read_one(dtype)
    if kind != "Literal" or not isinstance(name, str) or name not in _TYPES:
        raise Refused(f"converts to {str(name)[:60]}", f"convert to one of {', '.join(_TYPES)}")
    return _TYPES[name]


OPERATORS: Mapping[str, Callable[[Any, Any], pl.Expr]] = {
    "Plus": add,
    "Minus": sub,
    "Multiply": mul,
    "TrueDivide": truediv,
    "FloorDivide": floordiv,
    "Modulus": mod,
    "Eq": eq,
    "NotEq": ne,
    "Lt": lt,
    "LtEq": le,
    "Gt": gt,
    "GtEq": ge,
    "And": and_,
    "Or": or_,
    "Xor": xor,
    "EqValidity": pl.Expr.eq_missing,
    "NotEqValidity": pl.Expr.ne_missing,
}

Argument = Literal["expression", "values", "text", "position", "mark"]
"""What a function takes at a place: an expression, or constants that must be written out."""


def _no_options(held: object) -> Mapping[str, Any]:
    if held is not None:
        raise Refused("calls a function with options that it does not have")
    return {}


@dataclass(frozen=True)
class Operation:
    """How one of Polars' functions is built, what it takes at each place, and how its options are read.

    The last place serves all further arguments, up to `most`, of a function that takes any number.
    """

    build: Callable[..., pl.Expr]
    takes: tuple[Argument, ...] = ("expression",)
    read_options: Callable[[object], Mapping[str, Any]] = _no_options
    most: int = 0

    def places(self, count: int) -> tuple[Argument, ...]:
        """What each of so many arguments must be. Raises Refused where the function does not take that many."""
        if not len(self.takes) <= count <= max(self.most, len(self.takes)):
            raise Refused(f"calls a function with {count} arguments")
        return self.takes + self.takes[-1:] * (count - len(self.takes))


def _options(**allowed: Callable[[Any], bool]) -> Callable[[object], Mapping[str, Any]]:
    """A reader of options that must be exactly these, each of which must pass its test."""

    def read(held: object) -> Mapping[str, Any]:
        values = read_parts(held, *allowed)
        for (name, passes), value in zip(allowed.items(), values, strict=True):
            if not passes(value):
                raise Refused(f"calls a function with {name} = {str(value)[:60]}")
        return dict(zip(allowed, values, strict=True))

    return read


def _option(name: str, passes: Callable[[Any], bool]) -> Callable[[object], Mapping[str, Any]]:
    """A reader of the one option of a function whose options Polars writes as a bare value."""
    return lambda held: _options(**{name: passes})({name: held})


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_digits(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 15


def _one_of(*values: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in values


def _clip(value: pl.Expr, *bounds: pl.Expr, has_min: bool, has_max: bool) -> pl.Expr:
    if len(bounds) != has_min + has_max:
        raise Refused("clips with other bounds than it says")
    return value.clip(bounds[0] if has_min else None, bounds[-1] if has_max else None)


def _round(value: pl.Expr, *, decimals: int, mode: str) -> pl.Expr:
    return value.round(decimals, mode="half_to_even" if mode == "HalfToEven" else "half_away_from_zero")


def _replace_strict(value: pl.Expr, old: Any, new: Any, default: pl.Expr, *, return_dtype: object) -> pl.Expr:
    return value.replace_strict(
        old, new, default=default, return_dtype=None if return_dtype is None else read_dtype(return_dtype)
    )


def _is_dtype(value: object) -> bool:
    return value is None or read_dtype(value) is not None


_ONE_ARGUMENT = {
    "Abs": "abs",
    "Ceil": "ceil",
    "Exp": "exp",
    "Floor": "floor",
    "Log1p": "log1p",
    "Sign": "sign",
    "Pow.Sqrt": "sqrt",
    "Pow.Cbrt": "cbrt",
    "Trigonometry.Cos": "cos",
    "Trigonometry.Sin": "sin",
    "Trigonometry.Tanh": "tanh",
    "Boolean.IsFinite": "is_finite",
    "Boolean.IsInfinite": "is_infinite",
    "Boolean.IsNan": "is_nan",
    "Boolean.IsNotNan": "is_not_nan",
    "Boolean.IsNotNull": "is_not_null",
    "Boolean.IsNull": "is_null",
    "Boolean.Not": "not_",
    "StringExpr.LenBytes": "str.len_bytes",
    "StringExpr.LenChars": "str.len_chars",
    "StringExpr.Lowercase": "str.to_lowercase",
    "StringExpr.Uppercase": "str.to_uppercase",
    "TemporalExpr.Date": "dt.date",
    "TemporalExpr.Day": "dt.day",
    "TemporalExpr.Hour": "dt.hour",
    "TemporalExpr.Minute": "dt.minute",
    "TemporalExpr.Month": "dt.month",
    "TemporalExpr.OrdinalDay": "dt.ordinal_day",
    "TemporalExpr.Quarter": "dt.quarter",
    "TemporalExpr.Second": "dt.second",
    "TemporalExpr.Week": "dt.week",
    "TemporalExpr.WeekDay": "dt.weekday",
    "TemporalExpr.Year": "dt.year",
    "ListExpr.Length": "list.len",
}

_DURATIONS = {
    f"TemporalExpr.Total{unit}": f"dt.total_{unit.lower()}"
    for unit in ("Days", "Hours", "Minutes", "Seconds", "Milliseconds", "Microseconds")
}


def _method(path: str) -> Callable[..., pl.Expr]:
    def call(value: pl.Expr, *arguments: Any, **options: Any) -> pl.Expr:
        built: pl.Expr = attrgetter(path)(value)(*arguments, **options)
        return built

    return call


_MANY = 100
FUNCTIONS: Mapping[str, Operation] = {
    **{name: Operation(_method(path)) for name, path in _ONE_ARGUMENT.items()},
    **{name: Operation(_method(path), read_options=_options(fractional=_is_flag)) for name, path in _DURATIONS.items()},
    "Negate": Operation(neg),
    "Pow.Generic": Operation(pl.Expr.pow, ("expression", "expression")),
    "Log": Operation(pl.Expr.log, ("expression", "expression")),
    "Atan2": Operation(pl.arctan2, ("expression", "expression")),
    "Clip": Operation(_clip, ("expression", "expression"), _options(has_min=_is_flag, has_max=_is_flag), 3),
    "Round": Operation(
        _round, read_options=_options(decimals=_is_digits, mode=_one_of("HalfToEven", "HalfAwayFromZero"))
    ),
    "FillNull": Operation(pl.Expr.fill_null, ("expression", "expression")),
    "Coalesce": Operation(pl.coalesce, most=_MANY),
    "MaxHorizontal": Operation(pl.max_horizontal, most=_MANY),
    "MinHorizontal": Operation(pl.min_horizontal, most=_MANY),
    "SumHorizontal": Operation(pl.sum_horizontal, read_options=_options(ignore_nulls=_is_flag), most=_MANY),
    "MeanHorizontal": Operation(pl.mean_horizontal, read_options=_options(ignore_nulls=_is_flag), most=_MANY),
    "Boolean.AnyHorizontal": Operation(pl.any_horizontal, most=_MANY),
    "Boolean.AllHorizontal": Operation(pl.all_horizontal, most=_MANY),
    "Boolean.IsBetween": Operation(
        lambda value, low, high, closed: value.is_between(low, high, closed=closed.lower()),
        ("expression", "expression", "expression"),
        _options(closed=_one_of("Both", "Left", "Right", "None")),
    ),
    "Boolean.IsIn": Operation(pl.Expr.is_in, ("expression", "values"), _options(nulls_equal=_is_flag)),
    "Replace": Operation(pl.Expr.replace, ("expression", "values", "values")),
    "ReplaceStrict": Operation(
        _replace_strict, ("expression", "values", "values", "expression"), _options(return_dtype=_is_dtype)
    ),
    "StringExpr.Contains": Operation(
        _method("str.contains"), ("expression", "text"), _options(literal=_is_flag, strict=_is_flag)
    ),
    "StringExpr.ContainsAny": Operation(
        _method("str.contains_any"), ("expression", "values"), _options(ascii_case_insensitive=_is_flag)
    ),
    "StringExpr.CountMatches": Operation(
        _method("str.count_matches"), ("expression", "text"), _option("literal", _is_flag)
    ),
    "StringExpr.EndsWith": Operation(_method("str.ends_with"), ("expression", "text")),
    "StringExpr.Extract": Operation(_method("str.extract"), ("expression", "text"), _option("group_index", _is_digits)),
    "StringExpr.Head": Operation(_method("str.head"), ("expression", "position")),
    "StringExpr.Slice": Operation(_method("str.slice"), ("expression", "position", "position")),
    "StringExpr.Split": Operation(_method("str.split"), ("expression", "text"), _option("inclusive", _is_flag)),
    "StringExpr.StartsWith": Operation(_method("str.starts_with"), ("expression", "text")),
    "StringExpr.StripChars": Operation(_method("str.strip_chars"), ("expression", "mark")),
    "StringExpr.Tail": Operation(_method("str.tail"), ("expression", "position")),
    "ListExpr.Contains": Operation(
        _method("list.contains"), ("expression", "expression"), _options(nulls_equal=_is_flag)
    ),
    "ListExpr.Get": Operation(
        _method("list.get"), ("expression", "position"), _option("null_on_oob", lambda value: value is True)
    ),
}
"""Every function that a saved version may hold, under Polars' own name. All of them look at one lead at a time."""

_FAMILIES = frozenset({"Boolean", "StringExpr", "TemporalExpr", "ListExpr", "Pow", "Trigonometry"})


def find_operation(function: object) -> tuple[str, object]:
    """The name of a function in Polars' JSON, with its family where it has one, and its options as they stand."""
    name, options = read_one(function)
    if name in _FAMILIES:
        member, options = read_one(options)
        name = f"{name}.{member}"
    return name, options
