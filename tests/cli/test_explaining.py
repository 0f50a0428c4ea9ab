import json
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import write_playbook
from typer.testing import CliRunner

import leadloop
from leadloop.cli.app import app
from leadloop.cli.explaining import round_to_sum


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADLOOP_WORKSPACE", raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def actionable(workspace, tmp_path_factory):
    """A workspace whose version may be asked what would raise a score."""
    root = tmp_path_factory.mktemp("actionable")
    text = (workspace.playbook / "playbook.toml").read_text(encoding="utf-8")
    for name in ("source", "phone", "opted_out"):
        text = text.replace(f"[fields.{name}]\n", f"[fields.{name}]\nactionable = true\n")
    folder = write_playbook(root / "tiny", text)
    leadloop.train(folder, workspace.past, workspace=root, promote=True)
    return root


def scored(workspace, row):
    """The score that a file of scores shows."""
    cells = pl.read_csv(workspace.new, infer_schema=False)
    (card,) = leadloop.score_leads(leadloop.load("tiny", workspace=workspace.root), [cells.row(row, named=True)])
    return card


def test_the_points_shown_add_up_to_the_score_shown(run, workspace):
    for row in range(0, 40, 4):
        done = run("explain", "tiny", workspace.new, "--line", row + 2, "-w", workspace.root)
        assert done.exit_code == 0, done.stderr
        lines = done.stdout.splitlines()
        start = next(place for place, line in enumerate(lines) if "the average lead starts here" in line)
        end = next(place for place, line in enumerate(lines) if "the score: all of the above added up" in line)
        points = [round(10 * float(line.split()[0])) for line in lines[start : end + 1]]
        assert sum(points[:-1]) == points[-1] == round(10 * scored(workspace, row).score)


def test_a_lead_is_named_by_its_identifier_or_by_its_line(run, workspace):
    by_id = run("explain", "tiny", workspace.new, "--lead", "L4", "-w", workspace.root)
    by_line = run("explain", "tiny", workspace.new, "--line", "6", "-w", workspace.root)
    assert by_id.exit_code == by_line.exit_code == 0
    assert by_id.stdout == by_line.stdout
    card = scored(workspace, 4)
    assert "Lead L4, line 6, scored by " in by_id.stdout
    assert re.search(rf"score +{card.score:.1f} of 100", by_id.stdout)
    assert re.search(rf"probability +{card.probability:.3f}, between {card.probability_low:.3f}", by_id.stdout)
    assert all(reason.sentence in by_id.stdout for reason in card.reasons if abs(reason.points) > 0.1)


def test_machines_get_everything_as_json(run, workspace, actionable):
    done = run("explain", "tiny", workspace.new, "--lead", "L4", "--json", "-w", actionable)
    told = json.loads(done.stdout)
    assert told["card"]["lead_id"] == "L4"
    points = sum(reason["points"] for reason in told["card"]["reasons"])
    assert told["card"]["starts_at"] + points == pytest.approx(told["card"]["score"], abs=1e-6)
    assert told["actionable"] == ["source", "phone", "opted_out"]
    assert told["card"]["novel"] is False
    assert all(one["score"] > one["before"] for one in told["counterfactuals"])
    python = leadloop.explain("tiny", workspace.new, lead="L4", workspace=actionable)
    assert json.loads(json.dumps(python.as_json())) == told


def test_what_would_raise_the_score_is_what_scoring_the_changed_lead_gives(run, workspace, actionable):
    lead = {"visits": "2", "source": "Chat", "opted_out": "yes", "noise": "0"}
    explained = leadloop.explain("tiny", lead, workspace=actionable)
    assert {one.changes[0].field for one in explained.counterfactuals if len(one.changes) == 1} >= {
        "source",
        "opted_out",
    }
    trained = leadloop.load("tiny", workspace=actionable)
    for one in explained.counterfactuals:
        (card,) = leadloop.score_leads(trained, [{**lead, **{change.field: change.value for change in one.changes}}])
        assert card.score == one.score
    done = run("explain", "tiny", workspace.new, "--line", 6, "-w", actionable)
    shown = leadloop.explain("tiny", workspace.new, line=6, workspace=actionable)
    assert [str(one) for one in shown.counterfactuals] == [
        line.strip() for line in done.stdout.splitlines() if line.strip().startswith("with ")
    ]


def test_a_playbook_without_actionable_fields_is_told_how_to_declare_one(run, workspace):
    done = run("explain", "tiny", workspace.new, "--line", "2", "-w", workspace.root)
    assert done.exit_code == 0
    assert "actionable = true" in done.stdout
    assert '[fields."phone"]' in done.stdout


def test_a_lead_unlike_any_other_is_called_novel_and_says_why(run, workspace, tmp_path):
    cells = pl.read_csv(workspace.new, infer_schema=False)
    odd = cells.with_columns(source=pl.lit("Carrier pigeon"), visits=pl.lit("4000")).head(1)
    odd.write_csv(tmp_path / "odd.csv")
    done = run("explain", "tiny", "odd.csv", "--line", "2", "-w", workspace.root)
    assert "Novel: this lead is unlike any" in done.stdout
    assert "  source is “Carrier pigeon” (never seen)" in done.stdout
    assert "  visits is 4,000 (highest seen " in done.stdout
    run("score", "tiny", "odd.csv", "-o", "scored.csv", "-w", workspace.root)
    table = pl.read_csv(tmp_path / "scored.csv")
    assert table["novel"].to_list() == [True]
    assert "source is “Carrier pigeon” (never seen)" in table["unusual"][0]


def test_an_identifier_that_stands_in_several_rows_is_told(run, workspace, tmp_path):
    cells = pl.read_csv(workspace.new, infer_schema=False).head(3)
    pl.concat([cells, cells]).write_csv(tmp_path / "twice.csv")
    done = run("explain", "tiny", "twice.csv", "--lead", "L1", "-w", workspace.root)
    assert done.exit_code == 0
    assert "stands in line 6 too" in done.stderr
    assert "line 3" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give either the lead's identifier or its line"),
        (("--lead", "L1", "--line", "2"), "give either the lead's identifier or its line"),
        (("--lead", "nobody"), "is in no row of “id”"),
        (("--line", "9999"), "holds no lead"),
        (("--line", "1"), "holds no lead"),
        (("--line", "2", "--version", "v9"), "there is no “v9”"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_the_reason(run, workspace, words, said):
    done = run("explain", "tiny", workspace.new, *words, "-w", workspace.root)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lead_that_cannot_be_read_and_a_column_that_is_missing_are_refused(run, workspace, tmp_path):
    cells = pl.read_csv(workspace.new, infer_schema=False).head(3)
    cells.with_columns(visits=pl.lit("many")).write_csv(tmp_path / "bad.csv")
    done = run("explain", "tiny", "bad.csv", "--line", "2", "-w", workspace.root)
    assert done.exit_code == 2
    assert "line 2, visits" in done.stderr
    cells.drop("visits").write_csv(tmp_path / "short.csv")
    done = run("explain", "tiny", "short.csv", "--line", "2", "-w", workspace.root)
    assert done.exit_code == 2
    assert "visits  has no column in this file" in done.stderr
    done = run("explain", "tiny", "short.csv", "--line", "2", "--allow-missing-columns", "-w", workspace.root)
    assert done.exit_code == 0


@given(st.lists(st.floats(-99, 99), min_size=1, max_size=30))
def test_rounded_parts_add_up_and_stay_near_what_they_were(parts):
    total = round(sum(parts), 1)
    parts[-1] += total - sum(parts)
    shown = round_to_sum(parts, total)
    assert sum(round(10 * part) for part in shown) == round(10 * total)
    assert all(abs(part - exact) <= 0.1 + 1e-6 for part, exact in zip(shown, parts, strict=True))
