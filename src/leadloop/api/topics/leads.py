"""Leads that are kept: every record of each with the time since when it holds, and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadloop.api.requests.idempotency import Work, storing
from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.topics.cards import card_body, chance
from leadloop.api.topics.listing import PARTS, list_route
from leadloop.api.topics.stored_leads import score_stored
from leadloop.api.wire.arguments import write_moment
from leadloop.api.wire.forms import Entry, Form, read_list
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import ANY, CARD, FLAG, SCORE, SHARE, TEXT, WHOLE, array, maybe, record
from leadloop.errors import Problem

if TYPE_CHECKING:
    from leadloop.store import LeadVersion, Score, Store

ONE_LEAD = {**PARTS, "lead_id": "The lead's identifier."}
_OTHERS = Form((Entry("at", "moment"), Entry("source")))
_AHEAD = timedelta(minutes=5)
"""How far another clock may be ahead of ours."""


@storing
async def keep_leads(call: Call) -> Work:
    """Keep what is said of some leads; all of them or none."""
    name = call.path("playbook")
    playbook = await declared(call, name)
    given, said, problems = await read_list(call, "leads", _OTHERS)
    longest = call.service.settings.max_text_bytes
    read = [playbook.read(lead, f"leads[{place}]", longest=longest) for place, lead in enumerate(given)]
    problems += [problem for _, _, wrong in read for problem in wrong]
    problems += explain_ahead(call, said["at"], "at")
    if problems:
        raise Refusal(422, problems)

    def work(store: Store) -> Any:
        from leadloop.store import LeadRecord

        records = [LeadRecord(lead_id, fields, said["at"]) for lead_id, fields, _ in read]
        kept = store.leads.record(name, records, source=said["source"] or "")
        return {"received": len(records), "new": kept.new, "changed": kept.changed, "unchanged": kept.unchanged}

    return work


def explain_ahead(call: Call, moment: datetime | None, where: str) -> list[Problem]:
    """What is wrong with a moment at which something happened that lies ahead."""
    if moment is None or moment <= call.service.live.clock() + _AHEAD:
        return []
    return [Problem(where, f"is {write_moment(moment)}, which is yet to come", "give the time at which it happened")]


async def show_lead(call: Call) -> dict[str, Any]:
    """One lead as it is now, or as it was, with its newest score by then."""
    name, lead_id, moment = call.path("playbook"), call.path("lead_id"), call.query("as_of")
    await declared(call, name)

    def look(store: Store) -> tuple[LeadVersion | None, Score | None]:
        held = store.leads.get(name, lead_id) if moment is None else store.leads.as_of(name, lead_id, moment)
        return held, store.scores.latest(name, lead_id, by=moment) if held else None

    held, score = await call.look_up(look)
    if held is None:
        raise not_kept()
    return {**lead_body(held), "score": None if score is None else score_body(score)}


async def list_versions(call: Call) -> dict[str, Any]:
    """Every version of a lead."""
    name, lead_id = call.path("playbook"), call.path("lead_id")
    await declared(call, name)
    versions = await call.look_up(lambda store: store.leads.versions(name, lead_id))
    if not versions:
        raise not_kept()
    return {"lead_id": lead_id, "versions": [lead_body(one) for one in versions]}


async def score_lead(call: Call) -> dict[str, Any]:
    """Score a lead that is kept."""
    served = call.service.versions.get(call.path("playbook"))
    lead_id = call.path("lead_id")
    (said,) = await score_stored(call, served, [lead_id], explain=call.query("explain"))
    if said is None:
        raise not_kept()
    return {**card_body(said.scored()), "lead_id": lead_id}


def not_kept() -> Refusal:
    """A lead that nobody has told us of."""
    return Refusal(404, Problem("lead_id", "is no lead that is kept here", "see that it is of this playbook"))


def lead_body(version: LeadVersion) -> dict[str, Any]:
    """A lead at one time, as plain JSON values."""
    return {
        "lead_id": version.lead_id,
        "version": version.version,
        "at": write_moment(version.at),
        "recorded_at": write_moment(version.recorded_at),
        "source": version.source,
        "fields": dict(version.fields),
    }


def score_body(score: Score) -> dict[str, Any]:
    """A score that was written down, as plain JSON values."""
    return {
        "lead_id": score.lead_id,
        "scored_at": write_moment(score.at),
        "score": score.score,
        **chance(score),
        "band": score.band,
        "route": score.route,
        "segment": score.segment or None,
        "method": score.method,
        "degraded": score.degraded,
        "model_version": score.model_version,
        "arm": score.arm or None,
    }


FIELDS: dict[str, Any] = {"type": "object", "additionalProperties": ANY}
SCORED = record(
    {
        "lead_id": TEXT,
        "scored_at": TEXT,
        "score": SCORE,
        "probability": maybe(SHARE),
        "probability_low": maybe(SHARE),
        "probability_high": maybe(SHARE),
        "band": TEXT,
        "route": TEXT,
        "segment": maybe(TEXT),
        "method": TEXT,
        "degraded": FLAG,
        "model_version": TEXT,
        "arm": maybe(TEXT),
    }
)
_HELD: dict[str, Any] = {
    "lead_id": TEXT,
    "version": WHOLE,
    "at": TEXT,
    "recorded_at": TEXT,
    "source": TEXT,
    "fields": FIELDS,
}
HELD = record(_HELD)
_EXPLAIN = {
    "explain": Query(True, "Whether every reason is given; without reasons a score takes a fraction of the time.")
}


def routes(examples: Mapping[str, Any]) -> list[Route]:
    """The routes of leads; `examples` holds a lead of each playbook that is served."""
    lead: Mapping[str, Any] = next(iter(examples.values()), {})
    return [
        Route(
            "POST", "/v1/{playbook}/leads", ("scorer", "feedback"), keep_leads,
            "Keep up to `max_batch_size` leads, all or none: a record that changes a lead becomes its next version.",
            record({"received": WHOLE, "new": WHOLE, "changed": WHOLE, "unchanged": WHOLE}),
            Body(record({"leads": array(FIELDS, minItems=1)},
                        {one.name: one.schema for one in _OTHERS.entries}),
                 {"leads": [lead], "source": "web form"}),
            PARTS, {}, (404, 503), writes=True,
        ),
        list_route(
            "leads", "Every lead as it is now, by identifier.", lambda store: store.leads.page, lead_body, HELD,
            {"unscored": Query(False, "Only leads that were never scored."),
             "since": Query(None, "Only leads that changed at this time or later.", "moment")},
        ),
        Route(
            "GET", "/v1/{playbook}/leads/{lead_id}/versions", "analyst", list_versions,
            "Every version of a lead, in the order in which they arrived.",
            record({"lead_id": TEXT, "versions": array(HELD)}), None, ONE_LEAD, {}, (404, 503),
        ),
        Route(
            "POST", "/v1/{playbook}/leads/{lead_id}/score", "scorer", score_lead,
            "Score a lead that is kept; when this answers, the score is stored.",
            CARD, None, ONE_LEAD, _EXPLAIN, (404, 503), writes=True,
        ),
        Route(
            "GET", "/v1/{playbook}/leads/{lead_id}", "analyst", show_lead,
            "One lead as it is now, or as it was at a time, with the newest score that it had then.",
            record({**_HELD, "score": maybe(SCORED)}), None, ONE_LEAD,
            {"as_of": Query(None, "The time; without it now.", "moment")}, (404, 503),
        ),
        list_route(
            "scores", "Every score that was given, in the order in which they were stored.",
            lambda store: store.scores.page, score_body, SCORED,
            {"lead_id": Query(None, "Only scores of this lead.", "text"),
             "newest_first": Query(False, "Whether the newest comes first.")},
        ),
    ]  # fmt: skip
