"""Files that are sent, piece by piece, and files that answers are written to: no file is ever in memory as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

PIECE = 262_144
"""How many bytes are sent at a time."""


@dataclass(frozen=True)
class Sent:
    """A file to be sent: where it is, or a file that is open for reading bytes."""

    place: Path | IO[bytes]
    starts_at: int | None = None
    """Where an open file stands; None where it cannot go back there, so that it can be sent only once."""

    @classmethod
    def of(cls, given: str | os.PathLike[str] | IO[bytes]) -> Sent:
        """What was given, as something to send. Raises FileNotFoundError where there is no such file."""
        if isinstance(given, str | os.PathLike):
            path = Path(given)
            path.stat()
            return cls(path)
        if not hasattr(given, "read"):
            raise TypeError("give a path, or a file that is open for reading bytes")
        return cls(given, given.tell() if hasattr(given, "seekable") and given.seekable() else None)

    @property
    def name(self) -> str:
        """The file's name, by which the service tells its format; empty where it has none."""
        named = self.place if isinstance(self.place, Path) else getattr(self.place, "name", "")
        return Path(named).name if isinstance(named, str | Path) else ""

    @property
    def may_be_sent_again(self) -> bool:
        """Whether it can be read from its beginning again."""
        return isinstance(self.place, Path) or self.starts_at is not None

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The file, at its beginning; closed afterwards where it was opened here."""
        if isinstance(self.place, Path):
            with self.place.open("rb") as file:
                yield file
        else:
            if not isinstance(self.place.read(0), bytes):
                raise TypeError("the file is open for text; open it with mode 'rb'")
            if self.starts_at is not None:
                self.place.seek(self.starts_at)
            yield self.place


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file from where it stands, a piece at a time."""
    while piece := file.read(PIECE):
        yield piece


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file beside its place; it is there, whole, once the block ends without an error, and else not at all."""
    beside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        with beside.open("xb") as file:
            yield file
        os.replace(beside, path)
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
