import re
from dataclasses import replace

import polars as pl
import pytest
from tests.conftest import copy_workspace, write_playbook
from tests.leads_for_tests import PLAYBOOK

from leadloop.cli.training import tell_training
from leadloop.errors import LeadLoopError, VersionError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import load
from leadloop.flows.training.train import train
from leadloop.flows.upkeep.models import (
    doubt_version,
    history,
    list_versions,
    promote,
    prune,
    rollback,
    show_version,
    write_test_leads,
)
from leadloop.flows.upkeep.promotions import tell_evidence
from leadloop.learning.evaluation import area_under_curve
from leadloop.playbook import render_playbook


def test_a_promotion_can_be_undone_and_all_of_it_is_on_the_record(workspace, tmp_path):
    first = train(workspace.playbook, workspace.past, workspace=tmp_path).version
    other = render_playbook(replace(PLAYBOOK, training=replace(PLAYBOOK.training, seed=9)))
    second = train(write_playbook(tmp_path / "other", other), workspace.past, workspace=tmp_path).version
    serving = lambda: [line.version.id for line in list_versions("tiny", workspace=tmp_path) if line.serves]  # noqa: E731
    assert serving() == [first.id]
    promote("tiny", "latest", why="newer", workspace=tmp_path)
    assert serving() == [second.id]
    rollback("tiny", why="too many hot leads", workspace=tmp_path)
    assert serving() == [first.id]
    page = show_version("tiny", second.release, workspace=tmp_path)
    assert [(step.action, step.why) for step in page.promotions] == [
        ("promote", "newer"),
        ("rollback", "too many hot leads"),
    ]
    assert all(step.who and step.at for step in page.promotions)


def test_what_cannot_be_done_is_said(workspace):
    with pytest.raises(VersionError, match="there is no “v9”"):
        promote("tiny", "v9", workspace=workspace.root)
    with pytest.raises(VersionError, match="in service already"):
        promote("tiny", "latest", workspace=workspace.root)
    with pytest.raises(VersionError, match="no version was in service before this one"):
        rollback("tiny", workspace=workspace.root)


def test_a_workspace_without_versions_lists_none(tmp_path):
    assert list_versions(workspace=tmp_path) == []


def copied(workspace, tmp_path):
    """A workspace with the trained version and a second one that is the same under another name."""
    copy_workspace(workspace.root, tmp_path)
    version = workspace.result.version
    other = replace(version, id="v20990101_000000_00000002", release="tiny-v1.1.0")
    registry = Workspace(tmp_path).registry
    return version, registry.save(other, version.read_files(workspace.result.folder))


def test_a_page_tells_of_one_version_where_it_is_and_when_it_served(workspace, tmp_path):
    first, second = copied(workspace, tmp_path)
    page = show_version("tiny", second.id, workspace=tmp_path)
    assert (page.serves, page.promotions) == (False, ())
    promote("tiny", second.release, why="newer", workspace=tmp_path)
    page = show_version(str(workspace.playbook), "champion", workspace=Workspace(tmp_path))
    assert (page.version.id, page.serves) == (second.id, True)
    assert (page.folder / "report.html").is_file()
    assert [(step.model_version, step.previous, step.why) for step in page.promotions] == [
        (second.id, first.id, "newer")
    ]
    assert len(show_version("tiny", first.id, workspace=tmp_path).promotions) == 2


def test_a_promotion_keeps_the_quality_that_it_was_decided_on(workspace, tmp_path):
    _, second = copied(workspace, tmp_path)
    promote("tiny", "latest", workspace=tmp_path)
    evidence = Workspace(tmp_path).registry.history("tiny")[-1].evidence
    assert evidence["metrics"]["AUC"]["value"] == second.metrics["AUC"]["value"]


def test_a_version_that_was_taken_back_can_serve_again_and_nothing_is_forgotten(workspace, tmp_path):
    first, second = copied(workspace, tmp_path)
    promote("tiny", "latest", why="newer", workspace=tmp_path)
    rollback("tiny", why="too hot", workspace=tmp_path)
    with pytest.raises(VersionError, match="no version was in service before this one"):
        rollback("tiny", workspace=tmp_path)
    promote("tiny", "latest", why="not so hot after all", workspace=tmp_path)
    steps = show_version("tiny", second.id, workspace=tmp_path).promotions
    assert [step.why for step in steps] == ["newer", "too hot", "not so hot after all"]
    assert [line.serves for line in list_versions("tiny", workspace=tmp_path)] == [False, True]
    assert show_version("tiny", "champion", workspace=tmp_path).version.id != first.id


def test_a_damaged_version_is_named_and_the_one_in_service_goes_on(workspace, tmp_path):
    first, second = copied(workspace, tmp_path)
    (tmp_path / "registry" / "tiny" / second.id / "manifest.json").write_text("{}")
    with pytest.raises(VersionError, match=f"{second.id}/manifest.json"):
        list_versions(workspace=tmp_path)
    with pytest.raises(VersionError, match=r"manifest\.json"):
        promote("tiny", second.id, workspace=tmp_path)
    assert load("tiny", workspace=tmp_path).version == first.id


def test_old_versions_are_cleaned_up_and_what_serves_is_kept(workspace, tmp_path):
    first, second = copied(workspace, tmp_path)
    place = Workspace(tmp_path)
    third = replace(first, id="v20990102_000000_00000003", release="tiny-v1.2.0")
    place.registry.save(third, first.read_files(workspace.result.folder))
    assert prune("tiny", 1, dry_run=True, workspace=tmp_path).removed == (second.id,)
    (tmp_path / "leadloop.toml").write_text(f'model_version = "{second.release}"\n')
    done = prune("tiny", 1, workspace=tmp_path)
    assert done.kept == {first.id: "champion", second.id: "the setting model_version", third.id: "the newest"}
    (tmp_path / "leadloop.toml").unlink()
    assert prune("tiny", 1, workspace=tmp_path).removed == (second.id,)
    assert [line.version.id for line in list_versions("tiny", workspace=tmp_path)] == [first.id, third.id]
    with pytest.raises(LeadLoopError, match="retention days"):
        prune("tiny", 1, retention_days=-1, workspace=tmp_path)


def test_a_version_stays_for_as_long_as_the_setting_says_after_it_served(workspace, tmp_path):
    first, second = copied(workspace, tmp_path)
    for number in (3, 4):
        other = replace(first, id=f"v2099010{number}_000000_0000000{number}", release=f"tiny-v1.{number}.0")
        Workspace(tmp_path).registry.save(other, first.read_files(workspace.result.folder))
        promote("tiny", other.id, workspace=tmp_path)
    assert prune("tiny", 1, dry_run=True, workspace=tmp_path).removed == (second.id,)
    assert prune("tiny", 1, retention_days=0, dry_run=True, workspace=tmp_path).removed == (first.id, second.id)


def test_a_page_of_a_version_is_shown_without_its_history_where_the_database_is_away(workspace, tmp_path):
    first, _ = copied(workspace, tmp_path)
    (tmp_path / "leadloop.db").unlink()
    page = show_version("tiny", "champion", workspace=tmp_path)
    assert (page.version.id, page.serves, page.promotions) == (first.id, True, ())
    assert "last known" in page.doubt
    assert all("last known" in line.doubt for line in list_versions(workspace=tmp_path))


@pytest.fixture(scope="module")
def chancy(workspace, tmp_path_factory):
    """A version that was learned from outcomes drawn by lot."""
    root = tmp_path_factory.mktemp("chancy")
    leads = pl.read_csv(workspace.past, infer_schema=False)
    lots = leads["won"].shuffle(seed=5)
    leads.with_columns(lots.alias("won")).write_csv(root / "past.csv")
    return root, train(workspace.playbook, root / "past.csv", workspace=root)


def test_a_version_that_is_no_better_than_chance_serves_only_where_somebody_insists(chancy, capsys):
    root, result = chancy
    assert result.version.metrics["AUC"]["low"] <= 0.5
    assert result.promotion is None
    with pytest.raises(VersionError, match="no better than chance") as refused:
        promote("tiny", "latest", why="try", workspace=root)
    assert "--anyway" in str(refused.value)
    promote("tiny", "latest", alias="challenger", workspace=root)
    tell_training(result, "tiny")
    said = capsys.readouterr().out
    assert "Not in service: no better than chance" in said
    assert "models promote" not in said
    assert promote("tiny", "latest", why="try", anyway=True, workspace=root).model_version == result.version.id


def test_a_version_that_could_not_be_measured_is_doubted_too(workspace):
    version = workspace.result.version
    assert doubt_version(version) == ""
    blind = replace(version, metrics={"AUC": {"value": None, "low": None, "high": None}})
    assert "could not be measured" in doubt_version(blind)


def test_the_test_leads_of_a_version_are_kept_so_that_its_figures_can_be_worked_out_again(workspace, tmp_path):
    rows = write_test_leads("tiny", "latest", tmp_path / "test.csv", workspace=workspace.root)
    leads, version = pl.read_csv(tmp_path / "test.csv"), workspace.result.version
    assert (rows, leads["target"].unique().to_list()) == (version.data["test"], ["won"])
    auc = area_under_curve(leads["outcome"].to_numpy(), leads["probability"].to_numpy())
    assert auc == pytest.approx(version.metrics["AUC"]["value"])
    past = pl.read_csv(workspace.past, infer_schema=False)
    outcomes = [past["won"][line - 2] for line in leads["line"].to_list()]  # the header is line 1
    assert [float(outcome == "yes") for outcome in outcomes] == leads["outcome"].to_list()
    assert "id" not in leads.columns


def test_a_version_from_before_test_leads_were_kept_says_so(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    version = show_version("tiny", "latest", workspace=tmp_path).version
    folder = tmp_path / "registry" / "tiny" / version.id
    (folder / "test_leads.npz").unlink()
    bare = replace(version, files={name: told for name, told in version.files.items() if name != "test_leads.npz"})
    (folder / "manifest.json").write_bytes(bare.as_bytes())
    with pytest.raises(VersionError, match="before test leads were kept"):
        write_test_leads("tiny", "latest", tmp_path / "test.csv", workspace=tmp_path)


def test_versions_that_were_tested_on_other_leads_are_marked(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    fewer = pl.read_csv(workspace.past, infer_schema=False)[:-50]
    fewer.write_csv(tmp_path / "fewer.csv")
    train(workspace.playbook, tmp_path / "fewer.csv", workspace=tmp_path, promote=False)
    assert [(line.serves, line.apart) for line in list_versions("tiny", workspace=tmp_path)] == [
        (True, False),
        (False, True),
    ]


def test_the_version_in_service_is_not_given_what_the_playbook_now_knows_to_come_later(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    fields = tuple(
        replace(field, known_at="outcome") if field.name == "visits" else field for field in PLAYBOOK.schema.fields
    )
    later = render_playbook(replace(PLAYBOOK, schema=replace(PLAYBOOK.schema, fields=fields)))
    result = train(write_playbook(tmp_path / "later", later), workspace.past, workspace=tmp_path, promote=False)
    beside = result.report.comparison
    assert beside.blanked == ("visits",)
    auc = next(line for line in beside.lines if line.name == "AUC")
    assert auc.champion < workspace.result.version.metrics["AUC"]["value"] - 0.03
    assert "reads “visits”, which the playbook now says is not known" in (result.folder / "report.md").read_text()


def test_the_history_tells_the_same_two_measures_whoever_made_a_change(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    (by_training,) = history("tiny", workspace=tmp_path)
    train(workspace.playbook, workspace.past, workspace=tmp_path, promote=False)
    by_hand = promote("tiny", "latest", why="same", workspace=tmp_path)
    assert tell_evidence(by_hand) == tell_evidence(by_training)
    assert re.fullmatch(r"AUC 0\.\d{3}, log-loss 0\.\d{3}", tell_evidence(by_hand))
