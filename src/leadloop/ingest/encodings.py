"""Which letters the bytes stand for: found once by looking at the whole file, then read as UTF-8 from there on."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leadloop.errors import DataError, Problem
from leadloop.ingest.sources import BLOCK_BYTES, Source

HEAD_BYTES = 64 * 2**10

# UTF-32 before UTF-16: its little-endian mark begins with the other's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MANY_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_LONG_RUNS = re.compile(rb"[\x80-\xff]{3,}")
_HIGH = bytes(range(128))
_NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to turn the bytes of a source into UTF-8.

    `name` is Python's name of the encoding, `mark_bytes` the length of the byte order mark, `only_carriage_returns` says that
    lines end in CR alone, as old Macs wrote them. `notes` tell a person what was found.
    """

    name: str
    mark_bytes: int = 0
    only_carriage_returns: bool = False
    notes: tuple[str, ...] = ()

    def utf8_blocks(self, source: Source, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[bytes, float]]:
        """Yield the text as UTF-8 without its mark, lines ending in LF or CRLF, with the share of the file read (0-1).

        A character may lie across two blocks. The bytes of a damaged UTF-8 file are handed on as they are.
        """
        decoder = None if self.name == "utf-8" else codecs.getincrementaldecoder(self.name)("strict")
        skip = self.mark_bytes
        for raw, share in source.blocks(block_bytes):
            block, skip = raw[skip:], max(0, skip - len(raw))
            if decoder is not None:
                block = _decode(source, decoder, block, final=False).encode()
            if self.only_carriage_returns:
                block = block.replace(b"\r", b"\n")
            if block:
                yield block, share
        if decoder is not None:
            _decode(source, decoder, b"", final=True)


def find_encoding(source: Source, declared: str | None = None) -> Encoding:
    """Look through the whole file once and say how it is encoded.

    In order: a byte order mark; the encoding the person declared; UTF-16 without a mark, which shows in its zeros; UTF-8
    where all bytes agree; UTF-8 with damage where most sequences agree; else Windows-1252, with a note. Raises DataError
    where a declared encoding does not fit, or where none of these does.
    """
    head = source.head(HEAD_BYTES)
    marked = next(((mark, name) for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if marked is not None:
        return _whole(source, marked[1], len(marked[0]), ())
    if declared is not None:
        return _whole(source, _known_codec(source, declared), 0, ())
    if (guess := _utf16_by_its_zeros(head)) is not None:
        return _whole(source, guess, 0, (f"read as {guess.upper()}: it has no byte order mark, but its zeros show it",))
    return _whole(source, "utf-8", 0, (), else_western=True)


def _whole(
    source: Source, name: str, mark_bytes: int, notes: tuple[str, ...], *, else_western: bool = False
) -> Encoding:
    """Decode everything once, so that a bad byte at the end is known before the first row is used."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    line_feeds = carriage_returns = False
    lines = 0
    skip = mark_bytes
    try:
        for raw, _ in source.blocks():
            block, skip = raw[skip:], max(0, skip - len(raw))
            text = decoder.decode(block)
            line_feeds = line_feeds or "\n" in text
            carriage_returns = carriage_returns or "\r" in text
            lines += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line = lines + error.object[: error.start].count(b"\n") + 1
        if name != "utf-8":
            what = f"a byte that is not {name} stands near line {line} ({error.reason})"
            raise DataError(source.name, Problem("encoding", what, "export it as UTF-8")) from error
        return _not_quite_utf8(source, mark_bytes, line, may_be_western=else_western)
    return Encoding(name, mark_bytes, carriage_returns and not line_feeds, notes)


def _not_quite_utf8(source: Source, mark_bytes: int, line: int, *, may_be_western: bool) -> Encoding:
    """Tell UTF-8 with a few broken bytes from a text that never was UTF-8."""
    sequences = in_sequences = high = in_long_runs = 0
    line_feeds = carriage_returns = outside_western = False
    for block, _ in source.blocks():
        found = _MANY_BYTES.findall(block)
        sequences += len(found)
        in_sequences += sum(map(len, found))
        high += len(block.translate(None, _HIGH))
        in_long_runs += sum(map(len, _LONG_RUNS.findall(block)))
        line_feeds = line_feeds or b"\n" in block
        carriage_returns = carriage_returns or b"\r" in block
        outside_western = outside_western or _NOT_IN_CP1252.search(block) is not None
    old_mac = carriage_returns and not line_feeds
    if not may_be_western or sequences > high - in_sequences:
        note = f"read as UTF-8; some bytes are not (the first in line {line}), their rows are rejected"
        return Encoding("utf-8", mark_bytes, old_mac, (note,))
    # Western words hardly ever have three accented letters in a row; Cyrillic, Greek or Japanese ones nearly always do.
    if outside_western or in_long_runs * 2 > high:
        what = f"neither UTF-8 (see line {line}) nor Western Windows-1252"
        mend = "export it as UTF-8, or name its encoding, for example windows-1251 or shift_jis"
        raise DataError(source.name, Problem("encoding", what, mend))
    note = f"read as Windows-1252, because line {line} is not UTF-8; check a name with an accent"
    return Encoding("cp1252", 0, old_mac, (note,))


def _utf16_by_its_zeros(head: bytes) -> str | None:
    """Latin letters, digits and line ends have one zero byte each in UTF-16, always on the same side."""
    zero = np.frombuffer(head[: len(head) // 2 * 2], dtype=np.uint8).reshape(-1, 2) == 0
    if not len(zero):
        return None
    first, second = (float(share) for share in zero.mean(axis=0))
    if second >= 0.1 and first * 20 <= second:
        return "utf-16-le"
    if first >= 0.1 and second * 20 <= first:
        return "utf-16-be"
    return None


def _known_codec(source: Source, declared: str) -> str:
    try:
        name = codecs.lookup(declared).name
        "".encode(name)  # refuses codecs such as hex, which turn bytes into bytes
        codecs.getincrementaldecoder(name)
    except LookupError as error:
        mend = "use a name such as utf-8, utf-16, windows-1252"
        raise DataError(source.name, Problem("encoding", f'no encoding is called "{declared}"', mend)) from error
    return "utf-8" if name == "utf-8-sig" else name


def _decode(source: Source, decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool) -> str:
    try:
        return decoder.decode(block, final)
    except UnicodeDecodeError as error:
        problem = Problem("file", "changed while it was read", "wait until its export has ended")
        raise DataError(source.name, problem) from error
