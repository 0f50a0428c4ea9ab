"""Letters come out right whatever the encoding, or the file is refused with the place where it goes wrong."""

from __future__ import annotations

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.errors import DataError
from leadloop.ingest.encodings import find_encoding
from leadloop.ingest.sources import BLOCK_BYTES, open_source
from leadloop.ingest.tables import open_table

TEXT = "name,city\nZoë,Köln\nJosé,Málaga\n"
ROWS = [("Zoë", "Köln"), ("José", "Málaga")]


def rows_of(data: bytes, **how: str):
    table = open_table(io.BytesIO(data), **how)
    batches = list(table.batches())
    rows = [row for batch, _ in batches for row in batch.cells.rows()]
    return table, rows, [reject for _, rejects in batches for reject in rejects]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32-le"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
    ids=["utf-8", "mark", "utf-16 le", "utf-16 be", "utf-32", "no mark le", "no mark be", "cp1252"],
)
def test_the_same_rows_come_out_of_every_encoding(data: bytes, name: str):
    table, rows, rejects = rows_of(data)
    assert (table.encoding, table.columns, rows, rejects) == (name, ("name", "city"), ROWS, [])


def test_a_guess_is_noted_with_the_line_that_led_to_it():
    table, _, _ = rows_of(TEXT.encode("cp1252"))
    assert table.notes == ("read as Windows-1252, because line 2 is not UTF-8; check a name with an accent",)


def test_a_letter_that_is_not_utf8_is_found_at_the_end_of_a_large_file():
    data = b"name,city\n" + b"Ada,Rome\n" * (BLOCK_BYTES // 8) + "José,Málaga\n".encode("cp1252")
    assert len(data) > BLOCK_BYTES
    table, rows, rejects = rows_of(data)
    assert table.encoding == "cp1252"
    assert (rows[-1], rejects) == (("José", "Málaga"), [])


def test_utf8_with_a_broken_byte_stays_utf8_and_loses_only_that_row():
    table, rows, rejects = rows_of(TEXT.encode() + b"br\xffken,Oslo\nZoe,Oslo\n")
    assert table.encoding == "utf-8"
    assert rows == [*ROWS, ("Zoe", "Oslo")]
    [reject] = rejects
    assert (reject.line, reject.reason, reject.field) == (4, "a cell holds bytes that are not UTF-8", "name")
    assert reject.value == "br\N{REPLACEMENT CHARACTER}ken"


@pytest.mark.parametrize("encoding", ["cp1251", "shift_jis", "cp1253"])
def test_a_text_in_no_western_encoding_is_refused_not_mangled(encoding: str):
    text = {
        "cp1251": "имя,город\nАнна,Москва\n",
        "cp1253": "όνομα,πόλη\nΆννα,Αθήνα\n",
        "shift_jis": "名前,町\n花子,東京都\n",
    }
    with pytest.raises(DataError, match=r"neither UTF-8 .* nor Western Windows-1252; export it as UTF-8, or name its"):
        rows_of(text[encoding].encode(encoding))
    _, rows, _ = rows_of(text[encoding].encode(encoding), encoding=encoding)
    assert rows == [tuple(text[encoding].split("\n")[1].split(","))]


def test_a_declared_encoding_that_does_not_fit_is_refused_with_the_line():
    with pytest.raises(DataError, match="a byte that is not ascii stands near line 2"):
        rows_of(TEXT.encode(), encoding="ascii")


@pytest.mark.parametrize("encoding", ["klingon", "hex"])
def test_an_encoding_that_does_not_exist_is_refused(encoding: str):
    with pytest.raises(DataError, match=f'no encoding is called "{encoding}"; use a name such as utf-8'):
        rows_of(TEXT.encode(), encoding=encoding)


def test_utf16_that_ends_in_half_a_character_is_refused():
    with pytest.raises(DataError, match="a byte that is not utf-16-le"):
        rows_of(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le") + b"\x00")


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(DataError):
        open_table(io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(1, 7))
def test_a_character_may_lie_across_two_blocks(text: str, block_bytes: int):
    for encoding in ("utf-8", "utf-16-le"):
        source = open_source(io.BytesIO(("\ufeffx" + text + "\n").encode(encoding)))
        blocks = find_encoding(source).utf8_blocks(source, block_bytes)
        assert b"".join(block for block, _ in blocks).decode() == "x" + text + "\n"
