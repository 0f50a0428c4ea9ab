from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.flows.recommend.worked_leads_for_tests import PLAYBOOK, worked

from leadloop.errors import DataError, LeadLoopError, VersionError, VersionMissing
from leadloop.flows.recommend import saved
from leadloop.flows.recommend.recommend import _draw, recommend
from leadloop.flows.recommend.rules import read_recommender
from leadloop.flows.recommend.train import train_recommender
from leadloop.flows.work.jobs import ask_for, do_job
from leadloop.flows.work.kind import Work
from leadloop.recommend.settings import ActionRule
from leadloop.store import Action, LeadRecord


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    place, _ = worked(tmp_path_factory.mktemp("worked"))
    return place, train_recommender(PLAYBOOK, workspace=place)


@pytest.fixture
def lead(trained, request):
    place, _ = trained
    name = f"new-{request.node.name}"[:200]
    place.store.leads.record(PLAYBOOK, [LeadRecord(name, {"industry": "large"})])
    return name


def called(lead, hours=1.0, kind="call", now=None):
    at = (now or datetime.now(UTC)) - timedelta(hours=hours)
    return Action(f"{kind} {lead} {hours}", lead, kind, at, "ada", "reached")


def test_the_first_training_serves_and_its_report_says_who_won_and_what_stands_on_lots(trained):
    place, done = trained
    assert done.serves
    assert saved.served_id(place, PLAYBOOK) == done.saved.id
    assert done.saved.release == f"{PLAYBOOK}-recommender-v1.0.0"
    assert f"Served: **{done.competition.following}**" in done.report
    assert "were drawn by lot" in done.report
    assert saved.report_of(place, PLAYBOOK) == done.report


def test_what_is_loaded_foresees_as_what_was_trained(trained):
    place, done = trained
    again = saved.load(place, PLAYBOOK, done.saved.release)
    assert again.recommender.state() == done.saved.recommender.state()
    assert again.recommender.evidence == done.saved.recommender.evidence


def test_a_recommender_whose_file_was_changed_is_refused(trained, tmp_path):
    place, done = trained
    path = saved.folder_of(place, PLAYBOOK) / done.saved.id / "recommender.json"
    kept = path.read_bytes()
    try:
        path.write_bytes(kept.replace(b"within_days", b"without_day"))
        with pytest.raises(VersionError, match="other contents"):
            saved.load(place, PLAYBOOK)
    finally:
        path.write_bytes(kept)
    with pytest.raises(VersionMissing):
        saved.load(place, PLAYBOOK, "v20200101_000000_00000000")


def test_a_lead_gets_ranked_actions_with_limits_reasons_somebody_and_a_time(trained, lead):
    place, done = trained
    place.store.actions.add(PLAYBOOK, [called(lead)])
    found = recommend(place, PLAYBOOK, [lead])
    first = found.recommendations[0]
    assert [one.rank for one in found.recommendations] == [1, 2, 3]
    assert first.success_low <= first.success <= first.success_high
    assert first.model_version == done.saved.id
    assert first.actor == "ada"  # who wins more, with as much on the desk
    assert first.respond_within_minutes in (30, 240, 1_440, 4_320)
    assert first.why["evidence"].startswith("effect")
    assert place.store.recommendations.list(PLAYBOOK, lead_id=lead)[0] == 3
    recommend(place, PLAYBOOK, [lead])
    assert place.store.recommendations.list(PLAYBOOK, lead_id=lead)[0] == 3  # the older ones are replaced


def test_an_action_that_somebody_dismissed_is_not_recommended_again_soon(trained, lead):
    place, _ = trained
    first = recommend(place, PLAYBOOK, [lead]).recommendations[0]
    place.store.recommendations.change(first.id, status="dismissed", who="bob")
    again = recommend(place, PLAYBOOK, [lead]).recommendations
    assert first.kind not in [one.kind for one in again]
    assert "was dismissed" in again[0].why["not_recommended"][first.kind]


def test_who_opted_out_of_meetings_gets_none(trained):
    place, _ = trained
    place.store.leads.record(PLAYBOOK, [LeadRecord("no meetings", {"industry": "large", "company_name": "yes"})])
    found = recommend(place, PLAYBOOK, ["no meetings"], most=4)
    assert "meeting" not in [one.kind for one in found.recommendations]


def test_a_lead_that_has_ended_gets_nothing_and_is_told_why(trained):
    place, _ = trained
    found = recommend(place, PLAYBOOK, ["L0"], keep=False)
    assert found.recommendations == ()
    assert "has ended" in found.nothing["L0"]


def test_a_lead_that_nobody_knows_is_refused_and_one_without_history_is_not(trained, lead):
    place, _ = trained
    with pytest.raises(DataError, match="nobody"):
        recommend(place, PLAYBOOK, [lead, "nobody"])
    assert recommend(place, PLAYBOOK, [lead], keep=False).recommendations


def test_what_is_not_sure_enough_is_left_out(trained, lead):
    place, _ = trained
    assert not recommend(place, PLAYBOOK, [lead], min_confidence=1.0, keep=False).recommendations


def test_a_lot_is_the_same_whenever_it_is_asked_and_its_chance_adds_up(trained):
    place, _ = trained
    settings = replace(read_recommender(place.root), explore=0.3)
    now = datetime(2026, 3, 2, tzinfo=UTC)
    firsts = []
    for number in range(2_000):
        order, chance = _draw(settings, "v1", f"L{number}", now, [0, 1, 2])
        assert sorted(order) == [0, 1, 2]
        assert chance == pytest.approx(0.8 if order[0] == 0 else 0.1)
        assert _draw(settings, "v1", f"L{number}", now, [0, 1, 2]) == (order, chance)
        firsts.append(order[0])
    assert 0.77 < firsts.count(0) / 2_000 < 0.83


def test_what_was_done_as_recommended_is_learned_from(trained, lead):
    place, _ = trained
    first = recommend(place, PLAYBOOK, [lead]).recommendations[0]
    before = place.store.actions.kinds(PLAYBOOK)[first.kind]
    place.store.recommendations.change(first.id, status="done", result="reached", who="bob")
    assert place.store.actions.kinds(PLAYBOOK)[first.kind] == before + 1
    assert [one.kind for one in place.store.actions.of_lead(PLAYBOOK, lead)] == [first.kind]


def test_without_a_log_there_is_nothing_to_learn(tmp_path):
    with pytest.raises(DataError, match="leadloop actions"):
        train_recommender(PLAYBOOK, workspace=tmp_path)


def test_every_mistake_in_the_settings_is_told_at_once(tmp_path):
    (tmp_path / "leadloop.toml").write_text(
        "[recommender]\nexplor = 0.1\nwithin_days = -1\n[recommender.network]\nepochs = 0\n"
        "[recommender.rules.call]\nhours = [18, 8]\n[recommender.event_actions]\nquote_sent = 3\n"
    )
    with pytest.raises(LeadLoopError) as refused:
        read_recommender(tmp_path)
    said = str(refused.value)
    for part in ("did you mean explore?", "within_days", "epochs", "hours", "event_actions"):
        assert part in said


def test_a_worker_learns_anew_when_it_is_asked_to(trained):
    place, done = trained
    number = ask_for(place, "recommend", PLAYBOOK, {"seed": 5}, who="ada")
    job = place.store.jobs.claim("w", seconds=60)
    assert job.id == number
    said = do_job(Work(place, job, 60))
    assert said["release"] == f"{PLAYBOOK}-recommender-v1.1.0"
    assert saved.served_id(place, PLAYBOOK) == (said["version"] if said["serves"] else done.saved.id)
    assert "log-loss of winning" in said["because"]


def test_what_can_be_done_in_a_day_goes_to_the_most_promising_leads(trained, monkeypatch):
    place, _ = trained
    names = [f"many-{number}" for number in range(6)]
    place.store.leads.record(PLAYBOOK, [LeadRecord(name, {"industry": "large"}) for name in names])
    free = recommend(place, PLAYBOOK, names, most=1, keep=False).recommendations
    [favourite] = {one.kind for one in free}
    settings = read_recommender(place.root)
    limited = replace(settings, rules={favourite: ActionRule(per_day=1)}, people=("ada", "bob"))
    monkeypatch.setattr("leadloop.flows.recommend.recommend.read_recommender", lambda root: limited)
    monkeypatch.setattr(type(place.store.actions), "done_since", lambda *given: {("ada", favourite): 0})
    kinds = [one.kind for one in recommend(place, PLAYBOOK, names, most=1, keep=False).recommendations]
    assert kinds.count(favourite) == 2  # one for each of two people
    assert len(kinds) == 6
