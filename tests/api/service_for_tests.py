"""A service over a small trained workspace, asked in this process as a client would ask over the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from leadloop.api.app import create_app
from leadloop.api.measures.logs import EventLog
from leadloop.api.service import Service, make_service
from leadloop.flows.place.settings import Settings
from leadloop.flows.place.workspace import Workspace

LEAD = {"id": "L1", "visits": 7, "source": "Reference", "opted_out": False}
"""A lead of the playbook `tiny`."""


def open_service(
    root: Path, *, log: StringIO | None = None, parts: Mapping[str, Any] | None = None, **said: Any
) -> Service:
    """A service of this workspace with these settings; its log goes nowhere, or into `log`."""
    settings = replace(Settings(calls_playbook="tiny", marketplace_playbook="tiny", insurance_playbook="tiny"), **said)
    events = EventLog(settings.log_level, "json", log or StringIO())
    return make_service(Workspace(root), settings, log=events, **(parts or {}))


def ask(service: Service) -> TestClient:
    """A client of the service; what goes wrong inside comes back as an answer, as it would from afar."""
    return TestClient(create_app(service), base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
