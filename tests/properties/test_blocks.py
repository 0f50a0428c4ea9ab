"""What every block promises, whatever the leads are."""

import json
import os
from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadloop.features.block import Block
from leadloop.features.categories import CategoryBlock
from leadloop.features.contact import EmailBlock, PhoneBlock, UrlBlock
from leadloop.features.derived import DerivedBlock
from leadloop.features.finds import FINDS
from leadloop.features.functions import FunctionsBlock, feature
from leadloop.features.history import HistoryBlock
from leadloop.features.numbers import BooleansBlock, EmployeesBlock, NumbersBlock
from leadloop.features.text import TextBlock
from leadloop.features.times import TimesBlock
from leadloop.leads import Field, LeadSchema
from leadloop.leads.frame import DTYPES
from leadloop.playbook import Derived, History

FIELDS = (
    Field("visits", "number", "intake"),
    Field("price", "money", "intake"),
    Field("employees", "employees", "intake"),
    Field("source", "category", "intake"),
    Field("notes", "text", "intake"),
    Field("subscribed", "boolean", "intake"),
    Field("came", "time", "intake"),
    Field("founded", "time", "intake"),
    Field("email", "email", "intake"),
    Field("phone", "phone", "intake"),
    Field("site", "url", "intake"),
)
SCHEMA = LeadSchema(FIELDS)
TYPES = {field.name: field.type for field in FIELDS}
POLARS = {field.name: DTYPES[field.type] for field in FIELDS}

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-100, 100) | st.integers(0, 20).map(float)
sizes = st.floats(0, 1e9)
cells = {
    "visits": numbers,
    "price": numbers,
    "employees": st.tuples(sizes, sizes).map(lambda ends: {"low": min(ends), "high": max(ends)}),
    "source": st.sampled_from(["google", "Direct", "fax", "new one"]) | st.text(max_size=12),
    "notes": st.lists(
        st.sampled_from(
            [
                "no",
                "pizza",
                "voice",
                "price?",
                "call me.",
                "\n\n",
                "ÄÖ",
                "42",
                "$5k",
                "3+ years",
                "in 2 weeks",
                "by June 31",
                "team of 9",
                "asked if",
                "not,",
                "todo:\n- x",
            ]
        )
    ).map(" ".join)
    | st.text(),
    "subscribed": st.booleans(),
    "came": st.datetimes(),
    "founded": st.datetimes(),
    "email": st.emails() | st.sampled_from(["info@gmail.com", "jane.doe@acme.com", "n/a"]) | st.text(max_size=30),
    "phone": st.from_regex(r"\+?[0-9 ]{3,20}", fullmatch=True) | st.text(max_size=20),
    "site": st.sampled_from(["https://acme.com/x", "acme.de", "acme"]) | st.text(max_size=30),
}


def table(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame({name: [row[name] for row in rows] for name in POLARS}, schema=POLARS)


lead = st.fixed_dictionaries({name: st.none() | cell for name, cell in cells.items()})
leads = st.lists(lead, min_size=1, max_size=12).map(table)


def training() -> tuple[pl.DataFrame, np.ndarray]:
    rng = np.random.default_rng(5)
    words = ["pizza", "voice", "demo", "price", "call", "no", "please", "thanks", "friday"]
    rows = [
        {
            "visits": float(rng.poisson(2)),
            "price": float(rng.lognormal(6, 2)),
            "employees": {"low": 10.0, "high": 50.0},
            "source": str(rng.choice(["google", "direct", "chat", "fax"])),
            "notes": " ".join(rng.choice(words, 8)) + str(rng.choice(["?", "!", ".\n", " x.com"])),
            "subscribed": bool(rng.integers(2)),
            "came": datetime(2021, 1, 1)
            if step == 0
            else datetime(2021 + step % 4, 1 + step % 12, 1 + step % 28, step % 24),
            "founded": datetime(1990 + step % 30, 1 + step % 12, 3),
            "email": "jane@acme.com",
            "phone": "+49 30 1234",
            "site": "acme.com",
        }
        for step in range(300)
    ]
    return table(rows), rng.integers(0, 2, 300).astype(np.float64)


@feature(reads=["visits", "price"])
def visits_per_price():
    """Visits for each thousand of the price."""
    return pl.col("visits") / (pl.col("price") / 1000 + 0.1).clip(lower_bound=0.001)


@feature(reads=["notes", "source"])
def asks_early():
    """Whether a lead from the web asks for a price."""
    return pl.col("notes").str.contains("(?i)price") & pl.col("source").is_in(["google", "direct"])


@feature(reads=["employees"])
def size():
    return pl.col("employees").log1p() / 3


DERIVED = (
    Derived("ratio", ("visits", "price")),
    Derived("difference", ("employees", "visits")),
    Derived("product", ("visits", "employees")),
    Derived("days_between", ("founded", "came")),
    Derived("frequency", ("source",)),
    Derived("cross", ("source", "subscribed")),
    Derived("deviation", ("visits", "source")),
)


def fit_all() -> dict[str, Block]:
    data, won = training()
    phrases = {"price": ("price", "how much"), "voice": ("voice", "call me")}
    times = [field for field in FIELDS if field.type == "time"]
    text = TextBlock.fit(data, "notes", phrases=phrases, finds=tuple(FINDS), time="came", densities=True)[0]
    alike = History(("source", "subscribed"), "similar leads", 400.0)
    return {
        "numbers": NumbersBlock.fit(data, FIELDS[:2]),
        "numbers of wild leads": NumbersBlock(("visits", "price"), (False, True), (-3e38, -1e300), (3e38, 1e300)),
        "booleans": BooleansBlock(("subscribed",)),
        "employees": EmployeesBlock("employees"),
        "category": CategoryBlock.fit(data["source"], won, np.arange(300) % 5)[0],
        "text": TextBlock.fit(data, "notes", won, np.arange(300) % 5, phrases=phrases, terms=50)[0],
        "text with facts": replace(text, kept=tuple(column.name for column in text._all_columns)),
        "times": TimesBlock.fit(data, times, "came"),
        "times without an order": TimesBlock.fit(data, times),
        "email": EmailBlock("email"),
        "phone": PhoneBlock("phone"),
        "url": UrlBlock("site"),
        "functions": FunctionsBlock.fit([visits_per_price, asks_early, size], SCHEMA, "intake"),
        "history": HistoryBlock.fit(alike, TYPES, data, won, data["came"], known_after=30.0)[0],
        **{each.kind: DerivedBlock.fit(each, TYPES, data, won, np.arange(300) % 5)[0] for each in DERIVED},
    }


BLOCKS = fit_all()
every_block = pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
EXAMPLES = int(os.environ.get("TEST_EXAMPLES", "25"))
quick = settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Bit for bit; a missing value is a missing value."""
    return one.shape == other.shape and np.array_equal(one, other, equal_nan=True)


@every_block
@quick
@given(data=leads)
def test_a_lead_alone_has_the_values_that_it_has_in_a_batch(block: Block, data: pl.DataFrame):
    together = block.values(data)
    alone = np.vstack([block.values(data[row : row + 1]) for row in range(data.height)])
    assert same(alone, together)


@every_block
@quick
@given(data=leads)
def test_values_are_32_bit_floats_and_never_infinite(block: Block, data: pl.DataFrame):
    values = block.values(data)
    assert values.dtype == np.float32
    assert values.shape == (data.height, len(block.columns))
    assert not np.isinf(values).any()


@every_block
@quick
@given(data=leads)
def test_flags_are_one_zero_or_missing(block: Block, data: pl.DataFrame):
    flags = block.values(data)[:, [column.binary for column in block.columns]]
    assert np.isin(flags[~np.isnan(flags)], (0, 1)).all()


@every_block
@quick
@given(data=leads)
def test_a_block_that_went_through_json_gives_the_same_values(block: Block, data: pl.DataFrame):
    again = type(block).from_state(json.loads(json.dumps(block.state(), allow_nan=False)))
    assert same(again.values(data), block.values(data))
    assert again.columns == block.columns
    assert again.reads == block.reads


@every_block
@quick
@given(data=leads, seed=st.integers(0, 99))
def test_neither_the_order_of_columns_nor_further_columns_matter(block: Block, data: pl.DataFrame, seed: int):
    names = np.random.default_rng(seed).permutation(data.columns).tolist()
    other = data.select(pl.lit("noise").alias("extra"), *names)
    assert same(block.values(other), block.values(data))


@every_block
def test_a_block_reads_only_the_fields_that_it_names(block: Block):
    data = training()[0]
    assert same(block.values(data.select(block.reads)), block.values(data))


@every_block
def test_leads_without_any_value_have_values(block: Block):
    nothing = pl.DataFrame({name: [None] * 3 for name in POLARS}, schema=POLARS)
    values = block.values(nothing)
    assert values.shape == (3, len(block.columns))
    assert same(values[:1], values[1:2])


@every_block
def test_no_leads_have_no_values(block: Block):
    values = block.values(pl.DataFrame(schema=POLARS))
    assert values.shape == (0, len(block.columns))
    assert values.dtype == np.float32


@every_block
def test_columns_have_names_of_their_own_and_what_is_said_has_an_opposite(block: Block):
    names = [column.name for column in block.columns]
    assert names
    assert len(set(names)) == len(names)
    assert all(column.says_not for column in block.columns if column.says)


def test_blocks_can_be_fitted_on_leads_without_any_value():
    nothing = pl.DataFrame({name: [None] * 30 for name in POLARS}, schema=POLARS)
    data, _ = training()
    for block in (
        NumbersBlock.fit(nothing, FIELDS[:2]),
        CategoryBlock.fit(nothing["source"], np.zeros(30))[0],
        TextBlock.fit(nothing, "notes", np.zeros(30), phrases={"price": ("price",)}, terms=5, finds=tuple(FINDS))[0],
        TimesBlock.fit(nothing, [field for field in FIELDS if field.type == "time"], "came"),
        *(DerivedBlock.fit(each, TYPES, nothing, np.zeros(30))[0] for each in DERIVED),
    ):
        assert block.values(data).shape == (data.height, len(block.columns))


@quick
@given(data=leads)
def test_blocks_can_be_fitted_on_any_leads(data: pl.DataFrame):
    for block in (
        NumbersBlock.fit(data, FIELDS[:2]),
        CategoryBlock.fit(data["source"], np.zeros(data.height), least=1)[0],
        TextBlock.fit(data, "notes", np.zeros(data.height), terms=5, finds=tuple(FINDS), time="came")[0],
        TimesBlock.fit(data, [field for field in FIELDS if field.type == "time"], "came"),
        *(DerivedBlock.fit(each, TYPES, data, np.zeros(data.height))[0] for each in DERIVED),
    ):
        assert not np.isinf(block.values(data)).any()
        json.dumps(block.state(), allow_nan=False)
