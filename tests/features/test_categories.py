import numpy as np
import polars as pl
import pytest

from leadloop.features.categories import MOST_COLUMNS, CategoryBlock

SOURCES = pl.Series("source", ["Google"] * 40 + ["direct"] * 30 + ["Olark  Chat"] * 20 + ["fax"] * 3 + [None] * 7)
WON = np.array([1] * 30 + [0] * 10 + [0] * 30 + [1, 0] * 10 + [1] * 3 + [0] * 7, dtype=np.float64)

RATE = -2  # the number of the level stands last


@pytest.fixture
def block() -> CategoryBlock:
    return CategoryBlock.fit(SOURCES, WON)[0]


def row(block: CategoryBlock, level: str | None) -> dict[str, float]:
    data = pl.DataFrame({block.field: [level]}, schema={block.field: pl.String})
    values = block.values(data)[0].tolist()
    return {held.name: value for held, value in zip(block.columns, values, strict=True)}


def flags(block: CategoryBlock, level: str | None) -> list[str]:
    return [
        name
        for name, value in row(block, level).items()
        if value == 1.0 and "rate" not in name and "number" not in name
    ]


def test_levels_are_told_apart_without_regard_to_case_and_spacing(block):
    assert flags(block, " GOOGLE") == flags(block, "google") == ["source = google"]
    assert flags(block, "olark chat") == ["source = olark chat"]


def test_a_rare_or_new_level_and_one_not_given_are_values_of_their_own(block):
    assert flags(block, "fax") == flags(block, "billboard") == ["source is rare or new"]
    assert flags(block, None) == ["source is not given"]


def test_a_level_that_wins_more_often_has_a_higher_rate(block):
    rates = {level: row(block, level)["source, outcome rate"] for level in ("google", "olark chat", "direct")}
    assert rates["google"] > 0 > rates["direct"]
    assert rates["google"] > rates["olark chat"] > rates["direct"]


def test_the_rate_of_a_training_lead_does_not_know_its_own_outcome():
    folds = np.arange(len(WON)) % 5
    base = CategoryBlock.fit(SOURCES, WON, folds)[1]
    for lead in (0, 45, 75):
        changed = WON.copy()
        changed[lead] = 1 - changed[lead]
        again = CategoryBlock.fit(SOURCES, changed, folds)[1]
        assert again[lead, RATE] == base[lead, RATE]
        others = (folds != folds[lead]) & (np.array(SOURCES.fill_null("") == SOURCES[lead]))
        assert (again[others, RATE] != base[others, RATE]).any()


def test_random_levels_promise_nothing_out_of_fold():
    rng = np.random.default_rng(3)
    levels = pl.Series("agent", [f"agent {number}" for number in rng.integers(0, 200, 4000)])
    won = rng.integers(0, 2, 4000).astype(np.float64)
    values = CategoryBlock.fit(levels, won, np.arange(4000) % 5)[1]
    assert abs(np.corrcoef(values[:, RATE], won)[0, 1]) < 0.06


def test_two_levels_need_only_one_flag_and_no_rate():
    block, _ = CategoryBlock.fit(pl.Series("plan", ["free", "paid"] * 20), np.array([0.0, 1.0] * 20))
    assert [held.name for held in block.columns] == ["plan = free", "plan is rare or new", "plan is not given"]


def test_only_the_most_frequent_of_many_levels_have_a_flag():
    levels = pl.Series("city", [f"city {number}" for number in range(60) for _ in range(10 + number)])
    block, _ = CategoryBlock.fit(levels, np.zeros(len(levels)))
    assert len(block.shown) == MOST_COLUMNS
    assert "city 59" in block.shown
    assert flags(block, "city 0") == []


def test_a_level_called_other_and_a_field_called_count_are_like_any_other():
    levels = pl.Series("count", ["other"] * 20 + ["not given"] * 20 + ["rate"] * 20)
    block, _ = CategoryBlock.fit(levels, np.zeros(60))
    names = [held.name for held in block.columns]
    assert len(set(names)) == len(names)
    assert flags(block, "Other") == ["count = other"]


def test_a_field_that_is_never_given_or_has_no_rows_can_be_fitted():
    for rows in (5, 0):
        block, values = CategoryBlock.fit(pl.Series("x", [None] * rows, dtype=pl.String), np.zeros(rows))
        assert values.shape == (rows, 2)
        assert flags(block, "new") == ["x is rare or new"]


def test_the_values_of_training_leads_without_folds_are_those_of_any_lead():
    block, values = CategoryBlock.fit(SOURCES, WON)
    np.testing.assert_array_equal(block.values(SOURCES.to_frame()), values)


def test_each_level_has_a_number_and_so_have_rare_levels_and_none(block):
    number = block.columns[-1]
    assert (number.levels, number.field) == (5, "source")
    levels = ["GOOGLE", "direct", "olark chat", "fax", "billboard", None]
    assert [row(block, level)[number.name] for level in levels] == [0, 1, 2, 3, 3, 4]


def test_a_block_saved_before_levels_had_numbers_makes_the_columns_that_it_made(block):
    old = {name: value for name, value in block.state().items() if name != "numbered"}
    again = CategoryBlock.from_state(old)
    assert again.columns == block.columns[:-1]
    assert again.values(SOURCES.to_frame()).tolist() == block.values(SOURCES.to_frame())[:, :-1].tolist()
