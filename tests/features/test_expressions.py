import json
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_series_equal

from leadloop.features.expressions import LONGEST_TEXT, columns_of, read_expression, write_expression
from leadloop.features.operations import Refused

N, M, S, T, U, B = (pl.col(name) for name in ("n", "m", "s", "t", "u", "b"))

LEADS = pl.DataFrame(
    {
        "n": [None, 0.0, 1.0, -2.5, 1e300, 40.0],
        "m": [3.0, None, 0.0, 7.25, -1e300, 2.0],
        "s": ["Pizza, please", None, "", "a@b.com", "42", "ÄÖ x"],
        "t": [
            datetime(2024, 2, 29, 23, 59),
            None,
            datetime(1, 1, 1),
            datetime(9999, 12, 31),
            datetime(2023, 7, 1, 8),
            None,
        ],
        "u": [datetime(2024, 3, 1), datetime(2020, 1, 1), None, datetime(1970, 1, 1), datetime(2023, 7, 1, 7), None],
        "b": [True, False, None, True, False, None],
    },
    schema_overrides={"t": pl.Datetime("us"), "u": pl.Datetime("us")},
)

ALLOWED = {
    "arithmetic": ((N + 1) * 2 - M) / 3,
    "floor and remainder": N // 2 + M % 3,
    "negation and power": -(N**2) + M.sqrt() + N.cbrt(),
    "power of a number": pl.lit(2) ** N,
    "logarithms": N.log1p() + N.log() + N.log10() + N.log(2) + N.exp(),
    "rounding": N.round(2) + N.floor() + N.ceil() + N.round(1, mode="half_away_from_zero"),
    "sign and size": N.abs() * M.sign(),
    "bounds": N.clip(0, 10) + M.clip(lower_bound=-1) + M.clip(upper_bound=1),
    "waves": N.sin() + M.cos() + N.tanh() + pl.arctan2("n", "m"),
    "comparison": (N > 1) & (M <= 2) | (N == 3) & ~(M != 4) ^ (N >= 3),
    "comparison with missing": N.eq_missing(M) | N.ne_missing(3),
    "between": N.is_between(0, 5) | N.is_between(M, 5, closed="left"),
    "when": pl.when(N > 1).then(1.0).when(B).then(M).otherwise(None),
    "missing": N.is_null() | M.is_not_null() | N.is_nan() | N.is_finite() | N.is_infinite() | N.is_not_nan(),
    "filling": N.fill_null(0) + N.fill_nan(None).fill_null(M),
    "first known": pl.coalesce(N, M, 0),
    "across": pl.max_horizontal("n", "m") + pl.min_horizontal("n", "m") + pl.sum_horizontal("n", "m"),
    "mean across": pl.mean_horizontal("n", "m", ignore_nulls=False),
    "any and all": pl.any_horizontal(N > 1, B) & pl.all_horizontal(N > 0, B),
    "membership": S.is_in(["42", "a@b.com"]) | N.is_in([1.0, 40.0]) | S.is_in(["42", None], nulls_equal=True),
    "empty list": S.is_in([]),
    "mapping": S.replace_strict({"42": 1.5, "": 0.25}, default=None),
    "mapping with a column": S.replace_strict({"42": 1.0}, default=N),
    "mapping to a type": S.replace_strict(["42", ""], [1, 2], default=0, return_dtype=pl.Int32),
    "replacing numbers": N.replace(0, None) + M.replace({2.0: 3.0}),
    "text length": S.str.len_chars() + S.str.len_bytes(),
    "text search": S.str.contains("(?i)pizza|com$")
    | S.str.contains("a@", literal=True)
    | S.str.contains_any(["x", "zz"]),
    "text search with case": S.str.contains_any(["PIZZA"], ascii_case_insensitive=True),
    "text ends": S.str.starts_with("P") | S.str.ends_with("com"),
    "text count": S.str.count_matches(r"\w+") + S.str.count_matches("z", literal=True),
    "text parts": S.str.slice(0, 3).str.len_chars() + S.str.head(2).str.len_chars() + S.str.tail(-1).str.len_chars(),
    "text cleaning": S.str.strip_chars().str.to_lowercase().str.strip_chars("ax").str.to_uppercase() == "42",
    "text number": S.str.extract(r"(\d+)", 1).cast(pl.Float64),
    "text list": S.str.split(",").list.len() + S.str.split("@").list.last().str.len_chars(),
    "text list member": S.str.split(",").list.contains("42") | (S.str.split(" ").list.get(1, null_on_oob=True) == "x"),
    "time parts": T.dt.hour() + T.dt.minute() + T.dt.second() + T.dt.weekday() + T.dt.day() + T.dt.month(),
    "more time parts": T.dt.year() + T.dt.quarter() + T.dt.week() + T.dt.ordinal_day(),
    "time between": (T - U).dt.total_days() + (T - U).dt.total_hours(fractional=True) + (T - U).dt.total_minutes(),
    "time against constants": (datetime(2023, 1, 1) < T) & (T + timedelta(days=1, microseconds=7) > U)
    | (date(1980, 1, 1) > U),
    "time built": pl.datetime(2023, 1, 1) < T,
    "day of time": (T.dt.date() - U.dt.date()).dt.total_days(),
    "yes or no as a number": B.cast(pl.Float64) + (N > 0).cast(pl.Int8),
    "constants of a type": N + pl.lit(2, dtype=pl.Int8) + pl.lit(0.5, dtype=pl.Float32),
    "names on the way": ((N + 1).alias("other") * 2).alias("result"),
}


@pytest.mark.parametrize("expression", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_is_kept_computes_the_same_as_what_was_written(expression):
    tree = json.loads(json.dumps(write_expression(expression)))
    again = read_expression(tree)
    expected = LEADS.select(expression.alias("x")).to_series()
    assert_series_equal(LEADS.select(again.alias("x")).to_series(), expected, check_exact=True)


@pytest.mark.parametrize("expression", ALLOWED.values(), ids=ALLOWED.keys())
def test_whatever_is_allowed_looks_at_one_lead_at_a_time(expression):
    again = read_expression(write_expression(expression)).alias("x")
    together = LEADS.select(again).to_series()
    # Twice, as the block does it: Polars divides a single value in another way than many.
    alone = pl.concat([LEADS[[row, row]].select(again)[:1] for row in range(LEADS.height)]).to_series()
    assert_series_equal(alone, together, check_exact=True)
    backwards = LEADS.reverse().select(again).to_series().reverse()
    assert_series_equal(backwards, together, check_exact=True)


@pytest.mark.parametrize("expression", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_is_kept_holds_no_bytes(expression):
    def longest_list_of_numbers(node: object) -> int:
        if isinstance(node, dict):
            return max(map(longest_list_of_numbers, node.values()), default=0)
        if isinstance(node, list):
            return max([sum(type(value) is int for value in node), *map(longest_list_of_numbers, node)])
        return 0

    assert longest_list_of_numbers(write_expression(expression)) <= 2


def test_a_conversion_that_fails_gives_unknown_instead_of_stopping_the_batch():
    converted = read_expression(write_expression(S.cast(pl.Float64)))
    assert LEADS.select(converted).to_series().to_list() == [None, None, None, None, 42.0, None]


OTHER_ROWS = {
    "sum": N.sum(),
    "mean": N - N.mean(),
    "maximum": N / N.max(),
    "count": N / pl.len(),
    "window": N.mean().over("s"),
    "shift": N - N.shift(1),
    "difference": N.diff(),
    "sort": N.sort(),
    "sort by": N.sort_by("m"),
    "rank": N.rank(),
    "running sum": N.cum_sum(),
    "running count": N.cum_count(),
    "sample": N.sample(fraction=1.0, seed=1),
    "shuffle": N.shuffle(seed=1),
    "reverse": N.reverse(),
    "head": N.head(3),
    "first": N.first(),
    "filter": N.filter(N > 0),
    "gather": N.gather([0]),
    "fill from the row before": N.forward_fill(),
    "fill with the mean": N.fill_null(strategy="mean"),
    "interpolate": N.interpolate(),
    "rolling mean": N.rolling_mean(3),
    "weighted mean": N.ewm_mean(com=1),
    "duplicates": N.is_duplicated(),
    "first of its kind": N.is_first_distinct(),
    "unique": N.unique(),
    "implode": N.implode().list.len(),
    "any row": B.any(),
    "hidden in a condition": pl.when(N.median() < N).then(1).otherwise(0),
    "hidden in an argument": N.clip(0, N.quantile(0.9)),
}


@pytest.mark.parametrize("expression", OTHER_ROWS.values(), ids=OTHER_ROWS.keys())
def test_what_looks_at_other_leads_is_refused(expression):
    with pytest.raises(Refused, match="looks at other leads"):
        write_expression(expression)


REFUSED = {
    "all columns": (pl.all() + 1, "pattern"),
    "a pattern of columns": (pl.col("^n.*$") + 1, "pattern"),
    "several columns": (pl.col("n", "m") + 1, "pattern"),
    "columns by type": (pl.col(pl.Float64) + 1, "pattern"),
    "a list of values by row": (N + pl.Series([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), "list of values"),
    "infinity": (N + float("inf"), "infinite"),
    "a mapping without a default": (S.replace_strict({"42": 1}), "what becomes of others"),
    "a position that may be missing": (S.str.split(",").list.get(3), "too short"),
    "a pattern out of a column": (S.str.contains(pl.col("s")), "computed"),
    "values out of a column": (N.is_in(pl.col("l")), "computed"),
    "a random hash": (S.hash(), "Hash"),
    "reading a date": (S.str.to_date("%Y"), "Strptime"),
    "overflow": (N.cast(pl.Int8, wrap_numerical=True), "overflow"),
    "a number beyond 64 bits": (N + 2**70, "too large"),
    "a list of times": (T.is_in([datetime(2024, 1, 1)]), "list"),
    "Python on values": (N.map_batches(lambda values: values, return_dtype=pl.Float64), "Python code"),
    "Python on each value": (N.map_elements(lambda value: value, return_dtype=pl.Float64), "Python code"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("expression", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_kept_is_refused_with_its_reason(expression, reason):
    with pytest.raises(Refused, match=reason):
        write_expression(expression)


class Canary:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return (Path.touch, (self.path,))

    def __call__(self, values: pl.Series) -> pl.Series:
        return values


def wrappings(node: object) -> list[object]:
    return [
        node,
        {"Alias": [node, "x"]},
        {"KeepName": node},
        {"Function": {"input": [node], "function": "Abs"}},
        {"Function": {"input": [{"Column": "n"}, node], "function": "FillNull"}},
        {"Function": {"input": [{"Column": "n"}, node], "function": {"Boolean": {"IsIn": {"nulls_equal": False}}}}},
        {"BinaryExpr": {"left": {"Column": "n"}, "op": "Plus", "right": node}},
        {"Ternary": {"predicate": {"Column": "b"}, "truthy": node, "falsy": {"Column": "n"}}},
        {"Cast": {"expr": node, "dtype": {"Literal": "Float64"}, "options": "NonStrict"}},
        {"Literal": node},
        {"Values": [node]},
    ]


def test_a_pickle_in_a_saved_expression_never_runs(tmp_path):
    canary = tmp_path / "canary"
    raw = json.loads(N.map_batches(Canary(canary), return_dtype=pl.Float64).meta.serialize(format="json"))
    # The danger is real: Polars' own reader runs it.
    with suppress(TypeError):
        LEADS.select(pl.Expr.deserialize(json.dumps(raw).encode(), format="json"))
    assert canary.exists()
    canary.unlink()
    for tree in wrappings(raw):
        with pytest.raises(Refused):
            read_expression(tree)
    assert not canary.exists()


def nest(depth: int) -> object:
    node: object = {"Column": "n"}
    for _ in range(depth):
        node = {"Function": {"input": [node], "function": "Abs"}}
    return node


def call(function: object, *arguments: object) -> object:
    return {"Function": {"input": list(arguments), "function": function}}


COLUMN, TEXT = {"Column": "n"}, {"Literal": {"Scalar": {"String": "x"}}}
HOSTILE = {
    "nothing": None,
    "a number": 1,
    "a list": [],
    "an empty object": {},
    "two keys": {"Column": "n", "Literal": {"Dyn": {"Int": 1}}},
    "a column that is a pattern": {"Column": "^.*$"},
    "all columns": {"Column": "*"},
    "a column without a name": {"Column": ""},
    "a column that is no text": {"Column": ["n"]},
    "a plug-in": call({"FfiPlugin": {"lib": "/tmp/x.so", "symbol": "x", "kwargs": []}}, COLUMN),
    "a plug-in by another name": call({"FfiPlugin": None}, COLUMN),
    "a selector": {"Selector": "Wildcard"},
    "bytes as a list": {"Literal": {"Scalar": {"List": [255, 255, 255, 255]}}},
    "bytes as a series": {"Literal": {"Series": [255, 255, 255, 255]}},
    "an object": {"Literal": {"Scalar": {"Object": [128, 4]}}},
    "a range": {"Literal": {"Range": {"low": 0, "high": 10**12, "dtype": "Int64"}}},
    "infinity": {"Literal": {"Dyn": {"Float": float("inf")}}},
    "an integer too large": {"Literal": {"Dyn": {"Int": 10**400}}},
    "an integer too large for its type": {"Literal": {"Scalar": {"Int8": 300}}},
    "yes for a number": {"Literal": {"Dyn": {"Int": True}}},
    "a time out of range": {"Literal": {"Scalar": {"Datetime": [2**62, "Microseconds", None]}}},
    "a time with a zone": {"Literal": {"Scalar": {"Datetime": [0, "Microseconds", "Europe/Berlin"]}}},
    "a date out of range": {"Literal": {"Scalar": {"Date": 10**9}}},
    "a text that is too long": {"Literal": {"Scalar": {"String": "x" * (LONGEST_TEXT + 1)}}},
    "a deep tree": nest(500),
    "a very deep tree": nest(100_000),
    "a wide tree": call("MaxHorizontal", *[COLUMN] * 5000),
    "a long list": call({"Boolean": {"IsIn": {"nulls_equal": False}}}, COLUMN, {"Values": list(range(50_000))}),
    "a nested list": call({"Boolean": {"IsIn": {"nulls_equal": False}}}, COLUMN, {"Values": [[1.0]]}),
    "a mixed list": call({"Boolean": {"IsIn": {"nulls_equal": False}}}, COLUMN, {"Values": [1.0, "x"]}),
    "an unknown operator": {"BinaryExpr": {"left": COLUMN, "op": "__import__", "right": COLUMN}},
    "an operator with more parts": {"BinaryExpr": {"left": COLUMN, "op": "Plus", "right": COLUMN, "more": 1}},
    "an unknown function": call("Eval", COLUMN),
    "a function of no family": call({"Python": "eval"}, COLUMN),
    "a function with options it has not": call({"Abs": {"x": 1}}, COLUMN),
    "a function without its options": call("Clip", COLUMN, COLUMN),
    "a function with odd options": call({"Round": {"decimals": 10**9, "mode": "HalfToEven"}}, COLUMN),
    "a function with more options": call({"Round": {"decimals": 1, "mode": "HalfToEven", "x": 1}}, COLUMN),
    "a function with too few arguments": call("FillNull", COLUMN),
    "a function with too many arguments": call("Abs", COLUMN, COLUMN),
    "a function without arguments": {"Function": {"input": None, "function": "Abs"}},
    "bounds that do not match": call({"Clip": {"has_min": True, "has_max": True}}, COLUMN, COLUMN),
    "a conversion to an object": {"Cast": {"expr": COLUMN, "dtype": {"Literal": "Object"}, "options": "NonStrict"}},
    "a conversion that fails": {"Cast": {"expr": COLUMN, "dtype": {"Literal": "Int8"}, "options": "Strict"}},
    "a mapping of unequal lists": {"Function": {"input": [COLUMN, COLUMN, COLUMN], "function": "Replace"}},
    "a shift": call("Shift", COLUMN, {"Literal": {"Dyn": {"Int": 1}}}),
    "an aggregate": {"Agg": {"Sum": COLUMN}},
    "a count": "Len",
}


@pytest.mark.parametrize("tree", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_saved_expression_that_is_not_in_the_list_is_refused(tree):
    with pytest.raises(Refused):
        read_expression(tree)


def test_the_columns_of_an_expression_are_all_found():
    tree = write_expression(pl.when(B).then(N.fill_null(M)).otherwise(S.str.len_chars()))
    assert set(columns_of(tree)) == {"b", "n", "m", "s"}
