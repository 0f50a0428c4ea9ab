"""Replay: score the leads of a stretch of the log again with another version, and say what would have been different.

Nothing is stored and nobody notices. What the log noted of each lead is read as another version reads it, so this asks the very
question of a switch: which leads would have gone elsewhere, and, of those whose outcome is known by now, which of the two put the
winners higher.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.errors import DataError, Problem
from leadloop.flows.past.stored_past import require_store
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.reproduce import leads_of
from leadloop.flows.scoring.score import load_scorer
from leadloop.scoring import Scorer

if TYPE_CHECKING:
    from leadloop.store import Score

FEWEST_ENDED = 20
"""With fewer won, or fewer lost, leads than this nothing is said of who put the winners higher."""
_AT_ONCE = 1_000
_SHOWN = 10

Tick = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """One lead that another version scores otherwise."""

    lead_id: str
    """The lead; empty where it was scored without a name."""
    score_logged: float
    """The score that it was given."""
    score_replayed: float
    """The score that it would have been given."""
    route_logged: str
    """Where it was sent."""
    route_replayed: str
    """Where it would have been sent."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Who put the winners higher, on the leads whose outcome is known by now."""

    leads: int
    """How many leads these are: each counts once, with its first score."""
    won: int
    """How many of them were won."""
    auc_logged: float
    """How often a won lead had the higher score than a lost one, in the log."""
    auc_replayed: float
    """The same of the replayed scores."""
    difference: float
    """How much better the replayed scores are."""
    difference_low: float
    """The lower limit of that (95 %)."""
    difference_high: float
    """The upper limit."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What would have been different."""

    playbook: str
    """The playbook."""
    version: str
    """The version that scored again."""
    since: datetime
    """From when on scores were looked at."""
    until: datetime
    """Up to when."""
    scores: int
    """How many scores were given again."""
    logged_by: Mapping[str, int]
    """How many of them each version had given."""
    unread: int
    """Leads that the version cannot read; the log has them, and they are in no other figure."""
    not_asked: int
    """Scores that were left out, since only so many were asked for."""
    mean_logged: float
    """The mean of the logged scores."""
    mean_replayed: float
    """The mean of the replayed ones."""
    mean_change: float
    """By how much a score changes on average, up or down."""
    rank_correlation: float
    """How alike both order the leads (Spearman): 1 is the same order, 0 none; not a number where either has one score for all."""
    routes: Mapping[tuple[str, str], int]
    """How many leads went to the first route and would have gone to the second."""
    most_changed: tuple[Moved, ...]
    """The leads whose score changes most."""
    ranked: Ranked | None
    """Who put the winners higher; None while too few outcomes are known."""

    @property
    def rerouted(self) -> int:
        """How many leads would have gone elsewhere."""
        return sum(count for (before, after), count in self.routes.items() if before != after)


def replay(
    place: Workspace,
    playbook: str,
    version: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime | None = None,
    most: int = 50_000,
    tick: Tick = lambda stage: None,
) -> Replay:
    """Score again what was scored from `since` (a day before `until`) to `until` (now), with another version, and compare.

    The newest `most` scores of that time are taken. Outcomes are those of the main target that came about in its time, once that
    is over; a target without a time counts wherever an outcome was told. Raises VersionError where there is no such version, and
    DataError where nothing was scored then.
    """
    now = now or datetime.now(UTC)
    until = until or now
    since = since or until - timedelta(days=1)
    scorer = load_scorer(playbook, version, workspace=place)
    name = scorer.playbook.name
    require_store(place, name)
    found: list[tuple[Score, float, str]] = []
    seen = unread = 0
    logged = place.store.scores.between(name, since, until)
    for batch in _batches(islice(logged, most)):
        again = _again(scorer, batch)
        found += again
        seen, unread = seen + len(batch), unread + len(batch) - len(again)
        tick(f"scored {seen:,} again")
    left = sum(1 for _ in logged) if seen == most else 0
    if not found:
        why = f"has {unread:,} scores then, none of which this version can read" if unread else "has no scores then"
        mend = "name another time with --since and --until" if not unread else "name a version of the same fields"
        raise DataError("the score log", Problem(f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}", why, mend))
    return _compare(place, scorer, found, since, until, now, unread, left)


def _batches(scores: Iterator[Score]) -> Iterator[list[Score]]:
    while batch := list(islice(scores, _AT_ONCE)):
        yield batch


def _again(scorer: Scorer, scores: Sequence[Score]) -> list[tuple[Score, float, str]]:
    """Each logged score that the version can give again, with its score and route now."""
    leads = leads_of(scorer, scores)
    if not len(leads):
        return []
    table = scorer.score_table(leads, explain=False)
    lines = [int(line) for line in leads.lines]
    told = zip(lines, table["score"].to_list(), table["route"].to_list(), strict=True)
    return [(scores[line - 1], float(score), str(route)) for line, score, route in told]


def _compare(
    place: Workspace,
    scorer: Scorer,
    found: Sequence[tuple[Score, float, str]],
    since: datetime,
    until: datetime,
    now: datetime,
    unread: int,
    left: int,
) -> Replay:
    """What both scores of each lead say together."""
    logged = np.array([score.score for score, _, _ in found])
    replayed = np.array([score for _, score, _ in found])
    most = np.argsort(-np.abs(replayed - logged), kind="stable")[:_SHOWN]
    return Replay(
        playbook=scorer.playbook.name,
        version=scorer.version,
        since=since,
        until=until,
        scores=len(found),
        logged_by=dict(Counter(score.model_version for score, _, _ in found).most_common()),
        unread=unread,
        not_asked=left,
        mean_logged=float(logged.mean()),
        mean_replayed=float(replayed.mean()),
        mean_change=float(np.abs(replayed - logged).mean()),
        rank_correlation=_correlation(_midranks(logged), _midranks(replayed)),
        routes=dict(Counter((score.route, route) for score, _, route in found).most_common()),
        most_changed=tuple(
            Moved(score.lead_id, score.score, again, score.route, route)
            for score, again, route in (found[place] for place in most.tolist())
            if score.score != again
        ),
        ranked=_rank(place, scorer, found, now),
    )


def _rank(place: Workspace, scorer: Scorer, found: Sequence[tuple[Score, float, str]], now: datetime) -> Ranked | None:
    """Who put the winners higher, of the leads whose time is over; None with too few of either kind."""
    first: dict[str, tuple[Score, float]] = {}
    for score, again, _ in found:
        if score.lead_id and (score.lead_id not in first or score.at < first[score.lead_id][0].at):
            first[score.lead_id] = (score, again)
    target = scorer.playbook.targets[0]
    days = target.within_days
    ended = place.store.outcomes.last_of_leads(scorer.playbook.name, target.name, list(first), by=now)
    won, logged, replayed = [], [], []
    for lead_id, (score, again) in first.items():
        outcome = ended.get(lead_id)
        if days is not None and now - score.at <= timedelta(days=days):
            continue  # open, even if it was won already: to count only early winners would flatter whoever ranks those first
        if outcome is None and days is None:
            continue
        late = outcome is not None and days is not None and outcome.at - score.at > timedelta(days=days)
        won.append(outcome is not None and outcome.value > 0 and not late)
        logged.append(score.score)
        replayed.append(again)
    positive = np.array(won, dtype=bool)
    if min(int(positive.sum()), int((~positive).sum())) < FEWEST_ENDED:
        return None
    parts = [_placements(positive, np.array(scores)) for scores in (logged, replayed)]
    areas = [float(above.mean()) for above, _ in parts]
    # DeLong, DeLong and Clarke-Pearson 1988: both areas are of the same leads, and vary together.
    spread = sum(float(np.var(parts[1][side] - parts[0][side], ddof=1)) / len(parts[0][side]) for side in (0, 1))
    reach = 1.959964 * float(np.sqrt(spread))
    difference = areas[1] - areas[0]
    return Ranked(len(won), int(positive.sum()), areas[0], areas[1], difference, difference - reach, difference + reach)


def _placements(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each won lead the share of lost ones below it, and for each lost lead the share of won ones above it; ties half."""
    everyone = _midranks(scores)
    won, lost = int(positive.sum()), int((~positive).sum())
    above = (everyone[positive] - _midranks(scores[positive])) / lost
    below = 1 - (everyone[~positive] - _midranks(scores[~positive])) / won
    return above, below


def _midranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value from 1 on, the mean rank where several are the same."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: np.ndarray = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < 2 or first.std() == 0 or second.std() == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def as_answer(done: Replay) -> dict[str, Any]:
    """The replay as plain data, for JSON."""
    from dataclasses import asdict

    told = asdict(done)
    told["routes"] = [{"logged": a, "replayed": b, "leads": count} for (a, b), count in done.routes.items()]
    told |= {"rerouted": done.rerouted, "since": done.since.isoformat(), "until": done.until.isoformat()}
    if told["rank_correlation"] != told["rank_correlation"]:
        told["rank_correlation"] = None
    return told
