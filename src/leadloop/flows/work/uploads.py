"""Files that were sent to be scored, and what came of them: each in a folder of its own in the workspace, for some days."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.workspace import Workspace

FOLDER = "files"
ENDINGS = {"csv": "csv", "jsonl": "jsonl", "parquet": "parquet"}
_NAME = re.compile(r"[0-9a-f]{32}")
_UPLOADED = re.compile(rf"[^\s“”\"']*[/\\]{FOLDER}[/\\][0-9a-f]{{32}}[/\\]leads")


@dataclass(frozen=True)
class Upload:
    """One file that was sent, and its folder."""

    folder: Path

    @property
    def id(self) -> str:
        """Its name: 128 bits of chance."""
        return self.folder.name

    @property
    def data(self) -> Path:
        """The file as it was sent."""
        return self.folder / "leads"

    def result(self, format: str) -> Path:
        """Where its scores are, once it was scored."""
        return self.folder / f"scores.{ENDINGS[format]}"

    @property
    def rejects(self) -> Path:
        """Where the rows are that could not be read."""
        return self.folder / "rejects.csv"


def without_folder(text: str) -> str:
    """What is said of a file that was sent, without the place where it lies here: whoever sent it knows it by no path.

    >>> without_folder("/srv/ll/files/0123456789abcdef0123456789abcdef/leads: 1 problem")
    'the file: 1 problem'
    """
    return _UPLOADED.sub("the file", text)


def new_upload(place: Workspace) -> Upload:
    """A folder for a file that is about to come; nobody else may read it."""
    files = place.root / FOLDER
    files.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = files / secrets.token_hex(16)
    folder.mkdir(mode=0o700)
    return Upload(folder)


def find_upload(place: Workspace, name: str) -> Upload:
    """A file that was sent; raises LeadLoopError where it is not there any more."""
    folder = place.root / FOLDER / name
    if not _NAME.fullmatch(name) or not folder.is_dir():
        raise LeadLoopError("file", Problem(name[:40], "is not there any more", "send it again"))
    return Upload(folder)


def remove_upload(upload: Upload) -> None:
    """Remove a file with all that came of it."""
    shutil.rmtree(upload.folder, ignore_errors=True)


def remove_old_uploads(place: Workspace, *, days: float) -> int:
    """Remove files that nothing was done with for so many days, and say how many."""
    removed = 0
    with suppress(FileNotFoundError):
        for folder in (place.root / FOLDER).iterdir():
            touched = max((one.stat().st_mtime for one in (folder, *folder.iterdir())), default=0.0)
            if _NAME.fullmatch(folder.name) and touched < time.time() - days * 86_400:
                remove_upload(Upload(folder))
                removed += 1
    return removed


def finish_file(beside: Path, place: Path) -> None:
    """Put a file that was written beside in its place, whole."""
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(beside, place)
