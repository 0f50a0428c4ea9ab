"""Which versions may be deleted: those that are old, that nothing refers to, and that were out of service for long enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadloop.store import PromotionRecord


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a clean-up deleted, or would delete."""

    removed: tuple[str, ...]
    """The versions that went, oldest first."""
    kept: Mapping[str, str]
    """Every other version, oldest first, with the reason for which it stays."""


def choose(
    identities: Sequence[str],
    changes: Iterable[PromotionRecord],
    *,
    newest: int,
    unused_since: datetime,
    needed: Mapping[str, str],
) -> Pruned:
    """Choose among versions (oldest first): the newest stay, those that are needed (each with the reason), and those that had a
    name, such as champion, at any time since a moment. `changes` is the history of every name, oldest first.
    """
    reasons = dict.fromkeys(identities[-newest:], f"one of the {newest} newest" if newest > 1 else "the newest")
    reasons |= _named_since(changes, unused_since)
    reasons |= needed
    return Pruned(
        tuple(one for one in identities if one not in reasons),
        {one: reasons[one] for one in identities if one in reasons},
    )


def _named_since(changes: Iterable[PromotionRecord], moment: datetime) -> dict[str, str]:
    """The versions that a name stood for at the moment or after it."""
    reasons: dict[str, str] = {}
    for change in changes:
        # What a change ended stood until then; what it began is ended by the next one, or still stands.
        if change.previous and change.at >= moment:
            reasons[change.previous] = f"{change.alias} until {change.at:%Y-%m-%d}"
    return reasons
