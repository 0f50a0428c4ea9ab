"""What a column holds: each type from real ways of writing, and what is not to be mistaken for it."""

from __future__ import annotations

import datetime as dt
import hashlib

import polars as pl
import pytest

from leadloop.ingest.column import Column
from leadloop.ingest.field_types import Habits, TypeGuess, guess_type
from leadloop.leads import Field, FieldType

NO_HABITS = Habits()


def guess(
    texts: list[str | None], name: str = "x", likely: tuple[FieldType, ...] = (), habits: Habits = NO_HABITS
) -> TypeGuess:
    return guess_type(Column(name, pl.Series(texts, dtype=pl.String)), likely=likely, habits=habits)


UNIQUE = [f"lead-{place:04d}" for place in range(60)]
HASHES = [hashlib.sha256(bytes([place])).hexdigest() for place in range(60)]
SENTENCES = [f"We need a quote for {place} seats by Friday, please" for place in range(40)]


@pytest.mark.parametrize(
    ("texts", "name", "expected"),
    [
        (["1", "2.5", "-3", "1,234", "12%", "1e3"], "visits", "number"),
        (["1", "0", "1"], "flag", "boolean"),
        (["Yes", "No", None], "opted", "boolean"),
        (["TRUE", "false"], "opted", "boolean"),
        (["$1,200", "€3k", "900"], "x", "money"),
        (["1200", "30"], "Annual Revenue", "money"),
        (["1200", "30"], "deal_amount", "money"),
        (["1-10", "11-50", "51-200", "10,001+"], "size", "employees"),
        (["SIZE_2_TO_10", "SIZE_11_TO_50"], "size", "employees"),
        (["120", "1,200", "~50"], "Number of Employees", "employees"),
        (["50-100", "<10", "self-employed"], "company size", "employees"),
        (["50 employees", "100 employees"], "team", "employees"),
        (["ada@example.com", "bob@example.org"], "x", "email"),
        (["https://example.com/a", "www.example.org"], "x", "url"),
        (["acme.com", "globex.io"], "x", "url"),
        (["acme.travel", "globex.solutions"], "Website", "url"),
        (["+49 170 1234567", "(555) 123-4567"], "x", "phone"),
        (["5551234567", "5559876543"], "Mobile", "phone"),
        (HASHES, "x", "id"),
        (UNIQUE, "x", "id"),
        ([str(place * 7) for place in range(50)], "user_id", "id"),
        ([str(660_000 - place * 3) for place in range(50)], "Lead Number", "id"),
        (["red", "green", "red"], "colour", "category"),
        (["10115", "80331", "10115"], "zip", "category"),
        (["01234", "98765", "01234"], "x", "category"),
        (["701", "702"] * 20, "campaign_id", "category"),
        (HASHES[:3] * 30, "landing_page_id", "category"),
        (SENTENCES, "message", "text"),
        (["我想要一个报价请联系我谢谢", *(f"您好我们公司需要{place}个座位" for place in range(30))], "x", "text"),
        (['["a", "b"]', "[]"], "tags", "text"),
        (["2024-01-05", "2024-02-06T10:00:00Z"], "x", "time"),
        (["1317849007", "1332648824"], "created", "time"),
    ],
)
def test_types_are_told_by_values_and_where_those_leave_it_open_by_name(texts, name, expected):
    assert guess(texts, name).type == expected


@pytest.mark.parametrize(
    ("texts", "name", "expected"),
    [
        (["1", "2", "3"] * 9, "campaign", "number"),  # how often called in this campaign
        (["93.994", "92.893"] * 9, "cons.price.idx", "number"),  # an index is no price
        (["5228.1", "5191"] * 9, "nr.employed", "number"),
        (["18-24", "25-34", "35-44"] * 9, "age", "category"),
        (["5-20", "1-5", "50-200"] * 9, "average_stock", "category"),
        (["basic.9y", "university.degree", "high.school"] * 9, "education", "category"),
        (["admin.", "blue-collar"] * 9, "job", "category"),
        (["none", "1", "2", "3"] * 9, "children", "category"),
        ([str(place * 1.5) for place in range(90)], "account_age", "number"),
        (["5551234567", "5559876543"] * 9, "x", "number"),
        (["1317849007", "1332648824"] * 9, "x", "number"),
        ([str(place) for place in range(3_000)], "Total Time Spent", "number"),
    ],
)
def test_what_only_looks_like_another_type_is_not_taken_for_it(texts, name, expected):
    assert guess(texts, name).type == expected


def test_every_guess_carries_its_evidence_with_counts():
    assert guess(["1", "2", None], "visits").evidence == ("number: 2 of 2 values are numbers",)
    assert guess(["red", "green", "red"], "colour").evidence == ("category: 2 different values in 3 rows",)
    assert guess(HASHES).evidence == ("id: 60 different hashes in 60 rows, so hardly one repeats",)


def test_a_few_values_that_cannot_be_read_are_named():
    found = guess([*(str(place % 50) for place in range(400)), "12 apples"], "visits")
    assert found.type == "number"
    assert found.evidence == (
        "number: 400 of 401 values are numbers; not “12 apples”, and a row with such will be rejected",
    )


def test_too_many_that_cannot_be_read_make_it_another_type_and_say_how_near_it_was():
    found = guess([*(str(place % 50) for place in range(95)), "1x", "2x", "3x", "4x", "5x"], "visits")
    assert found.type == "category"
    assert found.evidence[1].startswith("type: 95% could be read as number, but not “1x”, “2x”, “3x” and 2 more")


def test_a_word_that_stands_often_among_many_numbers_means_not_given():
    found = guess([*map(str, range(100)), *["not recorded"] * 20], "visits")
    assert (found.type, found.missing) == ("number", ("not recorded",))


@pytest.mark.parametrize("word", ["yes", "other", "false"])
def test_an_answer_among_numbers_does_not(word):
    assert guess([*map(str, range(100)), *[word] * 20], "visits").missing == ()


@pytest.mark.parametrize(
    ("texts", "name", "formats"),
    [
        (["12,5", "3,25", "4"], "x", ("decimal_comma",)),
        (["1.234.567", "2.000"], "x", ("decimal_comma",)),
        (["0,234", "2,500"], "x", ("decimal_comma",)),
        (["1.234,50 €", "12,00 €"], "price", ("decimal_comma",)),
        (["12.500 €", "1.000 €"], "x", ("decimal_comma",)),
        (["1,234", "2,500", "12"], "x", ()),
        (["$1,200", "$3,000"], "x", ()),
        (["4.857", "4.962"], "euribor3m", ()),
    ],
)
def test_a_decimal_comma_is_told_from_a_mark_of_thousands(texts, name, formats):
    assert guess(texts * 9, name).formats == formats


def test_what_could_be_either_follows_the_file():
    either = ["1,234", "2,500"] * 9
    assert guess(either).open == "decimal"
    assert guess(either, habits=Habits(decimal_comma=True)).formats == ("decimal_comma",)
    assert guess(["01/02/2024"] * 9).open == "day"
    assert guess(["01/02/2024"] * 9, habits=Habits(day_first=True)).formats == ("%d/%m/%Y",)


def test_employee_ranges_that_a_spreadsheet_turned_into_dates_are_said_not_guessed():
    found = guess(["1-10", "11-50", "2-Oct"] * 9, "Company size", ("employees",))
    assert found.type == "category"
    assert "“2-Oct” look like ranges that a spreadsheet turned into dates" in found.evidence[0]


def test_dates_with_the_day_in_two_places_are_left_unused_with_the_reason():
    found = guess(["31/12/2024", "12/31/2024"] * 9)
    assert not found.use
    assert "cannot be told apart" in found.evidence[1]


def test_objects_in_braces_are_left_unused():
    assert guess(['{"a": 1}', '{"a": 2}']).use is False


def test_identifiers_that_repeat_name_groups_or_are_too_many():
    assert guess(HASHES[:5] * 20, "owner_id").evidence == (
        "category: 5 different hashes in 100 rows, so they name groups",
    )
    assert guess(HASHES[:30] * 2, "account_id").type == "id"


def test_a_click_id_is_a_category_because_its_presence_tells():
    assert guess([f"Cj0K{place}x" for place in range(90)], "gclid", ("category", "id")).type == "category"


def test_a_well_known_name_never_outvotes_the_values():
    assert guess(["red", "green"] * 9, "Email", ("email",)).type == "category"
    assert guess(["often", "never"] * 9, "employees", ("employees",)).type == "category"


def test_a_percentage_is_a_number_whatever_its_name_says():
    assert guess(["12%", "13%"] * 9, "revenue", ("money",)).type == "number"
    assert guess(["12%", "13%"] * 9, "employees", ("employees",)).type == "number"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pl.Series([1, 2, None]), "number"),
        (pl.Series([1.5, float("nan")]), "number"),
        (pl.Series([True, False]), "boolean"),
        (pl.Series([0, 1, 1]), "boolean"),
        (pl.Series([dt.date(2024, 1, 1)]), "time"),
        (pl.Series([dt.datetime(2024, 1, 1, 8)]), "time"),
        (pl.Series(["a", "b"] * 9, dtype=pl.Categorical), "category"),
        (pl.Series([None, None]), "category"),
    ],
)
def test_cells_with_a_type_of_their_own_keep_it(cells, expected):
    assert guess_type(Column("x", cells)).type == expected


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["1", "x", "2"] * 9, "visits"),
        (["$5", "5 apples", "7"] * 9, "Amount"),
        (["1-10", "many", "11-50"] * 9, "company size"),
        (["2024-01-05", "soon"] * 9, "created"),
        (["yes", "no", "perhaps"] * 9, "opted"),
        ([*map(str, range(300)), "n.n."], "user_id"),
    ],
)
def test_whatever_is_guessed_reads_at_least_995_of_1000_values(texts, name):
    column = Column(name, pl.Series(texts))
    found = guess_type(column)
    values = column.without(found.missing).read(Field(name, found.type, "intake", formats=found.formats))
    assert values.null_count() <= 0.005 * len(values)
