"""Experiments that are planned, paused and ramped up, that exclude one another; what is known of a lead when it enters one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0010"
down_revision = "0009"

_Make = Callable[[], sa.Column[Any]]


def _number(name: str, default: str | None = None) -> sa.Column[float]:
    given = None if default is None else sa.text(default)
    return sa.Column(name, sa.Float(precision=53), nullable=default is None, server_default=given)


def _text(name: str, length: int, default: str) -> sa.Column[str]:
    return sa.Column(name, Line(length, name), nullable=False, server_default=default)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


_OF_TESTS: tuple[_Make, ...] = (
    lambda: _text("state", 20, "running"),
    lambda: _text("unit", 20, "lead"),
    lambda: _text("unit_field", 63, ""),
    lambda: _text("exclusive_group", 100, ""),
    lambda: _number("part_from", "0"),
    lambda: _number("part_to", "100"),
)
_OF_EXPOSURES: tuple[_Make, ...] = (
    lambda: _text("unit", 255, ""),
    lambda: _number("propensity"),
    lambda: _number("score"),
    lambda: _number("score_before"),
    lambda: _number("latency_ms"),
    lambda: _flag("degraded"),
    lambda: _flag("crossed"),
)


_SUMMED = ("score", "score_before", "latency_ms", "degraded", "crossed")


def upgrade() -> None:
    for make in _OF_TESTS:
        op.add_column("ab_tests", make())
    for make in _OF_EXPOSURES:
        op.add_column("exposures", make())
    op.create_index("ix_exposures_sums", "exposures", ["test_id", "variant_name", "at", *_SUMMED], unique=False)
    good = sa.text("value > 0")
    op.create_index(
        "ix_outcomes_won", "outcomes", ["playbook", "target", "lead_id"], sqlite_where=good, postgresql_where=good
    )
    op.execute("UPDATE ab_tests SET state = 'completed' WHERE end_date IS NOT NULL")
    op.create_table(
        "ab_test_groups",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("name", Line(100, "name"), nullable=False),
        sa.Column("salt", Line(64, "salt"), nullable=False),
        sa.Column("unit", Line(20, "unit"), nullable=False),
        sa.Column("unit_field", Line(63, "unit_field"), nullable=False),
        sa.Column("holdout", sa.Float(precision=53), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_test_groups")),
        sa.UniqueConstraint("playbook", "name", name=op.f("uq_ab_test_groups_playbook_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_test_allocations",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("test_id", RowId, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("shares", Json(), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["test_id"], ["ab_tests.id"], name=op.f("fk_ab_test_allocations_test_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_test_allocations")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ab_test_allocations_test_id"), "ab_test_allocations", ["test_id"], unique=False)


def downgrade() -> None:
    op.drop_table("ab_test_allocations")
    op.drop_table("ab_test_groups")
    op.drop_index("ix_outcomes_won", "outcomes")
    op.drop_index("ix_exposures_sums", "exposures")
    for make in reversed(_OF_EXPOSURES):
        op.drop_column("exposures", make().name)
    for make in reversed(_OF_TESTS):
        op.drop_column("ab_tests", make().name)
