"""A play as it might have been, without playing it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from leadloop.flows.play.weeks import Alarm, PlayedWeeks, Week

START = datetime(2025, 7, 21, tzinfo=UTC)


def make_week(number, **change):
    week = Week(
        week=number,
        start=START + timedelta(days=7 * (number - 1)),
        leads=800,
        estimate=None if number == 1 else 0.75,
        matured=0.74 if number > 3 else None,
        matured_from="2025-07-21" if number > 3 else "",
        drift="quiet",
        triggers=(),
        alarms=0,
        trained=(),
        in_service="v1",
        trial="",
        shares={"v1": 1.0},
        auc_truth=0.83,
        auc_with=0.80,
        auc_without=0.80,
        auc_unchanged=0.80,
        error_with=0.05,
        error_without=0.05,
        regret_with=5.0,
        regret_without=5.0,
    )
    return replace(week, **change)


def make_play(**change):
    weeks = [make_week(number) for number in range(1, 4)]
    weeks += [
        make_week(number, auc_with=0.68, auc_without=0.68, regret_with=30.5, regret_without=30.5) for number in (4, 5)
    ]
    weeks.append(
        make_week(
            6,
            auc_with=0.79,
            auc_without=0.68,
            regret_without=31.0,
            triggers=("f1", "drift"),
            alarms=2,
            trained=("v2: better",),
            in_service="v2",
            trial="v3 canary 10%",
            shares={"v1": 0.3, "v2": 0.6, "v3": 0.1},
        )
    )
    changes = START + timedelta(days=21)
    play = PlayedWeeks(
        seed=3,
        change_week=4,
        changes=changes,
        evidence=changes + timedelta(days=10),
        weeks=tuple(weeks),
        alarms=(Alarm(changes + timedelta(days=14), "f1", "F1 fell <b>far</b>"),),
        promotions=1,
        rollbacks=0,
        versions=2,
        won_back=0.85,
        lost=0.12,
        leads=4_800,
        cpu_seconds=12.0,
    )
    return replace(play, **change)
