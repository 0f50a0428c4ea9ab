"""Which names are twins, one a later note of the other: "comments at request" and "comments at retrieval"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from leadloop.learning.leakage.names import name_words

# Words that say "then" or "now" of what follows them, and moments, which say it after "at" or at the end of a name.
_LATE = frozenset({"final", "latest", "last", "current", "now", "after", "updated", "edited", "modified", "today"})
_EARLY = frozenset({"initial", "original", "first", "before", "unedited"})
_LATE_MOMENTS = frozenset(
    {"retrieval", "export", "extraction", "snapshot", "crawl", "download", "end", "closing", "close"}
)
_EARLY_MOMENTS = frozenset(
    {
        "request",
        "intake",
        "creation",
        "start",
        "begin",
        "signup",
        "submission",
        "application",
        "registration",
        "opening",
    }
)
_EARLY_PHRASES = frozenset({("edit", "aware"), ("without", "edits"), ("no", "edits"), ("before", "edits")})


def closest_by_name(fields: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """For each later note the earlier one whose name is nearest, and the words that mark it as later."""
    closest: dict[str, tuple[int, str, tuple[str, ...]]] = {}
    for later, earlier, mark in _pairs_by_name(fields):
        candidate = (abs(len(name_words(later)) - len(name_words(earlier))) + 2 * len(mark), earlier, mark)
        if later not in closest or candidate < closest[later]:
            closest[later] = candidate
    return {later: (earlier, mark) for later, (_, earlier, mark) in closest.items()}


def _pairs_by_name(fields: Iterable[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(later, earlier, mark) for every two names that share most words and differ by words for "then" and "now"."""
    named = {field: name_words(field) for field in fields}
    # Twins share their first or their last word; comparing only those keeps a file of a thousand fields quick.
    rooms: dict[tuple[int, str], list[str]] = defaultdict(list)
    for field, words in named.items():
        if words:
            rooms[0, words[0]].append(field)
            rooms[-1, words[-1]].append(field)
    pairs = {(one, other) for room in rooms.values() for one in room for other in room if one != other}
    for one, other in sorted(pairs):
        mark = _is_later(named[one], named[other])
        if mark is not None:
            yield one, other, mark


def _different_words(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, int]:
    """How many words two names share in front, and how many behind."""
    shorter = min(len(one), len(other))
    front = 0
    while front < shorter and one[front] == other[front]:
        front += 1
    back = 0
    while back < shorter - front and one[-1 - back] == other[-1 - back]:
        back += 1
    return front, back


def _speaks(words: tuple[str, ...], front: int, back: int, plain: frozenset[str], moments: frozenset[str]) -> bool:
    """Whether the words of a name between `front` and `back` speak of then (or of now).

    >>> _speaks(("comments", "at", "request"), 2, 0, _EARLY, _EARLY_MOMENTS)
    True
    >>> _speaks(("request", "comments"), 0, 1, _EARLY, _EARLY_MOMENTS)
    False
    """
    own = range(front, len(words) - back)
    if any(words[place] in plain for place in own):
        return True
    return any(
        words[place] in moments and (place == len(words) - 1 or (place > 0 and words[place - 1] in ("at", "on", "of")))
        for place in own
    )


def _is_later(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words that make the first name a later note of the second, or None where they do not.

    >>> _is_later(("comments", "at", "retrieval"), ("comments", "at", "request"))
    ('retrieval',)
    >>> _is_later(("text",), ("text", "edit", "aware")), _is_later(("max", "price"), ("min", "price"))
    ((), None)
    """
    front, back = _different_words(one, other)
    mine, theirs = one[front : len(one) - back], other[front : len(other) - back]
    shared = front + back
    if not shared or shared < max(len(mine), len(theirs)) - 1:
        return None
    late = _speaks(one, front, back, _LATE, _LATE_MOMENTS)
    early = theirs in _EARLY_PHRASES or _speaks(other, front, back, _EARLY, _EARLY_MOMENTS)
    reverse = mine in _EARLY_PHRASES or _speaks(one, front, back, _EARLY, _EARLY_MOMENTS)
    reverse = reverse or _speaks(other, front, back, _LATE, _LATE_MOMENTS)
    return mine if (late or early) and not reverse else None
