"""Reading answers: strict on what the service promises, easy about what it may add one day."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from collections.abc import Mapping as AnyMapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from leadloop.errors import Problem

_Reader = Callable[[Any, str], Any]
_WRITTEN_AS: Mapping[type, Mapping[str, str]] = {Problem: {"mend": "how_to_mend"}}
_PLAIN: Mapping[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "text"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    bool: ((bool,), "true or false"),
    types.NoneType: ((types.NoneType,), "null"),
}


class NotAsPromised(Exception):
    """An answer is not what the service promises: `where` in it, and `what` is wrong."""

    def __init__(self, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(where, what)


def read(kind: Any, value: Any, where: str = "answer") -> Any:
    """Plain JSON values as the type that they are promised to be; raises NotAsPromised.

    What is not asked for is passed over: a newer service may say more.

    >>> read(tuple[float, ...], [1, 2.5])
    (1.0, 2.5)
    >>> read(Problem, {"where": "visits", "what": "is text", "how_to_mend": "", "since": "a later release"})
    Problem(where='visits', what='is text', mend='')
    """
    return _reader(kind)(value, where)


def names_of(kind: type) -> dict[str, str]:
    """The names that a class's attributes have in an answer.

    >>> names_of(Problem)
    {'where': 'where', 'what': 'what', 'mend': 'how_to_mend'}
    """
    written = _WRITTEN_AS.get(kind) or getattr(kind, "written_as", {})
    return {one.name: written.get(one.name, one.name) for one in fields(kind)}


@lru_cache(maxsize=512)
def _reader(kind: Any) -> _Reader:
    if kind is Any:
        return lambda value, where: value
    if kind in _PLAIN:
        return _plain(kind)
    if kind is datetime:
        return _moment
    if is_dataclass(kind):
        return _record(kind)  # type: ignore[arg-type]  # a class, as no annotation is an instance
    origin, of = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _list(_reader(of[0]))
    if origin is AnyMapping:
        return _mapping(_reader(of[1]))
    if origin in (Union, types.UnionType):
        return _union(of)
    raise TypeError(f"answers hold no {kind}")


def _plain(kind: Any) -> _Reader:
    taken, name = _PLAIN[kind]

    def read_plain(value: Any, where: str) -> Any:
        sound = isinstance(value, taken)
        if not sound or (isinstance(value, bool) and kind is not bool):
            raise NotAsPromised(where, f"is not {name}")
        return float(value) if kind is float else value

    return read_plain


def _moment(value: Any, where: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise NotAsPromised(where, "is not a time") from None


def _list(read_one: _Reader) -> _Reader:
    def read_list(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise NotAsPromised(where, "is not a list")
        return tuple(read_one(one, f"{where}[{place}]") for place, one in enumerate(value))

    return read_list


def _mapping(read_one: _Reader) -> _Reader:
    def read_mapping(value: Any, where: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise NotAsPromised(where, "is not an object")
        return {name: read_one(one, f"{where}.{name}") for name, one in value.items()}

    return read_mapping


def _record(kind: type) -> _Reader:
    hints, names = get_type_hints(kind), names_of(kind)
    parts = [
        (one.name, names[one.name], _reader(hints[one.name]), one.default is MISSING and one.default_factory is MISSING)
        for one in fields(kind)
    ]

    def read_record(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise NotAsPromised(where, "is not an object")
        said = {}
        for name, written, read_one, required in parts:
            if written in value:
                said[name] = read_one(value[written], f"{where}.{written}")
            elif required:
                raise NotAsPromised(where, f"lacks “{written}”")
        return kind(**said)

    return read_record


def _union(kinds: tuple[Any, ...]) -> _Reader:
    readers = [_reader(kind) for kind in kinds]

    def read_union(value: Any, where: str) -> Any:
        wrong: NotAsPromised | None = None
        for read_one in readers:
            try:
                return read_one(value, where)
            except NotAsPromised as error:
                wrong = wrong or error
        raise wrong or NotAsPromised(where, "is nothing that was promised")

    return read_union
