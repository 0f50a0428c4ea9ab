"""Draft: look at a file of leads and write a playbook for it, with every guess marked as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from leadloop.errors import DataError, PlaybookError, Problem
from leadloop.flows.past.importing import read_outcomes, sample_cells
from leadloop.flows.place.packaged import FILE
from leadloop.ingest.draft import Draft, draft_playbook
from leadloop.ingest.tables import open_table
from leadloop.playbook import render_playbook

SAMPLE_ROWS = 200_000

_HEADER = """\
# A draft of a playbook, made from {source}. Read it, mend it, then train:
#
#     leadloop check {folder}
#     leadloop train {folder} --data {source}
#
# Every `guess` says what a setting was inferred from. Delete the line once you agree; correct the setting if you do not.
# `known_at` is what matters most: a field that is filled in after the outcome must not say "{moment}".

"""


@dataclass(frozen=True)
class Drafted:
    """A playbook that was drafted and written: its folder, the draft with its findings, and how many rows were seen."""

    folder: Path
    """The playbook's folder."""
    draft: Draft
    """The drafted `playbook`, with the `findings` of the leakage audit and `notes` for people."""
    rows: int
    """How many rows were looked at."""
    rejected: int
    """How many rows could not be read."""


def draft(
    data: Path | str,
    target: str = "",
    *,
    to: Path | str | None = None,
    outcomes: Path | str | None = None,
    on: str = "",
    positive: Sequence[str] = (),
    still_open: Sequence[str] = (),
    overwrite: bool = False,
    name: str = "",
    synthetic: bool = False,
) -> Drafted:
    """Inspect a file of leads and write a playbook folder for it.

    `target` names the column with the outcome, `positive` the values of it that mean won (guessed where they are plain) and
    `still_open` those of leads that are still being worked; every other value is read by what it says, and named with that.
    Where outcomes are in a file of their own, `outcomes` names it and `on` the column that matches the two: a lead is
    won when it has a row there. The folder is named after the file unless `to` says otherwise, the playbook after the
    folder unless `name` does; an existing playbook is only replaced with `overwrite`. `synthetic` marks the playbook, and
    with it every version and report, as made from synthetic data.

    Raises DataError where the file or the target cannot be used, PlaybookError where there is a playbook already.
    """
    source = Path(data)
    folder = Path(to) if to else Path(name_from(source))
    if (folder / FILE).exists() and not overwrite:
        raise PlaybookError(
            str(folder), Problem(FILE, "exists already", "name another folder with -o, or replace it with --overwrite")
        )
    table = open_table(source)
    joined = None
    if outcomes is not None:
        if not on or on not in table.columns:
            raise DataError(
                str(source),
                Problem(
                    "--on", f"“{on}” is no column of {source.name}" if on else "is missing", "name the column both have"
                ),
            )
        joined = read_outcomes(Path(outcomes), on, table.columns)
    if not target and joined is None:
        raise DataError(str(source), Problem("--target", "is missing", "name the column that holds the outcome"))
    cells, rows, rejects = sample_cells(table, SAMPLE_ROWS, joined, on)
    drafted = draft_playbook(
        name or name_from(folder),
        cells.columns,
        cells,
        rows=rows,
        target=target,
        outcome_columns=joined.columns if joined else (),
        outcomes_by=on,
        positive=positive,
        still_open=still_open,
    )
    if synthetic:
        drafted = replace(drafted, playbook=replace(drafted.playbook, synthetic=True))
    folder.mkdir(parents=True, exist_ok=True)
    header = _HEADER.format(source=source.name, folder=folder, moment=drafted.playbook.scores_at)
    (folder / FILE).write_text(header + render_playbook(drafted.playbook), encoding="utf-8")
    return Drafted(folder, drafted, rows, len(rejects))


def name_from(path: Path) -> str:
    """A playbook's name from a file's or folder's.

    >>> name_from(Path("exports/Leads 2026-Q3.csv.gz"))
    'leads_2026_q3'
    """
    stem = path.name.split(".")[0].lower()
    name = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")[:50]
    return name if name and name[0].isalpha() else f"leads_{name}".rstrip("_")
