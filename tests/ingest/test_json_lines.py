"""JSON lines: sound objects become rows with types of their own, everything else a reject with its line."""

from __future__ import annotations

import io
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.errors import DataError
from leadloop.ingest.json_lines import LARGEST_CELL, LARGEST_LINE_BYTES, MOST_KEYS
from leadloop.ingest.tables import Table, open_table


def table(*lines: str | bytes) -> Table:
    data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    return open_table(io.BytesIO(data), format="jsonl")


def everything(table: Table):
    batches = list(table.batches())
    cells = pl.concat([batch.cells for batch, _ in batches])
    lines = [line for batch, _ in batches for line in batch.lines.tolist()]
    return cells, lines, [(reject.line, reject.reason) for _, rejects in batches for reject in rejects]


def column(*values: str) -> pl.Series:
    return everything(table(*(f'{{"x": {value}}}' for value in values)))[0]["x"]


def test_keys_may_vary_and_every_batch_has_all_of_them():
    opened = table('{"name": "Ada"}', "", '{"city": "Rome", "calls": 3}')
    assert opened.columns == ("name", "city", "calls")
    found = [(batch.cells.rows(), batch.lines.tolist()) for batch, _ in opened.batches(rows=1)]
    assert found == [([("Ada", None, None)], [1]), ([(None, "Rome", 3)], [3])]


def test_values_keep_their_types():
    assert column("1", "null", "2").dtype == pl.Int64
    assert column("1", "2.5").to_list() == [1.0, 2.5]
    assert column("true", "false", "null").to_list() == [True, False, None]
    assert column('"1"', '"x"').to_list() == ["1", "x"]
    assert column("null").dtype == pl.String


def test_mixed_values_become_text_with_a_note():
    opened = table('{"x": 1, "y": 1}', '{"x": "two", "y": 2}', '{"x": true, "y": 3}')
    assert opened.notes == ("kept as text because they mix kinds of values: x",)
    assert everything(opened)[0].rows() == [("1", 1), ("two", 2), ("true", 3)]


def test_an_integer_too_large_for_64_bits_keeps_all_its_digits():
    assert column("1", "123456789012345678901234567890").to_list() == ["1", "123456789012345678901234567890"]


def test_lists_and_objects_keep_a_nested_type_for_the_schema_to_refuse():
    assert column('["a", 1]', '"b"', "null").to_list() == [["a", "1"], ["b"], None]
    assert column('["a"]').dtype.is_nested()
    assert column('{"y": [1]}', "null").to_list() == [{"json": '{"y": [1]}'}, None]
    assert column('{"y": [1]}').dtype.is_nested()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"x": NaN}', "holds NaN, which is not JSON; leave the key out or write null"),
        ('{"x": -Infinity}', "holds -Infinity, which is not JSON; leave the key out or write null"),
        ('{"x": 1e400}', "holds 1e400, which is too large for a number"),
        ('{"x": ' + "9" * 5_000 + "}", "holds a number with too many digits"),
        ('{"x": 1, "x": 2}', 'holds the key "x" twice'),
        ('{"x": {"y": 1, "y": 2}}', 'holds the key "y" twice'),
        (r'{"x": "\ud800"}', "holds a NUL or half a character (a lone surrogate)"),
        (r'{"\udc00": 1}', "holds a NUL or half a character (a lone surrogate)"),
        (r'{"x": ["a\u0000b"]}', "holds a NUL or half a character (a lone surrogate)"),
        (b'{"x": "a\0b"}', "holds a NUL byte: the file was damaged on its way"),
        ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "is nested too deep"),
        ('{"x": ' + "[" * 100_000, "is nested too deep"),
        ('{"x": 1', "is not JSON: Expecting ',' delimiter at character 8"),
        ("{'x': 1}", "is not JSON: Expecting property name enclosed in double quotes at character 2"),
        ("[1, 2]", "is not an object: write the keys and values of a lead between { and }"),
        ("null", "is not an object: write the keys and values of a lead between { and }"),
        ('{"": 1}', "has a key without a name"),
        ('{"x": "' + "a" * (LARGEST_CELL + 1) + '"}', "a value is longer than 1 MB"),
        ('{"x": "' + "a" * LARGEST_LINE_BYTES + '"}', "is longer than 8 MB"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "bytes",
)
def test_a_line_that_is_no_sound_object_is_rejected_and_the_others_go_on(line: str | bytes, reason: str):
    cells, lines, rejects = everything(table('{"x": 1}', line, '{"x": 2}'))
    assert (cells.rows(), lines) == ([(1,), (2,)], [1, 3])
    assert rejects == [(2, reason)]


def test_a_line_with_bytes_that_are_not_utf8_is_rejected():
    cells, _, rejects = everything(table('{"x": "é"}', '{"x": "è"}', b'{"x": "\xff"}', '{"x": "ü"}'))
    assert cells["x"].to_list() == ["é", "è", "ü"]
    assert rejects == [(3, "holds bytes that are not UTF-8")]


def test_a_pair_of_surrogates_is_one_character():
    assert column(r'"\ud83d\ude00"').to_list() == ["😀"]


def test_a_file_without_any_object_is_refused_with_the_first_reason():
    with pytest.raises(DataError, match="no line holds a JSON object: line 1 is not JSON"):
        table("name,city", "Ada,Rome")


@pytest.mark.parametrize(("lines", "says"), [(["", "  "], "only blank lines"), (["{}", "{}"], "every object is empty")])
def test_a_file_without_values_is_refused(lines: list[str], says: str):
    with pytest.raises(DataError, match=says):
        table(*lines)


def test_keys_that_are_data_are_refused():
    with pytest.raises(DataError, match="so the keys look like data"):
        table(*(json.dumps({f"lead {number}": 1}) for number in range(MOST_KEYS + 1)))


def test_rejects_alone_do_not_pile_up():
    opened = table('{"x": 1}', *["nonsense"] * 1_000)
    assert max(len(rejects) for _, rejects in opened.batches(rows=100)) <= 101


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), SCALARS, min_size=1), min_size=1, max_size=6))
def test_every_sound_object_comes_out_as_a_row(objects: list[dict[str, object]]):
    cells, lines, rejects = everything(table(*map(json.dumps, objects)))
    assert rejects == []
    assert lines == list(range(1, len(objects) + 1))
    for row, found in zip(cells.rows(named=True), objects, strict=True):
        for key, value in found.items():
            if isinstance(row[key], str) and not isinstance(value, str):
                assert row[key] == json.dumps(value, ensure_ascii=False)
            else:
                assert row[key] == value
