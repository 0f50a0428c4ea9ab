"""The store: one database that keeps leads, what happened to them, their scores, and all that a service must not forget."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, func, select, text

from leadloop.errors import Problem, StoreError
from leadloop.store import backup, migrating, retention
from leadloop.store.alerts import Alerts
from leadloop.store.arm_sums import ArmSums
from leadloop.store.audit import Audit
from leadloop.store.backup import Backup
from leadloop.store.connections import Connections
from leadloop.store.engine import address_of, describe, make_engine
from leadloop.store.enrichment import Enrichment
from leadloop.store.erasure import SECRET, Erasures, secret_of
from leadloop.store.events import Events
from leadloop.store.experiments import Experiments
from leadloop.store.feedback import FeedbackLog
from leadloop.store.feedback_sums import FeedbackSums
from leadloop.store.idempotency import Idempotency
from leadloop.store.identity import Identity
from leadloop.store.job_steps import JobSteps
from leadloop.store.jobs import Jobs
from leadloop.store.keys import Keys
from leadloop.store.leads import Leads
from leadloop.store.logged import Logged
from leadloop.store.metrics import Metrics
from leadloop.store.outcomes import Outcomes
from leadloop.store.promotions import Promotions
from leadloop.store.quality_history import QualityHistory
from leadloop.store.quarantine import Quarantine
from leadloop.store.retrain_checks import RetrainChecks
from leadloop.store.rollouts import Rollouts
from leadloop.store.schedules import Schedules
from leadloop.store.scores import Scores
from leadloop.store.source_events import SourceEvents
from leadloop.store.source_records import SourceRecords
from leadloop.store.source_states import SourceStates
from leadloop.store.source_turns import SourceTurns
from leadloop.store.standing_sums import StandingSums
from leadloop.store.standings import Standings
from leadloop.store.tables import METADATA
from leadloop.store.training_set import TrainingSet
from leadloop.store.webhooks import Webhooks


class Store:
    """An open store, with one small repository for each family of tables.

    Every method that writes is all or nothing, and what it wrote is on disk when it returns. Inside `transaction()` several of
    them are all or nothing together. A store may be used by several threads; each process opens its own.
    """

    def __init__(self, url: URL, connections: Connections, *, keep_list: bool) -> None:
        self._url = url
        self._connections = connections
        self.leads = Leads(connections)
        self.events = Events(connections)
        self.outcomes = Outcomes(connections)
        self.webhooks = Webhooks(connections)
        self.scores = Scores(connections, self.webhooks)
        self.enrichment = Enrichment(connections)
        self.feedback = FeedbackLog(connections)
        self.feedback_sums = FeedbackSums(connections)
        self.metrics = Metrics(connections)
        self.logged = Logged(connections)
        self.quality = QualityHistory(connections)
        self.experiments = Experiments(connections)
        self.arm_sums = ArmSums(connections)
        self.audit = Audit(connections)
        self.promotions = Promotions(connections, self.audit)
        self.keys = Keys(connections, self.audit)
        self.idempotency = Idempotency(connections)
        self.jobs = Jobs(connections)
        self.steps = JobSteps(connections)
        self.schedules = Schedules(connections)
        self.checks = RetrainChecks(connections)
        self.rollouts = Rollouts(connections, self.audit)
        self.alerts = Alerts(connections)
        self.quarantine = Quarantine(connections, self.audit)
        self.identity = Identity(connections)
        self.training = TrainingSet(connections)
        self.source_records = SourceRecords(connections)
        self.source_states = SourceStates(connections)
        self.source_turns = SourceTurns(connections)
        self.source_events = SourceEvents(connections)
        self.standings = Standings(connections)
        self.sums = StandingSums(connections)
        beside = list_beside(Path(str(url.database))) if keep_list and connections.is_sqlite else None
        self.erasures = Erasures(connections, self.audit, beside)

    @property
    def where(self) -> str:
        """The file or address, without its password."""
        return describe(self._url)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything that this thread does with the store inside is stored together when it ends, or, on an error, not at all."""
        with self._connections.write():
            yield

    def now(self) -> datetime:
        """The time by the clock of this store."""
        return self._connections.now()

    def describe(self) -> dict[str, str]:
        """What the store runs on, for a start-up log: database, its version, how commits are kept, the step of its tables."""
        with self._connections.read() as connection:
            if self._connections.is_sqlite:
                version = connection.execute(text("SELECT sqlite_version()")).scalar_one()
                kept = f"journal {connection.execute(text('PRAGMA journal_mode')).scalar_one()}, synchronous full"
                return {"database": "SQLite", "version": version, "commits": kept, "step": self.step() or "none"}
            version = connection.execute(text("SHOW server_version")).scalar_one()
            kept = f"synchronous_commit {connection.execute(text('SHOW synchronous_commit')).scalar_one()}"
            return {"database": "PostgreSQL", "version": version, "commits": kept, "step": self.step() or "none"}

    def row_counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self._connections.read() as connection:
            return {
                name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                for name, table in sorted(METADATA.tables.items())
            }

    def step(self) -> str | None:
        """The newest step of the tables that the database took."""
        return migrating.current_step(self._connections)

    def migrate(self, to: str = "head") -> list[str]:
        """Bring the database's tables up to a step, by default the newest; names the steps taken."""
        return migrating.migrate(self._connections, to)

    def downgrade(self, to: str) -> list[str]:
        """Take the database's tables back to a step, or to "base"; tables that did not exist then go with all they hold."""
        return migrating.downgrade(self._connections, to)

    def back_up(self, path: str | Path) -> Backup:
        """Copy the store into a file while it is in use; for PostgreSQL this says what to use instead."""
        if not self._connections.is_sqlite:
            backup.refuse_backup(self)
        return backup.back_up(Path(str(self._url.database)), Path(path))

    def forget_older_than(self, family: str, before: datetime, *, who: str, playbook: str = "") -> int:
        """Remove what a family of tables recorded before a moment, of one playbook or of all, and say how many rows."""
        return retention.forget_older_than(self._connections, self.audit, family, before, who=who, playbook=playbook)

    def close(self) -> None:
        """Let go of the database."""
        self._connections.engine.dispose()


def open_store(
    place: str | Path,
    *,
    now: Callable[[], datetime],
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    migrate: bool = True,
    keep_list: bool = True,
) -> Store:
    """Open the store in a file (SQLite), which is made where there is none, or at a PostgreSQL address.

    Its tables are brought to the newest step, and erasures that a crash interrupted are finished. Without `migrate` an older
    database is refused instead. `now` is the clock, with its zone. Raises StoreError where a newer LeadLoop made the database,
    StoreUnavailable where it cannot be reached, and DependencyMissing where PostgreSQL's driver is not installed.
    """
    url = address_of(place)
    connections = Connections(make_engine(url), now, random_bytes)
    store = Store(url, connections, keep_list=keep_list)
    try:
        step = store.step()
        migrating.refuse_unknown(step)
        if step != migrating.HEAD:
            if not migrate:
                raise StoreError(
                    "store", Problem("database", f"is at step {step}, not {migrating.HEAD}", "migrate it first")
                )
            store.migrate()
        secret_of(connections, SECRET)  # now, so that every backup has it and one erasure list fits them all
        store.erasures.resume()
    except BaseException:
        store.close()
        raise
    return store


def list_beside(database: Path) -> Path:
    """The file beside a SQLite store that keeps the erasure list, should the database be lost."""
    return database.with_name(database.name + ".erasures")
