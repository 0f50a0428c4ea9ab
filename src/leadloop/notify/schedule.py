"""When a message is sent again, and when it is given up: eight times over some 27 hours, by what was answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

PAUSES = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0)
"""Seconds before the second, third ... attempt: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h."""
_SLOW_DOWN = (429, 502, 503, 504)
_LONGEST_WISH = 24 * 3_600.0


@dataclass(frozen=True)
class Verdict:
    """What becomes of a message after an attempt."""

    what: Literal["sent", "again", "given up", "gone"]
    """`gone`: the receiver wants nothing more at all."""
    after: float = 0.0
    """Seconds until it is sent again."""
    rest: float = 0.0
    """Seconds for which the receiver wants to be sent nothing."""


def judge(
    status: int | None, *, attempts: int, chance: float, retry_after: str = "", pauses: Sequence[float] = PAUSES
) -> Verdict:
    """What an answer means; `status` is none where there was none. `chance`, 0 to 1, spreads attempts over a tenth of the pause.

    Only 2xx is success: a redirect is none, since it is never followed. 410 ends the matter for the receiver.

    >>> (
    ...     judge(204, attempts=1, chance=0.5).what,
    ...     judge(302, attempts=1, chance=0.5),
    ...     judge(500, attempts=8, chance=0.5).what,
    ... )
    ('sent', Verdict(what='again', after=5.0, rest=0.0), 'given up')
    >>> judge(429, attempts=1, chance=0.5, retry_after="120")
    Verdict(what='again', after=120.0, rest=120.0)
    """
    if status is not None and 200 <= status < 300:
        return Verdict("sent")
    if status == 410:
        return Verdict("gone")
    if attempts > len(pauses):
        return Verdict("given up")
    pause = pauses[attempts - 1] * (0.9 + 0.2 * chance)
    rest = 0.0
    if status in _SLOW_DOWN and re.fullmatch(r"\d{1,9}", retry_after.strip()):
        rest = min(float(retry_after), _LONGEST_WISH)
    return Verdict("again", max(pause, rest), rest)
