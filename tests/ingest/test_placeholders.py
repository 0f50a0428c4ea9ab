"""What means "not given": words that say so, and numbers and dates that only statistics give away."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadloop.ingest.column import Column
from leadloop.ingest.placeholders import (
    describe,
    find_marks,
    find_placeholders,
    find_sentinel_times,
    find_sentinels,
)
from leadloop.leads import Field


def words(*texts: str | None, name: str = "City", marks: frozenset[str] = frozenset()) -> list[str]:
    return [found.text for found in find_placeholders(Column(name, pl.Series(texts, dtype=pl.String)), marks)]


def sentinels(*numbers: float) -> list[str]:
    column = Column("n", pl.Series([f"{number:g}" for number in numbers]))
    return [found.text for found in find_sentinels(column, column.texts.cast(pl.Float64).to_numpy())]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Select",
            "select",
            "-- Select --",
            "Please select",
            "Choose one",
            "N/A",
            "n/a",
            "#N/A",
            "n.a.",
            "NULL",
            "<null>",
        ),
        *(
            "(null)",
            "NaN",
            "undefined",
            "unknown",
            "Unknown ",
            "not provided",
            "Not Specified",
            "(blank)",
            "TBD",
            "\\N",
        ),
        *("#REF!", "#DIV/0!", "-None-", "--none--", "?", "??", "-", "--", "---", ".", "…", "keine Angabe", "unbekannt"),
    ],
)
def test_words_that_say_nothing_are_placeholders(text):
    assert words("Pune", "Goa", text) == [text.strip()]


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No",
        "other",
        "Other",
        "none of these",
        "Not Sure",
        "nonexistent",
        "0",
        "open",
        "new",
        "x",
        "admin.",
        "C++",
        "+",
    ],
)
def test_ordinary_answers_are_not(text):
    assert words("Pune", "Goa", text) == []


def test_only_what_occurs_is_named_and_counted_once_for_all_ways_of_writing_it():
    found = find_placeholders(Column("City", pl.Series(["Select", "SELECT", "Select", "Pune", "?"])))
    assert [(one.text, one.rows) for one in found] == [("Select", 3), ("?", 1)]


def test_none_may_be_an_answer_of_its_own():
    assert words("none", "one", "two", "three", name="children") == []


def test_none_is_a_placeholder_where_the_file_writes_it_among_numbers():
    visits = Column("visits", pl.Series([*map(str, range(40)), "None", "None"]))
    marks = find_marks(visits)
    assert marks == {"none"}
    assert words("None", "Pune", marks=marks) == ["None"]


def test_a_few_counts_and_none_do_not_make_none_a_placeholder():
    assert find_marks(Column("children", pl.Series(["none", "1", "2", "3"] * 5))) == frozenset()


def test_na_is_namibia_among_country_codes_and_nothing_among_words():
    assert words("NA", "DE", "US", "FR", name="code") == []
    assert words("NA", "Germany", "France", name="Country") == []
    assert words("NA", "plumber", "teacher", name="job") == ["NA"]


def test_plus_and_minus_are_the_answers_of_a_test():
    assert words("+", "-", name="result") == []


def test_an_empty_list_is_no_answer():
    assert words("[]", '["a"]', '["a", "b"]', name="tags") == ["[]"]


def test_long_texts_and_texts_with_digits_are_left_alone():
    assert words("unknown caller asked for the price list", "select 5") == []


def test_999_far_from_all_other_numbers_is_a_sentinel():
    assert sentinels(*[999] * 50, *range(28)) == ["999"]


def test_999_among_numbers_as_large_is_a_number():
    assert sentinels(*[999] * 50, *range(0, 5_000, 7)) == []


def test_a_nine_that_ends_a_scale_is_an_answer():
    assert sentinels(*[*range(10)] * 20) == []


def test_a_nine_apart_from_a_short_scale_is_a_sentinel():
    assert sentinels(*[0, 1, 2, 3, 4] * 20, *[9] * 8) == ["9"]


def test_99_is_a_sentinel_among_ages_only_if_it_towers_over_its_neighbours():
    ages = [18 + (place * 13) % 77 for place in range(2_000)]
    assert sentinels(*ages, *[99] * 3) == []
    assert sentinels(*ages, *[99] * 400) == ["99"]


def test_minus_one_below_numbers_that_are_never_negative_is_a_sentinel():
    assert sentinels(*[-1] * 300, *range(200)) == ["-1"]


@pytest.mark.parametrize("numbers", [[-1, 0, 1] * 30, [-1, 0, 1, 2, 3] * 30, [*range(-40, 40)] * 5])
def test_minus_one_on_a_scale_or_among_negative_numbers_is_an_answer(numbers):
    assert sentinels(*numbers) == []


def test_two_sentinels_at_one_end_are_both_found():
    assert sentinels(*[9999] * 40, *[9998] * 30, *range(28)) == ["9999", "9998"]


def test_a_sentinel_that_hardly_occurs_is_not_guessed():
    assert sentinels(*[999] * 2, *[*range(28)] * 100) == []


def test_a_date_of_1900_is_a_sentinel_if_all_others_are_recent():
    column = Column("born", pl.Series(["1900-01-01", "1900-01-01", "2024-02-03", "2024-05-06"]))
    times = column.read(Field("born", "time", "intake"))
    assert [(one.text, one.rows) for one in find_sentinel_times(column, times)] == [("1900-01-01", 2)]


@pytest.mark.parametrize("others", [["1903-05-01", "1910-01-01"], []])
def test_a_date_of_1900_among_old_dates_is_a_date(others):
    column = Column("born", pl.Series(["1900-01-01", *others]))
    assert find_sentinel_times(column, column.read(Field("born", "time", "intake"))) == ()


def test_the_end_of_time_is_a_sentinel():
    column = Column("ends", pl.Series(["9999-12-31", "2024-02-03"]))
    assert len(find_sentinel_times(column, column.read(Field("ends", "time", "intake")))) == 1


def test_each_guess_tells_how_many_rows_and_why():
    column = Column("pdays", pl.Series(["999"] * 96 + ["3", "4", "5", "6"]))
    (guess,) = describe(find_sentinels(column, column.texts.cast(pl.Float64).to_numpy()))
    assert guess == "missing: “999” in 96 rows, 96% of all values, while the others run from 3 to 6"


def test_nothing_is_found_among_few_values_or_none():
    assert sentinels(1, 2, 999) == []
    assert find_sentinels(Column("n", pl.Series([], dtype=pl.String)), np.array([])) == ()
