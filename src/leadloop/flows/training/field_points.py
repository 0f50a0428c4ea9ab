"""How many score points each field moves leads by in a saved version, as the version's own report says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from leadloop.registry.registry import Registry


def field_points(registry: Registry, playbook: str, version: str, target: str = "") -> dict[str, float]:
    """The points of each field for one target; `target` names a further one, and is empty for the main one.

    Empty where the version has no report. Raises OSError or ValueError for a report that cannot be read.
    """
    report = _report(registry, playbook, version)
    if target:
        report = next((other for other in report.get("others", []) if other["target"] == target), {})
    return _points(report.get("importance", []))


def score_points(registry: Registry, playbook: str, version: str) -> dict[str, float]:
    """The points of each field for the score that leads are ranked by, which may be composed of several targets."""
    report = _report(registry, playbook, version)
    return _points((report.get("score") or report).get("importance", []))


def _report(registry: Registry, playbook: str, version: str) -> Mapping[str, Any]:
    file = registry.folder(playbook, version) / "report.json"
    return json.loads(file.read_bytes()) if file.is_file() else {}


def _points(lines: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {str(line["field"]): float(line["points"]) for line in lines if line.get("points") is not None}
