"""Reading rows as leads: every mistake at once, nothing guessed, nothing dropped unseen."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import leadloop
from leadloop.errors import DataError
from leadloop.leads import Field, LeadSchema, Reject

quick = settings(deadline=None, max_examples=60)

SCHEMA = LeadSchema(
    (
        Field("Visits", "number", "intake", missing=("-1", "Select")),
        Field("Budget", "money", "intake"),
        Field("Employees", "employees", "intake", aliases=("Company Size",)),
        Field("Lead Source", "category", "intake", missing=("select", " N/A ")),
        Field("Opt Out", "boolean", "intake"),
        Field("Created", "time", "intake", required=True, missing=("1900-01-01",)),
        Field("Email", "email", "intake"),
        Field("Converted", "boolean", "outcome"),
    )
)


def read(field: Field, cells: list[object] | pl.Series) -> tuple[list[object], list[str]]:
    """The values of one field, and the reasons for which rows were left out."""
    column = cells if isinstance(cells, pl.Series) else pl.Series(cells)
    reading = LeadSchema((field,)).read(pl.DataFrame({field.name: column}))
    return reading.leads.data[field.name].to_list(), [reject.reason for reject in reading.rejects]


def test_every_mistake_of_every_row_comes_back_at_once_with_its_line():
    cells = pl.DataFrame(
        {
            "Visits": ["3", "many", "4", None],
            "Budget": ["$5", "a lot", "$6", "7"],
            "Employees": ["50-100", "2-Oct", "5", "lots"],
            "Created": ["2024-01-02", "yesterday", None, "2024-01-03"],
            "Converted": ["yes", "perhaps", "no", "no"],
        }
    )
    reading = SCHEMA.read(cells, np.array([2, 5, 9, 12]))
    assert reading.rejects == (
        Reject(5, "is not a number", "Visits", "many"),
        Reject(5, "is not an amount of money", "Budget", "a lot"),
        Reject(5, "looks like a range that a spreadsheet turned into a date; write it as 2-10", "Employees", "2-Oct"),
        Reject(5, "is not a date or time such as 2024-12-31 or 2024-12-31 17:45", "Created", "yesterday"),
        Reject(5, "is not yes or no", "Converted", "perhaps"),
        Reject(9, "is required and has no value", "Created", ""),
        Reject(12, "is not a number of employees or a range such as 50-100", "Employees", "lots"),
    )
    assert reading.leads.lines.tolist() == [2]
    assert reading.leads.data.row(0, named=True) == {
        "Visits": 3.0,
        "Budget": 5.0,
        "Employees": {"low": 50.0, "high": 100.0},
        "Lead Source": None,
        "Opt Out": None,
        "Created": datetime(2024, 1, 2),
        "Email": None,
        "Converted": True,
    }


def test_without_lines_rows_count_from_one():
    reading = SCHEMA.read(pl.DataFrame({"Created": ["2024-01-02", "soon", "2024-01-03"]}))
    assert reading.leads.lines.tolist() == [1, 3]
    assert [reject.line for reject in reading.rejects] == [2]


def test_good_rows_keep_their_order():
    visits = ["5", "x", "3", "4", "y", "1"]
    assert read(Field("Visits", "number", "intake"), visits)[0] == [5.0, 3.0, 4.0, 1.0]


def test_no_rows_are_no_leads_and_no_mistakes():
    for nothing in (
        SCHEMA.read(pl.DataFrame({"Created": pl.Series([], dtype=pl.String)})),
        SCHEMA.read(pl.DataFrame()),
    ):
        assert len(nothing.leads) == 0
        assert nothing.rejects == ()
        assert nothing.leads.data.columns == [field.name for field in SCHEMA.fields]


def test_a_required_field_without_a_column_leaves_out_every_row():
    reading = SCHEMA.read(pl.DataFrame({"Visits": ["1", "2"]}))
    assert [(reject.line, reject.field) for reject in reading.rejects] == [(1, "Created"), (2, "Created")]
    assert len(reading.leads) == 0


def test_a_required_field_that_holds_a_placeholder_has_no_value():
    reading = SCHEMA.read(pl.DataFrame({"Created": ["1900-01-01", "1900-01-01 00:00:00", " ", "2024-01-02"]}))
    assert [reject.reason for reject in reading.rejects] == ["is required and has no value"] * 3


def test_a_required_cell_that_cannot_be_read_is_one_mistake_and_not_two():
    assert len(SCHEMA.read(pl.DataFrame({"Created": ["soon"]})).rejects) == 1


def test_later_fields_are_not_read_for_a_score_at_intake():
    cells = pl.DataFrame({"Created": ["2024-01-02"], "Converted": ["perhaps"]})
    assert len(SCHEMA.read(cells).rejects) == 1
    reading = SCHEMA.read(cells, known_by="intake")
    assert reading.rejects == ()
    assert "Converted" not in reading.leads.data.columns
    assert "Converted" not in reading.leads.schema


def test_other_columns_are_not_looked_at():
    cells = pl.DataFrame({"Created": ["2024-01-02"], "junk": [[1, 2]], "Visits per day": ["a"]})
    assert SCHEMA.read(cells).rejects == ()


def test_a_long_value_is_shown_shortened():
    (reject,) = SCHEMA.read(pl.DataFrame({"Created": ["2024-01-02"], "Visits": ["x" * 10_000]})).rejects
    assert reject.value == "x" * 60


def test_lists_and_objects_are_refused_with_a_reason_of_their_own():
    reason = ["holds a list or an object; give one value, or a column for each"]
    for kind in ("category", "number", "time", "employees", "text"):
        assert read(Field("field", kind, "intake"), [["a", "b"]]) == ([], reason)
        assert read(Field("field", kind, "intake"), [{"a": 1}]) == ([], reason)


def test_a_date_in_a_typed_column_of_employees_is_named_for_what_it_is():
    assert read(Field("size", "employees", "intake"), [date(2026, 10, 2)]) == (
        [],
        ["looks like a range that a spreadsheet turned into a date; write it as 2-10"],
    )


def test_a_time_beyond_the_calendar_is_refused_and_shown():
    beyond = pl.Series([568_971_820_800_000_000]).cast(pl.Datetime("us"))
    (reject,) = SCHEMA.read(pl.DataFrame({"Created": beyond})).rejects
    assert "20000-" in reject.value


def test_a_time_that_does_not_fit_its_patterns_is_told_which_they_are():
    field = Field("Created", "time", "intake", formats=("%d/%m/%Y", "iso"))
    assert read(field, ["01-02-2024"]) == ([], ["is not a date or time as “%d/%m/%Y”, “iso” writes it"])


# Placeholders


@pytest.mark.parametrize("cell", ["Select", "SELECT", " select ", "N/A", "n/a", "", "  ", "\u00a0", "\t"])
def test_empty_text_and_placeholders_are_not_given_whatever_their_case(cell):
    reading = SCHEMA.read(pl.DataFrame({"Created": ["2024-01-02"], "Lead Source": [cell]}))
    assert reading.leads.data["Lead Source"].to_list() == [None]
    assert reading.rejects == ()


@pytest.mark.parametrize("placeholder", ["Straße", "STRASSE", "İstanbul", "ΟΔΟΣ", "unbekannt"])
def test_a_placeholder_meets_itself_in_any_language(placeholder):
    field = Field("source", "category", "intake", missing=(placeholder,))
    assert read(field, [placeholder, placeholder.lower(), "other"])[0][::2] == [None, "other"]


def test_a_placeholder_is_a_whole_cell_and_not_a_part_of_one():
    assert read(Field("source", "category", "intake", missing=("n/a",)), ["n/a yet", "an/a"])[0] == ["n/a yet", "an/a"]


@pytest.mark.parametrize("cell", ["-1", "-1.0", " -1 ", "-1%", "−1", "select"])
def test_a_sentinel_is_missing_however_the_number_is_written(cell):
    assert read(SCHEMA["Visits"], [cell, "-10", "1"]) == ([None, -10.0, 1.0], [])


def test_sentinels_work_in_amounts_and_company_sizes():
    assert read(Field("b", "money", "intake", missing=("999",)), ["$999.00", "999", "$9.99"])[0] == [None, None, 9.99]
    sizes = read(Field("e", "employees", "intake", missing=("0", "1-1")), ["0", "0.0", "1", "0-10"])[0]
    assert sizes == [None, None, None, {"low": 0.0, "high": 10.0}]


def test_a_sentinel_is_told_apart_by_its_writing_where_values_are_texts():
    assert read(Field("code", "category", "intake", missing=("999",)), ["999", "999.0"])[0] == [None, "999.0"]


@pytest.mark.parametrize(
    ("field", "cells", "values"),
    [
        (Field("f", "number", "intake", missing=("999",)), pl.Series([1, 999]), [1.0, None]),
        (Field("f", "number", "intake"), pl.Series([1.0, float("nan")]), [1.0, None]),
        (Field("f", "employees", "intake", missing=("-1",)), pl.Series([5, -1]), [{"low": 5.0, "high": 5.0}, None]),
        (Field("f", "category", "intake", missing=("999",)), pl.Series([1, 999]), ["1", None]),
        (Field("f", "category", "intake", missing=("999",)), pl.Series([1.0, 999.0]), ["1", None]),
        (
            Field("f", "category", "intake", missing=("Select",)),
            pl.Series(["a", "SELECT"], dtype=pl.Categorical),
            ["a", None],
        ),
        (Field("f", "boolean", "intake", missing=("-1",)), pl.Series([1, -1]), [True, None]),
        (Field("f", "time", "intake", missing=("1900-01-01",)), pl.Series([date(1900, 1, 1)]), [None]),
        (Field("f", "time", "intake", missing=("1900-01-01",)), pl.Series([datetime(1900, 1, 1)]), [None]),
        (Field("f", "time", "intake", formats=("unix",), missing=("0",)), pl.Series([0]), [None]),
    ],
)
def test_placeholders_are_met_in_typed_columns_too(field, cells, values):
    assert read(field, cells) == (values, [])


def test_infinity_is_a_mistake_and_not_a_gap():
    assert read(Field("f", "number", "intake"), pl.Series([float("inf"), 1.0])) == ([1.0], ["is not a number"])


# Columns


def located(columns: list[str], *fields: Field) -> dict[str, str]:
    return LeadSchema(fields).locate(columns)


SOURCE = Field("Lead Source", "category", "intake", aliases=("Origin",))


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["Lead Source", "lead_source", "Origin"], "Lead Source"),
        (["lead_source", "Origin"], "Origin"),
        (["lead_source"], "lead_source"),
        (["LEADSOURCE__c"], "LEADSOURCE__c"),
        (["ORIGIN"], "ORIGIN"),
    ],
)
def test_a_column_is_found_by_its_name_then_by_an_alias_then_by_likeness(columns, found):
    assert located(columns, SOURCE) == {"Lead Source": found}


def test_a_field_without_a_column_is_not_located():
    assert located(["Source", "Lead Sources"], SOURCE) == {}


def test_two_columns_that_could_both_be_it_are_refused():
    with pytest.raises(
        DataError, match="Lead Source  could be any of “LeadSource”, “lead_source”; name one in `aliases`"
    ):
        located(["lead_source", "LeadSource"], SOURCE)
    with pytest.raises(DataError, match="could be any of “ORIGIN”, “lead_source”"):
        located(["lead_source", "ORIGIN"], SOURCE)


def test_one_column_is_not_two_fields():
    twins = Field("lead-source", "category", "intake"), Field("lead source", "category", "intake")
    with pytest.raises(DataError, match="column “LeadSource”  of this file could be “lead-source”, “lead source”"):
        located(["LeadSource"], *twins)
    assert located(["lead-source"], *twins) == {"lead-source": "lead-source"}
    assert located(["lead-source", "LEAD SOURCE"], *twins) == {
        "lead-source": "lead-source",
        "lead source": "LEAD SOURCE",
    }


def test_a_column_named_outright_is_not_taken_by_likeness():
    first = Field("source", "category", "intake", aliases=("Lead Source",))
    assert located(["Lead Source"], first, Field("lead_source", "text", "intake")) == {"source": "Lead Source"}


def test_names_of_nothing_but_punctuation_are_not_alike():
    assert located(["%", "?"], Field("#", "number", "intake")) == {}
    assert located(["%", "#"], Field("#", "number", "intake")) == {"#": "#"}


def test_every_ambiguity_is_told_at_once():
    with pytest.raises(DataError) as refused:
        located(["a_b", "A B", "c_d", "C D"], Field("ab", "text", "intake"), Field("cd", "text", "intake"))
    assert [problem.where for problem in refused.value.problems] == ["ab", "cd"]


def test_a_missing_column_is_explained_with_the_closest_one_there_is():
    problems = SCHEMA.explain_missing(
        ["Visits", "Budget", "Company Size", "Lead Sourcee", "created", "Email", "Converted"]
    )
    assert [str(problem) for problem in problems] == [
        'Lead Source  has no column in this file; if “Lead Sourcee” is it, add aliases = ["Lead Sourcee"] to the field',
        "Opt Out  has no column in this file; add the column",
    ]


def test_what_is_known_later_need_have_no_column_when_scoring():
    columns = [field.name for field in SCHEMA.fields if field.name != "Converted"]
    assert SCHEMA.explain_missing(columns, "intake") == []
    assert [problem.where for problem in SCHEMA.explain_missing(columns)] == ["Converted"]


# Properties

TEXT_CELL = {
    "Visits": st.sampled_from(["3", "1,234", "-1", "select", "many", "12%", "1e3", "", "5.5"]),
    "Budget": st.sampled_from(["$5", "1.2M", "a lot", "7", " "]),
    "Employees": st.sampled_from(["50-100", "2-Oct", "120", "self-employed", "?"]),
    "Lead Source": st.sampled_from(["Google", "Select", "n/a", "Chat"]),
    "Opt Out": st.sampled_from(["yes", "NO", "perhaps", "1"]),
    "Created": st.sampled_from(["2024-01-02", "2024-01-02T03:04:05.5Z", "soon", "1900-01-01", "2024-02-30"]),
    "Email": st.text(max_size=5),
}
ROWS = st.lists(st.fixed_dictionaries({name: st.none() | cells for name, cells in TEXT_CELL.items()}), max_size=12)


def frame(rows: list[dict[str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(TEXT_CELL, pl.String), orient="row")


@quick
@given(ROWS)
def test_a_row_is_read_alone_as_it_is_in_a_batch(rows):
    together = SCHEMA.read(frame(rows))
    alone = [SCHEMA.read(frame([row]), np.array([line])) for line, row in enumerate(rows, start=1)]
    assert list(together.rejects) == [reject for reading in alone for reject in reading.rejects]
    assert together.leads.lines.tolist() == [line for reading in alone for line in reading.leads.lines.tolist()]
    if alone:
        assert_frame_equal(together.leads.data, pl.concat([reading.leads.data for reading in alone]))


@quick
@given(ROWS)
def test_every_row_becomes_a_lead_or_a_reject_and_never_both(rows):
    reading = SCHEMA.read(frame(rows))
    kept, left_out = set(reading.leads.lines.tolist()), {reject.line for reject in reading.rejects}
    assert kept | left_out == set(range(1, len(rows) + 1))
    assert not kept & left_out


@quick
@given(ROWS, st.permutations([*TEXT_CELL, "extra"]))
def test_the_order_of_columns_and_columns_of_others_change_nothing(rows, order):
    cells = frame(rows)
    shuffled = cells.with_columns(extra=pl.lit("x")).select(order)
    assert_frame_equal(SCHEMA.read(shuffled).leads.data, SCHEMA.read(cells).leads.data)
    assert SCHEMA.read(shuffled).rejects == SCHEMA.read(cells).rejects


@quick
@given(ROWS)
def test_reading_leaves_what_it_reads_as_it_was(rows):
    cells, lines = frame(rows), np.arange(10, 10 + len(rows))
    before, lines_before = cells.clone(), lines.copy()
    reading = SCHEMA.read(cells, lines)
    reading.leads.lines[:] = 0
    assert_frame_equal(cells, before)
    assert lines.tolist() == lines_before.tolist()


TYPED_ROW = st.fixed_dictionaries(
    {
        "Visits": st.none() | st.integers(-5, 10**9) | st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
        "Budget": st.none() | st.integers(0, 10**7),
        "Employees": st.none() | st.integers(-3, 10**6),
        "Lead Source": st.none() | st.sampled_from(["Google", "SELECT", "Chat", ""]),
        "Opt Out": st.none() | st.booleans(),
        "Created": st.none()
        | st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9999, 12, 31))
        | st.just(datetime(1900, 1, 1)),
        "Email": st.none() | st.sampled_from(["A@b.c", " x "]),
    }
)
TYPES = {"Visits": pl.Float64, "Budget": pl.Int64, "Employees": pl.Int64, "Lead Source": pl.Categorical}
TYPES |= {"Opt Out": pl.Boolean, "Created": pl.Datetime("us"), "Email": pl.String}


@quick
@given(st.lists(TYPED_ROW, max_size=12))
def test_values_are_read_alike_typed_and_as_text(rows):
    typed = pl.DataFrame({name: [row[name] for row in rows] for name in TYPES}, schema=TYPES, strict=False)
    written = pl.DataFrame(
        {name: [None if row[name] is None else str(row[name]) for row in rows] for name in TYPES},
        schema=dict.fromkeys(TYPES, pl.String),
    )
    one, other = SCHEMA.read(typed), SCHEMA.read(written)
    assert_frame_equal(one.leads.data, other.leads.data)
    assert [(r.line, r.field, r.reason) for r in one.rejects] == [(r.line, r.field, r.reason) for r in other.rejects]


def test_two_hundred_thousand_rows_are_read_without_a_loop_over_cells():
    count = 200_000
    start = datetime(2020, 1, 1)
    cells = pl.DataFrame(
        {
            "Visits": pl.Series(np.arange(count)).cast(pl.String),
            "Budget": pl.Series(np.arange(count)).map_elements(lambda n: f"${n:,}.50", return_dtype=pl.String),
            "Employees": pl.Series(np.arange(count) % 977).cast(pl.String),
            "Created": pl.datetime_range(start, start + timedelta(minutes=count - 1), "1m", eager=True).dt.to_string(
                "%Y-%m-%dT%H:%M:%S"
            ),
        }
    )
    calls: dict[str, int] = {}
    ours = str(Path(leadloop.__file__).parent)

    def count_calls(frame_, event, argument):
        if event == "call" and frame_.f_code.co_filename.startswith(ours):
            name = frame_.f_code.co_name
            calls[name] = calls.get(name, 0) + 1

    before = sys.getprofile()
    sys.setprofile(count_calls)
    try:
        reading = SCHEMA.read(cells)
    finally:
        sys.setprofile(before)
    assert len(reading.leads) == count
    assert max(calls.values()) < 200
