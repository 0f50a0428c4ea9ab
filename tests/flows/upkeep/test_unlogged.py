"""What somebody wrote into the database himself stands in no row of the log, and is found."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tests.conftest import copy_workspace

from leadloop.errors import StoreError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.keys import new_key, revoke_key
from leadloop.flows.upkeep.models import promote
from leadloop.flows.upkeep.storekeeping import back_up, restore, verify


@pytest.fixture
def place(workspace, tmp_path):
    root = tmp_path / "work"
    root.mkdir()
    copy_workspace(workspace.root, root)
    opened = Workspace(root)
    new_key("admin", "ada", workspace=opened)
    revoke_key(new_key("scorer", "old", workspace=opened).key.id, workspace=opened)
    yield opened
    opened.store.close()


def write(place, statement):
    with place.store._connections.write() as connection:
        connection.execute(text(statement))


def test_what_was_done_in_the_ordinary_way_is_accounted_for(place, tmp_path):
    promote("tiny", "latest", alias="challenger", workspace=place)
    assert verify(place).number > 3
    back_up(place, tmp_path / "before.db")
    new_key("scorer", "later", workspace=place)
    restore(place, tmp_path / "before.db")
    assert verify(Workspace(place.root)).number > 3


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "INSERT INTO api_keys (id, secret_hash, role, name, created_at) "
            f"VALUES ('forged', '{'0' * 64}', 'admin', 'x', '{datetime(2026, 1, 1, tzinfo=UTC):%Y-%m-%d %H:%M:%S.%f}')",
            "key forged  .admin. was made by nobody the log knows",
        ),
        ("UPDATE api_keys SET role = 'admin' WHERE name = 'old'", "is admin, and was made as scorer"),
        ("UPDATE api_keys SET revoked_at = NULL", "was revoked and is good again"),
        ("UPDATE aliases SET model_version = 'v20990101_000000_00000000'", "tiny champion  stands for v2099"),
    ],
)
def test_what_was_written_into_the_database_itself_is_named(place, statement, found):
    write(place, statement)
    with pytest.raises(StoreError, match=found):
        verify(place)
