"""A service that is killed while it takes leads, events, outcomes and feedback: what it acknowledged is there, all of it once.

TEST_KILLS says how often the service of each database is killed (2 by default, 200 with `make test-crash`); 0 failures in n
kills bound the failure rate by about 3/n. Every twentieth time the service has two processes, one of which is killed before both.
"""

import os
import random
import signal
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import httpx2
import pytest
from sqlalchemy import select
from tests.api.service_process_for_tests import Preloaded, ServiceProcess, free_port
from tests.api.workspaces_for_tests import copy_workspace

from leadloop.store import open_store
from leadloop.store.tables import EVENTS, FEEDBACK, LEAD_VERSIONS, OUTCOMES

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")
KILLS = int(os.environ.get("TEST_KILLS", "2"))
SENDERS = 4
AT = datetime(2026, 1, 5, 10, tzinfo=UTC).isoformat()


@dataclass
class Write:
    """One request that stores two rows, which can be told from all others by their leads."""

    kind: str
    leads: tuple[str, str]
    key: str | None
    body: dict
    tries: int = 0


def write(kind, name):
    """The next request, known again by its own key (events, feedback), its rows' keys (outcomes) or what it says (leads)."""
    leads = f"{name}-a", f"{name}-b"
    own = None
    if kind == "leads":
        rows = [{"id": one, "visits": 3, "source": "Chat"} for one in leads]
    elif kind == "outcomes":
        rows = [{"lead_id": one, "target": "won", "value": 1, "at": AT, "key": f"deal {one}"} for one in leads]
    elif kind == "events":
        own, rows = name, [{"lead_id": one, "name": "called", "at": AT} for one in leads]
    else:
        own, rows = name, [{"lead_id": one, "action_type": "rate", "user_rating": 80} for one in leads]
    return Write(kind, leads, own, {kind: rows})


KINDS = {"leads": LEAD_VERSIONS, "outcomes": OUTCOMES, "events": EVENTS, "feedback": FEEDBACK}


class Sender(threading.Thread):
    """Sends one request after the other over one connection; one that gets no answer is sent again, as it was, until it does."""

    def __init__(self, number, url, ending):
        super().__init__(daemon=True)
        self.number, self.url, self.ending = number, url, ending
        self.done: list[tuple[Write, dict]] = []
        self.wrong: list[str] = []
        self.answered_again = self.stored_before = 0

    def run(self):
        numbers, pending, last = count(), None, None
        with httpx2.Client(base_url=self.url, timeout=30) as http:
            while not (self.ending.is_set() and pending is None):
                if pending is None:
                    number = next(numbers)
                    kind = list(KINDS)[(number + self.number) % len(KINDS)]
                    pending = write(kind, f"{kind}-{self.number}-{number}")
                pending.tries += 1
                try:
                    answer = self.send(http, pending)
                except httpx2.TransportError:
                    time.sleep(0.02)
                    continue
                if answer is None:
                    return
                if pending.tries > 1:
                    self.note_again(http, pending, answer, last)
                self.done.append((pending, answer.json()))
                last, pending = self.done[-1], None

    def send(self, http, one):
        headers = {"Idempotency-Key": one.key} if one.key else {}
        answer = http.post(f"/v1/tiny/{one.kind}", json=one.body, headers=headers)
        if answer.status_code == 200:
            return answer
        self.wrong.append(f"{answer.status_code} {answer.text[:300]}")
        return None

    def note_again(self, http, pending, answer, last):
        """Note whether it had been stored before; and send the one before it again, which was acknowledged."""
        self.answered_again += 1
        said = answer.json()
        if pending.key:
            known = "idempotency-replayed" in answer.headers
        elif pending.kind == "leads":
            known = said["unchanged"] == 2
            assert_is(self, known or said["new"] == 2, f"half stored: {said}")
        else:
            known = not any(one["new"] for one in said["outcomes"])
            assert_is(self, known or all(one["new"] for one in said["outcomes"]), f"half stored: {said}")
        self.stored_before += known
        if last is not None:
            try:
                again = self.send(http, last[0])
            except httpx2.TransportError:
                return  # it was killed again
            if again is not None and last[0].key:
                assert_is(self, again.json() == last[1], f"another answer: {again.text} for {last[1]}")


def assert_is(sender, sound, why):
    if not sound:
        sender.wrong.append(why)


@pytest.fixture(scope="module")
def preloaded():
    made = Preloaded()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, workspace, tmp_path):
    """A workspace of its own, the name of its database, and the database's address."""
    root = copy_workspace(workspace.root, tmp_path / "workspace").root
    if request.param == "sqlite":
        address = root / "leadloop.db"
    else:
        address = request.getfixturevalue("new_postgres")()
        (root / "leadloop.toml").write_text(f'database = "{address}"\n', encoding="utf-8")
    # What `workspace` has in service, as its database says.
    store = open_store(address, now=lambda: datetime.now(UTC))
    store.promotions.promote("tiny", "champion", workspace.result.version.id, who="test", why="it is the first")
    store.close()
    return root, request.param, address


def leads_stored(store, kind):
    """The lead of every row of a kind, as often as it has rows; for leads, of every version."""
    with store._connections.read() as connection:
        return Counter(connection.execute(select(KINDS[kind].c.lead_id)).scalars())


def look(place, senders, checked):
    """What a database holds just after a kill, before anything else has touched it: it is sound, and nothing is missing."""
    _, name, address = place
    acknowledged = [[one for one, _ in list(sender.done)] for sender in senders]
    store = open_store(address, now=lambda: datetime.now(UTC), migrate=False)
    if name == "sqlite":
        with store._connections.read() as connection:
            assert connection.exec_driver_sql("PRAGMA quick_check").scalars().all() == ["ok"]
    stored = {kind: leads_stored(store, kind) for kind in KINDS}
    missing = [
        lead
        for number, writes in enumerate(acknowledged)
        for one in writes[checked[number] :]
        for lead in one.leads
        if stored[one.kind][lead] != 1
    ]
    assert missing == []
    store.audit.verify()
    store.close()
    return [len(writes) for writes in acknowledged]


def wait_for_more(senders):
    """Wait until something more was acknowledged."""
    before, until = sum(len(one.done) for one in senders), time.monotonic() + 300  # the other one may still be starting
    while sum(len(one.done) for one in senders) <= before + SENDERS:
        assert time.monotonic() < until, "the other process answers no more"
        time.sleep(0.02)


def test_what_was_acknowledged_is_there_and_what_is_sent_again_is_stored_once_however_often_it_is_killed(
    place, preloaded
):
    rolls, port, began = random.Random(7), free_port(), time.monotonic()
    ending = threading.Event()
    senders = [Sender(number, f"http://127.0.0.1:{port}", ending) for number in range(SENDERS)]
    starts, checked, single = [], [0] * SENDERS, 0
    service = None
    try:
        for kill in range(KILLS):
            several = kill % 20 == 1
            service = ServiceProcess(place[0], port, *(["--workers", "2"] if several else []), preloaded=preloaded)
            starts.append(service.wait())
            if not kill:
                for one in senders:
                    one.start()
            time.sleep(rolls.uniform(0.05, 0.8))
            if several and service.children():
                os.kill(rolls.choice(service.children()), signal.SIGKILL)
                single += 1
                wait_for_more(senders)
                time.sleep(rolls.uniform(0.0, 0.5))
            service.kill()
            checked = look(place, senders, checked)
            assert [why for one in senders for why in one.wrong] == []
        service = ServiceProcess(place[0], port, preloaded=preloaded)
        starts.append(service.wait())
        ending.set()
        for one in senders:
            one.join(60)
            assert not one.is_alive()
        service.terminate()
        assert service.end() in (0, -signal.SIGTERM)
        assert "Traceback" not in service.told
    finally:
        ending.set()
        if service is not None:
            service.clean_up()
    assert [why for one in senders for why in one.wrong] == []
    look(place, senders, [0] * SENDERS)
    store = open_store(place[2], now=lambda: datetime.now(UTC))
    wanted = {
        kind: Counter(lead for one in senders for w, _ in one.done if w.kind == kind for lead in w.leads)
        for kind in KINDS
    }
    for kind in KINDS:
        assert leads_stored(store, kind) == wanted[kind], "something is there twice, or was never sent"
    store.close()
    again, before = sum(one.answered_again for one in senders), sum(one.stored_before for one in senders)
    requests = sum(len(one.done) for one in senders)
    rows = sum(sum(rows.values()) for rows in wanted.values())
    assert again > 0
    print(
        f"\n{place[1]}: {KILLS} kills of the service ({single} times one of two processes besides) in "
        f"{time.monotonic() - began:.0f} s: {requests:,} requests acknowledged, {rows:,} rows, 0 lost, 0 twice; {again} sent "
        f"again after a kill, of which {before} had been stored; "
        f"ready after {statistics.median(starts):.1f} s (at most {max(starts):.1f})"
    )
