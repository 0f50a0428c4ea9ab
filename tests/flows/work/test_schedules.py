"""Schedules ask once for what is due, however many workers look and whatever the clock does."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from tests.store.stores_for_tests import Clock

from leadloop.errors import LeadLoopError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.schedules import DEFAULTS, add_defaults, ask_for_due, next_time, put_schedule, switch_schedule
from leadloop.store import open_store

NOON = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    return Clock(NOON)


@pytest.fixture
def place(tmp_path, clock):
    opened = Workspace(tmp_path)
    opened.__dict__["store"] = open_store(tmp_path / "leadloop.db", now=clock)
    yield opened
    opened.store.close()


def schedule(place, cron, zone="UTC", name="often"):
    due = next_time(cron, zone, place.store.now())
    return place.store.schedules.put(name, "health", cron=cron, zone=zone, next_at=due)


def done(place):
    """The jobs that were asked for, each done at once, so that the next one is another."""
    found = []
    while (job := place.store.jobs.claim("w", seconds=60)) is not None:
        place.store.jobs.finish(job)
        found.append(job)
    return found


def test_what_is_due_is_asked_for_once_and_then_again_when_it_is_due_again(place, clock):
    schedule(place, "0 * * * *")
    assert ask_for_due(place) == []
    clock.go(hours=1)
    ((name, playbook, number),) = ask_for_due(place)
    assert (name, playbook) == ("often", "")
    assert ask_for_due(place) == []
    assert place.store.jobs.get(number).payload["who"] == "schedule “often”"
    kept = place.store.schedules.named("often")
    assert (kept.last_at, kept.last_job, kept.next_at) == (NOON.replace(hour=13), number, NOON.replace(hour=14))


def test_times_that_passed_while_no_worker_looked_count_as_one(place, clock):
    schedule(place, "0 * * * *")
    clock.go(days=3)
    assert len(ask_for_due(place)) == 1
    assert ask_for_due(place) == []


def test_a_job_that_is_still_being_done_is_not_asked_for_a_second_time(place, clock):
    schedule(place, "0 * * * *")
    clock.go(hours=1)
    ((_, _, first),) = ask_for_due(place)
    assert place.store.jobs.claim("w", seconds=86_400).id == first
    clock.go(hours=1)
    ((_, _, second),) = ask_for_due(place)
    assert second == first
    assert place.store.jobs.states() == {"running": 1}


def test_a_clock_that_goes_back_a_little_asks_for_nothing_twice(place, clock):
    schedule(place, "0 * * * *")
    clock.go(hours=1, seconds=1)
    assert len(ask_for_due(place)) == 1
    done(place)
    clock.go(minutes=-30)
    assert ask_for_due(place) == []
    clock.go(minutes=30)
    assert ask_for_due(place) == []
    clock.go(hours=1)
    assert len(ask_for_due(place)) == 1


def test_a_clock_that_was_a_year_ahead_does_not_silence_a_schedule_for_a_year(place, clock):
    schedule(place, "0 6 * * *")
    clock.go(days=365)
    assert len(ask_for_due(place)) == 1
    done(place)
    clock.go(days=-365)
    assert ask_for_due(place) == []
    clock.go(days=1)
    assert len(ask_for_due(place)) == 1


@pytest.mark.parametrize(
    ("cron", "day", "times"),
    [
        ("30 2 * * *", "2026-03-29", ["01:00"]),  # 2:30 is no time of this day: at 3:00, which is 1:00 UTC
        ("30 2 * * *", "2026-10-25", ["00:30"]),  # 2:30 comes twice: the first one counts
        ("0 * * * *", "2026-10-25", [f"{hour:02}:00" for hour in range(24)]),
        ("0 12 * * *", "2026-07-01", ["10:00"]),
        ("0 12 * * *", "2026-01-01", ["11:00"]),
    ],
)
def test_when_clocks_change_each_day_has_its_time_once(place, clock, cron, day, times):
    start = datetime.fromisoformat(f"{day}T00:00+00:00")
    clock.time = start - timedelta(minutes=10)
    schedule(place, cron, "Europe/Berlin")
    asked = []
    for _ in range(24 * 6):
        clock.go(minutes=10)
        if ask_for_due(place):
            asked.append(f"{clock.time:%H:%M}")
            done(place)
    assert asked == times


def test_what_is_switched_off_is_not_asked_for_and_defaults_stay_as_somebody_changed_them(place, clock):
    add_defaults(place)
    assert {one.name for one in place.store.schedules.all()} == {one.name for one in DEFAULTS}
    switch_schedule(place, "hourly health", on=False)
    put_schedule(place, "daily check", "loop", cron="30 7 * * MON-FRI", zone="Europe/Berlin", payload={"if_due": True})
    add_defaults(place)
    kept = {one.name: one for one in place.store.schedules.all()}
    assert (kept["hourly health"].is_on, kept["daily check"].cron) == (False, "30 7 * * MON-FRI")
    clock.go(days=30)
    assert ask_for_due(place) == [], "there is no playbook to look at, and health is off"


def test_where_a_source_of_calls_is_configured_they_are_fetched_every_hour(place, clock, monkeypatch):
    add_defaults(place)
    assert "hourly sync" not in {one.name for one in place.store.schedules.all()}
    monkeypatch.setenv("LEADLOOP_FELLOW_SUBDOMAIN", "acme")
    monkeypatch.setenv("LEADLOOP_FELLOW_API_KEY", "k")
    add_defaults(place)
    switch_schedule(place, "hourly health", on=False)
    asked = []
    for _ in range(3):
        clock.go(hours=1)
        asked += [(name, playbook) for name, playbook, _ in ask_for_due(place)]
        done(place)
    assert asked == [("hourly sync", "b2b_calls")] * 3


def test_a_schedule_that_can_never_be_is_refused_with_every_reason(place):
    with pytest.raises(LeadLoopError) as refused:
        put_schedule(place, "x", "loop", cron="0 25 * * *", zone="Europe/Nowhere")
    assert [problem.where for problem in refused.value.problems] == ["cron", "zone"]
    with pytest.raises(LeadLoopError, match="is none"):
        put_schedule(place, "x", "dance", cron="0 6 * * *")
    with pytest.raises(LeadLoopError, match="slack_days"):
        put_schedule(place, "x", "loop", cron="0 6 * * *", payload={"slackdays": 1})
    with pytest.raises(LeadLoopError, match="bad day-of-month"):
        put_schedule(place, "x", "loop", cron="0 0 30 2 *")


@pytest.mark.parametrize("tries", [10, pytest.param(50, marks=pytest.mark.long)])
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_of_many_that_look_at_once_one_asks(store, tries, tmp_path, request):
    address = request.getfixturevalue("new_postgres")() if store == "postgresql" else tmp_path / "leadloop.db"
    clock = Clock(NOON)
    places = []
    for _ in range(3):
        place = Workspace(tmp_path)
        place.__dict__["store"] = open_store(address, now=clock)
        places.append(place)
    schedule(places[0], "*/5 * * * *")
    asked, jobs = [], 0
    for _ in range(tries):
        clock.go(minutes=5)
        ready = threading.Barrier(len(places))

        def look(place, ready=ready):
            ready.wait()
            asked.extend(ask_for_due(place))

        threads = [threading.Thread(target=look, args=(place,)) for place in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        jobs += len(done(places[0]))
    assert len(asked) == jobs == tries
    for place in places:
        place.store.close()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_worker_asks_for_what_is_due_and_does_it(tmp_path):
    place = Workspace(tmp_path)
    place.store.schedules.put("soon", "health", cron="* * * * *", next_at=datetime.now(UTC) - timedelta(minutes=1))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "leadloop", "worker", "--until-idle", "--workspace", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "was asked for by “soon”" in done.stderr
    (job, *_) = place.store.jobs.page(kind="health").items
    assert job.state == "done"
    assert {one.name for one in place.store.schedules.all()} == {"soon", *(one.name for one in DEFAULTS)}
    place.store.close()
