import json

import numpy as np
import polars as pl
import pytest

from leadloop.errors import PlaybookError, VersionError
from leadloop.features.functions import FunctionsBlock, feature, sample
from leadloop.leads import Field, LeadSchema
from leadloop.leads.frame import DTYPES

SCHEMA = LeadSchema(
    (
        Field("visits", "number", "intake"),
        Field("days", "number", "intake"),
        Field("employees", "employees", "intake"),
        Field("notes", "text", "intake"),
        Field("came", "time", "intake"),
        Field("founded", "time", "intake"),
        Field("subscribed", "boolean", "intake"),
        Field("premium", "money", "outcome"),
    )
)


@feature(reads=["visits", "days"])
def visits_per_day(least_days=1):
    """Visits a day. Young leads count as one day old."""
    return pl.col("visits") / pl.col("days").clip(lower_bound=least_days)


@feature(reads=["employees"])
def company_size():
    """Employees on a log scale."""
    return pl.col("employees").log1p()


@feature(reads=["notes"])
def asks_price():
    return pl.col("notes").str.contains("(?i)price|cost")


FUNCTIONS = (visits_per_day, company_size, asks_price)


def leads(**columns: list[object]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    return pl.DataFrame(
        {field.name: columns.get(field.name, [None] * rows) for field in SCHEMA.fields},
        schema={field.name: DTYPES[field.type] for field in SCHEMA.fields},
    )


def refusals(*functions) -> str:
    with pytest.raises(PlaybookError) as caught:
        FunctionsBlock.fit(functions, SCHEMA, "intake")
    return str(caught.value)


def test_each_function_is_a_column_of_its_own():
    block = FunctionsBlock.fit(FUNCTIONS, SCHEMA, "intake")
    data = leads(
        visits=[6.0, 6.0, None],
        days=[3.0, 0.0, 1.0],
        employees=[{"low": 99.0, "high": 99.0}, {"low": 9.0, "high": 999.0}, None],
        notes=["What does it COST?", "hello", None],
    )
    values = block.values(data)
    assert values.dtype == np.float32
    np.testing.assert_allclose(
        values, [[2, np.log(100), 1], [6, (np.log(10) + np.log(1000)) / 2, 0], [np.nan, np.nan, np.nan]], rtol=1e-6
    )
    assert [(held.name, held.binary) for held in block.columns] == [
        ("visits_per_day", False),
        ("company_size", False),
        ("asks_price", True),
    ]
    assert block.reads == ("visits", "days", "employees", "notes")
    assert block.labels == {
        "visits_per_day": "Visits a day.",
        "company_size": "Employees on a log scale.",
        "asks_price": "",
    }


def test_a_feature_is_tried_on_a_sample_as_it_is_written():
    frame = sample(visits=[6, 2.5, None], days=[3, 0, 1])
    assert frame.select(visits_per_day()).to_series().to_list() == [2.0, 2.5, None]


def test_what_cannot_be_computed_is_missing_and_what_is_too_large_stays_finite():
    @feature(reads=["visits", "days"])
    def ratio():
        return pl.col("visits") / pl.col("days")

    block = FunctionsBlock.fit([ratio], SCHEMA, "intake")
    values = block.values(leads(visits=[1.0, 0.0, 1e300, -1e300], days=[0.0, 0.0, 1e-5, 1.0]))[:, 0]
    assert np.isnan(values[:2]).all()
    assert (values[2:] == [np.finfo(np.float32).max, -np.finfo(np.float32).max]).all()


def test_a_lead_alone_gets_exactly_what_it_gets_in_a_batch():
    @feature(reads=["visits"])
    def rounding_error():
        return pl.col("visits") / 3 * 3 - pl.col("visits")  # nothing but the last digit is left

    block = FunctionsBlock.fit([rounding_error], SCHEMA, "intake")
    data = leads(visits=[float(value) for value in np.random.default_rng(0).normal(size=500) * 1e9])
    together = block.values(data)
    alone = np.vstack([block.values(data[row : row + 1]) for row in range(data.height)])
    in_chunks = block.values(pl.concat([data[:1], data[1:2], data[2:]], rechunk=False))
    constant = block.values(data[:9].with_columns(visits=pl.lit(data["visits"][3])))
    assert together.any()
    assert (constant == together[3]).all()
    assert alone.tobytes() == in_chunks.tobytes() == together.tobytes()


def test_a_saved_block_is_plain_json_and_gives_the_same_values_without_the_functions():
    calls = []

    @feature(reads=["visits"])
    def counted():
        calls.append(1)
        return pl.col("visits").log1p()

    block = FunctionsBlock.fit([counted, *FUNCTIONS], SCHEMA, "intake")
    text = json.dumps(block.state())
    again = FunctionsBlock.from_state(json.loads(text))
    data = leads(visits=[1.0, None], days=[2.0, 3.0], notes=["price", None])
    np.testing.assert_array_equal(again.values(data), block.values(data))
    assert again.columns == block.columns
    assert len(calls) == 1


def test_a_field_known_only_later_is_refused():
    @feature(reads=["premium"])
    def quote():
        return pl.col("premium").log1p()

    assert "features.quote  reads “premium”, known at outcome; this playbook scores at intake" in refusals(quote)


def test_an_undeclared_or_unknown_or_unused_field_is_refused():
    @feature(reads=["visits"])
    def sneaky():
        return pl.col("visits") + pl.col("premium")

    @feature(reads=["visit"])
    def misspelt():
        return pl.col("visit")

    @feature(reads=["visits", "days"])
    def boastful():
        return pl.col("visits")

    @feature(reads=[])
    def constant():
        return pl.lit(1.0)

    message = refusals(sneaky, misspelt, boastful, constant)
    assert message.startswith("features: 4 problems")
    assert "features.sneaky    reads “premium” without saying so" in message
    assert "reads “visit”, which is no field; perhaps “visits”" in message
    assert "says that it reads “days” and does not" in message
    assert "features.constant  reads no field" in message


def test_python_on_values_is_refused_with_a_way_out():
    @feature(reads=["visits"])
    def doubled():
        return pl.col("visits").map_batches(lambda values: values * 2, return_dtype=pl.Float64)

    assert "runs Python code on each value" in refusals(doubled)
    assert "write it with Polars expressions" in refusals(doubled)


def test_what_looks_at_other_leads_or_is_no_number_is_refused():
    @feature(reads=["visits"])
    def above_average():
        return pl.col("visits") - pl.col("visits").mean()

    @feature(reads=["came", "founded"])
    def age():
        return pl.col("came") - pl.col("founded")

    @feature(reads=["notes"])
    def words():
        return pl.col("notes").str.to_lowercase()

    @feature(reads=["notes"])
    def broken_pattern():
        return pl.col("notes").str.contains("(")

    @feature(reads=["notes"])
    def wrong_type():
        return pl.col("notes").str.len_chars() > "x"

    message = refusals(above_average, age, words, broken_pattern, wrong_type)
    assert "features: 5 problems" in message
    assert "looks at other leads (Agg)" in message
    assert "gives Duration" in message
    assert "gives String and not a number" in message
    assert message.count("cannot be computed") == 2


def test_a_function_that_fails_or_gives_something_else_is_refused():
    @feature(reads=["visits"])
    def failing():
        raise RuntimeError("no luck")

    @feature(reads=["visits"])
    def wants_more(column):
        return pl.col(column)

    @feature(reads=["visits"])
    def gives_text():
        return "visits"

    def undecorated():
        return pl.col("visits")

    @feature(reads=["visits"])
    def days():
        return pl.col("visits")

    message = refusals(failing, wants_more, gives_text, undecorated, days, visits_per_day, visits_per_day)
    assert "fails: RuntimeError: no luck" in message
    assert "features.wants_more" in message
    assert "gives str and not a Polars expression" in message
    assert "does not say what it reads" in message
    assert "has the name of a field" in message
    assert "is there twice" in message


def test_a_single_name_may_be_given_as_text():
    assert feature(reads="visits")(lambda: pl.col("visits")).reads == ("visits",)


def spoilt(**changes: object) -> dict[str, object]:
    state = json.loads(json.dumps(FunctionsBlock.fit([company_size], SCHEMA, "intake").state()))
    state["functions"][0] |= changes
    return state


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"functions": [], "types": [["visits", "blob"]]},
        {"functions": ["company_size"], "types": []},
        {"functions": [{"name": "x"}], "types": []},
        spoilt(tree={"Column": "visits"}),
        spoilt(tree={"Literal": {"Dyn": {"Int": 1}}}),
        spoilt(tree={"Agg": {"Sum": {"Column": "employees"}}}),
        spoilt(tree="Len"),
        spoilt(tree=None),
        spoilt(reads=["employees", "visits"]),
        spoilt(reads=[]),
        spoilt(reads=None),
    ],
)
def test_a_spoilt_state_is_refused(state):
    with pytest.raises(VersionError):
        FunctionsBlock.from_state(state)


def test_no_functions_make_no_columns():
    block = FunctionsBlock.fit([], SCHEMA, "intake")
    assert block.values(leads(visits=[1.0, 2.0])).shape == (2, 0)
