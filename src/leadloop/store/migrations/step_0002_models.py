"""What was measured of models, experiments, and which version serves since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "model_metrics",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("model_version", Line(50, "model_version"), nullable=False),
        sa.Column("model_type", Line(50, "model_type"), nullable=False),
        sa.Column("precision", sa.Float(precision=53), nullable=True),
        sa.Column("recall", sa.Float(precision=53), nullable=True),
        sa.Column("f1_score", sa.Float(precision=53), nullable=True),
        sa.Column("auc_roc", sa.Float(precision=53), nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("conversion_rate", sa.Float(precision=53), nullable=True),
        sa.Column("contact_success_rate", sa.Float(precision=53), nullable=True),
        sa.Column("avg_prediction_score", sa.Float(precision=53), nullable=True),
        sa.Column("training_samples", sa.BigInteger(), nullable=True),
        sa.Column("validation_samples", sa.BigInteger(), nullable=True),
        sa.Column("feature_count", sa.Integer(), nullable=True),
        sa.Column("training_duration", sa.Float(precision=53), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("deployed_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_metrics")),
        sa.UniqueConstraint(
            "playbook", "model_version", "model_type", name=op.f("uq_model_metrics_playbook_model_version_model_type")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_tests",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("test_name", Line(100, "test_name"), nullable=False),
        sa.Column("salt", Line(64, "salt"), nullable=False),
        sa.Column("target", Line(63, "target"), nullable=False),
        sa.Column("settings", Json(), nullable=False),
        sa.Column("running_name", Line(100, "running_name"), nullable=True),
        sa.Column("start_date", Moment(), nullable=False),
        sa.Column("end_date", Moment(), nullable=True),
        sa.Column("winner", Line(50, "winner"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_tests")),
        sa.UniqueConstraint("playbook", "running_name", name=op.f("uq_ab_tests_playbook_running_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_test_variants",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("test_id", RowId, nullable=False),
        sa.Column("test_name", Line(100, "test_name"), nullable=False),
        sa.Column("variant_name", Line(50, "variant_name"), nullable=False),
        sa.Column("model_version", Line(50, "model_version"), nullable=False),
        sa.Column("policy", Line(64, "policy"), nullable=False),
        sa.Column("traffic_percentage", sa.Float(precision=53), nullable=False),
        sa.Column("is_control", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("conversion_rate", sa.Float(precision=53), nullable=True),
        sa.Column("avg_score", sa.Float(precision=53), nullable=True),
        sa.Column("confidence_interval_lower", sa.Float(precision=53), nullable=True),
        sa.Column("confidence_interval_upper", sa.Float(precision=53), nullable=True),
        sa.Column("statistical_significance", sa.Float(precision=53), nullable=True),
        sa.Column("start_date", Moment(), nullable=True),
        sa.Column("end_date", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["test_id"], ["ab_tests.id"], name=op.f("fk_ab_test_variants_test_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_test_variants")),
        sa.UniqueConstraint("test_id", "variant_name", name=op.f("uq_ab_test_variants_test_id_variant_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "exposures",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("test_id", RowId, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("variant_name", Line(50, "variant_name"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["test_id"], ["ab_tests.id"], name=op.f("fk_exposures_test_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposures")),
        sa.UniqueConstraint("test_id", "lead_id", name=op.f("uq_exposures_test_id_lead_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_exposures_playbook_lead_id"), "exposures", ["playbook", "lead_id"], unique=False)
    op.create_table(
        "promotions",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("alias", Line(50, "alias"), nullable=False),
        sa.Column("action", Line(20, "action"), nullable=False),
        sa.Column("model_version", Line(50, "model_version"), nullable=True),
        sa.Column("previous", Line(50, "previous"), nullable=True),
        sa.Column("policy", Line(64, "policy"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("who", Line(255, "who"), nullable=False),
        sa.Column("why", Line(2000, "why"), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_promotions_playbook_alias"), "promotions", ["playbook", "alias"], unique=False)
    op.create_table(
        "aliases",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("alias", Line(50, "alias"), nullable=False),
        sa.Column("model_version", Line(50, "model_version"), nullable=False),
        sa.Column("policy", Line(64, "policy"), nullable=False),
        sa.Column("promotion_id", RowId, nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["promotion_id"], ["promotions.id"], name=op.f("fk_aliases_promotion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aliases")),
        sa.UniqueConstraint("playbook", "alias", name=op.f("uq_aliases_playbook_alias")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("aliases")
    op.drop_table("promotions")
    op.drop_table("exposures")
    op.drop_table("ab_test_variants")
    op.drop_table("ab_tests")
    op.drop_table("model_metrics")
