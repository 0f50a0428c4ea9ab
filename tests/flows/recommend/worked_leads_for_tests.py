"""A workspace whose leads were worked in the synthetic world of actions."""

from datetime import UTC, datetime, timedelta

import numpy as np

from leadloop.flows.place.workspace import Workspace
from leadloop.simulate.actions.log import draw_log
from leadloop.simulate.actions.world import ACTIONS, RESULTS, SEGMENTS
from leadloop.store import Action, LeadOutcome, LeadRecord

SETTINGS = """
[recommender]
within_days = 30
traits = ["industry"]
competitors = ["popularity", "Markov chain"]
people = ["ada", "bob"]
desk = 400

[recommender.rules.meeting]
opt_out_field = "company_name"
"""
PLAYBOOK = "b2b_calls"


def worked(folder, leads=1500, seed=3, settings=SETTINGS):
    """A workspace with the log of some leads; ada wins more than bob does."""
    folder.mkdir(exist_ok=True)
    (folder / "leadloop.toml").write_text(settings)
    place = Workspace(folder)
    log = draw_log(leads, seed=seed, leads_per_day=6)
    rng = np.random.default_rng(seed)
    ends = list(range(leads))
    shift = datetime.now(UTC).timestamp() - float(log.ended_at.max()) - 86_400

    def when(seconds):
        return datetime.fromtimestamp(float(seconds) + shift, UTC)

    won = np.isfinite(log.won_at)
    better = np.where(won, rng.random(leads) < 0.8, rng.random(leads) < 0.45)
    place.store.leads.record(
        PLAYBOOK,
        [
            LeadRecord(f"L{one}", {"industry": SEGMENTS[log.segment[one]]}, when(log.at[0]) - timedelta(days=1))
            for one in ends
        ],
    )
    place.store.actions.add(
        PLAYBOOK,
        [
            Action(
                f"a{row}", f"L{log.lead[row]}", ACTIONS[log.action[row]], when(log.at[row]),
                "ada" if better[log.lead[row]] else "bob", RESULTS[log.result[row]], float(log.propensity[row]), "crm",
            )
            for row in range(len(log.lead))
        ],
    )  # fmt: skip
    over = np.where(won, log.won_at, log.ended_at)
    place.store.outcomes.add(
        PLAYBOOK, [LeadOutcome(f"o{one}", f"L{one}", "progression", float(won[one]), when(over[one])) for one in ends]
    )
    return place, when
