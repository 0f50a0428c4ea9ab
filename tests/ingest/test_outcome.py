"""The outcome in a table: which column it is, and which of its values mean won."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadloop.errors import DataError
from leadloop.ingest.outcome import find_column, find_outcome, find_outcome_in, name_target


def outcome(*texts: str | None, positive: tuple[str, ...] = (), name: str = "Stage"):
    return find_outcome(pl.Series(name, texts, dtype=pl.String), positive)


def refusal(*texts: str | None, **options) -> str:
    with pytest.raises(DataError) as refused:
        outcome(*texts, **options)
    return str(refused.value)


@pytest.mark.parametrize(
    ("won", "lost"),
    [
        *(("1", "0"), ("1.0", "0.0"), ("yes", "no"), ("Y", "N"), ("TRUE", "FALSE"), ("t", "f"), ("1", "-1")),
        *(("Won", "Lost"), ("Closed Won", "Closed Lost"), ("Converted", "Not Converted"), ("customer", "open")),
        *(("ja", "nein"), ("sold", "x"), ("good", "lost"), ("subscribed", "no")),
    ],
)
def test_two_values_are_told_apart_by_what_they_say(won, lost):
    found = outcome(won, lost, lost)
    assert found.target.positive == (won,)
    assert found.won.tolist() == [1, 0, 0]
    assert found.target.guess[0] == f"positive: “{won}” means won, by what it says: 1 of 3 leads (33%)"
    assert found.target.guess[1:] == (
        ("negative: “open” (2) counts as lost, which is wrong where such leads are still open",)
        if lost == "open"
        else ()
    )


def test_values_are_one_without_regard_to_case_and_blanks():
    found = outcome("Yes", "yes ", "No", "no")
    assert found.target.positive == ("Yes",)
    assert found.won.tolist() == [1, 1, 0, 0]


def test_rows_without_an_outcome_are_open_and_counted():
    found = outcome("Won", "Lost", None, "N/A")
    assert np.isnan(found.won[2:]).all()
    assert found.field.missing == ("N/A",)
    assert found.notes[0].startswith("2 rows have no outcome")


def test_named_values_win_over_every_guess():
    found = outcome("Open", "Qualified", "Closed Won", "closed won", positive=("Closed won", "qualified"))
    assert found.target.positive == ("Closed Won", "Qualified")
    assert found.won.tolist() == [0, 1, 1, 1]
    assert not any(line.startswith("positive") for line in found.target.guess)


STAGES = ("gewonnen", "Auftrag erhalten", "verloren", "kein Bedarf", "Stufe 4", "offen", "in Bearbeitung", None)


def test_every_value_of_the_outcome_is_named_with_how_it_is_read_and_why():
    found = outcome(*STAGES, positive=("gewonnen", "auftrag erhalten"))
    assert found.target.positive == ("gewonnen", "Auftrag erhalten")
    assert sorted(found.target.negative) == ["Stufe 4", "kein Bedarf", "verloren"]
    assert sorted(found.target.open) == ["in Bearbeitung", "offen"]
    assert np.array_equal(found.won, [1, 1, 0, 0, 0, np.nan, np.nan, np.nan], equal_nan=True)
    opened, lost, silent = found.target.guess
    assert opened.startswith("open: ")
    assert "“offen” (1)" in opened
    assert lost.startswith("negative: ")
    assert "“kein Bedarf” (1)" in lost
    assert "“Stufe 4” (1), which says neither won nor open" in silent
    assert any("2 rows hold" in note and "still open" in note for note in found.notes)


def test_a_person_may_name_the_open_values_too():
    found = find_outcome(pl.Series("Stage", STAGES), ("gewonnen",), ("Stufe 4",))
    assert {"Stufe 4", "offen", "in Bearbeitung"} == {*found.target.open}
    with pytest.raises(DataError, match="never holds “parked”"):
        find_outcome(pl.Series("Stage", STAGES), ("gewonnen",), ("parked",))


def test_where_many_values_leave_it_open_those_that_say_won_are_proposed():
    message = refusal(*STAGES)
    assert '--positive "Auftrag erhalten" --positive "gewonnen"' in message


def test_three_values_are_refused_with_their_counts_and_the_way_out():
    message = refusal("Open", "Open", "Closed Won", "Closed Lost")
    assert "has 3 values: “Open” (2), “Closed Lost” (1), “Closed Won” (1)" in message
    assert '--positive "Closed Won"' in message


def test_one_value_is_refused_with_its_count():
    assert "has one value in all 3 rows that have any: “1” (3)" in refusal("1", "1", "1")


@pytest.mark.parametrize("pair", [("A", "B"), ("1", "2"), ("hot", "cold"), ("won", "sold")])
def test_two_values_that_do_not_say_it_are_refused(pair):
    assert "does not say which value means won" in refusal(*pair)


def test_an_amount_is_refused_as_one():
    message = refusal(*[str(place * 1.5) for place in range(60)], name="Revenue")
    assert "is a number with 60 different values, from 0 to 88.5" in message


def test_a_named_value_that_never_occurs_is_refused_with_those_that_do():
    message = refusal("Won", "Lost", "Lost", positive=("Wno", "Won"))
    assert "never holds “Wno”; the values are “Lost” (2), “Won” (1)" in message


def test_naming_every_value_as_won_is_refused():
    assert "nothing but what is named as won" in refusal("Won", "Lost", positive=("won", "lost"))


def test_an_empty_column_is_refused():
    assert "is empty in all 3 rows" in refusal(None, "", "N/A")


def test_lists_are_refused():
    with pytest.raises(DataError, match="lists or objects"):
        find_outcome(pl.Series("x", [["a"], ["b"]]))


def test_a_date_of_winning_means_won_where_it_is_filled():
    found = outcome("2024-01-05", None, None, name="won_date")
    assert (found.target.filled, found.target.at, found.target.positive) == (True, "won_date", ())
    assert found.won.tolist() == [1, 0, 0]
    assert "the 2 rows without one are taken for lost" in found.target.guess[0]


def test_a_lone_yes_means_won_where_it_is_filled():
    found = outcome("Yes", None, "Yes", None)
    assert (found.target.filled, found.won.tolist()) == (True, [1, 0, 1, 0])


def test_a_lone_no_says_nothing():
    assert "has one value" in refusal("No", None, "No")


@pytest.mark.parametrize(
    ("cells", "positive"),
    [
        (pl.Series("y", [True, False, None]), ("true",)),
        (pl.Series("y", [1, 0, None]), ("1",)),
        (pl.Series("y", [1.0, 0.0, None]), ("1",)),
    ],
)
def test_cells_with_a_type_of_their_own_are_read_too(cells, positive):
    found = find_outcome(cells)
    assert found.target.positive == positive
    assert found.won[:2].tolist() == [1, 0]


@pytest.mark.parametrize("name", ["Converted", "converted", "CONVERTED ", "con_verted"])
def test_a_column_is_found_without_regard_to_case_and_punctuation(name):
    assert find_column(name, ["Lead Id", "Converted"], what="target", option="--target") == "Converted"


def test_a_misspelt_column_is_refused_with_the_closest():
    with pytest.raises(DataError, match=r"Convertd +is no column of this table; did you mean “Converted”\?"):
        find_column("Convertd", ["Lead Id", "Converted"], what="target", option="--target")


def test_a_column_that_could_be_two_is_refused():
    with pytest.raises(DataError, match="could be any of “Is Won”, “is_won”"):
        find_column("iswon", ["Is Won", "is_won"], what="target", option="--target")


DEALS = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "seller": ["s1", None, "s2", None],
        "won_date": ["2024-01-05", None, "2024-02-06", None],
        "stage": ["signed", None, None, None],
    }
)


def test_being_in_a_file_of_winners_means_won_and_its_time_is_named():
    target, won = find_outcome_in(DEALS, ["seller", "won_date", "stage"])
    assert (target.name, target.column, target.filled, target.at) == ("won", "won_date", True, "won_date")
    assert won.tolist() == [1, 0, 1, 0]


def test_without_a_time_another_column_that_every_winner_has_is_named():
    target, _ = find_outcome_in(DEALS, ["seller", "stage"])
    assert (target.column, target.at) == ("seller", "")


def test_a_file_that_names_losers_too_is_refused():
    deals = DEALS.with_columns(pl.Series("stage", ["Closed Won", None, "Closed Lost", None]))
    with pytest.raises(DataError, match="so the file names losers too"):
        find_outcome_in(deals, ["won_date", "stage"])


def test_outcomes_that_match_no_lead_are_refused():
    with pytest.raises(DataError, match="no row of the leads has an outcome"):
        find_outcome_in(DEALS.with_columns(pl.lit(None, dtype=pl.String).alias("stage")), ["stage"])


@pytest.mark.parametrize(("column", "name"), [("Closed / Won?", "closed_won"), ("y", "y"), ("結果", "won")])
def test_a_target_is_named_after_its_column(column, name):
    assert name_target(column) == name
