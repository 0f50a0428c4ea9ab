"""How a lead came by its route where some leads are explored; addresses and programs of feedback become keyed hashes."""

from __future__ import annotations

import hmac
import re
import secrets

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import MaybeJson

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("scores", sa.Column("explored", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("scores", sa.Column("propensity", sa.Float(precision=53), nullable=True))
    op.add_column("scores", sa.Column("exploration", MaybeJson(), nullable=True))
    _hash_users()


_SECRET = "users of feedback"
_HASH = re.compile(r"[0-9a-f]{32}")


def _hash_users() -> None:
    """Put keyed hashes in the place of addresses and programs, as feedback is stored from now on."""
    bind = op.get_bind()
    kept = sa.table("secrets", sa.column("name", sa.String), sa.column("secret", sa.LargeBinary))
    feedback = sa.table("lead_feedback", sa.column("user_agent", sa.String), sa.column("ip_address", sa.String))
    known = bind.execute(sa.select(kept.c.secret).where(kept.c.name == _SECRET)).scalar_one_or_none()
    secret = secrets.token_bytes(32) if known is None else bytes(known)
    hashed = False
    for column in (feedback.c.user_agent, feedback.c.ip_address):
        for (value,) in bind.execute(sa.select(column).where(column.is_not(None), column != "").distinct()).all():
            if _HASH.fullmatch(value):  # it was stored when the database had taken this step before
                continue
            digest = hmac.digest(secret, f"{column.name}\x1f{value}".encode("utf-8", "surrogatepass"), "sha256").hex()[
                :32
            ]
            bind.execute(sa.update(feedback).where(column == value).values({column.name: digest}))
            hashed = True
    if hashed and known is None:
        bind.execute(kept.insert().values(name=_SECRET, secret=secret))


def downgrade() -> None:
    for name in ("exploration", "propensity", "explored"):
        op.drop_column("scores", name)
