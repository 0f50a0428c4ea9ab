"""The queue: leads of whose companies more is to be known, those first for whom it is worth most."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from leadloop.enrich.enricher import Enricher
from leadloop.enrich.worth import UNKNOWN_WIDTH, Standing, information_worth, line_of
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.enrich.lead_fields import LeadFields, lead_fields
from leadloop.flows.past.stored_past import require_store
from leadloop.flows.place.known_playbooks import read_found
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.writers import open_writer
from leadloop.playbook import Playbook

if TYPE_CHECKING:
    from leadloop.store import LeadVersion
    from leadloop.store.enrichment import LeadFacts, Wanted

_AT_ONCE = 500


@dataclass(frozen=True)
class Filled:
    """What became of the queue."""

    looked: int
    """Leads that were looked at."""
    came: int
    """Leads that came into the queue."""
    waiting: int
    """Leads that wait now."""


def playbook_of(place: Workspace, name: str) -> Playbook:
    """A playbook as its version in service has it, else as its folder has it."""

    if (champion := place.registry.champion(name)) is not None:
        from leadloop.flows.scoring.score import load_scorer

        return load_scorer(name, champion, workspace=place).playbook
    return read_found(place, name).playbook


def fill_queue(
    place: Workspace,
    playbook: Playbook,
    providers: Sequence[Enricher],
    *,
    lead_ids: Collection[str] | None = None,
    again: bool = False,
) -> Filled:
    """Bring into the queue whatever lead lacks something that a provider may know, and reckon anew what each is worth.

    With `again`, leads that were given up are tried once more, too. `lead_ids` looks at these alone.
    """
    from leadloop.store.enrichment import Wanted

    require_store(place, playbook.name)
    store, fields = place.store, lead_fields(playbook)
    standings = store.enrichment.standings(playbook.name)
    line = line_of([_probability(one) for one in standings.values()], playbook.policy.capacity or 0.2)
    base = sum(_probability(one) for one in standings.values()) / len(standings) if standings else 0.5
    looked = came = 0
    for leads in _batches(place, playbook.name, lead_ids):
        facts = store.enrichment.facts(playbook.name, [lead.lead_id for lead in leads])
        new: list[Wanted] = []
        anew: list[Wanted] = []
        done: list[str] = []
        for lead in leads:
            missing, known = _missing(fields, providers, lead, facts.get(lead.lead_id, ()))
            if not missing:
                done.append(lead.lead_id)
                continue
            standing = _standing(standings.get(lead.lead_id), base)
            could = {fact for one in providers for fact in one.gives if fields.field_of(fact)}
            share = len(missing) / max(1, len(could))
            worth = information_worth(standing, line=line, missing=share)
            why = {
                "probability": round(standing.probability, 4),
                "width": round(standing.width, 4),
                "line": round(line, 4),
                "missing": sorted(missing),
            }
            (anew if known or again else new).append(Wanted(lead.lead_id, worth, why))
        with store.transaction():
            came += store.enrichment.want(playbook.name, new)
            came += store.enrichment.want(playbook.name, anew, again=True)
            store.enrichment.drop(playbook.name, done)
        looked += len(leads)
    return Filled(looked, came, store.enrichment.backlog().get(playbook.name, 0))


def backlog(place: Workspace) -> dict[str, int]:
    """How many leads of each playbook wait, where these are more than the setting `enrichment_backlog`: for an alert."""
    most = read_settings(place.root).enrichment_backlog
    return {name: count for name, count in place.store.enrichment.backlog().items() if count > most}


def export_queue(place: Workspace, playbook: Playbook, to: Path | str) -> int:
    """Write the whole queue as a table, with how far each lead is; says how many rows these are."""
    require_store(place, playbook.name)
    fields, rows = lead_fields(playbook), 0
    with open_writer(to) as out:
        for part in _parts(place, playbook.name):
            leads = {lead.lead_id: lead for lead in _leads_of(place, playbook.name, [one.lead_id for one in part])}
            told = []
            for one in part:
                company = fields.company(leads[one.lead_id].fields) if one.lead_id in leads else None
                told.append(
                    {
                        "lead_id": one.lead_id,
                        "company_name": company.name if company else "",
                        "domain": company.domain if company else "",
                        "state": one.state,
                        "worth": round(one.worth, 6),
                        "probability": one.why.get("probability"),
                        "missing": "; ".join(one.why.get("missing", ())),
                        "filled": "; ".join(one.filled),
                        "attempts": one.attempts,
                        "cost": one.cost,
                        "note": one.note,
                        "added_at": _moment(one.added_at),
                        "next_at": _moment(one.run_after) if one.state == "waiting" else None,
                        "finished_at": _moment(one.finished_at) if one.finished_at else None,
                    }
                )
            out.write(pl.DataFrame(told, schema=_COLUMNS))
            rows += len(told)
        if not rows:
            out.write(pl.DataFrame([], schema=_COLUMNS))
    return rows


_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(("lead_id", "company_name", "domain", "state"), pl.String),
    **dict.fromkeys(("worth", "probability"), pl.Float64),
    **dict.fromkeys(("missing", "filled"), pl.String),
    "attempts": pl.Int64,
    "cost": pl.Float64,
    **dict.fromkeys(("note", "added_at", "next_at", "finished_at"), pl.String),
}


def _parts(place: Workspace, playbook: str) -> Iterator[list[Any]]:
    part: list[Any] = []
    for one in place.store.enrichment.stream(playbook):
        part.append(one)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _leads_of(place: Workspace, playbook: str, lead_ids: Sequence[str]) -> tuple[LeadVersion, ...]:
    """Those of some leads that are known, as they are now."""
    return place.store.leads.page(playbook, limit=_AT_ONCE, among=lead_ids).items if lead_ids else ()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _batches(place: Workspace, playbook: str, lead_ids: Collection[str] | None) -> Iterator[Sequence[LeadVersion]]:
    store = place.store
    if lead_ids is not None:
        wanted = sorted(set(lead_ids))
        parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
        found = [lead for part in parts for lead in _leads_of(place, playbook, part)]
        if unknown := sorted(set(lead_ids) - {lead.lead_id for lead in found}):
            what = f"“{unknown[0][:60]}” is not known" + (f", nor are {len(unknown) - 1} others" if unknown[1:] else "")
            raise LeadLoopError(playbook, Problem("leads", what, "name leads that the store holds"))
        yield found
        return
    after: str | None = None
    while True:
        page = store.leads.page(playbook, after=after, limit=_AT_ONCE)
        yield page.items
        if page.next is None:
            return
        after = page.next


def _missing(
    fields: LeadFields, providers: Sequence[Enricher], lead: LeadVersion, told: Sequence[LeadFacts]
) -> tuple[set[str], bool]:
    """The facts that are worth asking for, and whether somebody was asked about the lead before.

    Who answered lately is not asked again, unless what it told has gone from the lead since: then it is put back.
    """
    company, now = fields.company(lead.fields), datetime.now(UTC)
    by_provider = {one.provider: one for one in told}
    missing: set[str] = set()
    for one in providers:
        open_facts = {fact for fact in one.gives if fields.is_missing(lead.fields, fact)}
        if not open_facts or not one.key(company):
            continue
        before = by_provider.get(one.name)
        if before is not None and before.good_until > now:
            open_facts &= {fact for fact, said in before.facts.items() if said.get("field")}
        missing |= open_facts
    return missing, bool(told)


def _probability(one: tuple[float | None, float | None, float | None, float]) -> float:
    """The probability of a lead; where rules scored, its score stands for it."""
    return one[0] if one[0] is not None else one[3] / 100


def _standing(one: tuple[float | None, float | None, float | None, float] | None, base: float) -> Standing:
    if one is None:
        return Standing(base, UNKNOWN_WIDTH)
    low, high = one[1], one[2]
    return Standing(_probability(one), UNKNOWN_WIDTH if low is None or high is None else high - low)
