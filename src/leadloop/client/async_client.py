"""The client for programs that do something else until an answer comes (asyncio or trio)."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

import anyio
import anyio.to_thread

from leadloop.client import asks
from leadloop.client.answers import (
    Card,
    FeedbackTaken,
    InService,
    Job,
    Kept,
    KeptLead,
    KeptLeads,
    Models,
    PastFeedback,
    PastScore,
    Readiness,
    UnscoredLead,
)
from leadloop.client.connection import answer_of, connect, httpx2, loss_of
from leadloop.client.course import Answer, Ask, Lost, Patience, course, pause
from leadloop.client.experiments import Assigned, EndedExperiment, Experiment, ExperimentPlan, ExperimentResults
from leadloop.client.files import Sent, pieces, writing
from leadloop.client.told import Event, Feedback, Outcome
from leadloop.client.writing import MOST_LEADS, Batches, Lead

T = TypeVar("T")


class AsyncClient:
    """Asks a LeadLoop service as `Client` does, with `await` before each method and `async for` over each list.

    async with AsyncClient("http://127.0.0.1:8000") as client:
        card = await client.score("leads", {"Lead Source": "Google"})
        async for past in client.scores("leads"):
            print(past.lead_id, past.score)
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        key: str | None = None,
        *,
        timeout: float = 10.0,
        retries: int = 4,
        patience: float = 90.0,
    ) -> None:
        connection = connect(base_url, key, timeout)
        self._base_url, self._patience = connection.base_url, Patience(retries, patience)
        self._http = httpx2.AsyncClient(**connection.options)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def score(self, playbook: str, lead: Lead, *, explain: bool = True) -> Card:
        """Score one lead, with every reason unless `explain` is false; without reasons it takes a fraction of the time.

        Raises NotUnderstood with everything that is wrong with the lead at once.
        """
        return await self._send(asks.score(playbook, lead, explain=explain))

    async def score_many(
        self,
        playbook: str,
        leads: Iterable[Lead] | AsyncIterable[Lead],
        *,
        explain: bool = True,
        at_once: int = MOST_LEADS,
    ) -> AsyncIterator[Card | UnscoredLead]:
        """Score any number of leads, in their order; one that cannot be read is an UnscoredLead and spoils no other.

        Leads are sent in batches of `at_once`, and no more are taken from `leads` than the next batch needs: it may be a file
        of any size.
        """
        batches = Batches(at_once)
        async for lead in _each(leads):
            if full := batches.add(lead):
                for one in await self._send(asks.score_many(playbook, *full, explain=explain)):
                    yield one
        if last := batches.rest():
            for one in await self._send(asks.score_many(playbook, *last, explain=explain)):
                yield one

    async def score_lead(
        self, playbook: str, lead_id: str, *, explain: bool = True, idempotency_key: str | None = None
    ) -> Card:
        """Score a lead that the service keeps; when this returns, the score is stored."""
        return await self._send(asks.score_lead(playbook, lead_id, explain=explain, key=idempotency_key))

    async def keep_leads(
        self,
        playbook: str,
        leads: Iterable[Lead],
        *,
        at: datetime | None = None,
        source: str | None = None,
        idempotency_key: str | None = None,
    ) -> KeptLeads:
        """Have up to 100 leads kept, all or none; `at` is since when they are so, now unless it is said."""
        return await self._send(asks.keep_leads(playbook, leads, at=at, source=source, key=idempotency_key))

    async def lead(self, playbook: str, lead_id: str, *, as_of: datetime | None = None) -> KeptLead:
        """One lead as it is now, or as it was, with the newest score that it had then."""
        return await self._send(asks.lead(playbook, lead_id, as_of=as_of))

    async def lead_versions(self, playbook: str, lead_id: str) -> tuple[KeptLead, ...]:
        """Every record of a lead, in the order in which they arrived."""
        return await self._send(asks.lead_versions(playbook, lead_id))

    async def tell_outcomes(
        self, playbook: str, outcomes: Iterable[Outcome], *, idempotency_key: str | None = None
    ) -> tuple[Kept, ...]:
        """Tell how up to 100 leads ended, all or none; they are stored when this returns."""
        return await self._send(asks.tell_outcomes(playbook, outcomes, key=idempotency_key))

    async def tell_events(
        self, playbook: str, events: Iterable[Event], *, idempotency_key: str | None = None
    ) -> tuple[Kept, ...]:
        """Tell of up to 100 things that happened to leads, all or none; they are stored when this returns."""
        return await self._send(asks.tell_events(playbook, events, key=idempotency_key))

    async def give_feedback(
        self, playbook: str, feedback: Iterable[Feedback], *, idempotency_key: str | None = None
    ) -> tuple[FeedbackTaken, ...]:
        """Tell what people did with up to 100 leads, all or none; it is stored when this returns."""
        return await self._send(asks.give_feedback(playbook, feedback, key=idempotency_key))

    def scores(
        self, playbook: str, *, lead_id: str | None = None, newest_first: bool = False, page_size: int = 100
    ) -> AsyncIterator[PastScore]:
        """Every score that was given, of one lead or of all; pages are fetched as they are needed."""
        return self._list(asks.scores(playbook, lead_id=lead_id, newest_first=newest_first, page_size=page_size))

    def leads(
        self, playbook: str, *, unscored: bool = False, since: datetime | None = None, page_size: int = 100
    ) -> AsyncIterator[KeptLead]:
        """Every lead as it is now; only those that never had a score, or that changed since a time, where that is said."""
        return self._list(asks.leads(playbook, unscored=unscored, since=since, page_size=page_size))

    def outcomes(self, playbook: str, *, lead_id: str | None = None, page_size: int = 100) -> AsyncIterator[Outcome]:
        """Every outcome that was told, of one lead or of all."""
        return self._list(asks.outcomes(playbook, lead_id=lead_id, page_size=page_size))

    def events(self, playbook: str, *, lead_id: str | None = None, page_size: int = 100) -> AsyncIterator[Event]:
        """Every event that was told, of one lead or of all."""
        return self._list(asks.events(playbook, lead_id=lead_id, page_size=page_size))

    def feedback(
        self, playbook: str, *, lead_id: str | None = None, page_size: int = 100
    ) -> AsyncIterator[PastFeedback]:
        """All feedback that was given, on one lead or on all."""
        return self._list(asks.feedback(playbook, lead_id=lead_id, page_size=page_size))

    async def models(self, playbook: str) -> Models:
        """The saved versions of a playbook, and which of them is in service."""
        return await self._send(asks.models(playbook))

    async def promote(
        self,
        playbook: str,
        version: str,
        *,
        why: str = "",
        anyway: bool = False,
        idempotency_key: str | None = None,
    ) -> InService:
        """Put a version in service, on the record; with `anyway` even where nothing shows that it beats chance."""
        return await self._send(asks.promote(playbook, version, why=why, anyway=anyway, key=idempotency_key))

    async def rollback(self, playbook: str, *, why: str = "", idempotency_key: str | None = None) -> InService:
        """Go back to the version that was in service before, on the record."""
        return await self._send(asks.rollback(playbook, why=why, key=idempotency_key))

    async def train(
        self,
        playbook: str,
        *,
        promote: bool | None = None,
        trials: int | None = None,
        time_budget: str | None = None,
        validation_split: float | None = None,
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Ask for a training on what the service stores; `wait` for the job. What is not said is as the playbook says.

        `promote` puts the new version in service, or does not; left out, only the first one is, if it is good.
        """
        return await self._send(
            asks.train(
                playbook,
                promote=promote,
                trials=trials,
                time_budget=time_budget,
                validation_split=validation_split,
                params=params,
                key=idempotency_key,
            )
        )

    async def score_stored(
        self,
        playbook: str,
        *,
        everything: bool = False,
        segment: str | None = None,
        days: float | None = None,
        batch_size: int | None = None,
        version: str | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Ask for the scores of leads that the service keeps; `wait` for the job.

        It scores those without a score that came or changed in the last 7 `days` (0: ever); `everything` scores the others anew.
        """
        return await self._send(
            asks.score_stored(
                playbook,
                everything=everything,
                segment=segment,
                days=days,
                batch_size=batch_size,
                version=version,
                key=idempotency_key,
            )
        )

    async def send_file(
        self,
        playbook: str,
        file: str | os.PathLike[str] | IO[bytes],
        *,
        name: str | None = None,
        version: str = "champion",
        output: str = "csv",
        reasons: bool = True,
        keep_columns: bool = False,
        allow_missing_columns: bool = False,
        idempotency_key: str | None = None,
    ) -> Job:
        """Send a file of leads (CSV, JSON lines or Parquet) of any size to be scored; `wait` for the job, then take its `result`.

        It is sent piece by piece. The ending of its name says what it is: give `name` for a file without one. A file that is open
        is sent from where it stands; where it cannot go back there, it is not sent again when that fails on the way.
        """
        return await self._send(
            asks.send_file(
                playbook,
                Sent.of(file),
                name=name,
                version=version,
                output=output,
                reasons=reasons,
                keep_columns=keep_columns,
                allow_missing_columns=allow_missing_columns,
                key=idempotency_key,
            )
        )

    def jobs(self, playbook: str, *, state: str | None = None, page_size: int = 100) -> AsyncIterator[Job]:
        """Every job of a playbook, or those in one state, the newest first."""
        return self._list(asks.jobs(playbook, state=state, page_size=page_size))

    async def job(self, playbook: str, number: int) -> Job:
        """One job, and how far it is."""
        return await self._send(asks.job(playbook, number))

    async def wait(
        self,
        playbook: str,
        number: int,
        *,
        seconds: float | None = None,
        every: float = 1.0,
        progress: Callable[[Job], object] | None = None,
    ) -> Job:
        """A job once it is over: look whether it is `done`. Every so many seconds it is asked for, and `progress` is told of it.

        Raises TimeoutError where it is not over within `seconds`; the job goes on all the same.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            job = await self.job(playbook, number)
            if progress is not None:
                progress(job)
            if job.is_over:
                return job
            await anyio.sleep(pause(every, until, job))

    async def result(self, playbook: str, number: int, path: str | os.PathLike[str]) -> Path:
        """Write the scores of a file that was sent into a file; it is there, whole, when this returns."""
        return await self._send(asks.result(playbook, number, Path(path)))

    async def rejects(self, playbook: str, number: int, path: str | os.PathLike[str]) -> Path:
        """Write the rows of a file that could not be read into a file, each with its line and reason."""
        return await self._send(asks.rejects(playbook, number, Path(path)))

    async def cancel(self, playbook: str, number: int, *, idempotency_key: str | None = None) -> Job:
        """Let a job not be done; one that is being done is stopped. Raises Conflict where it is over."""
        return await self._send(asks.cancel(playbook, number, key=idempotency_key))

    async def retry(self, playbook: str, number: int, *, idempotency_key: str | None = None) -> Job:
        """Let a job that was given up (`parked`) be tried again. Raises Conflict where it is not parked."""
        return await self._send(asks.retry(playbook, number, key=idempotency_key))

    def experiments(
        self, playbook: str, *, state: str | None = None, page_size: int = 100
    ) -> AsyncIterator[Experiment]:
        """Experiments, the newest first, a page at a time as they are looked at."""
        return self._list(asks.experiments(playbook, state=state, page_size=page_size))

    async def experiment(self, playbook: str, name: str) -> Experiment:
        """One experiment; raises NotFound where there is none of this name."""
        return await self._send(asks.experiment(playbook, name))

    async def plan_experiment(
        self, playbook: str, plan: ExperimentPlan, *, start: bool = False, idempotency_key: str | None = None
    ) -> Experiment:
        """Plan an experiment; with `start` it runs at once. Raises Conflict where another has its leads."""
        return await self._send(asks.plan_experiment(playbook, plan, start=start, key=idempotency_key))

    async def start_experiment(self, playbook: str, name: str, *, idempotency_key: str | None = None) -> Experiment:
        """Let a planned experiment run."""
        return await self._send(asks.start_experiment(playbook, name, key=idempotency_key))

    async def pause_experiment(self, playbook: str, name: str, *, idempotency_key: str | None = None) -> Experiment:
        """Let an experiment take no part in scoring for a while; its units stay its own."""
        return await self._send(asks.pause_experiment(playbook, name, key=idempotency_key))

    async def resume_experiment(self, playbook: str, name: str, *, idempotency_key: str | None = None) -> Experiment:
        """Let a paused experiment go on; every unit has the arm that it had."""
        return await self._send(asks.resume_experiment(playbook, name, key=idempotency_key))

    async def ramp_experiment(
        self, playbook: str, name: str, percent: float, *, idempotency_key: str | None = None
    ) -> Experiment:
        """Let a larger percentage of units take part; those who do already stay, each in its arm."""
        return await self._send(asks.ramp_experiment(playbook, name, percent, key=idempotency_key))

    async def stop_experiment(
        self,
        playbook: str,
        name: str,
        *,
        winner: str | None = None,
        why: str | None = None,
        cancel: bool = False,
        idempotency_key: str | None = None,
    ) -> EndedExperiment:
        """End an experiment; with a `winner`, that arm scores everybody from then on. `cancel` says that it has no result."""
        return await self._send(
            asks.stop_experiment(playbook, name, winner=winner, why=why, cancel=cancel, key=idempotency_key)
        )

    async def experiment_results(self, playbook: str, name: str) -> ExperimentResults:
        """What is known of an experiment: the split, each arm, each difference with its limits, and a verdict."""
        return await self._send(asks.experiment_results(playbook, name))

    async def assign_arm(
        self, playbook: str, name: str, lead_id: str, *, unit: str | None = None, idempotency_key: str | None = None
    ) -> Assigned:
        """Put a lead into its arm, on the record; `unit` names the account, user or rep where that is who is put into one."""
        return await self._send(asks.assign_arm(playbook, name, lead_id, unit=unit, key=idempotency_key))

    async def score_by_arm(self, playbook: str, name: str, lead: Lead, *, unit: str | None = None) -> Card:
        """Score a lead by its arm in an experiment; by what is in service where its unit takes no part."""
        return await self._send(asks.score_by_arm(playbook, name, lead, unit=unit))

    async def ready(self) -> Readiness:
        """Whether the service has something that scores for every playbook, and what is not as it should be."""
        return await self._send(asks.ready())

    async def metrics(self) -> str:
        """Counts and times, as Prometheus reads them."""
        return await self._send(asks.metrics())

    async def _send(self, ask: Ask[T]) -> T:
        steps = course(ask, self._patience)
        wait = next(steps)
        while True:
            if wait:
                await anyio.sleep(wait)
            try:
                wait = steps.send(await self._once(ask))
            except StopIteration as done:
                answer: T = done.value
                return answer

    async def _once(self, ask: Ask[Any]) -> Answer | Lost:
        try:
            if ask.file is not None:
                with ask.file.opened() as file:
                    return await self._ask(ask, _beside(pieces(file)))
            return await self._ask(ask, ask.body)
        except httpx2.TransportError as error:
            return loss_of(error)

    async def _ask(self, ask: Ask[Any], content: bytes | AsyncIterator[bytes] | None) -> Answer:
        address = self._base_url + ask.path
        async with self._http.stream(
            ask.method, address, params=ask.query, content=content, headers=ask.headers
        ) as response:
            if ask.into is not None and response.status_code in ask.accepts:
                with writing(ask.into) as file:
                    async for piece in response.aiter_bytes():
                        await anyio.to_thread.run_sync(file.write, piece)
                return answer_of(response, b"")
            return answer_of(response, await response.aread())

    async def _list(self, first: Ask[asks.Page[T]]) -> AsyncIterator[T]:
        ask: Ask[asks.Page[T]] | None = first
        while ask is not None:
            page = await self._send(ask)
            for one in page.items:
                yield one
            ask = asks.next_page(ask, page)


async def _each(leads: Iterable[Lead] | AsyncIterable[Lead]) -> AsyncIterator[Lead]:
    if isinstance(leads, AsyncIterable):
        async for lead in leads:
            yield lead
    else:
        for lead in leads:
            yield lead


async def _beside(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces of a file, each read in a thread: a disk may be slow."""
    while piece := await anyio.to_thread.run_sync(next, pieces, b""):
        yield piece
