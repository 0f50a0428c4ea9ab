"""Which version is in service, since when, by whose word and why: one line a change, only ever added to.

The line is the change: what is in service follows from the lines alone, so that a promotion and its record cannot part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from leadloop.errors import Problem, VersionError
from leadloop.registry.files import append_durably

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?$)')


@dataclass(frozen=True, slots=True)
class Promotion:
    """One change of what is in service: a version put in service, or a step back to the one before."""

    at: str
    """When, in UTC."""
    who: str
    """By whom."""
    action: Literal["promote", "rollback"]
    """Put in service, or back to the one before."""
    version: str
    """The version that is in service since."""
    previous: str
    """The version that was in service until then; empty where there was none."""
    why: str
    """The reason that was given."""
    evidence: Mapping[str, Any]
    """The quality that was known at that moment."""


def read_history(path: Path) -> tuple[Promotion, ...]:
    """Every change so far, oldest first; raises VersionError naming every line that cannot be read.

    A line that breaks off was being written when the machine went down: it was never acknowledged and does not count.
    """
    if not path.is_file():
        return ()
    promotions: list[Promotion] = []
    problems: list[Problem] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if not line.strip():
            continue
        promotion = _read_line(line)
        if promotion is not None:
            promotions.append(promotion)
        elif not _breaks_off(line):
            problems.append(Problem(f"line {number}", "cannot be read", "restore the file from a backup"))
    if problems:
        raise VersionError(f"{path.parent.name}/{path.name}", problems)
    return tuple(promotions)


def _read_line(line: bytes) -> Promotion | None:
    try:
        promotion = Promotion(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (promotion.at, promotion.who, promotion.version, promotion.previous, promotion.why)
    sound = all(isinstance(text, str) for text in texts) and isinstance(promotion.evidence, dict)
    return promotion if sound and promotion.action in ("promote", "rollback") else None


def _breaks_off(line: bytes) -> bool:
    """Whether a line is the beginning of a record whose writing was cut off (and closed off by the next one).

    Every beginning of a record has a brace that is still open; a whole record, and nothing shorter, has none.

    >>> [_breaks_off(line) for line in (b'{"why": "', b'{"evidence": {"AUC": 1}', b'{"why": "}"', b'{"why" "a"}', b"x")]
    [True, True, True, False, False]
    """
    if not line.startswith(b"{"):
        return False
    bare = _TEXT.sub(b"", line)
    return bare.count(b"{") > bare.count(b"}")


def record(path: Path, promotion: Promotion) -> None:
    """Add a change; when this returns, the disk has it."""
    append_durably(path, json.dumps(asdict(promotion), ensure_ascii=False, sort_keys=True))


def in_service(promotions: Sequence[Promotion]) -> list[str]:
    """The versions that were put in service and not rolled back, oldest first: the last one serves.

    >>> step = lambda action, version: Promotion("", "", action, version, "", "", {})
    >>> in_service([step("promote", "a"), step("promote", "b"), step("rollback", "a")])
    ['a']
    """
    stack: list[str] = []
    for promotion in promotions:
        if promotion.action == "promote":
            stack.append(promotion.version)
        elif stack:
            stack.pop()
    return stack
