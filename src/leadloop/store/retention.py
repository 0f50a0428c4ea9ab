"""Forgetting what is older than its purpose needs, a thousand rows at a time so that nobody waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, delete, select

from leadloop.errors import Problem, StoreError
from leadloop.store import (
    action_tables,
    enrichment_tables,
    identity_tables,
    loop_tables,
    source_tables,
    standing_tables,
    tables,
    watch_tables,
    webhook_tables,
)
from leadloop.store.audit import Audit
from leadloop.store.connections import Connections
from leadloop.store.standings import forget_scores

_AT_ONCE = 1_000
_WITH_A_LEAD = (
    tables.LEAD_VERSIONS,
    tables.AUDIT_SUBJECTS,
    *identity_tables.OF_A_LEAD,
    enrichment_tables.QUEUE,
    enrichment_tables.ENRICHMENTS,
    action_tables.RECOMMENDATIONS,
    standing_tables.STANDINGS,
)
"""What goes with a lead that is forgotten."""


def families(before: datetime) -> dict[str, tuple[Table, ColumnElement[bool]]]:
    """What can be forgotten by age, with what counts as older."""
    return {
        "events": (tables.EVENTS, tables.EVENTS.c.recorded_at < before),
        "outcomes": (tables.OUTCOMES, tables.OUTCOMES.c.recorded_at < before),
        "scores": (tables.SCORES, tables.SCORES.c.recorded_at < before),
        "feedback": (tables.FEEDBACK, tables.FEEDBACK.c.created_at < before),
        "exposures": (tables.EXPOSURES, tables.EXPOSURES.c.at < before),
        "jobs": (tables.JOBS, and_(tables.JOBS.c.finished_at.is_not(None), tables.JOBS.c.finished_at < before)),
        "alerts": (
            loop_tables.ALERTS,
            and_(loop_tables.ALERTS.c.ended_at.is_not(None), loop_tables.ALERTS.c.ended_at < before),
        ),
        "checks": (loop_tables.CHECKS, loop_tables.CHECKS.c.at < before),
        "source_records": (source_tables.SOURCE_RECORDS, source_tables.SOURCE_RECORDS.c.recorded_at < before),
        "source_events": (source_tables.SOURCE_EVENTS, source_tables.SOURCE_EVENTS.c.received_at < before),
        "enrichment_answers": (enrichment_tables.ANSWERS, enrichment_tables.ANSWERS.c.found_at < before),
        "webhook_messages": (
            webhook_tables.MESSAGES,
            and_(webhook_tables.MESSAGES.c.finished_at.is_not(None), webhook_tables.MESSAGES.c.finished_at < before),
        ),
        "quality": (watch_tables.QUALITY, watch_tables.QUALITY.c.measured_at < before),
        "actions": (action_tables.ACTIONS, action_tables.ACTIONS.c.recorded_at < before),
        "recommendations": (action_tables.RECOMMENDATIONS, action_tables.RECOMMENDATIONS.c.made_at < before),
        "leads": (tables.LEADS, tables.LEADS.c.recorded_at < before),
    }


def forget_older_than(
    connections: Connections, audit: Audit, family: str, before: datetime, *, who: str, playbook: str = ""
) -> int:
    """Remove what one family recorded before a moment, of one playbook or of all, and say how many rows; the audit log notes it.

    Leads go with all their versions once nothing was recorded of them since then. The audit log itself is never forgotten.
    """
    known = families(before)
    if family not in known:
        what = "is never forgotten: it proves what was done" if family == "audit" else "is not known"
        raise StoreError("retention", Problem(family, what, f"name one of {', '.join(known)}"))
    table, old = known[family]
    if playbook and "playbook" not in table.c:
        raise StoreError("retention", Problem(family, "belongs to no playbook", "leave the playbook out"))
    old = and_(old, table.c.playbook == playbook) if playbook else old
    removed = 0
    while True:
        with connections.write() as connection:
            some = select(table.c.id).where(old).order_by(table.c.id).limit(_AT_ONCE).with_for_update()
            numbers = list(connection.execute(some).scalars())
            if family == "leads" and numbers:
                own = select(tables.LEADS.c.playbook, tables.LEADS.c.lead_id).where(tables.LEADS.c.id.in_(numbers))
                for row in connection.execute(own).all():
                    for part in _WITH_A_LEAD:
                        mine = part.c.playbook == row.playbook, part.c.lead_id == row.lead_id
                        connection.execute(delete(part).where(*mine))
            if family == "scores" and numbers:
                which = select(*(tables.SCORES.c[name] for name in ("playbook", "lead_id", "id")))
                gone = connection.execute(which.where(tables.SCORES.c.id.in_(numbers))).all()
                forget_scores(connection, [(row.playbook, row.lead_id, row.id) for row in gone])
            if numbers:
                connection.execute(delete(table).where(table.c.id.in_(numbers)))
            removed += len(numbers)
            if len(numbers) < _AT_ONCE:
                if removed:
                    told = {"family": family, "before": before.isoformat(), "rows": removed}
                    audit.add(who, "forget", {**told, "playbook": playbook} if playbook else told)
                return removed
