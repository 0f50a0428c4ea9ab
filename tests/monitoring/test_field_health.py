"""Fields that a mistake broke are found; leads that merely changed are not taken for one."""

import numpy as np
import polars as pl
import pytest

from leadloop.monitoring.field_health import find_broken_fields

KINDS = [("size", "number"), ("industry", "category"), ("asked", "boolean"), ("notes", "text")]


def leads(seed=0, count=300, **changes):
    draw = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "size": draw.gamma(2, 40, count),
            "industry": draw.choice(["retail", "banks", "health"], count, p=[0.5, 0.3, 0.2]),
            "asked": draw.random(count) < 0.4,
            "notes": ["they asked"] * count,
        }
    )
    return frame.with_columns(**changes)


def broken(now):
    return {(one.field, one.how) for one in find_broken_fields(leads(1), now, KINDS)}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"size": pl.lit(None, pl.Float64)}, {("size", "emptied")}),
        ({"size": pl.lit(0.0)}, {("size", "the same for all")}),
        ({"size": pl.col("size") * 1000}, {("size", "another scale")}),
        ({"size": pl.col("size") / 12}, {("size", "another scale")}),
        ({"industry": pl.lit("retail")}, {("industry", "the same for all")}),
        ({"asked": pl.lit(False)}, {("asked", "the same for all")}),
        (
            {"industry": pl.when(pl.int_range(pl.len()) % 3 > 0).then(None).otherwise("industry")},
            {("industry", "emptied")},
        ),
    ],
)
def test_what_a_mistake_does_to_a_field_is_found(changes, found):
    assert broken(leads(2, **changes)) == found


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"size": pl.col("size") * 3},
        {"size": pl.col("size") + 60},
        {"industry": pl.when(pl.int_range(pl.len()) % 5 > 0).then(pl.lit("health")).otherwise("industry")},
        {"asked": pl.int_range(pl.len()) % 5 > 0},
        {"notes": pl.lit("not any more")},
    ],
)
def test_leads_that_changed_are_not_broken(changes):
    assert broken(leads(2, **changes)) == set()


def test_of_few_leads_nothing_is_said():
    assert find_broken_fields(leads(1), leads(2, count=49, size=pl.lit(0.0)), KINDS) == ()


def test_numbers_of_employees_are_ranges_and_break_like_any_number():
    draw = np.random.default_rng(3)
    low = draw.integers(5, 500, 300)
    before = pl.DataFrame({"staff": [{"low": int(one), "high": int(one) + 50} for one in low]})
    after = pl.DataFrame({"staff": [{"low": int(one) * 100, "high": int(one) * 100 + 50} for one in low]})
    assert [one.how for one in find_broken_fields(before, after, [("staff", "employees")])] == ["another scale"]
    assert find_broken_fields(before, before.reverse(), [("staff", "employees")]) == ()
