"""Learning what to do next as a job, which a worker does, by itself or by a schedule."""

from __future__ import annotations

from typing import Any

from leadloop.flows.work.kind import Argument, Kind, Work

RECOMMEND = "recommend"


def run_recommend(work: Work) -> Any:
    """Learn from the action log, and answer in short what came of it."""
    from leadloop.flows.recommend.train import train_recommender

    done = train_recommender(work.told["playbook"], seed=work.told["seed"], workspace=work.place, tick=work.tick)
    return {
        "version": done.saved.id,
        "release": done.saved.release,
        "serves": done.serves,
        "because": done.because,
        "winners": dict(done.saved.facts["winners"]),
    }


RECOMMEND_KIND = Kind(
    RECOMMEND,
    "Learn from what was done about leads what to do next; it serves unless it is surely worse than before.",
    {"seed": Argument("whole", "What every draw of chance starts from.", 0, 0, 2**31)},
    run_recommend,
    max_attempts=2,
    one_of_a_playbook=True,
)
