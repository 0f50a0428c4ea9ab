"""The steps of the loop: sync, features, evaluate, drift, recalibrate, retrain, shadow, canary, promote.

Each may be begun again after it was done in part: it looks first at what is there already.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadloop.errors import (
    JobLost,
    LeadLoopError,
    LeakageError,
    NotEnoughOutcomes,
    StoreConflict,
    StoreFull,
    StoreUnavailable,
    VersionMissing,
)
from leadloop.flows.loop.alerts import Finding, raise_alert
from leadloop.flows.loop.course import Done, Going, Step, Wait
from leadloop.flows.loop.facts import f1_when_trained, read_facts, with_check
from leadloop.flows.loop.gate import judge_version
from leadloop.flows.loop.rollout import (
    APPROVED,
    PROMOTED,
    SHADOW,
    finish,
    is_live,
    look_after,
    set_share,
)
from leadloop.flows.loop.since import learn_since
from leadloop.flows.loop.syncing import ask_to_sync
from leadloop.flows.loop.trust import find_objections, look_at_trust
from leadloop.flows.place.known_playbooks import find_source
from leadloop.monitoring.triggers import LoopFacts, Reason, RetrainDecision, decide_retraining

if TYPE_CHECKING:
    from leadloop.registry import ModelVersion
    from leadloop.store import Rollout, Store

POLL_SECONDS = 20.0
"""How often a version on trial is looked at."""
SYNC_POLL_SECONDS = 10.0
APPROVAL_POLL_SECONDS = 600.0
_TROUBLE = (JobLost, StoreUnavailable, StoreFull)


def _later(going: Going, seconds: float) -> datetime:
    return going.work.place.store.now() + timedelta(seconds=seconds)


# ---------------------------------------------------------------------------------------------------------------- to look


def sync(going: Going) -> Done | Wait:
    """Let what sources have be fetched first. A sync that fails is told of, and the loop goes on with what is there."""
    place, playbook = going.work.place, going.playbook
    asked = ask_to_sync(place, playbook, since=going.work.job.created_at)
    if asked is None:
        return Done({"synced": False, "why": "no source is configured"})
    if asked.state in ("waiting", "running"):
        return Wait(_later(going, SYNC_POLL_SECONDS), f"job {asked.id} fetches what is new")
    return Done({"synced": asked.state == "done", "job": asked.id, "state": asked.state})


def features(going: Going) -> Done:
    """See whether the playbook reads other things by now than its newest version."""
    facts = read_facts(going.work.place, going.playbook)
    return Done({"added": facts.features_added, "removed": facts.features_removed})


def evaluate(going: Going) -> Done:
    """Measure how good the scores were that were given, and look for drift; kept as history."""
    from leadloop.flows.watch.check import check

    place, playbook = going.work.place, going.playbook
    try:
        found = check(place, playbook, now=place.store.now(), tick=going.work.tick)
    except _TROUBLE:
        raise
    except VersionMissing:
        return Done({"judged": False, "why": "nothing is in service yet"})
    except LeadLoopError as error:
        return Done({"judged": False, "why": "; ".join(f"{one.where} {one.what}" for one in error.problems)})
    facts = with_check(LoopFacts(""), found, f1_when_trained(place, playbook, found.model_version))
    return Done(
        {
            "judged": found.quality.is_judged,
            "model_version": found.model_version,
            **{name: getattr(facts, name) for name in _MEASURED},
            "estimate": {one.name: one.value for one in found.estimate.measures},
            "note": found.quality.note,
        }
    )


_MEASURED = (
    *("accuracy", "majority", "matured", "earlier", "f1", "f1_before", "f1_doubt"),
    *("drift", "drift_reasons", "changed_at"),
)


def drift(going: Going) -> Done:
    """Look whether something went wrong with what would be learned from: a source, a field. Where nothing is to be learned, all
    leads need not be read for it: that fields went missing is seen by the step before."""
    place, playbook = going.work.place, going.playbook
    if going.work.told["if_due"] and not decide(going)[0].due:
        return Done({"looked": False, "why": "no training is due"})
    try:
        trust = look_at_trust(place, playbook, going.rules, tick=going.work.tick)
    except _TROUBLE:
        raise
    except LeadLoopError as error:
        return Done({"looked": False, "why": "; ".join(f"{one.where} {one.what}" for one in error.problems)})

    def hold(store: Store) -> None:
        for one in trust.sources:
            evidence = {"leads": one.leads, "auc": one.auc, "others": one.others}
            store.quarantine.hold(playbook, one.source, who=going.who, why=one.said[:2000], evidence=evidence)
            raise_alert(place, _of_source(playbook, one.said, one.source))
        for field in trust.broken:
            raise_alert(place, _of_field(playbook, field.field, field.said))

    result = {
        "looked": True,
        "sources_held": len(trust.sources),
        "broken": {one.field: one.how for one in trust.broken},
        "crowding": trust.crowding,
    }
    stops = (*(one.said for one in trust.broken), *trust.crowding)
    if stops:
        said = f"nothing is learned from leads that went wrong: {'; '.join(stops)}"
        return Done(result, ends=said, change=hold)
    return Done(result, change=hold)


def _of_source(playbook: str, said: str, source: str) -> Finding:
    from leadloop.store.values import digest_of

    named = "a source" if "@" in said else said.split(" contradict")[0].removeprefix("outcomes from ")
    return Finding(
        "source",
        "critical",
        f"{named} tells outcomes that contradict all others",
        "Nothing is learned from what it tells until somebody has looked. " + (said if "@" not in said else ""),
        f"see `leadloop sources list {playbook}`; vouch for it with `leadloop sources trust`, or mend it and leave it held",
        playbook=playbook,
        about=digest_of(source)[:16],
    )


def _of_field(playbook: str, field: str, said: str) -> Finding:
    return Finding(
        "field",
        "critical",
        f"the field “{field}” went wrong",
        f"{said}. The playbook is not trained again while this is so.",
        "see whoever sends leads; where the change is meant, train by hand and promote the version",
        playbook=playbook,
        about=field,
    )


# --------------------------------------------------------------------------------------------------------------- to learn


def recalibrate(going: Going) -> Done:
    """Let the probabilities of what serves follow the newest outcomes, where that surely helps and nothing is doubted."""
    from leadloop.flows.loop.recalibrate import finish_recalibration
    from leadloop.flows.loop.recalibrate import recalibrate as follow

    place, playbook, rules = going.work.place, going.playbook, going.rules
    if not rules.recalibrate or not going.work.told["deploy"]:
        return Done({"recalibrated": False, "why": "recalibrate is off" if not rules.recalibrate else "not asked for"})
    if going.done.get("drift", {}).get("sources_held"):
        return Done({"recalibrated": False, "why": "a source was just held back"})
    by = f"recalibration (job {going.work.job.id})"
    made = next((one for one in place.registry.versions(playbook) if one.created_by == by), None)
    if made is not None:  # it was interrupted after that
        put = rules.approval != "manual" and finish_recalibration(place, made, who=going.who) is not None
        return Done({"recalibrated": True, "version": made.id, "in_service": put, "why": "gone on with"})
    try:
        found = follow(
            place,
            playbook,
            who=going.who,
            made_by=by,
            rules=rules,
            promote=rules.approval != "manual",
            tick=going.work.tick,
        )
    except _TROUBLE:
        raise
    except VersionMissing:
        return Done({"recalibrated": False, "why": "nothing is in service yet"})
    except LeadLoopError as error:
        return Done({"recalibrated": False, "why": "; ".join(f"{one.where} {one.what}" for one in error.problems)})
    result = {"recalibrated": found.version is not None, **found.as_json()}
    if found.version is not None and found.promotion is None:
        raise_alert(
            place,
            Finding(
                "approval",
                "info",
                f"{playbook}: a recalibrated version waits for approval",
                f"{found.version.id}: {found.reason}",
                f"see `leadloop models show`; put it in service with `leadloop models promote {playbook} {found.version.id}`",
                playbook=playbook,
                about=found.version.id,
            ),
        )
    return Done(result)


def retrain(going: Going) -> Done:
    """Decide whether to train again; where that is due, train, and compare the new version with what serves."""
    place, playbook, told = going.work.place, going.playbook, going.work.told
    made = _made_here(going)
    decision, facts = decide(going)
    if made is None:
        if told["if_due"] and not decision.due:
            return Done(
                {"due": False, "reasons": decision.said},
                ends=f"not due: {'; '.join(decision.said)}",
                change=lambda store: _note_check(store, going, decision, facts),
            )
        try:
            made = _train_since(going, learn_since(going, facts))
        except (LeakageError, NotEnoughOutcomes) as error:
            _tell_refused(going, error)
            raise
    objections = find_objections(place, playbook, going.rules)
    judgement, evidence = judge_version(place, made, going.rules, objections=objections)

    def note(store: Store) -> None:
        _note_check(store, going, decision, facts)
        store.audit.add(going.who, "retrain", {"playbook": playbook, "version": made.id, "verdict": judgement.verdict})
        _tell_judged(going, made, judgement.verdict, judgement.reasons)

    result = {
        "due": True,
        "reasons": [one.said for one in decision.reasons],
        "triggers": [one.trigger for one in decision.reasons],
        "version": made.id,
        "release": made.release,
        "metrics": {name: measure["value"] for name, measure in made.metrics.items()},
        "promote": judgement.promote,
        "evidence": evidence,
    }
    if not told["deploy"]:
        return Done(result, ends=f"trained {made.id}; it was not to be brought into service", change=note)
    if not judgement.promote:
        return Done(result, ends=f"{made.id} stays out: {'; '.join(judgement.reasons)}", change=note)
    return Done(result, change=note)


def decide(going: Going) -> tuple[RetrainDecision, LoopFacts]:
    """Whether to train again, with what the steps before found."""
    facts = read_facts(going.work.place, going.playbook, slack_days=going.work.told["slack_days"])
    seen = going.done.get("evaluate", {})
    if "model_version" in seen:
        said: dict[str, Any] = {
            name: tuple(seen[name]) if isinstance(seen[name], list) else seen[name] for name in _MEASURED
        }
        facts = replace(facts, **said)
    decision = decide_retraining(facts, going.rules)
    if not going.work.told["if_due"]:
        asked = Reason("asked", f"{going.work.told['who']} asked for it")
        decision = RetrainDecision(True, (asked, *decision.reasons))
    return decision, facts


def _note_check(store: Store, going: Going, decision: RetrainDecision, facts: LoopFacts) -> None:
    """Keep why it was decided so, and tell people what is urgent."""
    reasons = [{"trigger": one.trigger, "severity": one.severity, "said": one.said} for one in decision.reasons]
    known = {name: getattr(facts, name) for name in LoopFacts.__dataclass_fields__}
    known = {name: list(value) if isinstance(value, tuple) else value for name, value in known.items()}
    store.checks.add(going.playbook, due=decision.due, reasons=reasons, facts=known, job=going.work.job.id)
    urgent = {one.trigger: one for one in decision.reasons if one.severity != "info"}
    for trigger in ("accuracy", "decline", "f1", "drift"):
        one = urgent.get(trigger)
        if one is None:
            store.alerts.end(trigger, playbook=going.playbook)
            continue
        raise_alert(
            going.work.place,
            Finding(
                trigger,
                one.severity,
                f"{going.playbook}: {trigger} calls for a training",
                f"{one.said}.",
                "nothing, if the new version is better: see `leadloop rollout show`, and the report of what was watched",
                playbook=going.playbook,
            ),
        )


def _made_here(going: Going) -> ModelVersion | None:
    """The version that this job has trained already, before it was interrupted; None where it has not."""
    made = [one for one in going.work.place.registry.versions(going.playbook) if one.created_by == going.who]
    return made[-1] if made else None


def _train_since(going: Going, since: datetime | None) -> ModelVersion:
    """Train on what came since a moment; where that is too little once all is read, on all leads."""
    try:
        return _train(going, since)
    except NotEnoughOutcomes:
        if since is None:
            raise
        return _train(going, None)


def _train(going: Going, since: datetime | None) -> ModelVersion:
    from leadloop.flows.training.train import train

    told = going.work.told

    def tick(stage: str) -> None:
        # Whoever lost the job meanwhile must not save a second version.
        (going.work.keep if stage.startswith("saving") else going.work.tick)(f"retrain: {stage}")

    return train(
        find_source(going.work.place, going.playbook),
        workspace=going.work.place,
        promote=False,
        trials=told["trials"],
        time_budget=told["time_budget"],
        validation_split=told["validation_split"],
        params=told["params"],
        since=since,
        made_by=going.who,
        tick=tick,
    ).version


def _tell_refused(going: Going, error: LeadLoopError) -> None:
    leak = isinstance(error, LeakageError)
    raise_alert(
        going.work.place,
        Finding(
            "training",
            "critical" if leak else "warning",
            f"{going.playbook}: training was refused",
            "A field seems to know the outcome, and nobody has ruled on it." if leak else "There are too few outcomes.",
            f"see job {going.work.job.id} (`leadloop jobs list`)",
            playbook=going.playbook,
        ),
    )


def _tell_judged(going: Going, version: ModelVersion, verdict: str, reasons: tuple[str, ...]) -> None:
    store = going.work.place.store
    store.alerts.end("training", playbook=going.playbook)
    if verdict in ("held", "worse"):
        raise_alert(
            going.work.place,
            Finding(
                "gate",
                "warning",
                f"{going.playbook}: a new version was kept out of service",
                f"{version.id}: {'; '.join(reasons)}",
                "see its report; promote it by hand only if you know better",
                playbook=going.playbook,
                about=version.id,
            ),
        )


# --------------------------------------------------------------------------------------------------------------- to bring in


def shadow(going: Going) -> Done | Wait:
    """Let the new version score beside the one that serves, seen by nobody."""
    place, rules = going.work.place, going.rules
    trained = going.done["retrain"]
    version = trained["version"]
    champion = place.registry.champion(going.playbook)
    if champion in (None, version):
        return Done({"skipped": "nothing serves yet" if champion is None else "it serves already"})
    rollout = _rollout_of(going)
    if rollout is None:
        try:
            rollout = place.store.rollouts.start(
                going.playbook,
                version,
                against=str(trained["evidence"]["against"]),
                who=going.who,
                why="; ".join(trained["evidence"]["reasons"])[:2000],
                evidence={**trained["evidence"], "job": going.work.job.id},
            )
        except StoreConflict as error:
            return Done({}, ends=f"{version} waits: {error.problems[0].where} {error.problems[0].what}")
    if not rollout.is_open:
        return Done({}, ends=_ended(rollout))
    if rollout.state != SHADOW:  # somebody was faster
        return Done({"rollout": rollout.id})
    if not rules.shadow_leads or not is_live(place, going.playbook, rules):
        return Done({"rollout": rollout.id, "skipped": "leads are not scored live"})
    rollout, observed = look_after(place, rollout, rules, who=going.who)
    if not rollout.is_open:
        return Done({"rollout": rollout.id}, ends=_ended(rollout))
    if observed.noted < rules.shadow_leads and not _is_over(going, rollout, rules.shadow_days):
        note = f"{version} has scored {observed.noted:,} of {rules.shadow_leads:,} leads in the shadow"
        return Wait(_later(going, POLL_SECONDS), note)
    return Done({"rollout": rollout.id, **observed.as_json()})


def canary(going: Going) -> Done | Wait:
    """Let the new version score a share of the leads for real, and more of them step by step."""
    place, rules = going.work.place, going.rules
    version = going.done["retrain"]["version"]
    rollout = _rollout_of(going)
    if rollout is None:
        return Done({"skipped": "nothing serves yet"})
    if not rollout.is_open:
        return Done({"rollout": rollout.id}, ends=_ended(rollout))
    if rules.approval == "manual" and not rollout.evidence.get(APPROVED):
        _ask_for_approval(going, rollout)
        return Wait(
            _later(going, APPROVAL_POLL_SECONDS), f"{version} waits for `leadloop rollout approve {going.playbook}`"
        )
    place.store.alerts.end("approval", playbook=going.playbook, about=version)
    live = is_live(place, going.playbook, rules)
    if rollout.state == SHADOW:
        if not rules.canary_shares or not live:
            return Done(
                {"rollout": rollout.id, "skipped": "no shares are set" if live else "leads are not scored live"}
            )
        share = rules.canary_shares[0]
        set_share(place, rollout, share, who=going.who, why=f"first step of {len(rules.canary_shares)}")
        return Wait(_later(going, POLL_SECONDS), f"{version} scores {share:g} % of leads")
    rollout, observed = look_after(place, rollout, rules, who=going.who)
    if not rollout.is_open:
        return Done({"rollout": rollout.id}, ends=_ended(rollout))
    if observed.noted < rules.canary_leads:
        if _is_over(going, rollout, rules.canary_days):
            said = f"only {observed.noted:,} leads came in {rules.canary_days:g} days at {rollout.share:g} %"
            ended = place.store.rollouts.change(rollout, "stopped", who=going.who, why=said)
            return Done({"rollout": rollout.id, **observed.as_json()}, ends=_ended(ended))
        note = f"{version} scored {observed.noted:,} of {rules.canary_leads:,} leads at {rollout.share:g} %"
        return Wait(_later(going, POLL_SECONDS), note)
    more = [share for share in rules.canary_shares if share > rollout.share]
    if more:
        why = f"{observed.noted:,} leads at {rollout.share:g} % ran into no guardrail"
        set_share(place, rollout, more[0], who=going.who, why=why)
        return Wait(_later(going, POLL_SECONDS), f"{version} scores {more[0]:g} % of leads")
    return Done({"rollout": rollout.id, **observed.as_json()})


def promote(going: Going) -> Done:
    """Put the new version in service for all leads."""
    place, playbook = going.work.place, going.playbook
    trained = going.done["retrain"]
    version, registry = trained["version"], place.registry
    rollout = _rollout_of(going)
    why = "; ".join(trained["evidence"]["reasons"])
    if rollout is None:
        if registry.champion(playbook) != version:
            try:
                evidence = {**trained["evidence"], "job": going.work.job.id}
                registry.promote(playbook, version, who=going.who, why=why, evidence=evidence, instead_of="")
            except StoreConflict:
                return Done({}, ends=f"{version} waits: something else was put in service meanwhile")
        return Done({"in_service": version})
    if not rollout.is_open and rollout.state != PROMOTED:
        return Done({}, ends=_ended(rollout))
    if rollout.is_open:
        try:
            finish(place, rollout, who=going.who, why=why)
        except StoreConflict:
            said = "something else was put in service meanwhile; what it was compared with is not what serves"
            ended = place.store.rollouts.change(rollout, "stopped", who=going.who, why=said)
            return Done({}, ends=_ended(ended))
    return Done({"in_service": version, "rollout": rollout.id})


def _rollout_of(going: Going) -> Rollout | None:
    """The rollout of the version that this job has trained."""
    return going.work.place.store.rollouts.of_version(going.playbook, going.done["retrain"]["version"])


def _ended(rollout: Rollout) -> str:
    said = {"rolled_back": "was taken back", "stopped": "was stopped", "promoted": "is in service"}[rollout.state]
    return f"{rollout.model_version} {said}: {rollout.why}"


def _is_over(going: Going, rollout: Rollout, days: float) -> bool:
    return going.work.place.store.now() - rollout.since >= timedelta(days=days)


def _ask_for_approval(going: Going, rollout: Rollout) -> None:
    raise_alert(
        going.work.place,
        Finding(
            "approval",
            "warning",
            f"{going.playbook}: a better version waits for approval",
            f"{rollout.model_version}: {'; '.join(rollout.evidence.get('reasons', ()))}",
            f"read its report; then `leadloop rollout approve {going.playbook}`, or `leadloop rollout stop`",
            playbook=going.playbook,
            about=rollout.model_version,
        ),
    )


STEPS = (
    Step("sync", "fetching what is new", sync),
    Step("features", "looking what the playbook reads", features),
    Step("evaluate", "measuring how good scores were", evaluate),
    Step("drift", "looking whether something went wrong", drift),
    Step("recalibrate", "following the newest outcomes", recalibrate),
    Step("retrain", "deciding, training and comparing", retrain),
    Step("shadow", "scoring in the shadow", shadow),
    Step("canary", "scoring a share of the leads", canary),
    Step("promote", "putting the new version in service", promote),
)
"""What the loop does, in this order."""
