"""Feature functions of one lead in plain Python: the same as Polars gives, or left to Polars."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.features.expressions import write_expression
from leadloop.features.functions import FEW, FunctionsBlock, feature
from leadloop.features.one_lead import prepare_for_one
from leadloop.leads import Field, LeadSchema
from leadloop.leads.frame import DTYPES

TYPES = {
    "a": "number", "b": "number", "yes": "boolean", "sure": "boolean", "kind": "category", "size": "employees", "at": "time",
}  # fmt: skip
SCHEMA = LeadSchema(tuple(Field(name, kind, "intake") for name, kind in TYPES.items()), ("intake",))
A, B, YES, SURE, KIND, SIZE, AT = (pl.col(name) for name in TYPES)
numbers = st.none() | st.integers(-5, 5).map(float) | st.floats(-1e6, 1e6) | st.sampled_from([0.1, 0.2, 0.3, 1e300])
flags = st.none() | st.booleans()
leads = st.fixed_dictionaries(
    {
        "a": numbers,
        "b": numbers,
        "yes": flags,
        "sure": flags,
        "kind": st.none() | st.sampled_from(["SaaS", " saas ", "", "İstanbul", "ẞ", "other", "\x1csaas", "a b", "K 3"]),
        "at": st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
        "size": st.none() | st.sampled_from([{"low": 5.0, "high": 5.0}, {"low": 11.0, "high": 50.0}]),
    }
)


def frame(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={name: DTYPES[kind] for name, kind in TYPES.items()})


def block_of(expression: pl.Expr) -> FunctionsBlock:
    def asked() -> pl.Expr:
        return expression

    return FunctionsBlock.fit(
        [feature(reads=list(dict.fromkeys(expression.meta.root_names())))(asked)], SCHEMA, "intake"
    )


SURE_OF = [
    A + B * 2 - 1,
    2.5 * YES + A,
    A / B,
    A > B,
    (A >= 2) & (B < 3) | YES,
    ~YES & SURE,
    A == 2,
    KIND == "SaaS",
    KIND != "SaaS",
    A.is_null() | B.is_not_null(),
    A.fill_null(0) + B.fill_null(1.5),
    YES.fill_null(False),
    A.clip(0, 10),
    A.clip(0.5, None) + B.clip(None, 2),
    A.is_between(0, 3),
    pl.when(YES).then(A).when(B > 0).then(1.0).otherwise(None),
    pl.when(A > 0).then(SURE).otherwise(YES),
    pl.sum_horizontal([A, B, YES]),
    pl.sum_horizontal([YES, SURE, A > 0]),
    pl.min_horizontal([A, B]) + pl.max_horizontal([A, B]),
    pl.coalesce([A, B]),
    KIND.str.to_lowercase().str.strip_chars().is_in(["saas", "other"]),
    KIND.str.to_lowercase().replace_strict(["saas", "other"], [1.0, 2.5], default=None),
    SIZE >= 20,
    SIZE + A,
    YES.cast(pl.Float64) * A,
    A / 3,
    pl.sum_horizontal([YES.cast(pl.Float64), SURE.fill_null(False).cast(pl.Float64)]) / 5 - A / 0.1,
    A.log1p(),
    (A / B).log1p() / 7,
    KIND.str.contains(r"\S\s+\S").fill_null(False),
    KIND.str.contains(r"(?i)^k\b|saas?$"),
    KIND.str.to_lowercase().replace_strict(["saas", "other"], [3, 1], default=None, return_dtype=pl.Float64) * 2.5,
    KIND.replace_strict(["SaaS", "other"], [1.0, 0.5], default=0.25, return_dtype=pl.Float64),
    (AT.dt.month() >= 11) | ((AT.dt.month() == 1) & (AT.dt.day() <= 15)),
    (AT.dt.weekday() < 6) & (AT.dt.hour() >= 8) & (AT.dt.minute() != 30) & (AT.dt.year() > 2000),
    AT.dt.hour().cast(pl.Float64) / 24,
]
LEFT_TO_POLARS = [
    1 / A,
    A / 0,
    YES / 3,
    KIND.str.contains("s{2}"),
    KIND.str.contains("[[:alpha:]]"),
    KIND.str.contains("a++"),
    AT.dt.month() + A,
    datetime(2026, 1, 1) < AT,
    YES + SURE,
    A % B,
    KIND.str.len_chars(),
    A.cast(pl.Int64),
    A.is_in([1.0, 2.0]),
    KIND.replace_strict(["SaaS"], [1], default=0),
    pl.sum_horizontal([A, B], ignore_nulls=False),
]


@pytest.mark.parametrize("expression", SURE_OF, ids=str)
@settings(deadline=None, max_examples=60)
@given(rows=st.lists(leads, min_size=1, max_size=FEW))
def test_plain_python_gives_what_polars_gives(expression, rows):
    assert prepare_for_one(write_expression(expression), TYPES) is not None
    block = block_of(expression)
    few = block.values(frame(*rows))
    many = block.values(frame(*rows * (FEW + 1)))
    assert few.tobytes() == many[: len(rows)].tobytes()


@pytest.mark.parametrize("expression", LEFT_TO_POLARS, ids=str)
def test_what_is_not_sure_is_left_to_polars(expression):
    assert prepare_for_one(write_expression(expression), TYPES) is None
    rows = [{"a": 7.0, "b": 3.0, "yes": True, "sure": False, "kind": "SaaS", "size": None, "at": None}]
    block = block_of(expression)
    assert block.values(frame(*rows)).tobytes() == block.values(frame(*rows * 9))[:1].tobytes()


def _expressions() -> st.SearchStrategy[tuple[str, pl.Expr]]:
    number = st.sampled_from([A, B, A.fill_null(0), SIZE, pl.lit(2), pl.lit(0.5)]).map(lambda one: ("number", one))
    flag = st.sampled_from([YES, SURE, YES.fill_null(True), A > B]).map(lambda one: ("flag", one))

    def grow(inner: st.SearchStrategy[tuple[str, pl.Expr]]) -> st.SearchStrategy[tuple[str, pl.Expr]]:
        one = inner.filter(lambda held: held[0] == "number").map(lambda held: held[1])
        said = inner.filter(lambda held: held[0] == "flag").map(lambda held: held[1])
        return st.one_of(
            st.builds(lambda x, y: ("number", x + y), one, one),
            st.builds(lambda x, y: ("number", x - y), one, one),
            st.builds(lambda x, y: ("number", x * y), one, one),
            st.builds(lambda x, y: ("number", x / y), one, one),
            st.builds(lambda x, y: ("flag", x > y), one, one),
            st.builds(lambda x, y: ("flag", x & y), said, said),
            st.builds(lambda x, y: ("flag", x | y), said, said),
            st.builds(lambda x: ("flag", ~x), said),
            st.builds(lambda x: ("flag", x.is_null()), one),
            st.builds(lambda x, y, z: ("number", pl.when(z).then(x).otherwise(y)), one, one, said),
            st.builds(lambda x, y: ("number", pl.sum_horizontal([x, y, A])), one, said),
            st.builds(lambda x: ("number", x.clip(-1, 3)), one),
        )

    return st.recursive(number | flag, grow, max_leaves=6)


@settings(deadline=None, max_examples=150)
@given(held=_expressions(), row=leads)
def test_any_expression_of_one_lead_gives_what_it_gives_among_many(held, row):
    expression = held[1]
    if not expression.meta.root_names():
        return
    block = block_of(expression)
    alone, among = block.values(frame(row)), block.values(frame(*[row] * 9))
    assert np.array_equal(alone[0], among[4], equal_nan=True)
