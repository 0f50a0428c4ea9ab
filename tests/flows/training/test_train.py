import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import FIELDS, PLAYBOOK, UNORDERED, make_cells

from leadloop.errors import DataError, LeakageError, NotEnoughOutcomes, PlaybookError, StoreUnavailable
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import score_leads
from leadloop.flows.training.train import train
from leadloop.flows.upkeep.models import promote
from leadloop.leads import Field, LeadSchema
from leadloop.learning.evaluation import log_loss
from leadloop.playbook import Order, Ruling, Target, render_playbook
from leadloop.registry import Registry

LEAK = Field("closing_note", "category", "intake")


def with_leak(playbook=PLAYBOOK, known_at="intake"):
    fields = (*FIELDS, replace(LEAK, known_at=known_at))
    return replace(playbook, schema=LeadSchema(fields))


def leaking_cells(count=1_200):
    cells, _ = make_cells(count)
    return cells.with_columns(
        closing_note=pl.when(pl.col("won") == "yes")
        .then(pl.lit("Signed"))
        .when(pl.col("number").cast(int) % 3 == 0)
        .then(pl.lit("Lost"))
    )


def files(tmp_path, playbook, cells):
    folder = write_playbook(tmp_path / "tiny", render_playbook(playbook))
    cells.write_csv(tmp_path / "past.csv")
    return folder, tmp_path / "past.csv"


def test_a_first_version_that_beats_its_baselines_is_in_service(workspace):
    result = workspace.result
    assert result.promotion is not None
    assert "beats its baselines" in result.promotion.why
    assert Workspace(workspace.root).registry.champion("tiny") == result.version.id
    assert result.version.release == "tiny-v1.0.0"


def test_a_first_version_waits_where_what_it_gains_may_be_chance(workspace, tmp_path, monkeypatch):
    asked = []

    def unsure(positive, ours, baseline, measure, **options):
        asked.append(measure)
        return (-0.01, -0.03, 0.01)

    monkeypatch.setattr("leadloop.flows.training.first_promotion.difference_interval", unsure)
    result = train(workspace.playbook, workspace.past, workspace=tmp_path)
    assert asked == [log_loss]  # the first baseline that may be as good is enough
    assert result.promotion is None
    assert Workspace(tmp_path).registry.champion("tiny") is None


def test_the_newest_leads_are_the_test_part(workspace):
    report = workspace.result.report
    assert report.split.kind == "time"
    assert (report.split.train.leads, report.split.test.leads) == (1_050, 450)
    assert (report.split.test.first, report.split.test.last) == ("1,050", "1,499")


def test_the_report_says_how_good_it_is_beside_what_costs_nothing(workspace):
    report = workspace.result.report
    auc = report.measure("AUC")
    assert auc.low < auc.value < auc.high
    assert auc.value > 0.7
    assert auc.baselines["prior"] == 0.5
    assert report.measure("log-loss").value < report.measure("log-loss").baselines["prior"]
    assert report.measure("accuracy").baselines["majority"] > 0.5
    assert report.importance[0].points > report.importance[-1].points
    assert {line.field: line.reason for line in report.left_out}["number"] == "it only tells the order of leads"


def test_everything_is_in_the_versions_folder_and_synthetic_says_so(workspace):
    folder = workspace.result.folder
    names = {path.name for path in folder.iterdir()}
    assert {"manifest.json", "playbook.toml", "model.json", "report.html", "report.md", "report.json"} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]
    assert "ynthetic" in (folder / "report.html").read_text(encoding="utf-8")
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["split"]["kind"] == "time"


def test_the_same_data_and_seed_give_the_same_model_bit_for_bit(workspace, tmp_path):
    again = train(workspace.playbook, workspace.past, workspace=tmp_path)
    for name in ("model.json", "features.json", "venn_abers.npz", "probe.npz"):
        assert again.version.files[name] == workspace.result.version.files[name], name
    members = [name for name in again.version.files if name.startswith("member_")]
    assert members
    assert all(again.version.files[name] == workspace.result.version.files[name] for name in members)


def test_a_second_version_waits_for_a_person_and_names_its_parent(workspace, tmp_path):
    first = train(workspace.playbook, workspace.past, workspace=tmp_path)
    changed = render_playbook(replace(PLAYBOOK, training=replace(PLAYBOOK.training, seed=8)))
    second = train(write_playbook(tmp_path / "changed", changed), workspace.past, workspace=tmp_path)
    assert second.promotion is None
    assert second.version.parent == first.version.id
    assert second.version.release == "tiny-v1.1.0"
    assert Workspace(tmp_path).registry.champion("tiny") == first.version.id


def test_other_levels_of_a_field_are_no_new_features_and_another_field_is(workspace, tmp_path):
    train(workspace.playbook, workspace.past, workspace=tmp_path)
    cells = make_cells(1_500, seed=3)[0].with_columns(pl.col("source").str.replace("Chat", "Telephone"))
    cells.write_csv(tmp_path / "newer.csv")
    assert train(workspace.playbook, tmp_path / "newer.csv", workspace=tmp_path).version.release == "tiny-v1.1.0"
    fields = tuple(replace(field, use=field.use and field.name != "phone") for field in PLAYBOOK.schema.fields)
    without = replace(PLAYBOOK, schema=LeadSchema(fields))
    changed = write_playbook(tmp_path / "changed", render_playbook(without))
    assert train(changed, tmp_path / "newer.csv", workspace=tmp_path).version.release == "tiny-v2.0.0"


def test_a_field_that_knows_the_outcome_stops_training_with_the_evidence(tmp_path):
    folder, past = files(tmp_path, with_leak(), leaking_cells())
    with pytest.raises(LeakageError) as refused:
        train(folder, past, workspace=tmp_path)
    (problem,) = refused.value.problems
    assert problem.where == "fields.closing_note"
    assert "[[rulings]]" in problem.mend
    assert not (tmp_path / "registry").exists()


def test_a_field_declared_as_known_later_is_left_out_and_the_report_says_why(tmp_path):
    folder, past = files(tmp_path, with_leak(known_at="outcome"), leaking_cells())
    report = train(folder, past, workspace=tmp_path).report
    assert {line.field: line.treatment for line in report.findings}["closing_note"] == "left out"
    assert "known only at outcome" in {line.field: line.reason for line in report.left_out}["closing_note"]


def test_a_person_may_rule_that_a_field_is_used_all_the_same(tmp_path):
    folder, past = files(tmp_path, with_leak(), leaking_cells())
    with pytest.raises(LeakageError) as refused:
        train(folder, past, workspace=tmp_path)
    kind = refused.value.problems[0].what.rsplit("[", 1)[1].rstrip("]")
    ruled = replace(with_leak(), rulings=(Ruling("closing_note", kind, "it is written at intake here"),))
    write_playbook(folder, render_playbook(ruled))
    report = train(folder, past, workspace=tmp_path).report
    line = next(line for line in report.findings if line.field == "closing_note")
    assert (line.treatment, line.because) == ("used", "it is written at intake here")
    assert report.measure("AUC").value > 0.9


def test_rows_that_cannot_be_read_are_counted_and_named(tmp_path):
    cells, _ = make_cells(800)
    cells[17, "visits"] = "many"
    folder, past = files(tmp_path, PLAYBOOK, cells)
    result = train(folder, past, workspace=tmp_path)
    assert result.report.data.rejected == 1
    (reject,) = result.imported.rejects
    assert (reject.line, reject.field, reject.value) == (19, "visits", "many")


def test_without_an_order_the_split_is_random_and_says_so(tmp_path):
    folder, past = files(tmp_path, UNORDERED, make_cells(1_000)[0])
    report = train(folder, past, workspace=tmp_path).report
    assert report.split.kind == "random"
    assert "nothing in the playbook tells the order" in report.split.how


def test_rows_that_look_alike_stay_on_one_side_of_a_random_split(tmp_path):
    """Five hundred distinct leads, each there twice: a model that remembers must not be paid for it."""
    cells, _ = make_cells(500)
    noise = np.random.default_rng(0).permutation(cells["won"].to_numpy())
    fields = tuple(replace(field, type="id") if field.name == "number" else field for field in FIELDS)
    folder, past = files(
        tmp_path, replace(UNORDERED, schema=LeadSchema(fields)), pl.concat([cells.with_columns(won=noise)] * 2)
    )
    auc = train(folder, past, workspace=tmp_path).report.measure("AUC")
    assert auc.low < 0.5 < auc.high


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cells: cells.with_columns(won=pl.lit("yes")), "every one of 900 leads won"),
        (lambda cells: cells.with_columns(won=pl.lit("no")), "every one of 900 leads lost"),
    ],
)
def test_a_target_with_one_class_is_refused(tmp_path, change, said):
    folder, past = files(tmp_path, PLAYBOOK, change(make_cells(900)[0]))
    with pytest.raises(DataError, match=said):
        train(folder, past, workspace=tmp_path)


def test_seventeen_positives_are_not_enough(tmp_path):
    cells, _ = make_cells(900)
    few = replace(PLAYBOOK, training=replace(PLAYBOOK.training, min_positives=40))
    folder, past = files(
        tmp_path,
        few,
        cells.with_columns(won=pl.when(pl.int_range(pl.len()) % 52 == 0).then(pl.lit("yes")).otherwise(pl.lit("no"))),
    )
    with pytest.raises(NotEnoughOutcomes, match="not enough outcomes: 18 of 40 positives"):
        train(folder, past, workspace=tmp_path)


def test_a_column_that_is_missing_is_named_with_the_likely_one(tmp_path):
    folder, past = files(tmp_path, PLAYBOOK, make_cells(300)[0].rename({"visits": "visit"}))
    with pytest.raises(
        DataError, match=r'visits  has no column in this file; if “visit” is it, add aliases = \["visit"\]'
    ):
        train(folder, past, workspace=tmp_path)


def test_older_leads_are_left_behind_where_the_playbook_says_how_many_are_enough(tmp_path):
    bounded = replace(PLAYBOOK, training=replace(PLAYBOOK.training, max_leads=500))
    folder, past = files(tmp_path, bounded, make_cells(1_700)[0].sample(fraction=1, shuffle=True, seed=1))
    report = train(folder, past, workspace=tmp_path).report
    assert report.data.used == 500
    assert report.split.train.first == "1,200"
    assert any("1,200 older leads were left out" in note for note in report.notes)


def test_rules_and_features_in_python_are_part_of_the_version(tmp_path):
    with_python = replace(PLAYBOOK, features=("features:visits_squared",), rules=("rules:was_recommended",))
    folder, past = files(tmp_path, with_python, make_cells(1_200)[0])
    (folder / "features.py").write_text(
        "import polars as pl\nfrom leadloop.features.functions import feature\n\n\n"
        '@feature(reads=["visits"])\ndef visits_squared():\n    "Visits, squared."\n    return pl.col("visits") ** 2\n'
    )
    (folder / "rules.py").write_text(
        "import polars as pl\nfrom leadloop.features.rules import rule\n\n\n"
        '@rule(points=30, reads=["source"])\ndef was_recommended():\n    return pl.col("source") == "Reference"\n'
    )
    result = train(folder, past, workspace=tmp_path)
    assert {"visits_squared", "was_recommended"} <= set(result.version.columns)
    assert "rules" in result.report.measure("AUC").baselines
    against = [name for name in result.promotion.evidence if name.startswith("log-loss against")]
    assert against == ["log-loss against prior", "log-loss against rules"]
    for path in folder.iterdir():
        path.unlink()  # the version does not need the playbook's files any more
    registry = Workspace(tmp_path).registry
    loaded = registry.load(registry.find("tiny", "latest"))
    assert "visits_squared" in {column.name for column in loaded.features.columns}
    (card,) = score_leads(loaded, [{"visits": 3, "source": "Reference"}])
    said = {reason.field: reason.sentence for reason in card.reasons}
    assert said["visits_squared"] == "Visits, squared: 9"
    assert said["was_recommended"] == "was_recommended is yes"


def test_mistakes_in_python_files_are_told_with_their_line(tmp_path):
    folder, past = files(tmp_path, replace(PLAYBOOK, features=("features:a", "missing:b")), make_cells(300)[0])
    (folder / "features.py").write_text("import polars as pl\n\n1 / 0\n")
    with pytest.raises(PlaybookError) as refused:
        train(folder, past, workspace=tmp_path)
    said = str(refused.value)
    assert "features.py, line 3  ZeroDivisionError" in said
    assert "missing.py, which does not exist" in said


def test_outcomes_in_a_file_of_their_own_are_matched_by_the_lead(tmp_path):
    cells, _ = make_cells(1_200)
    won = cells.filter(pl.col("won") == "yes").select("id", deal=pl.lit("d") + pl.col("number"))
    won.write_csv(tmp_path / "deals.csv")
    fields = (*(field for field in FIELDS if field.name != "won"), Field("deal", "category", "outcome"))
    apart = replace(PLAYBOOK, schema=LeadSchema(fields), target=Target("won", "deal", filled=True), outcomes_by="id")
    folder, past = files(tmp_path, apart, cells.drop("won"))
    report = train(folder, past, outcomes=tmp_path / "deals.csv", workspace=tmp_path).report
    assert report.data.positives == won.height
    assert report.measure("AUC").value > 0.7
    with pytest.raises(DataError, match="name it with --outcomes"):
        train(folder, past, workspace=tmp_path)


def test_a_lead_with_two_rows_of_outcomes_is_refused(tmp_path):
    cells, _ = make_cells(300)
    cells.head(2).select("id", deal=pl.lit("x")).vstack(cells.head(1).select("id", deal=pl.lit("y"))).write_csv(
        tmp_path / "deals.csv"
    )
    fields = (*(field for field in FIELDS if field.name != "won"), Field("deal", "category", "outcome"))
    apart = replace(PLAYBOOK, schema=LeadSchema(fields), target=Target("won", "deal", filled=True), outcomes_by="id")
    folder, past = files(tmp_path, apart, cells.drop("won"))
    with pytest.raises(DataError, match=r"1 leads have more than one row \(L0\)"):
        train(folder, past, outcomes=tmp_path / "deals.csv", workspace=tmp_path)


def test_of_two_first_trainings_at_once_one_goes_into_service(workspace, tmp_path, monkeypatch):
    copied = Workspace(tmp_path)
    real = Registry.promote

    def slower(self, playbook, name, **said):
        monkeypatch.setattr(Registry, "promote", real)
        train(workspace.playbook, workspace.past, workspace=tmp_path)  # ends while this one was still looking
        return real(self, playbook, name, **said)

    monkeypatch.setattr(Registry, "promote", slower)
    result = train(workspace.playbook, workspace.past, workspace=copied)
    assert result.promotion is None
    assert result.not_promoted is None
    assert len(copied.registry.versions("tiny")) == 2
    (change,) = copied.registry.history("tiny")
    assert change.model_version != result.version.id


def test_a_version_is_saved_although_the_database_is_away_and_the_reason_for_which_it_does_not_serve_is_told(
    workspace, tmp_path, monkeypatch
):
    monkeypatch.setenv("LEADLOOP_DATABASE", "postgresql://nobody@127.0.0.1:1/leadloop?connect_timeout=1")
    result = train(workspace.playbook, workspace.past, workspace=tmp_path)
    assert isinstance(result.not_promoted, StoreUnavailable)
    assert result.promotion is None
    monkeypatch.delenv("LEADLOOP_DATABASE")
    place = Workspace(tmp_path)
    assert [version.id for version in place.registry.versions("tiny")] == [result.version.id]
    assert place.registry.champion("tiny") is None
    assert promote("tiny", "latest", workspace=place).model_version == result.version.id


def test_leads_of_one_day_are_not_torn_apart_and_the_report_says_what_share_was_kept_back(tmp_path):
    """A file with days alone, 300 leads on each of five: the test begins with the fourth, the nearest to the newest 30%."""
    fields = (*FIELDS, Field("came", "time", "intake"))
    playbook = replace(PLAYBOOK, schema=LeadSchema(fields), order=Order("field", "came"))
    days = [f"2024-03-0{1 + place // 300}" for place in range(1_500)]
    cells = make_cells(1_500)[0].with_columns(came=pl.Series(days)).sample(fraction=1, shuffle=True, seed=2)
    folder, past = files(tmp_path, playbook, cells)
    report = train(folder, past, workspace=tmp_path).report
    split = report.split
    assert (split.train.leads, split.test.leads) == (900, 600)
    assert (split.train.last, split.test.first) == ("2024-03-03", "2024-03-04")
    assert "The newest 40% of leads, by “came”, were kept back" in split.how
