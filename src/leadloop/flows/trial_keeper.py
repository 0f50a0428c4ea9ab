"""Where the trials of a search are kept while it runs, so that a training that was killed can go on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.workspace import Workspace


class TrialKeeper:
    """Names the search of one playbook on one set of leads, and the database that keeps its trials.

    Without an address of its own, a search is kept in a file of the workspace, which goes when the version is saved.
    """

    def __init__(self, place: Workspace, playbook: str, configuration: str, data: str, address: str = "") -> None:
        self.study = f"{playbook}-{hashlib.sha256(f'{configuration}{data}'.encode()).hexdigest()[:16]}"
        self._file: Path | None = None
        self.address = address
        if address:
            _require_database(address)
        else:
            folder = place.root / "tuning"
            folder.mkdir(parents=True, exist_ok=True)
            self._file = folder / f"{self.study}.db"
            self.address = f"sqlite:///{self._file}"

    def forget(self) -> None:
        """Remove the file of a search that is over; a database of somebody's own is left as it is."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            if not any(self._file.parent.iterdir()):
                self._file.parent.rmdir()


def _require_database(address: str) -> None:
    """Raise LeadLoopError where there is no database at the address, without a word of its password."""
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(address)
        with engine.connect():
            pass
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        what = f"cannot be used: {type(error).__name__}"
        raise LeadLoopError(
            "--storage", Problem("database", what, "name a database that is running, as in postgresql://...")
        ) from None
    engine.dispose()
