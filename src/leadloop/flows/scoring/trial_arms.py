"""A version on trial as scoring sees it: the same choice of arms that tests use, by a salted hash of the lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.experiments import Split
from leadloop.flows.scoring.arms import Arm, Chosen, Running

if TYPE_CHECKING:
    from leadloop.store import Rollout

CANARY, SERVING = "canary", "champion"


def running_of_rollout(rollout: Rollout, champion: str) -> Running:
    """A canary as a test that runs: its share of leads is scored by the version on trial, the others by what is in service.

    A lead that the canary has at one share it keeps at every larger one. It has no exposures of its own: its number is negative.
    """
    share = rollout.share / 100
    number, name = -rollout.id, f"rollout {rollout.id}"
    return Running(
        number,
        rollout.playbook,
        name,
        "lead",
        "",
        Split(rollout.salt, (CANARY, SERVING), (share, 1 - share)),
        {
            CANARY: Arm(number, name, CANARY, rollout.model_version, rollout.policy),
            SERVING: Arm(number, name, SERVING, champion, is_control=True),
        },
    )


def is_on_trial(chosen: Chosen | None) -> bool:
    """Whether a lead is scored by a version on trial, which what is in service stands in for where it fails."""
    return chosen is not None and chosen.arm.test_id < 0 and chosen.arm.name == CANARY
