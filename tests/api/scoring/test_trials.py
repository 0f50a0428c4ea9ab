"""A version on trial: in the shadow nobody sees it, a canary gets its share and no more, and what serves stands in for it."""

import time
from collections import Counter
from dataclasses import replace

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.conftest import copy_workspace

from leadloop.flows.loop.rollout import look_after, observe
from leadloop.flows.loop.rules import LoopRules
from leadloop.flows.place.workspace import Workspace

LEADS = [{**LEAD, "id": f"L{number}", "visits": number % 9} for number in range(300)]


@pytest.fixture
def place(two, tmp_path):
    return Workspace(copy_workspace(two[0], tmp_path / "copy"))


def begin(place, two, **said):
    return place.store.rollouts.start("tiny", two[2], against=two[1], who="a test", why="to see", **said)


def score(client, leads=LEADS):
    rows = []
    for first in range(0, len(leads), 100):
        answer = client.post("/v1/tiny/scores", json={"leads": leads[first : first + 100]})
        assert answer.status_code == 200, answer.text
        rows += answer.json()["results"]
    return rows


def wait_for(service):
    """Until everything is written down."""
    until = time.monotonic() + 30
    while service.live.log.waiting or service.live.trials.waiting or service.live.trials._counts:
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(0.3)


def by_arm(place):
    found = {}
    for row in place.store.scores.stream("tiny"):
        found.setdefault(row.arm, {})[row.lead_id] = row
    return found


def test_in_the_shadow_a_version_scores_what_was_answered_and_nobody_sees_it(place, two):
    _, first, second = two
    rollout = begin(place, two)
    service = open_service(place.root)
    with ask(service) as client:
        rows = score(client)
        wait_for(service)
    assert {row["model_version"] for row in rows} == {first}
    arms = by_arm(place)
    assert {arm: len(found) for arm, found in arms.items()} == {"": 300, "shadow": 300}
    assert {row.model_version for row in arms["shadow"].values()} == {second}
    alone = open_service(place.root, model_version=second)
    alone.versions.refresh()
    by_second = {one.given_id: one.card for one in alone.live.score(alone.versions.get("tiny"), LEADS)}
    assert {name: row.score for name, row in arms["shadow"].items()} == {
        name: card.score for name, card in by_second.items()
    }
    counts = place.store.rollouts.counts(rollout.id)
    assert (counts["shadow"].leads, counts["shadow"].failures, counts["champion"].leads) == (300, 0, 300)
    assert place.store.scores.latest("tiny", "L7").model_version == first
    assert sum(one.leads for one in place.store.scores.spread("tiny", [0.0])) == 300
    seen = observe(place, rollout)
    assert (seen.trial.leads, seen.serving.leads, seen.noted) == (300, 300, 300)


def test_a_canary_gets_its_share_of_leads_the_same_ones_and_more_of_them_step_by_step(place, two):
    _, first, second = two
    rollout = begin(place, two, state="canary", share=20.0)
    service = open_service(place.root)
    with ask(service) as client:
        few = {row["lead_id"] for row in score(client) if row["model_version"] == second}
        assert 30 < len(few) < 95
        rollout = place.store.rollouts.change(rollout, "canary", who="a test", why="all is well", share=60.0)
        service.arms.refresh()
        more = {row["lead_id"] for row in score(client) if row["model_version"] == second}
        assert few < more
        assert 140 < len(more) < 220
        wait_for(service)
        place.store.rollouts.change(rollout, "stopped", who="a test", why="enough")
        service.arms.refresh()
        assert {row["model_version"] for row in score(client)} == {first}
    again = open_service(place.root)
    rows = by_arm(place)
    assert set(rows) >= {"canary", "champion", "shadow"}
    assert set(rows["canary"]) == more
    assert {row.model_version for row in rows["canary"].values()} == {second}
    assert again is not service
    assert not list(place.store.experiments.every_running())


def test_a_canary_that_fails_is_stood_in_for_and_taken_back_by_itself(place, two):
    first = two[1]
    rollout = begin(place, two, state="canary", share=50.0)
    service = open_service(place.root)

    class Broken:
        def __init__(self, scorer):
            self._scorer = scorer

        def __getattr__(self, name):
            return getattr(self._scorer, name)

        def score(self, leads, **more):
            raise ValueError("of no use")

    with ask(service) as client:
        ((test, *_),) = service.arms._tests.values()
        broken = replace(test.served["canary"], scorer=Broken(test.served["canary"].scorer))
        service.arms._tests = {"tiny": (replace(test, served={**test.served, "canary": broken}),)}
        service.arms._loaded = dict.fromkeys(service.arms._loaded, broken)
        rows = score(client)
        assert {row["model_version"] for row in rows} == {first}, "nobody is left without a score"
        assert [row["lead_id"] for row in rows] == [lead["id"] for lead in LEADS]
        wait_for(service)
        counts = place.store.rollouts.counts(rollout.id)
        assert counts["canary"].failures == counts["canary"].leads > 100
        ended, _ = look_after(place, rollout, LoopRules(), who="a test")
        assert (ended.state, ended.is_open) == ("rolled_back", False)
        assert "could not be scored" in ended.why
        service.arms.refresh()
        assert service.arms.of("tiny") == ()
    (alert,) = place.store.alerts.open("tiny")
    assert (alert.rule, alert.severity) == ("rollback", "critical")
    assert place.registry.champion("tiny") == first


def test_a_canary_whose_version_is_gone_is_served_by_what_is_in_service(place, two, tmp_path):
    begin(place, two, state="canary", share=50.0)
    (place.registry.folder("tiny", two[2]) / "manifest.json").unlink()
    with ask(open_service(place.root)) as client:
        assert {row["model_version"] for row in score(client)} == {two[1]}


def test_the_routes_tell_of_it_and_change_it(place, two):
    _, first, second = two
    service = open_service(place.root)
    with ask(service) as client:
        refused = client.post("/v1/tiny/rollouts", json={"version": second})
        assert refused.status_code == 409, refused.text
        asked = {"version": second, "force": True, "why": "we know better", "share": 30}
        begun = client.post("/v1/tiny/rollouts", json=asked)
        assert begun.status_code == 200, begun.text
        assert (begun.json()["state"], begun.json()["share"], begun.json()["against"]) == ("canary", 30, first)
        assert client.post("/v1/tiny/rollouts", json=asked).status_code == 409
        assert client.post("/v1/tiny/rollouts/current/share", json={"share": 60}).json()["share"] == 60
        assert client.post("/v1/tiny/rollouts/current/share", json={"share": 160}).status_code == 422
        assert client.post("/v1/tiny/rollouts/current/dance", json={}).status_code == 404
        shares = Counter(row["model_version"] for row in score(client))
        assert 140 < shares[second] < 220
        assert client.get("/v1/tiny/rollouts/current").json()["changes"][-1]["share"] == 60
        done = client.post("/v1/tiny/rollouts/current/finish", json={})
        assert done.json()["state"] == "promoted", done.text
        assert {row["model_version"] for row in score(client)} == {second}
        assert client.get("/v1/tiny/rollouts/current").status_code == 404
        assert [one["state"] for one in client.get("/v1/tiny/rollouts").json()["rollouts"]] == ["promoted"]
        assert client.get("/v1/alerts").json() == {"alerts": [], "next": None}
        looked = client.get("/v1/tiny/retraining").json()
        assert (looked["due"], looked["model_version"]) == (False, second)
    actions = [row.action for row in place.store.audit.page(limit=100).items]
    assert [one for one in actions if one.startswith("rollout")] == [
        "rollout canary",
        "rollout canary",
        "rollout promoted",
    ]
