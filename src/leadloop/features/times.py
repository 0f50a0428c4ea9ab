"""Times: what hour, weekday and season they fall in, and how far they lie from the lead's own time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from math import pi
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.leads import Field

_DAY_US = 86_400_000_000
_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a time: how long its cycle takes, how it is said of a time ("is ..."), and what is quoted in saying it."""

    cycle_days: float
    when: str
    when_not: str = ""
    quote: str = ""


_HOUR = _Part(1, "at {}", quote="hour")
_WEEKDAY = _Part(7, "on a {}", quote="weekday")
_PARTS = {
    "hour": _HOUR,
    "hour, sine": _HOUR,
    "hour, cosine": _HOUR,
    "business hours": _Part(7, "during business hours", "outside business hours"),
    "weekday": _WEEKDAY,
    "weekday, sine": _WEEKDAY,
    "weekday, cosine": _WEEKDAY,
    "weekend": _Part(7, "at the weekend", "on a working day"),
    "day of month": _Part(30.4, "on day {} of a month", quote="day"),
    "month": _Part(365.25, "in {}", quote="month"),
    "quarter": _Part(365.25, "in the {} quarter of a year", quote="quarter"),
}
_DAYS = "days from the lead's time"


@dataclass(frozen=True)
class TimesBlock:
    """Times as parts that come round again, and other times as days from the lead's own time.

    A time's place on the calendar is never a feature: every lead to be scored lies later than all leads learned from, and
    nothing learned about "2024" says anything about 2026. For the same reason a part counts only where the training
    leads saw its cycle at least twice (two days for the hour, two years for the month): within one year the month is the
    calendar under another name. A part that never changes (the hour, where all times are dates) is left out too.

    Weekdays run from 1 (Monday) to 7; business hours are Monday to Friday, 8:00 to 18:00. All are in UTC, as times are
    read. Hour and weekday also come as sine and cosine, so that 23:00 lies next to 0:00. Days are signed (negative
    before the lead's time) and on a log scale, sign * log(1 + days). A missing time is missing in all of its columns.
    """

    kind: ClassVar[str] = "times"
    lead_time: str
    parts: tuple[tuple[str, str], ...]

    @classmethod
    def fit(cls, data: pl.DataFrame, fields: Sequence[Field], lead_time: str = "") -> Self:
        """Choose the parts worth having from training leads; `lead_time` names the field with the lead's own time."""
        parts = []
        for field in fields:
            times = data[field.name].drop_nulls()
            if times.is_empty():
                continue
            # The middle 98%: one mistyped year must not pass for two years of leads.
            first, last = np.quantile(times.to_physical().to_numpy(), (0.01, 0.99))
            seen_days = (last - first) / _DAY_US
            candidates = [name for name, part in _PARTS.items() if seen_days >= _ROUNDS * part.cycle_days]
            if lead_time and field.name != lead_time:
                candidates.append(_DAYS)
            block = cls(lead_time, tuple((field.name, name) for name in candidates))
            values = block.values(data)
            parts += [
                part
                for part, column in zip(block.parts, values.T, strict=True)
                if len(np.unique(column[~np.isnan(column)])) > 1
            ]
        return cls(lead_time, tuple(parts))

    @classmethod
    def of_all(cls, field: str, lead_time: str = "") -> Self:
        """The block of one field with every part that there can be."""
        parts = [*_PARTS, _DAYS] if lead_time and field != lead_time else [*_PARTS]
        return cls(lead_time, tuple((field, name) for name in parts))

    @cached_property
    def reads(self) -> tuple[str, ...]:
        fields = dict.fromkeys(field for field, _ in self.parts)
        if any(name == _DAYS for _, name in self.parts):
            fields[self.lead_time] = None
        return tuple(fields)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        return tuple(self._column(field, name) for field, name in self.parts)

    def _column(self, field: str, name: str) -> FeatureColumn:
        label = f"{field}, {name}"
        if name == _DAYS:
            says = "lies {} the time the lead came in"
            return FeatureColumn(f"{label} (log)", field, says, says, quote="days")
        part = _PARTS[name]
        # A sine or cosine may be negative, so what is said of it must be true on both sides of zero.
        says_not = f"is {part.when_not or part.when}"
        return FeatureColumn(label, field, f"is {part.when}", says_not, binary=bool(part.when_not), quote=part.quote)

    def values(self, data: pl.DataFrame) -> np.ndarray:
        if not self.parts:
            return np.empty((data.height, 0), dtype=np.float32)
        if data.height == 1 and not any(name == _DAYS for _, name in self.parts):
            cells = [(data[field][0], name) for field, name in self.parts]
            row = [float("nan") if time is None else _part_of(name, time) for time, name in cells]
            return np.array([row], dtype=np.float32)
        expressions = [
            (_days(field, self.lead_time) if name == _DAYS else _part(field, name)).cast(pl.Float32).alias(str(place))
            for place, (field, name) in enumerate(self.parts)
        ]
        return data.select(expressions).to_numpy()

    def state(self) -> dict[str, Any]:
        return {"lead_time": self.lead_time, "parts": self.parts}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        parts = tuple((str(field), str(name)) for field, name in state["parts"])
        unknown = [name for _, name in parts if name not in _PARTS and name != _DAYS]
        if unknown:
            raise ValueError(f"no part of a time is called {unknown[0]!r}")
        return cls(str(state["lead_time"]), parts)


def days_needed(name: str) -> float:
    """How many days training leads must span for this part of a time to be made; 0 where any will do."""
    return _ROUNDS * _PARTS[name].cycle_days if name in _PARTS else 0.0


def _part(field: str, name: str) -> pl.Expr:
    time = pl.col(field).dt
    hour, weekday = time.hour(), time.weekday()
    match name:
        case "hour":
            return hour
        case "hour, sine":
            return (hour * (2 * pi / 24)).sin()
        case "hour, cosine":
            return (hour * (2 * pi / 24)).cos()
        case "business hours":
            return (weekday <= 5) & (hour >= 8) & (hour < 18)
        case "weekday":
            return weekday
        case "weekday, sine":
            return (weekday * (2 * pi / 7)).sin()
        case "weekday, cosine":
            return (weekday * (2 * pi / 7)).cos()
        case "weekend":
            return weekday >= 6
        case "day of month":
            return time.day()
        case "month":
            return time.month()
        case _:
            return time.quarter()


@cache
def _part_at(name: str, weekday: int, hour: int) -> float:
    """A part that hangs on weekday and hour alone, as Polars works it out, which is done once for each."""
    time = datetime.fromisoformat(f"2024-01-0{weekday}T{hour:02}:00")  # 1 January 2024 was a Monday
    part = pl.DataFrame({"time": [time]}).select(_part("time", name).cast(pl.Float32)).to_series()
    return float(part[0])


def _part_of(name: str, time: datetime) -> float:
    match name:
        case "day of month":
            return float(time.day)
        case "month":
            return float(time.month)
        case "quarter":
            return float((time.month + 2) // 3)
        case _:
            return _part_at(name, time.isoweekday(), time.hour)


def _days(field: str, lead_time: str) -> pl.Expr:
    """Signed days on a log scale; floating point, since the microseconds between two mistyped years overflow."""
    # Times a constant and not divided by one: Polars divides one row in another way than many.
    days = (_microseconds(field) - _microseconds(lead_time)) * (1 / _DAY_US)
    return days.sign() * days.abs().log1p()


def _microseconds(field: str) -> pl.Expr:
    return pl.col(field).to_physical().cast(pl.Float64)
