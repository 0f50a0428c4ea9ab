"""A clean-up deletes what is old and what nothing refers to, and nothing else."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from tests.registry.versions_for_tests import make_version

from leadloop.errors import VersionError
from leadloop.registry import Registry
from leadloop.registry.saved import SavedVersions
from leadloop.store import open_store

VERSIONS = [f"v2024{month:02}01_120000_{month:08x}" for month in range(1, 9)]
START = datetime(2024, 9, 1, 12, tzinfo=UTC)
SAID = {"who": "ann", "why": "it is better"}


@pytest.fixture
def clock():
    return [START]


@pytest.fixture
def store(tmp_path, clock):
    store = open_store(tmp_path / "leadloop.db", now=lambda: clock[0])
    yield store
    store.close()


@pytest.fixture
def registry(tmp_path, store, monkeypatch):
    monkeypatch.setattr(SavedVersions, "load", lambda registry, version: None)
    registry = Registry(tmp_path / "registry", lambda: store)
    for number, version in enumerate(VERSIONS):
        registry.save(make_version(version, f"tiny-v1.{number}.0"), {"model.json": b"{}"})
    return registry


def prune(registry, keep, *, since=START + timedelta(days=3_000), **more):
    return registry.prune("tiny", keep=keep, unused_since=since, who="ann", **more)


def left(registry):
    return [VERSIONS.index(version.id) for version in registry.versions("tiny")]


def test_the_newest_stay_and_the_rest_goes_on_the_record(registry, store):
    done = prune(registry, 3)
    assert left(registry) == [5, 6, 7]
    assert done.removed == tuple(VERSIONS[:5])
    assert set(done.kept.values()) == {"one of the 3 newest"}
    (row,) = store.audit.page().items
    assert (row.who, row.action, row.details["versions"]) == ("ann", "prune", VERSIONS[:5])
    assert prune(registry, 3).removed == ()
    assert len(store.audit.page().items) == 1


def test_what_has_a_name_and_what_a_rollback_goes_back_to_stays_however_old(registry):
    for number in (0, 1, 2):
        registry.promote("tiny", VERSIONS[number], **SAID)
    registry.promote("tiny", VERSIONS[3], alias="shadow", **SAID)
    done = prune(registry, 1, needed={VERSIONS[4]: "the setting model_version"})
    assert left(registry) == [1, 2, 3, 4, 7]
    assert dict(done.kept) == {
        VERSIONS[1]: "what champion would be rolled back to",
        VERSIONS[2]: "champion",
        VERSIONS[3]: "shadow",
        VERSIONS[4]: "the setting model_version",
        VERSIONS[7]: "the newest",
    }
    assert registry.rollback("tiny", **SAID).model_version == VERSIONS[1]


def test_what_was_in_service_within_the_retention_stays(registry, clock):
    for number in range(4):  # each serves for ten days
        registry.promote("tiny", VERSIONS[number], **SAID)
        clock[0] += timedelta(days=10)
    assert prune(registry, 1, since=START + timedelta(days=20), dry_run=True).removed == (VERSIONS[0], *VERSIONS[4:7])
    done = prune(registry, 1, since=START + timedelta(days=20, seconds=1))
    assert done.removed == (*VERSIONS[:2], *VERSIONS[4:7])
    assert done.kept[VERSIONS[2]] == "what champion would be rolled back to"


def test_a_dry_run_deletes_and_records_nothing(registry, store):
    assert prune(registry, 3, dry_run=True).removed == tuple(VERSIONS[:5])
    assert left(registry) == list(range(8))
    assert store.audit.page().items == ()


def test_to_keep_none_is_refused(registry):
    with pytest.raises(VersionError, match="keep 1 or more"):
        prune(registry, 0)


def test_a_damaged_version_can_go_too(registry):
    (registry.folder("tiny", VERSIONS[0]) / "manifest.json").write_text("broken")
    prune(registry, 7)
    assert left(registry) == list(range(1, 8))


def test_a_clean_up_that_breaks_off_leaves_each_version_whole_or_gone_and_the_next_one_ends_it(registry, monkeypatch):
    real, done = os.rename, []

    def rename(*paths):
        if len(done) == 2:
            raise OSError(5, "the plug was pulled", str(paths[0]))
        done.append(real(*paths))

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(VersionError, match="the plug was pulled"):
        prune(registry, 3)
    monkeypatch.undo()
    assert left(registry) == [2, 3, 4, 5, 6, 7]
    assert len(list(registry.folder("tiny").glob(".removed-*"))) == 2
    assert prune(registry, 3).removed == tuple(VERSIONS[2:5])
    assert not list(registry.folder("tiny").glob(".removed-*"))


def test_a_playbook_without_versions_has_nothing_to_clean_up(registry):
    assert registry.prune("other", keep=1, unused_since=START, who="ann").removed == ()
