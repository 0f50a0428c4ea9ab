"""Schedules, the steps of workflows, versions on trial, alerts, sources under quarantine; jobs that take turns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("turn", Line(255, "turn"), nullable=True))
    op.create_table(
        "schedules",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("name", Line(100, "name"), nullable=False),
        sa.Column("kind", Line(100, "kind"), nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("cron", Line(100, "cron"), nullable=False),
        sa.Column("zone", Line(64, "zone"), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("next_at", Moment(), nullable=False),
        sa.Column("last_at", Moment(), nullable=True),
        sa.Column("last_job", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("name", name=op.f("uq_schedules_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_steps",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("job_id", RowId, nullable=False),
        sa.Column("step", Line(50, "step"), nullable=False),
        sa.Column("result", Json(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_steps_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_steps")),
        sa.UniqueConstraint("job_id", "step", name=op.f("uq_job_steps_job_id_step")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "retrain_checks",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("reasons", Json(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retrain_checks")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_retrain_checks_playbook_at"), "retrain_checks", ["playbook", "at"])
    op.create_table(
        "rollouts",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("open_playbook", Line(63, "open_playbook"), nullable=True),
        sa.Column("model_version", Line(50, "model_version"), nullable=False),
        sa.Column("policy", Line(64, "policy"), nullable=False),
        sa.Column("against", Line(50, "against"), nullable=False),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("share", sa.Float(53), nullable=False),
        sa.Column("salt", Line(64, "salt"), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("who", Line(255, "who"), nullable=False),
        sa.Column("why", Line(2000, "why"), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollouts")),
        sa.UniqueConstraint("open_playbook", name=op.f("uq_rollouts_open_playbook")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_rollouts_playbook_id"), "rollouts", ["playbook", "id"])
    op.create_table(
        "rollout_changes",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("rollout_id", RowId, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("share", sa.Float(53), nullable=False),
        sa.Column("who", Line(255, "who"), nullable=False),
        sa.Column("why", Line(2000, "why"), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rollout_id"], ["rollouts.id"], name=op.f("fk_rollout_changes_rollout_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_rollout_changes_rollout_id"), "rollout_changes", ["rollout_id"])
    op.create_table(
        "rollout_counts",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("rollout_id", RowId, nullable=False),
        sa.Column("arm", Line(50, "arm"), nullable=False),
        sa.Column("hour", Moment(), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Float(53), nullable=False),
        sa.ForeignKeyConstraint(
            ["rollout_id"], ["rollouts.id"], name=op.f("fk_rollout_counts_rollout_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout_counts")),
        sa.UniqueConstraint("rollout_id", "arm", "hour", name=op.f("uq_rollout_counts_rollout_id_arm_hour")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alerts",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("rule", Line(50, "rule"), nullable=False),
        sa.Column("about", Line(255, "about"), nullable=False),
        sa.Column("open_name", Line(255, "open_name"), nullable=True),
        sa.Column("severity", Line(20, "severity"), nullable=False),
        sa.Column("title", Line(255, "title"), nullable=False),
        sa.Column("text", Line(2000, "text"), nullable=False),
        sa.Column("mend", Line(1000, "mend"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", Moment(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.Column("told_at", Moment(), nullable=True),
        sa.Column("told_severity", Line(20, "told_severity"), nullable=True),
        sa.Column("told_times", sa.Integer(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("open_name", name=op.f("uq_alerts_open_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alerts_playbook_last_at"), "alerts", ["playbook", "last_at"])
    op.create_table(
        "quarantined_sources",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("source", Line(255, "source"), nullable=False),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("who", Line(255, "who"), nullable=False),
        sa.Column("why", Line(2000, "why"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_sources")),
        sa.UniqueConstraint("playbook", "source", name=op.f("uq_quarantined_sources_playbook_source")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("quarantined_sources")
    op.drop_table("alerts")
    op.drop_table("rollout_counts")
    op.drop_table("rollout_changes")
    op.drop_table("rollouts")
    op.drop_table("retrain_checks")
    op.drop_table("job_steps")
    op.drop_table("schedules")
    op.drop_column("jobs", "turn")
