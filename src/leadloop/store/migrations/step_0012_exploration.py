"""How a lead came by its route where some leads are explored at random, and how probable each route was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("scores", sa.Column("explored", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("scores", sa.Column("propensity", sa.Float(precision=53), nullable=True))
    op.add_column("scores", sa.Column("exploration", Json(), nullable=True))


def downgrade() -> None:
    for name in ("exploration", "propensity", "explored"):
        op.drop_column("scores", name)
