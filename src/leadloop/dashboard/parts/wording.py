"""Numbers and moments as people say them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from leadloop.flows.figures.amounts import Mean, Share


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago something was.

    >>> now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> ago(datetime(2026, 3, 2, 11, 15, tzinfo=UTC), now), ago(datetime(2026, 2, 20, tzinfo=UTC), now), ago(None)
    ('45 min ago', '10 days ago', 'never')
    """
    if moment is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - _zoned(moment)).total_seconds()
    if seconds < 0:
        return day(moment)
    for size, name in ((86_400 * 365.25, "year"), (86_400 * 30.44, "month"), (86_400, "day"), (3_600, "hour")):
        if seconds >= 2 * size or (seconds >= size and name in ("day", "hour")):
            count = int(seconds / size)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return f"{int(seconds / 60)} min ago" if seconds >= 60 else "just now"


def day(moment: datetime | None) -> str:
    """The day, as in 2 March 2026; nothing for None.

    >>> day(datetime(2026, 3, 2, tzinfo=UTC))
    '2 March 2026'
    """
    return "" if moment is None else f"{moment.day} {moment:%B %Y}"


def minute(moment: datetime | None) -> str:
    """The moment to the minute, in UTC; nothing for None."""
    return "" if moment is None else f"{_zoned(moment).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def percent(value: float | None, digits: int = 0) -> str:
    """A share in percent; a dash where it is not known.

    >>> percent(0.256), percent(0.0123, 1), percent(None)
    ('26 %', '1.2 %', '–')
    """
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def share(one: Share | None, digits: int = 0) -> str:
    """A share with its interval.

    >>> share(Share(3, 20, 0.15, 0.052, 0.36))
    '15 % (5 to 36 %)'
    """
    if one is None:
        return "–"
    return f"{100 * one.value:.{digits}f} % ({100 * one.low:.{digits}f} to {100 * one.high:.{digits}f} %)"


def mean(one: Mean | None, digits: int = 1, most: float = 100.0) -> str:
    """A mean with its interval, as far as that lies between 0 and `most`; by itself where it is of one."""
    if one is None:
        return "–"
    if one.count < 2:
        return f"{one.value:.{digits}f}"
    return f"{one.value:.{digits}f} ({max(0.0, one.low):.{digits}f} to {min(most, one.high):.{digits}f})"


def signed(points: float) -> str:
    """Points with their sign, and a real minus.

    >>> signed(3.25), signed(-3.25)
    ('+3.2', '−3.2')
    """
    return f"{points:+.1f}".replace("-", "−")


def many(count: int, one: str, more: str = "") -> str:
    """A number of things.

    >>> many(1, "lead"), many(1_200, "lead"), many(2, "company", "companies")
    ('1 lead', '1,200 leads', '2 companies')
    """
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def value(given: Any) -> str:
    """A value of a lead as text."""
    if given is None or given == "":
        return "–"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, datetime):
        return minute(given)
    if isinstance(given, float):
        return f"{given:,.2f}".rstrip("0").rstrip(".")
    if isinstance(given, list | tuple):
        return "; ".join(value(one) for one in given)
    return str(given)


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
