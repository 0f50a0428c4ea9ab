"""What was done about leads and what became of them, read from the store as the recommender learns and answers from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.errors import DataError, Problem
from leadloop.recommend.allowing import Standing
from leadloop.recommend.histories import Histories, Lead, Vocabulary
from leadloop.recommend.settings import RecommenderSettings

if TYPE_CHECKING:
    from leadloop.store import Store

MOST_KINDS, MOST_RESULTS, MOST_LEVELS = 60, 40, 40
_AT_ONCE = 500


@dataclass(frozen=True, eq=False)
class Past:
    """Histories with the names that they were made of."""

    histories: Histories
    lead_ids: tuple[str, ...]
    actors: np.ndarray
    """Who did each event, by row."""
    standings: tuple[Standing, ...]
    """What may forbid something, a lead each."""
    levels: tuple[tuple[str, ...], ...]
    """The categories of each lead, as in `segment=large`."""


def read_past(store: Store, playbook: str, target: str, settings: RecommenderSettings, *, now: datetime) -> Past:
    """Everything that was done about the leads of a playbook, with a vocabulary made of it.

    Raises DataError where nothing was logged, or nothing often enough.
    """
    lead_ids = sorted({one.lead_id for one in store.actions.stream(playbook)})
    lead_ids += sorted(
        {one.lead_id for one in store.events.stream(playbook) if one.name in settings.event_actions} - set(lead_ids)
    )
    rows, leads, standings = _read(store, playbook, target, settings, lead_ids, now)
    counts = Counter(row["kind"] for row in rows if row["action"])
    known = settings.actions or tuple(kind for kind, count in counts.most_common() if count >= settings.fewest)
    if lacking := [one for one in settings.actions if counts[one] < settings.fewest]:
        raise DataError(
            playbook,
            [
                Problem(f"action {one}", f"was logged {counts[one]} times", f"{settings.fewest} are needed")
                for one in lacking
            ],
        )
    if len(known) < 2:
        what = f"has {len(counts)} kinds of action, {len(known)} of them often enough"
        raise DataError(playbook, Problem("action log", what, "bring actions in: leadloop actions PLAYBOOK FILE"))
    kinds = [kind for kind, _ in Counter(row["kind"] for row in rows).most_common(MOST_KINDS)]
    results = [one for one, _ in Counter(row["result"] for row in rows if row["result"]).most_common(MOST_RESULTS)]
    traits = {name: _levels(one.traits.get(name) for one in leads) for name in settings.traits}
    vocabulary = Vocabulary.of([*known, *kinds], results, known, traits)
    return _make(vocabulary, rows, leads, standings, lead_ids)


def read_now(
    store: Store,
    playbook: str,
    target: str,
    settings: RecommenderSettings,
    vocabulary: Vocabulary,
    lead_ids: Sequence[str],
    *,
    now: datetime,
) -> Past:
    """What is known of some leads now, by the vocabulary of a recommender."""
    rows, leads, standings = _read(store, playbook, target, settings, lead_ids, now)
    return _make(vocabulary, rows, leads, standings, lead_ids)


def _levels(values: Iterable[Any]) -> list[str]:
    return [one for one, _ in Counter("" if value is None else str(value) for value in values).most_common(MOST_LEVELS)]


def _make(
    vocabulary: Vocabulary,
    rows: list[dict[str, Any]],
    leads: list[Lead],
    standings: list[Standing],
    lead_ids: Sequence[str],
) -> Past:
    rows = sorted(rows, key=lambda row: (row["lead"], row["at"]))
    histories = Histories.join(vocabulary, rows, leads)
    levels = tuple(tuple(f"{name}={one.traits.get(name)}" for name in vocabulary.traits) for one in leads)
    actors = np.array([row["actor"] for row in rows], dtype=object)
    return Past(histories, tuple(lead_ids), actors, tuple(standings), levels)


def _read(
    store: Store, playbook: str, target: str, settings: RecommenderSettings, lead_ids: Sequence[str], now: datetime
) -> tuple[list[dict[str, Any]], list[Lead], list[Standing]]:
    rows: list[dict[str, Any]] = []
    leads: list[Lead] = []
    standings: list[Standing] = []
    for start in range(0, len(lead_ids), _AT_ONCE):
        some = list(lead_ids[start : start + _AT_ONCE])
        actions = store.actions.of_leads(playbook, some)
        events = store.events.of_leads(playbook, some)
        dismissed = store.recommendations.dismissed(playbook, some)
        outcomes = store.outcomes.last_of_leads(playbook, target, some, by=now)
        first, held = store.leads.first_and_last(playbook, some)
        for lead_id in some:
            number = len(leads)
            done: dict[str, list[datetime]] = {}
            for action in actions.get(lead_id, ()):
                rows.append(_row(number, action.at, action.kind, True, action.result, action.actor, action.propensity))
                done.setdefault(action.kind, []).append(action.at)
            for event in events.get(lead_id, ()):
                kind = settings.event_actions.get(event.name)
                rows.append(_row(number, event.at, kind or event.name, kind is not None))
                if kind is not None:
                    done.setdefault(kind, []).append(event.at)
            for kind, at in dismissed.get(lead_id, ()):
                rows.append(_row(number, at, f"dismissed {kind}", False))
            outcome = outcomes.get(lead_id)
            ended = None if outcome is None else outcome.at.timestamp()
            won = outcome is not None and outcome.value > 0
            leads.append(
                Lead(
                    now.timestamp(),
                    won_at=ended if won else None,
                    lost_at=None if won else ended,
                    traits={name: _category(first.get(lead_id, {}).get(name)) for name in settings.traits},
                )
            )
            no = dict(dismissed.get(lead_id, ()))
            when = {kind: tuple(times) for kind, times in done.items()}
            standings.append(Standing(when, no, held.get(lead_id, {}), outcome is not None))
    return [row for row in rows if row["at"] <= now.timestamp()], leads, standings


def _row(
    lead: int, at: datetime, kind: str, action: bool, result: str = "", actor: str = "", lot: float | None = None
) -> dict[str, Any]:
    return {
        "lead": lead, "at": at.timestamp(), "kind": kind, "action": action, "result": result, "actor": actor,
        "propensity": lot,
    }  # fmt: skip


def _category(value: Any) -> str:
    return "" if value is None else str(value).strip()


def in_words_of(histories: Histories, vocabulary: Vocabulary) -> Histories:
    """The same histories as another vocabulary codes them: what it does not know is unknown."""
    own = histories.vocabulary
    kinds = np.concatenate([[0, 1], vocabulary.code_kinds(own.kinds)])
    results = np.concatenate([[0, 1], vocabulary.code_results(own.results)])
    actions = np.append(vocabulary.code_actions(own.actions), -1)
    traits = []
    for name, known in zip(vocabulary.traits, vocabulary.levels, strict=True):
        if name not in own.traits:
            traits.append(np.ones(histories.leads, np.int64))
            continue
        place = own.traits.index(name)
        codes = {level: number + 2 for number, level in enumerate(known)}
        table = np.array([0, 1, *(codes.get(level, 1) for level in own.levels[place])])
        traits.append(table[histories.traits[:, place]])
    return replace(
        histories,
        vocabulary=vocabulary,
        kind=kinds[histories.kind],
        result=results[histories.result],
        action=actions[histories.action],
        traits=np.stack(traits, axis=1) if traits else np.zeros((histories.leads, 0), np.int64),
    )
