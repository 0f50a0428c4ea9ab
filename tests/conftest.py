"""A small trained workspace, made once for all tests that only look at it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from leadloop.flows.train import TrainingResult, train
from leadloop.playbook import render_playbook
from tests.leads_for_tests import PLAYBOOK, make_cells

# The usual settings of every learner, and no search: what tests look at does not get better with it.
os.environ["LEADLOOP_BUDGET"] = "1"


@dataclass(frozen=True)
class TrainedWorkspace:
    """A workspace with one version in service, and the files it came from."""

    root: Path
    playbook: Path
    past: Path
    new: Path
    result: TrainingResult


def write_playbook(folder: Path, text: str) -> Path:
    """A playbook's folder with this text as its playbook.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "playbook.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> TrainedWorkspace:
    root = tmp_path_factory.mktemp("workspace")
    folder = write_playbook(root / "tiny", render_playbook(PLAYBOOK))
    past, new = root / "past.csv", root / "new.csv"
    make_cells(1_500)[0].write_csv(past)
    make_cells(300, seed=8)[0].drop("won").write_csv(new)
    return TrainedWorkspace(root, folder, past, new, train(folder, past, workspace=root))
