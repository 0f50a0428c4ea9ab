"""How much of a field the date alone tells."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.learning.leakage.test_on_public_data import bank

from leadloop.errors import DataError
from leadloop.learning.leakage import time_share

LEADS = 3_000
WHEN = np.arange(LEADS) / LEADS


def share(values: object, kind: str, **more: object) -> float:
    return time_share(pl.DataFrame({"field": values}), {"field": kind}, **more)["field"]  # type: ignore[arg-type]


def test_what_varies_from_lead_to_lead_tells_no_time():
    random = np.random.default_rng(0)
    assert share(random.normal(size=LEADS), "number") < 0.02
    assert share(random.choice(["a", "b", "c"], LEADS), "category") < 0.02
    assert share(random.random(LEADS) < 0.5, "boolean") < 0.02


def test_an_index_tells_the_time_whether_it_climbs_or_swings():
    assert share(np.floor(WHEN * 30), "number") > 0.99
    assert share(np.sin(np.floor(WHEN * 30)), "number") > 0.99


def test_a_number_half_of_which_is_the_time_has_half_a_share():
    noise = np.random.default_rng(1).normal(size=LEADS)
    drift = (WHEN - 0.5) * np.sqrt(12)
    assert share(drift + noise, "number") == pytest.approx(0.5, abs=0.04)


def test_one_value_beyond_all_others_hides_nothing():
    values = np.floor(WHEN * 30)
    values[7] = 1e12
    assert share(values, "number") > 0.98


def test_a_campaign_of_a_few_weeks_tells_the_time_and_a_lasting_one_does_not():
    random = np.random.default_rng(2)
    short = np.where((WHEN > 0.4) & (WHEN < 0.5), "spring", random.choice(["web", "phone"], LEADS))
    assert share(short, "category") > 0.9
    lasting = np.where(random.random(LEADS) < 0.1, "spring", random.choice(["web", "phone"], LEADS))
    assert share(lasting, "category") < 0.02


@pytest.mark.parametrize("kind", ["number", "category", "text", "phone", "id"])
def test_a_field_introduced_half_way_tells_the_time_by_being_filled(kind: str):
    values = pl.Series([str(n % 7) if n >= LEADS / 2 else None for n in range(LEADS)])
    assert share(values.cast(pl.Float64) if kind == "number" else values, kind) > 0.95


def test_a_mail_domain_is_judged_and_not_the_address():
    old = [f"p{n}@{'old' if n < LEADS / 2 else 'new'}.example" for n in range(LEADS)]
    assert share(old, "email") > 0.95
    assert share([f"p{n}@firm.example" for n in range(LEADS)], "email") == 0


def test_the_order_counts_and_not_the_place_in_the_file():
    shuffled = np.random.default_rng(3).permutation(LEADS)
    values = np.floor(WHEN * 30)[shuffled]
    assert share(values, "number") < 0.02
    assert share(values, "number", order=WHEN[shuffled]) > 0.99
    with pytest.raises(DataError, match="3 entries"):
        share(values, "number", order=np.arange(3))


def test_leads_of_one_moment_are_no_time_at_all():
    assert share(np.arange(LEADS), "number", order=np.zeros(LEADS)) == 0
    assert share([1, 2, 3], "number") == 0


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, width=32)), max_size=120), st.integers(1, 40))
def test_a_share_lies_between_nought_and_one_for_any_numbers(values: list[float | None], blocks: int):
    assert 0 <= share(pl.Series(values, dtype=pl.Float64), "number", blocks=blocks) <= 1


def test_the_banks_indices_tell_the_time_and_what_it_asks_of_people_does_not():
    leads = bank()
    start = time.process_time()
    shares = time_share(leads.frame, leads.kinds)
    assert time.process_time() - start < 2
    indices = {"emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed", "month"}
    assert min(shares[name] for name in indices) > 0.85
    assert max(shares[name] for name in ("age", "job", "marital", "education", "housing", "loan", "duration")) < 0.15
