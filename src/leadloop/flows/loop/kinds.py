"""The kinds of jobs of the loop."""

from __future__ import annotations

from typing import Any

from leadloop.flows.training.given_settings import LARGEST_SPLIT, SMALLEST_SPLIT, TRAINING, explain_training
from leadloop.flows.work.kind import Argument, Kind, Work

LOOP, HEALTH, TELL, DIGEST = "loop", "health", "tell_alerts", "digest"
RECALIBRATE = "recalibrate"


def _run_loop(work: Work) -> Any:
    from leadloop.flows.loop.course import follow
    from leadloop.flows.loop.steps import STEPS

    done = follow(work, STEPS)
    return {**done, "version": done.get("retrain", {}).get("version")}


def _recalibrate(work: Work) -> Any:
    from leadloop.flows.loop.recalibrate import recalibrate

    told = work.told
    promote = bool(told["promote"])
    found = recalibrate(work.place, str(told["playbook"]), who=str(told["who"]), promote=promote, tick=work.tick)
    return found.as_json()


def _look_at_health(work: Work) -> Any:
    from leadloop.flows.loop.health import look_at_health

    return look_at_health(work.place)


def _tell(work: Work) -> Any:
    from leadloop.flows.loop.alerts import tell_alerts

    return tell_alerts(work.place, keep=work.keep)


def _send_digest(work: Work) -> Any:
    from leadloop.flows.loop.digest import digests_of, send_digest

    asked = str(work.told.get("playbook", ""))
    digests = digests_of(work.place, [asked] if asked else [], days=int(work.told.get("days", 7)))
    return {"told": len(digests), "failed": send_digest(work.place, digests) if digests else []}


LOOP_KIND = Kind(
    LOOP,
    "Look at how a playbook does, train again if that is due, and bring a better version into service step by step.",
    {
        "if_due": Argument("flag", "Train only where a trigger speaks for it.", False),
        "slack_days": Argument("number", "By how many days the newest version may be too young.", 0.0, 0, 7),
        "deploy": Argument(
            "flag", "Bring the version into service if it is better; else only train and compare it.", True
        ),
        "trials": Argument("whole", "Settings to try for each learner.", low=1, high=10_000),
        "time_budget": Argument("text", "About how much CPU time to spend on trying, as in `5m`."),
        "validation_split": Argument(
            "number", "The newest share of leads to keep back.", low=SMALLEST_SPLIT, high=LARGEST_SPLIT
        ),
        "params": Argument("settings", "Settings of `[training]`, in place of the playbook's for this once."),
    },
    _run_loop,
    one_of_a_playbook=True,
    turn=TRAINING,
    explain=explain_training,
)
HEALTH_KIND = Kind(
    HEALTH,
    "Look for what somebody should see to: syncs that failed, work that piles up, jobs that were given up.",
    {},
    _look_at_health,
    about_playbook=False,
)
TELL_KIND = Kind(
    TELL, "Tell people of alerts.", {}, _tell, max_attempts=8, about_playbook=False, one_of_a_playbook=True
)
DIGEST_KIND = Kind(
    DIGEST,
    "Tell people, where alerts go, what happened in the last days.",
    {"days": Argument("whole", "How many days it is about.", 7, 1, 366)},
    _send_digest,
    max_attempts=8,
    about_playbook=False,
    one_of_a_playbook=True,
)
RECALIBRATE_KIND = Kind(
    RECALIBRATE,
    "Let the probabilities of the version in service follow the newest outcomes, where that surely helps.",
    {"promote": Argument("flag", "Put the new version in service; else it is made and waits.", True)},
    _recalibrate,
    one_of_a_playbook=True,
    turn=TRAINING,
)
