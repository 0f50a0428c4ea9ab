"""Versions in memory: swapped without a dropped or mixed answer, and never one that is not what its manifest says."""

import shutil
import threading
from dataclasses import replace

import pytest
from tests.api.service_for_tests import LEAD, open_service
from tests.conftest import copy_workspace

from leadloop.api.served.versions import ServedVersions
from leadloop.api.wire.problems import Refusal
from leadloop.errors import StoreUnavailable, VersionError, VersionMissing
from leadloop.flows.place.settings import Settings
from leadloop.flows.place.workspace import Workspace


@pytest.fixture
def copied(two, tmp_path):
    root, first, second = two
    return Workspace(copy_workspace(root, tmp_path / "copy")), first, second


def versions_of(workspace, **settings):
    told = []
    versions = ServedVersions(workspace, Settings(**settings), lambda name, facts: told.append((name, dict(facts))))
    versions.refresh()
    return versions, told


def promote(workspace, version):
    workspace.registry.promote("tiny", version, who="test", why="")


def damage(workspace, version):
    path = workspace.registry.folder("tiny", version) / "model.json"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))


def test_a_version_whose_manifest_is_not_the_one_that_was_promoted_is_not_served(copied):
    workspace, first, second = copied
    promote(workspace, second)
    folder = workspace.registry.folder("tiny", second)
    version = workspace.registry.find("tiny", second)
    (folder / "manifest.json").write_bytes(replace(version, created_by="somebody else").as_bytes())
    versions, told = versions_of(workspace, fallback=["previous"])
    assert versions.get("tiny").version == first
    assert "is not what was promoted" in versions.problems["tiny"]
    assert "is not what was promoted" in next(facts["why"] for name, facts in told if name == "version refused")


def test_a_promotion_by_another_process_is_served_after_the_next_look(copied):
    workspace, first, second = copied
    versions, _ = versions_of(workspace)
    assert versions.get("tiny").version == first
    promote(workspace, second)
    assert versions.get("tiny").version == first
    versions.refresh()
    assert versions.get("tiny").version == second
    workspace.registry.rollback("tiny", who="test", why="")
    versions.refresh()
    assert versions.get("tiny").version == first


def test_a_version_that_does_not_change_is_not_loaded_again(copied):
    versions, told = versions_of(copied[0])
    held = versions.get("tiny")
    versions.refresh()
    assert versions.get("tiny") is held
    assert [name for name, _ in told] == ["version serves"]


def test_a_damaged_version_never_serves_and_the_old_one_goes_on(copied):
    workspace, first, second = copied
    versions, told = versions_of(workspace)
    promote(workspace, second)
    damage(workspace, second)
    versions.refresh()
    assert versions.get("tiny").version == first
    assert "model.json" in versions.problems["tiny"]
    assert told[-1][0] == "version refused"
    with pytest.raises(VersionError) as refused:
        versions.reload("tiny", second, who="test", why="")
    assert not isinstance(refused.value, VersionMissing)
    assert versions.get("tiny").version == first


def test_a_damaged_version_is_not_read_again_at_every_look(copied):
    workspace, first, _ = copied
    damage(workspace, first)
    versions, told = versions_of(workspace)
    for _ in range(5):
        versions.refresh()
    assert [name for name, _ in told] == ["version refused"]


def test_what_stands_in_is_declared_and_says_that_it_does(copied):
    workspace, first, second = copied
    promote(workspace, second)
    damage(workspace, second)
    bare, _ = versions_of(workspace)
    with pytest.raises(Refusal) as refused:
        bare.get("tiny")
    assert refused.value.status == 503
    declared, _ = versions_of(workspace, fallback=("previous",))
    served = declared.get("tiny")
    assert (served.version, served.degraded, served.choice) == (first, True, "previous")


def test_a_registry_that_is_gone_takes_nothing_out_of_memory(copied):
    workspace, first, _ = copied
    versions, _ = versions_of(workspace, playbooks=("tiny",))
    shutil.rmtree(workspace.root / "registry")
    versions.refresh()
    assert versions.get("tiny").version == first
    assert versions.problems["tiny"]


def test_a_pinned_or_the_newest_version_serves_where_the_settings_say_so(copied):
    workspace, first, second = copied
    assert versions_of(workspace, model_version="latest")[0].get("tiny").version == max(first, second)
    pinned, _ = versions_of(workspace, model_version=second)
    assert pinned.get("tiny").version == second
    with pytest.raises(Refusal) as refused:
        pinned.reload("tiny", first, who="test", why="")
    assert refused.value.status == 409


def test_reloading_is_on_the_record(copied):
    workspace, _, second = copied
    versions, _ = versions_of(workspace)
    versions.reload("tiny", "latest", who="ada", why="newer")
    step = workspace.registry.history("tiny")[-1]
    assert (step.model_version, step.who, step.why) == (max(second, step.model_version), "ada", "newer")
    with pytest.raises(VersionMissing):
        versions.reload("tiny", "tiny-v99.0.0", who="ada", why="")


def test_a_version_that_gives_no_number_is_refused_before_it_serves(copied, monkeypatch):
    from leadloop.scoring import TrainedPlaybook

    usual = TrainedPlaybook.score
    workspace, _, _ = copied

    def broken(self, leads, **named):
        return [type("Card", (), {"score": float("nan"), "probability": 0.5})() for _ in usual(self, leads, **named)]

    monkeypatch.setattr(TrainedPlaybook, "score", broken)
    versions, _ = versions_of(workspace)
    assert "no number" in versions.problems["tiny"]
    with pytest.raises(VersionError):
        versions._load("tiny", copied[1], "first")


def test_answers_under_constant_reloads_are_all_there_and_each_of_one_version(copied):
    workspace, first, second = copied
    service = open_service(workspace.root, cache_ttl_minutes=0)
    service.versions.refresh()
    right = {}
    for version in (first, second):
        service.versions.reload("tiny", version, who="test", why="")
        (said,) = service.live.score(service.versions.get("tiny"), [LEAD])
        right[version] = (said.card.score, said.card.probability)
    assert right[first] != right[second]
    wrong, counted, done = [], [], threading.Event()

    def ask_on():
        while not done.is_set():
            (said,) = service.live.score(service.versions.get("tiny"), [LEAD])
            counted.append(said.card.model_version)
            if (said.card.score, said.card.probability) != right[said.card.model_version]:
                wrong.append(said)

    askers = [threading.Thread(target=ask_on) for _ in range(2)]
    for asker in askers:
        asker.start()
    for number in range(20):
        service.versions.reload("tiny", (first, second)[number % 2], who="test", why="")
    done.set()
    for asker in askers:
        asker.join()
    assert not wrong
    assert set(counted) == {first, second}


@pytest.fixture
def on_postgres(copied, new_postgres):
    """The workspace with its promotions on a PostgreSQL server, and a switch that cuts it off from there."""
    import sqlalchemy

    workspace, first, second = copied
    address = new_postgres()
    (workspace.root / "leadloop.toml").write_text(f'database = "{address}"\n', encoding="utf-8")
    (workspace.registry.folder("tiny") / "in_service.json").unlink()
    promote(workspace, first)
    url = sqlalchemy.make_url(address)
    engine = sqlalchemy.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def reachable(allowed):
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS {allowed}"))
            ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(sqlalchemy.text(ending), {"name": url.database})

    yield workspace, first, second, reachable
    engine.dispose()


def test_a_running_service_goes_on_while_its_database_is_away_and_follows_it_again_when_it_is_back(
    on_postgres, monkeypatch
):
    monkeypatch.setattr("leadloop.registry.registry._AWAY_SECONDS", 0.0)  # it is asked again at once
    workspace, first, second, reachable = on_postgres
    versions, told = versions_of(workspace, fallback=("previous",))
    held = versions.get("tiny")
    reachable(False)
    versions.refresh()
    assert versions.get("tiny") is held
    assert not held.degraded
    assert "cannot be reached" in versions.problems["tiny"]
    assert f"{first} is the version last known" in versions.problems["tiny"]
    with pytest.raises(StoreUnavailable):
        versions.reload("tiny", second, who="test", why="")
    started, _ = versions_of(Workspace(workspace.root))
    assert (started.get("tiny").version, started.get("tiny").degraded) == (first, False)
    reachable(True)
    versions.refresh()
    assert versions.problems == {}
    versions.reload("tiny", second, who="test", why="")
    started.refresh()
    assert started.get("tiny").version == second
    assert [name for name, _ in told] == ["version serves", "playbook in trouble", "version serves"]
