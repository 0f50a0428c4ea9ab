"""What became of an experiment's leads is counted from indexes alone: their exposures, their wins, and who took them up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_WON = ["playbook", "target", "lead_id"]


def upgrade() -> None:
    _index_wins([*_WON, "value", "at", "dated"])
    op.create_index(
        "ix_exposures_leads", "exposures", ["test_id", "lead_id", "variant_name", "at", "score_before"], unique=False
    )
    op.create_index(
        "ix_lead_feedback_actions", "lead_feedback", ["playbook", "action_type", "lead_id", "created_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_lead_feedback_actions", "lead_feedback")
    op.drop_index("ix_exposures_leads", "exposures")
    _index_wins(_WON)


def _index_wins(columns: list[str]) -> None:
    good = sa.text("value > 0")
    op.drop_index("ix_outcomes_won", "outcomes")
    op.create_index("ix_outcomes_won", "outcomes", columns, sqlite_where=good, postgresql_where=good)
