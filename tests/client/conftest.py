"""A real service with keys, on a real port, over the small workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from tests.api.service_for_tests import open_service
from tests.api.workspaces_for_tests import copy_workspace, make_keys
from tests.client.faulty_proxy_for_tests import FaultyProxy
from tests.conftest import TrainedWorkspace
from tests.served_for_tests import serve

from leadloop.api.service import Service
from leadloop.client import Client


@dataclass(frozen=True)
class Running:
    """A service that runs."""

    url: str
    keys: dict[str, str]
    service: Service


@pytest.fixture(scope="session")
def running(workspace: TrainedWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = copy_workspace(workspace.root, tmp_path_factory.mktemp("client"))
    keys = make_keys(place)
    service = open_service(place.root)
    with serve(service) as url:
        yield Running(url, keys, service)


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with Client(running.url, running.keys["admin"]) as client:
        yield client


@pytest.fixture
def proxy(running: Running) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(running.url)
    yield proxy
    proxy.close()


@pytest.fixture
def through(running: Running, proxy: FaultyProxy) -> Iterator[Client]:
    """A client that asks through the proxy."""
    with Client(proxy.url, running.keys["admin"]) as client:
        yield client


@pytest.fixture(scope="session")
def new_id() -> Any:
    """Identifiers that no other test uses: all share one database."""
    numbers = count(1)
    return lambda: f"C{next(numbers)}"
