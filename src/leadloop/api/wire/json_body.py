"""Reading the body of a request: strict JSON, once. What two readers could understand in two ways is refused."""

from __future__ import annotations

import json
import re
from typing import Any

from leadloop.api.wire.problems import Refusal
from leadloop.errors import Problem

_LONGEST_NUMBER = 400
_LARGEST = 2**53
# Each sign is looked at once, whatever the body: what was taken is never given back, and a text without an end goes to the end.
_TEXT = re.compile(rb'(?s)"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)')
_BRACKETS = re.compile(rb"[\[\]{}]")


def read_json(body: bytes, *, deepest: int) -> Any:
    """The value that a body holds.

    Raises Refusal (400) for what is no JSON, NaN and Infinity included, and (422) for what is, but cannot be meant: a name given
    twice in one object, numbers that no computer holds, half a character, or nesting deeper than `deepest`.

    >>> read_json(b'{"visits": 3}', deepest=32)
    {'visits': 3}
    """
    if body.count(b"[") + body.count(b"{") > deepest:
        _require_shallow(body, deepest)
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refusal(400, Problem("body", f"is not UTF-8 at byte {error.start}", "send UTF-8")) from None
    except json.JSONDecodeError as error:
        where = f"body, line {error.lineno}, column {error.colno}"
        raise Refusal(400, Problem(where, f"is no JSON: {error.msg}", "send one JSON object")) from None
    except RecursionError:
        raise Refusal(422, _too_deep(deepest)) from None
    # JSON writes half a character as \ud8.. to \udf..; both halves together are one.
    if b"\\u" in body and _has_half_character(value):
        problem = Problem("body", "holds half a character (a lone surrogate)", "send whole characters")
        raise Refusal(422, problem)
    return value


def _require_shallow(body: bytes, deepest: int) -> None:
    depth = 0
    for sign in _BRACKETS.findall(_TEXT.sub(b"", body)):
        depth += 1 if sign in b"[{" else -1
        if depth > deepest:
            raise Refusal(422, _too_deep(deepest))


def _too_deep(deepest: int) -> Problem:
    return Problem("body", f"is nested deeper than {deepest} levels", "send leads as flat objects")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = dict.fromkeys(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Refusal(422, [Problem(name, "is given twice in one object", "give it once") for name in twice])
    return made


def _constant(name: str) -> Any:
    raise Refusal(400, Problem("body", f"holds {name}, which is no JSON", "leave the field out, or send null"))


def _whole(digits: str) -> int:
    if len(digits) > 15 and (len(digits) > _LONGEST_NUMBER or abs(int(digits)) > _LARGEST):
        raise Refusal(422, _too_large())
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits) if len(digits) <= _LONGEST_NUMBER else float("inf")
    if value in (float("inf"), float("-inf")):
        raise Refusal(422, _too_large())
    return value


def _too_large() -> Problem:
    return Problem("body", "holds a number that is too large to be exact", "send identifiers as text")


def _has_half_character(value: Any) -> bool:
    if isinstance(value, str):
        return not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, dict):
        return any(_has_half_character(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(_has_half_character(one) for one in value)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole, parse_float=_fraction
)
