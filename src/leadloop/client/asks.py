"""Every request that the clients know, made and read here once for both of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

from leadloop.client.answers import (
    Batch,
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
from leadloop.client.course import Ask
from leadloop.client.experiments import Assigned, EndedExperiment, Experiment, ExperimentPlan, ExperimentResults
from leadloop.client.files import Sent
from leadloop.client.told import Event, Feedback, Outcome
from leadloop.client.writing import Lead, write, write_items, write_lead, write_list, write_moment
from leadloop.errors import DataError, Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and where the next ones begin."""

    items: tuple[T, ...]
    next: str | None


# ------------------------------------------------------------------------------------------------------------- scores


def score(playbook: str, lead: Lead, *, explain: bool) -> Ask[Card]:
    """Score one lead."""
    query = {"explain": _flag(explain)}
    return Ask("POST", "/v1/{playbook}/score", Card, _same, {"playbook": playbook}, query, write_lead(lead))


def score_many(
    playbook: str, first: int, leads: Sequence[bytes], *, explain: bool
) -> Ask[tuple[Card | UnscoredLead, ...]]:
    """Score a batch of leads, the first of which has this place among all."""

    def take(batch: Batch) -> tuple[Card | UnscoredLead, ...]:
        return tuple(replace(one, index=first + (one.index or 0)) for one in batch.results)

    query, body = {"explain": _flag(explain)}, write_list("leads", leads)
    return Ask("POST", "/v1/{playbook}/scores", Batch, take, {"playbook": playbook}, query, body)


def score_lead(playbook: str, lead_id: str, *, explain: bool, key: str | None) -> Ask[Card]:
    """Score a lead that is kept."""
    route, parts = "/v1/{playbook}/leads/{lead_id}/score", {"playbook": playbook, "lead_id": lead_id}
    return _write("POST", route, Card, _same, parts, None, key, {"explain": _flag(explain)})


# -------------------------------------------------------------------------------------------------------------- leads


def keep_leads(
    playbook: str, leads: Iterable[Lead], *, at: datetime | None, source: str | None, key: str | None
) -> Ask[KeptLeads]:
    """Keep leads."""
    written = [write_lead(one, f"leads[{place}]") for place, one in enumerate(leads)]
    others = {"at": at and write(write_moment(at, "at")), "source": source and write(source)}
    body = write_list("leads", written, **{name: value for name, value in others.items() if value})
    return _write("POST", "/v1/{playbook}/leads", KeptLeads, _same, {"playbook": playbook}, body, key)


def lead(playbook: str, lead_id: str, *, as_of: datetime | None) -> Ask[KeptLead]:
    """One lead."""
    parts = {"playbook": playbook, "lead_id": lead_id}
    query = {"as_of": write_moment(as_of, "as_of")} if as_of else {}
    return Ask("GET", "/v1/{playbook}/leads/{lead_id}", KeptLead, _same, parts, query)


@dataclass(frozen=True, slots=True)
class LeadVersions:
    """Every record of a lead."""

    lead_id: str
    versions: tuple[KeptLead, ...]


def lead_versions(playbook: str, lead_id: str) -> Ask[tuple[KeptLead, ...]]:
    """Every record of one lead."""
    parts = {"playbook": playbook, "lead_id": lead_id}
    return Ask("GET", "/v1/{playbook}/leads/{lead_id}/versions", LeadVersions, attrgetter("versions"), parts)


# --------------------------------------------------------------------------------------------------- what became of them


@dataclass(frozen=True, slots=True)
class OutcomesKept:
    """What became of outcomes that were told."""

    outcomes: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class EventsKept:
    """What became of events that were told."""

    events: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class FeedbackKept:
    """What became of feedback that was given."""

    feedback: tuple[FeedbackTaken, ...]


def tell_outcomes(playbook: str, outcomes: Iterable[Outcome], *, key: str | None) -> Ask[tuple[Kept, ...]]:
    """Tell outcomes."""
    body, take = write_items("outcomes", outcomes), attrgetter("outcomes")
    return _write("POST", "/v1/{playbook}/outcomes", OutcomesKept, take, {"playbook": playbook}, body, key)


def tell_events(playbook: str, events: Iterable[Event], *, key: str | None) -> Ask[tuple[Kept, ...]]:
    """Tell events."""
    body, take = write_items("events", events), attrgetter("events")
    return _write("POST", "/v1/{playbook}/events", EventsKept, take, {"playbook": playbook}, body, key)


def give_feedback(playbook: str, feedback: Iterable[Feedback], *, key: str | None) -> Ask[tuple[FeedbackTaken, ...]]:
    """Give feedback."""
    body, take = write_items("feedback", feedback), attrgetter("feedback")
    return _write("POST", "/v1/{playbook}/feedback", FeedbackKept, take, {"playbook": playbook}, body, key)


# -------------------------------------------------------------------------------------------------------------- lists


@dataclass(frozen=True, slots=True)
class ScoresPage:
    """A page of scores."""

    scores: tuple[PastScore, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class LeadsPage:
    """A page of leads."""

    leads: tuple[KeptLead, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class OutcomesPage:
    """A page of outcomes."""

    outcomes: tuple[Outcome, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class EventsPage:
    """A page of events."""

    events: tuple[Event, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """A page of feedback."""

    feedback: tuple[PastFeedback, ...]
    next: str | None


def scores(playbook: str, *, lead_id: str | None, newest_first: bool, page_size: int) -> Ask[Page[PastScore]]:
    """Scores that were given."""
    said = {"lead_id": lead_id, "newest_first": _flag(newest_first)}
    return _list("scores", ScoresPage, playbook, page_size, said)


def leads(playbook: str, *, unscored: bool, since: datetime | None, page_size: int) -> Ask[Page[KeptLead]]:
    """Leads that are kept."""
    said = {"unscored": _flag(unscored), "since": write_moment(since, "since") if since else None}
    return _list("leads", LeadsPage, playbook, page_size, said)


def outcomes(playbook: str, *, lead_id: str | None, page_size: int) -> Ask[Page[Outcome]]:
    """Outcomes that were told."""
    return _list("outcomes", OutcomesPage, playbook, page_size, {"lead_id": lead_id})


def events(playbook: str, *, lead_id: str | None, page_size: int) -> Ask[Page[Event]]:
    """Events that were told."""
    return _list("events", EventsPage, playbook, page_size, {"lead_id": lead_id})


def feedback(playbook: str, *, lead_id: str | None, page_size: int) -> Ask[Page[PastFeedback]]:
    """Feedback that was given."""
    return _list("feedback", FeedbackPage, playbook, page_size, {"lead_id": lead_id})


def next_page(ask: Ask[Page[T]], page: Page[T]) -> Ask[Page[T]] | None:
    """The request for the page after this one; None after the last."""
    return replace(ask, query={**ask.query, "after": page.next}) if page.next else None


def _list(name: str, gives: Any, playbook: str, page_size: int, said: Mapping[str, str | None]) -> Ask[Page[Any]]:
    query = {key: value for key, value in said.items() if value is not None} | {"limit": str(page_size)}

    def take(page: Any) -> Page[Any]:
        return Page(getattr(page, name), page.next)

    return Ask("GET", f"/v1/{{playbook}}/{name}", gives, take, {"playbook": playbook}, query)


# ----------------------------------------------------------------------------------------------------------- versions


def models(playbook: str) -> Ask[Models]:
    """The saved versions of a playbook."""
    return Ask("GET", "/v1/{playbook}/models", Models, _same, {"playbook": playbook})


def promote(playbook: str, version: str, *, why: str, anyway: bool, key: str | None) -> Ask[InService]:
    """Put a version in service."""
    body = write({"version": version, **({"why": why} if why else {}), **({"anyway": True} if anyway else {})})
    route = "/v1/{playbook}/models/champion"
    return _write("PUT", route, InService, _same, {"playbook": playbook}, body, key)


def rollback(playbook: str, *, why: str, key: str | None) -> Ask[InService]:
    """Go back to the version before."""
    body, route = write({"why": why} if why else {}), "/v1/{playbook}/models/rollback"
    return _write("POST", route, InService, _same, {"playbook": playbook}, body, key)


# --------------------------------------------------------------------------------------------------------------- jobs


def train(
    playbook: str,
    *,
    promote: bool | None,
    trials: int | None,
    time_budget: str | None,
    validation_split: float | None,
    params: Mapping[str, Any] | None,
    key: str | None,
) -> Ask[Job]:
    """Train on what is stored."""
    said = {
        "promote": promote,
        "trials": trials,
        "time_budget": time_budget,
        "validation_split": validation_split,
        "params": params,
    }
    return _job(playbook, "train", said, key)


def score_stored(
    playbook: str,
    *,
    everything: bool,
    segment: str | None,
    days: float | None,
    batch_size: int | None,
    version: str | None,
    key: str | None,
) -> Ask[Job]:
    """Score what is stored."""
    said = {"all": everything, "segment": segment, "days": days, "batch_size": batch_size, "version": version}
    return _job(playbook, "score_leads", said, key)


def _job(playbook: str, kind: str, said: Mapping[str, Any], key: str | None) -> Ask[Job]:
    body = write({"kind": kind, "arguments": {name: value for name, value in said.items() if value is not None}})
    return _write("POST", "/v1/{playbook}/jobs", Job, _same, {"playbook": playbook}, body, key)


def send_file(
    playbook: str,
    file: Sent,
    *,
    name: str | None,
    version: str,
    output: str,
    reasons: bool,
    keep_columns: bool,
    allow_missing_columns: bool,
    key: str | None,
) -> Ask[Job]:
    """Send a file of leads to be scored."""
    named = name or file.name
    if not named:
        mend = 'give one whose ending says what the file is, as in name="leads.csv"'
        raise DataError("request", Problem("name", "is not known", mend))
    query = {
        "name": named,
        "version": version,
        "output": output,
        "reasons": _flag(reasons),
        "keep_columns": _flag(keep_columns),
        "allow_missing_columns": _flag(allow_missing_columns),
    }
    ask: Ask[Job] = _write("POST", "/v1/{playbook}/files", Job, _same, {"playbook": playbook}, None, key, query)
    return replace(ask, file=file)


@dataclass(frozen=True, slots=True)
class JobsPage:
    """A page of jobs."""

    jobs: tuple[Job, ...]
    next: str | None


def jobs(playbook: str, *, state: str | None, page_size: int) -> Ask[Page[Job]]:
    """Jobs that were asked for."""
    return _list("jobs", JobsPage, playbook, page_size, {"state": state})


def job(playbook: str, number: int) -> Ask[Job]:
    """One job."""
    return Ask("GET", "/v1/{playbook}/jobs/{job}", Job, _same, {"playbook": playbook, "job": str(number)})


def cancel(playbook: str, number: int, *, key: str | None) -> Ask[Job]:
    """Let a job not be done."""
    parts = {"playbook": playbook, "job": str(number)}
    return _write("DELETE", "/v1/{playbook}/jobs/{job}", Job, _same, parts, None, key)


def retry(playbook: str, number: int, *, key: str | None) -> Ask[Job]:
    """Let a job that was given up be tried again."""
    parts = {"playbook": playbook, "job": str(number)}
    return _write("POST", "/v1/{playbook}/jobs/{job}/retry", Job, _same, parts, None, key)


def result(playbook: str, number: int, path: Path) -> Ask[Path]:
    """The scores of a file that was sent."""
    parts = {"playbook": playbook, "job": str(number)}
    return Ask("GET", "/v1/{playbook}/jobs/{job}/result", str, _same, parts, into=path)


def rejects(playbook: str, number: int, path: Path) -> Ask[Path]:
    """The rows of a file that could not be read."""
    parts = {"playbook": playbook, "job": str(number)}
    return Ask("GET", "/v1/{playbook}/jobs/{job}/rejects", str, _same, parts, into=path)


# -------------------------------------------------------------------------------------------------------- experiments


@dataclass(frozen=True, slots=True)
class ExperimentsPage:
    """A page of experiments."""

    experiments: tuple[Experiment, ...]
    next: str | None


_EXPERIMENTS = "/v1/{playbook}/experiments"


def experiments(playbook: str, *, state: str | None, page_size: int) -> Ask[Page[Experiment]]:
    """Experiments, the newest first."""
    return _list("experiments", ExperimentsPage, playbook, page_size, {"state": state})


def experiment(playbook: str, name: str) -> Ask[Experiment]:
    """One experiment."""
    return Ask("GET", f"{_EXPERIMENTS}/{{name}}", Experiment, _same, {"playbook": playbook, "name": name})


def plan_experiment(playbook: str, plan: ExperimentPlan, *, start: bool, key: str | None) -> Ask[Experiment]:
    """Plan an experiment."""
    said = {name: value for name, value in asdict(plan).items() if value is not None}
    said["arms"] = [{name: value for name, value in arm.items() if value is not None} for arm in said["arms"]]
    body = write({**said, "start": start})
    return _write("POST", _EXPERIMENTS, Experiment, _same, {"playbook": playbook}, body, key)


def start_experiment(playbook: str, name: str, *, key: str | None) -> Ask[Experiment]:
    """Let a planned experiment run."""
    return _change_experiment("start", playbook, name, None, key)


def pause_experiment(playbook: str, name: str, *, key: str | None) -> Ask[Experiment]:
    """Let an experiment rest."""
    return _change_experiment("pause", playbook, name, None, key)


def resume_experiment(playbook: str, name: str, *, key: str | None) -> Ask[Experiment]:
    """Let a paused experiment go on."""
    return _change_experiment("resume", playbook, name, None, key)


def ramp_experiment(playbook: str, name: str, percent: float, *, key: str | None) -> Ask[Experiment]:
    """Let a larger share take part."""
    return _change_experiment("ramp", playbook, name, {"percent": percent}, key)


def stop_experiment(
    playbook: str, name: str, *, winner: str | None, why: str | None, cancel: bool, key: str | None
) -> Ask[EndedExperiment]:
    """End an experiment."""
    said = {"winner": winner, "why": why, "cancel": cancel}
    body = write({name: value for name, value in said.items() if value is not None})
    parts = {"playbook": playbook, "name": name}
    return _write("POST", f"{_EXPERIMENTS}/{{name}}/stop", EndedExperiment, _same, parts, body, key)


def experiment_results(playbook: str, name: str) -> Ask[ExperimentResults]:
    """What is known of an experiment."""
    parts = {"playbook": playbook, "name": name}
    return Ask("GET", f"{_EXPERIMENTS}/{{name}}/results", ExperimentResults, _same, parts)


def assign_arm(playbook: str, name: str, lead_id: str, *, unit: str | None, key: str | None) -> Ask[Assigned]:
    """Put a lead into its arm."""
    body = write({"lead_id": lead_id, **({} if unit is None else {"unit": unit})})
    parts = {"playbook": playbook, "name": name}
    return _write("POST", f"{_EXPERIMENTS}/{{name}}/assign", Assigned, _same, parts, body, key)


def score_by_arm(playbook: str, name: str, lead: Lead, *, unit: str | None) -> Ask[Card]:
    """Score a lead by its arm."""
    more = b"" if unit is None else b',"unit":' + write(unit)
    body = b'{"lead":' + write_lead(lead) + more + b"}"
    parts = {"playbook": playbook, "name": name}
    return Ask("POST", f"{_EXPERIMENTS}/{{name}}/score", Card, _same, parts, {}, body)


def _change_experiment(
    verb: str, playbook: str, name: str, said: Mapping[str, Any] | None, key: str | None
) -> Ask[Experiment]:
    body, parts = None if said is None else write(said), {"playbook": playbook, "name": name}
    return _write("POST", f"{_EXPERIMENTS}/{{name}}/{verb}", Experiment, _same, parts, body, key)


# ------------------------------------------------------------------------------------------------------------- health


def ready() -> Ask[Readiness]:
    """Whether scores can be had."""
    return Ask("GET", "/readyz", Readiness, _same, accepts=(200, 503))


def metrics() -> Ask[str]:
    """Counts and times for Prometheus."""
    return Ask("GET", "/metrics", str, _same)


def _write(
    method: str,
    route: str,
    gives: Any,
    take: Any,
    parts: Mapping[str, str],
    body: bytes | None,
    key: str | None,
    query: Mapping[str, str] | None = None,
) -> Ask[Any]:
    """A request that changes something: it has a key, made once, under which the service does it once."""
    return Ask(method, route, gives, take, parts, query or {}, body, key or uuid4().hex)


def _flag(said: bool) -> str:
    return "true" if said else "false"


def _same(value: Any) -> Any:
    return value
