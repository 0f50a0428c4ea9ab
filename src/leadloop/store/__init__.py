"""The store: leads with every version, what happened to them, their scores, and all that a service must not forget.

    store = open_store("leadloop.db", now=lambda: datetime.now(UTC))
    store.events.add("insurance", [Event("crm-17", "L-1", "policy_bound", at)])

SQLite in a file by default, PostgreSQL by its address; both behave the same.
"""

from leadloop.store.actions import Action
from leadloop.store.alerts import Alert
from leadloop.store.appending import Stored
from leadloop.store.arm_sums import DaySums, Wins
from leadloop.store.audit import AuditHead, AuditRow
from leadloop.store.backup import Backup, Restored, restore
from leadloop.store.erasure import Receipt
from leadloop.store.events import Event
from leadloop.store.experiments import AbTest, Variant
from leadloop.store.exposures import Exposure
from leadloop.store.feedback import Feedback, FeedbackCount, StoredFeedback
from leadloop.store.idempotency import Fresh, InFlight, OtherBody, Replay
from leadloop.store.identity import IdentityMatch, IdentityRecord, IdentityVersion, Joining, KeptMention, Mention
from leadloop.store.jobs import Job
from leadloop.store.keys import ApiKey, KnownKey, NewKey
from leadloop.store.leads import LeadRecord, LeadVersion, Recorded
from leadloop.store.metrics import ModelMetrics
from leadloop.store.outcomes import LeadOutcome
from leadloop.store.paging import Page
from leadloop.store.promotions import Alias, PromotionRecord
from leadloop.store.quality_history import QualityRecord
from leadloop.store.quarantine import HeldSource
from leadloop.store.recommendations import Recommendation
from leadloop.store.retrain_checks import RetrainCheck
from leadloop.store.rollouts import ArmCount, Rollout, RolloutChange
from leadloop.store.schedules import Schedule
from leadloop.store.scores import BandCount, Score
from leadloop.store.source_events import SourceEvent
from leadloop.store.source_records import KeptRecords, SourceRecord, SourceVersion
from leadloop.store.source_states import SourceState
from leadloop.store.store import Store, open_store

__all__ = [
    "AbTest",
    "Action",
    "Alert",
    "Alias",
    "ApiKey",
    "ArmCount",
    "AuditHead",
    "AuditRow",
    "Backup",
    "BandCount",
    "DaySums",
    "Event",
    "Exposure",
    "Feedback",
    "FeedbackCount",
    "Fresh",
    "HeldSource",
    "IdentityMatch",
    "IdentityRecord",
    "IdentityVersion",
    "InFlight",
    "Job",
    "Joining",
    "KeptMention",
    "KeptRecords",
    "KnownKey",
    "LeadOutcome",
    "LeadRecord",
    "LeadVersion",
    "Mention",
    "ModelMetrics",
    "NewKey",
    "OtherBody",
    "Page",
    "PromotionRecord",
    "QualityRecord",
    "Receipt",
    "Recommendation",
    "Recorded",
    "Replay",
    "Restored",
    "RetrainCheck",
    "Rollout",
    "RolloutChange",
    "Schedule",
    "Score",
    "SourceEvent",
    "SourceRecord",
    "SourceState",
    "SourceVersion",
    "Store",
    "Stored",
    "StoredFeedback",
    "Variant",
    "Wins",
    "open_store",
    "restore",
]
