"""A synthetic world with known truth, to try LeadLoop in and to check scores against what is really so."""

from leadloop.simulate.enquiry_leads.world import (
    LATER_COLUMNS,
    LEADS_PER_DAY,
    OUTCOME_COLUMN,
    SYNTHETIC_NOTE,
    SimulatedLeads,
    simulate_batches,
    simulate_leads,
)

__all__ = [
    "LATER_COLUMNS",
    "LEADS_PER_DAY",
    "OUTCOME_COLUMN",
    "SYNTHETIC_NOTE",
    "SimulatedLeads",
    "simulate_batches",
    "simulate_leads",
]
