"""Looks at what was scored: matured quality, its estimate before that, and drift, each of a stretch of time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from leadloop.errors import LeadLoopError
from leadloop.flows.scoring.file_batch import set_absent_times
from leadloop.flows.training.field_points import score_points
from leadloop.flows.watch.family import read_family
from leadloop.flows.watch.kept_reference import find_reference
from leadloop.flows.watch.logged_leads import Watched, read_fields, read_logged
from leadloop.monitoring import DriftReport, QualityEstimate, QualityReport, StreamAlarm
from leadloop.monitoring.estimate import FEWEST_LEADS, Correction, estimate_quality, learn_correction
from leadloop.monitoring.judging_drift import find_drift
from leadloop.monitoring.quality import FEWEST_LEADS as FEWEST_MATURED
from leadloop.monitoring.quality import FEWEST_OF_EACH, measure_quality
from leadloop.monitoring.streams import Adwin, find_break
from leadloop.registry import ModelVersion
from leadloop.scoring.rule_scorer import RuleScorer
from leadloop.scoring.trained import TrainedPlaybook

WEEK = timedelta(days=7)
_WEEKS = (1, 2, 4, 8, 12, 26)
"""A stretch is as many weeks long as it takes to have enough leads."""
_PAST_WEEKS = 26
_MOST_LOOKED_AT = 20_000
_MOST_CORRECTED_BY = 50_000
_FEWEST_PACES = 50
_ENOUGH = 3
_NAMES = {"log-loss": "log-loss", "AUC": "AUC", "Brier score": "Brier score", "accuracy": "accuracy"}
_AT = {"precision": "precision at ", "recall": "gain at ", "F1": "F1 at "}
_SURE = 1e-5
"""How often a detector may find a change in a stream that has none."""


@dataclass(frozen=True)
class Past:
    """The scores of one version (or of whatever served) that lie far enough back, with what became of the leads."""

    watched: Watched
    version: ModelVersion | None
    trained: TrainedPlaybook | None
    now: datetime
    leads: pl.DataFrame
    """Of the last half year and the time that a lead takes, as `read_logged` gives them."""

    @property
    def name(self) -> str:
        """The version's id; empty where none is in service."""
        return self.version.id if self.version else ""

    def between(self, start: datetime, end: datetime) -> pl.DataFrame:
        """The leads scored from one moment to before another."""
        return self.leads.filter((pl.col("at") >= bare(start)) & (pl.col("at") < bare(end)))


def bare(moment: datetime) -> datetime:
    """A moment in UTC without its zone, as frames hold it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def read_past(
    watched: Watched, now: datetime, *, version: str = "", served: bool = False, since: datetime | None = None
) -> Past:
    """The scores of a version of the last half year, or since a moment; of whatever served, with `served`.

    `version` is an id, a release or an alias; the version in service by default.
    """
    registry, name = watched.place.registry, watched.name
    found = None
    wanted = version or registry.champion(name) or ""
    if wanted:
        found = registry.find(name, wanted)
    trained = registry.load(found) if found else None
    start = since or now - _PAST_WEEKS * WEEK - timedelta(days=watched.within_days or 0.0)
    of = "" if served or found is None else found.id
    if found is not None and of and found.recalibration:
        return Past(watched, found, trained, now, read_family(watched, found, start, now, now))
    return Past(watched, found, trained, now, read_logged(watched, start, now, now, version=of))


# ---------------------------------------------------------------------------------------------------------------- quality


def newest_matured(past: Past) -> tuple[datetime, datetime]:
    """The newest whole weeks (from Monday, UTC) whose leads had the time to mature, as many as it takes to judge by."""
    monday = past.now - timedelta(days=past.watched.within_days or 0.0)
    end = monday.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end -= timedelta(days=end.weekday())
    if past.watched.within_days is None:
        end = past.now  # outcomes count as soon as they are told
    for weeks in _WEEKS:
        start = end - weeks * WEEK
        ended = past.between(start, end)["outcome"].drop_nulls()
        least = min(float(ended.sum()), float((1 - ended).sum())) if len(ended) else 0.0
        if len(ended) >= _ENOUGH * FEWEST_MATURED and least >= _ENOUGH * FEWEST_OF_EACH:
            return start, end
    return end - _WEEKS[-1] * WEEK, end


def look_at_quality(
    past: Past, start: datetime, end: datetime, *, label: str, with_rules: bool = True
) -> QualityReport:
    """How good the scores were that were given in a stretch of time; `label` is the version that the report names."""
    watched, playbook = past.watched, past.watched.playbook
    leads = past.between(start, end)
    if with_rules and watched.found is not None and watched.found.rules and past.trained is not None:
        leads = _with_rules(watched, leads)
    reference = None if past.version is None else find_reference(watched, past.version, past.now)
    note = ""
    if watched.within_days is None:
        note = "Nothing says how long a lead takes: open leads may yet change these figures (see `within_days`)."
    return measure_quality(
        leads,
        playbook=watched.name,
        target=playbook.target.name,
        start=start,
        end=end,
        as_of=past.now,
        capacity=playbook.policy.capacity,
        model_version=label,
        prior=reference.rate if reference else None,
        bands=[band.name for band in playbook.policy.bands],
        seed=playbook.training.seed,
        note=note,
    )


def _with_rules(watched: Watched, leads: pl.DataFrame) -> pl.DataFrame:
    """The leads with the score that the playbook's own rules give them, of an even sample where there are very many."""
    assert watched.found is not None
    matured = leads.filter(pl.col("outcome").is_not_null())
    some = _sample(matured)
    try:
        scorer = RuleScorer.of(watched.playbook, watched.found.rules)
        read, _ = read_fields(watched, scorer, some["id"].to_list())
    except LeadLoopError:  # the rules beside the playbook are of another playbook than the version's by now
        return leads
    read = set_absent_times(scorer, read, some["at"].gather(read.lines - 1))
    scores = scorer.score_table(read, explain=False)["score"]
    ruled = pl.DataFrame({"id": some["id"].gather(read.lines - 1), "rules": scores})
    return leads.join(ruled, on="id", how="left", maintain_order="left")


# --------------------------------------------------------------------------------------------------------------- estimate


def newest_scored(past: Past) -> tuple[datetime, datetime]:
    """The newest week of scores, or as many as it takes to have enough of them."""
    for weeks in _WEEKS[:-1]:
        start = past.now - weeks * WEEK
        if past.between(start, past.now).height >= 2 * FEWEST_LEADS:
            return start, past.now
    return past.now - _WEEKS[-2] * WEEK, past.now


def look_ahead(past: Past, start: datetime, end: datetime, correction: Correction) -> QualityEstimate:
    """What quality is to be expected of the scores given in a stretch of time, whose leads are still open."""
    playbook = past.watched.playbook
    probabilities = past.between(start, end)["probability"].drop_nulls().to_numpy()
    return estimate_quality(
        probabilities,
        playbook=past.watched.name,
        model_version=past.name,
        start=start,
        end=end,
        capacity=playbook.policy.capacity,
        correction=correction,
        before=tested(past.version),
        seed=playbook.training.seed,
        note="An estimate: it rests on the probabilities alone, and cannot see that like leads have begun to end differently.",
    )


def correct_by(past: Past) -> Correction:
    """How probabilities have to be read by what became of the leads that they were given to."""
    matured = past.leads.filter(pl.col("outcome").is_not_null() & pl.col("probability").is_not_null())
    newest = matured.sort("at").tail(_MOST_CORRECTED_BY)
    return learn_correction(newest["probability"].to_numpy(), newest["outcome"].to_numpy())


def tested(version: ModelVersion | None) -> dict[str, float]:
    """What was measured of a version on its test leads, by the names of a QualityReport."""
    if version is None:
        return {}
    values = {name: told["value"] for name, told in version.metrics.items() if told.get("value") is not None}
    found = {name: values[key] for name, key in _NAMES.items() if key in values}
    for name, opening in _AT.items():
        found.update((name, value) for key, value in values.items() if key.startswith(opening))
    return found


# ------------------------------------------------------------------------------------------------------------------ drift


def look_for_drift(
    past: Past, start: datetime, end: datetime, matured: pl.DataFrame, correction: Correction
) -> DriftReport:
    """How the leads of a stretch of time differ from those that the version learned from; `matured` have their outcomes."""
    assert past.version is not None and past.trained is not None
    watched, trained = past.watched, past.trained
    reference = find_reference(watched, past.version, past.now)
    newest = _sample(past.between(start, end))
    leads, unknown = read_fields(watched, trained, newest["id"].to_list())
    given = newest.filter(pl.col("probability").is_not_null())
    said = given.select("probability", confidence=1 - (pl.col("probability_high") - pl.col("probability_low")))
    judged = matured.filter(pl.col("outcome").is_not_null() & pl.col("probability").is_not_null())
    return find_drift(
        reference,
        leads.data,
        playbook=watched.name,
        model_version=past.name,
        start=start,
        end=end,
        weights=weigh_fields(past),
        scores=said,
        promised=judged["probability"].to_numpy(),
        outcomes=judged["outcome"].to_numpy(),
        early=so_far(past, correction),
        streams=(*follow_surprise(past), *follow_order(past)),
        unknown_fields=unknown,
    )


def weigh_fields(past: Past) -> dict[str, float]:
    """The share of each field in what moves the scores of the version, as its own report says."""
    try:
        points = score_points(past.watched.place.registry, past.watched.name, past.name)
    except (OSError, ValueError):
        return {}
    total = sum(points.values()) or 1.0
    return {name: value / total for name, value in points.items()}


def so_far(past: Past, correction: Correction) -> tuple[np.ndarray, np.ndarray] | None:
    """Of leads that are still open: the chance that each had to be won by its age, and whether it was.

    How soon leads are won is read off those that matured. None where too few did, or where time has no end.
    """
    within = past.watched.within_days
    if within is None or past.watched.playbook.events is not None or past.watched.playbook.target.graded:
        return None
    took = past.leads.filter((pl.col("state") == "won") & pl.col("decided_at").is_not_null())
    days = (took["decided_at"] - took["at"]).dt.total_seconds().to_numpy() / 86_400
    if len(days) < _FEWEST_PACES:
        return None
    young = past.leads.filter(
        (pl.col("state") == "open")
        & pl.col("probability").is_not_null()
        & (pl.col("at") >= bare(past.now - timedelta(days=min(within, 28.0))))
    )
    if not young.height:
        return None
    age = (pl.lit(bare(past.now)) - pl.col("at")).dt.total_seconds() / 86_400
    pace = np.searchsorted(np.sort(days), young.select(age).to_series().to_numpy(), side="right") / len(days)
    promised = correction.apply(young["probability"].to_numpy()) * pace
    won = (young["told_value"].fill_null(0.0) > 0).cast(pl.Float64).to_numpy()
    return promised, won


def follow_surprise(past: Past) -> tuple[StreamAlarm, ...]:
    """Whether the outcomes of leads began to surprise more (or less) than the probabilities of those leads explain.

    Each matured lead, in the order in which they were scored, adds how much more surprising its outcome was than the outcome of
    such a lead is on average; while probabilities mean what they say, that is 0, whichever leads come.
    """
    matured = past.leads.filter(pl.col("outcome").is_not_null() & pl.col("probability").is_not_null()).sort("at", "id")
    if not matured.height:
        return ()
    said = np.clip(matured["probability"].to_numpy(), 1e-6, 1 - 1e-6)
    outcome = matured["outcome"].to_numpy()
    won, lost = -np.log(said), -np.log1p(-said)
    figures = outcome * won + (1 - outcome) * lost - said * won - (1 - said) * lost
    detector = Adwin(delta=_SURE, look_every=max(16, math.ceil(len(figures) / 5_000)))
    times = matured["at"].to_list()
    alarms: list[StreamAlarm] = []
    for figure in figures.tolist():
        cut = detector.add(figure)
        if cut is not None:
            at, seen = (times[place].replace(tzinfo=UTC) for place in (cut.at, cut.seen_at))
            worse = cut.after > cut.before
            alarms = [StreamAlarm("surprise at outcomes", at, seen, cut.before, cut.after, worse=worse)]
    return tuple(alarms)


def follow_order(past: Past) -> tuple[StreamAlarm, ...]:
    """Whether outcomes began to follow the order of the scores less than those promise, and since when most likely.

    A change of the world is felt by whatever serves, so the leads of versions that served before count too; unless the one in
    service has learned from what came after a change alone.
    """
    leads = past.leads
    if past.version is not None and "since" not in past.version.data:
        leads = read_past(past.watched, past.now, served=True).leads
    matured = leads.filter(pl.col("outcome").is_not_null() & pl.col("probability").is_not_null()).sort("at", "id")
    if not matured.height:
        return ()
    said = np.clip(matured["probability"].to_numpy(), 1e-6, 1 - 1e-6)
    broken = find_break(lag_behind(said, matured["outcome"].to_numpy()))
    if broken is None:
        return ()
    at, seen = (matured["at"][place].replace(tzinfo=UTC) for place in (broken.at, broken.seen_at))
    return (StreamAlarm("order of outcomes", at, seen, broken.before, broken.after, worse=True),)


def lag_behind(said: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """How much less each outcome follows the order of the scores than its probability says; 0 on average while these hold.

    It is the surprise at an outcome once what all leads have in common is taken out of the log-odds: whether more or fewer
    leads are won has no part in it, and it takes a quarter of the leads to tell that scores rank worse.
    """
    margins, doubt = np.log(said) - np.log1p(-said), said * (1 - said)
    lag: np.ndarray = (said - outcome) * (margins - float(doubt @ margins) / float(doubt.sum()))
    return lag


def _sample(leads: pl.DataFrame) -> pl.DataFrame:
    """So many leads, evenly over time."""
    if leads.height <= _MOST_LOOKED_AT:
        return leads
    return leads[np.linspace(0, leads.height - 1, _MOST_LOOKED_AT).round().astype(np.int64)]


def values_of(measures: Mapping[str, float | None]) -> dict[str, float]:
    """The measures that are known."""
    return {name: value for name, value in measures.items() if value is not None and math.isfinite(value)}
