from dataclasses import replace

import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK

from leadloop.errors import VersionError
from leadloop.flows.models import list_versions, promote, rollback, show_version
from leadloop.flows.train import train
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
