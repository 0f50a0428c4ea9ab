"""The worlds that can be simulated, by name; each is one of the lead-scoring problems that LeadLoop knows."""

from __future__ import annotations

from leadloop.simulate.b2b_calls.world import B2B_CALLS
from leadloop.simulate.insurance.world import INSURANCE
from leadloop.simulate.marketplace.world import MARKETPLACE
from leadloop.simulate.world import World

WORLDS: dict[str, World] = {world.name: world for world in (B2B_CALLS, MARKETPLACE, INSURANCE)}
