"""Columns of times, in whatever way they are written."""

from __future__ import annotations

from leadloop.ingest.field_types.look import Look, TypeGuess, say_unread
from leadloop.ingest.time_formats import TimeFormats, find_time_formats
from leadloop.leads import Field

TIME_WORDS = frozenset(
    [
        "time",
        "timestamp",
        "date",
        "datetime",
        "unix",
        "epoch",
        "ts",
        "utc",
        "created",
        "updated",
        "modified",
        "at",
        "on",
        "day",
        "since",
        "created_at",
    ]
)


def recognise_time(look: Look) -> TypeGuess | None:
    """Times, where nearly every value can be read as one."""
    found = find_time_formats(look.column, day_first=look.habits.day_first)
    if found is not None and found.day == "both":
        mend = "write all dates in one way to use them"
        return TypeGuess(
            "text",
            ("text: dates that cannot be read as one way of writing", f"use: {found.evidence}; {mend}"),
            use=False,
        )
    return None if found is None else guess_time(look, found)


def guess_time(look: Look, found: TimeFormats) -> TypeGuess:
    """A time, with the formats that were found."""
    field = Field(look.column.name, "time", "intake", formats=found.formats)
    values = look.column.read(field)
    read = look.column.rows_where(values.is_not_null())
    way = found.called or (
        "dates or times in ISO form" if not found.formats else f"times written {', '.join(found.formats)}"
    )
    evidence = f"time: {look.counted(read, way)}{say_unread(look, values)}"
    more = (f"formats: {found.evidence}",) if found.evidence else ()
    habit = {"first": "day_first", "second": "month_first"}.get(found.day or "", "")
    opened = "day" if found.day == "unclear" else ""
    return TypeGuess("time", (evidence, *more), found.formats, habit=habit, open=opened)
