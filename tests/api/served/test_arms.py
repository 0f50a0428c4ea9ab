"""Tests that run, in memory: each lead is scored by the version of its own arm, always the same one, and that is written down."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.conftest import copy_workspace, write_playbook

from leadloop.flows.experiments.ending import end_experiment
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.arms import write_policy
from leadloop.playbook import Policy
from leadloop.store import Variant

LEADS = [{**LEAD, "id": f"L{number}", "visits": number % 9} for number in range(300)]


@pytest.fixture
def place(two, tmp_path):
    return Workspace(copy_workspace(two[0], tmp_path / "copy"))


@pytest.fixture
def start(place, two):
    def begin(name="test", *, arms=None, **more):
        _, first, second = two
        arms = arms or [Variant("old", first, 50, is_control=True), Variant("new", second, 50)]
        return place.store.experiments.start("tiny", name, arms, target="won", **more)

    return begin


def score(client, leads=LEADS, **more):
    rows = []
    for begin in range(0, len(leads), 100):
        answer = client.post("/v1/tiny/scores", json={"leads": leads[begin : begin + 100]}, **more)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["results"]
    return rows


def exposed(place, test):
    """The arm that each lead saw, as the store knows it."""
    return {unit: arm for _, unit, arm in place.store.experiments.exposures.since(test.id, 0)}


def test_each_lead_is_scored_by_the_version_of_its_arm_and_as_that_version_alone_would(place, two, start):
    _, first, second = two
    test, service = start(), open_service(place.root)
    with ask(service) as client:
        rows = score(client)
    arms = exposed(place, test)
    assert Counter(arms.values()).keys() == {"old", "new"}
    assert abs(Counter(arms.values())["new"] - 150) < 40
    alone = open_service(place.root, model_version=second)
    alone.versions.refresh()
    by_second = {one.given_id: one.card for one in alone.live.score(alone.versions.get("tiny"), LEADS)}
    for row in rows:
        assert row["model_version"] == {"old": first, "new": second}[arms[row["lead_id"]]]
        if arms[row["lead_id"]] == "new":
            assert row["score"] == by_second[row["lead_id"]].score
            assert [one["points"] for one in row["reasons"]] == [
                round(one.points, 4) for one in by_second[row["lead_id"]].reasons
            ]
    stored = {row.lead_id: row for row in place.store.scores.stream("tiny")}
    assert {name: row.arm for name, row in stored.items()} == arms
    assert {row.card["experiment"] for row in stored.values()} == {"test"}


def test_a_lead_keeps_its_arm_after_a_restart_in_another_process_and_while_the_test_is_ramped_up(place, start):
    test = start(settings={"ramp_plan": [{"after_days": 0, "percent": 20}]})
    with ask(open_service(place.root)) as client:
        score(client)
    few = exposed(place, test)
    assert 30 < len(few) < 90
    place.store.experiments.ramp(test, 100)
    service = open_service(place.root)
    with ask(service) as client:
        score(client)
    every = exposed(place, test)
    assert len(every) == len(LEADS)
    assert few.items() <= every.items()
    rows = [row for row in place.store.scores.stream("tiny") if row.arm]
    assert all(row.arm == every[row.lead_id] for row in rows)


def test_nothing_is_noted_while_no_test_runs_or_while_it_is_paused(place, two, start):
    test = start()
    place.store.experiments.pause(test)
    with ask(open_service(place.root)) as client:
        rows = score(client)
    assert {row["model_version"] for row in rows} == {two[1]}
    assert exposed(place, test) == {}


def test_leads_without_an_identifier_take_part_in_no_test(place, two, start):
    test = start()
    with ask(open_service(place.root)) as client:
        rows = score(client, [{"visits": number % 9} for number in range(40)])
    assert {row["model_version"] for row in rows} == {two[1]}
    assert exposed(place, test) == {}


def test_an_arm_whose_version_is_damaged_is_served_by_its_control_counted_and_not_noted(place, two, start):
    _, first, second = two
    test = start()
    path = place.registry.folder("tiny", second) / "model.json"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    service = open_service(place.root)
    with ask(service) as client:
        rows = score(client)
        ready = client.get("/readyz").json()
    assert {row["model_version"] for row in rows} == {first}
    arms = exposed(place, test)
    assert set(arms.values()) == {"old"}
    assert len(arms) < 200
    missing = service.metrics.arms_missing.labels("tiny", "test", "new")._value.get()
    assert missing == len(LEADS) - len(arms)
    assert ready["status"] == "degraded"
    assert "model.json" in ready["experiments"]["tiny, test, new"]


def test_a_version_that_comes_back_serves_its_arm_again(place, two, start):
    test = start()
    folder = place.registry.folder("tiny", two[2])
    shutil.move(folder, folder.with_name("away"))
    service = open_service(place.root)
    with ask(service) as client:
        score(client)
        shutil.move(folder.with_name("away"), folder)
        service.arms._failed = {key: (when - 60, why) for key, (when, why) in service.arms._failed.items()}
        service.arms.refresh()
        assert {row["model_version"] for row in score(client)} == set(two[1:])
    assert set(exposed(place, test).values()) == {"old", "new"}


def test_an_arm_may_have_another_policy_with_the_same_version(place, two, start):
    _, first, _ = two
    policy = Policy(routes=(replace(Policy().routes[0], lowest=10.0, name="call_all"), replace(Policy().routes[-1])))
    arms = [Variant("own", first, 50, is_control=True), Variant("eager", first, 50, policy=policy.fingerprint)]
    test = start(arms=arms, settings={"policies": {policy.fingerprint: write_policy(policy)}})
    with ask(open_service(place.root)) as client:
        rows = score(client)
    seen = exposed(place, test)
    eager = [row for row in rows if seen[row["lead_id"]] == "eager"]
    assert {row["route"] for row in eager} == {"call_all"}
    assert "call_all" not in {row["route"] for row in rows if seen[row["lead_id"]] == "own"}
    stored = {row.lead_id: row.policy for row in place.store.scores.stream("tiny")}
    assert {stored[row["lead_id"]] for row in eager} == {policy.fingerprint}


def give_rules(place, workspace):
    """Put the playbook's folder into the workspace, with a rule."""
    shutil.copytree(workspace.playbook, place.root / "tiny")
    text = (place.root / "tiny/playbook.toml").read_text(encoding="utf-8")
    write_playbook(place.root / "tiny", 'rules = ["rules:busy"]\n' + text)
    (place.root / "tiny/rules.py").write_text(
        'import polars as pl\nfrom leadloop.features.rules import rule\n\n@rule(points=10, reads=["visits"])\n'
        'def busy():\n    """Came often."""\n    return pl.col("visits") >= 4\n',
        encoding="utf-8",
    )


def test_the_rules_can_be_an_arm_and_nothing_is_degraded_then(workspace, two, place):
    give_rules(place, workspace)
    arms = [Variant("rules", "rules", 50, is_control=True), Variant("model", two[1], 50)]
    test = place.store.experiments.start("tiny", "test", arms, target="won")
    with ask(open_service(place.root)) as client:
        rows = score(client)
    seen = exposed(place, test)
    assert {row["method"] for row in rows if seen[row["lead_id"]] == "rules"} == {"rules"}
    assert not any(row["degraded"] for row in rows)


def test_a_score_that_is_kept_is_kept_for_its_arm_alone(place, start):
    service = open_service(place.root)
    with ask(service) as client:
        score(client, LEADS[:50])
        test = start()
        service.arms.refresh()
        score(client, LEADS[:50])
        score(client, LEADS[:50])
    assert len(exposed(place, test)) == 50
    assert sum(bool(row.arm) for row in place.store.scores.stream("tiny")) == 50


def test_while_the_database_is_away_what_ran_last_goes_on(place, two, start):
    start()
    service = open_service(place.root)
    with ask(service) as client:
        score(client)
        from leadloop.errors import Problem, StoreUnavailable

        def away():
            raise StoreUnavailable("store", Problem("database", "is away", "wait"))

        service.arms._store = away
        service.arms.refresh()
        assert service.arms.problem
        assert {row["model_version"] for row in score(client)} == set(two[1:])


def test_leads_that_are_kept_are_scored_by_their_arm_and_noted_with_their_score(place, start):
    test = start()
    service = open_service(place.root)
    with ask(service) as client:
        client.post("/v1/tiny/leads", json={"leads": LEADS[:40]}).raise_for_status()
        for lead in LEADS[:40]:
            answer = client.post(f"/api/v1/lead-scoring-ml/score/{lead['id']}", json={})
            assert answer.status_code == 200, answer.text
        arms = exposed(place, test)
        newest = {lead["id"]: place.store.scores.latest("tiny", lead["id"]) for lead in LEADS[:40]}
    assert {name: one.arm for name, one in newest.items()} == arms
    assert len(set(arms.values())) == 2


def test_the_score_that_a_lead_had_before_is_kept_with_its_exposure(place, start):
    service = open_service(place.root)
    with ask(service) as client:
        score(client, LEADS[:20])
    before = {row.lead_id: row.score for row in place.store.scores.stream("tiny")}
    start()
    service = open_service(place.root)
    service.live.clock = lambda clock=service.live.clock: clock() + timedelta(seconds=1)
    with ask(service) as client:
        score(client, LEADS[:40])
    with place.store._connections.read() as connection:
        from leadloop.store.tables import EXPOSURES

        rows = connection.execute(EXPOSURES.select()).all()
    assert {row.lead_id: row.score_before for row in rows} == {
        lead["id"]: before.get(lead["id"]) for lead in LEADS[:40]
    }
    assert all(row.latency_ms > 0 and row.propensity == 0.5 and row.score is not None for row in rows)


def test_a_job_that_scores_kept_leads_takes_the_same_arms(place, start):
    from leadloop.flows.scoring.score_stored import score_stored

    test = start()
    with ask(open_service(place.root)) as client:
        client.post("/v1/tiny/leads", json={"leads": LEADS[:60]}).raise_for_status()
        score(client, LEADS[:30])
    before = exposed(place, test)
    done = score_stored(place, "tiny", run="job-1", everything=True, days=0)
    assert (done.scored, done.rejected) == (60, 0)
    arms = exposed(place, test)
    assert before.items() <= arms.items()
    assert len(arms) == 60
    newest = {lead["id"]: place.store.scores.latest("tiny", lead["id"]).arm for lead in LEADS[:60]}
    assert newest == arms


def test_rules_that_won_score_everybody_until_somebody_puts_a_version_in_service(workspace, two, place):
    give_rules(place, workspace)
    arms = [Variant("rules", "rules", 50, is_control=True), Variant("model", two[2], 50)]
    test = place.store.experiments.start("tiny", "test", arms, target="won")
    end_experiment(place, test, who="ada", winner="rules")
    service = open_service(place.root)
    with ask(service) as client:
        assert {row["method"] for row in score(client, LEADS[:20])} == {"rules"}
        place.registry.promote("tiny", two[2], who="ada", why="better now")
        # As if the promotion had come a while after the end.
        from leadloop.store.tables import TESTS

        with place.store._connections.write() as connection:
            earlier = place.store.experiments.get(test.id).end_date - timedelta(minutes=1)
            connection.execute(TESTS.update().values(end_date=earlier))
        service.versions.refresh()
        service.arms.refresh()
        assert {row["model_version"] for row in score(client, LEADS[:20])} == {two[2]}


def test_leads_of_one_account_are_scored_by_one_version(place, two, start):
    test = start(unit="account", unit_field="source")
    with ask(open_service(place.root)) as client:
        rows = score(client, [{**lead, "source": f"Company {number % 12}"} for number, lead in enumerate(LEADS[:96])])
    seen = {}
    for number, row in enumerate(rows):
        seen.setdefault(number % 12, set()).add(row["model_version"])
    assert all(len(versions) == 1 for versions in seen.values())
    assert set.union(*seen.values()) == set(two[1:])
    assert len(exposed(place, test)) == 12


def test_where_shares_change_leads_keep_their_arm_in_every_process_and_new_ones_go_by_the_new_shares(place, start):
    test = start(settings={"allocation": "thompson"})
    with ask(open_service(place.root)) as client:
        score(client, LEADS[:150])
    before = exposed(place, test)
    place.store.experiments.allocate(test, {"old": 0.05, "new": 0.95}, evidence={})
    service = open_service(place.root)
    with ask(service) as client:
        rows = score(client)
    assert {row["lead_id"]: row["arm"] for row in rows if row["lead_id"] in before} == before
    fresh = Counter(row["arm"] for row in rows if row["lead_id"] not in before)
    assert fresh["new"] > 4 * fresh["old"]


def test_an_experiment_costs_a_score_microseconds(place, start):
    from timeit import timeit

    service = open_service(place.root)
    service.database.start()
    service.versions.refresh()
    start()
    service.arms.refresh()
    arms, served = service.arms, service.versions.get("tiny")
    tests, number = arms.of("tiny"), iter(range(10_000_000))
    each = timeit(lambda: arms.choose(tests, served, {**LEAD, "id": f"L{next(number)}"}), number=2_000) / 2_000
    assert each < 0.001, f"{each * 1e6:.0f} microseconds"
    print(f"\nthe arm of a lead takes {each * 1e6:.1f} microseconds")
    service.database.close()
