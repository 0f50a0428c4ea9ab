"""Writing files so that a crash leaves the old or the new, and nothing between; and one at a time."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def hash_bytes(content: bytes) -> str:
    """The SHA-256 of some bytes, as hex."""
    return hashlib.sha256(content).hexdigest()


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_durably(path: Path, content: bytes) -> None:
    """Give a file new contents and wait until the disk has them: a crash leaves the old or the new. One writer at a time."""
    new = path.with_name(f".{path.name}.new")
    write_durably(new, content)
    os.replace(new, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder (where the system can do that)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until nobody else holds the lock that this file stands for, and hold it.

    The system lets go of it when the process ends, however that comes about.
    """
    with path.open("ab") as file:
        if sys.platform == "win32":
            while not _take(file):
                time.sleep(0.05)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock that this file stands for if nobody else does; says whether."""
    with path.open("ab") as file:
        yield _take(file)


def _take(file: IO[bytes]) -> bool:
    """Take the lock of an open file if it is free."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
