"""Enrich: leads of the queue, best worth first -> who knows their companies -> new versions -> a job that scores these."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from leadloop.enrich.enricher import Company, Enricher, Fact, Found
from leadloop.enrich.manners import Resting
from leadloop.errors import LeadLoopError, StoreError
from leadloop.flows.enrich.lead_fields import LeadFields, can_be_read, lead_fields
from leadloop.flows.enrich.providers import read_providers
from leadloop.flows.enrich.queue import fill_queue, playbook_of
from leadloop.flows.place.workspace import Workspace
from leadloop.outbound.connection import Unreachable, unreachable
from leadloop.playbook import Playbook

if TYPE_CHECKING:
    from leadloop.store import LeadVersion
    from leadloop.store.enrichment import Queued

AT_ONCE = 4
"""So many companies are looked at at a time."""
_SCORED_TOGETHER = 50
_PAUSES = (300.0, 1_800.0, 7_200.0, 43_200.0)
"""Seconds before a lead is tried again, attempt by attempt."""

_UNTIL_PAID = 3_600.0
"""Seconds before a lead is looked at again that nobody had the money for."""

Keep = Callable[[str, float], None]


@dataclass(frozen=True)
class Enriched:
    """What an enrichment did."""

    looked: int = 0
    """Leads whose companies were looked at."""
    changed: int = 0
    """Leads of which more is known now."""
    nothing: int = 0
    """Leads about whose companies nothing new was found."""
    put_off: int = 0
    """Leads that are tried again later."""
    failed: int = 0
    """Leads that were given up."""
    cost: float = 0.0
    """What was paid."""
    waiting: int = 0
    """Leads that still wait."""
    filled: Mapping[str, int] = field(default_factory=dict)
    """How often each field was filled in."""
    jobs: tuple[int, ...] = ()
    """The jobs that score the changed leads anew."""


def enrich(
    place: Workspace,
    playbook: str,
    *,
    holder: str,
    most: int = 0,
    budget: float | None = None,
    fill: bool = True,
    providers: Sequence[Enricher] | None = None,
    seconds: float = 30.0,
    keep: Keep = lambda note, share: None,
) -> Enriched:
    """Enrich the leads of a playbook, those first for whom it is worth most, until none is left.

    `most` ends it after so many leads (0: none), `budget` asks nobody who costs more than is left of it. With `fill`, the queue
    is first brought up to date. Each lead is stored by itself, whole or not at all: stopped or killed, nothing is lost, and what
    was under way is done by whoever comes next. Those that changed are scored anew by a job.
    """
    found = playbook_of(place, playbook)
    asked = providers if providers is not None else read_providers(place)
    if fill:
        fill_queue(place, found, asked)
    return _Run(place, found, asked, holder, most, budget, seconds, keep).run()


@dataclass
class _Told:
    """What was learned of one lead's company."""

    answers: list[tuple[Enricher, str, Found, bool]] = field(default_factory=list)
    """Who answered, under which key, what, and whether it was asked now."""
    cost: float = 0.0
    notes: list[str] = field(default_factory=list)
    trouble: Unreachable | None = None
    unpaid: bool = False
    """Whether somebody was not asked for want of money."""


class _Run:
    def __init__(
        self,
        place: Workspace,
        playbook: Playbook,
        providers: Sequence[Enricher],
        holder: str,
        most: int,
        budget: float | None,
        seconds: float,
        keep: Keep,
    ) -> None:
        self.place, self.playbook, self.providers, self.holder = place, playbook, providers, holder
        self.most, self.budget, self.seconds, self.keep = most, budget, seconds, keep
        self.fields: LeadFields = lead_fields(playbook)
        self.store = place.store.enrichment
        self.spent = 0.0
        self._reserved = 0.0
        self._money = threading.Lock()
        self._asking: dict[tuple[str, str], threading.Lock] = {}
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.filled: Counter[str] = Counter()
        self.jobs: list[int] = []

    def run(self) -> Enriched:
        name = self.playbook.name
        whole = max(1, self.store.backlog().get(name, 0))
        whole = min(whole, self.most) if self.most else whole
        under_way: dict[Future[_Told], tuple[Queued, LeadVersion]] = {}
        taken = 0
        self._score_changed(least=1)  # what somebody left who was stopped between a lead and its score
        try:
            while True:
                room = AT_ONCE - len(under_way)
                if self.most:
                    room = min(room, self.most - taken)
                if room > 0:
                    for one in self.store.claim(name, self.holder, seconds=self.seconds, most=room):
                        taken += 1
                        lead = place_lead(self.place, name, one)
                        if lead is None:
                            self.store.forget(one)
                            continue
                        under_way[self._begin(lead)] = one, lead
                if not under_way:
                    break
                done, _ = wait(under_way, timeout=self.seconds / 4, return_when=FIRST_COMPLETED)
                if not done:
                    self.store.hold(self.holder, seconds=self.seconds)
                for future in done:
                    one, lead = under_way.pop(future)
                    self._conclude(one, future.result())
                    if under_way:
                        self.store.hold(self.holder, seconds=self.seconds)
                looked = self.counts["looked"]
                self.keep(
                    f"{looked:,} of {whole:,} leads, {self.counts['changed']:,} changed", min(1.0, looked / whole)
                )
                self._score_changed(least=_SCORED_TOGETHER)
            self._score_changed(least=1)
        finally:
            with suppress(StoreError):
                self.store.release(self.holder)
        return Enriched(
            **{what: self.counts[what] for what in ("looked", "changed", "nothing", "put_off", "failed")},
            cost=round(self.spent, 6),
            waiting=self.store.backlog().get(name, 0),
            filled=dict(sorted(self.filled.items())),
            jobs=tuple(dict.fromkeys(self.jobs)),
        )

    def _begin(self, lead: LeadVersion) -> Future[_Told]:
        """Look a lead up in a thread that nobody waits for who is told to stop: a site may take its time."""
        future: Future[_Told] = Future()

        def work() -> None:
            try:
                future.set_result(self._look_up(lead))
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=work, name="enrich", daemon=True).start()
        return future

    def _look_up(self, lead: LeadVersion) -> _Told:
        """Ask everybody, the cheapest first, who may know what is missing still."""
        told, company = _Told(), self.fields.company(lead.fields)
        open_facts = {fact for one in self.providers for fact in one.gives if self.fields.is_missing(lead.fields, fact)}
        for one in self.providers:
            if not open_facts & one.gives or not (key := one.key(company)):
                continue
            try:
                found, fresh = self._answer(one, key, company)
            except Unreachable as error:
                told.trouble = error
                told.notes.append(f"{one.name}: {error.problems[0].where} {error.problems[0].what}")
                continue
            except StoreError:  # nothing about this company: the run ends, and the lead waits
                raise
            except LeadLoopError as error:
                told.notes.append(f"{one.name}: {error.problems[0].where} {error.problems[0].what}")
                continue
            except Exception as error:
                # A mistake of a provider's, or of ours, about one company. What it says may quote what was read.
                told.trouble = unreachable(one.name, "provider", f"made a mistake ({type(error).__name__})")
                told.notes.append(f"{one.name}: made a mistake ({type(error).__name__})")
                continue
            if found is None:
                told.notes.append(f"{one.name}: the budget is spent")
                told.unpaid = True
                continue
            told.answers.append((one, key, found, fresh))
            told.cost += one.cost * fresh
            open_facts -= {fact for fact in found.facts if self._takes(fact, found.facts[fact])}
        return told

    def _answer(self, one: Enricher, key: str, company: Company) -> tuple[Found | None, bool]:
        """What a provider answers, and whether it was asked now; of two leads of a company one asks and the other waits."""
        with self._lock:
            turn = self._asking.setdefault((one.name, key), threading.Lock())
        with turn:
            known = self.store.answer(one.name, key)
            if known is not None:
                return Found.from_json(known), False
            if not self._may_pay(one.cost):
                return None, False
            try:
                found = one.find(company)
            except BaseException:
                self._pay(one.cost, 0.0)
                raise
            self._pay(one.cost, one.cost)
            # Kept at once: whatever becomes of this lead, nobody asks or pays twice.
            self.store.keep_answer(one.name, key, found.as_json(), cost=one.cost, days=one.days)
            return found, True

    def _may_pay(self, cost: float) -> bool:
        with self._money:
            if cost and self.budget is not None and self.spent + self._reserved + cost > self.budget:
                return False
            self._reserved += cost
            return True

    def _pay(self, reserved: float, cost: float) -> None:
        with self._money:
            self._reserved -= reserved
            self.spent += cost

    def _takes(self, fact: str, said: Fact) -> bool:
        one = self.fields.field_of(fact)
        return one is not None and can_be_read(one, said.value)

    def _conclude(self, one: Queued, told: _Told) -> None:
        """Store what was found, all of it or nothing, and take the lead off the queue."""
        self.counts["looked"] += 1
        note = "; ".join(told.notes)
        if told.trouble is not None and not told.answers:
            rests = isinstance(told.trouble, Resting)
            after = told.trouble.seconds if isinstance(told.trouble, Resting) else _pause(one.attempts)
            became = self.store.put_off(one, note, seconds=after, counts=not rests)
            self.counts["failed" if became == "failed" else "put_off"] += 1
            return
        if not told.answers and told.unpaid:
            self.store.put_off(one, note, seconds=_UNTIL_PAID, counts=False)
            self.counts["put_off"] += 1
            return
        if not told.answers and told.notes:
            self.store.give_up(one, note)
            self.counts["failed"] += 1
            return
        try:
            filled = self._keep(one, told)
        except _NotOurs:
            return
        if filled is None:
            return
        self.counts["changed" if filled else "nothing"] += 1
        self.filled.update(filled)

    def _keep(self, one: Queued, told: _Told) -> list[str] | None:
        """The fields that were filled in, stored with the news that the lead is done; None where the lead is gone."""
        with self.place.store.transaction():
            lead = self.store.current(self.playbook.name, one.lead_id)
            if lead is None:
                self.store.forget(one)
                return None
            filled = self._merge(lead, told)
            notes = [*told.notes, *(f"{who.name}: {found.note}" for who, _, found, _ in told.answers if found.note)]
            note = "; ".join(notes)
            if not self.store.finish(one, changed=bool(filled), filled=filled, cost=told.cost, note=note):
                raise _NotOurs
        return filled

    def _merge(self, lead: LeadVersion, told: _Told) -> list[str]:
        """Fill in what is missing, and renew what we filled in before; what somebody else said is never written over."""
        from leadloop.store import LeadRecord

        name, now = self.playbook.name, datetime.now(UTC)
        before = {
            (said["field"], said["value"])
            for one in self.store.facts(name, [lead.lead_id]).get(lead.lead_id, ())
            for said in one.facts.values()
            if said.get("field")
        }
        fields: dict[str, Any] = dict(lead.fields)
        filled: dict[str, str] = {}
        for who, _, found, _ in told.answers:
            kept: dict[str, Any] = {}
            for fact, said in found.facts.items():
                goes_to = self.fields.field_of(fact)
                into = ""
                if goes_to is not None and goes_to.name not in filled and can_be_read(goes_to, said.value):
                    held = fields.get(goes_to.name)
                    ours = (goes_to.name, held) in before
                    if ours or self.fields.is_missing(fields, fact):
                        into = goes_to.name
                        fields[into] = said.value
                        if held != said.value:
                            filled[into] = who.name
                kept[fact] = {"value": said.value, "source": said.source, "field": into}
            self.store.keep_facts(name, lead.lead_id, who.name, kept, note=found.note, days=who.days)
        if filled:
            source = f"enrich: {', '.join(sorted(set(filled.values())))}"[:255]
            record = LeadRecord(lead.lead_id, fields, max(now, lead.at))
            self.place.store.leads.record(name, [record], source=source)
        return sorted(filled)

    def _score_changed(self, *, least: int) -> None:
        """Ask for a job that scores the leads that changed, and note that in the same transaction."""
        from leadloop.flows.work.jobs import SCORE_LEADS, ask_for

        name = self.playbook.name
        while len(ids := self.store.changed(name)) >= least:
            with self.place.store.transaction():
                job = ask_for(self.place, SCORE_LEADS, name, {}, who="enrichment", own={"lead_ids": sorted(ids)})
                self.store.settle(name, ids)
            self.jobs.append(job)


class _NotOurs(StoreError):
    """A lead was given to somebody else meanwhile; what we found is left to them, and nothing of it is stored."""

    def __init__(self) -> None:
        from leadloop.errors import Problem

        super().__init__("enrichment", Problem("lead", "was given to somebody else", "they go on with it"))


def place_lead(place: Workspace, playbook: str, one: Queued) -> LeadVersion | None:
    """The lead of an entry of the queue, as it is now."""
    return place.store.leads.get(playbook, one.lead_id)


def _pause(attempts: int) -> float:
    return _PAUSES[min(max(attempts, 1), len(_PAUSES)) - 1]
