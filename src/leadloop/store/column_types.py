"""The kinds of columns, which behave the same on SQLite and on PostgreSQL and refuse what only one of them would take."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from leadloop.errors import Problem, StoreError
from leadloop.store.values import to_json


class Moment(TypeDecorator[datetime]):
    """A moment with its zone, kept in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise StoreError("store", Problem("a moment", "has no zone", "give it in UTC, as in datetime.now(UTC)"))
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Line(TypeDecorator[str]):
    """A text of bounded length that compares by its bytes, so that pages have one order everywhere."""

    impl = String
    cache_ok = True

    def __init__(self, length: int, label: str = "text") -> None:
        super().__init__(length)
        self.length = length
        self.label = label

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(self.length, collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and (fault := _fault(value, self.length)):
            raise StoreError("store", Problem(self.label, *fault))
        return value


def _fault(value: object, length: int) -> tuple[str, str] | None:
    if not isinstance(value, str):
        return f"is a {type(value).__name__}", "give a text"
    if len(value) > length:
        return f"has {len(value)} signs of at most {length}", "shorten it"
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        return "holds a sign that is no text", "give text in Unicode without the zero sign"
    return None


class Json(TypeDecorator[Any]):
    """Anything that JSON can say, nothing among it, as text: any sign survives, and the same meaning is the same text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class MaybeJson(Json):
    """The same where nothing is kept of nothing: most rows have none."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)


RowId = BigInteger().with_variant(Integer(), "sqlite")
"""The number of a row; SQLite counts up by itself only where the type is INTEGER."""


def line(name: str, length: int = 255, **options: Any) -> Column[str]:
    """A column of texts, which names itself where it refuses one."""
    options.setdefault("nullable", False)
    return Column(name, Line(length, name), **options)


def moment(name: str, **options: Any) -> Column[datetime]:
    """A column of moments."""
    options.setdefault("nullable", False)
    return Column(name, Moment(), **options)
