"""Whatever a process that changes what is in service is doing when it is killed, the next start finds the old or the new.

TEST_KILLS says how often it is killed at some time (6 by default, 200 with `make test-crash`). It is killed at every step, too.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.versions_for_tests import FIRST, SECOND

from leadloop.registry import Registry

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and forks are POSIX's")
KILLS = os.environ.get("TEST_KILLS", "6")
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def place(request, workspace, tmp_path):
    """A registry with two real versions, and the address of a database for it."""
    address = request.getfixturevalue("new_postgres")() if request.param == "postgresql" else tmp_path / "leadloop.db"
    registry, real = Registry(tmp_path / "registry"), workspace.result.version
    files = real.read_files(workspace.result.folder)
    for identity in (FIRST, SECOND):
        registry.save(replace(real, id=identity), files)
    return str(registry.root), str(address)


def killed(how, what, place):
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "registry" / "killed_promotions.py"), how, what, *place],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_whole(found):
    assert found["champion"] == found["alias"] == found["last_change"]
    assert found["changes"] == found["audited"]
    assert found["chain"]
    assert found["without_database"] in (FIRST, SECOND)
    return found["champion"]


@pytest.mark.parametrize(("action", "old", "new"), [("promote", FIRST, SECOND), ("rollback", SECOND, FIRST)])
def test_killed_at_any_step_the_next_start_loads_the_old_version_up_to_one_step_and_the_new_from_then_on(
    place, action, old, new
):
    found = killed("steps", action, place)
    champions = [is_whole(one) for one in found]
    assert len(champions) > 8
    change = champions.index(new)
    assert champions == [old] * change + [new] * (len(champions) - change)
    assert 1 < change < len(champions) - 1  # some were killed on either side of the commit
    assert found[-1]["without_database"] == new


def test_killed_at_any_time_the_next_start_loads_one_version_or_the_other(place):
    found = killed("times", KILLS, place)
    assert len(found) == int(KILLS)
    champions = {is_whole(one) for one in found}
    assert champions <= {FIRST, SECOND}
    assert found[-1]["changes"] > len(found)
