"""Leads of the store that take part in an experiment: each scored by the version of its arm, as it would be over the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadloop.errors import LeadLoopError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.arms import Arm, Chosen, Running, is_adaptive, load_arm, running_of
from leadloop.flows.scoring.known_units import KnownUnits
from leadloop.registry import CHAMPION
from leadloop.scoring import Scorer

if TYPE_CHECKING:
    from leadloop.store import LeadVersion


@dataclass(frozen=True)
class Share:
    """The leads that one version scores."""

    scorer: Scorer
    """The version, or the rules."""
    leads: list[LeadVersion] = field(default_factory=list)
    """Its leads."""
    chosen: dict[str, Chosen] = field(default_factory=dict)
    """The arm of each that takes part, by its identifier."""


class StoredArms:
    """The experiments that run while leads of the store are scored; none where a version was named.

    An arm whose version is missing or damaged is scored by its control, and its leads are not written down as having seen it.
    """

    def __init__(self, place: Workspace, scorer: Scorer, version: str, now: datetime) -> None:
        self._place, self._champion = place, scorer
        self._loaded: dict[str, Scorer | None] = {}
        name = scorer.playbook.name
        tests = place.store.experiments.running(name) if version == CHAMPION else ()
        self._running = [running_of(one, now, self._known(one)) for one in tests]

    def _known(self, test: Any) -> KnownUnits | None:
        if not is_adaptive(test):
            return None
        known = KnownUnits([one.variant_name for one in test.variants])
        known.add((unit, arm) for _, unit, arm in self._place.store.experiments.exposures.since(test.id, 0))
        return known

    def divide(self, leads: Sequence[LeadVersion]) -> list[Share]:
        """The leads by what scores them; all of them by the version in service where no experiment runs."""
        if not self._running:
            return [Share(self._champion, list(leads))]
        shares: dict[int, Share] = {}
        for lead in leads:
            scorer, chosen = self._choose(lead)
            share = shares.setdefault(id(scorer), Share(scorer))
            share.leads.append(lead)
            if chosen is not None:
                share.chosen[lead.lead_id] = chosen
        return list(shares.values())

    def _choose(self, lead: LeadVersion) -> tuple[Scorer, Chosen | None]:
        for running in self._running:
            unit = lead.lead_id if running.unit == "lead" else lead.fields.get(running.unit_field)
            chosen = running.choose(str(unit)) if unit not in (None, "") else None
            if chosen is not None:
                own = self._scorer(running, chosen.arm)
                if own is not None:
                    return own, chosen
                return self._scorer(running, running.control) or self._champion, None
        return self._champion, None

    def _scorer(self, running: Running, arm: Arm) -> Scorer | None:
        key = f"{arm.version}@{arm.policy}"
        if arm.version == self._champion.version and not arm.policy:
            return self._champion
        if key not in self._loaded:
            try:
                self._loaded[key] = load_arm(self._place, running.playbook, arm, running.policies)
            except LeadLoopError:
                self._loaded[key] = None
        return self._loaded[key]
