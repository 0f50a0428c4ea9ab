"""Where the trials of a search are kept while it runs, so that a training that was killed can go on, and others can help."""

from __future__ import annotations

import hashlib
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from leadloop.errors import DependencyMissing, LeadLoopError, Problem
from leadloop.flows.place.workspace import Workspace
from leadloop.learning.trials import Sharing, Storage
from leadloop.registry.files import locked_if_free

_TRIES = 5


class TrialKeeper:
    """Names the search of one playbook on one set of leads, and the database that keeps its trials.

    With an address of its own the database is shared with whoever else trains the same playbook on the same leads. Without one,
    a search is kept in a file of the workspace, which goes when the version is saved; where another training is at that
    file already, nothing is kept: both come to the same end by themselves.
    """

    def __init__(self, place: Workspace, playbook: str, configuration: str, data: str, address: str = "") -> None:
        self.study = f"{playbook}-{hashlib.sha256(f'{configuration}{data}'.encode()).hexdigest()[:16]}"
        self.storage: Storage | None = None
        self._held = ExitStack()
        self._address = address
        self._folder = place.root / "tuning"
        if address:
            _require_database(address)
            self.storage = Storage(address, self.study, Sharing(time.monotonic, time.sleep))

    def __enter__(self) -> Self:
        if not self._address:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._held.enter_context(locked_if_free(self._file(".lock"))):
                self.storage = Storage(f"sqlite:///{self._file('.db')}", self.study)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._held.close()
        if error is not None and self._address and _is_of_database(error):
            raise LeadLoopError(
                "--storage",
                Problem(
                    "database",
                    f"was lost while settings were tried: {_kind(error)}",
                    "start the training again when it is back: it goes on with the trials that were made",
                ),
            ) from None

    def forget(self) -> None:
        """Remove the file of a search that is over; a database of somebody's own is left as it is."""
        if self._address:
            return
        for path in (self._file(".db"), self._file(".lock")):
            with suppress(PermissionError):  # another training is at it still
                path.unlink(missing_ok=True)
        with suppress(FileNotFoundError):  # another training that ended just now has removed it
            if not any(self._folder.iterdir()):
                self._folder.rmdir()

    def _file(self, ending: str) -> Path:
        return self._folder / f"{self.study}{ending}"


def _require_database(address: str) -> None:
    """Make the tables at the address, and raise LeadLoopError where there is no database, without a word of its password."""
    import optuna
    import sqlalchemy

    for left in reversed(range(_TRIES)):
        try:
            optuna.storages.RDBStorage(address).remove_session()
            return
        except ImportError as error:
            raise DependencyMissing(
                "--storage",
                Problem(
                    "database",
                    f"its driver is not installed: {error.name}",
                    "for PostgreSQL: pip install 'leadloop[postgres]', and write postgresql+psycopg://...",
                ),
            ) from None
        except (sqlalchemy.exc.SQLAlchemyError, RuntimeError) as error:
            # Several workers that begin at once all make the tables; all but one fail, and find them there the next time.
            if left and not isinstance(error, sqlalchemy.exc.ArgumentError | sqlalchemy.exc.NoSuchModuleError):
                time.sleep(0.3)
                continue
            what = f"cannot be used: {_kind(error)}"
            raise LeadLoopError(
                "--storage",
                Problem("database", what, "name a database that is running, as in postgresql+psycopg://..."),
            ) from None


def _is_of_database(error: BaseException) -> bool:
    import optuna
    import sqlalchemy

    return isinstance(error, sqlalchemy.exc.SQLAlchemyError | optuna.exceptions.StorageInternalError)


def _kind(error: BaseException) -> str:
    return type(error).__name__
