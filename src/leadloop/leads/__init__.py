"""What a lead is: its fields, when each is known, and tables of leads."""

from leadloop.leads.field import ACTIONABLE_TYPES, FIELD_TYPES, Field, FieldType
from leadloop.leads.frame import LeadFrame
from leadloop.leads.reject import Reject
from leadloop.leads.schema import LeadSchema, Reading

__all__ = ["ACTIONABLE_TYPES", "FIELD_TYPES", "Field", "FieldType", "LeadFrame", "LeadSchema", "Reading", "Reject"]
