"""Logged leads: each as it was scored when it came in, by the version that served, with what became of it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.past.stored_past import require_store, stored_events
from leadloop.flows.place.known_playbooks import read_found
from leadloop.flows.place.playbook_folder import PlaybookFolder
from leadloop.flows.place.workspace import Workspace
from leadloop.leads import LeadFrame
from leadloop.learning.aftermath import judge_events
from leadloop.learning.labels import NOT_WORKED, WORKED, settle_leads
from leadloop.playbook import Playbook
from leadloop.scoring import Scorer
from leadloop.scoring.policy_columns import choose_bands

if TYPE_CHECKING:
    from leadloop.store import Store

SHADOW = "shadow"
"""How the arms of scores begin that were written down and not served."""
_ROW = "\x00row"


@dataclass(frozen=True)
class Watched:
    """A playbook that is watched, with its functions where it reads events."""

    place: Workspace
    playbook: Playbook
    found: PlaybookFolder | None

    @property
    def name(self) -> str:
        """The playbook's name."""
        return self.playbook.name

    @property
    def within_days(self) -> float | None:
        """How long a lead takes to have an outcome for sure; none where there is no such time."""
        if self.playbook.events is not None:
            return self.playbook.events.within_days
        return self.playbook.target.within_days

    @property
    def store(self) -> Store:
        """The store."""
        return self.place.store


def watch_playbook(place: Workspace, name: str) -> Watched:
    """A playbook of a workspace, by its name, as the version in service knows it, or as its folder says where none is.

    Raises PlaybookError where there is no such playbook, and DataError where nothing was ever stored.
    """
    require_store(place, name)
    found: PlaybookFolder | None = None
    try:
        found = read_found(place, name)
    except LeadLoopError:
        if not place.registry.champion(name):
            raise
    serving = place.registry.champion(name)
    if serving is None:
        assert found is not None
        return Watched(place, found.playbook, found)
    return Watched(place, place.registry.load(place.registry.find(name, serving)).playbook, found)


def read_logged(
    watched: Watched, start: datetime, end: datetime, as_of: datetime, *, version: str = "", shadows: bool = False
) -> pl.DataFrame:
    """The leads scored from one moment to before another, each with the first score that it got, and what it is by now.

    Columns are those of `Logged.scores`, then `state`, `outcome` (1, 0, or a grade as a share of the best; null for leads that
    are open or that nobody worked) and `decided_at`. With `version` they are the first scores by that version.
    """
    scores = watched.store.logged.scores(watched.name, start, end, version=version)
    shadow = pl.col("arm").str.starts_with(SHADOW)
    scores = _banded_by_score(watched.playbook, scores.filter(shadow if shadows else ~shadow))
    first = scores.sort("at", "id").unique("lead_id", keep="first", maintain_order=True)
    if not first.height:
        return first.with_columns(
            pl.lit(None, pl.String).alias("state"),
            pl.lit(None, pl.Float64).alias("outcome"),
            pl.lit(None, pl.Datetime("us")).alias("decided_at"),
            pl.lit(None, pl.Float64).alias("told_value"),
            pl.lit(None, pl.Datetime("us")).alias("told_at"),
        )
    now = as_of.astimezone(UTC).replace(tzinfo=None)
    if watched.playbook.events is not None:
        return _graded_by_events(watched, first, now)
    target = watched.playbook.target
    outcomes = watched.store.logged.outcomes(watched.name, target.name, start, as_of)
    events = watched.store.logged.events(watched.name, (NOT_WORKED, WORKED), start, as_of)
    settled = settle_leads(first, outcomes, events, now, target.within_days)
    if target.graded:
        return settled.with_columns(pl.col("outcome") / target.top)
    return settled.with_columns((pl.col("outcome") > 0).cast(pl.Float64))


def _banded_by_score(playbook: Playbook, scores: pl.DataFrame) -> pl.DataFrame:
    """The scores, those of explored leads in the band that they fall into: how a band does is asked of those who belong there."""
    if not scores["explored"].any():
        return scores
    honest = choose_bands(playbook.policy, scores["score"].to_numpy())
    return scores.with_columns(pl.when("explored").then(honest).otherwise("band").alias("band"))


def _graded_by_events(watched: Watched, first: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Leads of a playbook that grades them by what people did with them, by its own functions."""
    playbook, found = watched.playbook, watched.found
    said = playbook.events
    assert said is not None
    if found is None:
        what = "is not found, and its functions say what events come to"
        raise LeadLoopError(playbook.name, Problem("playbook", what, "put its folder into the workspace"))
    known = first.with_row_index(_ROW).select(_ROW, "lead_id", pl.col("at").alias("\x00came"))
    window = pl.duration(microseconds=round(said.within_days * 86_400e6))
    parts = []
    for rows in stored_events(watched.store, playbook):
        names = [field.name for field in said.schema.fields if not field.made_from]
        cells = pl.DataFrame(
            {name: [row.get(name) for row in rows] for name in names}, schema=dict.fromkeys(names, pl.String)
        )
        events = said.schema.read(cells).leads.data
        joined = events.join(known, left_on=said.lead, right_on="lead_id", how="inner", maintain_order="left")
        at = pl.col(said.at)
        parts.append(joined.filter((at >= pl.col("\x00came")) & (at <= pl.col("\x00came") + window) & (at <= now)))
    column = playbook.target.column
    value = pl.lit(None, pl.Float64)
    named = first.with_row_index(_ROW)
    if parts and (counted := pl.concat(parts)).height:
        made = judge_events(counted.sort(_ROW, said.at, maintain_order=True), _ROW, {column: found.makes[column]})
        named = named.join(made, on=_ROW, how="left", maintain_order="left")
        value = pl.col(column).cast(pl.Float64)
    over = pl.lit(now) > pl.col("at") + window
    graded = value.fill_null(dict(said.without).get(column, float("nan"))).fill_nan(None) / playbook.target.top
    named = named.with_columns(pl.when(over).then(graded).alias("outcome"))
    state = pl.when(~over).then(pl.lit("open")).when(pl.col("outcome").is_null()).then(pl.lit("not worked"))
    named = named.with_columns(
        state.when(pl.col("outcome") > 0).then(pl.lit("won")).otherwise(pl.lit("lost")).alias("state"),
        pl.lit(None, pl.Datetime("us")).alias("decided_at"),
        pl.lit(None, pl.Float64).alias("told_value"),
        pl.lit(None, pl.Datetime("us")).alias("told_at"),
    )
    return named.drop(_ROW, *([column] if column in named.columns else []))


def read_fields(watched: Watched, scorer: Scorer, ids: Sequence[int]) -> tuple[LeadFrame, dict[str, float]]:
    """The leads of some logged scores as the scorer reads them, and the share in which fields were given that it does not
    know.
    """
    said = watched.store.logged.fields(ids)
    rows = [said.get(one, {}) for one in ids]
    counts: dict[str, int] = {}
    for row in rows:
        for name in row:
            counts[name] = counts.get(name, 0) + 1
    cells = {name: pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in counts}
    frame = pl.DataFrame(cells) if cells else pl.DataFrame(height=len(rows))
    known = scorer.playbook.scoring_schema.by_name
    leads = scorer.schema.read(frame).leads
    unknown = {name: count / max(len(rows), 1) for name, count in counts.items() if name not in known}
    return leads, unknown
