"""Playbooks that packages bring: found by name, without being imported, after folders of the same name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK, make_cells

from leadloop.errors import PlaybookError, VersionError
from leadloop.flows.place import packaged
from leadloop.flows.place.packaged import copy_playbook, find_playbook, list_packaged
from leadloop.flows.place.playbook_folder import playbook_name, read_playbook
from leadloop.flows.scoring.score import load, load_scorer
from leadloop.flows.training.discover import discover
from leadloop.playbook import render_playbook
from leadloop.scoring import RuleScorer

RULES = (
    "import polars as pl\nfrom leadloop.features.rules import rule\n\n\n"
    '@rule(points=10, reads=["phone"])\ndef left_a_phone():\n    return pl.col("phone").is_not_null()\n'
)


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """A package of somebody else's, installed: its playbook `solar` is in `acme_playbooks.deep.solar`."""
    place = tmp_path / "site"
    folder = place / "acme_playbooks" / "deep" / "solar"
    text = f'rules = ["rules:left_a_phone"]\n{render_playbook(PLAYBOOK)}'.replace('name = "tiny"', 'name = "solar"')
    write_playbook(folder, text)
    (folder / "rules.py").write_text(RULES)
    for package in (folder, folder.parent, folder.parents[1]):
        (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    info = place / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[leadloop.playbooks]\nsolar = acme_playbooks.deep.solar\nlost = acme_playbooks.nowhere\ngone = no_such_package\n"
    )
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_playbook_of_any_installed_package_is_found_by_its_name_and_not_imported(acme):
    assert find_playbook("solar") == acme
    assert read_playbook("solar").playbook.name == "solar"
    assert not [name for name in sys.modules if name.startswith("acme_playbooks")]


def test_all_that_packages_bring_are_listed_and_what_is_missing_has_no_folder(acme):
    listed = {one.name: one.folder for one in list_packaged()}
    assert listed["solar"] == acme
    assert listed["lost"] is listed["gone"] is None
    assert listed["insurance"].name == "insurance"


def test_a_folder_comes_before_a_package_unless_it_holds_no_playbook(acme, tmp_path):
    (tmp_path / "solar").mkdir()
    assert find_playbook("solar") == acme
    write_playbook(tmp_path / "solar", render_playbook(PLAYBOOK))
    assert find_playbook("solar") == Path("solar")
    assert read_playbook("solar").playbook.name == "tiny"


def test_a_name_that_is_nowhere_says_which_names_there_are(acme):
    with pytest.raises(PlaybookError) as refused:
        read_playbook("solr")
    (problem,) = refused.value.problems
    assert problem.mend.endswith("packaged playbooks are insurance, solar") or "solar" in problem.mend
    assert "lost" not in problem.mend
    with pytest.raises(PlaybookError) as refused:
        read_playbook("some/folder")
    assert "packaged" not in refused.value.problems[0].mend


def test_a_copy_is_a_folder_of_ones_own_with_all_but_what_makes_it_a_package(acme, tmp_path):
    copy = copy_playbook("solar", tmp_path / "mine")
    assert sorted(path.name for path in copy.iterdir()) == ["playbook.toml", "rules.py"]
    assert read_playbook(copy).playbook == read_playbook("solar").playbook


def test_a_copy_replaces_nothing_and_needs_a_playbook(acme, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(PlaybookError, match="is there already"):
        copy_playbook("solar", tmp_path / "mine")
    with pytest.raises(PlaybookError, match="is no packaged playbook"):
        copy_playbook("lunar", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_name_is_the_playbooks_own_and_its_rules_score_until_a_version_is_in_service(acme, tmp_path):
    assert playbook_name("solar") == "solar"
    scorer = load_scorer("solar", workspace=tmp_path)
    assert isinstance(scorer, RuleScorer)
    with pytest.raises(VersionError):
        load("solar", workspace=tmp_path)


def test_nothing_is_written_into_a_package(acme, tmp_path):
    make_cells(300)[0].write_csv(tmp_path / "past.csv")
    before = (acme / "playbook.toml").read_text()
    with pytest.raises(PlaybookError, match="belongs to a package"):
        discover("solar", tmp_path / "past.csv", write=True)
    assert (acme / "playbook.toml").read_text() == before


def test_where_nobody_has_installed_leadloop_its_own_are_found_by_what_installing_would_declare(monkeypatch):
    def version(name):
        raise packaged.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(packaged.metadata, "version", version)
    monkeypatch.setattr(packaged.metadata, "entry_points", lambda group: ())
    assert "insurance" in {one.name for one in list_packaged()}
    monkeypatch.setattr(packaged, "_CHECKOUT", Path("nowhere"))
    assert list_packaged() == ()
