"""Which share of a playbook's leads is explored, as `[loop]` of the settings says now, and the card that a lead is worked by.

Leads that are scored over the network or in the store are explored: their routes are noted with how probable they were. A file
that is scored is given back as it was scored, and nothing of it is noted.
"""

from __future__ import annotations

import logging
from pathlib import Path
from time import monotonic

from leadloop.errors import LeadLoopError, tell_briefly
from leadloop.flows.loop.rules import read_rules
from leadloop.playbook import Policy
from leadloop.scoring import ScoreCard
from leadloop.scoring.exploration import explore

_log = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 5.0


class Explorers:
    """The shares of all playbooks of a workspace; its settings are looked into anew every few seconds."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._shares: dict[str, tuple[float, float]] = {}

    def share_of(self, playbook: str) -> float:
        """The share of a playbook's leads that is explored, 0 where none is; the last one known where settings cannot be read."""
        looked, share = self._shares.get(playbook, (0.0, 0.0))
        now = monotonic()
        if playbook in self._shares and now - looked < LOOK_EVERY_SECONDS:
            return share
        try:
            share = read_rules(self._root, playbook).explore_share
        except (LeadLoopError, OSError, ValueError) as error:
            said = tell_briefly(error.problems) if isinstance(error, LeadLoopError) else type(error).__name__
            _log.warning("explore_share of %s stays %g: %s", playbook, share, said)
        self._shares[playbook] = (now, share)
        return share

    def work(self, playbook: str, policy: Policy, card: ScoreCard) -> ScoreCard:
        """The card that a lead is worked by: its own, or one whose band and route were drawn."""
        share = self.share_of(playbook)
        return explore(card, policy, share, salt_of(playbook)) if share else card


def salt_of(playbook: str) -> str:
    """What makes the leads that are explored others in each playbook."""
    return f"explored:{playbook}"
