"""What is to be made of the differences of all fields together: performance first, and no alarm in a quiet week."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl

from leadloop.monitoring.chance import holm, normal_tail
from leadloop.monitoring.comparing import compare_field
from leadloop.monitoring.drift import DriftLevel, DriftReport, FieldDrift, SchemaChange, ShiftedPart, StreamAlarm
from leadloop.monitoring.reference import Reference
from leadloop.monitoring.words import say_share

FEWEST_LEADS = 100
"""With fewer leads than this, drift is not looked for."""
FEWEST_OUTCOMES = 50
FALSE_ALARM = 0.001
"""A look at which nothing changed raises an alarm no more often than this, however many fields there are."""
SOME, MUCH = 0.02, 0.20
"""From this stability index on a sure difference is noted, and from this on it is an alarm, if the field moves scores."""
COUNTS = 0.05
"""A field that moves scores by this share of all can raise an alarm by itself."""
_SHIFT = 0.35
"""From this many log-odds on, outcomes that differ from what was promised are an alarm."""
_EMPTIED = 0.20


def find_drift(
    reference: Reference,
    data: pl.DataFrame,
    *,
    playbook: str,
    model_version: str,
    start: datetime,
    end: datetime,
    weights: Mapping[str, float] | None = None,
    scores: pl.DataFrame | None = None,
    promised: np.ndarray | None = None,
    outcomes: np.ndarray | None = None,
    early: tuple[np.ndarray, np.ndarray] | None = None,
    streams: Sequence[StreamAlarm] = (),
    unknown_fields: Mapping[str, float] | None = None,
    note: str = "",
) -> DriftReport:
    """How the leads of a stretch of time differ from those of the reference.

    `data` holds the leads as they were scored, `scores` their `probability` and `confidence`, `weights` the share of each field
    in what moves scores. `promised` and `outcomes` are of leads that matured in the stretch: the probability that each was
    given, and 1 or 0 (or a grade); `early` has the same of leads that are still open: the chance that each had to be won by
    now, and whether it was. `unknown_fields` has fields that are given and that the version does not know, with their
    share of leads.
    """
    weights = weights or {}
    empty = DriftReport(
        playbook, model_version, start, end, data.height, reference.leads, reference.made_of, streams=tuple(streams)
    )
    label = None if promised is None or outcomes is None else compare_outcomes(promised, outcomes)
    so_far = None if early is None else compare_outcomes(*early, "outcome so far")
    both = [one for one in (label, so_far) if one is not None]
    if data.height < FEWEST_LEADS:
        few = f"{data.height:,} leads were scored: too few to look for drift ({FEWEST_LEADS} are the least)"
        return _conclude(replace(empty, note=f"{few}. {note}".strip()), _adjust(both))
    looked = [
        compare_field(one, data[one.name], weight=weights.get(one.name, 0.0))
        for one in reference.fields
        if one.name in data.columns
    ]
    said = [
        compare_field(one, scores[one.name], weight=1.0)
        for one in reference.scores
        if scores is not None and one.name in scores.columns and scores[one.name].null_count() < scores.height
    ]
    judged = _adjust([*looked, *said, *both])
    by_name = {one.field: one for one in judged[len(looked) : len(looked) + len(said)]}
    fields = sorted(judged[: len(looked)], key=lambda one: (-_ORDER[one.level], -one.psi, one.field))
    report = replace(
        empty,
        fields=tuple(fields),
        prediction=by_name.get("probability"),
        confidence=by_name.get("confidence"),
        schema=tuple(_schema(reference, fields, unknown_fields or {})),
        note=note,
    )
    return _conclude(report, judged[len(looked) + len(said) :])


def _adjust(every: list[FieldDrift]) -> list[FieldDrift]:
    """What each difference comes to after all of them were looked at, judged."""
    adjusted = holm(np.array([one.chance for one in every]))
    return [_judge(replace(one, adjusted=float(chance))) for one, chance in zip(every, adjusted, strict=True)]


def compare_outcomes(promised: np.ndarray, outcomes: np.ndarray, name: str = "outcome") -> FieldDrift | None:
    """Whether leads that matured were won as often as they were promised to be; None where too few did.

    This is label drift with everything that the scores know of the leads taken out: a week of better leads is none.
    """
    if len(outcomes) < FEWEST_OUTCOMES:
        return None
    rate, said = float(outcomes.mean()), float(promised.mean())
    spread = math.sqrt(float((promised * (1 - promised)).sum()))
    z = float((outcomes - promised).sum()) / max(spread, 1e-9)
    shift = _log_odds(rate, len(outcomes)) - _log_odds(said, len(outcomes))
    parts = (ShiftedPart("won", said, rate), ShiftedPart("lost", 1 - said, 1 - rate))
    chance = normal_tail(z)
    return FieldDrift("outcome", "outcome", len(outcomes), abs(shift), "z", z, chance, chance, weight=1.0, parts=parts)


_ORDER: Mapping[DriftLevel, int] = {"quiet": 0, "noted": 1, "alarm": 2}


def _judge(one: FieldDrift) -> FieldDrift:
    sure = one.adjusted < FALSE_ALARM
    if one.kind == "outcome":
        level: DriftLevel = "quiet" if not sure else "alarm" if one.psi >= _SHIFT else "noted"
        way = "more" if one.parts[0].now > one.parts[0].before else "less"
        which = "leads that matured" if one.field == "outcome" else "leads that are still open"
        so_far = "" if one.field == "outcome" else " by now"
        sentence = (
            f"Of {one.leads:,} {which}, {say_share(one.parts[0].now)} were won{so_far}, and "
            f"{say_share(one.parts[0].before)} should have been: {way} than chance explains."
        )
        return replace(one, level=level, sentence=sentence if sure else "")
    fresh = sum(each.now for each in one.new_values)
    moved = (sure and one.psi >= SOME) or bool(one.new_values)
    large = sure and (one.psi >= MUCH or fresh >= MUCH)
    level = "alarm" if large and one.weight >= COUNTS else "noted" if moved else "quiet"
    return replace(one, level=level, sentence=_sentence(one) if moved else "")


def _sentence(one: FieldDrift) -> str:
    if one.new_values:
        named = ", ".join(f"“{each.name}” ({say_share(each.now)})" for each in one.new_values[:3])
        what = "words" if one.kind == "text" else "values"
        return f"“{one.field}” has new {what}: {named}."
    gap = one.missing_now - one.missing_before
    if abs(gap) >= 0.1:
        return (
            f"“{one.field}” is left out in {say_share(one.missing_now)} of leads, and was in "
            f"{say_share(one.missing_before)}."
        )
    most = max(one.parts, key=lambda part: abs(part.now - part.before))
    return (
        f"“{one.field}” changed: {most.name} is {say_share(most.now)} of leads, and was {say_share(most.before)} "
        f"(stability index {one.psi:.2f})."
    )


def _schema(reference: Reference, fields: Sequence[FieldDrift], unknown: Mapping[str, float]) -> list[SchemaChange]:
    changes = []
    for one in fields:
        if one.missing_now >= 1.0 and one.missing_before < 1.0:
            changes.append(SchemaChange(one.field, "gone", f"“{one.field}” is never given any more."))
        elif one.missing_now - one.missing_before >= _EMPTIED and one.level != "quiet":
            said = f"{say_share(one.missing_now)} of leads now, {say_share(one.missing_before)} before"
            changes.append(SchemaChange(one.field, "emptied", f"“{one.field}” is left out far more often: {said}."))
    known = {one.name for one in reference.fields}
    for name, share in sorted(unknown.items(), key=lambda each: (-each[1], each[0])):
        if name not in known:
            said = f"“{name}” is given in {say_share(share)} of leads, and this version does not read it."
            changes.append(SchemaChange(name, "new", said))
    return changes


def _conclude(report: DriftReport, outcomes: Sequence[FieldDrift]) -> DriftReport:
    """The level of all of it and the reasons, the weightiest first: outcomes, then scores, then fields."""
    by_name = {one.field: one for one in outcomes}
    label, early = by_name.get("outcome"), by_name.get("outcome so far")
    reasons: list[tuple[DriftLevel, str]] = [(one.level, one.sentence) for one in outcomes]
    for alarm in report.streams:
        way = "worse" if alarm.worse else "better"
        said = f"The {alarm.stream} changed around {alarm.at:%Y-%m-%d}, for the {way}: {alarm.before:.3f} to {alarm.after:.3f}."
        reasons.append(("alarm" if alarm.worse else "noted", said))
    if report.prediction is not None:
        reasons.append((report.prediction.level, report.prediction.sentence))
    # How sure scores are follows from what they are: by itself it is told, and alarms nobody.
    if report.confidence is not None and report.confidence.level != "quiet":
        reasons.append(("noted", report.confidence.sentence))
    reasons += [(one.level, one.sentence) for one in report.fields]
    reasons += [
        ("alarm" if one.change == "gone" else "noted", one.sentence) for one in report.schema if one.change != "new"
    ]
    told = [(level, said) for level, said in reasons if level != "quiet" and said]
    told.sort(key=lambda each: -_ORDER[each[0]])
    level: DriftLevel = told[0][0] if told else "quiet"
    return replace(
        report, label=label, early=early, level=level, reasons=tuple(dict.fromkeys(said for _, said in told))
    )


def _log_odds(share: float, count: int) -> float:
    kept = min(max(share, 0.5 / count), 1 - 0.5 / count)
    return math.log(kept / (1 - kept))
