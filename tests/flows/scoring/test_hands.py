"""Whoever scores the batches of a file, what is written is the same to the last bit."""

import sqlite3
from contextlib import closing

import pytest
from tests.leads_for_tests import make_cells

from leadloop.errors import LeadLoopError
from leadloop.flows.scoring import score as scoring
from leadloop.flows.scoring.score import score


@pytest.fixture
def files(workspace, tmp_path, monkeypatch):
    """New leads in a file, one of which cannot be read, scored a few at a time."""
    monkeypatch.setattr(scoring, "_BATCH_ROWS", 50)
    cells = make_cells(330, seed=8)[0].drop("won")
    lines = cells.write_csv().splitlines()
    lines[7] += ",too much"
    (tmp_path / "new.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def run(workspace, files, name, **how):
    notes = []
    done = score(
        "tiny",
        files / "new.csv",
        files / f"{name}.csv",
        workspace=workspace.root,
        keep_columns=True,
        far=lambda note, share: notes.append((note, share)),
        **how,
    )
    rejects = (files / f"{name}.rejects.csv").read_bytes()
    return done, notes, (files / f"{name}.csv").read_bytes() + rejects


def test_several_processes_write_the_very_same_file_and_say_how_far_they_are(workspace, files):
    alone, _, written = run(workspace, files, "alone")
    together, notes, same = run(workspace, files, "together", workers=2)
    assert same == written
    assert (together.scored, together.rejected, together.unlike) == (alone.scored, alone.rejected, alone.unlike)
    assert (alone.scored, alone.rejected) == (329, 1)
    assert [share for _, share in notes] == sorted(share for _, share in notes)
    assert notes[-1][1] == 1.0
    assert "330 rows read, 329 scored" in notes[-1][0]
    assert "a second, 0:00 left" in notes[-1][0]


def test_a_table_of_a_database_gets_the_scores_that_the_file_gets(workspace, tmp_path):
    cells = make_cells(120, seed=8)[0].drop("won")
    cells.write_csv(tmp_path / "new.csv")
    address = f"sqlite:///{tmp_path / 'crm.db'}"
    with closing(sqlite3.connect(tmp_path / "crm.db")) as crm, crm:
        crm.execute(f"CREATE TABLE leads ({', '.join(cells.columns)})")
        crm.executemany(f"INSERT INTO leads VALUES ({', '.join('?' * cells.width)})", cells.rows())
    score("tiny", tmp_path / "new.csv", f"{address}#from_file", workspace=workspace.root)
    done = score("tiny", f"{address}#leads", f"{address}#scores", workspace=workspace.root)
    assert (done.scored, done.rejected) == (120, 0)
    with closing(sqlite3.connect(tmp_path / "crm.db")) as crm:
        columns = "lead_id, probability, score, route, reasons_up, reasons_down"
        [same], [rows] = (
            crm.execute(
                f"SELECT count(*) FROM (SELECT {columns} FROM scores INTERSECT SELECT {columns} FROM from_file)"
            ),
            crm.execute("SELECT count(*) FROM scores"),
        )
    assert same == rows == (120,)


@pytest.mark.parametrize(
    ("how", "said"),
    [({"workers": 0}, "no number of workers"), ({"workers": 2, "dask": "tcp://127.0.0.1:1"}, "are those of Dask")],
)
def test_what_cannot_be_asked_for_is_refused(workspace, files, how, said):
    with pytest.raises(LeadLoopError, match=said):
        run(workspace, files, "refused", **how)
    assert not (files / "refused.csv").exists()
