"""Fellow -> pages of changed records -> leads: the whole of a sync, page by page, each kept with the place where it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadloop.errors import LeadLoopError, StoreConflict, StoreError, StoreUnavailable, tell_briefly
from leadloop.flows.calls.listening import read_listening, read_own
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import SOURCE, find_account
from leadloop.flows.sync.merge import ACTION_ITEM, NOTE, RECORDING, Merged, merge, missing_notes
from leadloop.flows.sync.turns import StoredTurns
from leadloop.ingest.fellow.client import CursorRefused, Fellow
from leadloop.ingest.fellow.lists import ACTION_ITEMS, NOTES, RECORDINGS, Listing

if TYPE_CHECKING:
    from leadloop.store import SourceState

WHOLE = "sync"
"""The name under which the state of a whole sync is kept, beside those of its lists."""
OVERLAP = timedelta(minutes=5)
"""How much before the last sync the next one begins: clocks differ, and what was being written was not there yet."""

Keep = Callable[[str, float], None]
"""Told how far it is, within the transaction that stores a page: raising, it undoes the page."""


@dataclass(frozen=True)
class Stream:
    """One list, and what is made of what is on it."""

    listing: Listing
    kind: str
    include: tuple[str, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)


# Notes first: who was invited is known when a recording comes.
STREAMS = (
    Stream(NOTES, NOTE, ("event_attendees", "content_markdown")),
    Stream(ACTION_ITEMS, ACTION_ITEM, filters={"scope": "all"}),
    Stream(RECORDINGS, RECORDING, ("transcript", "ai_notes")),
)


@dataclass(frozen=True)
class Synced:
    """What a sync did."""

    began_at: datetime
    """Since when the next one looks for changes, but for some minutes before."""
    pages: int
    """How many pages were read."""
    records: Mapping[str, Merged]
    """What came of the records of each kind."""

    @property
    def leads_new(self) -> int:
        """How many leads were made."""
        return len({one for merged in self.records.values() for one in merged.leads_new})

    @property
    def leads_changed(self) -> int:
        """Of how many leads something else is known now, besides those that were made."""
        new = {one for merged in self.records.values() for one in merged.leads_new}
        return len({one for merged in self.records.values() for one in merged.leads_changed} - new)

    @property
    def left_out(self) -> int:
        """How many calls make no lead."""
        return sum(merged.left_out for merged in self.records.values())


def sync_fellow(
    place: Workspace,
    *,
    since: datetime | None = None,
    full: bool = False,
    keep: Keep = lambda note, share: None,
    wait: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda note: None,
) -> Synced:
    """Fetch what changed in Fellow since the last sync, or since a moment, or (`full`) everything, and keep the leads it makes.

    Each page is stored with the place at which the next one begins, all or nothing: whatever stops it, the next sync goes on
    there, and no call is lost or doubled. `tell` hears why Fellow is asked again. Raises SourceError where Fellow refuses,
    SourceUnavailable where it cannot be asked now, and LeadLoopError where nothing says who we are or the playbook is none of
    calls; the reason stays on the record of the store.
    """
    try:
        account = find_account(place)
        require_listening(place)
    except LeadLoopError as error:
        _note_failure(place, read_settings(place.root).fellow_subdomain or "-", error)
        raise
    try:
        with open_fellow(place, wait=wait, tell=tell) as fellow:
            fellow.me()
            # The earlier of both clocks: nothing that changes from now on may lie before the moment that is noted.
            began = min(datetime.now(UTC), fellow.said_at or datetime.now(UTC))
            states = place.store.source_states
            whole = states.begin(SOURCE, account.subdomain, WHOLE, since=None, at=began)
            reading = _Reading(place, fellow, account.subdomain, began, keep)
            for stream in STREAMS:
                reading.read(stream, since, full)
            states.succeed(whole)
            return Synced(began, reading.pages, reading.records)
    except (StoreUnavailable, StoreConflict):
        raise
    except LeadLoopError as error:
        _note_failure(place, account.subdomain, error)
        raise


def require_listening(place: Workspace) -> None:
    """Raise LeadLoopError where calls could be fetched and not be understood: better now than a thousand questions later."""
    read_own(place)
    read_listening(place, read_settings(place.root).calls_playbook)


def open_fellow(
    place: Workspace,
    *,
    wait: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda note: None,
) -> Fellow:
    """The Fellow of this workspace, asked at the pace that everything here keeps together."""
    account, settings = find_account(place), read_settings(place.root)
    turns = StoredTurns(
        place.store,
        SOURCE,
        account.subdomain,
        per_second=settings.fellow_requests_per_second,
        per_day=settings.fellow_requests_per_day,
        wait=wait,
    )
    return Fellow(account, pace=turns, wait=wait, tell=tell)


def fetch_missing_notes(place: Workspace, fellow: Fellow, recordings: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The notes of recordings that came after their list was read; one that is gone leaves a call without addresses."""
    found = (fellow.note(number) for number in missing_notes(place.store, recordings))
    return [one for one in found if one is not None]


class _Reading:
    """One sync that is under way."""

    def __init__(self, place: Workspace, fellow: Fellow, account: str, began: datetime, keep: Keep) -> None:
        self.place, self.fellow, self.account, self.began, self.keep = place, fellow, account, began, keep
        self.playbook = read_settings(place.root).calls_playbook
        self.pages = 0
        self.records: dict[str, Merged] = {}

    def read(self, stream: Stream, since: datetime | None, full: bool) -> None:
        """Read one list to its end; where an earlier reading was stopped, to its end first, and then what changed meanwhile."""
        states, name = self.place.store.source_states, stream.listing.name
        known = states.get(SOURCE, self.account, name)
        last = known.succeeded_at if known else None
        wanted = since or (None if full or last is None else last - OVERLAP)
        state = states.begin(SOURCE, self.account, name, since=wanted, at=self.began)
        try:
            self._read_pages(stream, state, state.cursor)
        except CursorRefused:
            if state.cursor is None:
                raise
            self._read_pages(stream, state, None)
        # A reading that leaves a gap after the last one is none that the next may build on.
        states.succeed(state, counts=wanted is None or last is None or wanted <= last)
        if state.begun_at is not None and state.begun_at != self.began:
            self.read(stream, state.begun_at - OVERLAP, full=False)

    def _read_pages(self, stream: Stream, state: SourceState, cursor: str | None) -> None:
        filters = {**stream.filters, **({"updated_at_start": state.since} if state.since else {})}
        pages = self.fellow.pages(stream.listing, cursor, filters=filters, include=stream.include)
        for page in pages:
            notes = fetch_missing_notes(self.place, self.fellow, page.items) if stream.kind == RECORDING else []
            self.pages += 1
            with self.place.store.transaction():
                if notes:
                    self._add(NOTE, merge(self.place, self.playbook, NOTE, notes))
                self._add(stream.kind, merge(self.place, self.playbook, stream.kind, page.items))
                self.place.store.source_states.advance(state, page.next)
                self.keep(self._told(stream), STREAMS.index(stream) / len(STREAMS))

    def _add(self, kind: str, merged: Merged) -> None:
        self.records[kind] = self.records.get(kind, Merged()) + merged

    def _told(self, stream: Stream) -> str:
        done = self.records[stream.kind]
        read = done.new + done.changed + done.unchanged
        name = stream.listing.name.replace("_", " ")
        return f"{name}: {read:,} read, {done.new:,} new, {done.changed:,} changed"


def _note_failure(place: Workspace, account: str, error: LeadLoopError) -> None:
    """Leave the reason where alerts and people look for it."""
    with suppress(StoreError):
        place.store.source_states.fail(SOURCE, account, WHOLE, tell_briefly(error.problems))
