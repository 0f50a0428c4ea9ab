"""The card of a version, and what changed since the one before it."""

import shutil
from dataclasses import replace

import pytest
from tests.conftest import copy_workspace

from leadloop.errors import VersionError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.model_card import changes_of, tell_changes, write_card


@pytest.fixture
def place(workspace, tmp_path):
    root = tmp_path / "workspace"
    root.mkdir()
    copy_workspace(workspace.root, root)
    shutil.copytree(workspace.playbook, root / "tiny")
    return Workspace(root)


def test_a_card_says_what_a_version_is_how_good_and_what_to_beware_of(place):
    card = write_card("tiny", workspace=place)
    version = place.registry.find("tiny", "champion")
    assert f"`{version.id}`" in card
    assert "**Trained on synthetic data." in card
    assert f"| AUC | {version.metrics['AUC']['value']:.3f} |" in card
    for heading in ("What it is for", "What it learned from", "What moves its scores", "Beware", "What changed"):
        assert f"## {heading}" in card
    assert "nothing was measured yet" in card
    assert tell_changes("tiny", workspace=place) == ["- It is the first version."]


def test_changes_are_told_of_data_fields_measures_and_software(place):
    old = place.registry.find("tiny", "champion")
    new = replace(
        old,
        parent=old.id,
        fields=(*old.fields[1:], "budget"),
        data={**old.data, "fingerprint": "other", "used": 2_000},
        metrics={**old.metrics, "AUC": {**old.metrics["AUC"], "value": 0.9}},
        libraries={**old.libraries, "numpy": "9.0"},
    )
    said = "\n".join(changes_of(place, new))
    assert f"used {old.data['used']:,} → 2,000" in said
    assert "+ budget" in said
    assert f"− {old.fields[0]}" in said
    assert f"AUC {old.metrics['AUC']['value']:.3f} → 0.900" in said
    assert "→ 9.0" in said


def test_a_parent_that_is_gone_is_said_to_be(place):
    version = replace(place.registry.find("tiny", "champion"), parent="v20200101_000000_00000000")
    assert "not here any more" in changes_of(place, version)[0]


def test_a_version_that_is_not_there_is_refused(place):
    with pytest.raises(VersionError):
        write_card("tiny", "v20200101_000000_00000000", workspace=place)
