"""Leakage: what cannot be known when scoring but would be remembered: fields written after the outcome, twins across the
split. And drift: what was learnt from old leads but may not hold for new ones."""

from leadloop.learning.leakage.audit import audit_fields, single_field_auc
from leadloop.learning.leakage.base_rate import BaseRateTrend, RateBlock, trace_base_rate
from leadloop.learning.leakage.calendar import time_share
from leadloop.learning.leakage.drift import MovedField, PartsApart, compare_parts
from leadloop.learning.leakage.finding import FINDING_KINDS, Finding, FindingKind
from leadloop.learning.leakage.lead_twins import audit_split
from leadloop.learning.leakage.limits import Limits

__all__ = [
    "FINDING_KINDS",
    "BaseRateTrend",
    "Finding",
    "FindingKind",
    "Limits",
    "MovedField",
    "PartsApart",
    "RateBlock",
    "audit_fields",
    "audit_split",
    "compare_parts",
    "single_field_auc",
    "time_share",
    "trace_base_rate",
]
