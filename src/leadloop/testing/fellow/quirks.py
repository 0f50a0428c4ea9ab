"""In what ways the local Fellow behaves where sources disagree, and what can be made to go wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Quirks:
    """Switches, which may be turned while it runs."""

    rate_limited: bool = True
    """Whether more than `per_second` or `per_day` requests of a key are refused with 429."""
    per_second: int = 3
    per_day: int = 10_000
    retry_after: int | None = None
    """Seconds that a 429 names in `Retry-After`; None: it names none, as Fellow's documents do."""
    cursor_past_end: bool = False
    """Whether a last page that is full still hands out a cursor, to an empty page."""
    same_cursor: bool = False
    """Whether a page past the end hands out the cursor that led to it."""
    old_names: bool = False
    """Whether recordings and transcripts carry the field names of early 2026."""
    title: Literal["contains", "exact"] = "contains"
    """How the filter by title matches."""
    invalid: int = 422
    """The status of values that are not valid: 422 or 400."""
    wrong_host: int = 404
    """The status of the page that a wrong subdomain answers with: 404 or 200."""
    fail_every: int = 0
    """Every so many requests of the API are answered 500; 0: none."""
    break_off_every: int = 0
    """Every so many requests are answered by JSON that breaks off; 0: none."""
    slow_seconds: float = 0.0
    """How long each answer takes."""
    deliver_twice: bool = False
    """Whether every event is delivered twice."""
    retry_seconds: tuple[float, ...] = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
    """The pauses before each further attempt to deliver an event. Fellow's eight attempts take about 27 hours."""
