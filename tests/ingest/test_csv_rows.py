"""Rows of CSV files: the good ones exactly, the bad ones with their line and reason, by either way through."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from leadloop.errors import DataError
from leadloop.ingest.csv_dialect import CsvDialect
from leadloop.ingest.csv_rows import LARGEST_CELL, LARGEST_ROW_BYTES, exact_rows, plain_rows, read_batches
from leadloop.ingest.encodings import find_encoding
from leadloop.ingest.sources import open_source
from leadloop.ingest.tables import Table, open_table


def table(text: str | bytes, **how: str) -> Table:
    return open_table(io.BytesIO(text.encode() if isinstance(text, str) else text), **how)


def everything(table: Table, rows: int = 20_000):
    """All rows with the line each starts in, and all rejects as (line, reason)."""
    found, rejected = [], []
    for batch, rejects in table.batches(rows):
        found += zip(batch.lines.tolist(), batch.cells.rows(), strict=True)
        rejected += [(reject.line, reject.reason) for reject in rejects]
    return found, rejected


def test_an_empty_cell_is_unknown_quoted_or_not():
    rows, _ = everything(table('a,b,c\n1,,""\n'))
    assert rows == [(2, ("1", None, None))]


def test_lines_are_those_of_the_file_after_newlines_inside_quotes():
    text = 'id,note\r\n1,"first\r\nsecond\nthird"\r\n2,plain\r\n\r\n3,"a ""quoted"" word"\r\n'
    rows, rejects = everything(table(text))
    assert rows == [(2, ("1", "first\r\nsecond\nthird")), (5, ("2", "plain")), (7, ("3", 'a "quoted" word'))]
    assert rejects == []


def test_a_carriage_return_inside_quotes_is_text_and_does_not_end_a_line():
    rows, rejects = everything(table('id,note\n1,"one\rtwo"\n2,"three\r"\n'))
    assert rows == [(2, ("1", "one\rtwo")), (3, ("2", "three\r"))]
    assert rejects == []


def test_a_carriage_return_outside_quotes_rejects_its_row():
    rows, rejects = everything(table("id,note\n1,one\rtwo\n2,fine\n"))
    assert rows == [(3, ("2", "fine"))]
    assert rejects == [(2, "a carriage return stands outside quotes")]


def test_lines_that_end_in_a_carriage_return_alone_are_read():
    rows, _ = everything(table(b"id,note\r1,one\r2,two\r"))
    assert rows == [(2, ("1", "one")), (3, ("2", "two"))]


def test_rows_with_too_many_or_too_few_cells_are_rejected_and_the_others_go_on():
    rows, rejects = everything(table("a,b,c\n1,2,3\n1,2\n\n1,2,3,4\n5,6,7\n"))
    assert rows == [(2, ("1", "2", "3")), (6, ("5", "6", "7"))]
    assert rejects == [(3, "has 2 cells where the header has 3"), (5, "has 4 cells where the header has 3")]


def test_a_reject_shows_the_row_on_one_short_line():
    [(_, [reject])] = table("a,b\n1,2\n" + "x" * 500 + "\n").batches()
    assert reject.line == 3
    assert reject.value == "x" * 79 + "…"


def test_the_last_row_needs_no_line_end():
    assert everything(table("a,b\n1,2\n3,4"))[0] == [(2, ("1", "2")), (3, ("3", "4"))]


def test_a_quote_in_the_middle_of_an_unquoted_cell_is_a_character():
    rows, rejects = everything(table('size,name\n5" pipe,Ada\n6,Bob "the" Builder\n'))
    assert rows == [(2, ('5" pipe', "Ada")), (3, ("6", 'Bob "the" Builder'))]
    assert rejects == []


def test_text_after_a_closing_quote_rejects_the_row():
    rows, rejects = everything(table('a,b\n"He said "hi" twice",2\n3,4\n'))
    assert rows == [(3, ("3", "4"))]
    assert rejects == [
        (2, "a quote closes in it and is followed by more text; inside a quoted cell a quote is written twice")
    ]


def test_a_quote_left_open_costs_one_row_where_the_next_lines_are_rows_beyond_doubt():
    text = 'id,name,age\n1,"Ada,36\n2,Bob,40\n3,"Eve",50\n4,Flo,60\n'
    rows, rejects = everything(table(text))
    assert rows == [(3, ("2", "Bob", "40")), (4, ("3", "Eve", "50")), (5, ("4", "Flo", "60"))]
    assert [line for line, _ in rejects] == [2]


def test_a_broken_quoted_text_of_several_lines_is_rejected_whole():
    text = 'id,note\n1,"dear all,\nsee you, bye"x\n2,fine\n'
    rows, rejects = everything(table(text))
    assert rows == [(4, ("2", "fine"))]
    [(line, reason)] = rejects
    assert line == 2
    assert reason.startswith("lines 2 to 3 cannot be read as rows")


def test_a_quote_left_open_to_the_end_of_the_file_is_refused_with_the_line_where_it_opens():
    text = 'id,note\n1,fine\n2,"never closed\n3,a,b\n4,c,d\n'
    with pytest.raises(DataError, match=r"line 3 .*quote opens .* not closed by line 5; close that quote"):
        everything(table(text))


def test_a_file_cut_off_inside_a_quoted_cell_is_refused():
    with pytest.raises(DataError, match="line 3"):
        everything(table('id,note\n1,"fine"\n2,"cut he'))


def test_a_quote_left_open_at_the_end_costs_one_row_where_the_next_lines_are_rows():
    rows, rejects = everything(table('id,note\n1,fine\n2,"open\n3,c\n4,d\n'))
    assert [line for line, _ in rows] == [2, 4, 5]
    assert [line for line, _ in rejects] == [3]


def test_a_quote_left_open_before_more_text_than_a_row_may_hold_is_refused_early():
    text = 'id,note\n1,"open\n' + "a b c\n" * (LARGEST_ROW_BYTES // 3)
    with pytest.raises(DataError, match="line 2 "):
        everything(table(text))


def test_a_row_with_a_nul_byte_is_rejected():
    rows, rejects = everything(table(b"id,note\n1,fine\n2,br\0ken\n3,fine\n"))
    assert rows == [(2, ("1", "fine")), (4, ("3", "fine"))]
    assert rejects == [(3, "a cell holds a NUL byte: the file was damaged on its way")]


def test_a_cell_over_a_megabyte_is_rejected_with_its_field():
    text = "id,note\n1," + "x" * (LARGEST_CELL + 1) + "\n2,fine\n"
    [(batch, [reject])] = table(text).batches()
    assert batch.cells.rows() == [("2", "fine")]
    assert (reject.line, reject.field) == (2, "note")
    assert "longer than 1 MB" in reject.reason


def test_a_line_too_long_to_be_a_row_is_rejected_and_reading_goes_on_after_it():
    text = "id,note\n1,fine\n2," + "x" * (2 * LARGEST_ROW_BYTES) + "\n3,fine\n"
    rows, rejects = everything(table(text))
    assert rows == [(2, ("1", "fine")), (4, ("3", "fine"))]
    assert rejects == [(3, "the line is longer than 8 MB")]


def test_a_value_below_a_nameless_last_column_rejects_the_row():
    rows = "".join(f"{row},x,\n" for row in range(2_000))
    _, rejects = everything(table("id,note,\n" + rows + "9,x,stray\n"))
    assert rejects == [(2002, "has a value in a column without a name, at the end of the row")]


def test_blanks_before_quotes_are_read_as_people_mean_them():
    rows, _ = everything(table('id, name\n1, "Bob, Jr"\n2, Ada\n'))
    assert rows == [(2, ("1", "Bob, Jr")), (3, ("2", "Ada"))]


def test_batches_hold_at_most_the_rows_asked_for_and_rejects_stay_in_order():
    text = "id,note\n" + "".join("bad\n" if row % 10 == 0 else f"{row},x\n" for row in range(100))
    batches = list(table(text).batches(rows=7))
    assert max(batch.cells.height for batch, _ in batches) == 7
    lines = [line for batch, _ in batches for line in batch.lines.tolist()]
    rejected = [reject.line for _, rejects in batches for reject in rejects]
    assert sorted(lines + rejected) == list(range(2, 102))
    assert rejected == sorted(rejected)
    for batch, rejects in batches[:-1]:
        assert all(reject.line <= int(batch.lines[-1]) + 1 for reject in rejects)


def test_a_table_can_be_read_again_from_the_start():
    opened = table("a,b\n1,2\n")
    assert everything(opened) == everything(opened)


def test_the_share_read_grows_to_one():
    opened = table("a,b\n" + "1,2\n" * 3_000_000)
    shares = [batch.share_read for batch, _ in opened.batches()]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.6
    assert shares[-1] == 1.0


# Both ways through the rows, over texts made of the pieces that CSV is made of, so that every few tries something is odd.

PIECES = [",", ",", "\n", "\n", '"', '""', "\r\n", "\r", "a", "é", " ", "\0", "\ufeff", "x\x01", "#", "日本"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
SOUND_CELLS = st.text(st.sampled_from('ab,"\n\r é\ufeff'), max_size=6)
WIDTHS = st.integers(1, 3)


def dialect(width: int, **more) -> CsvDialect:
    return CsvDialect(",", tuple(f"c{place}" for place in range(width)), width, 1, **more)


@settings(max_examples=1_500, deadline=None)
@given(TEXTS, WIDTHS)
@example('"a\n\nb",\n', 2)
@example("x\x01,b\n", 2)
@example('\ufeffa,"b"\n', 2)
@example('""\n\n""\r\n', 1)
def test_the_fast_way_agrees_with_the_exact_one_wherever_it_does_not_step_aside(text: str, width: int):
    data = text.encode()
    plain = plain_rows(data, dialect(width), 5)
    if plain is None:
        return
    exact = exact_rows("leads.csv", data[: plain.used_bytes], dialect(width), 5, last=True)
    assert_frame_equal(plain.cells, exact.cells)
    assert plain.lines.tolist() == exact.lines.tolist()
    assert plain.rejects == exact.rejects
    assert (plain.used_bytes, plain.used_lines) == (exact.used_bytes, exact.used_lines)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.lists(SOUND_CELLS, min_size=2, max_size=2), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_the_fast_way_reads_whatever_a_faultless_writer_writes(rows: list[list[str]], line_end: str):
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    plain = plain_rows(written.getvalue().encode(), dialect(2), 1)
    assert plain is not None
    assert plain.cells.rows() == [tuple(cell or None for cell in row) for row in rows]
    assert plain.rejects == []


@settings(max_examples=600, deadline=None)
@given(TEXTS, WIDTHS, st.integers(1, 9), st.integers(1, 4))
def test_where_the_file_is_cut_into_blocks_makes_no_difference(text: str, width: int, block_bytes: int, rows: int):
    source = open_source(io.BytesIO(b"," * (width - 1) + b"\n" + text.encode()))
    encoding = find_encoding(source, "utf-8")
    how = CsvDialect(",", tuple(f"c{place}" for place in range(width)), width, 2)

    def outcome(rows: int, block_bytes: int):
        found, rejected = [], []
        try:
            for batch, rejects in read_batches(source, encoding, how, rows, block_bytes):
                found += zip(batch.lines.tolist(), batch.cells.rows(), strict=True)
                rejected += rejects
        except DataError as error:
            return str(error)
        return found, rejected

    assert outcome(rows, block_bytes) == outcome(1_000, 10_000)
