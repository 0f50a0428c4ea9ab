"""How the command line speaks: tables and answers on standard output, progress and errors on standard error."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from leadloop.errors import LeadLoopError

# Where nobody looks at a screen, tables are as wide as they need to be.
_WIDTH = None if sys.stdout.isatty() else 400

out = Console(highlight=False, soft_wrap=True, width=_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str = "") -> None:
    """Print a line of answer; square brackets are printed as they are."""
    out.print(escape(text))


def complain(error: LeadLoopError) -> None:
    """Print what was refused, and every reason."""
    err.print(escape(str(error)), style="red" if err.is_terminal else None)


@contextmanager
def show_progress(title: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done and for how long.

    On a terminal one line that changes; elsewhere a line a stage, but not for every step of a stage that counts.
    """
    if err.is_terminal:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True
        ) as bar:
            task = bar.add_task(escape(title))
            yield lambda stage: bar.update(task, description=f"{escape(title)}: {escape(stage)}")
        return
    told, since = "", 0.0

    def tick(stage: str) -> None:
        nonlocal told, since
        kind = re.sub(r"[0-9,]+", "", stage)  # a stage that counts changes nothing but its digits
        if kind != told or time.monotonic() - since > 10:
            told, since = kind, time.monotonic()
            print(f"{title}: {stage}", file=sys.stderr, flush=True)

    yield tick


def make_table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """An empty table with these columns; those in `right` are aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def add_row(table: Table, *cells: object) -> None:
    """Add a row; square brackets are printed as they are."""
    table.add_row(*(escape(str(cell)) for cell in cells))
