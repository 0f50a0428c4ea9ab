"""Every table of the store, as the newest migration leaves it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from leadloop.store.column_types import Json, MaybeJson, RowId, line, moment

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _number() -> Column[int]:
    """A number that is never given out again (hence `sqlite_autoincrement`): a page's mark stays good after rows were erased."""
    return Column("id", RowId, primary_key=True, autoincrement=True)


def _playbook() -> Column[str]:
    return line("playbook", 63)


LEADS = Table(
    "leads",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    Column("version", Integer, nullable=False),  # the version that holds now; 0 while none was written
    moment("at"),
    moment("first_at"),
    moment("recorded_at"),
    UniqueConstraint("playbook", "lead_id"),
    Index(None, "playbook", "at"),
    sqlite_autoincrement=True,
)
LEAD_VERSIONS = Table(
    "lead_versions",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    Column("version", Integer, nullable=False),
    moment("at"),
    moment("recorded_at"),
    line("source"),
    Column("fields", Json, nullable=False),
    line("digest", 64),
    UniqueConstraint("playbook", "lead_id", "version"),
    sqlite_autoincrement=True,
)
EVENTS = Table(
    "events",
    METADATA,
    _number(),
    _playbook(),
    line("key"),
    line("lead_id"),
    line("name"),
    moment("at"),
    moment("recorded_at"),
    Column("details", Json, nullable=False),
    line("digest", 64),
    UniqueConstraint("playbook", "key"),
    Index(None, "playbook", "lead_id", "at"),
    Index(None, "recorded_at"),
    sqlite_autoincrement=True,
)
_GOOD = text("value > 0")
OUTCOMES = Table(
    "outcomes",
    METADATA,
    _number(),
    _playbook(),
    line("key"),
    line("lead_id"),
    line("target", 63),
    Column("value", Float(53), nullable=False),
    moment("at"),
    moment("recorded_at"),
    line("source"),
    line("digest", 64),
    Column("dated", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("playbook", "key"),
    Index(None, "playbook", "lead_id", "target"),
    Index(None, "recorded_at"),
    Index(
        "ix_outcomes_won",
        *("playbook", "target", "lead_id", "value", "at", "dated"),
        sqlite_where=_GOOD,
        postgresql_where=_GOOD,
    ),
    sqlite_autoincrement=True,
)
SCORES = Table(
    "scores",
    METADATA,
    _number(),
    _playbook(),
    line("key"),
    line("lead_id"),
    moment("at"),
    moment("recorded_at"),
    line("model_version", 50),
    line("policy", 64),
    line("arm", 50),
    line("method", 50),
    Column("degraded", Boolean, nullable=False),
    Column("probability", Float(53)),
    Column("probability_low", Float(53)),
    Column("probability_high", Float(53)),
    Column("score", Float(53), nullable=False),
    line("band"),
    line("route"),
    line("segment"),
    Column("features", LargeBinary, nullable=False),
    Column("fields", Json, nullable=False),
    Column("card", Json, nullable=False),
    line("digest", 64),
    Column("explored", Boolean, nullable=False, server_default=false()),
    Column("propensity", Float(53)),
    Column("exploration", MaybeJson),
    UniqueConstraint("playbook", "key"),
    Index(None, "playbook", "lead_id", "at"),
    Index(None, "recorded_at"),
    sqlite_autoincrement=True,
)
SHADOW = "shadow"
"""The arm of scores that nobody saw: of a version that is tried beside the one in service."""
# The columns of the next three that API users know keep the names and types they were promised; a lead's id is a text here,
# and need not be a lead in the store: a lead may be scored without being kept.
FEEDBACK = Table(
    "lead_feedback",
    METADATA,
    _number(),
    _playbook(),
    line("key"),
    line("lead_id"),
    Column("user_rating", Float(53)),
    line("action_type", 50),
    Column("interaction_duration", Float(53)),
    line("feedback_source", 50),
    Column("feedback_confidence", Float(53), nullable=False),
    Column("contact_successful", Boolean),
    Column("contact_response_time", Float(53)),
    Column("conversion_value", Float(53)),
    line("session_id", nullable=True),
    line("user_agent", 1024, nullable=True),
    line("ip_address", 45, nullable=True),
    line("model_version", 50, nullable=True),
    Column("prediction_score", Float(53)),
    moment("created_at"),
    moment("updated_at"),
    line("digest", 64),
    UniqueConstraint("playbook", "key"),
    Index(None, "playbook", "lead_id"),
    Index(None, "playbook", "created_at"),
    Index("ix_lead_feedback_actions", "playbook", "action_type", "lead_id", "created_at"),
    sqlite_autoincrement=True,
)
METRICS = Table(
    "model_metrics",
    METADATA,
    _number(),
    _playbook(),
    line("model_version", 50),
    line("model_type", 50),
    Column("precision", Float(53)),
    Column("recall", Float(53)),
    Column("f1_score", Float(53)),
    Column("auc_roc", Float(53)),
    Column("accuracy", Float(53)),
    Column("conversion_rate", Float(53)),
    Column("contact_success_rate", Float(53)),
    Column("avg_prediction_score", Float(53)),
    Column("training_samples", BigInteger),
    Column("validation_samples", BigInteger),
    Column("feature_count", Integer),
    Column("training_duration", Float(53)),
    Column("is_active", Boolean, nullable=False),
    moment("deployed_at", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("playbook", "model_version", "model_type"),
    sqlite_autoincrement=True,
)
TESTS = Table(
    "ab_tests",
    METADATA,
    _number(),
    _playbook(),
    line("test_name", 100),
    line("salt", 64),
    line("target", 63),
    Column("settings", Json, nullable=False),
    line("running_name", 100, nullable=True),  # the name until it has ended: so it is unique among those that have not
    moment("start_date"),
    moment("end_date", nullable=True),
    line("winner", 50, nullable=True),
    line("state", 20, server_default="running"),
    line("unit", 20, server_default="lead"),
    line("unit_field", 63, server_default=""),
    line("exclusive_group", 100, server_default=""),
    Column("part_from", Float(53), nullable=False, server_default=text("0")),
    Column("part_to", Float(53), nullable=False, server_default=text("100")),
    UniqueConstraint("playbook", "running_name"),
    sqlite_autoincrement=True,
)
VARIANTS = Table(
    "ab_test_variants",
    METADATA,
    _number(),
    Column("test_id", RowId, ForeignKey("ab_tests.id", ondelete="CASCADE"), nullable=False),
    line("test_name", 100),
    line("variant_name", 50),
    line("model_version", 50),
    line("policy", 64),
    Column("traffic_percentage", Float(53), nullable=False),
    Column("is_control", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("sample_size", Integer, nullable=False),
    Column("conversion_rate", Float(53)),
    Column("avg_score", Float(53)),
    Column("confidence_interval_lower", Float(53)),
    Column("confidence_interval_upper", Float(53)),
    Column("statistical_significance", Float(53)),
    moment("start_date", nullable=True),
    moment("end_date", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("test_id", "variant_name"),
    sqlite_autoincrement=True,
)
_SUMMED = ("score", "score_before", "latency_ms", "degraded", "crossed")
EXPOSURES = Table(
    "exposures",
    METADATA,
    _number(),
    Column("test_id", RowId, ForeignKey("ab_tests.id", ondelete="CASCADE"), nullable=False),
    _playbook(),
    line("lead_id"),
    line("variant_name", 50),
    moment("at"),
    line("unit", server_default=""),  # who was put into the variant, where that is not the lead
    Column("propensity", Float(53)),
    Column("score", Float(53)),
    Column("score_before", Float(53)),
    Column("latency_ms", Float(53)),
    Column("degraded", Boolean, nullable=False, server_default=false()),
    Column("crossed", Boolean, nullable=False, server_default=false()),  # whether it was scored under another one later
    UniqueConstraint("test_id", "lead_id"),
    Index(None, "playbook", "lead_id"),
    # All that is summed up of a variant's exposures lies together, by time.
    Index("ix_exposures_sums", "test_id", "variant_name", "at", *_SUMMED),
    # All that is asked of a lead's exposure, when something became of the lead.
    Index("ix_exposures_leads", "test_id", "lead_id", "variant_name", "at", "score_before"),
    sqlite_autoincrement=True,
)
PROMOTIONS = Table(
    "promotions",
    METADATA,
    _number(),
    _playbook(),
    line("alias", 50),
    line("action", 20),
    line("model_version", 50, nullable=True),
    line("previous", 50, nullable=True),
    line("policy", 64),
    moment("at"),
    line("who"),
    line("why", 2000),
    Column("evidence", Json, nullable=False),
    Index(None, "playbook", "alias"),
    sqlite_autoincrement=True,
)
ALIASES = Table(
    "aliases",
    METADATA,
    _number(),
    _playbook(),
    line("alias", 50),
    line("model_version", 50),
    line("policy", 64),
    Column("promotion_id", RowId, ForeignKey("promotions.id"), nullable=False),
    moment("since"),
    UniqueConstraint("playbook", "alias"),
    sqlite_autoincrement=True,
)
AUDIT = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    moment("at"),
    line("who"),
    line("action", 100),
    line("subject", 64),
    Column("details", Json, nullable=False),
    line("previous", 64),
    line("hash", 64),
)
AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    line("hash", 64),
)
AUDIT_SUBJECTS = Table(
    "audit_subjects",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    Column("secret", LargeBinary, nullable=False),
    UniqueConstraint("playbook", "lead_id"),
    sqlite_autoincrement=True,
)
KEYS = Table(
    "api_keys",
    METADATA,
    line("id", 32, primary_key=True),
    line("secret_hash", 64),
    line("role", 50),
    line("name"),
    moment("created_at"),
    moment("expires_at", nullable=True),
    moment("revoked_at", nullable=True),
)
IDEMPOTENCY = Table(
    "idempotency",
    METADATA,
    _number(),
    line("owner"),
    line("route"),
    line("key"),
    line("body_hash", 64),
    line("holder", 64),
    moment("begun_at"),
    moment("held_until"),
    Column("status", Integer),
    Column("answer", Json),
    UniqueConstraint("owner", "route", "key"),
    Index(None, "begun_at"),
    sqlite_autoincrement=True,
)
JOBS = Table(
    "jobs",
    METADATA,
    _number(),
    line("kind", 100),
    line("state", 20),
    line("only_one", nullable=True),  # while a job waits or runs, no second one of this name is taken
    line("turn", nullable=True),  # of jobs with the same, one runs at a time
    Column("payload", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    moment("run_after"),
    line("holder", nullable=True),
    moment("held_until", nullable=True),
    Column("progress", Float(53), nullable=False),
    line("note", 1000),
    Column("result", Json),
    line("error", 2000, nullable=True),
    moment("created_at"),
    moment("finished_at", nullable=True),
    UniqueConstraint("only_one"),
    Index(None, "state", "run_after"),
    sqlite_autoincrement=True,
)
ERASURES = Table(
    "erasures",
    METADATA,
    line("id", 64, primary_key=True),
    moment("asked_at"),
    moment("finished_at", nullable=True),
    line("who"),
    Column("marks", Json, nullable=False),
    Column("removed", Json, nullable=False),
)
SECRETS = Table(
    "secrets",
    METADATA,
    line("name", 50, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)

OF_A_LEAD = (LEADS, LEAD_VERSIONS, EVENTS, OUTCOMES, SCORES, FEEDBACK, EXPOSURES, AUDIT_SUBJECTS)
"""The tables whose rows belong to one lead, by its playbook and id."""
