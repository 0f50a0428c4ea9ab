"""The history of quality, and scores found by when they were given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "quality_history",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("model_version", Line(50, "model_version"), nullable=False),
        sa.Column("target", Line(63, "target"), nullable=False),
        sa.Column("start", Moment(), nullable=False),
        sa.Column("end", Moment(), nullable=False),
        sa.Column("measured_at", Moment(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("matured", sa.BigInteger(), nullable=False),
        sa.Column("won", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("not_worked", sa.BigInteger(), nullable=False),
        sa.Column("measures", Json, nullable=False),
        sa.Column("expected", Json, nullable=False),
        sa.Column("drift", Line(20, "drift"), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_history")),
        sa.UniqueConstraint(
            "playbook",
            "model_version",
            "start",
            "end",
            name=op.f("uq_quality_history_playbook_model_version_start_end"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_quality_history_playbook_measured_at"), "quality_history", ["playbook", "measured_at"], unique=False
    )
    op.create_index(op.f("ix_scores_playbook_at"), "scores", ["playbook", "at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_scores_playbook_at"), table_name="scores")
    op.drop_table("quality_history")
