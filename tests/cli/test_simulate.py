"""`leadloop simulate` as its own process."""

from __future__ import annotations

import pytest
from tests.cli.commands_for_tests import leadloop


@pytest.mark.parametrize("world", ["b2b_calls", "marketplace", "insurance"])
def test_it_writes_a_world_says_that_it_is_synthetic_and_what_to_do_next(world, tmp_path):
    done = leadloop("simulate", world, "--leads", 300, "--format", "jsonl", cwd=tmp_path)
    told = done.stdout.decode()
    assert done.returncode == 0, done.stderr.decode()
    assert told.startswith("Synthetic data:")
    assert "300 synthetic leads" in told or "299 synthetic leads" in told
    assert "leadloop draft" in told
    assert (tmp_path / f"synthetic-{world}" / "truth" / "truth.jsonl").is_file()


def test_what_it_cannot_do_it_refuses_with_every_reason(tmp_path):
    done = leadloop("simulate", "insurance", "--days", "0", "--drift", "concept:soon", "--drift", "moods", cwd=tmp_path)
    assert done.returncode == 2
    assert b"simulate: 3 problems" in done.stderr
    assert not list(tmp_path.iterdir())
