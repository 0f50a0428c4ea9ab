"""The comparison with other tools: who is learned from and who is predicted, what each tool gets, and how it is written down."""

from __future__ import annotations

import doctest
import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from benchmarks.accuracy import ours
from benchmarks.accuracy.figures import Figures, Kept, by_block, measure
from benchmarks.accuracy.peers import PEERS
from benchmarks.accuracy.prepared import columns_of, read_tables, write_tables
from benchmarks.accuracy.protocols import (
    SETS,
    Block,
    DataSet,
    Leads,
    folds_of_groups,
    load_text,
    look_alikes,
    newest,
    read_rows,
    rolling,
    write_rows,
)
from benchmarks.accuracy.table import END, START, Section, render, write
from tests.public_data import public_file

from leadloop.flows.past.importing import read_leads
from leadloop.flows.past.labelled import label
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.splits import split_leads
from leadloop.playbook import parse_playbook

ROOT = Path(__file__).parents[2]
# Name -> leads, won leads, leads predicted in each block.
SIZES = {
    "x_education": (9_240, 3_561, [2_772]),
    "bank": (41_188, 4_640, [4_119, 4_119, 4_118, 4_119, 4_119]),
    "coil2000": (5_822, 348, [1_164, 1_164, 1_165, 1_164, 1_165]),
    "olist": (5_998, 781, [1_799]),
    "raop": (4_040, 994, [1_212]),
}


def made_leads(count: int = 600, *, twins: int = 0, seed: int = 3) -> Leads:
    """Leads of a made-up shop, the last ones the same as the first ones where twins are asked for."""
    generator = np.random.default_rng(seed)
    visits, source = generator.poisson(4, count), generator.choice(["fair", "web", "call"], count)
    size = generator.normal(50, 9, count).round(2)
    won = (generator.random(count) < 1 / (1 + np.exp(2.0 - 0.5 * visits + (source == "fair")))).astype(int)
    rows = [[str(a), str(b), str(c), str(d)] for a, b, c, d in zip(visits, source, size, won, strict=True)]
    for twin in range(twins):
        rows[count - 1 - twin][:3] = rows[twin][:3]
    return Leads(("visits", "source", "size", "won"), rows, won)


def made_set(leads: Leads) -> DataSet:
    return DataSet("shop", "Shop", "", (), "won", lambda: leads, lambda leads: [])


@pytest.mark.parametrize("module", ["protocols", "figures", "table"])
def test_the_examples_in_the_docstrings_run(module):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    results = doctest.testmod(importlib.import_module(f"benchmarks.accuracy.{module}"), optionflags=flags)
    assert results.attempted > 0
    assert results.failed == 0


def test_rolling_blocks_lie_end_to_end_and_learn_from_everything_before():
    blocks = rolling(41_188)
    assert [len(block.test) for block in blocks] == SIZES["bank"][2]
    assert np.concatenate([block.test for block in blocks]).tolist() == list(range(20_594, 41_188))
    assert all(block.train.tolist() == list(range(block.test[0])) for block in blocks)


def test_the_newest_leads_are_predicted_by_all_that_are_older():
    order = np.random.default_rng(0).integers(0, 50, 1_001)
    (block,) = newest(order.tolist(), 0.3)
    assert len(block.test) == 300
    assert order[block.train].max() <= order[block.test].min()
    assert sorted([*block.train, *block.test]) == list(range(1_001))


def test_every_lead_is_predicted_once_and_never_from_its_twin():
    leads = made_leads(twins=200)
    groups = look_alikes(leads, "won")
    assert len(set(groups.tolist())) <= 400
    blocks = folds_of_groups(leads.won, groups)
    assert sorted(np.concatenate([block.test for block in blocks]).tolist()) == list(range(600))
    for block in blocks:
        assert not set(groups[block.train]) & set(groups[block.test])
        assert abs(leads.won[block.test].mean() - leads.won.mean()) < 0.02


@pytest.mark.parametrize("data_set", SETS, ids=[data_set.name for data_set in SETS])
def test_the_public_sets_have_the_leads_of_their_protocol(data_set):
    leads = data_set.read(*(load_text(public_file(name)) for name in data_set.files))
    blocks = data_set.split(leads)
    assert (len(leads), int(leads.won.sum()), [len(block.test) for block in blocks]) == SIZES[data_set.name]
    assert all(not set(block.train.tolist()) & set(block.test.tolist()) for block in blocks)
    if data_set.together:
        twins = data_set.together(leads)
        assert all(not set(twins[block.train]) & set(twins[block.test]) for block in blocks)
    if data_set.name == "olist":
        days = leads.column("first_contact_date")
        assert min(days) >= "2018-01-01"
        assert max(days[row] for row in blocks[0].train) <= min(days[row] for row in blocks[0].test)


def test_texts_with_line_ends_and_quotes_are_written_as_they_were_read(tmp_path):
    rows = [["a\rb", 'c "d", e'], ["", "f\r\ng\n"]]
    write_rows(tmp_path / "rows.csv", ("x", "y"), rows)
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        assert read_rows(file.read()) == (("x", "y"), rows)


def test_leadloop_keeps_back_exactly_the_leads_of_a_fold(tmp_path):
    leads = made_leads(twins=100)
    groups = look_alikes(leads, "won")
    drafted = ours.draft(made_set(leads), leads, [], tmp_path / "draft")
    for number, block in enumerate(folds_of_groups(leads.won, groups)):
        folder = tmp_path / str(number)
        folder.mkdir()
        ours.write_files(folder, drafted, leads, block, groups)
        assert kept_back(folder) == block.test.tolist()


def test_leadloop_keeps_back_exactly_the_leads_of_a_rolling_block(tmp_path):
    leads = made_leads()
    numbered = Leads(
        ("at", *leads.columns),
        [[f"2026-01-{1 + i // 24:02}T{i % 24:02}:00:00", *row] for i, row in enumerate(leads.rows)],
        leads.won,
    )
    drafted = ours.draft(made_set(numbered), numbered, [], tmp_path / "draft")
    for number, block in enumerate(rolling(len(leads))):
        folder = tmp_path / str(number)
        folder.mkdir()
        ours.write_files(folder, drafted, numbered, block, None)
        assert kept_back(folder) == block.test.tolist()
        assert "won" not in pl.read_csv(folder / "new.csv").columns


def kept_back(folder: Path) -> list[int]:
    """The rows of the past leads that training keeps back, by the very steps that training takes."""
    found = read_playbook(folder / "playbook")
    imported = read_leads(found.playbook, found.playbook.schema, folder / "past.csv")
    labelled = label(found.playbook, imported.leads, None)
    training = found.playbook.training
    split = split_leads(labelled, test_share=training.test_share, seed=training.seed)
    return sorted(int(line) - 2 for line in labelled.leads.lines[split.test])


def test_the_others_get_the_playbooks_fields_and_no_outcome(tmp_path):
    playbook = parse_playbook(
        """
        name = "shop"
        [targets.won]
        column = "won"
        positive = ["1"]
        [fields.won]
        type = "boolean"
        known_at = "outcome"
        [fields.paid]
        type = "number"
        known_at = "outcome"
        [fields.visits]
        type = "number"
        [fields.at]
        type = "time"
        [fields.source]
        type = "category"
        missing = ["?"]
        [fields.wish]
        type = "text"
        """
    )
    rows = [
        ["1", "99", "3", "2026-03-02 14:00", "fair", "two seats please"],
        ["0", "", "", "2026-04-01 09:30", "?", ""],
        ["0", "", "7", "2026-04-01 10:00", "web", "hello"],
    ]
    leads = Leads(("won", "paid", "visits", "at", "source", "wish"), rows, np.array([1, 0, 0]))
    columns, kinds = columns_of(playbook, leads)
    write_tables(tmp_path, columns, kinds, leads.won, Block(np.array([0, 1]), np.array([2])))
    tables = read_tables(tmp_path)
    assert list(tables.kinds.values()) == ["number", "category", "category", "number", "category", "number", "text"]
    assert tables.train.rows() == [
        (3.0, "3", "1", 14.0, "fair", 3.0, "two seats please", 1),
        (None, "4", "3", 9.0, None, None, None, 0),
    ]
    assert tables.test.rows() == [(7.0, "4", "3", 10.0, "web", 1.0, "hello")]
    assert list(columns_of(playbook, leads, ("visits", "at", "wish"))[1].values()) == ["category"]


@pytest.mark.parametrize("method", ["logistic_regression", "random_forest", "hist_gradient_boosting", "lightgbm"])
def test_a_library_ranks_leads_better_than_chance_and_meets_categories_it_has_never_seen(tmp_path, method):
    leads = made_leads(900)
    leads.rows[850][1] = "never seen"
    drafted = ours.draft(made_set(leads), leads, [], tmp_path / "draft")
    block = Block(np.arange(600), np.arange(600, 900))
    write_tables(tmp_path, *columns_of(drafted.playbook, leads), leads.won, block)
    probabilities = PEERS[method](read_tables(tmp_path))
    assert len(probabilities) == 300
    assert area_under_curve(leads.won[block.test], probabilities) > 0.6


def test_a_measure_by_block_does_not_reward_knowing_the_block():
    kept = Kept(np.array([0, 0, 1, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 1]))
    knows_only_the_block = np.array([0.3, 0.3, 0.3, 0.7, 0.7, 0.7])
    assert by_block(area_under_curve)(kept.coded, knows_only_the_block) == 0.5
    assert area_under_curve(kept.won, knows_only_the_block) > 0.6


def test_the_difference_to_leadloop_is_of_the_same_leads():
    generator = np.random.default_rng(5)
    truth = generator.random(800)
    kept = Kept((generator.random(800) < truth).astype(int), np.repeat([0, 1], 400))
    worse = measure(kept, np.clip(truth + generator.normal(0, 0.3, 800), 0.01, 0.99), 1.0, truth)
    same = measure(kept, truth, 1.0, truth)
    assert worse.auc_difference is not None
    assert same.auc_difference is not None
    assert worse.auc_difference.high < 0
    assert worse.auc_difference.value == pytest.approx(worse.auc - same.auc)
    assert (same.auc_difference.low, same.auc_difference.high) == (0, 0)


def test_probabilities_that_are_none_are_refused():
    with pytest.raises(ValueError, match="outside 0 to 1"):
        measure(Kept(np.array([0, 1]), np.zeros(2, int)), np.array([0.2, np.nan]), 1.0)


def page(tmp_path: Path, between: str = "") -> Path:
    path = tmp_path / "page.md"
    path.write_text(f"# Title\n\nBefore.\n\n{START}\n{between}\n{END}\n\nAfter.\n", encoding="utf-8")
    return path


def section(title: str, auc: float = 0.7) -> str:
    figures = Figures(auc, 0.4, 0.1, 0.02, 2.5, 2.0, 40, 1.26)
    return render(Section(title, "Newest 30%.", "10 leads.", {"leadloop": figures}, ("Made now.",)))


def test_a_set_that_was_run_again_is_replaced_and_the_others_stay(tmp_path):
    path = page(tmp_path)
    write(path, {"B": section("B"), "A": section("A")}, ("A", "B"))
    write(path, {"B": section("B", 0.8)}, ("A", "B"))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Title\n\nBefore.\n\n<!-- accuracy: start -->\n\n### A\n")
    assert text.endswith("\n\nMade now.\n\n<!-- accuracy: end -->\n\nAfter.\n")
    assert text.count("### ") == 2
    assert text.index("| 0.700 |") < text.index("### B") < text.index("| 0.800 |")


def test_writing_the_same_twice_changes_nothing(tmp_path):
    path = page(tmp_path)
    write(path, {"A": section("A"), "B": section("B")}, ("A", "B"))
    once = path.read_text(encoding="utf-8")
    write(path, {"A": section("A")}, ("A", "B"))
    assert path.read_text(encoding="utf-8") == once


def test_a_page_without_its_place_is_left_alone(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"{END}\n{START}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="once each and in this order"):
        write(path, {"A": section("A")}, ("A",))
    assert path.read_text(encoding="utf-8") == f"{END}\n{START}\n"


def test_the_documentation_has_a_place_for_the_tables():
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert text.count(START) == 1
    assert text.count(END) == 1


def run_accuracy(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.accuracy", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), **environment},
        capture_output=True,
        text=True,
    )


def test_what_is_not_on_the_machine_is_skipped_with_a_word_on_what_is_missing(tmp_path):
    answer = run_accuracy(LEADLOOP_DATA=str(tmp_path), LEADLOOP_PEERS=str(tmp_path))
    assert answer.returncode == 0, answer.stderr
    assert "flaml, autogluon, autogluon_good: skipped: `make peers`" in answer.stdout
    for data_set in SETS:
        assert f"{data_set.name}: skipped: {data_set.files[0]} is not here" in answer.stdout


def test_half_a_table_is_not_published():
    answer = run_accuracy("--write", "--methods", "leadloop")
    assert answer.returncode == 2
    assert "every method or none" in answer.stderr
