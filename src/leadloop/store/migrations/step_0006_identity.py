"""What sources said of companies and people, which of it is of the same one, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "identity_entities",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("kind", Line(20, "kind"), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_entities")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "identity_records",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("kind", Line(20, "kind"), nullable=False),
        sa.Column("source", Line(255, "source"), nullable=False),
        sa.Column("key", Line(255, "key"), nullable=False),
        sa.Column("entity", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_records")),
        sa.UniqueConstraint(
            "playbook", "kind", "source", "key", name=op.f("uq_identity_records_playbook_kind_source_key")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_identity_records_entity"), "identity_records", ["entity"])
    op.create_index(op.f("ix_identity_records_playbook_lead_id"), "identity_records", ["playbook", "lead_id"])
    op.create_table(
        "identity_versions",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("kind", Line(20, "kind"), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_versions")),
        sa.UniqueConstraint("record_id", "version", name=op.f("uq_identity_versions_record_id_version")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_identity_versions_playbook_lead_id"), "identity_versions", ["playbook", "lead_id"])
    op.create_table(
        "identity_keys",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", Line(32, "hash"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_keys")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_identity_keys_playbook_hash"), "identity_keys", ["playbook", "hash"])
    op.create_index(op.f("ix_identity_keys_playbook_lead_id"), "identity_keys", ["playbook", "lead_id"])
    op.create_index(op.f("ix_identity_keys_record_id"), "identity_keys", ["record_id"])
    op.create_table(
        "identity_matches",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("kind", Line(20, "kind"), nullable=False),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("entity", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Float(precision=53), nullable=False),
        sa.Column("reasons", Json(), nullable=False),
        sa.Column("moved", Json(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("who", Line(255, "who"), nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("decided_by", Line(255, "decided_by"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_matches")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_identity_matches_entity"), "identity_matches", ["entity"])
    op.create_index(op.f("ix_identity_matches_other"), "identity_matches", ["other"])
    op.create_index(op.f("ix_identity_matches_playbook_state"), "identity_matches", ["playbook", "state"])


def downgrade() -> None:
    op.drop_table("identity_matches")
    op.drop_table("identity_keys")
    op.drop_table("identity_versions")
    op.drop_table("identity_records")
    op.drop_table("identity_entities")
