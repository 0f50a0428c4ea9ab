import polars as pl
import pytest

import leadloop
from leadloop.errors import DataError, VersionError
from leadloop.flows.scoring.score import load, score, score_leads


def test_every_lead_of_a_file_gets_a_score_and_its_reasons(workspace, tmp_path):
    done = score("tiny", workspace.new, tmp_path / "scored.csv", workspace=workspace.root)
    scored = pl.read_csv(tmp_path / "scored.csv")
    assert (done.rows, done.scored, done.rejected) == (300, 300, 0)
    assert {"lead_id", "probability", "probability_low", "probability_high", "score", "band", "route"} <= set(
        scored.columns
    )
    assert scored["lead_id"].to_list() == [f"L{number}" for number in range(300)]
    assert scored["reasons_up"].str.contains(r"\(\+\d+\.\d\)").any()
    assert done.synthetic
    assert sum(done.routes.values()) == 300


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_formats_in_and_out_give_the_same_scores(workspace, tmp_path, ending):
    source = tmp_path / f"new.{ending}"
    cells = pl.read_csv(workspace.new, infer_schema=False)
    {"csv": cells.write_csv, "parquet": cells.write_parquet, "jsonl": cells.write_ndjson}[ending](source)
    target = tmp_path / f"scored.{ending}"
    score("tiny", source, target, workspace=workspace.root)
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "jsonl": pl.read_ndjson}[ending](target)
    leads = [dict(row) for row in cells.iter_rows(named=True)]
    cards = score_leads(load("tiny", workspace=workspace.root), leads)
    assert read["score"].to_list() == [card.score for card in cards]


def test_bad_rows_go_to_a_file_with_their_line_and_reason_and_the_good_ones_are_scored(workspace, tmp_path):
    lines = workspace.new.read_text().splitlines()
    lines[3] = (
        lines[3].replace(lines[3].split(",")[2], "many", 1) if lines[3].split(",")[2] else "L2,2,many,Google,,no,0"
    )
    lines[5] += ",one,too,many"
    (tmp_path / "bad.csv").write_text("\n".join(lines))
    done = score("tiny", tmp_path / "bad.csv", tmp_path / "scored.csv", workspace=workspace.root)
    rejects = pl.read_csv(tmp_path / "scored.rejects.csv")
    assert (done.rows, done.scored, done.rejected) == (300, 298, 2)
    assert rejects["line"].to_list() == [4, 6]
    assert rejects["field"][0] == "visits"
    assert rejects["value"][0] == "many"


def test_batches_of_any_size_give_the_same_file(workspace, tmp_path, monkeypatch):
    score("tiny", workspace.new, tmp_path / "one.csv", workspace=workspace.root)
    monkeypatch.setattr("leadloop.flows.scoring.score._BATCH_ROWS", 7)
    score("tiny", workspace.new, tmp_path / "many.csv", workspace=workspace.root)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "many.csv").read_bytes()


def test_a_missing_column_is_refused_unless_one_says_that_it_may_be(workspace, tmp_path):
    pl.read_csv(workspace.new, infer_schema=False).drop("source").write_csv(tmp_path / "new.csv")
    with pytest.raises(DataError, match="--allow-missing-columns"):
        score("tiny", tmp_path / "new.csv", tmp_path / "scored.csv", workspace=workspace.root)
    assert not (tmp_path / "scored.csv").exists()
    done = score(
        "tiny", tmp_path / "new.csv", tmp_path / "scored.csv", workspace=workspace.root, allow_missing_columns=True
    )
    assert done.absent == ("source",)
    assert done.scored == 300


def test_the_leads_own_columns_can_be_kept_beside_the_score(workspace, tmp_path):
    score(
        "tiny", workspace.new, tmp_path / "scored.parquet", workspace=workspace.root, keep_columns=True, reasons=False
    )
    scored = pl.read_parquet(tmp_path / "scored.parquet")
    assert scored["source"].to_list() == pl.read_csv(workspace.new, infer_schema=False)["source"].to_list()
    assert "reasons_up" not in scored.columns


def test_no_version_in_service_is_said_and_nothing_is_made_up(tmp_path, workspace):
    with pytest.raises(VersionError, match="no version is in service"):
        score("tiny", workspace.new, tmp_path / "scored.csv", workspace=tmp_path)


def test_leads_can_be_scored_from_python_with_every_mistake_at_once(workspace):
    champion = leadloop.load("tiny", workspace=workspace.root)
    (card,) = leadloop.score_leads(champion, [{"visits": 5, "source": "Reference", "opted_out": False}])
    assert card.model_version == workspace.result.version.id
    with pytest.raises(DataError) as refused:
        leadloop.score_leads(champion, [{"visits": "many", "opted_out": "perhaps"}, {"visits": 1}, {"noise": []}])
    assert [problem.where for problem in refused.value.problems] == [
        "lead 1, visits",
        "lead 1, opted_out",
        "lead 3, noise",
    ]


def test_a_lead_may_be_given_as_text_or_as_values(workspace):
    champion = leadloop.load("tiny", workspace=workspace.root)
    as_text = {"visits": "5.5", "source": "Chat", "opted_out": "no", "noise": "0.25"}
    as_values = {"visits": 5.5, "source": "Chat", "opted_out": False, "noise": 0.25}
    first, second = (leadloop.score_leads(champion, [lead])[0] for lead in (as_text, as_values))
    assert first == second


def test_a_file_whose_leads_are_unlike_the_training_is_told_in_one_line(workspace, tmp_path):
    leads = pl.read_csv(workspace.new, infer_schema=False)
    leads.with_columns(visits=pl.lit(None, dtype=pl.String), source=pl.lit("Chat"), opted_out=pl.lit("yes")).write_csv(
        tmp_path / "blank.csv"
    )
    done = score("tiny", tmp_path / "blank.csv", tmp_path / "scored.csv", workspace=workspace.root)
    assert "“visits” is blank in 100% of them, in the training in" in done.unlike
    assert "fall into “" in done.unlike
    assert "mean probability 0." in done.unlike
    usual = score("tiny", workspace.new, tmp_path / "scored.csv", workspace=workspace.root)
    assert usual.unlike == ""


def test_few_leads_are_not_held_against_the_training(workspace, tmp_path):
    pl.read_csv(workspace.new, infer_schema=False)[:20].with_columns(visits=pl.lit(None, dtype=pl.String)).write_csv(
        tmp_path / "few.csv"
    )
    assert score("tiny", tmp_path / "few.csv", tmp_path / "scored.csv", workspace=workspace.root).unlike == ""


def test_a_missing_column_is_named_with_the_points_that_it_moves(workspace, tmp_path):
    pl.read_csv(workspace.new, infer_schema=False).drop("visits").write_csv(tmp_path / "bare.csv")
    with pytest.raises(DataError, match=r"visits  .*moves scores by \d+\.\d points on average"):
        score("tiny", tmp_path / "bare.csv", tmp_path / "scored.csv", workspace=workspace.root)
