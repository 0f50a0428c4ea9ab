"""A service is replaced under load: it is asked to end, answers what it has begun, and the next one takes over the port.

TEST_KILLS says how often (each tenth of it, at least 2 times; 20 with `make test-crash`).
"""

import os
import signal
import threading
import time

import pytest
from tests.api.service_process_for_tests import Preloaded, ServiceProcess, free_port
from tests.conftest import copy_workspace

from leadloop.client import Client
from leadloop.flows.place.workspace import Workspace

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")
ROLLOUTS = max(2, int(os.environ.get("TEST_KILLS", "5")) // 10)
SENDERS = 4


class Sender(threading.Thread):
    """Scores one lead after the other as programs do that use our client."""

    def __init__(self, number, url, ending):
        super().__init__(daemon=True)
        self.number, self.url, self.ending = number, url, ending
        self.answered, self.wrong = [], []

    def run(self):
        with Client(self.url, timeout=60, retries=60) as client:
            while not self.ending.is_set():
                name = f"R{self.number}-{len(self.answered)}"
                try:
                    card = client.score("tiny", {"id": name, "visits": len(self.answered) % 20})
                    assert card.lead_id == name
                except Exception as error:
                    self.wrong.append(f"{name}: {error!r}")
                    return
                self.answered.append(name)


def test_nobody_who_asks_through_the_client_notices_and_every_score_is_stored(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    preloaded, port, ending = Preloaded(), free_port(), threading.Event()
    senders = [Sender(number, f"http://127.0.0.1:{port}", ending) for number in range(SENDERS)]
    place, began, ends = Workspace(tmp_path), time.monotonic(), []
    service = ServiceProcess(tmp_path, port, preloaded=preloaded)
    try:
        service.wait()
        for one in senders:
            one.start()
        for _ in range(ROLLOUTS):
            answered = sum(len(one.answered) for one in senders)
            until = time.monotonic() + 120
            while sum(len(one.answered) for one in senders) < answered + 60:
                assert time.monotonic() < until
                assert [why for one in senders for why in one.wrong] == []
                time.sleep(0.01)
            asked = time.monotonic()
            service.terminate()
            assert service.end() in (0, -signal.SIGTERM), service.told
            ends.append(time.monotonic() - asked)
            names = {name for one in senders for name in list(one.answered)}
            stored = {row.lead_id for row in place.store.scores.stream("tiny")}
            assert names <= stored, f"{len(names - stored)} scores were answered and never stored"
            service = ServiceProcess(tmp_path, port, preloaded=preloaded)
            service.wait()
        ending.set()
        for one in senders:
            one.join(120)
        assert [why for one in senders for why in one.wrong] == []
    finally:
        ending.set()
        service.clean_up()
        preloaded.close()
        place.store.close()
    assert "Traceback" not in service.told
    requests = sum(len(one.answered) for one in senders)
    print(
        f"\n{ROLLOUTS} rollouts under load in {time.monotonic() - began:.0f} s: {requests:,} requests, 0 failed, every score "
        f"stored when the process had ended; it took at most {max(ends):.1f} s to end"
    )
