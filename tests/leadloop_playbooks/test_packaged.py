"""What every playbook that comes with LeadLoop keeps."""

from __future__ import annotations

import ast
from pathlib import Path

import polars as pl
import pytest

from leadloop.flows.feature_list import list_features
from leadloop.flows.place.packaged import list_packaged
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.simulate import simulate
from leadloop.simulate import WORLDS
from leadloop.testing import check_playbook

ROOT = Path(__file__).parents[2]
OURS = {one.name: one for one in list_packaged() if one.module.startswith("leadloop_playbooks.")}
FOLDERS = sorted(path.parent for path in (ROOT / "src" / "leadloop_playbooks").glob("*/playbook.toml"))
KNOWN = {"leadloop.features.functions", "leadloop.features.readings", "leadloop.features.rules", "polars", "__future__"}
LEADS = {"b2b_calls": 450, "marketplace": 900}
"""Fewer where outcomes are many and two targets are learned."""
every = pytest.mark.parametrize("name", sorted(OURS))


def test_every_folder_of_a_playbook_is_found_by_its_name():
    assert sorted(OURS) == [folder.name for folder in FOLDERS]


@every
def test_a_playbook_is_called_as_it_is_found(name):
    assert read_playbook(name).playbook.name == name
    assert read_playbook(name).playbook.description


@pytest.mark.parametrize(
    "name", [name if name != "b2b_calls" else pytest.param(name, marks=pytest.mark.long) for name in sorted(OURS)]
)
def test_a_playbook_keeps_every_promise_on_leads_of_its_world(name, tmp_path):
    assert name in WORLDS, f"no world simulates leads for {name}"
    world = simulate(name, tmp_path / "world", leads=LEADS.get(name, 1_200), seed=3, days=365.0).folder
    events = world / "events.csv" if read_playbook(name).playbook.events else None
    check_playbook(name, world / "leads.csv", events=events)


@every
def test_features_are_listed_with_examples_from_a_few_synthetic_leads_beside_the_playbook(name):
    listed = list_features(name)
    assert listed.sample.endswith("sample.csv")
    sample = pl.read_csv(listed.sample, infer_schema=False)
    assert sample["record_type"].unique().to_list() == ["Synthetic"]
    assert sample[listed.playbook.lead_id].is_unique().all()
    outcomes = listed.playbook.outcome_columns & {*sample.columns}
    assert outcomes in (frozenset(), listed.playbook.outcome_columns), "past leads need all of their outcomes"


@every
def test_a_playbook_imports_nothing_but_the_marks_of_features_and_rules(name):
    for path in sorted(Path(OURS[name].folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            assert set(names) <= KNOWN, f"{path.name} imports {names}"
