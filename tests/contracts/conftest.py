"""What callers were promised, held on SQLite and on a real PostgreSQL: one service for each, with a trained playbook and the
packaged ones by their rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.api.service_for_tests import ask, open_service
from tests.conftest import TrainedWorkspace, copy_workspace, put_in_service_there

from leadloop.api.service import Service

NAMED = {"calls_playbook": "b2b_calls", "marketplace_playbook": "marketplace", "insurance_playbook": "insurance"}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def root(request: pytest.FixtureRequest, workspace: TrainedWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the trained version and a database of its own."""
    made = tmp_path_factory.mktemp("contracts")
    if request.param == "postgresql":
        return put_in_service_there(workspace.root, made, request.getfixturevalue("new_postgres")())
    return copy_workspace(workspace.root, made)


@pytest.fixture(scope="session")
def service(root: Path) -> Service:
    return open_service(root, fallback=("rules",), **NAMED)


@pytest.fixture(scope="session")
def client(service: Service) -> Iterator[TestClient]:
    with ask(service) as client:
        yield client


@pytest.fixture(scope="session")
def new_id() -> Callable[[], str]:
    """Identifiers that no other test uses, since all of them share one database."""
    numbers = count(1)
    return lambda: f"N{next(numbers)}"
