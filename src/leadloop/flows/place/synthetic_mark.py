"""The mark of synthetic leads: a file beside them, so that whatever is learned from them is called synthetic too."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.playbook_folder import PlaybookFolder

MARK = "SYNTHETIC.txt"


def mark_folder(folder: Path, text: str) -> None:
    """Say in a folder, which is made if need be, that its files hold synthetic leads, and which."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(text, encoding="utf-8")


def begin_folder(folder: Path, text: str) -> None:
    """An empty folder that says that its files hold synthetic leads; what an earlier demo left there is taken away.

    Raises LeadLoopError where the folder holds something else.
    """
    if folder.exists() and any(folder.iterdir()):
        if not is_marked(folder):
            raise LeadLoopError(
                "demo", Problem(str(folder), "is a folder that the demo did not make", "name another with --folder")
            )
        shutil.rmtree(folder)
    mark_folder(folder, text)


def is_marked(folder: Path) -> bool:
    """Whether a folder says that its files hold synthetic leads."""
    return (folder / MARK).is_file()


def mark_playbook(found: PlaybookFolder, leads: Path) -> PlaybookFolder:
    """The playbook, marked as synthetic where the file of leads is: its versions and reports then say so."""
    if not is_marked(leads.parent):
        return found
    return replace(found, playbook=replace(found.playbook, synthetic=True))
