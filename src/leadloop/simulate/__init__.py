"""Synthetic worlds with known truth, to try LeadLoop in and to check scores against what is really so."""

from leadloop.simulate.drift import DRIFT_KINDS, Change, Drift, DriftKind
from leadloop.simulate.enquiry_leads.world import (
    LATER_COLUMNS,
    LEADS_PER_DAY,
    OUTCOME_COLUMN,
    SYNTHETIC_NOTE,
    SimulatedLeads,
    simulate_batches,
    simulate_leads,
)
from leadloop.simulate.nearness import Nearness, compare_with_truth, expected_auc
from leadloop.simulate.world import TRUTH_NOTE, World, WorldPart
from leadloop.simulate.worlds import WORLDS

__all__ = [
    "DRIFT_KINDS",
    "LATER_COLUMNS",
    "LEADS_PER_DAY",
    "OUTCOME_COLUMN",
    "SYNTHETIC_NOTE",
    "TRUTH_NOTE",
    "WORLDS",
    "Change",
    "Drift",
    "DriftKind",
    "Nearness",
    "SimulatedLeads",
    "World",
    "WorldPart",
    "compare_with_truth",
    "expected_auc",
    "simulate_batches",
    "simulate_leads",
]
