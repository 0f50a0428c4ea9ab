"""A service is killed again and again while an experiment runs and is ramped up: no lead ever changes its arm.

Each assignment that was acknowledged is stored, and so is each exposure that was answered, but for those of the last moment
before a kill.

TEST_KILLS says how often (2 by default, 200 with `make test-crash`, which alone runs it); every third time the service has two
processes.
"""

import os
import random
import signal
import threading
import time

import httpx2
import pytest
from tests.api.service_process_for_tests import Preloaded, ServiceProcess, free_port
from tests.conftest import copy_workspace, put_in_service_there

from leadloop.flows.place.workspace import Workspace
from leadloop.store import Variant

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's"),
]
KILLS = int(os.environ.get("TEST_KILLS", "2"))
SENDERS, LOG_SECONDS = 3, 5.0
"""Scores wait a quarter of a second to be written down; on a busy machine the writing takes a while too."""


class Sender(threading.Thread):
    """Has new leads scored and assigned, and now and then one that it asked about before."""

    def __init__(self, number, url, ending):
        super().__init__(daemon=True)
        self.number, self.url, self.ending = number, url, ending
        self.arms: dict[str, str | None] = {}
        self.answered: dict[str, float] = {}
        self.acknowledged: dict[str, str] = {}
        self.wrong: list[str] = []
        self.again = 0

    def run(self):
        dice, number = random.Random(self.number), 0
        with httpx2.Client(base_url=self.url, timeout=30) as http:
            while not self.ending.is_set():
                number += 1
                old = dice.choice(list(self.arms)) if self.arms and number % 3 == 0 else None
                lead = old or f"K{self.number}-{number}"
                try:
                    if number % 7 == 0:
                        answer = http.post("/v1/tiny/experiments/trial/assign", json={"lead_id": lead})
                        self.note(lead, answer, acknowledged=True)
                    else:
                        body = {"id": lead, "visits": number % 20}
                        self.note(lead, http.post("/v1/tiny/score", json=body), acknowledged=False)
                except httpx2.TransportError:
                    time.sleep(0.02)

    def note(self, lead, answer, *, acknowledged):
        if answer.status_code != 200:
            self.wrong.append(f"{answer.status_code} {answer.text[:200]}")
            return
        said = answer.json()
        before, arm = self.arms.get(lead), said["arm"]
        self.again += lead in self.arms
        # A ramp lets a lead in that was not; once it is in, it is in its arm for good.
        if before is not None and before != arm:
            self.wrong.append(f"{lead} was in {before} and then in {arm}")
        self.arms[lead] = arm
        if arm is not None and lead not in self.answered:
            self.answered[lead] = time.monotonic()
        if acknowledged and arm is not None:
            self.acknowledged[lead] = arm


@pytest.fixture(params=["sqlite", "postgresql"])
def root(request, workspace, tmp_path):
    """A workspace with a version in service, its store in a file and on a server."""
    if request.param == "postgresql":
        return put_in_service_there(workspace.root, tmp_path / "workspace", request.getfixturevalue("new_postgres")())
    copy_workspace(workspace.root, tmp_path)
    return tmp_path


def test_no_lead_changes_its_arm_and_what_was_answered_is_stored(workspace, root, request):
    place, version = Workspace(root), workspace.result.version.id
    arms = [Variant("old", version, 50, is_control=True), Variant("new", version, 50)]
    test = place.store.experiments.start(
        "tiny", "trial", arms, target="won", settings={"ramp_plan": [{"after_days": 0, "percent": 30}]}
    )
    preloaded, port, ending, killed = Preloaded(), free_port(), threading.Event(), []
    senders = [Sender(number, f"http://127.0.0.1:{port}", ending) for number in range(SENDERS)]
    service = None
    try:
        for turn in range(KILLS):
            words = ("--workers", "2") if turn % 3 == 2 else ()
            service = ServiceProcess(root, port, *words, preloaded=preloaded)
            service.wait()
            if turn == 0:
                for one in senders:
                    one.start()
            answered = sum(len(one.arms) for one in senders)
            until = time.monotonic() + 120
            while sum(len(one.arms) for one in senders) < answered + 60:
                assert time.monotonic() < until
                assert [why for one in senders for why in one.wrong] == []
                time.sleep(0.01)
            place.store.experiments.ramp(test, 30 + 70 * (turn + 1) / KILLS)
            killed.append(time.monotonic())
            service.kill()
        service = ServiceProcess(root, port, preloaded=preloaded)
        service.wait()
        time.sleep(0.5)
        ending.set()
        for one in senders:
            one.join(60)
        service.terminate()
        assert service.end() in (0, -signal.SIGTERM)
    finally:
        ending.set()
        if service is not None:
            service.clean_up()
        preloaded.close()
    assert [why for one in senders for why in one.wrong] == []
    stored = {unit: arm for _, unit, arm in place.store.experiments.exposures.since(test.id, 0)}
    lost = 0
    for one in senders:
        assert one.acknowledged.items() <= stored.items(), "an assignment that was acknowledged is not stored"
        for lead, at in one.answered.items():
            if lead in stored:
                assert stored[lead] == one.arms[lead]
            else:
                assert any(-1 <= kill - at < LOG_SECONDS for kill in killed), f"{lead} was answered and never stored"
                lost += 1
    answered, again = sum(len(one.answered) for one in senders), sum(one.again for one in senders)
    assert again > 20
    place.store.close()
    print(
        f"\n{request.node.callspec.id}, {KILLS} kills: {answered:,} leads were answered by an arm, {again:,} asked about again, "
        "none changed its arm; "
        f"{sum(len(one.acknowledged) for one in senders):,} assignments acknowledged, all stored; {lost} exposures of the last "
        f"moment before a kill lost"
    )
