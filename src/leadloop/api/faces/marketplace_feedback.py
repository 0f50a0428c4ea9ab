"""`/api/v1/ml/feedback` and what goes with it: what users did with postings, by themselves and as they were watched."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from leadloop.api.requests.idempotency import Work, storing
from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.topics.feedback import ANALYTICS, FEEDBACK, SAID, Kept, analytics, feedback_body, grading_of, keeping
from leadloop.api.wire.arguments import PAGE, write_moment
from leadloop.api.wire.forms import NO_MORE, Entry, Form, read_form, read_forms
from leadloop.api.wire.shapes import FLAG, SHARE, TEXT, WHOLE, array, maybe, record
from leadloop.errors import StoreUnavailable

if TYPE_CHECKING:
    from leadloop.store import Store, StoredFeedback

PREFIX = "/api/v1/ml"
_ONE = Form(SAID)
_WATCHED = Form(
    (
        Entry("lead_id", "id", required=True),
        Entry("type", required=True, choices=("view", "contact", "archive", "convert")),
        Entry("duration", "number", low=0, high=1e9),
        Entry("view_count", "whole", low=0),
        Entry("key"),
    )
)
_SESSION = Form((Entry("session_id", required=True),))
_RECENT_DAYS = 30
_MOST_DAYS = 36_500


@storing
async def tell(call: Call) -> Work:
    """Keep what one user did with a posting, or said of it."""
    work = await keeping(call, _playbook(call), [await read_form(call, _ONE)], [""])

    def done(store: Store) -> dict[str, Any]:
        (one,) = work(store)
        return {"success": True, **_answer(one)}

    return done


@storing
async def tell_many(call: Call) -> Work:
    """Keep what users did with several postings; all of it or nothing."""
    rows, _ = await read_forms(call, "feedback", _ONE, NO_MORE)
    return _all_of(await keeping(call, _playbook(call), rows, [f"feedback[{place}]." for place in range(len(rows))]))


@storing
async def watch(call: Call) -> Work:
    """Keep what a user was seen to do in one session; all of it or nothing."""
    given, said = await read_forms(call, "interactions", _WATCHED, _SESSION)
    rows = [
        {
            "lead_id": one["lead_id"],
            "action_type": one["type"],
            "interaction_duration": one["duration"],
            "view_count": one["view_count"],
            "session_id": said["session_id"],
            "feedback_source": "implicit",
            "user_rating": None,
            "key": one["key"],
        }
        for one in given
    ]
    return _all_of(
        await keeping(call, _playbook(call), rows, [f"interactions[{place}]." for place in range(len(rows))])
    )


def _all_of(work: Any) -> Work:
    def done(store: Store) -> dict[str, Any]:
        kept = work(store)
        told = [{"lead_id": one.feedback.lead_id, **_answer(one)} for one in kept]
        return {"success": True, "total_count": len(told), "feedback": told}

    return done


def _answer(one: Kept) -> dict[str, Any]:
    return {
        "feedback_id": one.stored.id,
        "confidence": one.feedback.feedback_confidence,
        "prediction_score": one.feedback.prediction_score,
        "model_version": one.feedback.model_version,
    }


async def show(call: Call) -> dict[str, Any]:
    """What was done with one posting, and what it turned out to be worth."""
    playbook, lead_id = _playbook(call), call.path("lead_id")

    def look(store: Store) -> tuple[list[StoredFeedback], list[StoredFeedback], str | None]:
        from leadloop.store.paging import all_pages

        page = store.feedback.page(playbook, lead_id=lead_id, after=call.query("after"), limit=call.query("limit"))
        every = list(all_pages(lambda after: store.feedback.page(playbook, lead_id=lead_id, after=after, limit=1_000)))
        return list(page.items), every, page.next

    items, every, following = await call.look_up(look)
    grading = await to_thread.run_sync(lambda: grading_of(call, playbook))
    events = [feedback_body(one) for one in every]
    score, confidence = await to_thread.run_sync(lambda: grading.judge(events)) if grading else (None, None)
    return {
        "lead_id": lead_id,
        "feedback": [feedback_body(one) for one in items],
        "total_count": len(every),
        "target_score": score,
        "confidence": confidence,
        "next": following,
    }


async def show_analytics(call: Call) -> dict[str, Any]:
    """How much feedback there was, of which kinds."""
    return await analytics(call, _playbook(call), call.query("days"))


async def recent(call: Call) -> dict[str, Any] | None:
    """The same of the last thirty days; None while the database is away, which keeps nobody from seeing the model's measures."""
    try:
        return await analytics(call, _playbook(call), _RECENT_DAYS)
    except StoreUnavailable:
        return None


async def clean_up(call: Call) -> dict[str, Any]:
    """Forget feedback that is older than so many days."""
    days, playbook = call.query("retention_days"), _playbook(call)
    before = call.service.live.clock() - timedelta(days=days)
    removed = await call.look_up(
        lambda store: store.forget_older_than("feedback", before, who=call.caller.name, playbook=playbook)
    )
    return {"success": True, "removed_count": removed, "retention_days": days, "removed_before": write_moment(before)}


def _playbook(call: Call) -> str:
    return call.service.settings.marketplace_playbook


_KEPT = {"feedback_id": WHOLE, "confidence": SHARE, "prediction_score": maybe(FEEDBACK["properties"]["user_rating"]),
         "model_version": maybe(TEXT)}  # fmt: skip
_MANY = record({"success": FLAG, "total_count": WHOLE, "feedback": array(record({"lead_id": TEXT, **_KEPT}))})
_RATED = {
    "lead_id": 123, "action_type": "contact", "user_rating": 90, "interaction_duration": 180, "contact_successful": True,
    "conversion_value": 5000, "session_id": "session_abc123",
}  # fmt: skip

FEEDBACK_ROUTES = [
    Route(
        "POST", f"{PREFIX}/feedback", "feedback", tell,
        "Tell what one user did with a posting, or said of it; kept with the score that the posting had.",
        record({"success": FLAG, **_KEPT}), Body(_ONE.schema, _RATED), refuses=(503,), writes=True,
    ),
    Route(
        "POST", f"{PREFIX}/feedback/implicit", "feedback", watch,
        "Tell what a user was seen to do in one session, up to `max_batch_size` things, all or none.",
        _MANY,
        Body(record({"session_id": TEXT, "interactions": array(_WATCHED.schema, minItems=1)}),
             {"session_id": "session_abc123", "interactions": [{"lead_id": 123, "type": "view", "duration": 300},
                                                               {"lead_id": 124, "type": "archive", "duration": 5}]}),
        refuses=(503,), writes=True,
    ),
    Route(
        "POST", f"{PREFIX}/feedback/batch", "feedback", tell_many,
        "Tell what users did with up to `max_batch_size` postings, all or none.",
        _MANY, Body(record({"feedback": array(_ONE.schema, minItems=1)}), {"feedback": [_RATED]}),
        refuses=(503,), writes=True,
    ),
    Route(
        "GET", f"{PREFIX}/feedback/{{lead_id}}", "analyst", show,
        "What was done with one posting, and what it turned out to be worth by all of that.",
        record({"lead_id": TEXT, "feedback": array(FEEDBACK), "total_count": WHOLE, "target_score": maybe(SHARE),
                "confidence": maybe(SHARE), "next": maybe(TEXT)}),
        None, {"lead_id": "The posting's identifier."}, PAGE, (503,),
    ),
    Route(
        "GET", f"{PREFIX}/analytics/feedback", "analyst", show_analytics,
        "How much feedback there was: by kind, by source and day by day.",
        ANALYTICS, None, {},
        {"days": Query(_RECENT_DAYS, "Of how many days until now.", low=1, high=_MOST_DAYS)}, (503,),
    ),
    Route(
        "POST", f"{PREFIX}/cleanup/feedback", "admin", clean_up,
        "Forget feedback that is older than so many days; the audit log notes it.",
        record({"success": FLAG, "removed_count": WHOLE, "retention_days": WHOLE, "removed_before": TEXT}),
        None, {}, {"retention_days": Query(365, "How many days of feedback are kept.", low=1, high=_MOST_DAYS)}, (503,),
        writes=True,
    ),
]  # fmt: skip
