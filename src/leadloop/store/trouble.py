"""What a database complains of, told without repeating what it was given: that may be somebody's name or address."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from leadloop.errors import LeadLoopError, Problem, StoreConflict, StoreError, StoreFull, StoreUnavailable

_BUSY = ("database is locked", "database table is locked", "database schema is locked")
_FULL = ("database or disk is full", "disk I/O error")
_NO_DATABASE = ("file is not a database", "malformed", "file is encrypted")
# PostgreSQL's own classes of errors: https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES_FULL = ("53100",)
_STATES_RETRY = ("08", "40", "53", "55", "57")


def explain(error: BaseException) -> LeadLoopError:
    """The error to raise in place of the database's own, which is stripped of everything that it quotes."""
    if isinstance(error, LeadLoopError):
        return error
    orig = getattr(error, "orig", None)
    if isinstance(orig, LeadLoopError):  # a column refused a value
        return orig
    told = _explain(error, orig)
    for quoting in (orig, error):
        if isinstance(quoting, BaseException):
            quoting.args = ("(what the database quoted is left out)",)
    return told


def _explain(error: BaseException, orig: object) -> LeadLoopError:
    what = str(orig or "")
    state = getattr(orig, "sqlstate", None)
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("store", Problem("database", "has no connection free", "try again"))
    if isinstance(error, NoSuchModuleError):
        return StoreError(
            "store", Problem("address", "names a database that is not known here", "use SQLite or PostgreSQL")
        )
    if isinstance(orig, sqlite3.Error):
        if any(sign in what for sign in _BUSY):
            return StoreUnavailable("store", Problem("database", "is kept busy by others", "try again"))
        if any(sign in what for sign in _FULL):
            return StoreFull(
                "store", Problem("database", "the disk is full or fails", "make room, or move the database")
            )
        if any(sign in what for sign in _NO_DATABASE):
            return StoreError("store", Problem("database", "is damaged or no SQLite file", "restore a backup"))
        if "unable to open" in what or "readonly" in what:
            return StoreUnavailable(
                "store", Problem("database", "cannot be opened for writing", "see to the rights of its file and folder")
            )
        name = getattr(orig, "sqlite_errorname", type(orig).__name__)
    else:
        if state in _STATES_FULL:
            return StoreFull("store", Problem("database", "its disk is full", "make room"))
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        if (
            lost
            or (state or "").startswith(_STATES_RETRY)
            or (state is None and type(orig).__name__ == "OperationalError")
        ):
            return StoreUnavailable(
                "store", Problem("database", "cannot be reached, or was kept busy", "see that it runs, and try again")
            )
        name = state or type(orig or error).__name__
    if name in ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        what = f"holds something else in this place ({name})"
        return StoreConflict("store", Problem("database", what, "look at what is there, then try again"))
    return StoreError(
        "store", Problem("database", f"refused ({name})", "this is a mistake in LeadLoop; please tell us")
    )


TROUBLES = (SQLAlchemyError, sqlite3.Error)
"""What a database may raise."""
