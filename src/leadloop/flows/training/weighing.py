"""How much leads count in training: more where leads like them were seldom worked, less where one source tells too much.

Both need what the store knows: how each lead came by its route, and who told its outcome.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from leadloop.errors import DataError, LeadLoopError, NotEnoughOutcomes, Problem
from leadloop.flows.past.importing import Imported
from leadloop.flows.past.split_targets import Parts, TargetPart
from leadloop.flows.place.workspace import Workspace
from leadloop.leads import LeadFrame
from leadloop.learning.evaluation.everyone import OverEveryone, measure_over_everyone
from leadloop.learning.labelled import Labelled
from leadloop.learning.selection import RoutesTaken, count_worked, weigh_by_chance
from leadloop.learning.source_cap import cap_sources
from leadloop.learning.splits import Split
from leadloop.playbook import Playbook

_WHERE = "training.unworked"
UNNAMED = "(no source was named)"


@dataclass(frozen=True)
class Explored:
    """Leads that were scored while some were explored: by lead id, in the order of `leads`."""

    leads: pl.DataFrame
    """`lead_id`, `at`, `explored`, and what was noted of the routes as `exploration`."""
    left_out: int = 0
    """How many leads of the store were not scored then."""


def keep_explored(
    place: Workspace, playbook: Playbook, imported: Imported, *, stored: bool
) -> tuple[Imported, Explored | None]:
    """The leads that were scored while some were explored, where training weighs leads; all leads, and None, where it does not.

    Leads from before the first that was noted with its chances are left out. Raises DataError where a later one is without, or
    where there is none at all: no weight can be given to them.
    """
    if playbook.training.unworked == "left out":
        return imported, None
    mend = (
        'set `explore_share` under [loop], and score leads for a while; or set unworked = "left out" under [training]'
    )
    if not stored or not playbook.lead_id:
        what = (
            "leads of a file do not say how probable it was to work them" if not stored else "leads have no identifier"
        )
        raise DataError(playbook.name, Problem(_WHERE, f"cannot be “weighed”: {what}", mend))
    noted = place.store.logged.explorations(playbook.name)
    known = noted.filter(pl.col("propensity").is_not_null())
    if not known.height:
        raise DataError(
            playbook.name, Problem(_WHERE, "cannot be “weighed”: no lead was scored while any was explored", mend)
        )
    since = known["at"].min()
    ids = imported.leads.data[playbook.lead_id].cast(pl.String)
    later = noted.filter(
        (pl.col("at") >= since) & pl.col("propensity").is_null() & pl.col("lead_id").is_in(ids.implode())
    )
    if later.height:
        first = later["lead_id"][0]
        what = f"cannot be “weighed”: {later.height:,} leads were scored without being explored since {str(since)[:10]} ({first})"
        raise DataError(playbook.name, Problem(_WHERE, what, mend))
    kept = ids.is_in(known["lead_id"].implode()).to_numpy()
    leads = imported.leads.take(kept)
    return replace(imported, leads=leads), Explored(known, int((~kept).sum()))


def weigh(
    place: Workspace, parts: Parts, imported: Imported, explored: Explored | None, *, stored: bool
) -> tuple[Parts, tuple[str, ...]]:
    """The leads of every target with how much they count, and what a person should know of it.

    Raises DataError where leads of some route were never worked, and NotEnoughOutcomes where those that were are worth too few.
    """
    notes: list[str] = []
    if explored is not None:
        parts = _weigh_selection(parts, imported, explored, notes)
    cap = parts.found.playbook.training.source_share
    if cap < 1 and stored and parts.found.playbook.events is None and parts.found.playbook.lead_id:
        parts = replace(parts, targets=tuple(_cap(place, part, cap, notes) for part in parts.targets))
    elif cap < 1:
        notes.append("Who told each outcome is not known here, so `source_share` held nobody down.")
    return parts, tuple(notes)


def _weigh_selection(parts: Parts, imported: Imported, explored: Explored, notes: list[str]) -> Parts:
    playbook = parts.found.playbook
    log = explored.leads
    worked_ids = set(_ids(playbook, parts.main.labelled.leads))
    idle_ids = set(imported.idle)
    days = playbook.outcome_days
    if days:  # young leads that nobody worked so far may still be worked
        over = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)
        idle_ids &= set(log.filter(pl.col("at") < over)["lead_id"].to_list())
    log = log.filter(pl.col("lead_id").is_in([*worked_ids, *idle_ids]))
    noted = [json.loads(one) for one in log["exploration"].to_list()]
    routes = RoutesTaken.of(noted, log["explored"].to_numpy())
    ids = log["lead_id"].to_list()
    worked = np.array([one in worked_ids for one in ids])
    shares = count_worked(routes, worked)
    chances = shares.chances(routes)
    never = sorted({routes.names[place] for place in routes.by_score[chances <= 0]})
    if never:
        what = f"cannot be “weighed”: no lead that scores send to {', '.join(never)} was ever worked, explored ones included"
        raise DataError(playbook.name, Problem(_WHERE, what, "see that explored leads are worked as their route says"))
    chance_of = dict(zip(ids, chances.tolist(), strict=True))
    weighed = [_weigh_part(part, chance_of) for part in parts.targets]
    main = weighed[0].labelled
    made = weigh_by_chance(_chances_of(parts.main, chance_of), playbook.training.most_weight)
    least = playbook.training.min_leads
    if made.effective < least:
        what = f"not enough outcomes: {len(main):,} weighed leads tell as much as {made.effective:,.0f}; {least:,} are the least"
        raise NotEnoughOutcomes(playbook.name, Problem(_WHERE, what, "explore more leads, or wait for more outcomes"))
    told = ", ".join(
        f"{name} {usual:.0%} (explored {drawn:.0%})"
        for name, usual, drawn in zip(shares.names, shares.ordinary, shares.explored, strict=True)
    )
    if explored.left_out:
        notes.append(f"{explored.left_out:,} leads that came before any was explored were left out.")
    notes.append(f"Worked was, of the leads of each route: {told}.")
    notes.append(
        f"Leads count by the inverse of how probable it was to work them: {len(main):,} leads tell as much as "
        f"{made.effective:,.0f} counted alike (effective sample size); none counts for more than {made.largest:.1f} times the "
        f"average, {made.cut:,} were cut there."
    )
    return replace(parts, targets=tuple(weighed))


def _weigh_part(part: TargetPart, chance_of: Mapping[str, float]) -> TargetPart:
    chances = _chances_of(part, chance_of)
    made = weigh_by_chance(chances, part.playbook.training.most_weight)
    uncut = weigh_by_chance(chances, float("inf"))
    return replace(part, labelled=replace(part.labelled, selection=made.weights, everyone=uncut.weights))


def _chances_of(part: TargetPart, chance_of: Mapping[str, float]) -> np.ndarray:
    ids = _ids(part.playbook, part.labelled.leads)
    missing = [one for one in ids if one not in chance_of]
    if missing:
        what = (
            f"cannot be “weighed”: {len(missing):,} leads have an outcome of “{part.name}” and none of the main target"
        )
        raise LeadLoopError(part.playbook.name, Problem(_WHERE, what, "set it to “left out”, or train one target"))
    return np.array([chance_of[one] for one in ids])


def _ids(playbook: Playbook, leads: LeadFrame) -> list[str]:
    return leads.data[playbook.lead_id].cast(pl.String).to_list()


def _cap(place: Workspace, part: TargetPart, cap: float, notes: list[str]) -> TargetPart:
    told = place.store.outcomes.sources(part.playbook.name, part.name)
    labelled = part.labelled
    sources: Sequence[str | None] = [
        (told[one] or UNNAMED) if one in told else None for one in _ids(part.playbook, labelled.leads)
    ]
    capped = cap_sources(sources, labelled.counts(), cap)
    for name, before, after in capped.lowered:
        notes.append(f"“{name}” told {before:.0%} of the outcomes of {part.name}, and counts for {after:.0%}.")
    if capped.largest > cap + 1e-9:
        few = f"{part.name} has too few sources for none to count for more than {cap:.0%}"
        notes.append(f"{few}: the largest has {capped.largest:.0%}.")
    return replace(part, labelled=replace(labelled, shares=capped.factors)) if capped.lowered else part


def look_over_everyone(
    labelled: Labelled, split: Split, probabilities: np.ndarray, *, seed: int
) -> tuple[OverEveryone | None, tuple[str, ...]]:
    """How good scores are over all leads, by the test leads that were worked, and that in words; None where none are weighed."""
    if labelled.everyone is None:
        return None, ()
    groups = None if labelled.groups is None else labelled.groups[split.test]
    found = measure_over_everyone(
        labelled.positive[split.test], probabilities, labelled.everyone[split.test], seed=seed, groups=groups
    )
    said = (
        f"Measures are of the {found.leads:,} test leads that were worked. Over all leads, by their weights (they tell as much "
        f"as {found.effective:,.0f}): AUC {_tell(found.auc)}, log-loss {_tell(found.log_loss)}; promised {found.promised:.1%}, "
        f"won {found.won.value:.1%} ({found.won.low:.1%} to {found.won.high:.1%})."
    )
    return found, (said,)


def _tell(figure: object) -> str:
    value, low, high = (getattr(figure, name) for name in ("value", "low", "high"))
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
