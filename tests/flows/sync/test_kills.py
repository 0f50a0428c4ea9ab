"""Whatever a sync is doing when it is killed, no call is lost and none is doubled.

TEST_KILLS says how often the test kills (3 by default, 50 with `make test-sync`).
"""

import os
import random
import subprocess
import sys
import time

import pytest
from tests.fellow_for_tests import local_fellow, workspace_of
from tests.flows.sync.syncs_for_tests import leads_of, require_whole

from leadloop.flows.sync.fetch import sync_fellow
from leadloop.flows.sync.work import sync_by_hand

KILLS = int(os.environ.get("TEST_KILLS", "3"))


def start(place, *options):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "leadloop", "sync", "fellow", *options, "--workspace", str(place.root)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_whenever_a_sync_is_killed_no_call_is_lost_and_none_is_doubled(tmp_path):
    rolls = random.Random(5)
    with local_fellow(120 if KILLS < 10 else 300, slow_seconds=0.05).serve() as local:
        place = workspace_of(local, tmp_path / "workspace", more="job_lease_seconds = 0.5")
        numbers = sorted(local.library.recordings)
        ended = within = 0
        for round_number in range(KILLS):
            asked = len(local.asked)
            process = start(place, *(["--full"] if round_number % 3 == 2 else []))
            while len(local.asked) == asked and process.poll() is None:
                time.sleep(0.01)
            time.sleep(rolls.uniform(0.0, 1.2))
            process.kill()
            _, told = process.communicate()
            assert process.returncode in (-9, 0), told.decode()
            ended += process.returncode == 0
            within += any(one.begun_at for one in place.store.source_states.all("fellow"))
            for number in rolls.sample(numbers, 3):
                local.library.edit("recordings", number, title=f"Intro call: Round {round_number}, call {number}")
            time.sleep(0.6)  # until its lease has lapsed
        assert ended < KILLS, "every sync was over before it was killed"
        sync_by_hand(place)
        require_whole(place, local)
        other = workspace_of(local, tmp_path / "other")
        sync_fellow(other)
        assert set(leads_of(place)) == set(leads_of(other))
        print(f"{KILLS} kills, {within} of them within a sync; {len(numbers)} calls, none lost and none doubled")
        assert within
        for opened in (place, other):
            opened.store.close()
