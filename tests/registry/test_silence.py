"""A database that is away is waited for once a moment, however many ask, and is asked again after it."""

import pytest

from leadloop.errors import Problem, StoreUnavailable
from leadloop.registry import registry as registries
from leadloop.registry.registry import Registry, Silence


@pytest.fixture
def asked(tmp_path):
    """A folder with a playbook in it, and a database that counts how often it was asked, and is away."""
    (tmp_path / "tiny").mkdir()
    times = []

    def open_store():
        times.append(1)
        raise StoreUnavailable("store", Problem("database", "is away", "try again"))

    silence = Silence()
    return lambda: Registry(tmp_path, open_store, silence=silence), times


def test_registries_of_one_workspace_ask_a_database_that_is_away_once_a_moment(asked):
    open_registry, times = asked
    for _ in range(5):
        assert "is away" in open_registry().in_service("tiny").doubt
    assert len(times) == 1


def test_the_moment_ends_though_somebody_asks_all_the_while(asked, monkeypatch):
    open_registry, times = asked
    now = 100.0
    monkeypatch.setattr(registries.time, "monotonic", lambda: now)
    for _ in range(10):
        open_registry().in_service("tiny")
        now += 0.5
    assert len(times) == 3, "at 0, 2 and 4 seconds"
