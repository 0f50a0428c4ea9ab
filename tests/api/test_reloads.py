"""Versions change under constant load: no request fails, and every answer is wholly of one version.

TEST_RELOADS says how often (8 by default, 200 with `make test-reload`), TEST_RELOAD_REQUESTS how many requests are sent at
least meanwhile (500 and 100,000).
"""

import asyncio
import json
import os
import shutil
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import httpx2
import pytest
from tests.api.service_process_for_tests import ServiceProcess, free_port
from tests.cli.commands_for_tests import leadloop
from tests.conftest import copy_workspace

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import load, score_leads
from leadloop.flows.training.train import train

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")
RELOADS = int(os.environ.get("TEST_RELOADS", "8"))
REQUESTS = int(os.environ.get("TEST_RELOAD_REQUESTS", "500"))
CONNECTIONS, BATCH, WARM = 6, 5, 20
LEADS = [{"visits": visits, "source": source} for visits in range(1, 13) for source in ("Reference", "Chat", "Google")]


class Load:
    """Asks without pause over several connections, one lead or several at a time, and checks each answer by what is known."""

    def __init__(self, port, wanted):
        self.port, self.wanted = port, wanted
        self.ending = threading.Event()
        self.wrong, self.versions = [], [""] * CONNECTIONS
        self.asked = self.batches = self.fresh = 0
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)

    async def run(self):
        await asyncio.gather(*(self.ask_on(number) for number in range(CONNECTIONS)))

    async def ask_on(self, number):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for turn in count(number):
            if self.ending.is_set():
                break
            # Of three requests one is answered from memory where it can be, and two never: their leads have new identifiers.
            places = [(turn * 7 + one) % len(LEADS) for one in range(BATCH if turn % 5 == 4 else 1)]
            self.fresh += turn % 3 > 0
            ids = [f"{number}-{turn}-{one}" if turn % 3 else "same" for one in places]
            leads = [{"id": name, **LEADS[one]} for name, one in zip(ids, places, strict=True)]
            single = len(leads) == 1
            body = json.dumps(leads[0] if single else {"leads": leads}).encode()
            path = "/v1/tiny/score" if single else "/v1/tiny/scores"
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            try:
                writer.write(head.encode() + body)
                told = await reader.readuntil(b"\r\n\r\n")
                length = int(told.lower().partition(b"content-length:")[2].partition(b"\r")[0])
                answer = json.loads(await reader.readexactly(length))
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self.wrong.append(f"failed: {error!r}")
                break
            self.asked += 1
            self.batches += not single
            if not told.startswith(b"HTTP/1.1 200"):
                self.wrong.append(f"refused: {answer}")
                continue
            cards = [answer] if single else answer["results"]
            self.check(number, answer["model_version"], cards, ids, places)
        writer.close()

    def check(self, number, version, cards, ids, places):
        for card, name, place in zip(cards, ids, places, strict=True):
            said = card["score"], tuple((one["field"], one["points"]) for one in card["reasons"])
            if (card["model_version"], card["lead_id"]) != (version, name) or said != self.wanted[version][place]:
                self.wrong.append(f"mixed: {card} for {version}")
        self.versions[number] = version


@pytest.fixture(scope="module")
def two_versions(workspace, tmp_path_factory):
    """A workspace with two versions that give every lead another score, and those scores with their reasons."""
    root = tmp_path_factory.mktemp("reloads")
    copy_workspace(workspace.root, root)
    shutil.copytree(workspace.playbook, root / "tiny")
    # The memory of answers is full soon, so that what grows after that is grown by changing versions.
    (root / "leadloop.toml").write_text("cache_leads = 1000\n", encoding="utf-8")
    past = workspace.past.read_text(encoding="utf-8").splitlines(keepends=True)
    (root / "half.csv").write_text("".join(past[:800]), encoding="utf-8")
    first = workspace.result.version.id
    second = train(workspace.playbook, root / "half.csv", workspace=root, promote=False).version.id
    return root, first, second


def known_of(answers):
    return [(one["score"], tuple((why["field"], why["points"]) for why in one["reasons"])) for one in answers]


def resident_mb(process):
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return float("nan")


def learn(http, version):
    """What a version says of every lead, asked of a service in which nothing else happens."""
    http.put("/v1/tiny/models/champion", json={"version": version, "why": "to know it"}).raise_for_status()
    answer = http.post("/v1/tiny/scores", json={"leads": [{"id": "known", **one} for one in LEADS]}).json()
    assert answer["model_version"] == version
    return known_of(answer["results"])


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_answer_is_dropped_or_mixed_while_versions_change(two_versions, workers):
    if workers == "2" and RELOADS < 100:
        pytest.skip("several processes are changed with `make test-reload`, and in tests/cli/test_serving.py")
    root, first, second = two_versions
    port = free_port()
    alone = ServiceProcess(root, port)
    try:
        alone.wait()
        with httpx2.Client(base_url=alone.url, timeout=60) as http:
            wanted = {version: learn(http, version) for version in (second, first)}
    finally:
        alone.kill()
    assert all(one[0] != other[0] for one, other in zip(wanted[first], wanted[second], strict=True))
    for version in (first, second):  # the batch path gives the same
        cards = score_leads(load("tiny", version=version, workspace=root), LEADS)
        assert [card.score for card in cards] == [score for score, _ in wanted[version]]
    service = ServiceProcess(root, port, "--workers", workers, "--reload-models", "0.5")
    load_ = Load(port, wanted)
    registry, seconds, serving = Workspace(root).registry, [], first
    began = time.monotonic()
    try:
        service.wait()
        if workers == "2":
            until = time.monotonic() + 300
            while len(service.children()) < 2 and time.monotonic() < until:
                time.sleep(0.1)
        load_.thread.start()
        processes = service.children() if workers == "2" else [service.pid]
        before = None
        for number in range(RELOADS):
            serving = second if serving == first else first
            goal = load_.asked + REQUESTS // RELOADS
            changed = time.monotonic()
            if number % 10 == 7:
                done = leadloop("models", "promote", "tiny", serving, "--workspace", root)
                assert done.returncode == 0, done.stderr
                changed = time.monotonic()
            elif number % 2:
                registry.promote("tiny", serving, who="test", why="from outside")
                changed = time.monotonic()
            else:
                answer = httpx2.put(f"{service.url}/v1/tiny/models/champion", json={"version": serving}, timeout=60)
                assert answer.json()["model_version"] == serving
            while set(load_.versions) != {serving} or load_.asked < goal:
                assert load_.wrong == []
                assert load_.thread.is_alive()
                if set(load_.versions) == {serving} and len(seconds) == number:
                    seconds.append(time.monotonic() - changed)
                time.sleep(0.01)
                assert len(seconds) > number or time.monotonic() - changed < 30
            if len(seconds) == number:
                seconds.append(time.monotonic() - changed)
            if number == min(WARM, RELOADS - 1):
                before = [resident_mb(one) for one in processes]
        after = [resident_mb(one) for one in processes]
        load_.ending.set()
        load_.thread.join(60)
        took = time.monotonic() - began
        service.terminate()
        service.end()
        assert "Traceback" not in service.told
    finally:
        load_.ending.set()
        service.clean_up()
    assert load_.wrong == []
    assert load_.asked >= REQUESTS
    print(
        f"\n{workers} process(es): {RELOADS} changes of version in {took:.0f} s, {load_.asked:,} requests over {CONNECTIONS} "
        f"connections ({load_.batches:,} of {BATCH} leads, {load_.fresh:,} of leads never seen): 0 failed, 0 mixed; every "
        f"connection had the new version within {max(seconds):.1f} s; memory {before} MB before, {after} MB after"
    )
    assert max(seconds) < 5
    if RELOADS >= 100:
        assert all(late < 1.1 * early for early, late in zip(before, after, strict=True)), "memory grew"
