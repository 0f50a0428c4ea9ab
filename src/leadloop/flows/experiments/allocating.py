"""Dealing new units out by what was seen so far (Thompson sampling), for the experiments that were planned so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError, Problem
from leadloop.experiments import ConversionTally, thompson_shares
from leadloop.flows.experiments.counting import CONVERSION
from leadloop.flows.experiments.reading import read_experiment
from leadloop.flows.scoring.arms import is_adaptive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leadloop.store import AbTest, Store


@dataclass(frozen=True)
class Allocated:
    """How units are dealt out from now on."""

    test: AbTest
    """The experiment."""
    before: Mapping[str, float]
    """The share of each arm until now."""
    shares: Mapping[str, float]
    """The share of each arm from now on."""


def allocate(store: Store, test: AbTest, *, now: datetime) -> Allocated:
    """Give each arm the probability that it is the best, with a floor for the control; on the record with what was counted.

    Only matured units say anything. Units that have an arm keep it. Raises LeadLoopError for an experiment whose shares are
    fixed, StoreConflict for one that does not run.
    """
    if not is_adaptive(test):
        mend = "plan one with --allocation thompson"
        raise LeadLoopError(test.test_name, Problem("allocation", "is fixed", mend))
    results = read_experiment(store, test, now=now)
    names = [variant.variant_name for variant in test.variants]
    tallies = [arm.tally.metrics[CONVERSION] for arm in results.arms]
    conversions = [tally for tally in tallies if isinstance(tally, ConversionTally)]
    control = next(place for place, variant in enumerate(test.variants) if variant.is_control)
    shares = dict(zip(names, thompson_shares(conversions, control=control), strict=True))
    evidence = {
        name: {"units": tally.units, "conversions": tally.conversions}
        for name, tally in zip(names, conversions, strict=True)
    }
    changed = store.experiments.allocate(test, shares, evidence=evidence)
    return Allocated(changed, {one.variant_name: one.traffic_percentage / 100 for one in test.variants}, shares)
