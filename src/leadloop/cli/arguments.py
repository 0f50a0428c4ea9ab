"""What is given as NAME=VALUE on the command line, read as TOML reads values."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from leadloop.errors import LeadLoopError, Problem


def read_arguments(given: Sequence[str], option: str) -> dict[str, Any]:
    """The values by their names; raises LeadLoopError naming every one that is none.

    >>> read_arguments(["trials=20", "learners=['XGBoost']", "validation=k-fold"], "--param")
    {'trials': 20, 'learners': ['XGBoost'], 'validation': 'k-fold'}
    """
    found: dict[str, Any] = {}
    problems = []
    for text in given:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not name:
            problems.append(Problem(option, f"“{text[:60]}” names no value", "write NAME=VALUE"))
        elif name in found:
            problems.append(Problem(option, f"“{name}” is given twice", "give it once"))
        else:
            found[name] = _read(value.strip())
    if problems:
        raise LeadLoopError("options", problems)
    return found


def _read(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
