"""Which version is in service, since when, by whose word and why: one line a change, only ever added to.

The line is the change: what is in service follows from the lines alone, so that a promotion and its record cannot part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from leadloop.errors import Problem, VersionError
from leadloop.registry.files import append_durably


@dataclass(frozen=True, slots=True)
class Promotion:
    """One change of what is in service: a version put in service, or a step back to the one before."""

    at: str
    who: str
    action: Literal["promote", "rollback"]
    version: str
    previous: str
    why: str
    evidence: Mapping[str, Any]


def read_history(path: Path) -> tuple[Promotion, ...]:
    """Every change so far, oldest first; raises VersionError where a line cannot be read.

    A last line without its end was being written when the machine went down: it was never acknowledged and does not count.
    """
    if not path.is_file():
        return ()
    content = path.read_text(encoding="utf-8")
    complete = content[: content.rfind("\n") + 1]
    promotions = []
    for number, line in enumerate(complete.split("\n"), start=1):
        if not line:
            continue
        try:
            promotions.append(Promotion(**json.loads(line)))
        except (ValueError, TypeError):
            if _was_torn(line):
                continue
            raise VersionError(
                str(path.name), Problem(f"line {number}", "cannot be read", "restore the file from a backup")
            ) from None
    return tuple(promotions)


def _was_torn(line: str) -> bool:
    """Whether a line is the beginning of a record whose writing was cut off (and closed off by the next one)."""
    return line.startswith("{") and not line.rstrip().endswith("}")


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
