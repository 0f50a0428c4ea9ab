"""`leadloop import`, `leadloop train` without a file, `leadloop score --stored`, and the care of the store."""

import os
import re
import shutil
import sqlite3

import polars as pl
import pytest
from tests.cli.commands_for_tests import leadloop
from tests.conftest import copy_workspace
from tests.leads_for_tests import make_cells

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(scope="module")
def place(workspace, tmp_path_factory):
    """A workspace with 1,500 past leads in its store."""
    root = tmp_path_factory.mktemp("kept")
    root.mkdir(exist_ok=True)
    copy_workspace(workspace.root, root)
    shutil.copytree(workspace.playbook, root / "tiny")
    make_cells(1_500)[0].write_csv(root / "past.csv")
    done = leadloop("import", root / "tiny", root / "past.csv", "-w", root)
    assert done.returncode == 0, done.stderr
    assert b"1,500 new leads" in done.stderr
    return root


def run(place, *words, code=0):
    done = leadloop(*words, "-w", place)
    assert done.returncode == code, done.stderr.decode()
    return (done.stdout + done.stderr).decode()


def test_importing_again_changes_nothing(place):
    assert "0 new leads, 0 changed, 1,500 known" in run(place, "import", place / "tiny", place / "past.csv")


def test_training_without_a_file_learns_from_the_store(place):
    told = run(place, "train", place / "tiny", "--quick")
    assert "Saved v" in told
    assert "store (leadloop.db)" in run(place, "models", "show", "tiny", "latest")


def test_without_a_store_every_command_says_what_to_do_and_makes_none(tmp_path, workspace):
    shutil.copytree(workspace.playbook, tmp_path / "tiny")
    for words in (
        ("train", tmp_path / "tiny"),
        ("score", tmp_path / "tiny", "--stored"),
        ("store", "info"),
        ("store", "verify"),
        ("store", "backup", tmp_path / "b.db"),
        ("store", "forget", "scores", "--older-than", "1d", "--yes"),
    ):
        assert "leadloop import" in run(tmp_path, *words, code=2), words
    assert not (tmp_path / "leadloop.db").exists()


def test_stored_leads_are_scored_once_and_the_options_of_the_store_ask_for_it(place):
    first = run(place, "score", "tiny", "--stored", "--days", "0")
    assert re.search(r"1,500 of 1,500 stored leads scored by v", first)
    assert "0 of 0 stored leads" in run(place, "score", "tiny", "--stored", "--days", "0")
    assert "add --stored" in run(place, "score", "tiny", "new.csv", "--refresh-all", code=2)
    assert "leave one of them out" in run(place, "score", "tiny", "new.csv", "--stored", code=2)
    assert "is not named" in run(place, "score", "tiny", code=2)
    assert "no segments" in run(place, "score", "tiny", "--stored", "--segment", "pc", code=2)


def test_info_export_and_the_next_training_set(place):
    assert re.search(r"lead_versions +1,500", run(place, "store", "info"))
    out = place / "outcomes.csv"
    run(place, "store", "export", "tiny", "outcomes", "-o", out)
    assert pl.read_csv(out)["value"].sum() == (make_cells(1_500)[0]["won"] == "yes").sum()
    for table in ("leads", "versions", "scores", "events", "feedback", "metrics"):
        run(place, "store", "export", "tiny", table, "-o", place / f"{table}.jsonl")
    (measured,) = pl.read_ndjson(place / "metrics.jsonl").rows(named=True)
    assert (measured["is_active"], float(measured["auc_roc"]) > 0.5) == ("true", True)
    assert "is none" in run(place, "store", "export", "tiny", "secrets", code=2)
    run(place, "store", "training-set", "tiny", "-o", place / "next.parquet")
    assert pl.read_parquet(place / "next.parquet").height == 1_500


def test_what_cannot_be_undone_asks_first(place):
    for words in (
        ("store", "erase", "tiny", "--lead", "L1"),
        ("store", "forget", "leads", "--older-than", "1d"),
        ("store", "restore", place / "past.csv"),
    ):
        assert "nothing was changed" in run(place, *words, code=2)
    assert "is no time" in run(place, "store", "forget", "leads", "--older-than", "soon", "--yes", code=2)
    assert "never forgotten" in run(place, "store", "forget", "audit", "--older-than", "1d", "--yes", code=2)
    assert "is not named" in run(place, "store", "erase", "tiny", "--yes", code=2)


def test_a_person_is_erased_by_the_playbooks_contact_fields_and_stays_so_after_a_restore(place):
    run(place, "store", "backup", place / "monday.db")
    told = run(place, "store", "erase", "tiny", "--lead", "L7", "--yes")
    assert "lead_versions: 1" in told
    assert "Nothing was found" in run(place, "store", "erase", "tiny", "--email", "ann@example.com", "--yes")
    assert "2 erasures" in run(place, "store", "restore", place / "monday.db", "--yes")
    run(place, "store", "export", "tiny", "leads", "-o", place / "left.csv")
    assert "L7" not in pl.read_csv(place / "left.csv")["lead_id"].to_list()


def test_the_log_is_checked_and_a_changed_row_is_found(place):
    told = run(place, "store", "verify")
    head = re.search(r"Head: (\S+)", told)[1]
    assert "is whole" in run(place, "store", "verify", "--noted", head)
    assert "is no head" in run(place, "store", "verify", "--noted", "17", code=2)
    assert "at step" in run(place, "store", "migrate")
    with sqlite3.connect(place / "leadloop.db") as connection:
        triggers = [row[0] for row in connection.execute("select name from sqlite_master where type = 'trigger'")]
        for name in triggers:
            connection.execute(f"drop trigger {name}")
        connection.execute("update audit set who = 'nobody' where number = 1")
    assert "row 1" in run(place, "store", "verify", code=2)


def test_the_worker_does_what_is_there_and_ends(place):
    assert "0 jobs were begun" in run(place, "worker", "--until-idle")
    assert "is no kind of job" in run(place, "worker", "--kind", "dance", code=2)


def test_jobs_are_listed_and_those_that_were_given_up_are_tried_again(place):
    assert "no segments" in run(place, "score", "tiny", "--stored", "--segment", "pc", code=2)
    listed = run(place, "jobs", "list", "--state", "parked")
    number = re.search(r"^ *(\d+) +score_leads +tiny +parked .*no segments", listed, re.MULTILINE)[1]
    assert f"Job {number} (score_leads) waits for a worker" in run(place, "jobs", "retry", number)
    assert not re.search(rf"^ *{number} ", run(place, "jobs", "list", "--state", "parked"), re.MULTILINE)
    assert "is not parked" in run(place, "jobs", "retry", number, code=2)
    assert "is none" in run(place, "jobs", "list", "--state", "asleep", code=2)
