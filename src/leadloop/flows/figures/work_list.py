"""Work list: the leads to work on, the best first, with what speaks for and against each; filtered, searched and paged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leadloop.flows.figures.declared import priority_of, read_declared
from leadloop.flows.place.workspace import Workspace
from leadloop.scoring.score_card import Reason

Order = Literal["score", "newest"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a list can be narrowed to."""

    value: str
    """It; empty for leads of which it is not known."""
    leads: int
    """How many leads that are."""


@dataclass(frozen=True, slots=True)
class Choices:
    """All that a work list can be narrowed to."""

    owners: tuple[Choice, ...]
    """Who works on leads, the busiest first."""
    segments: tuple[Choice, ...]
    """The segments."""
    bands: tuple[Choice, ...]
    """The bands, the highest first."""
    routes: tuple[Choice, ...]
    """The routes."""
    industries: tuple[Choice, ...]
    """The industries, the commonest first."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One lead of the list, by its newest score."""

    lead_id: str
    """The lead."""
    name: str
    """What it is called: its company, title or name; its identifier where it has none."""
    company: str
    """The company."""
    owner: str
    """Who works on it; empty where nobody is named."""
    industry: str
    """Its company's industry."""
    segment: str
    """Its segment."""
    came_at: datetime
    """When it came in."""
    scored_at: datetime
    """When it was scored."""
    score: float
    """0 to 100."""
    score_before: float | None
    """The score that it had before; None where this is its first."""
    probability: float | None
    """0 to 1; None where rules scored."""
    probability_low: float | None
    """The lower end of the probability's interval."""
    probability_high: float | None
    """Its upper end."""
    band: str
    """The band."""
    route: str
    """What the policy does with it: the next step."""
    priority: str
    """How urgent that is; empty where the playbook does not say."""
    model_version: str
    """The version that scored it."""
    method: str
    """How the score came about."""
    degraded: bool
    """Whether that was not the first choice."""
    novel: bool | None
    """Whether it is unlike any lead that the version was trained on."""
    reasons_up: tuple[Reason, ...]
    """What raises its score, the strongest first."""
    reasons_down: tuple[Reason, ...]
    """What lowers it, the strongest first."""
    outcome: float | None
    """What was last told of the playbook's main target: 1 reached, 0 not; None where nothing was."""
    outcome_at: datetime | None
    """When that came about."""
    touched_at: datetime | None
    """When somebody last did something with it (feedback or an event); None where nobody did."""
    override: float | None
    """The score that somebody last put in place of this one; None where nobody did."""
    override_at: datetime | None
    """When that was."""


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead that was searched for."""

    lead_id: str
    """The lead."""
    name: str
    """What it is called."""
    score: float | None
    """Its newest score; None where it has none."""


@dataclass(frozen=True, slots=True)
class WorkList:
    """A page of the work list."""

    items: tuple[WorkItem, ...]
    """The leads, the best first."""
    next: str | None
    """The mark to ask for the page after this one with; None where this is the last."""
    leads: int
    """How many leads the whole list has."""


def read_choices(place: Workspace, playbook: str, *, most: int = 200) -> Choices:
    """What the work list of a playbook can be narrowed to."""
    store = place.store
    columns = ("owner", "segment", "band", "route", "industry")
    found = {name: store.standings.choices(playbook, name, most=most) for name in columns}
    declared = read_declared(place, playbook)
    known = [band.name for band in declared.policy.bands] if declared else []
    bands = sorted(found["band"], key=lambda one: known.index(one[0]) if one[0] in known else len(known))
    made = {name: tuple(Choice(value, count) for value, count in pairs) for name, pairs in found.items()}
    return Choices(
        owners=made["owner"],
        segments=made["segment"],
        bands=tuple(Choice(value, count) for value, count in bands),
        routes=made["route"],
        industries=made["industry"],
    )


def read_work_list(
    place: Workspace,
    playbook: str,
    *,
    owner: str | None = None,
    segment: str | None = None,
    band: str | None = None,
    route: str | None = None,
    industry: str | None = None,
    search: str = "",
    settled: bool = True,
    lowest: float | None = None,
    scored_since: datetime | None = None,
    order: Order = "score",
    after: str | None = None,
    limit: int = 50,
    reasons: int = 5,
) -> WorkList:
    """The leads that have a score, the best first, or those scored last first.

    Each narrowing holds by itself; None narrows nothing, an empty text asks for leads of which it is not known.
    `search` finds every word of it anywhere in the identifier, name, company, owner, place, address or industry of a lead,
    whatever its case. Without `settled` leads whose outcome was told are left out. So many `reasons` up and down come with each
    lead at most.
    """
    from leadloop.store.standings import Narrowing

    store, declared = place.store, read_declared(place, playbook)
    target = declared.target.name if declared else ""
    narrowing = Narrowing(
        owners=_values(owner),
        segments=_values(segment),
        bands=_values(band),
        routes=_values(route),
        industries=_values(industry),
        search=search,
        lowest=lowest,
        scored_since=scored_since,
        open_target="" if settled else target,
    )
    page = store.standings.page(playbook, narrowing, order=order, after=after, limit=limit)
    lead_ids = [one.lead_id for one in page.items]
    cards = store.logged.cards([one.score_id for one in page.items if one.score_id is not None])
    outcomes = store.outcomes.last_of_leads(playbook, target, lead_ids) if target else {}
    touched = store.sums.touched(playbook, lead_ids)
    ratings = store.sums.overrides(playbook, lead_ids)
    items = []
    for one in page.items:
        card = cards.get(one.score_id or 0, {})
        said = read_reasons(card)
        outcome, override = outcomes.get(one.lead_id), ratings.get(one.lead_id)
        items.append(
            WorkItem(
                lead_id=one.lead_id,
                name=one.name or one.lead_id,
                company=one.company,
                owner=one.owner,
                industry=one.industry,
                segment=one.segment or "",
                came_at=one.came_at,
                scored_at=one.scored_at or one.came_at,
                score=one.score or 0.0,
                score_before=one.score_before,
                probability=one.probability,
                probability_low=one.probability_low,
                probability_high=one.probability_high,
                band=one.band or "",
                route=one.route or "",
                priority=priority_of(declared, one.route or "", card.get("priority")),
                model_version=one.model_version or "",
                method=one.method or "",
                degraded=bool(one.degraded),
                novel=card.get("novel"),
                reasons_up=tuple(reason for reason in said if reason.points > 0)[:reasons],
                reasons_down=tuple(reason for reason in said if reason.points < 0)[:reasons],
                outcome=outcome.value if outcome else None,
                outcome_at=outcome.at if outcome else None,
                touched_at=touched.get(one.lead_id),
                override=override[0] if override else None,
                override_at=override[1] if override else None,
            )
        )
    return WorkList(tuple(items), page.next, store.standings.count(playbook, narrowing))


def find_leads(place: Workspace, playbook: str, text: str, *, limit: int = 10) -> tuple[FoundLead, ...]:
    """Leads that every word of a text is found in, scored or not, the best scores first; none for an empty text."""
    if not text.strip():
        return ()
    found = place.store.sums.find(playbook, text, limit=limit)
    return tuple(FoundLead(lead_id, name or lead_id, score) for lead_id, name, score in found)


def read_reasons(card: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The reasons that a score was noted with, the strongest first; none where it was scored without."""
    said = [Reason(str(one["field"]), float(one["points"]), str(one["sentence"])) for one in card.get("reasons") or ()]
    return tuple(sorted(said, key=lambda one: -abs(one.points)))


def _values(given: str | None) -> tuple[str, ...] | None:
    return None if given is None else (given,)
