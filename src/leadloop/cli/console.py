"""How the command line speaks: tables and answers on standard output, progress and errors on standard error."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from leadloop.errors import LeadLoopError

# Where nobody looks at a screen, tables are as wide as they need to be.
_SILENCE = 20.0
"""Seconds after which whoever waits is told that work goes on."""
_WIDTH = None if sys.stdout.isatty() else 400


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command line, which treats every output alike when its reader has gone."""
        raise BrokenPipeError from None


out = _Console(highlight=False, emoji=False, soft_wrap=True, width=_WIDTH)
err = _Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def say(text: str = "") -> None:
    """Print a line of answer as it is; what a terminal would obey is written out."""
    out.print(Text(_plain(text)))


def tell(text: str) -> None:
    """Print a line beside the answer, on standard error, in the same way."""
    err.print(Text(_plain(text)))


def complain(error: LeadLoopError) -> None:
    """Print what was refused, and every reason."""
    err.print(Text(_plain(str(error)), style="red" if err.is_terminal else ""))


@contextmanager
def show_progress(title: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done and for how long.

    On a terminal one line that changes; elsewhere a line a stage, but not for every step of a stage that counts, and one when
    nothing was said for a while.
    """
    if err.is_terminal:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True
        ) as bar:
            task = bar.add_task(escape(_plain(title)))
            yield lambda stage: bar.update(task, description=escape(_plain(f"{title}: {stage}")))
        return
    told, since, begun = "", 0.0, time.monotonic()
    now, over = title, threading.Event()

    def tick(stage: str) -> None:
        nonlocal told, since, now
        kind = re.sub(r"[0-9,]+", "", stage)  # a stage that counts changes nothing but its digits
        now = f"{title}: {stage}"
        if kind != told or time.monotonic() - since > 10:
            told, since = kind, time.monotonic()
            tell(now)

    def beat() -> None:
        nonlocal since
        while not over.wait(1.0):
            if time.monotonic() - max(since, begun) > _SILENCE:
                since = time.monotonic()
                tell(f"{now} ({since - begun:.0f} s so far)")

    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield tick
    finally:
        over.set()
        heart.join()


def make_table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """An empty table with these columns; those in `right` are aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def add_row(table: Table, *cells: object) -> None:
    """Add a row, its cells printed as they are."""
    table.add_row(*(Text(_plain(str(cell))) for cell in cells))


def _plain(text: str) -> str:
    """A text with whatever a terminal would obey (a file may hold it) written out.

    >>> print(_plain("red [bold] " + chr(27) + "[31mtext"))
    red [bold] \\x1b[31mtext
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode() for sign in text
    )
