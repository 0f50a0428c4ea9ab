"""What is known of one person: all of it on request, and nothing any more after an erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadloop.api.requests.routes import Call, Query, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.topics.actions import ACTION, RECOMMENDATION, action_body, recommendation_body
from leadloop.api.topics.feedback import FEEDBACK, feedback_body
from leadloop.api.topics.leads import FIELDS, HELD, ONE_LEAD, SCORED, lead_body, not_kept, score_body
from leadloop.api.topics.outcomes import EVENT, OUTCOME, event_body, outcome_body
from leadloop.api.wire.arguments import write_moment
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import TEXT, WHOLE, array, mapping, maybe, record

if TYPE_CHECKING:
    from leadloop.store import Store


async def show_everything(call: Call) -> dict[str, Any]:
    """Everything that is stored of one lead."""
    name, lead_id = call.path("playbook"), call.path("lead_id")

    def look(store: Store) -> dict[str, Any]:
        from leadloop.store.paging import LARGEST_PAGE, all_pages

        scores = all_pages(
            lambda after: store.scores.page(name, lead_id=lead_id, after=after, limit=LARGEST_PAGE // 10)
        )
        feedback = all_pages(
            lambda after: store.feedback.page(name, lead_id=lead_id, after=after, limit=LARGEST_PAGE // 10)
        )
        return {
            "playbook": name,
            "lead_id": lead_id,
            "versions": [lead_body(one) for one in store.leads.versions(name, lead_id)],
            "events": [event_body(one) for one in store.events.of_lead(name, lead_id)],
            "outcomes": [outcome_body(one) for one in store.outcomes.of_lead(name, lead_id)],
            "scores": [{**score_body(one), "fields": dict(one.fields), "said": dict(one.card)} for one in scores],
            "feedback": [feedback_body(one) for one in feedback],
            "experiments": [
                {"test_name": test, "variant_name": variant, "at": write_moment(at)}
                for test, variant, at in store.experiments.of_lead(name, lead_id)
            ],
            "sources": [
                {
                    "source": source,
                    "kind": kind,
                    "version": one.version,
                    "recorded_at": write_moment(one.recorded_at),
                    "raw": one.raw,
                }
                for source, kind, one in store.source_records.of_lead(name, lead_id)
            ],
            "enrichment": [
                {
                    "provider": one.provider,
                    "facts": {fact: dict(said) for fact, said in one.facts.items()},
                    "note": one.note,
                    "found_at": write_moment(one.found_at),
                }
                for one in store.enrichment.facts(name, [lead_id]).get(lead_id, ())
            ],
            "told": [
                {"webhook": one.webhook, "type": one.type, "state": one.state, "at": write_moment(one.created_at)}
                for one in store.webhooks.of_lead(name, lead_id)
            ],
            "actions": [action_body(one) for one in store.actions.of_lead(name, lead_id)],
            "recommendations": [recommendation_body(name, one) for one in store.recommendations.of_lead(name, lead_id)],
        }

    found = await call.look_up(look)
    if not any(isinstance(part, list) and part for part in found.values()):
        raise not_kept()
    return found


async def erase_lead(call: Call) -> dict[str, Any]:
    """Erase everything that is stored of one lead, and on request of its person wherever else they are known."""
    name, lead_id, everywhere = call.path("playbook"), call.path("lead_id"), call.query("everywhere")
    contact_fields: list[str] | None = None
    unknown: Refusal | None = None
    try:
        contact_fields = (await declared(call, name)).contact_fields
    except Refusal as refusal:
        if everywhere:
            raise  # which fields name a person is for the playbook to say
        unknown = refusal

    def erase(store: Store) -> dict[str, Any]:
        from leadloop.store.identifiers import plain_email, plain_phone

        who = call.caller.name
        receipts = [store.erasures.erase_person(who=who, playbook=name, lead_id=lead_id)] if not everywhere else []
        if everywhere:
            contacts = _contacts(store, name, lead_id, contact_fields or [])
            emails = sorted({plain_email(one) for one in contacts} - {""})
            phones = sorted({plain_phone(one) for one in contacts} - {""})
            for place in range(max(len(emails), len(phones), 1)):
                receipts.append(
                    store.erasures.erase_person(
                        who=who,
                        email=emails[place] if place < len(emails) else "",
                        phone=phones[place] if place < len(phones) else "",
                        playbook=name,
                        lead_id=lead_id,
                        contact_fields=contact_fields,
                    )
                )
        if unknown and not any(one.removed for one in receipts):
            raise unknown  # leads of a playbook that is gone can be erased; a misspelt one should not look like it
        return {
            "receipts": [
                {
                    "id": one.id,
                    "asked_at": write_moment(one.asked_at),
                    "finished_at": write_moment(one.finished_at) if one.finished_at else None,
                    "removed": dict(one.removed),
                    "beyond": list(one.beyond),
                }
                for one in receipts
            ]
        }

    return await call.look_up(erase)


def _contacts(store: Store, playbook: str, lead_id: str, fields: list[str]) -> set[str]:
    """Every address and number that the lead ever had."""
    from leadloop.store.paging import LARGEST_PAGE, all_pages

    scores = all_pages(
        lambda after: store.scores.page(playbook, lead_id=lead_id, after=after, limit=LARGEST_PAGE // 10)
    )
    told = [*(one.fields for one in store.leads.versions(playbook, lead_id)), *(one.fields for one in scores)]
    values = [one.get(name) for one in told for name in fields]
    return {
        f"{value:.0f}" if isinstance(value, float) else str(value)
        for value in values
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }


_RECEIPT = record(
    {"id": TEXT, "asked_at": TEXT, "finished_at": maybe(TEXT), "removed": mapping(WHOLE), "beyond": array(TEXT)}
)
_SCORE = record({**SCORED["properties"], "fields": FIELDS, "said": FIELDS})

BEFORE_LEADS = [
    Route(
        "GET", "/v1/{playbook}/leads/{lead_id}/everything", "analyst", show_everything,
        "Everything that is stored of one lead, for somebody who asks what is known of them.",
        record({
            "playbook": TEXT, "lead_id": TEXT, "versions": array(HELD), "events": array(EVENT), "outcomes": array(OUTCOME),
            "scores": array(_SCORE), "feedback": array(FEEDBACK),
            "experiments": array(record({"test_name": TEXT, "variant_name": TEXT, "at": TEXT})),
            "sources": array(
                record({"source": TEXT, "kind": TEXT, "version": WHOLE, "recorded_at": TEXT, "raw": {"type": "object"}})
            ),
            "enrichment": array(
                record({"provider": TEXT, "facts": mapping(mapping(TEXT)), "note": TEXT, "found_at": TEXT})
            ),
            "told": array(record({"webhook": TEXT, "type": TEXT, "state": TEXT, "at": TEXT})),
            "actions": array(ACTION), "recommendations": array(RECOMMENDATION),
        }),
        None, ONE_LEAD, {}, (404, 503),
    ),
]  # fmt: skip
"""Routes that stand before those of leads: an identifier may have a slash in it, and so may take in what follows it."""
ROUTES = [
    Route(
        "DELETE", "/v1/{playbook}/leads/{lead_id}", "admin", erase_lead,
        "Erase everything that is stored of one lead, for good; the receipt says what was removed. Erasing twice is fine.",
        record({"receipts": array(_RECEIPT)}),
        None, ONE_LEAD,
        {"everywhere": Query(False, "Whether every other lead with its e-mail address or phone number goes too, and mentions of "
                                    "these anywhere. Families and offices share them: look first.")},
        (404, 503), writes=True,
    ),
]  # fmt: skip
