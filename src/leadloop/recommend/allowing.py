"""What may be recommended for a lead now, and what keeps the rest from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leadloop.recommend.settings import ActionRule

REST_DAYS = 14.0
"""How long an action that somebody dismissed is not recommended again for the lead."""
HARDLY_EVER = 0.005
"""An action that is done less often than this at such a point is not recommended: nothing can be known of it there."""
_NO = frozenset({"", "no", "false", "0", "none", "n", "off"})


@dataclass(frozen=True)
class Standing:
    """What is known of a lead that may forbid an action."""

    done: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    """When each action was done."""
    dismissed: Mapping[str, datetime] = field(default_factory=dict)
    """When somebody last said no to each."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The lead's own fields."""
    ended: bool = False
    """Whether it was won or lost already."""


def forbidden(action: str, rule: ActionRule, lead: Standing, now: datetime, *, usual: float, left: int | None) -> str:
    """Why an action may not be recommended for a lead now, in words; empty where it may.

    `usual` is how likely it is what is done at such a point, `left` how many of it can still be done today (None: any number).

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 2, 21, tzinfo=UTC)
    >>> forbidden("call", ActionRule(hours=(8, 18)), Standing(), now, usual=0.4, left=None)
    'it is done from 8 to 18 o’clock UTC'
    """
    if lead.ended:
        return "the lead has ended"
    if rule.opt_out_field and str(lead.fields.get(rule.opt_out_field) or "").strip().casefold() not in _NO:
        return f"the lead does not want it ({rule.opt_out_field})"
    said_no = lead.dismissed.get(action)
    if said_no is not None and now - said_no < timedelta(days=REST_DAYS):
        return f"it was dismissed on {said_no:%Y-%m-%d}"
    done = lead.done.get(action, ())
    if rule.most is not None and len(done) >= rule.most:
        return f"it was done {len(done)} times, and {rule.most} is the most"
    if done and now - max(done) < timedelta(hours=rule.cool_down_hours):
        return f"it was done {(now - max(done)).total_seconds() / 3600:.0f} hours ago, and {rule.cool_down_hours:g} must pass"
    if now.weekday() not in rule.weekdays:
        return "it is not done on this day of the week"
    first, end = rule.hours
    if not first <= now.hour < end:
        return f"it is done from {first} to {end} o’clock UTC"
    if left is not None and left <= 0:
        return "nobody can do more of it today"
    if usual < HARDLY_EVER:
        return "it is hardly ever done at such a point"
    return ""
