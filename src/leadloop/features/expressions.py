"""Polars expressions as plain data: what a saved version may hold of a feature function, and how it is read back.

It is written down in the shape of Polars' own JSON, reduced to operations that look at one lead at a time, and read back
by building each operation anew from the list in `operations.py`. Polars' own reader of expressions is never given anything
from a file, since that reader also unpickles Python functions and loads plug-ins. What is not in the list is refused, in
both directions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from io import StringIO
from math import isfinite
from typing import Any

import polars as pl

from leadloop.features.operations import (
    FUNCTIONS,
    OPERATORS,
    PYTHON_MEND,
    Argument,
    Refused,
    find_operation,
    read_dtype,
    read_one,
    read_parts,
    unknown,
)

MOST_STEPS = 2_000
MOST_LEVELS = 150
MOST_VALUES = 10_000
LONGEST_TEXT = 2_000

Tree = dict[str, Any]
"""An expression as plain JSON values: one key, the kind of step, and what it holds."""


def write_expression(expression: pl.Expr) -> Tree:
    """The expression as plain JSON values. Raises Refused where it cannot be kept.

    Names given on the way (`alias`) fall away. A conversion that fails for a value is kept as one that gives "unknown":
    one lead must not stop a thousand others.

    >>> write_expression(pl.col("visits").log1p())
    {'Function': {'input': [{'Column': 'visits'}], 'function': 'Log1p'}}
    """
    try:
        text = expression.meta.serialize(format="json")
    except Exception as error:  # what Polars or a pickler of a Python function raises here has no common type
        raise Refused(f"cannot be written down ({error})", PYTHON_MEND) from None
    try:
        tree: Tree = _reduce(json.loads(text))
    except RecursionError:
        raise _too_deep() from None
    # Polars may one day write an operation in a way that is read differently here: then nothing may be kept.
    again = _reduce(json.loads(read_expression(tree).meta.serialize(format="json")))
    if again != tree:
        raise Refused("cannot be kept as this version of Polars writes it", "write it with simpler expressions")
    return tree


def read_expression(tree: object) -> pl.Expr:
    """The expression that a tree stands for, built step by step. Raises Refused for anything that is not in the list."""
    _measure(tree)
    try:
        return _build(tree)
    except Refused:
        raise
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        raise Refused(f"cannot be built: {error}") from None


def columns_of(tree: object) -> tuple[str, ...]:
    """The columns that an expression reads, each once.

    >>> columns_of(write_expression((pl.col("visits") + 1) / pl.col("days")))
    ('visits', 'days')
    """
    return tuple(dict.fromkeys(str(value) for key, value in _entries(tree) if key == "Column"))


def _reduce(node: object) -> Any:
    """Polars' JSON without names, with lists of values spelled out, and with conversions that do not fail."""
    match node:
        case {"Alias": [inner, str()]} | {"KeepName": inner}:
            return _reduce(inner)
        case {"Literal": {"Scalar": {"List": list()}} | {"Series": list()}}:
            return {"Values": _spell_out(node)}
        case {"Cast": {"expr": inner, "dtype": dtype, "options": "Strict"}}:
            return {"Cast": {"expr": _reduce(inner), "dtype": dtype, "options": "NonStrict"}}
        case {"AnonymousFunction": _} | {"AnonymousAgg": _}:
            raise Refused("runs Python code on each value (map_elements or map_batches)", PYTHON_MEND)
        case dict():
            return {key: _reduce(value) for key, value in node.items()}
        case list():
            return [_reduce(value) for value in node]
        case _:
            return node


def _spell_out(literal: object) -> list[Any]:
    """The values of a literal list, which Polars writes as bytes. Only ever given what this process has just made."""
    values = pl.select(pl.Expr.deserialize(StringIO(json.dumps(literal)), format="json")).to_series()
    if values.dtype == pl.List and len(values) == 1:
        values = values.explode()
    return values.to_list()


def _entries(node: object) -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key, value
            yield from _entries(value)
    elif isinstance(node, list):
        for value in node:
            yield from _entries(value)


def _measure(tree: object) -> None:
    """Refuse what is too large or too deep, level by level, before anything recursive looks at it."""
    steps = values = 0
    level: list[object] = [tree]
    for _ in range(MOST_LEVELS):
        inner: list[object] = []
        for node in level:
            if isinstance(node, dict):
                steps += 1
                inner += [*node.keys(), *node.values()]
            elif isinstance(node, list):
                inner += node
            else:
                values += 1
                if isinstance(node, str) and len(node) > LONGEST_TEXT:
                    raise Refused(f"holds a text of more than {LONGEST_TEXT:,} characters")
        if steps > MOST_STEPS or values > MOST_VALUES:
            raise Refused("is too long", "split it into several features")
        if not inner:
            return
        level = inner
    raise _too_deep()


def _too_deep() -> Refused:
    return Refused("is nested too deeply", "split it into several features")


def _build(node: object) -> pl.Expr:
    kind, held = read_one(node)
    match kind:
        case "Column":
            if not isinstance(held, str) or not held:
                raise Refused("reads a column without a name")
            if held == "*" or (held.startswith("^") and held.endswith("$")):
                raise Refused(f"reads columns by the pattern “{held}”", "name each column with pl.col")
            return pl.col(held)
        case "Literal":
            return _literal(held)
        case "BinaryExpr":
            left, name, right = read_parts(held, "left", "op", "right")
            if not isinstance(name, str) or name not in OPERATORS:
                raise unknown(name)
            return OPERATORS[name](_build(left), _build(right))
        case "Ternary":
            test, yes, no = read_parts(held, "predicate", "truthy", "falsy")
            return pl.when(_build(test)).then(_build(yes)).otherwise(_build(no))
        case "Cast":
            value, dtype, options = read_parts(held, "expr", "dtype", "options")
            if options != "NonStrict":
                raise Refused("converts with overflow", "leave wrap_numerical out")
            return _build(value).cast(read_dtype(dtype), strict=False)
        case "Function":
            arguments, function = read_parts(held, "input", "function")
            return _call(function, arguments)
        case "AnonymousFunction" | "AnonymousAgg":
            raise Refused("runs Python code on each value (map_elements or map_batches)", PYTHON_MEND)
        case "Selector":
            raise Refused("reads columns by a pattern or a list", "name each column with pl.col")
        case "Values":
            raise Refused("uses a list of values as a column", "use lists with is_in, replace_strict or contains_any")
        case _:
            raise unknown(kind)


def _literal(held: object) -> pl.Expr:
    form, inner = read_one(held)
    kind, value = read_one(inner)
    match form, kind:
        case ("Scalar", "Null") if value == "Null":
            return pl.lit(None)
        case ("Scalar", "Null"):
            return pl.lit(None, dtype=read_dtype({"Literal": value}))
        case ("Scalar", "String") if isinstance(value, str):
            return pl.lit(value)
        case ("Scalar", "Boolean") if isinstance(value, bool):
            return pl.lit(value)
        case ("Dyn", "Int"):
            return pl.lit(_whole(value))
        case ("Dyn", "Float"):
            return pl.lit(_number(value))
        case ("Scalar", "Float32" | "Float64"):
            return pl.lit(_number(value), dtype=read_dtype({"Literal": kind}))
        case ("Scalar", "Int8" | "Int16" | "Int32" | "Int64" | "UInt8" | "UInt16" | "UInt32" | "UInt64"):
            return pl.lit(_whole(value), dtype=read_dtype({"Literal": kind}))
        case ("Scalar", "Date"):
            return pl.lit(_add_days(value))
        case ("Scalar", "Datetime") if (
            isinstance(value, list) and len(value) == 3 and value[1:] == ["Microseconds", None]
        ):
            return pl.lit(_since_1970(value[0]))
        case ("Scalar", "Duration") if isinstance(value, list) and len(value) == 2 and value[1] == "Microseconds":
            return pl.lit(_microseconds(value[0]))
        case _:
            raise Refused(
                f"holds a value of kind {str(kind)[:60]}", "use numbers, texts, dates and times without a zone"
            )


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise Refused("holds a number that is too large or not whole")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Refused("holds a number that is infinite or not a number", "use None for unknown")
    return float(value)


def _microseconds(value: object) -> timedelta:
    try:
        return timedelta(microseconds=_whole(value))
    except OverflowError:
        raise Refused("holds a time out of range") from None


def _since_1970(value: object) -> datetime:
    try:
        return datetime(1970, 1, 1) + _microseconds(value)  # noqa: DTZ001 - times of leads are UTC without a zone
    except OverflowError:
        raise Refused("holds a time out of range") from None


def _add_days(value: object) -> date:
    try:
        return date(1970, 1, 1) + timedelta(days=_whole(value))
    except OverflowError:
        raise Refused("holds a date out of range") from None


def _listed(node: object) -> Any:
    """The values that is_in, replace or contains_any look for: a list of one kind, or one value; None is "not given"."""
    kind, held = read_one(node)
    if kind == "Literal":
        _literal(held)
        name, value = read_one(read_one(held)[1])
        return None if name == "Null" else value
    if kind != "Values" or not isinstance(held, list):
        raise Refused("looks for values that are computed", "list the values themselves")
    kinds = {type(value) for value in held if value is not None}
    if len(kinds) > 1 or not kinds <= {str, int, float, bool}:
        raise Refused("holds a list that mixes kinds of values", "list only numbers, only texts, or only yes and no")
    for value in held:
        if isinstance(value, float):
            _number(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            _whole(value)
    return held


def _text(node: object) -> str:
    match node:
        case {"Literal": {"Scalar": {"String": str(text)}}}:
            return text
        case _:
            raise Refused("looks for a text that is computed", "write the text or pattern itself")


def _position(node: object) -> int | None:
    match node:
        case {"Literal": {"Dyn": {"Int": value}}}:
            return _whole(value)
        case {"Literal": {"Scalar": {"Null": _}}}:
            return None
        case _:
            raise Refused("uses a position that is computed", "write the number itself")


def _mark(node: object) -> str | None:
    return None if node == {"Literal": {"Scalar": {"Null": "Null"}}} else _text(node)


_READERS: Mapping[Argument, Callable[[object], Any]] = {
    "expression": _build,
    "values": _listed,
    "text": _text,
    "position": _position,
    "mark": _mark,
}


def _call(function: object, arguments: object) -> pl.Expr:
    name, options = find_operation(function)
    if not isinstance(arguments, list):
        raise Refused("holds a function without arguments")
    if name == "ReplaceStrict" and len(arguments) == 3:
        raise Refused("replaces values without saying what becomes of others", "give replace_strict a default")
    if name == "ListExpr.Get" and options is False:
        raise Refused("fails where a list is too short", "give list.get null_on_oob=True")
    operation = FUNCTIONS.get(name)
    if operation is None:
        raise unknown(name)
    places = operation.places(len(arguments))
    values = [_READERS[place](argument) for place, argument in zip(places, arguments, strict=True)]
    return operation.build(*values, **operation.read_options(options))
