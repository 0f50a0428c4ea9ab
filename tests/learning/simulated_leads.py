"""A playbook for the simulated world, for tests that need leads as a CRM exports them."""

from __future__ import annotations

from leadloop.leads import Field, LeadSchema
from leadloop.playbook import Order, Playbook, Target, Training

KINDS = {
    "Lead ID": "id", "Created Date": "time", "Lead Source": "category", "Form": "category", "Industry": "category",
    "Country": "category", "Number of Employees": "employees", "Annual Revenue": "money", "Email": "email",
    "Phone": "phone", "Email Opt Out": "boolean", "Pages Visited": "number", "Minutes on Site": "number",
    "Message": "text",
}  # fmt: skip


def simulated_playbook() -> Playbook:
    """Most fields of the simulated world, two learners, no search."""
    fields = tuple(Field(name, kind, "intake", missing=("N/A", "Unknown", "-")) for name, kind in KINDS.items())  # type: ignore[arg-type]
    return Playbook(
        name="simulated",
        schema=LeadSchema((*fields, Field("Converted", "boolean", "outcome"))),
        scores_at="intake",
        target=Target("won", column="Converted", positive=("Yes",)),
        training=Training(learners=("logistic regression", "LightGBM"), trials=1),
        order=Order("field", "Created Date"),
        lead_id="Lead ID",
        synthetic=True,
    )
