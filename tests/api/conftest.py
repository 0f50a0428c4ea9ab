"""Small playbooks with the fields that the documented faces speak of, served by their own rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.conftest import write_playbook

from leadloop.flows.place.packaged import copy_playbook
from leadloop.flows.simulate import simulate
from leadloop.flows.training.train import train

CALLS = """
name = "calls"
lead_id = "lead_id"
rules = ["rules:urgent"]
[targets.progression]
column = "progressed"
positive = ["yes"]
[bands.all]
lowest = 0
share = 1
[routes.handoff]
name = "AE_HANDOFF"
lowest = 85
priority = "HIGH"
[routes.self_service]
name = "SELF_SERVICE"
lowest = 0
priority = "VERY_LOW"
[fields.lead_id]
type = "id"
[fields.company_name]
type = "text"
use = false
[fields.employees]
type = "employees"
[fields.urgency_level]
type = "number"
[fields.products_discussed]
type = "text"
[fields.progressed]
type = "boolean"
known_at = "outcome"
"""
RULES = '''
import polars as pl
from leadloop.features.rules import rule

@rule(points=10, reads=["urgency_level"])
def urgent():
    """Urgent."""
    return pl.col("urgency_level") >= 4
'''


@pytest.fixture(scope="session")
def calls_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A playbook of calls with a rule, of which no version was ever trained."""
    folder = write_playbook(tmp_path_factory.mktemp("playbooks") / "calls", CALLS)
    (folder / "rules.py").write_text(RULES, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def trained_on_calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a version of the packaged playbook of calls, quickly trained on a small world: for copies of it."""
    root = tmp_path_factory.mktemp("trained_on_calls")
    simulate("b2b_calls", root / "world", leads=1_200, seed=3, days=400)
    files = {path.stem: path for path in (root / "world").rglob("*.csv")}
    folder = copy_playbook("b2b_calls", root / "calls")
    text = (folder / "playbook.toml").read_text(encoding="utf-8")
    write_playbook(folder, re.sub(r"learners = \[.*\]", 'learners = ["logistic regression"]', text))
    train(folder, files["leads"], workspace=root, promote=True)
    return root
