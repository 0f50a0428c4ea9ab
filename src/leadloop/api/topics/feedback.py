"""Feedback on leads: what people did with them and said of them, with how sure each is and the score that the lead had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from leadloop.api.requests.idempotency import Work, storing
from leadloop.api.requests.routes import Body, Call, Route
from leadloop.api.served.playbooks import declared, file_of, read_anew
from leadloop.api.topics.listing import PARTS, list_route
from leadloop.api.topics.outcomes import KEPT, kept_body, key_of
from leadloop.api.wire.arguments import write_moment
from leadloop.api.wire.forms import NO_MORE, Entry, Form, read_forms
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import FLAG, NUMBER, SHARE, TEXT, WHOLE, array, mapping, maybe, record
from leadloop.errors import Problem
from leadloop.flows.upkeep.feedback import ACTIONS, Grading, keep_feedback, read_grading, sum_up

if TYPE_CHECKING:
    from leadloop.store import Feedback, Store, Stored, StoredFeedback

SAID = (
    Entry("lead_id", "id", required=True),
    Entry("action_type", required=True, choices=ACTIONS),
    Entry("user_rating", "number", low=0, high=100),
    Entry("interaction_duration", "number", low=0, high=1e9),
    Entry("contact_successful", "flag"),
    Entry("contact_response_time", "number", low=0, high=1e6),
    Entry("conversion_value", "number", low=0, high=1e15),
    Entry("session_id"),
    Entry("user_agent", most=1024),
    Entry("ip_address", "address"),
    Entry("key"),
)
"""What feedback may say, as it has been documented, and its sender's key."""
_FORM = Form((*SAID, Entry("feedback_source", choices=("manual", "implicit")), Entry("view_count", "whole", low=0)))


@dataclass(frozen=True)
class Kept:
    """Feedback that is stored."""

    feedback: Feedback
    stored: Stored


@storing
async def keep(call: Call) -> Work:
    """Keep feedback on some leads; all of it or nothing."""
    name = call.path("playbook")
    await declared(call, name)
    rows, _ = await read_forms(call, "feedback", _FORM, NO_MORE)
    work = await keeping(call, name, rows, [f"feedback[{place}]." for place in range(len(rows))])
    return lambda store: {"feedback": [_kept_body(one) for one in work(store)]}


async def keeping(call: Call, playbook: str, rows: Sequence[dict[str, Any]], where: Sequence[str]) -> Any:
    """A function that keeps these rows and gives back what became of each; raises Refusal with every mistake at once.

    `where` is what stands before the name of a field in a mistake, a row each.
    """
    problems = [
        Problem(f"{before}user_rating", "is required where action_type is rate", "give 0 to 100")
        for before, row in zip(where, rows, strict=True)
        if row["action_type"] == "rate" and row["user_rating"] is None
    ]
    if problems:
        raise Refusal(422, problems)
    grading = await to_thread.run_sync(lambda: grading_of(call, playbook))
    sure = await to_thread.run_sync(lambda: grading.confidences(rows)) if grading else [1.0] * len(rows)

    def work(store: Store) -> list[Kept]:
        given = [_feedback(row) for row in rows]
        return [Kept(one, stored) for one, stored in keep_feedback(store, playbook, given, sure)]

    return work


def _feedback(row: Mapping[str, Any]) -> Feedback:
    from leadloop.store import Feedback

    said: dict[str, Any] = {one.name: row.get(one.name) for one in SAID}
    said |= {"key": key_of(row), "feedback_source": row.get("feedback_source") or "manual"}
    return Feedback(**said)


def grading_of(call: Call, playbook: str) -> Grading | None:
    """How feedback is read in a playbook, by its own functions; None where it has none: its feedback is as sure as it can be."""
    file = file_of(call, playbook)
    return None if file is None else read_anew(_grading, playbook, file)


@lru_cache(maxsize=32)
def _grading(file: Path, changed: int) -> Grading | None:
    """The grading of a playbook's file that was last changed then."""
    return read_grading(file)


async def analytics(call: Call, playbook: str, days: int) -> dict[str, Any]:
    """How much feedback there was within so many days."""
    since = call.service.live.clock() - timedelta(days=days)

    def look(store: Store) -> dict[str, Any]:
        counts = store.feedback.counts(playbook, since=since)
        return sum_up(counts, leads=store.feedback.leads(playbook, since=since), days=days)

    return await call.look_up(look)


def feedback_body(one: StoredFeedback) -> dict[str, Any]:
    """Feedback as plain JSON values, under the names of its columns."""
    said = one.feedback
    return {
        "id": one.id,
        "key": said.key,
        "lead_id": said.lead_id,
        "user_rating": said.user_rating,
        "action_type": said.action_type,
        "interaction_duration": said.interaction_duration,
        "feedback_source": said.feedback_source,
        "feedback_confidence": said.feedback_confidence,
        "contact_successful": said.contact_successful,
        "contact_response_time": said.contact_response_time,
        "conversion_value": said.conversion_value,
        "session_id": said.session_id,
        "user_agent": said.user_agent,
        "ip_address": said.ip_address,
        "model_version": said.model_version,
        "prediction_score": said.prediction_score,
        "created_at": write_moment(one.created_at),
    }


def _kept_body(one: Kept) -> dict[str, Any]:
    said = one.feedback
    return {
        **kept_body(said, one.stored),
        "confidence": said.feedback_confidence,
        "prediction_score": said.prediction_score,
        "model_version": said.model_version,
    }


FEEDBACK = record(
    {
        "id": WHOLE,
        "key": TEXT,
        "lead_id": TEXT,
        "user_rating": maybe(NUMBER),
        "action_type": TEXT,
        "interaction_duration": maybe(NUMBER),
        "feedback_source": TEXT,
        "feedback_confidence": SHARE,
        "contact_successful": maybe(FLAG),
        "contact_response_time": maybe(NUMBER),
        "conversion_value": maybe(NUMBER),
        "session_id": maybe(TEXT),
        "user_agent": maybe(TEXT),
        "ip_address": maybe(TEXT),
        "model_version": maybe(TEXT),
        "prediction_score": maybe(NUMBER),
        "created_at": TEXT,
    }
)
ANALYTICS = record(
    {
        "period_days": WHOLE,
        "total_feedback": WHOLE,
        "unique_leads": WHOLE,
        "action_distribution": mapping(WHOLE),
        "average_rating": maybe(NUMBER),
        "average_confidence": maybe(SHARE),
        "contact_success_rate": maybe(SHARE),
        "conversion_value": NUMBER,
        "by_source": mapping(record({"count": WHOLE, "average_confidence": maybe(SHARE)})),
        "daily": array(record({"date": TEXT, "count": WHOLE, "action_distribution": mapping(WHOLE)})),
    }
)
_ONE = record(
    {**KEPT["properties"], "confidence": SHARE, "prediction_score": maybe(NUMBER), "model_version": maybe(TEXT)}
)

ROUTES = [
    Route(
        "POST", "/v1/{playbook}/feedback", "feedback", keep,
        "Tell what people did with up to `max_batch_size` leads, all or none.",
        record({"feedback": array(_ONE)}),
        Body(record({"feedback": array(_FORM.schema, minItems=1)}),
             {"feedback": [{"lead_id": "A-1", "action_type": "rate", "user_rating": 80, "key": "ui-1"}]}),
        PARTS, {}, (404, 503), writes=True,
    ),
    list_route(
        "feedback", "What people did with leads, in the order in which it was told.",
        lambda store: store.feedback.page, feedback_body, FEEDBACK,
    ),
]  # fmt: skip
