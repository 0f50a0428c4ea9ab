"""Several targets from a file to scores: one version, one split, a report that names each, and clear refusals."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.two_targets_for_tests import ALONE, TWO, make_two_cells

from leadloop.errors import LeakageError, NotEnoughOutcomes, PlaybookError, VersionError
from leadloop.flows.past.importing import read_leads
from leadloop.flows.past.past_leads import needed_fields
from leadloop.flows.past.split_targets import divide_targets
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.scoring.explain import explain
from leadloop.flows.scoring.score import load, score
from leadloop.flows.training.ablate import ablate
from leadloop.flows.training.train import train
from leadloop.flows.upkeep.models import list_versions
from leadloop.learning.report.page import render_html
from leadloop.playbook import Route, render_playbook
from leadloop.registry.artefacts import unpack
from leadloop.registry.manifest import ModelVersion

QUICK = replace(TWO, training=replace(TWO.training, learners=("logistic regression",)))


def write(root, playbook, cells):
    cells.write_csv(root / "past.csv")
    return write_playbook(root / playbook.name, render_playbook(playbook)), root / "past.csv"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A trained workspace, and what training gave."""
    root = tmp_path_factory.mktemp("two")
    folder, past = write(root, QUICK, make_two_cells(1_500)[0])
    return root, train(folder, past, workspace=root)


def divided(root, playbook, cells):
    folder, past = write(root, playbook, cells)
    found = read_playbook(folder)
    return divide_targets(found, read_leads(found.playbook, needed_fields(found), past))


def test_all_targets_are_one_version_in_a_format_that_older_releases_refuse(two):
    root, result = two
    assert result.version.format == 3
    assert [line.version.id for line in list_versions("two", workspace=root)] == [result.version.id]
    again = ModelVersion.read(result.folder)
    assert again == result.version
    told = again.targets["voice_fit"]
    assert told["weight"] == 0.3
    assert told["metrics"]["AUC"]["low"] > 0.6
    assert told["data"]["used"] < again.data["used"] == 1_500


def test_a_version_scores_after_loading_as_it_did_when_it_was_tested(two):
    root, result = two
    trained = load("two", workspace=root)
    leads = trained.schema.read(make_two_cells(1_500)[0]).leads[-450:]
    scores = trained.score_table(leads, explain=False)
    hot = next(band for band in result.report.bands if band.name == "hot")
    assert (scores["band"] == "hot").sum() == hot.leads
    assert result.promotion is not None
    assert {"log-loss against prior", "voice_fit: log-loss against prior"} <= set(result.promotion.evidence)


def test_files_that_do_not_fit_the_playbook_are_noticed(two):
    _, result = two
    files = result.version.read_files(result.folder)
    said = json.loads(files["targets.json"])
    said["score"]["weights"] = {"progression": 0.5, "voice_fit": 0.6}
    with pytest.raises(VersionError, match="do not add up to 1"):
        unpack({**files, "targets.json": json.dumps(said).encode()}, result.version.id)
    with pytest.raises(VersionError, match="not those of its playbook"):
        unpack({name: held for name, held in files.items() if name != "targets.json"}, result.version.id)


def test_all_targets_are_tested_on_leads_from_the_same_moment_on(two):
    _, result = two
    main, (other,) = result.report, result.report.others
    assert float(other.split.test.first.replace(",", "")) >= float(main.split.test.first.replace(",", ""))
    assert float(other.split.train.last.replace(",", "")) < float(main.split.test.first.replace(",", ""))


def test_no_lead_that_one_target_is_tested_on_has_taught_another_without_an_order_of_leads(tmp_path):
    parts = divided(tmp_path, replace(TWO, order=None), make_two_cells(900)[0])
    main, other = parts.targets
    tested = set(main.labelled.leads.lines[main.split.test])
    assert not tested & set(other.labelled.leads.lines[other.split.train])
    assert {len(np.intersect1d(part.split.train, part.split.test)) for part in parts.targets} == {0}
    both = len(other.split.train) + len(other.split.test)
    assert both == len(other.labelled)


def test_a_report_names_each_targets_quality_and_has_a_chapter_for_each(two):
    _, result = two
    text = (result.folder / "report.md").read_text()
    auc = result.report.others[0].measure("AUC")
    assert f"“voice_fit” with AUC {auc.value:.3f} (95% interval {auc.low:.3f} to {auc.high:.3f})" in text
    assert "The score is composed of 70% “progression” and 30% “voice_fit”." in text
    assert text.index("## The score, and what it is composed of") < text.index("# Also predicted: voice_fit")
    assert "(./target-2-roc.svg)" in text
    assert (result.folder / "target-2-roc.svg").is_file()
    assert "it is the outcome of another target" in text
    page = render_html(result.report)
    ids = [part.split('"')[0] for part in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert 'href="#target-2"' in page


def test_no_targets_outcome_is_a_feature_or_a_finding_of_another(two):
    root, result = two
    assert not set(load("two", workspace=root).reads) & {"moved_on", "fits"}
    for report in (result.report, *result.report.others):
        assert not {finding.field for finding in report.findings} & {"moved_on", "fits"}


def test_a_scored_file_has_columns_for_every_target(two, tmp_path):
    root, _ = two
    make_two_cells(200, seed=4)[0].drop("moved_on", "fits").write_csv(tmp_path / "new.csv")
    score("two", tmp_path / "new.csv", tmp_path / "scored.csv", workspace=root)
    scored = pl.read_csv(tmp_path / "scored.csv")
    shown = ["progression_score", "voice_fit_probability", "voice_fit_probability_low", "voice_fit_score"]
    assert set(shown) <= set(scored.columns)
    assert scored["voice_fit_probability"].is_between(0, 1).all()
    assert (scored["score"] != scored["progression_score"]).any()


def test_one_target_can_be_explained_on_its_own(two):
    root, _ = two
    lead = {"visits": 9.0, "source": "Reference", "budget": 1.0, "notes": "they asked about voice"}
    both, alone = (explain("two", lead, target=target, workspace=root).card for target in ("", "voice_fit"))
    assert alone.probability == both.targets[1].probability
    assert alone.score == both.targets[1].score != both.score


def test_a_target_can_be_ablated_and_one_that_is_not_declared_is_refused(two):
    root, _ = two
    done = ablate(root / "two", root / "past.csv", target="voice_fit")
    lines = {line.name: line.auc.value for line in done.ablation.lines}
    assert min(lines, key=lambda name: lines[name]) != "numbers"
    with pytest.raises(PlaybookError, match=r"“fit” is not declared; name one of progression, voice_fit"):
        ablate(root / "two", root / "past.csv", target="fit")


def few(cells):
    """The same leads, of which hardly one fits."""
    row = pl.int_range(pl.len())
    return cells.with_columns(pl.when(row % 100 == 0).then(pl.lit("fit")).otherwise(pl.lit("no fit")).alias("fits"))


def test_too_few_outcomes_of_a_further_target_are_refused_with_its_name(tmp_path):
    with pytest.raises(NotEnoughOutcomes, match=r"targets.voice_fit +not enough outcomes: 9 of 20 positives.*optional"):
        divided(tmp_path, TWO, few(make_two_cells(900)[0]))


@pytest.mark.parametrize("never", [False, True])
def test_an_optional_target_is_left_out_and_the_report_says_so(tmp_path, never):
    optional = replace(QUICK, more_targets=(replace(TWO.more_targets[0], optional=True),))
    cells = few(make_two_cells(900)[0])
    if never:
        cells = cells.with_columns(fits=pl.lit("no fit"))
    folder, past = write(tmp_path, optional, cells)
    result = train(folder, past, workspace=tmp_path)
    assert result.version.format == 2
    assert result.report.left_out_targets[0][0] == "voice_fit"
    trained = load("two", workspace=tmp_path)
    assert trained.playbook.targets == QUICK.targets[:1]
    assert trained.playbook.score == (("progression", 0.7),)
    assert "“voice_fit” is left out, and counts in no score" in (result.folder / "report.md").read_text()


def test_a_leak_says_which_target_it_knows(tmp_path):
    cells = make_two_cells(900)[0].with_columns(
        budget=pl.when(pl.col("fits") == "fit").then(pl.lit("1000")).otherwise(pl.col("budget"))
    )
    folder, past = write(tmp_path, QUICK, cells)
    with pytest.raises(LeakageError, match=r"fields.budget +voice_fit: "):
        train(folder, past, workspace=tmp_path)


def test_a_playbook_of_one_target_leaves_what_it_always_left(tmp_path):
    one = replace(ALONE, training=QUICK.training)
    folder, past = write(tmp_path, one, make_two_cells(900)[0])
    result = train(folder, past, workspace=tmp_path)
    manifest = json.loads((result.folder / "manifest.json").read_bytes())
    assert manifest["format"] == 2
    assert "targets" not in manifest
    assert not [name for name in result.version.files if name.startswith("target")]
    (card,) = load("two", workspace=tmp_path).score(
        load("two", workspace=tmp_path).schema.read(make_two_cells(1)[0]).leads
    )
    assert [(told.target, told.score) for told in card.targets] == [("progression", card.score)]


def test_without_the_column_of_an_optional_target_training_goes_on_and_nobody_goes_its_route(tmp_path):
    asked = Route("call_today", 80.0, priority="fits", when=(("voice_fit", 70.0),), key="call_who_fits")
    optional = replace(
        QUICK,
        more_targets=(replace(TWO.more_targets[0], optional=True),),
        policy=replace(QUICK.policy, routes=(asked, *QUICK.policy.routes)),
    )
    folder, past = write(tmp_path, optional, make_two_cells(900)[0].drop("fits"))
    result = train(folder, past, workspace=tmp_path)
    assert result.report.left_out_targets[0][0] == "voice_fit"
    assert "holds no outcome at all" in result.report.left_out_targets[0][1]
    trained = load("two", workspace=tmp_path)
    assert trained.playbook.policy == QUICK.policy
    (card,) = trained.score(trained.schema.read(make_two_cells(1)[0]).leads)
    assert [told.target for told in card.targets] == ["progression"]
