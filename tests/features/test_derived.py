"""Derived features: what two fields say together."""

import json

import numpy as np
import polars as pl
import pytest
from tests.leads_for_tests import PLAYBOOK, make_leads

from leadloop.features import FeatureSet
from leadloop.features.derived import DerivedBlock
from leadloop.playbook import Derived

TYPES = {"minutes": "number", "pages": "number", "staff": "employees", "source": "category", "form": "category"}
TYPES |= {"asked": "time", "seen": "time", "member": "boolean"}


def fit(kind, reads, **columns):
    data = pl.DataFrame(columns)
    return DerivedBlock.fit(Derived(kind, reads), TYPES, data, np.zeros(data.height))[0], data


def test_a_ratio_is_missing_where_nothing_can_be_divided():
    block, data = fit("ratio", ("minutes", "pages"), minutes=[6.0, 5.0, None, 8.0], pages=[2.0, 0.0, 1.0, None])
    assert block.values(data)[:, 0].tolist() == pytest.approx([3.0, np.nan, np.nan, np.nan], nan_ok=True)


def test_differences_and_products_are_what_they_say():
    columns = {"minutes": [6.0, 5.0], "pages": [2.0, 3.0]}
    for kind, wanted in (("difference", [4.0, 2.0]), ("product", [12.0, 15.0])):
        block, data = fit(kind, ("minutes", "pages"), **columns)
        assert block.values(data)[:, 0].tolist() == wanted


def test_a_company_size_is_read_as_the_middle_of_its_band():
    block, data = fit("ratio", ("staff", "pages"), staff=[{"low": 8.0, "high": 8.0}] * 2, pages=[2.0, 4.0])
    assert block.values(data)[:, 0].tolist() == [4.0, 2.0]


def test_days_run_from_the_first_time_to_the_second():
    from datetime import datetime

    block, data = fit("days_between", ("asked", "seen"), asked=[datetime(2025, 3, 1)], seen=[datetime(2025, 3, 3, 12)])
    assert block.values(data)[:, 0].tolist() == [2.5]


def test_a_value_never_seen_is_as_frequent_as_one_that_was_alone():
    cells = pl.DataFrame({"source": ["a"] * 7 + ["b"] * 2 + ["c"]})
    block, values = DerivedBlock.fit(Derived("frequency", ("source",)), TYPES, cells, np.zeros(10))
    assert values[:, 0].tolist() == pytest.approx([0.6] * 7 + [0.1] * 2 + [0.0])
    assert block.values(pl.DataFrame({"source": ["A ", "new"]}))[:, 0].tolist() == pytest.approx([0.7, 0.0])


def test_a_deviation_is_taken_from_the_mean_of_leads_with_the_same_value():
    columns = {"minutes": [0.0, 20.0] * 200 + [20.0, 40.0] * 200, "source": ["web"] * 400 + ["fair"] * 400}
    block, _ = fit("deviation", ("minutes", "source"), **columns)
    asked = pl.DataFrame({"minutes": [20.0, 20.0, 20.0], "source": ["web", "fair", "unknown"]})
    low, high, unknown = block.values(asked)[:, 0]
    assert (low, high) == pytest.approx((10.0, -10.0), abs=1)
    assert unknown == pytest.approx(0.0)


def crossed(won_if, leads=4_000):
    draw = np.random.default_rng(1)
    source, form = draw.choice(["web", "fair"], leads), draw.choice(["demo", "news"], leads)
    positive = (draw.random(leads) < won_if(source == "web", form == "demo")).astype(float)
    data = pl.DataFrame({"source": source, "form": form})
    return DerivedBlock.fit(Derived("cross", ("source", "form")), TYPES, data, positive, np.arange(leads) % 5), data


def test_a_cross_tells_what_the_pair_knows_beyond_its_two_values():
    (block, values), data = crossed(lambda web, demo: np.where(web == demo, 0.6, 0.3))
    pairs = pl.DataFrame({"source": ["web", "web", None], "form": ["demo", "news", "demo"]})
    good, poor, unknown = block.values(pairs)[:, 0]
    assert good > 0.4
    assert poor < -0.4
    assert unknown == 0
    assert np.corrcoef(values[:, 0], block.values(data)[:, 0])[0, 1] > 0.99


def test_a_cross_of_values_that_add_up_is_near_nothing():
    (block, _), data = crossed(lambda web, demo: 1 / (1 + np.exp(1 - web - demo)))
    assert np.abs(block.values(data)).max() < 0.15


def test_each_training_lead_learns_from_other_leads_only():
    draw = np.random.default_rng(2)
    data = pl.DataFrame({"source": draw.choice(list("abcdefghij"), 600), "form": draw.choice(list("klmnopqrst"), 600)})
    positive = (draw.random(600) < 0.5).astype(float)
    derived = Derived("cross", ("source", "form"))
    _, own = DerivedBlock.fit(derived, TYPES, data, positive)
    _, others = DerivedBlock.fit(derived, TYPES, data, positive, np.arange(600) % 5)
    assert np.corrcoef(own[:, 0], positive)[0, 1] > 0.12
    assert np.corrcoef(others[:, 0], positive)[0, 1] < 0.08


def test_a_playbook_with_derived_features_has_their_columns_and_no_others():
    from dataclasses import replace

    playbook = replace(PLAYBOOK, derived=(Derived("deviation", ("visits", "source"), "visits for the source"),))
    leads, positive, _ = make_leads(500)
    features, matrix = FeatureSet.fit(playbook, leads, positive)
    assert features.columns[-1].name == "visits for the source"
    assert features.columns[-1].rests_on == ("visits", "source")
    again = FeatureSet.from_state(json.loads(json.dumps(features.state())))
    assert np.array_equal(again.matrix(leads.data), matrix, equal_nan=True)
    without = [field for field in playbook.scoring_schema.fields if field.name not in ("id", "source")]
    bare, _ = FeatureSet.fit(playbook, leads, positive, fields=without)
    assert "visits for the source" not in [column.name for column in bare.columns]


@pytest.mark.parametrize(
    "change", [{"makes": "sum"}, {"types": ("number", "number")}, {"worth": (1.0,)}, {"fields": ("source",)}]
)
def test_a_state_that_makes_no_sense_is_refused(change):
    (block, _), _ = crossed(lambda web, demo: 0.5 + 0 * web, leads=200)
    with pytest.raises(ValueError, match=r"derived|made of|match|longer|shorter"):
        DerivedBlock.from_state({**block.state(), **change})
