"""Leakage: fields that were filled in, changed or counted after the outcome, and so cannot be known when scoring."""

from leadloop.learning.leakage.audit import audit_fields, single_field_auc
from leadloop.learning.leakage.finding import FINDING_KINDS, Finding, FindingKind
from leadloop.learning.leakage.limits import Limits

__all__ = ["FINDING_KINDS", "Finding", "FindingKind", "Limits", "audit_fields", "single_field_auc"]
