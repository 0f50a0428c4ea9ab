"""The registry of one workspace: saved versions in folders, and in the store which of them is in service, since when and why.

Names of versions (`champion` is the one in service; `challenger`, `shadow` or any other) change in one transaction with their
record and the row of the audit log, and with what was measured of the version that begins to serve. A version is loaded and
checked before a name is given to it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadloop.errors import (
    AliasRefused,
    DependencyMissing,
    LeadLoopError,
    Problem,
    StoreConflict,
    StoreError,
    StoreUnavailable,
    VersionError,
    VersionMissing,
    tell_briefly,
)
from leadloop.registry.files import locked
from leadloop.registry.in_service import NAME, InService, read_last_known, serving, write_last_known
from leadloop.registry.manifest import NAME as MANIFEST_FILE
from leadloop.registry.manifest import VERSION_ID, ModelVersion
from leadloop.registry.measured import metrics_of
from leadloop.registry.pruning import Pruned, choose
from leadloop.registry.saved import LOCK, SavedVersions, refusing

if TYPE_CHECKING:
    from leadloop.scoring import TrainedPlaybook
    from leadloop.store import Alias, PromotionRecord, Store

CHAMPION = "champion"
"""The name of the version in service."""
_ALIAS = re.compile(r"[a-z][a-z0-9_-]{0,49}")
_TAKEN = ("latest", "history", "rollback", "prune", "rules")
_AWAY_SECONDS = 2.0
_AT_ONCE = 10_000
_TRIES = 5


class Silence:
    """That a database did not answer a moment ago, so that it is not asked again and again, and waited for each time."""

    def __init__(self) -> None:
        self._heard: tuple[float, LeadLoopError] | None = None

    def note(self, error: LeadLoopError) -> None:
        """It did not answer now; the same error once more tells nothing new, so that the moment ends however often one asks."""
        if self._heard is None or self._heard[1] is not error:
            self._heard = time.monotonic(), error

    def require_over(self) -> None:
        """Raise what was raised a moment ago, where that was a moment ago."""
        heard = self._heard
        if heard and time.monotonic() - heard[0] < _AWAY_SECONDS:
            raise heard[1].with_traceback(None)


class Registry(SavedVersions):
    """Versions under one folder, `<root>/<playbook>/<version>/`, and the names that the store gives them.

    `open_store` opens the store, and makes its database where there is none; `has_store` says whether there is one. Registries
    of one database share its `silence`.
    """

    def __init__(
        self,
        root: Path,
        open_store: Callable[[], Store] | None = None,
        has_store: Callable[[], bool] = lambda: True,
        silence: Silence | None = None,
    ) -> None:
        super().__init__(root)
        self._open_store, self._has_store, self._silence = open_store, has_store, silence or Silence()

    # ------------------------------------------------------------------------------------------------ what a name stands for

    def find(self, playbook: str, name: str) -> ModelVersion:
        """The version of this id or release, the newest for "latest", or the one that a name such as "champion" stands for.

        Where the database is away, "champion" is the version that was last known to be in service (see `in_service`). Raises
        VersionMissing where there is none, VersionError where it is damaged.
        """
        if name == CHAMPION:
            standing = self.in_service(playbook)
            if standing.version is None:
                mend = "train one, and put it in service with `leadloop models promote`"
                raise VersionMissing(playbook, Problem(CHAMPION, standing.doubt or "no version is in service", mend))
            name = standing.version
        elif _ALIAS.fullmatch(name) and name not in _TAKEN and not VERSION_ID.fullmatch(name):
            store = self._reading(playbook)
            alias = store.promotions.alias(playbook, name) if store else None
            name = alias.model_version if alias else name
        return super().find(playbook, name)

    def load(self, version: ModelVersion) -> TrainedPlaybook:
        """Load a version after checking every byte of it, and that it is the very one that was promoted, where it was.

        What was promoted is what the database says; where that is away, what was last known (see `in_service`). Raises
        VersionError where anything is not as it was saved, or where the version is not what was promoted.
        """
        promoted = self._promoted(version)
        if promoted and promoted != version.checksum:
            what = f"is not what was promoted: its checksum is {version.checksum[:12]}, not {promoted[:12]}"
            mend = "restore the version's folder from a backup, or promote another version"
            raise VersionError(version.id, Problem(MANIFEST_FILE, what, mend))
        return super().load(version)

    def _promoted(self, version: ModelVersion) -> str:
        """The checksum of the manifest that was promoted under a version's id; empty where none was, or none was noted."""
        try:
            store = self._reading(version.playbook)
            return store.promotions.manifest(version.playbook, version.id) if store else ""
        except (StoreError, DependencyMissing) as error:
            if isinstance(error, StoreUnavailable):
                self._silence.note(error)
            known = read_last_known(self.folder(version.playbook))
            return known.manifests.get(version.id, "") if known else ""

    def champion(self, playbook: str) -> str | None:
        """The id of the version in service, if there is one; where the database is away, of the one last known."""
        return self.in_service(playbook).version

    def in_service(self, playbook: str) -> InService:
        """The version in service, since when, and those before it.

        Where the database cannot be asked, this is what was last known, with the reason as its `doubt`. So it is where the
        database knows of no promotion at all, though a version was in service: it must be another database.
        """
        folder = self.folder(playbook)
        if not folder.is_dir():
            return InService(None)
        known = read_last_known(folder)
        try:
            store = self._reading(playbook)
            if store is None:
                return InService(None)
            alias = store.promotions.alias(playbook, CHAMPION)
            found = (alias.model_version, alias.since) if alias else (None, None)
            if known and found == (known.version, known.since):
                return known
            if alias is None and (known is None or known.version is None):
                return InService(None)
            return self._remember(playbook, store)
        except (StoreError, DependencyMissing) as error:
            if isinstance(error, StoreUnavailable):
                self._silence.note(error)
            return _doubted(known, error)

    def aliases(self, playbook: str) -> tuple[Alias, ...]:
        """Every name that stands for a version of a playbook now, in alphabetical order."""
        store = self._reading(playbook)
        return store.promotions.aliases(playbook) if store else ()

    def history(self, playbook: str, alias: str | None = CHAMPION) -> tuple[PromotionRecord, ...]:
        """Every change of what a name stands for, oldest first; of all names for None."""
        store = self._reading(playbook)
        return tuple(_changes(store, playbook, alias)) if store else ()

    def in_service_at(self, playbook: str, moment: datetime, alias: str = CHAMPION) -> PromotionRecord | None:
        """The change by which a version was in service (or had another name) at a moment.

        None before the first; a change that took the name from every version has none of its own.
        """
        store = self._reading(playbook)
        return store.promotions.at(playbook, alias, moment) if store else None

    # ---------------------------------------------------------------------------------------------------------------- changes

    def promote(
        self,
        playbook: str,
        name: str,
        *,
        who: str,
        why: str,
        alias: str = CHAMPION,
        evidence: Mapping[str, Any] | None = None,
        instead_of: str | None = None,
        also: Callable[[Store], None] = lambda store: None,
    ) -> PromotionRecord:
        """Put a version in service (or give it another name), after loading it to see that it works.

        What `also` stores is stored together with it or not at all.

        The record holds the checksum of its manifest: from then on nothing else is loaded under its id. With `instead_of` it
        must replace that very version, or none for "", else StoreConflict is raised: somebody was faster. Raises VersionMissing
        for a version that is not there, AliasRefused for a name that none can have, VersionError for a version that is damaged
        or named so already; StoreUnavailable where the database is away. Nothing was changed then.
        """
        _require_alias(playbook, alias)
        version = self.find(playbook, name)
        with self._changing(playbook):
            self.load(version)
            store = self._store(playbook)
            while True:
                current = store.promotions.alias(playbook, alias)
                previous = current.model_version if current else ""
                if previous == version.id:
                    state = "is in service already" if alias == CHAMPION else f"is {alias} already"
                    mend = "there is nothing to change, or name another version"
                    raise VersionError(playbook, Problem("version", f"{version.id} {state}", mend))
                try:
                    with store.transaction():
                        record = store.promotions.promote(
                            playbook,
                            alias,
                            version.id,
                            who=_storable(who),
                            why=_storable(why),
                            evidence=evidence,
                            manifest=version.checksum,
                            instead_of=previous if instead_of is None else instead_of,
                        )
                        if alias == CHAMPION:
                            _note_measures(store, version)
                        also(store)
                    break
                except StoreConflict:
                    if instead_of is not None:
                        raise
            if alias == CHAMPION:
                self._write_last_known(playbook, store)
        return record

    def rollback(self, playbook: str, *, who: str, why: str, alias: str = CHAMPION) -> PromotionRecord:
        """Go back to the version that was in service (or had this name) before, after loading it to see that it works.

        Raises VersionError where there was none or it cannot be loaded; StoreConflict where somebody changed it meanwhile.
        """
        _require_alias(playbook, alias)
        if self._reading(playbook) is None:
            raise _nothing_before(playbook)
        with self._changing(playbook):
            store = self._store(playbook)
            stack = store.promotions.stack(playbook, alias)
            if len(stack) < 2:
                raise _nothing_before(playbook)
            before = super().find(playbook, stack[1])
            self.load(before)
            with store.transaction():
                record = store.promotions.roll_back(playbook, alias, who=_storable(who), why=_storable(why))
                if (record.previous, record.model_version) != stack[:2]:  # what was loaded is not what would serve
                    problem = Problem(alias, "was changed by somebody else meanwhile", "look again at what serves")
                    raise StoreConflict(playbook, problem)
                if alias == CHAMPION:
                    _note_measures(store, before)
            if alias == CHAMPION:
                self._write_last_known(playbook, store)
        return record

    def clear(self, playbook: str, alias: str, *, who: str, why: str) -> PromotionRecord:
        """Take a name from the version that has it, on the record.

        Raises VersionMissing where none has it, AliasRefused for a name that none can have, and VersionError for the name of the
        version in service.
        """
        _require_alias(playbook, alias)
        if alias == CHAMPION:
            problem = Problem(alias, "is what scores", "promote another version in its place, or roll back")
            raise VersionError(playbook, problem)
        store = self._reading(playbook)
        named = [one.alias for one in store.promotions.aliases(playbook)] if store else []
        if store is None or alias not in named:
            mend = f"names of versions here are: {', '.join(named) or 'none'}"
            raise VersionMissing(playbook, Problem(alias, "stands for no version", mend))
        return store.promotions.clear(playbook, alias, who=_storable(who), why=_storable(why))

    def prune(
        self,
        playbook: str,
        *,
        keep: int,
        unused_since: datetime,
        who: str,
        needed: Mapping[str, str] | None = None,
        dry_run: bool = False,
    ) -> Pruned:
        """Delete old versions, or only say which (`dry_run`).

        The `keep` newest stay, and so does every version that has a name, that had one since the moment `unused_since`, that a
        rollback would go back to, or that is `needed` (each with the reason). The audit log has the row before anything goes.
        Raises StoreUnavailable where the database cannot say what is in service.
        """
        if keep < 1:
            raise VersionError(playbook, Problem("keep", f"is {keep}", "keep 1 or more"))
        if not self._ids(playbook):
            return Pruned((), {})
        standing = self.in_service(playbook)
        if standing.doubt:
            mend = "clean up when the database says what is in service"
            raise StoreUnavailable(playbook, Problem("database", standing.doubt, mend))
        with self._changing(playbook):
            if dry_run:
                return self._choose(playbook, self._reading(playbook), keep, unused_since, needed or {})
            store = self._store(playbook)
            with store.transaction():
                chosen = self._choose(playbook, store, keep, unused_since, needed or {})
                if chosen.removed:
                    details = {"playbook": playbook, "versions": list(chosen.removed), "keep": keep}
                    store.audit.add(_storable(who), "prune", details)
            self.remove(playbook, chosen.removed)
        return chosen

    def _choose(
        self, playbook: str, store: Store | None, keep: int, unused_since: datetime, needed: Mapping[str, str]
    ) -> Pruned:
        reasons = dict(needed)
        changes: tuple[PromotionRecord, ...] = ()
        if store is not None:
            changes = tuple(_changes(store, playbook, None))
            aliases = store.promotions.aliases(playbook)
            for alias in aliases:
                for version in store.promotions.stack(playbook, alias.alias)[1:2]:
                    reasons[version] = f"what {alias.alias} would be rolled back to"
            reasons |= {alias.model_version: alias.alias for alias in aliases}
        return choose(self._ids(playbook), changes, newest=keep, unused_since=unused_since, needed=reasons)

    # -------------------------------------------------------------------------------------------------------------- the store

    @contextmanager
    def _changing(self, playbook: str) -> Iterator[None]:
        """Let nobody else on this disk save, name or delete versions of a playbook meanwhile."""
        folder = self.folder(playbook)
        with refusing(playbook, folder), locked(folder / LOCK):
            yield

    def _store(self, playbook: str) -> Store:
        """The store, made where there is none; raises StoreUnavailable where there should be one: a version was in service."""
        if self._open_store is None:
            raise StoreUnavailable("registry", Problem("database", "is not known here", "open the workspace instead"))
        if not self._has_store():
            self._require_new(playbook)
        return self._open_store()

    def require_new(self) -> None:
        """Raise StoreUnavailable where there has been a database: a new one would know nothing of it, of keys neither."""
        for playbook in self.playbooks():
            self._require_new(playbook)

    def _require_new(self, playbook: str) -> None:
        known = read_last_known(self.folder(playbook))
        if known and known.version:
            mend = "restore it, or set `database` to where it is"
            mend += f"; to begin a new one without its history, delete {self.folder(playbook) / NAME} first"
            raise StoreUnavailable(playbook, Problem("database", "is not where it was", mend))

    def _reading(self, playbook: str) -> Store | None:
        """The store, if there is one: a look never makes a database. One that was away is not asked again for a moment."""
        folder = self.folder(playbook)
        if not folder.is_dir():
            return None
        self._silence.require_over()
        known = read_last_known(folder)
        expected = known is not None and known.version is not None
        if expected or (self._open_store is not None and self._has_store()):
            return self._store(playbook)
        return None

    def _remember(self, playbook: str, store: Store) -> InService:
        """What the database says is in service, written beside the versions; raises StoreError where it knows nothing at all."""
        folder = self.folder(playbook)
        if not store.promotions.page(playbook, alias=CHAMPION, limit=1).items:
            mend = "set `database` to the one that knows, or restore it"
            problem = Problem("database", "knows of no promotion, though a version was in service", mend)
            raise StoreError(playbook, problem)
        try:
            with locked(folder / LOCK):  # else an older answer could be written over a newer one
                return self._write_last_known(playbook, store)
        except OSError:  # a folder that may only be read: the answer is as good without
            return _ask(playbook, store)

    def _write_last_known(self, playbook: str, store: Store) -> InService:
        found = _ask(playbook, store)
        with suppress(OSError):  # the change itself is safe in the database, and the next look writes it down
            write_last_known(self.folder(playbook), found)
        return found


def _note_measures(store: Store, version: ModelVersion) -> None:
    """Keep what was measured of a version, and that it serves from now on; to be called where its promotion is stored."""
    store.metrics.record(version.playbook, metrics_of(version))
    store.metrics.activate(version.playbook, version.id)


def _ask(playbook: str, store: Store) -> InService:
    """What the database says is in service, and what before it."""
    for _ in range(_TRIES):
        alias = store.promotions.alias(playbook, CHAMPION)
        stack = store.promotions.stack(playbook, CHAMPION)
        if (alias.model_version if alias else None) == (stack[0] if stack else None):
            break  # else somebody changed it between the two answers
    since = alias.since if alias else None
    return serving(stack, since, lambda version: store.promotions.manifest(playbook, version))


def _changes(store: Store, playbook: str, alias: str | None) -> Iterator[PromotionRecord]:
    after: str | None = None
    while True:
        page = store.promotions.page(playbook, alias=alias, after=after, limit=_AT_ONCE)
        yield from page.items
        if page.next is None:
            return
        after = page.next


def _doubted(known: InService | None, error: LeadLoopError) -> InService:
    """What was last known, with what keeps the database from saying it."""
    why = tell_briefly(error.problems)
    if known is None or known.version is None:
        return InService(None, doubt=f"{why}; no version is known to have been in service")
    since = f" (since {known.since:%Y-%m-%d %H:%M} UTC)" if known.since else ""
    doubt = f"{why}; {known.version} is the version last known to be in service{since}"
    return InService(known.version, known.since, known.before, doubt, known.manifests)


def _require_alias(playbook: str, alias: str) -> None:
    if not _ALIAS.fullmatch(alias) or alias in _TAKEN:
        mend = "use small letters, digits, - and _, beginning with a letter, as in challenger"
        raise AliasRefused(playbook, Problem("alias", f"“{alias}” cannot be the name of a version", mend))


def _storable(text: str) -> str:
    """A text as a database can keep it: half a character (an argument that was not UTF-8) is written out."""
    return text.encode(errors="backslashreplace").decode()


def _nothing_before(playbook: str) -> VersionError:
    return VersionError(
        playbook,
        Problem("rollback", "no version was in service before this one", "promote the one you want instead"),
    )
