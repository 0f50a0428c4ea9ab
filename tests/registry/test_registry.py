import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.registry.versions_for_tests import FILES, FIRST, SECOND, THIRD, make_version

from leadloop.errors import AliasRefused, Problem, StoreUnavailable, VersionError, VersionMissing
from leadloop.flows.place.workspace import Workspace
from leadloop.registry import Registry
from leadloop.registry.artefacts import make_probe, pack, unpack
from leadloop.registry.files import locked

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
SAID = {"who": "ann", "why": "it is better"}
_LEARNED_SINCE = {"novelty.json", "candidates.json"}
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and forks")


def script(name):
    return [sys.executable, str(ROOT / "tests" / "registry" / name)]


@pytest.fixture
def registry(workspace, tmp_path):
    """A registry with three real versions that differ in their names only; none is in service."""
    registry = Workspace(tmp_path).registry
    real = workspace.result.version
    files = real.read_files(workspace.result.folder)
    for minor, identity in enumerate((FIRST, SECOND, THIRD)):
        registry.save(replace(real, id=identity, release=f"tiny-v1.{minor}.0"), files)
    return registry


def damage(registry, version):
    path = registry.folder("tiny", version) / "model.json"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))


def serving(registry):
    standing = registry.in_service("tiny")
    return [*reversed(standing.before), standing.version]


def test_a_saved_version_is_found_by_its_id_its_release_and_as_the_latest(registry):
    assert [version.id for version in registry.versions("tiny")] == [FIRST, SECOND, THIRD]
    assert registry.find("tiny", SECOND).id == SECOND
    assert registry.find("tiny", "tiny-v1.1.0").id == SECOND
    assert registry.find("tiny", "latest").id == THIRD
    registry.promote("tiny", FIRST, **SAID)
    assert registry.find("tiny", "champion").id == FIRST
    assert registry.playbooks() == ["tiny"]


def test_what_is_saved_scores_as_what_was_trained(registry, workspace):
    before = Registry(workspace.root / "registry").load(workspace.result.version)
    after = registry.load(registry.find("tiny", "latest"))
    assert after.version == THIRD
    matrix = before.features.matrix(before.schema.read(_cells()).leads.data)
    assert (after.blend.margins(matrix) == before.blend.margins(matrix)).all()


def _cells():
    from tests.leads_for_tests import make_cells

    return make_cells(20)[0]


def test_what_makes_a_lead_novel_is_saved_and_an_older_version_without_it_still_scores(registry, workspace):
    cells = _cells().with_columns(source=pl.lit("Carrier pigeon"))
    version = registry.find("tiny", "latest")
    trained = registry.load(version)
    leads = trained.schema.read(cells).leads
    assert all(card.novel and "(never seen)" in card.unusual for card in trained.score(leads))
    files = version.read_files(registry.folder("tiny", version.id))
    older = unpack({name: content for name, content in files.items() if name not in _LEARNED_SINCE}, version.id)
    assert files.keys() >= _LEARNED_SINCE
    assert (older.novelty, older.candidates) == (None, None)
    for before, after in zip(older.score(leads), trained.score(leads), strict=True):
        assert (before.novel, before.unusual) == (None, "")
        assert before == replace(after, novel=None, unusual="")


def test_the_doubt_of_intervals_is_saved_and_a_version_from_before_it_was_measured_keeps_its_narrow_ones(registry):
    version = registry.find("tiny", "latest")
    trained = registry.load(version)
    assert trained.blend.doubt > 0
    probe = make_probe(trained.features.matrix(trained.schema.read(_cells()).leads.data))
    files = pack(replace(trained, blend=replace(trained.blend, doubt=0.0)), probe)
    model = json.loads(files["model.json"])
    for blend in model["blends"]:
        del blend["doubt"]
    older = unpack({**files, "model.json": json.dumps(model).encode()}, version.id)
    assert older.blend.doubt == 0
    leads = trained.schema.read(_cells()).leads
    for before, after in zip(older.score(leads), trained.score(leads), strict=True):
        assert before.probability == after.probability
        assert after.probability_low <= before.probability_low <= before.probability
        assert after.confidence <= before.confidence


@pytest.mark.parametrize("name", ["novelty.json", "candidates.json"])
def test_a_part_that_is_damaged_is_refused(registry, name):
    version = registry.find("tiny", "latest")
    files = version.read_files(registry.folder("tiny", version.id))
    with pytest.raises(VersionError, match="cannot be read"):
        unpack({**files, name: b'{"fields": [{"name": "x"}]}'}, version.id)


def test_a_version_is_saved_once(registry):
    before = {path: path.read_bytes() for path in registry.root.rglob("*") if path.is_file()}
    with pytest.raises(VersionError, match=f"{FIRST} exists already"):
        registry.save(make_version(FIRST), FILES)
    assert {path: path.read_bytes() for path in registry.root.rglob("*") if path.is_file()} == before


def test_names_that_lead_elsewhere_are_refused(registry):
    for playbook in ("../tiny", "/tmp", "", "tiny/..", "Tiny", "tiny\n"):
        with pytest.raises(VersionError, match="is no name of a playbook"):
            registry.folder(playbook)
    for version in ("../tiny", ".", "v1", f"{FIRST}/..", f"{FIRST}\n"):
        with pytest.raises(VersionError, match="is no name of a version"):
            registry.folder("tiny", version)
    with pytest.raises(VersionError, match="is no name of a playbook"):
        registry.save(make_version(FIRST, playbook="../elsewhere"), FILES)


@pytest.mark.parametrize("name", ["nothing", "v20240101_120000_ffffffff", "tiny-v9.0.0", "", "../x"])
def test_a_version_that_is_not_there_is_neither_found_nor_promoted(registry, name):
    with pytest.raises(VersionMissing, match=f"there is no “{name}”; the versions here are: {FIRST}"):
        registry.promote("tiny", name, **SAID)
    assert registry.history("tiny") == ()


def test_a_name_is_missing_refused_or_kept_each_in_its_own_way(registry):
    with pytest.raises(VersionMissing, match="no version is in service"):
        registry.find("tiny", "champion")
    registry.promote("tiny", FIRST, **SAID)
    registry.promote("tiny", SECOND, alias="challenger", **SAID)
    with pytest.raises(VersionMissing, match="stands for no version; names of versions here are: challenger, champion"):
        registry.clear("tiny", "shadow", **SAID)
    for name in ("Not a name", "latest", ""):
        with pytest.raises(AliasRefused):
            registry.promote("tiny", THIRD, alias=name, **SAID)
        with pytest.raises(AliasRefused):
            registry.clear("tiny", name, **SAID)
    with pytest.raises(VersionError, match="is what scores") as refused:
        registry.clear("tiny", "champion", **SAID)
    assert type(refused.value) is VersionError


def test_a_damaged_version_is_not_put_in_service(registry):
    registry.promote("tiny", FIRST, **SAID)
    damage(registry, SECOND)
    with pytest.raises(VersionError, match=r"model\.json"):
        registry.promote("tiny", SECOND, **SAID)
    assert serving(registry) == [FIRST]


def test_one_does_not_go_back_to_a_version_that_is_damaged_or_gone(registry):
    registry.promote("tiny", FIRST, **SAID)
    registry.promote("tiny", SECOND, **SAID)
    damage(registry, FIRST)
    with pytest.raises(VersionError, match=r"model\.json"):
        registry.rollback("tiny", **SAID)
    shutil.rmtree(registry.folder("tiny", FIRST))
    with pytest.raises(VersionError, match=f"there is no “{FIRST}”"):
        registry.rollback("tiny", **SAID)
    assert serving(registry) == [FIRST, SECOND]


def test_a_damaged_version_keeps_nobody_from_using_another(registry):
    registry.promote("tiny", FIRST, **SAID)
    registry.promote("tiny", THIRD, **SAID)
    (registry.folder("tiny", SECOND) / "manifest.json").write_text("broken")
    assert registry.load(registry.find("tiny", "champion")).version == THIRD
    assert registry.find("tiny", "latest").id == THIRD
    registry.rollback("tiny", **SAID)
    assert registry.champion("tiny") == FIRST
    with pytest.raises(VersionError, match=r"manifest\.json"):
        registry.find("tiny", SECOND)


def test_every_damaged_version_is_named_at_once(registry):
    for version in (FIRST, THIRD):
        (registry.folder("tiny", version) / "manifest.json").write_text("broken")
    with pytest.raises(VersionError) as refused:
        registry.versions("tiny")
    assert [problem.where for problem in refused.value.problems] == [
        f"{FIRST}/manifest.json",
        f"{THIRD}/manifest.json",
    ]


def test_a_release_that_two_versions_took_names_neither(registry):
    registry.save(make_version("v20240401_120000_00000004", "tiny-v1.2.0"), FILES)
    with pytest.raises(VersionError, match=f"is the release of {THIRD}, v20240401_120000_00000004"):
        registry.find("tiny", "tiny-v1.2.0")


def test_a_version_in_the_folder_of_another_playbook_is_refused(registry):
    shutil.copytree(registry.folder("tiny"), registry.folder("other"))
    with pytest.raises(VersionError, match="is the manifest of a version of tiny"):
        registry.find("other", FIRST)


def test_going_back_goes_back_step_by_step_and_is_refused_at_the_first(registry):
    with pytest.raises(VersionError, match="no version was in service before this one"):
        registry.rollback("tiny", **SAID)
    for version in (FIRST, SECOND, THIRD):
        registry.promote("tiny", version, **SAID)
    assert registry.rollback("tiny", **SAID).model_version == SECOND
    assert registry.rollback("tiny", **SAID).model_version == FIRST
    with pytest.raises(VersionError, match="no version was in service before this one"):
        registry.rollback("tiny", **SAID)
    assert registry.promote("tiny", THIRD, **SAID).previous == FIRST
    history = registry.history("tiny")
    assert [(step.action, step.model_version, step.previous) for step in history] == [
        ("promote", FIRST, None),
        ("promote", SECOND, FIRST),
        ("promote", THIRD, SECOND),
        ("rollback", SECOND, THIRD),
        ("rollback", FIRST, SECOND),
        ("promote", THIRD, FIRST),
    ]


def test_what_was_measured_of_a_version_is_stored_with_its_promotion_and_says_which_one_serves(registry, workspace):
    store = registry._open_store()
    registry.promote("tiny", FIRST, **SAID)
    registry.promote("tiny", SECOND, **SAID)
    registry.promote("tiny", THIRD, alias="challenger", **SAID)
    rows = {one.model_version: one for one in store.metrics.page("tiny").items}
    assert {name: one.is_active for name, one in rows.items()} == {FIRST: False, SECOND: True}
    registry.rollback("tiny", **SAID)
    rows = {one.model_version: one for one in store.metrics.page("tiny").items}
    assert {name: one.is_active for name, one in rows.items()} == {FIRST: True, SECOND: False}
    manifest, row = workspace.result.version, rows[FIRST]
    assert row.auc_roc == manifest.metrics["AUC"]["value"]
    assert row.accuracy == manifest.metrics["accuracy"]["value"]
    assert None not in (row.precision, row.recall, row.f1_score)
    assert row.conversion_rate == manifest.data["positives"] / manifest.data["used"]
    told = (row.training_samples, row.validation_samples, row.feature_count)
    assert told == (manifest.data["train"], manifest.data["test"], len(manifest.columns))


def test_a_promotion_that_fails_leaves_no_word_of_what_was_measured(registry, monkeypatch):
    store = registry._open_store()
    registry.promote("tiny", FIRST, **SAID)

    def fail(*_):
        raise StoreUnavailable("store", Problem("database", "is away"))

    monkeypatch.setattr(store.metrics, "activate", fail)
    with pytest.raises(StoreUnavailable):
        registry.promote("tiny", SECOND, **SAID)
    assert serving(registry) == [FIRST]
    assert [(one.model_version, one.is_active) for one in store.metrics.page("tiny").items] == [(FIRST, True)]


def test_what_serves_is_not_promoted_again(registry):
    registry.promote("tiny", FIRST, **SAID)
    with pytest.raises(VersionError, match="in service already"):
        registry.promote("tiny", "champion", **SAID)
    assert len(registry.history("tiny")) == 1


def test_a_registry_that_is_not_there_has_no_playbooks_and_is_not_made_by_looking(tmp_path):
    registry = Registry(tmp_path / "registry")
    assert registry.playbooks() == []
    assert registry.versions("tiny") == []
    for act in (lambda: registry.promote("tiny", "latest", **SAID), lambda: registry.rollback("tiny", **SAID)):
        with pytest.raises(VersionError):
            act()
    assert list(tmp_path.iterdir()) == []


def test_a_save_that_fails_half_way_leaves_nothing(tmp_path):
    registry = Registry(tmp_path)
    registry.save(make_version(FIRST), FILES)
    with pytest.raises(TypeError):
        registry.save(make_version(SECOND), {**FILES, "wrong": "text where bytes belong"})
    assert [path.name for path in registry.folder("tiny").iterdir() if path.is_dir()] == [FIRST]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_said_with_the_place_and_leaves_nothing(tmp_path, monkeypatch):
    registry = Registry(tmp_path)
    opened = Path.open

    def on_full_disk(path, *rest, **settings):
        return opened(Path("/dev/full") if path.name == "weights.npz" else path, *rest, **settings)

    monkeypatch.setattr(Path, "open", on_full_disk)
    with pytest.raises(VersionError, match="cannot be written: No space left on device; make room"):
        registry.save(make_version(FIRST), FILES)
    assert not [path for path in registry.folder("tiny").iterdir() if path.is_dir()]


def test_a_workspace_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "registry").write_text("a file where a folder belongs")
    with pytest.raises(VersionError, match="cannot be written"):
        Registry(tmp_path / "registry").save(make_version(FIRST), FILES)


@posix
def test_a_process_killed_while_it_saves_leaves_the_old_or_the_new_and_the_next_one_tidies_up(tmp_path):
    done = subprocess.run(
        [*script("dying.py"), str(tmp_path)], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    last = int(done.stdout)
    assert last > 12  # it was killed at a dozen places at least
    seen = []
    for step in range(1, last + 1):
        registry = Registry(tmp_path / str(step))
        versions = registry.versions("tiny")
        for version in versions:
            assert version.read_files(registry.folder("tiny", version.id)) == FILES
        seen.append([version.id for version in versions])
        if len(versions) == 1:
            registry.save(make_version(SECOND), FILES)
        registry.save(make_version(THIRD), FILES)
        assert {path.name for path in registry.folder("tiny").iterdir() if path.is_dir()} == {FIRST, SECOND, THIRD}
    assert seen == sorted(seen)  # the old up to a moment, the new from then on
    assert [FIRST] in seen
    assert [FIRST, SECOND] in seen[:-1]


def test_two_processes_that_promote_at_once_write_one_history(registry):
    command = [*script("promoting.py"), str(registry.root.parent)]
    racers = [
        subprocess.Popen(
            [*command, who, *versions], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for who, *versions in (("ann", FIRST, SECOND), ("bob", SECOND, THIRD))
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    promoted = {who: int(racer.communicate(timeout=60)[0]) for who, racer in zip(("ann", "bob"), racers, strict=True)}
    history = registry.history("tiny")
    assert {who: sum(step.who == who for step in history) for who in promoted} == promoted
    assert len(history) > 20
    # Each change says what it changed from, and that is what the one before it changed to.
    assert [step.previous for step in history] == [None, *(step.model_version for step in history[:-1])]
    assert all(step.model_version != step.previous for step in history)


@posix
def test_a_lock_ends_with_the_process_that_held_it(tmp_path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\nfrom pathlib import Path\nfrom leadloop.registry.files import locked\n"
            "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)",
            str(tmp_path / ".lock"),
        ],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout.readline() == b"held\n"
    taken = threading.Event()

    def take():
        with locked(tmp_path / ".lock"):
            taken.set()

    waiting = threading.Thread(target=take, daemon=True)
    waiting.start()
    assert not taken.wait(0.3)
    holder.kill()
    holder.communicate()
    assert taken.wait(30)
    waiting.join()
