"""Bringing a database to the tables that this version of LeadLoop works with, a step at a time.

Each step is one transaction that also notes the step, so a process that is killed leaves the step before or the one after.
Each step first waits for a lock and looks again, so of two processes that start at once each step is taken by one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from leadloop.errors import Problem, StoreError
from leadloop.store.connections import Connections

if TYPE_CHECKING:
    from sqlalchemy import Connection

STEPS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013", "0014")
"""The names of all steps, oldest first; the database notes the newest that it took. A test holds them to the files."""
HEAD = STEPS[-1]
_LOCK = 1
_TABLE = "alembic_version"


def current_step(connections: Connections) -> str | None:
    """The newest step that the database took; none where it has not taken any."""
    with connections.read() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_TABLE):
        return None
    steps = list(connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalars())
    return steps[0] if steps else None


def refuse_unknown(step: str | None) -> None:
    """Raise StoreError where a newer LeadLoop made the database."""
    if step is not None and step not in STEPS:
        raise StoreError(
            "store",
            Problem(
                "database",
                f"was brought to step {step} by a newer LeadLoop; this one knows steps up to {HEAD}",
                "upgrade LeadLoop, or restore a backup that was made before that step",
            ),
        )


def migrate(connections: Connections, to: str = "head") -> list[str]:
    """Take every step from where the database is to the one named ("head" is the newest), up only; names those taken."""
    target = len(STEPS) if to == "head" else _place(to)
    return _walk(connections, target, upwards=True)


def downgrade(connections: Connections, to: str = "base") -> list[str]:
    """Undo every step after the one named ("base" undoes all: every table goes, with what is in it); names those undone."""
    target = 0 if to == "base" else _place(to)
    return _walk(connections, target, upwards=False)


def _place(step: str) -> int:
    if step not in STEPS:
        raise StoreError("store", Problem("step", "is not known", f"name one of {', '.join(STEPS)}"))
    return STEPS.index(step) + 1


def _walk(connections: Connections, target: int, *, upwards: bool) -> list[str]:
    taken: list[str] = []
    while True:
        with connections.write() as connection:
            connections.lock(connection, _LOCK)
            step = _current(connection)
            refuse_unknown(step)
            here = 0 if step is None else STEPS.index(step) + 1
            if here >= target if upwards else here <= target:
                return taken
            following = here + 1 if upwards else here - 1
            _take(connection, here, following)
            taken.append(STEPS[max(here, following) - 1])


def _take(connection: Connection, here: int, following: int) -> None:
    """Take one step up or down inside the transaction that is open."""
    # Loading Alembic takes a second that a database which is up to date need not wait for.
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    folder = Path(__file__).with_name("migrations")
    script = ScriptDirectory(str(folder), version_locations=[str(folder)])
    target = STEPS[following - 1] if following else "base"

    def steps(revision: tuple[str, ...], _context: MigrationContext) -> list[object]:
        if following > here:
            return list(script._upgrade_revs(target, revision[0] if revision else "base"))
        return list(script._downgrade_revs(target, revision[0] if revision else "base"))

    context = MigrationContext.configure(connection, opts={"fn": steps, "script": script})
    with Operations.context(context):
        context.run_migrations()
