"""Where the bytes come from: a file, a compressed file, or a stream kept in a temporary file so it can be read twice."""

from __future__ import annotations

import difflib
import gzip
import os
import shutil
import sys
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from leadloop.errors import DataError, Problem

BLOCK_BYTES = 4 * 2**20
GZIP_MAGIC = b"\x1f\x8b"

# Tables of leads shrink to a tenth or so. Deflate can at most reach 1:1032, and only a bomb comes near it.
LARGEST_RATIO = 250
RATIO_COUNTS_FROM_BYTES = 64 * 2**20
LARGEST_UNPACKED_BYTES = 32 * 2**30


@dataclass(frozen=True, eq=False)
class Source:
    """Bytes that can be read from the start as often as needed.

    `name` is what a person calls it, `path` where the bytes are, `size_bytes` how many there are on disk (compressed
    where `gzipped`).
    """

    name: str
    path: Path
    gzipped: bool
    size_bytes: int

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[bytes, float]]:
        """Yield the bytes, unpacked, a few megabytes at a time, each with the share of the file read so far (0-1).

        Raises DataError where the file cannot be read, is a damaged archive, or unpacks to more than anybody's leads.
        """
        try:
            with self.path.open("rb") as file:
                if not self.gzipped:
                    while block := file.read(block_bytes):
                        yield block, min(1.0, file.tell() / max(1, self.size_bytes))
                    return
                yield from self._unpacked(file, block_bytes)
        except OSError as error:
            raise DataError(self.name, _unreadable(error)) from error

    def _unpacked(self, file: BinaryIO, block_bytes: int) -> Iterator[tuple[bytes, float]]:
        unpacked = 0
        with gzip.GzipFile(fileobj=file) as archive:
            while True:
                try:
                    block = archive.read(block_bytes)
                except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                    what = f"the archive is damaged or ends early ({error})"
                    raise DataError(self.name, Problem("file", what, "export or copy it again")) from error
                if not block:
                    return
                unpacked += len(block)
                ratio = unpacked / max(1, file.tell())
                if unpacked > LARGEST_UNPACKED_BYTES or (unpacked > RATIO_COUNTS_FROM_BYTES and ratio > LARGEST_RATIO):
                    what = f"the archive unpacks to over {unpacked / 2**20:,.0f} MB, {ratio:,.0f} times its size"
                    mend = "if it really is a table of leads, unpack it first and give the unpacked file"
                    raise DataError(self.name, Problem("file", what, mend))
                yield block, min(1.0, file.tell() / max(1, self.size_bytes))

    def head(self, size: int) -> bytes:
        """The first bytes, unpacked."""
        for block, _ in self.blocks(size):
            return block
        return b""


def open_source(source: Path | str | Literal["-"] | BinaryIO) -> Source:
    """Find the bytes that a person named: a path, "-" for standard input, or an open binary stream.

    A stream is copied to a temporary file, which is removed together with the Source. Raises DataError for what is
    missing, empty, a folder, or cannot be read.
    """
    if not isinstance(source, (str, Path)):
        return _spooled(source, getattr(source, "name", None))
    if source == "-":
        return _spooled(sys.stdin.buffer, "standard input")
    path = Path(source)
    try:
        if path.is_dir():
            raise DataError(str(path), Problem("file", "is a folder", "name the file in it"))
        if path.exists() and not path.is_file():  # a pipe or a device can be read only once
            with path.open("rb") as stream:
                return _spooled(stream, str(path))
        size = path.stat().st_size
        with path.open("rb") as file:
            magic = file.read(len(GZIP_MAGIC))
    except FileNotFoundError as error:
        raise DataError(str(path), Problem("file", "is not there", _nearby(path))) from error
    except OSError as error:
        raise DataError(str(path), _unreadable(error)) from error
    return _checked(Source(str(path), path, magic == GZIP_MAGIC, size))


def _spooled(stream: BinaryIO, name: object) -> Source:
    label = name if isinstance(name, str) else "the stream"
    handle, spool = tempfile.mkstemp(prefix="leadloop-", suffix=".spool")
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(stream, file, BLOCK_BYTES)
            size = file.tell()
        with open(spool, "rb") as file:
            magic = file.read(len(GZIP_MAGIC))
    except BaseException:
        os.unlink(spool)
        raise
    kept = Source(label, Path(spool), magic == GZIP_MAGIC, size)
    weakref.finalize(kept, _remove, spool)
    return _checked(kept)


def _remove(spool: str) -> None:
    Path(spool).unlink(missing_ok=True)


def _checked(source: Source) -> Source:
    if source.size_bytes == 0 or (source.gzipped and not source.head(1)):
        raise DataError(source.name, Problem("file", "is empty (0 bytes)", "export it again"))
    return source


def _unreadable(error: OSError) -> Problem:
    mend = "ask its owner for the right to read it" if isinstance(error, PermissionError) else ""
    return Problem("file", f"cannot be read: {error.strerror or error}", mend)


def _nearby(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return f"there is no folder {path.parent} either"
    close = difflib.get_close_matches(path.name, names, n=1)
    return f'did you mean "{path.with_name(close[0])}"?' if close else "check the path"
