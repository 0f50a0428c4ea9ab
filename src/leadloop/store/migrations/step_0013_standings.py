"""How each lead stands, in one row; and indexes by which pages sum up scores, outcomes and events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId
from leadloop.store.lead_traits import traits_of

revision = "0013"
down_revision = "0012"

_AT_ONCE = 1_000
_TOLD = ["playbook", "target", "lead_id", "id", "at", "value"]


def upgrade() -> None:
    op.create_table(
        "lead_standings",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("came_at", Moment(), nullable=False),
        sa.Column("name", Line(255, "name"), nullable=False),
        sa.Column("company", Line(255, "company"), nullable=False),
        sa.Column("owner", Line(255, "owner"), nullable=False),
        sa.Column("industry", Line(255, "industry"), nullable=False),
        sa.Column("called_at", Moment(), nullable=True),
        sa.Column("sentiment", sa.Float(53), nullable=True),
        sa.Column("follow_up", sa.Boolean(), nullable=True),
        sa.Column("words", Line(600, "words"), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=True),
        sa.Column("first_at", Moment(), nullable=True),
        sa.Column("first_score", sa.Float(53), nullable=True),
        sa.Column("first_probability", sa.Float(53), nullable=True),
        sa.Column("first_band", Line(255, "first_band"), nullable=True),
        sa.Column("score_id", sa.BigInteger(), nullable=True),
        sa.Column("scored_at", Moment(), nullable=True),
        sa.Column("score", sa.Float(53), nullable=True),
        sa.Column("score_before", sa.Float(53), nullable=True),
        sa.Column("probability", sa.Float(53), nullable=True),
        sa.Column("probability_low", sa.Float(53), nullable=True),
        sa.Column("probability_high", sa.Float(53), nullable=True),
        sa.Column("band", Line(255, "band"), nullable=True),
        sa.Column("route", Line(255, "route"), nullable=True),
        sa.Column("segment", Line(255, "segment"), nullable=True),
        sa.Column("model_version", Line(50, "model_version"), nullable=True),
        sa.Column("method", Line(50, "method"), nullable=True),
        sa.Column("degraded", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_standings")),
        sa.UniqueConstraint("playbook", "lead_id", name=op.f("uq_lead_standings_playbook_lead_id")),
        sqlite_autoincrement=True,
    )
    _fill(op.get_bind())
    op.create_index(op.f("ix_lead_standings_playbook_score_id"), "lead_standings", ["playbook", "score", "id"])
    op.create_index(op.f("ix_lead_standings_playbook_company"), "lead_standings", ["playbook", "company"])
    op.drop_index(op.f("ix_scores_playbook_at"), table_name="scores")
    op.create_index(op.f("ix_scores_playbook_at_arm"), "scores", ["playbook", "at", "arm"])
    op.create_index(op.f("ix_outcomes_told"), "outcomes", _TOLD)
    op.create_index(op.f("ix_events_playbook_name_lead_id"), "events", ["playbook", "name", "lead_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_events_playbook_name_lead_id"), table_name="events")
    op.drop_index(op.f("ix_outcomes_told"), table_name="outcomes")
    op.drop_index(op.f("ix_scores_playbook_at_arm"), table_name="scores")
    op.create_index(op.f("ix_scores_playbook_at"), "scores", ["playbook", "at"])
    op.drop_table("lead_standings")


def _fill(connection: sa.Connection) -> None:
    """What the rows that are there say, a thousand leads at a time."""
    meta = sa.MetaData()
    standings = sa.Table("lead_standings", meta, autoload_with=connection)
    columns = {one.name: one for one in standings.columns}
    for name in ("came_at", "called_at", "first_at", "scored_at"):
        columns[name].type = Moment()
    leads = _table(meta, "leads", "playbook", "lead_id", "version", first_at=Moment())
    versions = _table(meta, "lead_versions", "playbook", "lead_id", "version", fields=Json())
    holds = sa.and_(*(versions.c[name] == leads.c[name] for name in ("playbook", "lead_id", "version")))
    kept = sa.select(leads.c.playbook, leads.c.lead_id, leads.c.first_at, versions.c.fields).join(versions, holds)
    for rows in _parts(connection, kept, leads):
        said = [
            {
                "playbook": row.playbook,
                "lead_id": row.lead_id,
                "kept": True,
                "came_at": row.first_at,
                **traits_of(row.lead_id, row.fields),
            }
            for row in rows
        ]
        connection.execute(standings.insert(), said)
    _fill_scores(connection, meta, standings)


def _fill_scores(connection: sa.Connection, meta: sa.MetaData, standings: sa.Table) -> None:
    given = (
        *("score", "probability", "probability_low", "probability_high", "band", "route", "segment", "model_version"),
        *("method", "degraded"),
    )
    scores = _table(meta, "scores", "id", "playbook", "lead_id", "arm", *given, at=Moment(), fields=Json())
    seen = scores.c.lead_id != "", scores.c.arm != "shadow"
    scored = sa.select(scores.c.playbook, scores.c.lead_id).where(*seen).distinct().subquery()
    for some in _parts(connection, sa.select(scored), scored):
        by_playbook: dict[str, list[str]] = {}
        for row in some:
            by_playbook.setdefault(row.playbook, []).append(row.lead_id)
        for playbook, lead_ids in by_playbook.items():
            here = scores.c.playbook == playbook, scores.c.lead_id.in_(lead_ids)
            plain = [one for one in scores.c if one.name != "fields"]
            rows = connection.execute(sa.select(*plain).where(*here, *seen).order_by(scores.c.at, scores.c.id)).all()
            ends: dict[str, list[Any]] = {}
            for row in rows:
                ends.setdefault(row.lead_id, []).append(row)
            mine = standings.c.playbook == playbook, standings.c.lead_id.in_(lead_ids)
            known = set(connection.execute(sa.select(standings.c.lead_id).where(*mine)).scalars())
            last = {lead: found[-1].id for lead, found in ends.items() if lead not in known}
            wanted = sa.select(scores.c.id, scores.c.fields).where(scores.c.id.in_(list(last.values())))
            fields: dict[int, Any] = {row.id: row.fields for row in connection.execute(wanted)} if last else {}
            new = [
                {
                    "playbook": playbook,
                    "lead_id": lead,
                    "kept": False,
                    "came_at": ends[lead][0].at,
                    **traits_of(lead, fields.get(number) or {}),
                }
                for lead, number in last.items()
            ]
            if new:
                connection.execute(standings.insert(), new)
            _note(connection, standings, playbook, ends, given)


def _note(
    connection: sa.Connection, standings: sa.Table, playbook: str, ends: dict[str, list[Any]], given: Sequence[str]
) -> None:
    rows = []
    for lead, found in ends.items():
        first, newest = found[0], found[-1]
        said = {name: getattr(newest, name) for name in given}
        said |= {"score_id": newest.id, "scored_at": newest.at}
        said["score_before"] = found[-2].score if len(found) > 1 else None
        said |= {"first_id": first.id, "first_at": first.at, "first_score": first.score, "first_band": first.band}
        rows.append({"the_lead": lead, **said, "first_probability": first.probability})
    mine = standings.c.playbook == playbook, standings.c.lead_id == sa.bindparam("the_lead")
    if rows:
        names = [name for name in rows[0] if name != "the_lead"]
        noted = sa.update(standings).where(*mine).values({name: sa.bindparam(name) for name in names})
        connection.execute(noted, rows)


def _table(meta: sa.MetaData, name: str, *plain: str, **typed: Any) -> Any:
    """Of a table only what is read here, with the kinds of its columns as the step found them."""
    return sa.table(name, *(sa.column(one) for one in plain), *(sa.column(one, kind) for one, kind in typed.items()))


def _parts(connection: sa.Connection, query: sa.Select[Any], of: Any) -> Iterator[Sequence[Any]]:
    """The rows of a query, a thousand at a time in the order of their leads."""
    place: tuple[str, str] | None = None
    while True:
        some = query.order_by(of.c.playbook, of.c.lead_id).limit(_AT_ONCE)
        if place is not None:
            some = some.where(sa.tuple_(of.c.playbook, of.c.lead_id) > place)
        rows = connection.execute(some).all()
        if rows:
            yield rows
        if len(rows) < _AT_ONCE:
            return
        place = (rows[-1].playbook, rows[-1].lead_id)
