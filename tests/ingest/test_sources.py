"""Bytes come from files, archives and streams, and whatever cannot be read says so with a way out."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
from pathlib import Path

import pytest

from leadloop.errors import DataError
from leadloop.ingest import sources
from leadloop.ingest.sources import open_source
from leadloop.ingest.tables import open_table

TEXT = b"name,city\nAda,Rome\n"


def read(source) -> bytes:
    return b"".join(block for block, _ in source.blocks(7))


def test_a_missing_file_is_refused_and_a_similar_name_offered(tmp_path: Path):
    (tmp_path / "leads.csv").write_bytes(TEXT)
    with pytest.raises(DataError, match=r'is not there; did you mean ".*leads\.csv"\?'):
        open_source(tmp_path / "leasd.csv")


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"there is no folder .*exports either"):
        open_source(tmp_path / "exports" / "leads.csv")


def test_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="is a folder; name the file in it"):
        open_source(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path):
    (tmp_path / "leads.csv").touch()
    with pytest.raises(DataError, match=r"is empty \(0 bytes\)"):
        open_source(tmp_path / "leads.csv")


def test_an_empty_stream_and_an_empty_archive_are_refused():
    for data in (b"", gzip.compress(b"")):
        with pytest.raises(DataError, match="is empty"):
            open_source(io.BytesIO(data))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path):
    (tmp_path / "leads.csv").write_bytes(TEXT)
    (tmp_path / "leads.csv").chmod(0)
    with pytest.raises(DataError, match="ask its owner"):
        open_source(tmp_path / "leads.csv")


def test_a_stream_can_be_read_twice_and_leaves_no_file_behind():
    source = open_source(io.BytesIO(TEXT))
    spool = source.path
    assert read(source) == read(source) == TEXT
    assert spool.exists()
    del source
    assert not spool.exists()


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    table = open_table("-")
    assert (table.source, table.columns) == ("standard input", ("name", "city"))
    assert [batch.cells.rows() for batch, _ in table.batches()] == [[("Ada", "Rome")]]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of Unix")
def test_a_named_pipe_is_read(tmp_path: Path):
    pipe = tmp_path / "leads.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(TEXT,))
    writer.start()
    assert read(open_source(pipe)) == TEXT
    writer.join()


def test_an_archive_is_unpacked_whatever_its_name(tmp_path: Path):
    for name in ("leads.csv.gz", "leads.csv"):
        (tmp_path / name).write_bytes(gzip.compress(TEXT))
        assert read(open_source(tmp_path / name)) == TEXT


def test_an_archive_cut_short_is_refused_when_it_is_opened(tmp_path: Path):
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress(TEXT + os.urandom(5_000))[:-600])
    with pytest.raises(DataError, match="the archive is damaged or ends early"):
        open_table(path)


def test_a_damaged_archive_is_refused(tmp_path: Path):
    path = tmp_path / "leads.csv.gz"
    whole = bytearray(gzip.compress(TEXT * 1_000))
    whole[-6] ^= 0xFF  # the checksum no longer fits
    path.write_bytes(whole)
    with pytest.raises(DataError, match="the archive is damaged"):
        open_table(path)


def test_a_bomb_is_refused_long_before_it_is_unpacked(tmp_path: Path):
    path = tmp_path / "leads.csv.gz"
    with gzip.open(path, "wb") as archive:
        archive.write(TEXT)
        for _ in range(300):
            archive.write(b"0" * 2**20)
    with pytest.raises(DataError, match=r"unpacks to over \d+ MB, [\d,]+ times its size; .*unpack it first") as refused:
        open_table(path)
    assert "over 6" in str(refused.value) or "over 7" in str(refused.value)


def test_a_small_archive_may_shrink_as_far_as_it_likes(tmp_path: Path):
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress(b"name,city\n" + b"Ada,Rome\n" * 200_000))
    table = open_table(path)
    assert sum(batch.cells.height for batch, _ in table.batches()) == 200_000


def test_more_than_anybodys_leads_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "LARGEST_UNPACKED_BYTES", 10_000)
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress(os.urandom(20_000)))
    with pytest.raises(DataError, match="unpacks to over"):
        read(open_source(path))
