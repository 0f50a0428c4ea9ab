import io
import os

import polars as pl
import pytest
from tests.cli.commands_for_tests import leadloop
from typer.testing import CliRunner

from leadloop.cli.app import app


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADLOOP_WORKSPACE", raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def cells(workspace):
    return pl.read_csv(workspace.new, infer_schema=False)


@pytest.fixture(scope="module")
def expected(workspace, tmp_path_factory):
    """The scores of the new leads, by the plainest way there is."""
    target = tmp_path_factory.mktemp("expected") / "scored.csv"
    done = CliRunner().invoke(app, ["score", "tiny", str(workspace.new), "-o", str(target), "-w", str(workspace.root)])
    assert done.exit_code == 0
    return pl.read_csv(target)["score"].to_list()


def as_bytes(frame, form):
    buffer = io.BytesIO()
    {"csv": frame.write_csv, "jsonl": frame.write_ndjson, "parquet": frame.write_parquet}[form](buffer)
    return buffer.getvalue()


def from_bytes(content, form):
    return {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}[form](io.BytesIO(content))


@pytest.mark.parametrize(("one", "other"), [("csv", "csv"), ("jsonl", "parquet"), ("parquet", "jsonl")])
def test_leads_come_from_standard_input_and_scores_go_to_standard_output(
    workspace, cells, expected, tmp_path, one, other
):
    done = leadloop(
        "score", "tiny", "-", "--format", one, "--output-format", other, "-w", workspace.root,
        stdin=as_bytes(cells, one), cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert from_bytes(done.stdout, other)["score"].to_list() == expected
    assert b"300 of 300 leads scored" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_ending_of_a_file_tells_its_format(run, workspace, cells, expected, tmp_path, form):
    (tmp_path / f"new.{form}").write_bytes(as_bytes(cells, form))
    done = run("score", "tiny", f"new.{form}", "-o", f"scored.{form}", "-w", workspace.root)
    assert (done.exit_code, done.stdout) == (0, "")
    assert from_bytes((tmp_path / f"scored.{form}").read_bytes(), form)["score"].to_list() == expected


def test_the_playbook_may_be_named_by_its_folder(run, workspace, tmp_path):
    done = run("score", workspace.playbook, workspace.new, "-o", "scored.csv", "-w", workspace.root)
    assert done.exit_code == 0
    assert (tmp_path / "scored.csv").exists()


def test_rows_that_cannot_be_read_go_to_a_file_with_their_line_and_reason(run, workspace, cells, tmp_path):
    many = pl.when(pl.int_range(pl.len()).is_in([4, 9])).then(pl.lit("many"))
    wrong = cells.with_columns(visits=many.otherwise("visits"))
    wrong.write_csv(tmp_path / "new.csv")
    done = run("score", "tiny", "new.csv", "-o", "scored.csv", "-w", workspace.root)
    assert done.exit_code == 0
    assert "298 of 300 leads scored" in done.stderr
    assert "2 rows were rejected; each with its line and reason in scored.rejects.csv." in done.stderr
    rejects = pl.read_csv(tmp_path / "scored.rejects.csv")
    assert rejects["line"].to_list() == [6, 11]
    assert rejects["value"].to_list() == ["many", "many"]
    assert pl.read_csv(tmp_path / "scored.csv").height == 298
    done = run("score", "tiny", "new.csv", "-o", "scored.csv", "--rejects", "bad.jsonl", "-w", workspace.root)
    assert pl.read_ndjson(tmp_path / "bad.jsonl")["line"].to_list() == [6, 11]
    done = run("score", "tiny", "new.csv", "-w", workspace.root)
    assert "rejects.csv" in done.stderr
    assert len(pl.read_csv(io.StringIO(done.stdout))) == 298


def test_a_file_without_rejects_leaves_no_file_of_rejects(run, workspace, tmp_path):
    run("score", "tiny", workspace.new, "-o", "scored.csv", "-w", workspace.root)
    assert [path.name for path in tmp_path.iterdir()] == ["scored.csv"]


def test_every_missing_column_is_named_and_nothing_is_written(run, workspace, cells, tmp_path):
    cells.drop("visits", "source").write_csv(tmp_path / "new.csv")
    done = run("score", "tiny", "new.csv", "-o", "scored.csv", "-w", workspace.root)
    assert (done.exit_code, done.stdout) == (2, "")
    for said in ("visits", "source", "--allow-missing-columns"):
        assert said in done.stderr
    assert not (tmp_path / "scored.csv").exists()
    done = run("score", "tiny", "new.csv", "-o", "scored.csv", "-w", workspace.root, "--allow-missing-columns")
    assert done.exit_code == 0
    assert "not given anywhere: visits, source." in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tiny", "nowhere.csv"), "nowhere.csv"),
        (("nobody", "new.csv"), "no version is in service"),
        (("tiny", "new.csv", "--version", "v9"), "there is no “v9”"),
        (("../tiny", "new.csv"), "is no name of a playbook"),
        (("tiny", "new.csv", "-o", "missing/scored.csv"), "make the folder first"),
        (("tiny", "new.csv", "-o", "scored.xls"), "end it in .csv"),
        (("tiny", "empty.csv"), "empty.csv"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_says_why_without_a_traceback(run, workspace, tmp_path, words, said):
    (tmp_path / "new.csv").write_bytes(workspace.new.read_bytes())
    (tmp_path / "empty.csv").write_bytes(b"")
    done = run("score", *words, "-w", workspace.root)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"new.csv", "empty.csv"}


def test_the_workspace_may_be_named_by_the_environment(run, workspace, monkeypatch, tmp_path):
    monkeypatch.setenv("LEADLOOP_WORKSPACE", str(workspace.root))
    assert run("score", "tiny", workspace.new, "-o", "scored.csv").exit_code == 0
    monkeypatch.setenv("LEADLOOP_WORKSPACE", os.devnull)
    assert run("score", "tiny", workspace.new, "-o", "scored.csv").exit_code == 2


def test_reasons_and_own_columns_are_written_as_asked(run, workspace, tmp_path):
    run("score", "tiny", workspace.new, "-o", "a.csv", "--no-reasons", "--keep-columns", "-w", workspace.root)
    columns = pl.read_csv(tmp_path / "a.csv").columns
    assert "reasons_up" not in columns
    assert {"visits", "source", "noise"} <= set(columns)
