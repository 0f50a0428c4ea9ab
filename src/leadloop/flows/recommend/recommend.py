"""What to do next about some leads: ranked, with what is expected of it, why, by whom, and how soon."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.errors import DataError, Problem
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.recommend.past import Past, read_now
from leadloop.flows.recommend.rules import read_recommender
from leadloop.flows.recommend.saved import SavedRecommender, load
from leadloop.recommend.allowing import forbidden
from leadloop.recommend.histories import next_decisions
from leadloop.recommend.people import Skill, assign
from leadloop.recommend.reasons import why_each
from leadloop.recommend.recommender import Foreseen
from leadloop.recommend.settings import ActionRule, RecommenderSettings

if TYPE_CHECKING:
    from leadloop.store import Recommendation, Store

PRIORITIES = (("low", 4_320), ("normal", 1_440), ("high", 240), ("urgent", 30))
"""Each priority with the minutes within which to act."""
_SHOWN = 3
_ANY = ActionRule()


@dataclass(frozen=True)
class Recommended:
    """What was recommended for some leads."""

    model_version: str
    """The version of the recommender."""
    recommendations: tuple[Recommendation, ...]
    """All of them, lead by lead, the best first."""
    nothing: Mapping[str, str]
    """The leads for which nothing is recommended, and why."""


def recommend(
    place: Workspace,
    playbook: str,
    lead_ids: Sequence[str],
    *,
    min_confidence: float = 0.0,
    most: int | None = None,
    keep: bool = True,
    now: datetime | None = None,
    saved: SavedRecommender | None = None,
) -> Recommended:
    """Recommend what to do next about some leads, and keep it (open recommendations of these leads are replaced).

    `min_confidence` leaves out what is less sure than that: 1 less the width of the interval. Raises VersionMissing where no
    recommender serves, and DataError where a lead is not known.
    """
    moment = now or datetime.now(UTC)
    settings = read_recommender(place.root)
    saved = saved or load(place, playbook)
    served = saved.recommender
    ids = list(dict.fromkeys(lead_ids))
    target = str(saved.facts["target"])
    past = read_now(place.store, playbook, target, settings, served.vocabulary, ids, now=moment)
    _require_known(place.store, playbook, past)
    histories = past.histories
    decisions = next_decisions(histories, moment.timestamp())
    foreseen = served.foresee(histories, decisions)
    preferred = served.preferences(foreseen.worth)
    left = _left_today(place.store, playbook, settings, moment)
    reasons = why_each(served, histories, decisions)
    orders: list[list[int]] = [[] for _ in ids]
    kept_back: list[dict[str, str]] = [{} for _ in ids]
    best_success = np.zeros(len(ids))
    # What can be done today goes to the most promising leads first.
    for number in np.argsort(-foreseen.success.max(axis=1, initial=0.0), kind="stable").tolist():
        order, kept_back[number] = _rank(saved, settings, past, foreseen, preferred, left, number, moment)
        sure = [one for one in order if _confidence(foreseen, number, one) >= min_confidence]
        orders[number] = sure[: most or settings.max_recommendations]
        if sure:
            best_success[number] = foreseen.success[number, sure[0]]
            first = served.vocabulary.actions[sure[0]]
            if first in left:
                left[first] -= 1
    lots = [_draw(settings, saved.id, ids[number], moment, orders[number]) for number in range(len(ids))]
    actors = _who(place.store, playbook, saved, settings, past, best_success)
    found: list[Recommendation] = []
    nothing: dict[str, str] = {}
    for number, lead_id in enumerate(ids):
        order, propensity = lots[number]
        if not order:
            said = [f"{action}: {why}" for action, why in kept_back[number].items()]
            nothing[lead_id] = "; ".join(said) or "nothing is sure enough"
            continue
        found += _of_lead(
            saved, past, foreseen, reasons[number], number, order, propensity, actors[number], kept_back[number], moment
        )
    stored = place.store.recommendations.put(playbook, found) if keep and found else found
    return Recommended(saved.id, tuple(stored), nothing)


def _require_known(store: Store, playbook: str, past: Past) -> None:
    """Raise DataError naming every lead of which nothing at all is known."""
    some = set(past.histories.lead.tolist())
    unknown = [
        lead_id
        for number, lead_id in enumerate(past.lead_ids)
        if number not in some and store.leads.get(playbook, lead_id) is None
    ]
    if unknown:
        raise DataError(
            playbook, [Problem(f"lead {one}", "is not known", "send the lead first") for one in unknown[:100]]
        )


def _rank(
    saved: SavedRecommender,
    settings: RecommenderSettings,
    past: Past,
    foreseen: Foreseen,
    preferred: np.ndarray,
    left: Mapping[str, int],
    number: int,
    now: datetime,
) -> tuple[list[int], dict[str, str]]:
    """The actions that may be recommended, the best first, and why the others may not."""
    names = saved.recommender.vocabulary.actions
    why_not: dict[str, str] = {}
    allowed = []
    for action, name in enumerate(names):
        why = forbidden(
            name,
            settings.rules.get(name, _ANY),
            past.standings[number],
            now,
            usual=float(foreseen.following[number, action]),
            left=left.get(name),
        )
        if why:
            why_not[name] = why
        else:
            allowed.append(action)
    return sorted(allowed, key=lambda action: (-preferred[number, action], action)), why_not


def _confidence(foreseen: Foreseen, number: int, action: int) -> float:
    return 1.0 - float(foreseen.high[number, action] - foreseen.low[number, action])


def _left_today(store: Store, playbook: str, settings: RecommenderSettings, now: datetime) -> dict[str, int]:
    """How many of each action can still be done today by all people together."""
    limited = {name: rule.per_day for name, rule in settings.rules.items() if rule.per_day is not None}
    if not limited:
        return {}
    begun = now.replace(hour=0, minute=0, second=0, microsecond=0)
    done = store.actions.done_since(playbook, begun)
    people = max(1, len(settings.people))
    return {
        name: most * people - sum(count for (_, kind), count in done.items() if kind == name)
        for name, most in limited.items()
    }


def _draw(
    settings: RecommenderSettings, version: str, lead_id: str, now: datetime, order: list[int]
) -> tuple[list[int], float | None]:
    """The order, of some leads with a first action drawn by lot, and the probability with which the first one came first.

    The lot is a hash of the lead, the version and the day, so that asking again changes nothing.
    """
    share = settings.explore
    if share <= 0 or len(order) < 2:
        return order, None
    said = hashlib.sha256(f"{version}\0{lead_id}\0{now:%Y-%m-%d}".encode()).digest()
    lot, which = int.from_bytes(said[:8]) / 2**64, int.from_bytes(said[8:16]) % len(order)
    first = order[which] if lot < share else order[0]
    chance = share / len(order) + (1 - share if first == order[0] else 0.0)
    return [first, *(one for one in order if one != first)], chance


def _who(
    store: Store,
    playbook: str,
    saved: SavedRecommender,
    settings: RecommenderSettings,
    past: Past,
    urgency: np.ndarray,
) -> list[str]:
    if not settings.people:
        return [""] * len(past.lead_ids)
    skills = {
        name: Skill(float(one["overall"]), one["by_level"], int(one["leads"]))
        for name, one in saved.facts.get("skills", {}).items()
    }
    return assign(
        past.levels, urgency, settings.people, skills, store.recommendations.assigned(playbook), desk=settings.desk
    )


def _of_lead(
    saved: SavedRecommender,
    past: Past,
    foreseen: Foreseen,
    why: Any,
    number: int,
    order: list[int],
    propensity: float | None,
    actor: str,
    kept_back: Mapping[str, str],
    now: datetime,
) -> list[Recommendation]:
    from leadloop.store import Recommendation

    names = saved.recommender.vocabulary.actions
    made = []
    for rank, action in enumerate(order, 1):
        success = float(foreseen.success[number, action])
        priority, minutes = _priority(success, saved.facts["levels"])
        grounds = {
            "evidence": _evidence(saved),
            "usual": round(float(foreseen.following[number, action]), 6),
            "events": _events(past, why, action, now),
            "not_recommended": dict(kept_back) if rank == 1 else {},
        }
        made.append(
            Recommendation(
                lead_id=past.lead_ids[number],
                round=hashlib.sha256(f"{past.lead_ids[number]}\0{now.isoformat()}".encode()).hexdigest()[:32],
                rank=rank,
                made_at=now,
                model_version=saved.id,
                kind=names[action],
                success=success,
                success_low=float(foreseen.low[number, action]),
                success_high=float(foreseen.high[number, action]),
                priority=priority,
                respond_within_minutes=minutes,
                actor=actor,
                propensity=propensity if rank == 1 else None,
                why=grounds,
            )
        )
    return made


def _priority(success: float, levels: Sequence[float]) -> tuple[str, int]:
    """The priority of what is expected, by how it compares with the newest leads of the training.

    >>> _priority(0.3, [0.1, 0.2, 0.4])
    ('high', 240)
    """
    return PRIORITIES[sum(success > one for one in levels)]


def _evidence(saved: SavedRecommender) -> str:
    if not saved.recommender.evidence.randomised:
        return "association: what became of leads that got it, not what it does to a lead"
    return "effect: actions were drawn by lot, so this is what it does to a lead like this"


def _events(past: Past, why: Any, action: int, now: datetime) -> list[dict[str, Any]]:
    """The events that mattered most for an action, as sentences."""
    change = why.change[:, action]
    shown = [
        place for place in np.argsort(-np.abs(change), kind="stable")[:_SHOWN].tolist() if abs(change[place]) > 1e-4
    ]
    vocabulary = past.histories.vocabulary
    told = []
    for place in shown:
        row = int(why.events[place])
        kind, result = past.histories.kind[row], past.histories.result[row]
        name = vocabulary.kinds[kind - 2] if kind >= 2 else "something else"
        came = vocabulary.results[result - 2] if result >= 2 else ""
        ago = now - datetime.fromtimestamp(float(past.histories.at[row]), UTC)
        points = round(100 * float(change[place]), 1)
        what = f"{name}{f' ({came})' if came else ''} {_ago(ago)}"
        sentence = f"{what} {'raises' if points > 0 else 'lowers'} it by {abs(points):g} points"
        told.append({"event": name, "points": points, "sentence": sentence})
    return told


def _ago(passed: timedelta) -> str:
    """How long ago something was, in words.

    >>> _ago(timedelta(days=3, hours=2)), _ago(timedelta(minutes=5))
    ('3 days ago', '5 minutes ago')
    """
    minutes = max(0, int(passed.total_seconds() // 60))
    for name, size in (("day", 1_440), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"
