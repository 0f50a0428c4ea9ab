import numpy as np
import polars as pl
import pytest

from leadloop.features.numbers import BooleansBlock, EmployeesBlock, NumbersBlock
from leadloop.leads import Field
from leadloop.leads.frame import DTYPES

VISITS, PRICE = Field("visits", "number", "intake"), Field("price", "money", "intake")


def fitted(values: list[float | None], field: Field = VISITS) -> NumbersBlock:
    return NumbersBlock.fit(pl.DataFrame({field.name: values}, schema={field.name: pl.Float64}), [field])


def column(block: NumbersBlock, *values: float | None) -> list[float]:
    data = pl.DataFrame({block.reads[0]: values}, schema={block.reads[0]: pl.Float64})
    return block.values(data)[:, 0].tolist()


def test_ordinary_numbers_are_left_as_they_are():
    block = fitted([float(value) for value in range(1, 1001)])
    assert column(block, 1, 500.5, 1000) == [1, 500.5, 1000]


def test_a_mistyped_value_in_training_does_not_move_the_fences_to_itself():
    block = fitted([float(value) for value in range(1000)] + [1e12])
    assert block.high[0] < 3000
    assert column(block, 1e12, -1e12) == [pytest.approx(block.high[0]), 0.0]


def test_honest_skew_passes_the_fences():
    skewed = np.exp(np.random.default_rng(0).normal(0, 1, 5000)).tolist()
    block = fitted(skewed)
    assert np.mean(np.array(skewed) > block.high[0]) < 0.01


def test_the_few_who_differ_from_a_shared_value_are_not_fenced_out():
    assert column(fitted([0.0] * 995 + [3.0, 4.0, 5.0, 6.0, 7.0]), 0, 5, 7) == [0, 5, 7]
    assert column(fitted([999.0] * 960 + [float(value % 9) for value in range(40)]), 999, 3) == [999, 3]
    assert column(fitted([0.0] * 950 + [float(value) for value in range(100, 150)]), 0, 120) == [0, 120]


def test_money_is_on_a_log_scale_and_keeps_its_sign():
    block = fitted([-500.0, 0.0, 99.0, 999.0] * 10, PRICE)
    assert column(block, 99, -99, 0) == pytest.approx([np.log(100), -np.log(100), 0], rel=1e-6)


def test_a_missing_number_stays_missing():
    assert np.isnan(column(fitted([1.0, 2.0, None]), None)).all()
    assert np.isnan(column(fitted([None, None]), None)).all()


def test_the_largest_numbers_stay_finite():
    values = [1e308, -1e308, 0.0, 1.0] * 5
    for field in (VISITS, PRICE):
        assert np.isfinite(column(fitted(values, field), *values)).all()


def test_yes_is_one_no_is_zero_and_not_given_is_missing():
    values = BooleansBlock(("a", "b")).values(pl.DataFrame({"b": [True, None], "a": [False, True]}))
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, [[0, 1], [1, np.nan]])


def test_a_company_size_is_the_middle_of_its_band_on_a_log_scale():
    bands = [{"low": 9.0, "high": 9.0}, {"low": 9.0, "high": 99.0}, None]
    data = pl.DataFrame({"employees": bands}, schema={"employees": DTYPES["employees"]})
    expected = [[np.log(10), 1], [(np.log(10) + np.log(100)) / 2, 0], [np.nan, np.nan]]
    np.testing.assert_allclose(EmployeesBlock("employees").values(data), expected, rtol=1e-6)
