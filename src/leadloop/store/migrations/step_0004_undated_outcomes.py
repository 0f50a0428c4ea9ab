"""Whether the time of an outcome is known: what a file tells without one stands at the time of its lead, and is not of then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_UNDATED = """
    UPDATE outcomes SET dated = false
    WHERE source = 'import' AND EXISTS (
        SELECT 1 FROM lead_versions
        WHERE lead_versions.playbook = outcomes.playbook AND lead_versions.lead_id = outcomes.lead_id
        AND lead_versions.at = outcomes.at
    )
"""
"""What was imported until now: nothing else said of it that its time is not known."""


def upgrade() -> None:
    op.add_column("outcomes", sa.Column("dated", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute(_UNDATED)


def downgrade() -> None:
    op.drop_column("outcomes", "dated")
