"""A rollout: how a version comes into service step by step, and is taken back where it runs into a guardrail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from leadloop.errors import LeadLoopError, Problem, VersionError
from leadloop.flows.loop.alerts import Finding, raise_alert
from leadloop.flows.loop.gate import judge_version
from leadloop.flows.loop.rules import LoopRules, read_rules
from leadloop.flows.loop.trust import find_objections
from leadloop.flows.place.workspace import Workspace
from leadloop.monitoring.guardrails import ArmRecord, Breach, check_guardrails, compare_on_ended
from leadloop.monitoring.promotion import MeasuredDifference
from leadloop.registry import CHAMPION

if TYPE_CHECKING:
    from leadloop.store import PromotionRecord, Rollout

SHADOW, CANARY, PROMOTED, ROLLED_BACK, STOPPED = "shadow", "canary", "promoted", "rolled_back", "stopped"
APPROVED = "approved_by"
_FEWEST_ENDED = 100
_FEWEST_OF_EACH = 10
_PROBES = 500


@dataclass(frozen=True, eq=False)
class Observed:
    """What was seen of a version on trial since it has its state and share."""

    trial: ArmRecord
    """The version on trial, where it scores for real; in its shadow otherwise."""
    serving: ArmRecord
    """The version in service."""
    noted: int = 0
    """How many leads the version on trial has scored since it has its state and share."""
    quality: tuple[MeasuredDifference, ...] = ()
    """By how much they differ on leads that both scored and that have ended; nothing while these are few."""
    ended: int = 0
    """How many such leads there are."""

    def as_json(self) -> dict[str, Any]:
        """The figures in plain values, for the record."""
        arms = (("trial", self.trial), ("serving", self.serving))
        figures = {
            name: {
                "leads": one.leads,
                "failures": one.failures,
                "mean_ms": None if one.mean_ms is None else round(one.mean_ms, 3),
                "mean_score": round(float(one.scores.mean()), 3) if len(one.scores) else None,
            }
            for name, one in arms
        }
        return {**figures, "ended": self.ended, "quality": [str(one) for one in self.quality]}


def begin_rollout(
    place: Workspace,
    playbook: str,
    version: str,
    *,
    who: str,
    why: str = "",
    share: float = 0.0,
    force: bool = False,
) -> Rollout:
    """Begin to bring a version into service: in the shadow, or with a `share` of the leads at once.

    It must have shown that it is better than what serves; with `force` and a reason it may begin without, on the record. Raises
    VersionError where it has not, or serves already, and StoreConflict where another version is on its way.
    """
    registry, rules = place.registry, read_rules(place.root, playbook)
    found = registry.find(playbook, version)
    champion = registry.champion(playbook)
    if champion == found.id:
        raise VersionError(playbook, Problem("version", f"{found.id} is in service already", "name another"))
    if champion is None:
        mend = f"put it in service with `leadloop models promote {playbook} {found.id}`"
        raise VersionError(playbook, Problem("version", "nothing is in service to compare with", mend))
    registry.load(found)
    objections = find_objections(place, playbook, rules)
    judgement, evidence = judge_version(place, found, rules, objections=objections)
    if not judgement.promote and not (force and why):
        mend = "train again, or insist with --force and a reason (--why)"
        raise VersionError(playbook, [Problem(found.id, reason, mend) for reason in judgement.reasons])
    said = why or "; ".join(judgement.reasons)
    return place.store.rollouts.start(
        playbook,
        found.id,
        against=champion,
        who=who,
        why=said[:2000],
        policy="",
        state=CANARY if share else SHADOW,
        share=share,
        evidence={**evidence, "forced": not judgement.promote, **({APPROVED: who} if share else {})},
    )


def require_rollout(place: Workspace, playbook: str) -> Rollout:
    """The rollout that goes on; raises LeadLoopError where there is none."""
    found = place.store.rollouts.current(playbook)
    if found is None:
        raise LeadLoopError(
            playbook, Problem("rollout", "none goes on", "begin one with `leadloop rollout start`, or see `list`")
        )
    return found


def approve(place: Workspace, playbook: str, *, who: str, why: str = "") -> Rollout:
    """Let the version that is on its way score leads for real; whoever waited for this goes on at once."""
    rollout = require_rollout(place, playbook)
    if rollout.evidence.get(APPROVED):
        return rollout
    evidence = {**rollout.evidence, APPROVED: who}
    changed = place.store.rollouts.note(rollout, who=who, why=why or "approved", evidence=evidence)
    _hurry(place, playbook)
    return changed


def set_share(place: Workspace, rollout: Rollout, share: float, *, who: str, why: str) -> Rollout:
    """Let the version on trial score so many percent of the leads from now on."""
    return place.store.rollouts.change(rollout, CANARY, who=who, why=why, share=share, evidence=_kept(rollout))


def stop(place: Workspace, playbook: str, *, who: str, why: str) -> Rollout:
    """Give up bringing the version into service; what serves goes on serving."""
    rollout = require_rollout(place, playbook)
    ended = place.store.rollouts.change(rollout, STOPPED, who=who, why=why, evidence=_kept(rollout))
    _hurry(place, playbook)
    return ended


def take_back(
    place: Workspace, rollout: Rollout, breaches: tuple[Breach, ...], observed: Observed, *, who: str
) -> Rollout:
    """Take a version on trial back at once, since it ran into a guardrail, and say so to people."""
    said = "; ".join(one.said for one in breaches)[:2000]
    evidence = {**_kept(rollout), "observed": observed.as_json(), "rails": [one.rail for one in breaches]}
    store = place.store
    with store.transaction():
        ended = store.rollouts.change(rollout, ROLLED_BACK, who=who, why=said, evidence=evidence)
        raise_alert(
            place,
            Finding(
                "rollback",
                "critical" if rollout.state == CANARY else "warning",
                f"{rollout.model_version} was taken back",
                f"On trial ({rollout.state}, {rollout.share:g} % of leads) it ran into a guardrail: {said}. "
                f"{rollout.against} scores all leads.",
                "see `leadloop rollout show`; mend the cause, then train again",
                playbook=rollout.playbook,
                about=rollout.model_version,
            ),
        )
    return ended


def finish(place: Workspace, rollout: Rollout, *, who: str, why: str) -> PromotionRecord | None:
    """Put the version that was on trial in service for all leads; None where it was already.

    Raises StoreConflict where something else was put in service since the rollout began: what was compared with is not what
    serves.
    """
    registry = place.registry
    record = None
    if registry.champion(rollout.playbook) != rollout.model_version:
        record = registry.promote(
            rollout.playbook,
            rollout.model_version,
            who=who,
            why=why[:2000],
            evidence={**_kept(rollout), "rollout": rollout.id},
            instead_of=rollout.against,
        )
    place.store.rollouts.change(rollout, PROMOTED, who=who, why=why[:2000], evidence=_kept(rollout))
    return record


def observe(place: Workspace, rollout: Rollout) -> Observed:
    """What is known of the version on trial and of the one in service since the trial has its state and share."""
    store = place.store
    arm = CANARY if rollout.state == CANARY else SHADOW
    counts = store.rollouts.counts(rollout.id)
    mine = store.scores.of_arm(rollout.playbook, [arm], model_version=rollout.model_version, since=rollout.since)
    theirs = store.scores.of_arm(rollout.playbook, ["", CHAMPION], model_version=rollout.against, since=rollout.since)
    tried, served = counts.get(arm), counts.get(CHAMPION)
    quality, ended = _quality(place, rollout)
    return Observed(
        ArmRecord(
            max(len(mine), tried.leads if tried else 0),
            tried.failures if tried else 0,
            _whole(tried, len(mine), rollout),
            np.array([one.score for one in mine]),
        ),
        ArmRecord(
            max(len(theirs), served.leads if served else 0),
            served.failures if served else 0,
            _whole(served, len(theirs), rollout),
            np.array([one.score for one in theirs]),
        ),
        len(mine),
        quality,
        ended,
    )


def _whole(count: Any, scores: int, rollout: Rollout) -> float:
    """How long all leads took, where some of them were noted and not timed: they took as long as the others.

    In a shadow nothing is said of it: there each lead is scored by itself, and those that somebody waits for together.
    """
    if not count or not count.leads or rollout.state != CANARY:
        return 0.0
    return float(count.milliseconds / count.leads * max(scores, count.leads))


def _quality(place: Workspace, rollout: Rollout) -> tuple[tuple[MeasuredDifference, ...], int]:
    """By how much the two differ on leads that both scored since the rollout began, and whose outcome was told."""
    store, playbook = place.store, rollout.playbook
    arms = [SHADOW, CANARY]
    trial = store.scores.of_arm(playbook, arms, model_version=rollout.model_version, since=rollout.begun_at)
    serving = store.scores.of_arm(playbook, ["", CHAMPION], model_version=rollout.against, since=rollout.begun_at)
    said = {one.lead_id: one.probability for one in trial if one.probability is not None and one.lead_id}
    both = [(one, said[one.lead_id]) for one in serving if one.probability is not None and one.lead_id in said]
    both = list({one.lead_id: (one, other) for one, other in both}.values())
    if len(both) < _FEWEST_ENDED:
        return (), 0
    target = place.registry.find(playbook, rollout.model_version).target
    asked = [one.lead_id for one, _ in both]
    told = store.outcomes.last_of_leads(playbook, target, asked, told_since=rollout.begun_at)
    rows = [(told[one.lead_id].value, other, one.probability) for one, other in both if one.lead_id in told]
    won = sum(value > 0 for value, _, _ in rows)
    if len(rows) < _FEWEST_ENDED or min(won, len(rows) - won) < _FEWEST_OF_EACH:
        return (), len(rows)
    positive, mine, theirs = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    return (compare_on_ended((positive > 0).astype(np.float64), mine, theirs, seed=rollout.id),), len(rows)


def look_after(place: Workspace, rollout: Rollout, rules: LoopRules, *, who: str) -> tuple[Rollout, Observed]:
    """Look at a version on trial, and take it back where it ran into a guardrail; what it is since, and what was seen."""
    observed = observe(place, rollout)
    breaches = check_guardrails(observed.trial, observed.serving, rules.guardrails, observed.quality)
    if breaches:
        return take_back(place, rollout, breaches, observed, who=who), observed
    return rollout, observed


def is_live(place: Workspace, playbook: str, rules: LoopRules) -> bool:
    """Whether leads of a playbook are scored over the interface, so that there is somebody to show a trial to."""
    since = place.store.now() - timedelta(days=rules.watch_days)
    return place.store.scores.is_asked_live(playbook, since=since)


@dataclass(frozen=True, slots=True)
class Drill:
    """A rollback that was rehearsed."""

    back_to: str
    """The version that served meanwhile."""
    seconds_back: float
    """How long the way back took, loading and checking included."""
    seconds_forth: float
    """How long it took until the version from before served again."""
    leads: int
    """The leads by which it was seen that scores are the very same as before."""


def rehearse_rollback(place: Workspace, playbook: str, *, who: str) -> Drill:
    """Go back to the version that served before, see that it scores as it did, and return; all of it on the record.

    Raises VersionError where there is none to go back to, or where scores differ: the version from before serves again then too.
    """
    registry = place.registry
    champion = registry.champion(playbook)
    if champion is None:
        raise VersionError(playbook, Problem("rollback", "nothing is in service", "train a version first"))
    before = place.store.promotions.stack(playbook, CHAMPION)
    if len(before) < 2:
        raise VersionError(
            playbook, Problem("rollback", "no version was in service before this one", "there is nothing to rehearse")
        )
    golden, leads = _scores_of(place, playbook, before[1])
    started = perf_counter()
    registry.rollback(playbook, who=who, why="rehearsal of a rollback")
    back = perf_counter() - started
    try:
        again, _ = _scores_of(place, playbook, registry.find(playbook, CHAMPION).id)
    finally:
        started = perf_counter()
        registry.promote(playbook, champion, who=who, why="end of the rehearsal", instead_of=before[1])
    forth = perf_counter() - started
    if not np.array_equal(golden, again):
        what = "scores differently after the rollback than before it"
        raise VersionError(before[1], Problem("rehearsal", what, "restore its folder from a backup"))
    return Drill(before[1], back, forth, leads)


def _scores_of(place: Workspace, playbook: str, version: str) -> tuple[np.ndarray, int]:
    """What a version says of stored leads (of a lead of which nothing is known, where there are none), bit for bit."""
    trained = place.registry.load(place.registry.find(playbook, version))
    names = [field.name for field in trained.schema.fields if not field.made_from]
    stored = place.store.leads.page(playbook, limit=_PROBES).items
    rows = [{name: lead.fields.get(name) for name in names} for lead in stored] or [dict.fromkeys(names)]
    cells = pl.DataFrame(
        {name: [None if row[name] is None else str(row[name]) for row in rows] for name in names},
        schema=dict.fromkeys(names, pl.String),
    )
    leads = trained.schema.read(cells).leads
    if not len(leads):
        raise VersionError(version, Problem("rehearsal", "no stored lead can be read", "see `leadloop store`"))
    return trained.score_table(leads, explain=False)["score"].to_numpy(), len(leads)


def _kept(rollout: Rollout) -> Mapping[str, Any]:
    """What stays of the evidence when a rollout changes."""
    return {name: value for name, value in rollout.evidence.items() if name not in ("observed", "rails")}


def _hurry(place: Workspace, playbook: str) -> None:
    """Let the workflow that waits for this playbook look again now."""
    from leadloop.flows.loop.kinds import LOOP

    for job in place.store.jobs.page(kind=LOOP, playbook=playbook, state="waiting").items:
        place.store.jobs.hurry(job.id)
