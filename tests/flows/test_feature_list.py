"""The list of a playbook's features says before training what training makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.testing.broken_playbooks import HEAD, feature, lay

from leadloop.errors import DataError, PlaybookError
from leadloop.features import FeatureSet
from leadloop.flows.feature_list import list_features
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.leads import FIELD_TYPES, Field, LeadSchema
from leadloop.playbook import Derived, Order, Playbook, Target, Training

FIELDS = (
    *(Field(kind, kind, "intake") for kind in FIELD_TYPES if kind not in ("text", "time")),
    Field("note", "text", "intake", terms=20, finds=("budget", "timeline")),
    Field("came", "time", "intake"),
    Field("visited", "time", "intake"),
    Field("pages", "number", "intake"),
    Field("paid", "money", "outcome"),
    Field("won", "boolean", "outcome"),
)
EVERY = Playbook(
    name="every",
    schema=LeadSchema(FIELDS),
    scores_at="intake",
    target=Target("won", column="won", positive=("yes",)),
    training=Training(min_leads=100, min_positives=20),
    order=Order("field", "came"),
    lead_id="id",
    features=("features:doubled",),
    phrases=(("price", ("how much", "price")),),
    derived=(Derived("ratio", ("number", "pages")), Derived("frequency", ("category",))),
)
FEATURES = HEAD + feature("doubled", "pages", '2 * pl.col("pages")').replace("Something about a lead", "Pages, twice")


@pytest.fixture
def folder(tmp_path):
    return lay(tmp_path / "every", EVERY, features=FEATURES)


def make_cells(count=300):
    draw = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "number": draw.integers(1, 50, count).astype(str),
            "money": draw.integers(100, 9_000, count).astype(str),
            "employees": draw.choice(["12", "50-100", "1001+"], count),
            "category": draw.choice(["Google", "Chat", "Referral"], count),
            "boolean": draw.choice(["yes", "no"], count),
            "email": draw.choice(["ada@gmail.com", "info@example.com", "b99@mailinator.com"], count),
            "phone": draw.choice(["+44 20 7946 0000", "12", "0000000000"], count),
            "url": draw.choice(["https://example.com/a", "example.org"], count),
            "id": [f"L{number}" for number in range(count)],
            "note": draw.choice(["How much is it? Our budget is $500.", "We need it by June 2026!", "no"], count),
            "came": [f"{2022 + row % 3}-{1 + row % 12:02d}-{1 + row % 28:02d} {row % 24:02d}:00" for row in range(count)],
            "visited": [f"2021-{1 + row % 12:02d}-{1 + row % 28:02d} {row % 24:02d}:30" for row in range(count)],
            "pages": draw.integers(1, 9, count).astype(str),
            "paid": ["5"] * count,
            "won": draw.choice(["yes", "no"], count),
        }
    )  # fmt: skip


def pattern(name):
    """The name under which the list tells of a column that training made."""
    for start in ("category", "note has the word"):
        if name.startswith(f"{start} = "):
            return f"{start} = VALUE"
    return "note has the word WORD" if name.startswith("note has the word ") else name


def test_every_column_that_training_makes_was_listed_before(folder):
    found = read_playbook(folder)
    leads = found.playbook.schema.read(make_cells()).leads
    won = leads.data["won"].cast(float).to_numpy()
    features, _ = FeatureSet.fit(found.playbook, leads, won, np.arange(len(won)) % 5, functions=found.functions)
    listed = {one.name for one in list_features(folder).features}
    made = {pattern(column.name) for column in features.columns}
    assert made <= listed
    assert listed - made <= {one.name for one in list_features(folder).features if one.fitted}


def test_what_is_fixed_is_for_the_first_lead_what_training_would_make_of_it(folder, tmp_path):
    make_cells().write_csv(tmp_path / "leads.csv")
    listed = {one.name: one for one in list_features(folder, tmp_path / "leads.csv").features if not one.fitted}
    found = read_playbook(folder)
    leads = found.playbook.schema.read(make_cells()).leads
    features, matrix = FeatureSet.fit(found.playbook, leads, np.arange(300) % 2, functions=found.functions)
    for column, value in zip(features.columns, matrix[0], strict=True):
        if column.name in listed:
            assert listed[column.name].example == ("unknown" if np.isnan(value) else f"{value:.4g}"), column.name
    assert len(listed) > 25


def test_every_feature_says_what_it_reads_when_that_is_known_and_what_it_means(folder):
    listed = list_features(folder)
    fields = set(listed.playbook.schema.by_name)
    for one in listed.features:
        assert one.reads
        assert set(one.reads) <= fields
        assert one.known_at == "intake"
        assert one.meaning
        assert "{}" not in one.meaning
    told = {one.name: one for one in listed.features}
    assert told["doubled"].meaning == "Pages, twice."
    assert told["number / pages"].reads == ("number", "pages")
    assert not [one for one in listed.features if "paid" in one.reads or "id" in one.reads]


def test_a_file_beside_the_playbook_gives_the_example_where_no_other_is_named(folder, tmp_path):
    assert list_features(folder).sample == ""
    make_cells(3).with_columns(pages=pl.lit("8")).write_csv(folder / "sample.csv")
    beside = list_features(folder)
    assert beside.sample.endswith("sample.csv")
    assert {one.name: one.example for one in beside.features}["doubled"] == "16"
    make_cells(3).with_columns(pages=pl.lit("3")).write_csv(tmp_path / "other.csv")
    named = list_features(folder, tmp_path / "other.csv")
    assert {one.name: one.example for one in named.features}["doubled"] == "6"


def test_a_file_without_a_readable_lead_is_refused_with_the_reason(folder, tmp_path):
    make_cells(2).with_columns(pages=pl.lit("many")).write_csv(tmp_path / "bad.csv")
    with pytest.raises(DataError, match="pages is not a number"):
        list_features(folder, tmp_path / "bad.csv")


def test_a_feature_of_what_is_known_later_is_refused(tmp_path):
    late = FEATURES.replace("pages", "paid")
    folder = lay(tmp_path / "late", replace(EVERY, derived=()), features=late)
    with pytest.raises(PlaybookError, match="known at outcome"):
        list_features(folder)
