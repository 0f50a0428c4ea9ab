"""What the tests of the store share: a clock that goes when it is told to, and rows to fill every table with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from leadloop.store import (
    Action,
    ArmCount,
    Event,
    Feedback,
    Joining,
    LeadOutcome,
    LeadRecord,
    Mention,
    ModelMetrics,
    QualityRecord,
    Recommendation,
    Score,
    SourceRecord,
    Store,
    Variant,
)
from leadloop.store.enrichment import Wanted
from leadloop.store.webhooks import Webhook

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Clock:
    """A clock that stands still between calls of `go`."""

    def __init__(self, time: datetime = START) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time

    def go(self, **passed: float) -> datetime:
        """Let so much time pass, as in `go(days=2)`."""
        self.time += timedelta(**passed)
        return self.time


def make_score(key: str, lead_id: str, *, at: datetime = START, score: float = 62.0, **more: object) -> Score:
    given: dict[str, object] = {
        "model_version": "v20260301_000000_0123abcd",
        "policy": "f" * 16,
        "method": "model",
        "band": "warm",
        "route": "call_now",
        "probability": 0.2,
        "features": np.array([1.5, np.nan, -3.25], dtype=np.float32),
        "fields": {"employees": 50},
        "card": {"reasons": ["Form is “Demo”"]},
    }
    return Score(key, lead_id, at, score=score, **{**given, **more})  # type: ignore[arg-type]


def make_webhook(identity: str = "wh_1", **more: object) -> Webhook:
    given: dict[str, object] = {
        "url": "https://crm.example/hooks",
        "playbook": "",
        "types": ("lead.routed",),
        "routes": (),
        "bands": (),
        "fields": (),
        "salt": "00",
        "key_mark": "11",
        "old_salt": None,
        "old_until": None,
        "state": "on",
        "why": "",
        "paused_until": None,
        "made_by": "ada",
        "created_at": START,
    }
    return Webhook(identity, **{**given, **more})  # type: ignore[arg-type]


def fill(store: Store, lead_id: str = "L-1", playbook: str = "b2b", mark: str = "nobody") -> None:
    """At least one row in every table, all about one lead, with a mark in every place that a person's words can get to."""
    mail = f"{mark}@example.com"
    store.leads.record(playbook, [LeadRecord(lead_id, {"email": mail, "name": mark, "employees": 50})], source="form")
    store.leads.record(playbook, [LeadRecord(lead_id, {"email": mail, "name": mark, "employees": 80})], source="form")
    store.events.add(playbook, [Event(f"e-{lead_id}", lead_id, "opened", START, {"said": f"I am {mark}"})])
    store.outcomes.add(playbook, [LeadOutcome(f"o-{lead_id}", lead_id, "won", 1.0, START, mark)])
    if not store.webhooks.all():
        store.webhooks.add(make_webhook("wh_1"))
    store.scores.add(playbook, [make_score(f"s-{lead_id}", lead_id, fields={"email": mail}, card={"said": mark})])
    store.feedback.add(
        playbook,
        [Feedback(f"f-{lead_id}", lead_id, "contact", session_id=mark, user_agent=mark, ip_address="203.0.113.9")],
    )
    store.metrics.record(playbook, ModelMetrics("v1", "xgboost", accuracy=0.8))
    looked = {"drift": {"reasons": ["“source” has new values: “billboard” (3%)."]}}
    week = START + timedelta(weeks=len(store.quality.newest(playbook)))
    store.quality.keep(playbook, QualityRecord("v1", "won", week, week + timedelta(7), 9, 8, 2, 1, details=looked))
    if store.experiments.named(playbook, "first") is None:
        store.experiments.start(
            playbook, "first", [Variant("a", "v1", 50, is_control=True), Variant("b", "v2", 50)], target="won"
        )
    test = store.experiments.named(playbook, "first")
    assert test is not None
    store.experiments.expose(test, lead_id, "a")
    store.promotions.promote(playbook, "champion", "v1", who="ada", why="better")
    store.audit.add("ada", "look at", playbook=playbook, lead_id=lead_id)
    store.keys.issue("score", "the form", who="ada")
    begun = store.idempotency.begin(f"i-{store.audit.head().number}", "/score", "0" * 64)
    store.idempotency.finish(begun, 200, {"lead_id": lead_id, "reasoning": [f"{mark} asked for a demo"]})  # type: ignore[arg-type]
    store.enrichment.want(playbook, [Wanted(lead_id, 0.5, {"said": mark})])
    store.enrichment.keep_facts(playbook, lead_id, "website", {"about": {"value": mark}}, note=mark, days=30)
    store.enrichment.keep_answer(
        "website", f"{lead_id.encode().hex()}.example", {"note": f"ask {mail}"}, cost=0.0, days=30
    )
    told = {"id": f"r-{lead_id}", "said": f"I am {mark}", "who": [{"email": mail}]}
    store.source_records.keep("fellow", "recording", [SourceRecord(f"r-{lead_id}", told, START)])
    store.source_records.assign("fellow", "recording", f"r-{lead_id}", playbook=playbook, lead_id=lead_id)
    done = Action(f"a-{lead_id}", lead_id, "call", START, mark, "reached", 0.25, "crm", {"said": mark})
    store.actions.add(playbook, [done])
    advice = Recommendation(
        lead_id,
        "round 1",
        1,
        store.now(),
        "v1",
        "quote",
        0.3,
        0.2,
        0.4,
        "high",
        240,
        mark,
        why={"said": mark},
        note=mark,
    )
    store.recommendations.put(playbook, [advice])
    state = store.source_states.begin("fellow", "acme", "recordings", since=START, at=START)
    store.source_states.advance(state, "a place in the list")
    store.source_turns.take("fellow", "acme", per_second=3, per_day=10_000, hold_seconds=5)
    store.source_events.add(
        "fellow", f"msg-{store.audit.head().number}", "ai_note.generated", {"to": mail}, sent_at=START
    )
    store.jobs.add("enrich", {"leads": [{"lead_id": lead_id, "name": mark}], "contact": mail})
    job = store.jobs.add("loop", {"playbook": playbook}, turn=f"train:{playbook}")
    store.steps.add(job, "evaluate", {"AUC": 0.8})
    store.schedules.put("daily check", "loop", cron="0 6 * * *", next_at=START)
    store.checks.add(playbook, due=True, reasons=[{"trigger": "age", "said": "it is old"}], facts={"age_days": 8})
    if store.rollouts.current(playbook) is None:
        begun = store.rollouts.start(playbook, "v2", against="v1", who="ada", why="better on the test leads")
        store.rollouts.count(begun.id, [ArmCount("shadow", 10, 0, 12.5)])
    store.alerts.add("accuracy", playbook=playbook, severity="warning", title="Low", text="It is 0.7.", mend="Train.")
    store.alerts.end("accuracy", playbook=playbook)
    store.quarantine.hold(playbook, "crm", who="ada", why="its outcomes say the opposite")
    fields = {"name": mark, "email": mail, "company": "Example"}
    [said] = store.identity.keep(
        playbook, [Mention("contact", f"i-{lead_id}", lead_id, fields, (f"email:{mail}",))], source="form"
    )
    [known] = store.identity.records(playbook, numbers=[said.record])
    store.identity.propose(
        playbook, [Joining("contact", known.entity, known.entity + 1, 0.5, ("the same name",))], who="rules"
    )
