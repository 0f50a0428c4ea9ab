"""The gate: whether a version that was trained has shown that it may go on towards service."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from leadloop.errors import Problem, VersionError
from leadloop.flows.loop.rules import LoopRules
from leadloop.flows.place.workspace import Workspace
from leadloop.monitoring.promotion import Judgement, MeasuredDifference, judge_challenger
from leadloop.registry import ModelVersion

_MOST_BIAS = 0.05
"""By so much mean probability and share won may surely differ over all leads, where leads were weighed."""
_TOO_GOOD = 0.995
"""An AUC above this is not believed: some field knows the outcome."""


def judge_version(
    place: Workspace, version: ModelVersion, rules: LoopRules, *, objections: Sequence[str] = ()
) -> tuple[Judgement, dict[str, Any]]:
    """Whether a version is better than what serves on the test leads that it never learned from, and the evidence for it.

    Where nothing serves it must surely beat its baselines. Raises VersionError where it has no report to judge by.
    """
    champion = place.registry.champion(version.playbook)
    auc = version.metrics["AUC"]
    said = list(objections)
    if auc["value"] > _TOO_GOOD:
        said.append(f"an AUC of {auc['value']:.3f} is not believed: some field seems to know the outcome")
    said += _promises_wrongly(place, version)
    if champion is None:
        judgement = _judge_first(version, rules, said)
        differences: list[MeasuredDifference] = []
        leads, won = int(version.data["test"]), 0
    else:
        comparison = _comparison(place, version)
        against = comparison.get("version")
        if against != champion:
            told = f"it was compared with {against}" if against else "it could not be compared"
            said.append(f"{told}, and what serves is {champion}: train again")
        differences = [
            MeasuredDifference(
                line["name"], line["value"], line["champion"], line["low"], line["high"], line["higher_is_better"]
            )
            for line in comparison.get("lines", ())
            if None not in (line["low"], line["high"])
        ]
        leads, won = int(comparison.get("leads", 0)), int(comparison.get("positives", 0))
        judgement = judge_challenger(differences, leads=leads, won=won, rule=rules.of_promotion, objections=said)
    evidence = {
        "metrics": {name: dict(version.metrics[name]) for name in ("AUC", "log-loss")},
        "against": champion or "",
        "rule": f"{rules.decisive} surely better",
        "leads": leads,
        "won": won,
        "verdict": judgement.verdict,
        "reasons": list(judgement.reasons),
        "differences": {
            one.name: {"value": one.challenger, "champion": one.champion, "low": one.low, "high": one.high}
            for one in differences
        },
    }
    return judgement, evidence


def _judge_first(version: ModelVersion, rules: LoopRules, objections: Sequence[str]) -> Judgement:
    """A first version has nothing to be compared with but what one would say without it."""
    if objections:
        return Judgement(False, "held", tuple(objections))
    if int(version.data["test"]) < rules.fewest_leads:
        return Judgement(False, "too few leads", (f"it was measured on {version.data['test']} leads",))
    loss = version.metrics["log-loss"]
    beside = {name: value for name, value in loss["baselines"].items() if name != "majority"}
    lost = [f"{name} ({value:.3f})" for name, value in beside.items() if loss["high"] >= value]
    if lost:
        said = f"its log-loss {loss['value']:.3f} (at most {loss['high']:.3f}) does not surely beat {', '.join(lost)}"
        return Judgement(False, "no better", (said,))
    return Judgement(True, "better", ("the first version; it surely beats its baselines on the test leads",))


def _promises_wrongly(place: Workspace, version: ModelVersion) -> list[str]:
    """Why its probabilities cannot be right over all leads, where those that were worked were weighed to speak for all."""
    bias = _of_report(place, version, "everyone").get("bias") or {}
    low, high = bias.get("low"), bias.get("high")
    if low is None or high is None or (low <= _MOST_BIAS and high >= -_MOST_BIAS):
        return []
    return [f"over all leads it promises {bias['value']:+.3f} more than is won ({low:+.3f} to {high:+.3f})"]


def _comparison(place: Workspace, version: ModelVersion) -> dict[str, Any]:
    """What the version's own report says of it beside the version that served when it was trained; every byte checked."""
    return _of_report(place, version, "comparison")


def _of_report(place: Workspace, version: ModelVersion, part: str) -> dict[str, Any]:
    files = version.read_files(place.registry.folder(version.playbook, version.id))
    if part != "comparison" and "report.json" not in files:
        return {}
    content = files.get("report.json", b"")
    try:
        told = json.loads(content)
        found = told.get(part) or {}
        return found if isinstance(found, dict) else {}
    except (ValueError, AttributeError):
        raise VersionError(version.id, Problem("report.json", "is damaged", "train again")) from None
