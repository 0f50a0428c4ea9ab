"""A served lead may be worked by a drawn score: the answer says so, the log keeps the chances, and the score stays honest."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.conftest import copy_workspace

from leadloop.flows.scoring.explorers import Explorers
from leadloop.flows.watch.logged_leads import read_logged, watch_playbook

LEADS = [{**LEAD, "id": f"L{number}", "visits": 0, "opted_out": True} for number in range(100)]


@pytest.fixture(scope="module")
def exploring(workspace, tmp_path_factory):
    root = tmp_path_factory.mktemp("exploring") / "workspace"
    root.mkdir()
    copy_workspace(workspace.root, root)
    (root / "leadloop.toml").write_text("[loop.tiny]\nexplore_share = 0.3\n", encoding="utf-8")
    service = open_service(root)
    with ask(service) as client:
        answers = client.post("/v1/tiny/scores", json={"leads": LEADS}).json()["results"]
        again = client.post("/v1/tiny/scores", json={"leads": LEADS}).json()["results"]
        nameless = client.post("/v1/tiny/score", json={"visits": 7}).json()
    return service, answers, again, nameless


def test_answers_say_who_is_explored_and_scores_stay_honest(exploring):
    _, answers, again, nameless = exploring
    explored = [one for one in answers if one["explored"]]
    assert 15 <= len(explored) <= 45
    assert len({one["score"] for one in answers}) == 1
    assert len({one["route"] for one in explored}) > 1
    usual = Counter(one["route"] for one in answers if not one["explored"])
    assert len(usual) == 1
    assert all(one["propensity"] > 0.7 for one in answers if one["route"] in usual)
    assert all(one["propensity"] < 0.2 for one in answers if one["route"] not in usual)
    same = ("lead_id", "route", "band", "explored", "propensity")
    assert [[one[name] for name in same] for one in answers] == [[one[name] for name in same] for one in again]
    assert (nameless["explored"], nameless["propensity"]) == (False, None)


def test_the_log_keeps_the_chance_of_every_route(exploring):
    service, answers, *_ = exploring
    store = service.workspace.store
    log = store.logged.explorations("tiny")
    assert log.height == 100
    for one in answers[:30]:
        kept = store.scores.latest("tiny", one["lead_id"])
        assert (kept.explored, kept.route, kept.band) == (one["explored"], one["route"], one["band"])
        assert kept.propensity == pytest.approx(one["propensity"], abs=1e-6)
        assert sum(kept.exploration["chances"].values()) == pytest.approx(1)
        assert kept.exploration["chances"][kept.exploration["taken"]] == pytest.approx(kept.propensity)


def test_a_broken_setting_leaves_the_last_share_in_place(tmp_path, monkeypatch):
    monkeypatch.setattr("leadloop.flows.scoring.explorers.LOOK_EVERY_SECONDS", 0.0)
    file, explorers = tmp_path / "leadloop.toml", Explorers(tmp_path)
    assert explorers.share_of("tiny") == 0.0
    file.write_text("[loop]\nexplore_share = 0.1\n", encoding="utf-8")
    assert explorers.share_of("tiny") == 0.1
    file.write_text("[loop]\nexplore_share = 0.7\n", encoding="utf-8")
    assert explorers.share_of("tiny") == 0.1
    file.write_text("[loop]\nexplore_share = 0\n", encoding="utf-8")
    assert explorers.share_of("tiny") == 0.0


def test_how_a_band_does_is_asked_of_leads_that_belong_to_it(exploring):
    service, answers, *_ = exploring
    now = datetime.now(UTC)
    leads = read_logged(
        watch_playbook(service.workspace, "tiny"), now - timedelta(days=1), now + timedelta(days=1), now
    )
    assert leads["band"].n_unique() == 1
    assert len({one["band"] for one in answers}) > 1
