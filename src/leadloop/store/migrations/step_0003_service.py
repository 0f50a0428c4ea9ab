"""The audit log, API keys, answers kept for retries, jobs, and what was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("who", Line(255, "who"), nullable=False),
        sa.Column("action", Line(100, "action"), nullable=False),
        sa.Column("subject", Line(64, "subject"), nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.Column("previous", Line(64, "previous"), nullable=False),
        sa.Column("hash", Line(64, "hash"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", Line(64, "hash"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_subjects",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_subjects")),
        sa.UniqueConstraint("playbook", "lead_id", name=op.f("uq_audit_subjects_playbook_lead_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_keys",
        sa.Column("id", Line(32, "id"), nullable=False),
        sa.Column("secret_hash", Line(64, "secret_hash"), nullable=False),
        sa.Column("role", Line(50, "role"), nullable=False),
        sa.Column("name", Line(255, "name"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_table(
        "idempotency",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("owner", Line(255, "owner"), nullable=False),
        sa.Column("route", Line(255, "route"), nullable=False),
        sa.Column("key", Line(255, "key"), nullable=False),
        sa.Column("body_hash", Line(64, "body_hash"), nullable=False),
        sa.Column("holder", Line(64, "holder"), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("held_until", Moment(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency")),
        sa.UniqueConstraint("owner", "route", "key", name=op.f("uq_idempotency_owner_route_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_idempotency_begun_at"), "idempotency", ["begun_at"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("kind", Line(100, "kind"), nullable=False),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("only_one", Line(255, "only_one"), nullable=True),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", Moment(), nullable=False),
        sa.Column("holder", Line(255, "holder"), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.Column("progress", sa.Float(precision=53), nullable=False),
        sa.Column("note", Line(1000, "note"), nullable=False),
        sa.Column("result", Json(), nullable=True),
        sa.Column("error", Line(2000, "error"), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("only_one", name=op.f("uq_jobs_only_one")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_jobs_state_run_after"), "jobs", ["state", "run_after"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("id", Line(64, "id"), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("who", Line(255, "who"), nullable=False),
        sa.Column("marks", Json(), nullable=False),
        sa.Column("removed", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "secrets",
        sa.Column("name", Line(50, "name"), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
    )

    op.bulk_insert(
        sa.table("audit_head", sa.column("id"), sa.column("number"), sa.column("hash")),
        [{"id": 1, "number": 0, "hash": "0" * 64}],
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{change.lower()} BEFORE {change} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION audit_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log is only ever added to'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_added_to()"
        )


def downgrade() -> None:
    op.drop_table("secrets")
    op.drop_table("erasures")
    op.drop_table("jobs")
    op.drop_table("idempotency")
    op.drop_table("api_keys")
    op.drop_table("audit_subjects")
    op.drop_table("audit_head")
    op.drop_table("audit")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_only_added_to()")
