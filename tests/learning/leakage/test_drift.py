"""Whether new leads look different from old ones, and which fields say so."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
from tests.learning.leakage.test_on_public_data import bank, x_education

from leadloop.learning.leakage import compare_parts

pytest.importorskip("lightgbm")


def parts(old: int, new: int, *, fields: int = 4, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Two parts drawn alike: numbers, categories, some values missing."""
    random = np.random.default_rng(seed)
    count = old + new
    columns = {f"n{at}": random.normal(size=count) for at in range(fields // 2)}
    columns |= {f"c{at}": random.choice(list("abcdef"), count) for at in range(fields - fields // 2)}
    frame = pl.DataFrame(columns).with_columns(n0=pl.when(pl.Series(random.random(count) < 0.8)).then("n0"))
    kinds = {name: "number" if name.startswith("n") else "category" for name in columns}
    return frame[:old], frame[old:], kinds


def test_parts_drawn_alike_look_alike_in_nearly_all_of_forty_files():
    found = [compare_parts(*parts(600, 300, seed=seed), seed=seed) for seed in range(40)]
    assert sum(it is not None and it.low <= 0.5 <= it.high for it in found) >= 34
    assert not any(it is None or it.warns for it in found)
    assert "look like" in found[0].sentence  # type: ignore[union-attr]


@pytest.mark.parametrize("field", ["n1", "c1"])
def test_the_field_that_moved_is_named_first_with_its_share_and_what_it_tells_alone(field: str):
    old, new, kinds = parts(1_000, 500)
    moved = pl.col(field) + 1.5 if field == "n1" else pl.col(field).replace({"a": "g", "b": "h", "c": "g"})
    found = compare_parts(old, new.with_columns(moved), kinds)
    assert found is not None
    assert found.warns
    assert found.auc > 0.7
    assert found.fields[0].field == field
    assert found.fields[0].gain_share > 0.5
    assert found.fields[0].auc == pytest.approx(found.auc, abs=0.06)
    assert sum(it.gain_share for it in found.fields) == pytest.approx(1)
    assert f"“{field}”" in found.sentence
    assert "different" in found.sentence


def test_a_field_that_is_filled_in_one_part_only_gives_it_away():
    old, new, kinds = parts(600, 300)
    found = compare_parts(old, new.with_columns(c0=pl.lit(None, dtype=pl.String)), kinds)
    assert found is not None
    assert (found.fields[0].field, found.fields[0].auc, found.auc) == ("c0", 1.0, 1.0)


def test_times_and_identifiers_are_left_out_since_they_tell_the_date_by_their_nature():
    old, new, kinds = parts(600, 300)
    named = [part.with_columns(id=pl.int_range(pl.len()) + start) for part, start in ((old, 0), (new, 600))]
    found = compare_parts(*named, kinds | {"id": "id"})
    assert found is not None
    assert not found.warns
    assert "id" not in {it.field for it in found.fields}
    assert compare_parts(old, new, {"n0": "time"}) is None


def test_a_part_of_a_few_leads_is_not_judged():
    assert compare_parts(*parts(600, 99)) is None


def test_the_same_leads_and_seed_give_the_same_answer():
    assert compare_parts(*parts(600, 300), seed=3) == compare_parts(*parts(600, 300), seed=3)


def test_a_large_file_is_sampled_and_ten_thousand_leads_cost_under_a_cpu_second():
    large = compare_parts(*parts(30_000, 10_000))
    assert large is not None
    assert large.rows == 20_000
    leads = parts(7_000, 3_000, fields=30)
    start = time.process_time()
    compare_parts(*leads)
    assert time.process_time() - start < 1


def test_the_economy_gives_new_calls_of_the_bank_away_and_the_vendors_scores_new_leads_of_x_education():
    for load, culprit in ((bank, "euribor3m"), (x_education, "Asymmetrique Activity Index")):
        leads = load()
        frame = leads.frame[np.argsort(leads.order, kind="stable")]  # type: ignore[arg-type]
        cut = int(0.7 * frame.height)
        found = compare_parts(frame[:cut], frame[cut:], leads.kinds)
        assert found is not None
        assert found.warns
        assert found.fields[0].field == culprit
