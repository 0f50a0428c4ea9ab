from datetime import UTC, datetime, timedelta

import pytest
from tests.registry.versions_for_tests import FIRST, SECOND, THIRD, make_version

from leadloop.errors import LeadLoopError
from leadloop.flows.upkeep.promotions import find_changes, read_moments
from leadloop.registry import Registry
from leadloop.registry.saved import SavedVersions
from leadloop.store import open_store

MAY = datetime(2026, 5, 1, 9, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """FIRST in service since 1 May, 9:00; SECOND since 3 May, 9:00; FIRST again since then at 15:00; THIRD since 10 May."""
    monkeypatch.setattr(SavedVersions, "load", lambda registry, version: None)
    clock = [MAY]
    store = open_store(tmp_path / "leadloop.db", now=lambda: clock[0])
    registry = Registry(tmp_path / "registry", lambda: store)
    for version in (FIRST, SECOND, THIRD):
        registry.save(make_version(version), {"model.json": b"{}"})
    registry.promote("tiny", FIRST, who="ann", why="")
    clock[0] = MAY + timedelta(days=2)
    registry.promote("tiny", SECOND, who="ann", why="")
    clock[0] += timedelta(hours=6)
    registry.rollback("tiny", who="bob", why="")
    clock[0] = MAY + timedelta(days=9)
    registry.promote("tiny", THIRD, who="ann", why="")
    return registry


@pytest.mark.parametrize(
    ("on", "versions"),
    [
        ("", [FIRST, SECOND, FIRST, THIRD]),
        ("2026-04-30", []),
        ("2026-05-01", [FIRST]),
        ("2026-05-02", [FIRST]),
        ("2026-05-03", [FIRST, SECOND, FIRST]),
        ("2026-05-03T10:00", [SECOND]),
        ("2026-05-03T08:59:59Z", [FIRST]),
        ("2026-05-03T10:30+02:00", [FIRST]),
        ("2026-05-04", [FIRST]),
        ("2030-01-01", [THIRD]),
    ],
)
def test_what_was_in_service_on_a_day_or_at_a_moment_is_told(registry, on, versions):
    assert [change.model_version for change in find_changes(registry, "tiny", on=on)] == versions


@pytest.mark.parametrize("text", ["3 May", "2026-13-01", "05/03/2026", "x", "0001-01-01T00:00+05:00", "20260503T"])
def test_what_is_no_date_is_refused_with_one_that_is(text):
    with pytest.raises(LeadLoopError, match="write 2026-05-03"):
        read_moments(text)


def test_the_last_day_of_all_is_a_day_too():
    assert read_moments("9999-12-31")[0].year == 9999
