"""What is in service is what the database says; where that is away, what was last known, and it is said."""

import os
import shutil
from contextlib import closing
from datetime import UTC, datetime

import pytest
from tests.conftest import copy_workspace
from tests.registry.versions_for_tests import FIRST, SECOND, THIRD, make_version

from leadloop.errors import StoreConflict, StoreError, StoreUnavailable, VersionError
from leadloop.flows.place.workspace import Workspace
from leadloop.registry import InService, Registry
from leadloop.registry.in_service import NAME, read_last_known
from leadloop.registry.saved import SavedVersions
from leadloop.store import open_store

SAID = {"who": "ann", "why": "it is better"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A workspace with three versions that are saved, and taken to be sound; none is in service."""
    monkeypatch.setattr(SavedVersions, "load", lambda registry, version: None)
    place = Workspace(tmp_path)
    for number, version in enumerate((FIRST, SECOND, THIRD)):
        place.registry.save(make_version(version, f"tiny-v1.{number}.0"), {"model.json": b"{}"})
    return place


@pytest.fixture
def registry(place):
    return place.registry


def without_database(place):
    """The same workspace on a day on which its database is not there."""
    (place.root / "leadloop.db").rename(place.root / "elsewhere.db")
    return Workspace(place.root).registry


def test_looking_makes_no_database(place):
    registry = place.registry
    assert registry.in_service("tiny") == registry.in_service("elsewhere") == InService(None)
    assert registry.history("tiny") == registry.aliases("tiny") == ()
    assert registry.in_service_at("tiny", datetime.now(UTC)) is None
    assert not (place.root / "leadloop.db").exists()


def test_what_was_last_known_is_used_where_the_database_is_away_and_that_is_said(place):
    place.registry.promote("tiny", FIRST, **SAID)
    place.registry.promote("tiny", SECOND, **SAID)
    sure = place.registry.in_service("tiny")
    assert (sure.version, sure.before, sure.doubt) == (SECOND, (FIRST,), "")
    away = without_database(place)
    standing = away.in_service("tiny")
    assert (standing.version, standing.since, standing.before) == (SECOND, sure.since, (FIRST,))
    assert "is not where it was" in standing.doubt
    assert f"{SECOND} is the version last known to be in service (since {sure.since:%Y-%m-%d}" in standing.doubt
    assert away.find("tiny", "champion").id == SECOND
    for act in (
        lambda: away.history("tiny"),
        lambda: away.aliases("tiny"),
        lambda: away.promote("tiny", THIRD, **SAID),
        lambda: away.rollback("tiny", **SAID),
        lambda: away.prune("tiny", keep=1, unused_since=datetime.now(UTC), who="ann"),
    ):
        with pytest.raises(StoreUnavailable):
            act()
    assert [version.id for version in away.versions("tiny")] == [FIRST, SECOND, THIRD]
    assert not (place.root / "leadloop.db").exists()
    (away.folder("tiny") / NAME).unlink()  # who wants to begin anew says so
    assert away.promote("tiny", THIRD, **SAID).previous is None


def test_another_database_does_not_make_it_forgotten_what_was_in_service(place):
    place.registry.promote("tiny", FIRST, **SAID)
    (place.root / "leadloop.db").unlink()
    with closing(open_store(place.root / "leadloop.db", now=lambda: datetime.now(UTC))):
        away = Workspace(place.root).registry
    away.promote("other", away.save(make_version(FIRST, playbook="other"), {"model.json": b"{}"}).id, **SAID)
    standing = away.in_service("tiny")
    assert standing.version == FIRST
    assert "knows of no promotion" in standing.doubt
    away.promote("tiny", SECOND, **SAID)  # whoever says so settles it
    manifests = {SECOND: away.find("tiny", SECOND).checksum}
    assert away.in_service("tiny") == InService(SECOND, away.history("tiny")[0].at, manifests=manifests)


def test_a_change_by_another_machine_is_written_down_when_it_is_seen(place, tmp_path):
    place.registry.promote("tiny", FIRST, **SAID)
    shutil.copytree(place.root / "registry", tmp_path / "machine" / "registry")
    other = Registry(tmp_path / "machine" / "registry", lambda: place.store)
    place.registry.promote("tiny", SECOND, **SAID)
    assert read_last_known(other.folder("tiny")).version == FIRST
    assert other.champion("tiny") == SECOND
    assert read_last_known(other.folder("tiny")) == place.registry.in_service("tiny")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"version": 3}', b'{"version": "../x", "since": null, "before": []}']
)
def test_a_copy_that_cannot_be_read_counts_for_nothing_and_is_written_again(place, content):
    place.registry.promote("tiny", FIRST, **SAID)
    copy = place.registry.folder("tiny") / NAME
    copy.write_bytes(content)
    assert Registry(place.root / "registry").in_service("tiny").version is None
    assert place.registry.in_service("tiny").doubt == ""
    assert read_last_known(copy.parent).version == FIRST


def test_what_serves_is_told_where_the_folder_may_only_be_read(place, monkeypatch):
    place.registry.promote("tiny", FIRST, **SAID)
    (place.registry.folder("tiny") / NAME).unlink()

    def refuse(*_):
        raise PermissionError("read-only")

    monkeypatch.setattr(os, "replace", refuse)
    assert place.registry.champion("tiny") == FIRST


def test_a_damaged_database_is_doubted_too(place):
    place.registry.promote("tiny", FIRST, **SAID)
    (place.root / "leadloop.db").write_bytes(b"no database" * 1_000)
    standing = Workspace(place.root).registry.in_service("tiny")
    assert standing.version == FIRST
    assert "damaged" in standing.doubt


def test_who_asks_for_what_serves_where_nothing_does_is_told_so_and_where_it_is_not_known_is_told_why(place):
    with pytest.raises(VersionError, match=r"champion +no version is in service"):
        place.registry.find("tiny", "champion")
    place.registry.promote("tiny", FIRST, **SAID)
    (place.registry.folder("tiny") / NAME).unlink()
    (place.root / "leadloop.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(VersionError, match="damaged"):
        Workspace(place.root).registry.find("tiny", "champion")


@pytest.mark.parametrize("name", [SECOND, "tiny-v1.1.0", "latest"])
def test_a_version_is_found_by_what_it_is_called_on_disk_without_asking_the_database(place, name):
    place.registry.promote("tiny", FIRST, **SAID)
    (place.root / "leadloop.db").write_bytes(b"no database" * 1_000)
    away = Workspace(place.root).registry
    assert away.find("tiny", name).id == (THIRD if name == "latest" else SECOND)
    with pytest.raises(StoreError, match="damaged"):
        away.find("tiny", "shadow")


def test_a_database_that_is_away_is_asked_once_a_look(place):
    place.registry.promote("tiny", FIRST, **SAID)
    asked = []

    def open_store():
        asked.append(1)
        raise StoreUnavailable("store", [])

    registry = Registry(place.root / "registry", open_store)
    assert [registry.champion("tiny") for _ in range(3)] == [FIRST] * 3
    assert asked == [1]


def test_who_expected_that_nothing_serves_is_told_that_somebody_was_faster(registry):
    registry.promote("tiny", FIRST, instead_of="", **SAID)
    with pytest.raises(StoreConflict, match="meanwhile"):
        registry.promote("tiny", SECOND, instead_of="", **SAID)
    assert registry.champion("tiny") == FIRST
    assert registry.promote("tiny", SECOND, instead_of=FIRST, **SAID).previous == FIRST


def test_a_rollback_to_something_else_than_was_loaded_changes_nothing(place, monkeypatch):
    registry = place.registry
    registry.promote("tiny", FIRST, **SAID)
    registry.promote("tiny", SECOND, **SAID)

    def promote_meanwhile(self, version):
        place.store.promotions.promote("tiny", "champion", THIRD, who="bob", why="from another machine")

    monkeypatch.setattr(SavedVersions, "load", promote_meanwhile)
    with pytest.raises(StoreConflict, match="meanwhile"):
        registry.rollback("tiny", **SAID)
    assert [step.model_version for step in registry.history("tiny")] == [FIRST, SECOND, THIRD]


def test_a_version_can_have_other_names_and_be_found_by_them(registry):
    registry.promote("tiny", FIRST, **SAID)
    registry.promote("tiny", "latest", alias="challenger", **SAID)
    registry.promote("tiny", SECOND, alias="challenger", **SAID)
    assert registry.find("tiny", "challenger").id == SECOND
    assert [(one.alias, one.model_version) for one in registry.aliases("tiny")] == [
        ("challenger", SECOND),
        ("champion", FIRST),
    ]
    assert registry.champion("tiny") == FIRST
    assert registry.rollback("tiny", alias="challenger", **SAID).model_version == THIRD
    assert registry.clear("tiny", "challenger", **SAID).previous == THIRD
    with pytest.raises(VersionError, match="stands for no version"):
        registry.clear("tiny", "challenger", **SAID)
    with pytest.raises(VersionError, match="there is no “challenger”"):
        registry.find("tiny", "challenger")
    assert [step.action for step in registry.history("tiny", None)] == [*["promote"] * 3, "rollback", "clear"]
    assert len(registry.history("tiny")) == 1


def test_the_name_of_what_scores_is_given_to_another_and_never_taken_away(registry):
    registry.promote("tiny", FIRST, **SAID)
    with pytest.raises(VersionError, match="promote another version in its place"):
        registry.clear("tiny", "champion", **SAID)


@pytest.mark.parametrize("alias", ["latest", "Challenger", "", "a b", "../x", "v1.0", "x" * 51])
def test_a_name_that_could_be_taken_for_something_else_is_refused(registry, alias):
    with pytest.raises(VersionError, match="cannot be the name of a version"):
        registry.promote("tiny", FIRST, alias=alias, **SAID)


def test_every_change_is_in_the_audit_log_with_whatever_reason_was_given(place):
    place.registry.promote("tiny", FIRST, who="ann", why="größer — “besser”, \udcff")
    assert place.registry.history("tiny")[0].why == "größer — “besser”, \\udcff"
    row = place.store.audit.page().items[0]
    assert (row.who, row.action, row.details["version"]) == ("ann", "promote", FIRST)
    with pytest.raises(StoreError, match="signs of at most"):
        place.registry.promote("tiny", SECOND, who="ann", why="x" * 2_001)
    assert place.registry.champion("tiny") == FIRST


def test_a_workspace_that_is_copied_without_its_database_still_scores(workspace, tmp_path):
    from leadloop.flows.scoring.score import load

    copy_workspace(workspace.root, tmp_path)
    (tmp_path / "leadloop.db").unlink()
    assert load("tiny", workspace=tmp_path).version == workspace.result.version.id


def test_nothing_is_cleaned_up_where_another_database_knows_nothing_of_what_serves(place):
    place.registry.promote("tiny", FIRST, **SAID)
    (place.root / "leadloop.db").unlink()
    with closing(open_store(place.root / "leadloop.db", now=lambda: datetime.now(UTC))):
        away = Workspace(place.root).registry
    for dry_run in (True, False):
        with pytest.raises(StoreUnavailable, match=f"knows of no promotion.*{FIRST} is the version last known"):
            away.prune("tiny", keep=1, unused_since=datetime.now(UTC), who="ann", dry_run=dry_run)
    assert [version.id for version in away.versions("tiny")] == [FIRST, SECOND, THIRD]


def replace_contents(place, version, content=b'{"forged": 1}'):
    """Put other contents in a saved version's folder, with a manifest that fits them."""
    folder = place.registry.folder("tiny", version)
    shutil.rmtree(folder)
    place.registry.save(make_version(version, "tiny-v1.0.0"), {"model.json": content})


def test_a_promotion_notes_the_checksum_of_the_manifest_on_the_record_and_in_the_log(place):
    registry = place.registry
    checksum = registry.find("tiny", FIRST).checksum
    assert f'"checksum": "{checksum}"' in (registry.folder("tiny", FIRST) / "manifest.json").read_text()
    assert registry.promote("tiny", FIRST, **SAID, evidence={"seen": 3}).evidence == {"seen": 3, "manifest": checksum}
    registry.promote("tiny", SECOND, **SAID)
    assert registry.rollback("tiny", **SAID).manifest == checksum
    assert [one.manifest for one in registry.history("tiny")][::2] == [checksum] * 2
    rows = place.store.audit.page().items
    assert [row.details["manifest"] for row in rows if row.action in ("promote", "rollback")][::2] == [checksum] * 2
    assert read_last_known(registry.folder("tiny")).manifests[FIRST] == checksum


@pytest.mark.parametrize("away", [False, True])
def test_a_version_that_is_not_what_was_promoted_is_not_loaded(place, away):
    place.registry.promote("tiny", FIRST, **SAID)
    place.registry.promote("tiny", SECOND, **SAID)
    for version in (FIRST, SECOND):
        replace_contents(place, version)
    registry = without_database(place) if away else place.registry
    for version in (FIRST, SECOND):
        with pytest.raises(VersionError, match=r"is not what was promoted.*restore the version's folder"):
            registry.load(registry.find("tiny", version))
    registry.load(registry.find("tiny", THIRD))  # which was never promoted


def test_a_version_that_is_not_what_was_promoted_gets_no_name_and_is_not_gone_back_to(place):
    place.registry.promote("tiny", FIRST, **SAID)
    place.registry.promote("tiny", SECOND, **SAID)
    replace_contents(place, FIRST)
    for change in (
        lambda: place.registry.rollback("tiny", **SAID),
        lambda: place.registry.promote("tiny", FIRST, **SAID),
        lambda: place.registry.promote("tiny", FIRST, **SAID, alias="shadow"),
    ):
        with pytest.raises(VersionError, match="is not what was promoted"):
            change()
    assert place.registry.champion("tiny") == SECOND


def test_what_the_database_says_was_promoted_counts_and_not_the_file_beside_the_versions(place):
    place.registry.promote("tiny", FIRST, **SAID)
    replace_contents(place, FIRST)
    registry = place.registry
    path = registry.folder("tiny") / NAME
    honest = registry.in_service("tiny").manifests[FIRST]
    path.write_text(path.read_text().replace(honest, registry.find("tiny", FIRST).checksum))
    with pytest.raises(VersionError, match="is not what was promoted"):
        registry.load(registry.find("tiny", FIRST))


def test_a_promotion_from_before_checksums_were_noted_is_loaded_as_ever(place):
    place.store.promotions.promote("tiny", "champion", FIRST, **SAID)
    replace_contents(place, FIRST)
    place.registry.load(place.registry.find("tiny", "champion"))
    assert place.registry.history("tiny")[0].manifest == ""
    assert place.registry.in_service("tiny").manifests == {}
