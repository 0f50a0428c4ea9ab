"""Feature functions of one lead in plain Python: Polars needs milliseconds to begin, and a lead that waits has only a few.

An expression is taken only where plain Python gives what Polars gives, to the last bit: arithmetic of floating-point numbers,
comparisons, yes and no, and texts of plain letters. What is not sure, while it is prepared or while it is computed, is left to
Polars.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite, log1p
from typing import Any, Literal, NamedTuple

import polars as pl

from leadloop.features.expressions import Tree
from leadloop.features.operations import find_operation, read_one, read_parts
from leadloop.leads.frame import DTYPES

Value = float | bool | str | None
Compute = Callable[[Mapping[str, Value]], Value]
Kind = Literal["number", "flag", "text", "time", "part", "whole", "count", "null"]
"""`whole` is a whole number that stands in the expression, `count` a sum of flags, `part` the month or hour of a time and the
like; none of these may be reckoned with further, but parts may be compared."""

_MOST_WHOLE = 2.0**53
_STEP = 2.0**-20
_BLANKS = " \t\n\r\x0b\x0c"
_PLAIN_PATTERN = re.compile(r"(?:\(\?i\))?\^?(?:(?:[A-Za-z0-9 @:,;/_'-]|\\[sSdDwWb.])[+*?]?(?![+*?])|\|)*\$?")
"""Patterns that every engine reads alike: plain signs and kinds of signs, one after another, each perhaps repeated."""
_PARTS: Mapping[str, Callable[[Any], int]] = {
    "TemporalExpr.Year": lambda time: time.year,
    "TemporalExpr.Month": lambda time: time.month,
    "TemporalExpr.Day": lambda time: time.day,
    "TemporalExpr.WeekDay": lambda time: time.isoweekday(),
    "TemporalExpr.Hour": lambda time: time.hour,
    "TemporalExpr.Minute": lambda time: time.minute,
}


class Unsure(Exception):
    """Plain Python might not give what Polars gives."""


class _Step(NamedTuple):
    kind: Kind
    compute: Compute
    constant: Value = None


def prepare_for_one(tree: Tree, types: Mapping[str, str]) -> Compute | None:
    """A function from a lead's values to the value of an expression; None where that is left to Polars.

    `types` are the types of the fields and readings that the expression reads; a company size comes as its middle. The
    function raises Unsure where a value makes it so.

    >>> from leadloop.features.expressions import write_expression
    >>> late = prepare_for_one(
    ...     write_expression(pl.col("hours") * 2 > pl.col("days") + 1), {"hours": "number", "days": "number"}
    ... )
    >>> late({"hours": 3.0, "days": 4.0}), late({"hours": None, "days": 4.0})
    (True, None)
    """
    try:
        step = _prepare(tree, types)
    except (Unsure, ValueError):
        return None
    return None if step.kind in ("text", "time", "null", "whole") else step.compute


def _prepare(node: object, types: Mapping[str, str]) -> _Step:
    kind, held = read_one(node)
    match kind:
        case "Column":
            name = str(held)
            return _Step(_kind_of(types.get(name, "")), lambda lead: lead[name])
        case "Literal":
            return _literal(held)
        case "BinaryExpr":
            left, name, right = read_parts(held, "left", "op", "right")
            return _binary(str(name), _prepare(left, types), _prepare(right, types))
        case "Ternary":
            test, yes, no = (_prepare(part, types) for part in read_parts(held, "predicate", "truthy", "falsy"))
            return _choose(test, yes, no)
        case "Cast":
            value, dtype, _ = read_parts(held, "expr", "dtype", "options")
            step = _prepare(value, types)
            if dtype != {"Literal": "Float64"} or step.kind not in ("number", "flag", "part"):
                raise Unsure
            return _as_number(step)
        case "Function":
            arguments, function = read_parts(held, "input", "function")
            name, options = find_operation(function)
            if not isinstance(arguments, list):
                raise Unsure
            return _function(name, options, arguments, types)
        case _:
            raise Unsure


def _kind_of(field_type: str) -> Kind:
    if field_type in ("employees", "reading"):
        return "number"
    dtype = DTYPES.get(field_type)
    if dtype == pl.Float64:
        return "number"
    if dtype == pl.Boolean:
        return "flag"
    if dtype == pl.String:
        return "text"
    if field_type == "time":
        return "time"
    raise Unsure


@cache
def logarithms_agree() -> bool:
    """Whether Python and Polars ask the same library for log(1 + x) here, as they do on most systems."""
    values = [sign * 1.37**power for sign in (1.0, -1e-9) for power in range(-60, 400)]
    return [log1p(value) for value in values if value > -1] == pl.Series(
        [value for value in values if value > -1]
    ).log1p().to_list()


def _literal(held: object) -> _Step:
    form, inner = read_one(held)
    kind, value = read_one(inner)
    if (form, kind) == ("Dyn", "Int") and abs(value) < _MOST_WHOLE:
        return _Step("whole", lambda lead: float(value), float(value))
    if kind == "Float" and form == "Dyn":
        return _Step("number", lambda lead: float(value), float(value))
    if (form, kind) == ("Scalar", "Boolean"):
        return _Step("flag", lambda lead: bool(value), bool(value))
    if (form, kind) == ("Scalar", "String"):
        return _Step("text", lambda lead: str(value), str(value))
    if (form, kind, value) == ("Scalar", "Null", "Null"):
        return _Step("null", lambda lead: None)
    raise Unsure


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "Plus": lambda one, other: one + other,
    "Minus": lambda one, other: one - other,
    "Multiply": lambda one, other: one * other,
    "TrueDivide": lambda one, other: one / other,
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Eq": lambda one, other: bool(one == other),
    "NotEq": lambda one, other: bool(one != other),
    "Lt": lambda one, other: bool(one < other),
    "LtEq": lambda one, other: bool(one <= other),
    "Gt": lambda one, other: bool(one > other),
    "GtEq": lambda one, other: bool(one >= other),
}


def _binary(name: str, left: _Step, right: _Step) -> _Step:
    one, other = left.compute, right.compute
    kinds = {left.kind, right.kind}
    if name in ("And", "Or") and kinds == {"flag"}:
        decides = name == "Or"

        def decide(lead: Mapping[str, Value]) -> Value:
            first, second = one(lead), other(lead)
            if first is decides or second is decides:
                return decides
            return None if first is None or second is None else not decides

        return _Step("flag", decide)
    if name in _COMPARISONS:
        numbers = kinds & {"number", "part"} and kinds in ({"number"}, {"number", "whole"}, {"part", "whole"})
        if not numbers and not (kinds == {"text"} and name in ("Eq", "NotEq")):
            raise Unsure
        compare = _COMPARISONS[name]

        def judge(lead: Mapping[str, Value]) -> Value:
            first, second = one(lead), other(lead)
            return None if first is None or second is None else compare(first, second)

        return _Step("flag", judge)
    if name not in _ARITHMETIC or "number" not in kinds or not kinds <= {"number", "whole", "flag"}:
        raise Unsure
    if name == "TrueDivide" and left.constant is not None:
        raise Unsure
    work = _ARITHMETIC[name]
    if name == "TrueDivide" and right.constant is not None:
        if not right.constant or left.kind != "number":
            raise Unsure
        # Polars multiplies many values by the reciprocal, and a lead alone is to get what it gets among many.
        reciprocal = 1.0 / float(right.constant)
        work = _ARITHMETIC["Multiply"]

        def other(lead: Mapping[str, Value]) -> Value:
            return reciprocal

    def reckon(lead: Mapping[str, Value]) -> Value:
        first, second = one(lead), other(lead)
        if first is None or second is None:
            return None
        try:
            found = work(float(first), float(second))
        except ZeroDivisionError:
            raise Unsure from None
        if not isfinite(found):
            raise Unsure
        return found

    return _Step("number", reckon)


def _as_number(step: _Step) -> _Step:
    inner = step.compute
    if step.kind == "number":
        return step

    def number(lead: Mapping[str, Value]) -> Value:
        value = inner(lead)
        return None if value is None else float(value)

    return _Step("number", number)


def _choose(test: _Step, yes: _Step, no: _Step) -> _Step:
    kinds = {yes.kind, no.kind} - {"null"}
    if test.kind != "flag" or kinds not in ({"number"}, {"number", "whole"}, {"flag"}):
        raise Unsure
    asked, then, otherwise = test.compute, yes.compute, no.compute
    return _Step("number" if "number" in kinds else "flag", lambda lead: (then if asked(lead) else otherwise)(lead))


def _function(name: str, options: object, arguments: Sequence[object], types: Mapping[str, str]) -> _Step:
    if name in ("Boolean.IsIn", "ReplaceStrict"):
        return _look_up(name, options, arguments, types)
    steps = [_prepare(argument, types) for argument in arguments]
    kinds = {step.kind for step in steps}
    computes = [step.compute for step in steps]
    first = computes[0]
    match name:
        case "Boolean.Not" if kinds == {"flag"}:

            def deny(lead: Mapping[str, Value]) -> Value:
                value = first(lead)
                return None if value is None else not value

            return _Step("flag", deny)
        case "Boolean.IsNull":
            return _Step("flag", lambda lead: first(lead) is None)
        case "Boolean.IsNotNull":
            return _Step("flag", lambda lead: first(lead) is not None)
        case "FillNull" if kinds in ({"number"}, {"number", "whole"}, {"flag"}) and steps[0].kind != "whole":
            usual = computes[1]

            def fill(lead: Mapping[str, Value]) -> Value:
                value = first(lead)
                return usual(lead) if value is None else value

            return _Step(steps[0].kind, fill)
        case "Clip" if steps[0].kind == "number" and kinds <= {"number", "whole"}:
            return _clip(options, steps)
        case "Boolean.IsBetween" if steps[0].kind == "number" and kinds <= {"number", "whole"}:
            if options != {"closed": "Both"}:
                raise Unsure
            low, high = computes[1:]

            def between(lead: Mapping[str, Value]) -> Value:
                value, least, most = first(lead), low(lead), high(lead)
                if value is None or least is None or most is None:
                    raise Unsure
                return float(least) <= float(value) <= float(most)

            return _Step("flag", lambda lead: None if first(lead) is None else between(lead))
        case "SumHorizontal" if options == {"ignore_nulls": True} and kinds <= {"number", "flag"}:
            return _sum(computes, "number" if "number" in kinds else "count")
        case "MinHorizontal" | "MaxHorizontal" if kinds == {"number"}:
            best = min if name == "MinHorizontal" else max

            def extreme(lead: Mapping[str, Value]) -> Value:
                known = [value for value in (compute(lead) for compute in computes) if value is not None]
                return best(known) if known else None

            return _Step("number", extreme)
        case "Coalesce" if kinds in ({"number"}, {"flag"}):
            kind = steps[0].kind
            return _Step(kind, lambda lead: next((value for one in computes if (value := one(lead)) is not None), None))
        case "Log1p" if kinds == {"number"} and logarithms_agree():

            def logarithm(lead: Mapping[str, Value]) -> Value:
                value = first(lead)
                if value is None:
                    return None
                if not float(value) > -1.0:
                    raise Unsure
                return log1p(float(value))

            return _Step("number", logarithm)
        case "StringExpr.Contains" if kinds == {"text"} and options == {"literal": False, "strict": True}:
            pattern = steps[1].constant
            if not isinstance(pattern, str) or not _PLAIN_PATTERN.fullmatch(pattern):
                raise Unsure
            search = re.compile(pattern).search

            def contains(lead: Mapping[str, Value]) -> Value:
                text = _plain(first(lead), str)
                return None if text is None else search(text) is not None

            return _Step("flag", contains)
        case _ if name in _PARTS and kinds == {"time"}:
            part = _PARTS[name]

            def part_of(lead: Mapping[str, Value]) -> Value:
                time = first(lead)
                return None if time is None else float(part(time))

            return _Step("part", part_of)
        case "StringExpr.Lowercase" if kinds == {"text"}:
            return _Step("text", lambda lead: _plain(first(lead), str.lower))
        case "StringExpr.StripChars" if [step.kind for step in steps] == ["text", "null"]:
            return _Step("text", lambda lead: _plain(first(lead), lambda text: text.strip(_BLANKS)))
        case _:
            raise Unsure


def _plain(value: Value, change: Callable[[str], str]) -> str | None:
    if value is None:
        return None
    text = str(value)
    # Beyond these letters languages differ about what is small, and libraries about what is blank.
    if not text.isascii() or not text.isprintable():
        raise Unsure
    return change(text)


def _clip(options: object, steps: Sequence[_Step]) -> _Step:
    has_min, has_max = read_parts(options, "has_min", "has_max")
    bounds = [step.constant for step in steps[1:]]
    if any(not isinstance(bound, float) for bound in bounds) or len(bounds) != has_min + has_max:
        raise Unsure
    low = bounds[0] if has_min else None
    high = bounds[-1] if has_max else None
    inner = steps[0].compute

    def clip(lead: Mapping[str, Value]) -> Value:
        value = inner(lead)
        if value is None:
            return None
        if low is not None and value < low:  # type: ignore[operator]
            return low
        return high if high is not None and value > high else value  # type: ignore[operator]

    return _Step("number", clip)


def _sum(computes: Sequence[Compute], kind: Kind) -> _Step:
    def add(lead: Mapping[str, Value]) -> Value:
        total = 0.0
        for compute in computes:
            value = compute(lead)
            if value is None:
                continue
            number = float(value)
            # Polars adds in an order of its own: multiples of a small step add up to the same in any order.
            if not abs(number) < 1e6 or number % _STEP:
                raise Unsure
            total += number
        return total

    return _Step(kind, add)


def _look_up(name: str, options: object, arguments: Sequence[object], types: Mapping[str, str]) -> _Step:
    step = _prepare(arguments[0], types)
    lists = [read_one(argument)[1] for argument in arguments[1:3] if read_one(argument)[0] == "Values"]
    texts = lists[0] if lists else None
    if step.kind != "text" or not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Unsure
    inner = step.compute
    if name == "Boolean.IsIn":
        wanted = frozenset(texts)

        def holds(lead: Mapping[str, Value]) -> Value:
            value = inner(lead)
            return None if value is None else value in wanted

        return _Step("flag", holds)
    numbers = lists[1] if len(lists) == 2 else None
    default = arguments[3] if len(arguments) == 4 else None
    if not isinstance(numbers, list) or not all(type(number) in (int, float) for number in numbers):
        raise Unsure
    exact = all(isinstance(number, float) or abs(number) < _MOST_WHOLE for number in numbers)
    if not exact or (options == {"return_dtype": None} and not all(isinstance(number, float) for number in numbers)):
        raise Unsure
    if options not in ({"return_dtype": None}, {"return_dtype": {"Literal": "Float64"}}) or default is None:
        raise Unsure
    usual = _prepare(default, types)
    if usual.kind not in ("null", "number") or (usual.kind == "number" and usual.constant is None):
        raise Unsure
    if len(texts) != len(numbers) or len(set(texts)) != len(texts):
        raise Unsure
    table = {text: float(number) for text, number in zip(texts, numbers, strict=True)}
    otherwise = None if usual.constant is None else float(usual.constant)

    def translate(lead: Mapping[str, Value]) -> Value:
        value = inner(lead)
        return otherwise if value is None else table.get(str(value), otherwise)

    return _Step("number", translate)
