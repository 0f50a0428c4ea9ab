"""One TOML table being read: values by their type, with every mistake remembered and its cure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import tomlkit

from leadloop.errors import Problem

UNKNOWN = "is not a setting"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_MOST_DIGITS = 10**15

Choice = TypeVar("Choice", bound=str)


class TableReader:
    """One TOML table being read: takes values by type, and remembers what was wrong or never asked for."""

    def __init__(self, table: Mapping[str, Any], where: str, problems: list[Problem]) -> None:
        self.table, self.where, self.problems = table, where, problems
        self.asked: set[str] = set()

    def place(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def complain(self, key: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(self.place(key), what, mend))

    def text(self, key: str, default: str | None = None, *, choices: Iterable[str] = ()) -> str:
        self.asked.add(key)
        value = self.table.get(key, default)
        if value is None:
            self.complain(key, "is missing", f'add {key} = "..."')
            return ""
        if not isinstance(value, str):
            self.complain(key, f"is {_kind(value)}, not text", f"write {_key(key)} = {_as_text(value)}")
            return default or ""
        allowed = list(choices)
        if allowed and value not in allowed and value != default:
            mend = _closest(value, allowed) or "write one of them"
            self.complain(key, f"is “{value}”, which is none of {', '.join(allowed)}", mend)
            return default or ""
        return value

    def choice(self, key: str, choices: tuple[Choice, ...], default: Choice, *, required: bool = False) -> Choice:
        """One of some words; `default` where none is given (which is a mistake if `required`), or none of them."""
        named = [one for one in choices if one]
        said = self.text(key, None if required else default, choices=named)
        return next((one for one in choices if one == said), default)

    def flag(self, key: str, default: bool) -> bool:
        self.asked.add(key)
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            self.complain(key, f"is {_kind(value)}, not true or false", f"write {key} = true or {key} = false")
            return default
        return value

    def number(self, key: str, default: float | None, *, low: float, high: float) -> float:
        self.asked.add(key)
        value = self.table.get(key, default)
        if value is None:
            self.complain(key, "is missing", f"add {key} = a number from {low:g} to {high:g}")
            return low
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.complain(key, f"is {_kind(value)}, not a number", f"write a number from {low:g} to {high:g}")
            return low if default is None else default
        if not low <= value <= high:
            self.complain(key, f"is {_digits(value)}", f"write a number from {low:g} to {high:g}")
            return low if default is None else default
        return same_zero(value)

    def whole(self, key: str, default: int, *, low: int, high: int) -> int:
        value = self.number(key, default, low=low, high=high)
        if value != int(value):
            self.complain(key, f"is {value:g}", "write a whole number")
        return int(value)

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        self.asked.add(key)
        value = self.table.get(key, list(default))
        if isinstance(value, str):
            self.complain(key, "is one text where a list is wanted", f"write {_key(key)} = [{_as_text(value)}]")
            return ()
        if not isinstance(value, list):
            self.complain(key, f"is {_kind(value)}, not a list of texts", f"write {_key(key)} = [{_as_text(value)}]")
            return ()
        if not all(isinstance(item, str) for item in value):
            quoted = ", ".join(_as_text(item) for item in value[:4]) + (", ..." if len(value) > 4 else "")
            self.complain(key, "holds what is not text", f"write {_key(key)} = [{quoted}]")
            return ()
        return tuple(value)

    def whole_numbers(self, key: str, *, low: int, high: int) -> tuple[int, ...]:
        self.asked.add(key)
        value = self.table.get(key, [])
        if not isinstance(value, list):
            self.complain(key, f"is {_kind(value)}, not a list of numbers", f"write {_key(key)} = [7, 30, 90]")
            return ()
        whole = [item for item in value if not isinstance(item, bool) and isinstance(item, int) and low <= item <= high]
        if len(whole) < len(value):
            self.complain(
                key, f"holds what is no whole number from {low} to {high:,}", f"write {_key(key)} = [7, 30, 90]"
            )
            return ()
        return tuple(whole)

    def lists(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """A table of lists of texts."""
        reader = type(self)(self.table_of(key), self.place(key), self.problems)
        return tuple((name, reader.texts(name)) for name in reader.table)

    def table_of(self, key: str) -> Mapping[str, Any]:
        self.asked.add(key)
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            self.complain(key, f"is {_kind(value)}, not a table", f"write [{self.place(key)}]")
            return {}
        return value

    def has_table(self, key: str) -> bool:
        """Whether there is a table to read; what is there and is no table has been complained of."""
        self.table_of(key)
        return isinstance(self.table.get(key), dict)

    def tables_in(self, key: str) -> list[tuple[str, TableReader]]:
        readers = []
        for name, table in self.table_of(key).items():
            where = f"{self.place(key)}.{name}"
            if isinstance(table, dict):
                readers.append((name, type(self)(table, where, self.problems)))
            else:
                mend = f"write [{self.place(key)}.{_key(name)}]"
                self.problems.append(Problem(where, f"is {_kind(table)}, not a table", mend))
        return readers

    def one(self, key: str) -> TableReader:
        return type(self)(self.table_of(key), self.place(key), self.problems)

    def finish(self) -> None:
        for key in self.table:
            if key not in self.asked:
                mend = _closest(key, sorted(self.asked)) or f"the names here are {', '.join(sorted(self.asked))}"
                self.complain(key, UNKNOWN, mend)


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _digits(value: int | float) -> str:
    return f"{value:g}" if isinstance(value, float) or abs(value) < _MOST_DIGITS else "far too large"


def _as_text(value: object) -> str:
    """A value as the text that was probably meant, in quotes."""
    if isinstance(value, bool):
        return '"true"' if value else '"false"'
    if isinstance(value, str):
        return tomlkit.string(value).as_string()
    if isinstance(value, int | float):
        return f'"{value if abs(value) < _MOST_DIGITS else "..."}"'
    return '"..."'


def _key(name: str) -> str:
    """A name as it is written in TOML."""
    return name if _BARE_KEY.fullmatch(name) else tomlkit.string(name).as_string()


def same_zero(value: float) -> float:
    """A number as a float, whichever way it was written: 80 and 80.0 are one, and so are -0.0 and 0."""
    return float(value) + 0.0


def _closest(word: str, choices: list[str]) -> str:
    plain = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold(), plain, n=1, cutoff=0.6)
    return f"did you mean {plain[close[0]]}?" if close else ""
