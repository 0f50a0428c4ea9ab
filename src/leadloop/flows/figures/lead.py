"""Lead: all that is known of one lead, every score it had and why it moved, and what was said in its calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadloop.flows.figures.calls import LeadCall, read_calls
from leadloop.flows.figures.declared import priority_of, read_declared
from leadloop.flows.figures.work_list import read_reasons
from leadloop.flows.place.workspace import Workspace
from leadloop.scoring.score_card import Reason, TargetScore

if TYPE_CHECKING:
    from leadloop.playbook import Playbook
    from leadloop.store import Event, LeadOutcome, LeadVersion, Score
    from leadloop.store.feedback import StoredFeedback

_MOST_BESIDE = 50


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of which something else became known."""

    field: str
    """The field."""
    before: Any
    """What was known before; None where nothing was."""
    after: Any
    """What is known since; None where it was taken back."""


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """What was known of a lead since a moment."""

    version: int
    """Its number, in the order in which they arrived."""
    at: datetime
    """Since when this was so."""
    recorded_at: datetime
    """When it was stored."""
    source: str
    """Where it came from."""
    holds: bool
    """Whether it holds now."""
    changes: tuple[FieldChange, ...]
    """What changed since the version that held before."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one field did to the difference between two scores."""

    field: str
    """The field."""
    points: float
    """By how much more (or less) it raised the score than before."""
    before: float
    """Its points before."""
    after: float
    """Its points now."""
    sentence: str
    """What it is about this lead now, or what it was."""


@dataclass(frozen=True, slots=True)
class PastScore:
    """One score of a lead."""

    id: int
    """Its number in the store."""
    key: str
    """Its name."""
    at: datetime
    """When it was given."""
    score: float
    """0 to 100."""
    probability: float | None
    """0 to 1; None where rules scored."""
    probability_low: float | None
    """The lower end of the probability's interval."""
    probability_high: float | None
    """Its upper end."""
    band: str
    """The band."""
    route: str
    """What the policy did with it."""
    priority: str
    """How urgent that was."""
    model_version: str
    """The version that gave it."""
    policy: str
    """The fingerprint of its policy."""
    arm: str
    """The arm of an experiment; empty where there was none."""
    method: str
    """How it came about."""
    degraded: bool
    """Whether that was not the first choice."""
    starts_at: float | None
    """The score of the average lead, from which the reasons go up and down; None where it was not noted."""
    reasons: tuple[Reason, ...]
    """Every field's points, the strongest first; none where it was scored without reasons."""
    targets: tuple[TargetScore, ...]
    """Each target, where there are several."""
    change: float | None
    """By how much it differs from the score before; None for the first."""
    moved: tuple[Moved, ...]
    """What made that difference, the strongest first: differences of points. Together with `start_moved` they add up to `change`
    where both scores have all their reasons."""
    start_moved: float
    """By how much the start moved: another version, which learned from other leads."""
    other_version: bool
    """Whether another version gave the score before."""
    other_policy: bool
    """Whether another policy made it of the same probability."""


@dataclass(frozen=True, slots=True)
class Lead:
    """All that is known of one lead."""

    playbook: str
    """The playbook."""
    lead_id: str
    """The lead."""
    name: str
    """What it is called."""
    company: str
    """The company."""
    owner: str
    """Who works on it."""
    industry: str
    """Its company's industry."""
    came_at: datetime
    """When it came in."""
    kept: bool
    """Whether it is kept as a lead; one may be scored without."""
    fields: Mapping[str, Any] = field(repr=False)
    """What is known of it now; of a lead that is not kept, what was known when it was last scored."""
    versions: tuple[RecordVersion, ...]
    """Every version of that, the newest first."""
    scores: tuple[PastScore, ...]
    """Its newest scores, the newest first, without those that nobody saw."""
    more_scores: bool
    """Whether it had more."""
    calls: tuple[LeadCall, ...]
    """Its calls, the newest first."""
    outcomes: tuple[LeadOutcome, ...]
    """How it ended, in the order in which that was told: the last of a target holds."""
    feedback: tuple[StoredFeedback, ...]
    """What people did with it, in the order in which that was stored."""
    events: tuple[Event, ...]
    """What happened with it, in the order in which it did."""
    arms: tuple[tuple[str, str, datetime], ...]
    """The experiments it is in: the test, the arm, since when."""
    enriched: Mapping[str, str]
    """The fields that were filled in by looking its company up."""
    beside: tuple[str, ...]
    """Other leads of the same company or person."""


def read_lead(place: Workspace, playbook: str, lead_id: str, *, scores: int = 30) -> Lead | None:
    """All that is known of a lead, with so many of its newest scores; None where nothing is."""
    from leadloop.store.lead_traits import traits_of

    store = place.store
    standing, versions = store.standings.get(playbook, lead_id), store.leads.versions(playbook, lead_id)
    if standing is None and not versions:
        return None
    declared = read_declared(place, playbook)
    given, more = _newest_scores(place, playbook, lead_id, scores)
    holding = store.leads.get(playbook, lead_id)
    known: Mapping[str, Any] = holding.fields if holding else given[0][1].fields if given else {}
    traits = traits_of(lead_id, known)
    beside: set[str] = set()
    records = store.identity.records(playbook, lead_ids=[lead_id])
    if records:
        beside = {one.lead_id for one in store.identity.records(playbook, entities={one.entity for one in records})}
    return Lead(
        playbook=playbook,
        lead_id=lead_id,
        name=traits["name"] or lead_id,
        company=traits["company"],
        owner=traits["owner"],
        industry=traits["industry"],
        came_at=standing.came_at if standing else min(one.at for one in versions),
        kept=holding is not None,
        fields=known,
        versions=_tell_versions(versions, holding),
        scores=_tell_scores(declared, given)[:scores],
        more_scores=more,
        calls=read_calls(place, playbook, lead_id, known, traits),
        outcomes=store.outcomes.of_lead(playbook, lead_id),
        feedback=store.feedback.page(playbook, lead_id=lead_id, limit=1_000).items,
        events=store.events.of_lead(playbook, lead_id),
        arms=store.experiments.of_lead(playbook, lead_id),
        enriched=store.enrichment.filled(playbook, lead_id),
        beside=tuple(sorted(beside - {lead_id}))[:_MOST_BESIDE],
    )


def _newest_scores(place: Workspace, playbook: str, lead_id: str, most: int) -> tuple[list[tuple[int, Score]], bool]:
    """The newest scores of a lead that somebody saw, the newest first, with one more to compare the last with."""
    found = place.store.scores.newest_of(playbook, lead_id, most=most + 1)
    return found, len(found) > most


def _tell_versions(versions: Sequence[LeadVersion], holding: LeadVersion | None) -> tuple[RecordVersion, ...]:
    told = []
    before: Mapping[str, Any] = {}
    for one in sorted(versions, key=lambda version: (version.at, version.version)):
        names = [*one.fields, *(name for name in before if name not in one.fields)]
        told.append(
            RecordVersion(
                version=one.version,
                at=one.at,
                recorded_at=one.recorded_at,
                source=one.source,
                holds=holding is not None and one.version == holding.version,
                changes=tuple(
                    FieldChange(name, before.get(name), one.fields.get(name))
                    for name in names
                    if before.get(name) != one.fields.get(name)
                ),
            )
        )
        before = one.fields
    return tuple(reversed(told))


def _tell_scores(declared: Playbook | None, given: Sequence[tuple[int, Score]]) -> tuple[PastScore, ...]:
    """Each score beside the one before it, which stands after it here."""
    pairs = zip(given, [*given[1:], None], strict=True)
    return tuple(_tell_score(declared, one, None if before is None else before[1]) for one, before in pairs)


def _tell_score(declared: Playbook | None, given: tuple[int, Score], before: Score | None) -> PastScore:
    number, one = given
    reasons = read_reasons(one.card)
    moved, start_moved = move(before.card, one.card) if before is not None else ((), 0.0)
    return PastScore(
        id=number,
        key=one.key,
        at=one.at,
        score=one.score,
        probability=one.probability,
        probability_low=one.probability_low,
        probability_high=one.probability_high,
        band=one.band,
        route=one.route,
        priority=priority_of(declared, one.route, one.card.get("priority")),
        model_version=one.model_version,
        policy=one.policy,
        arm=one.arm,
        method=one.method,
        degraded=one.degraded,
        starts_at=one.card.get("starts_at"),
        reasons=reasons,
        targets=tuple(TargetScore(**said) for said in one.card.get("targets") or ()),
        change=None if before is None else one.score - before.score,
        moved=moved,
        start_moved=start_moved,
        other_version=before is not None and before.model_version != one.model_version,
        other_policy=before is not None and before.policy != one.policy,
    )


def move(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[tuple[Moved, ...], float]:
    """What made the difference between two scores, by the cards that they were noted with: each field's points now less its
    points then, the strongest first, and by how much the start moved. Nothing where one of them was scored without reasons.

    >>> card = {"starts_at": 40.0, "reasons": [{"field": "pages", "points": 3.0, "sentence": "2 pages"}]}
    >>> later = {"starts_at": 41.0, "reasons": [{"field": "pages", "points": 8.5, "sentence": "9 pages"}]}
    >>> (moved,), start = move(card, later)
    >>> moved.points, moved.sentence, start
    (5.5, '9 pages', 1.0)
    """
    then, now = ({one.field: one for one in read_reasons(card)} for card in (before, after))
    if not then or not now:
        return (), 0.0
    found = []
    for name in {**now, **then}:
        old, new = then.get(name), now.get(name)
        points = (old.points if old else 0.0, new.points if new else 0.0)
        if points[0] != points[1]:
            sentence = new.sentence if new else f"{old.sentence if old else name}, which does not count any more"
            found.append(Moved(name, points[1] - points[0], *points, sentence))
    old_start, new_start = before.get("starts_at"), after.get("starts_at")
    start = float(new_start) - float(old_start) if old_start is not None and new_start is not None else 0.0
    return tuple(sorted(found, key=lambda one: -abs(one.points))), start
