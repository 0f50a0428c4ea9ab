"""Score stored leads: those that nobody scored yet, or all of them, a batch at a time, each exactly once."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from leadloop.errors import LeadLoopError, Problem, StoreUnavailable
from leadloop.flows.past.stored_past import require_store
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.explorers import Explorers
from leadloop.flows.scoring.file_batch import set_absent_times
from leadloop.flows.scoring.pace import Pace
from leadloop.flows.scoring.score import load_scorer
from leadloop.flows.scoring.score_rows import exposure_row, score_row
from leadloop.flows.scoring.stored_arms import Share, StoredArms
from leadloop.leads.cells import write_cells
from leadloop.scoring import Scorer, TrainedPlaybook

if TYPE_CHECKING:
    from leadloop.store import LeadVersion

DAYS, BATCH_SIZE = 7.0, 500
_TRIES = 5
_SHOWN = 20

Keep = Callable[[str, float], None]
"""Told how far it is, in words and from 0 to 1, within the transaction that stores a batch: raising, it undoes the batch."""


@dataclass(frozen=True)
class StoredScoring:
    """What scoring stored leads did."""

    version: str
    """The version that scored."""
    leads: int
    """How many leads were looked at."""
    scored: int
    """How many of them were scored now."""
    rejected: int
    """How many could not be read, and stay without a score."""
    reasons: tuple[str, ...]
    """Why, for the first of them."""
    routes: Mapping[str, int]
    """How many went to each route."""


def score_stored(
    place: Workspace,
    playbook: str,
    *,
    run: str,
    everything: bool = False,
    segment: str = "",
    days: float = DAYS,
    batch_size: int = BATCH_SIZE,
    version: str = "champion",
    keep: Keep = lambda note, share: None,
    settle: Callable[[str], str] = lambda found: found,
    lead_ids: Collection[str] | None = None,
) -> StoredScoring:
    """Score leads that the store holds, and write each score with its lead's fields and feature values to the score log.

    Those that have no score yet, or with `everything` all; of the last `days` (0: of any age) by the moment at which they last
    changed; of one `segment` on request; or just those of `lead_ids`, whenever they came and whether they have a score or not.
    `run` names this run: started again under that name, it goes on where it was stopped, and no lead is scored twice in it; nor
    by two versions, where `settle` answers the one with which the run began. A database that is away for a moment is asked again.

    Raises VersionError where nothing can score, and LeadLoopError where the playbook has no segments.
    """
    scorer = load_scorer(playbook, version, workspace=place)
    if isinstance(scorer, TrainedPlaybook) and (begun := settle(scorer.version)) != scorer.version:
        scorer = load_scorer(playbook, begun, workspace=place)
    name = scorer.playbook.name
    if segment and not scorer.playbook.segment_by:
        raise LeadLoopError("segment", Problem(segment, f"cannot be asked for: {name} has no segments", "leave it out"))
    require_store(place, name)
    store = place.store
    arms = StoredArms(place, scorer, version, place.clock())
    explorers = Explorers(place.root)
    everything = everything or lead_ids is not None
    since = place.clock() - timedelta(days=days) if days and lead_ids is None else None
    whole = max(1, store.leads.count(name, unscored=not everything, since=since, among=lead_ids))
    seen = scored = rejected = 0
    reasons: list[str] = []
    routes: Counter[str] = Counter()
    after: str | None = None
    pace = Pace()
    while True:
        page = _patiently(
            lambda mark=after: store.leads.page(
                name, after=mark, limit=batch_size, unscored=not everything, since=since, among=lead_ids
            )  # type: ignore[misc]
        )
        batch = _Batch(scorer, run, page.items, segment)
        if everything:
            batch = batch.without(_patiently(lambda keys=batch.keys: store.scores.known(name, keys)))  # type: ignore[misc]
        shares = arms.divide(batch.leads)
        parts = [
            _Batch(share.scorer, run, share.leads, segment).score(place.clock(), share, explorers) for share in shares
        ]
        rows, wrong = [row for part, _ in parts for row in part], [why for _, some in parts for why in some]
        exposures = [
            exposure_row(share.chosen[row.lead_id], row)
            for share, (part, _) in zip(shares, parts, strict=True)
            for row in part
            if row.lead_id in share.chosen
        ]
        seen += len(page.items)
        done = min(1.0, seen / whole)
        note = f"{seen:,} of {whole:,} leads, {scored + len(rows):,} scored; {pace.describe(seen, done)}"

        def write(rows: Any = rows, exposures: Any = exposures, note: str = note, share: float = done) -> int:
            with store.transaction():
                store.experiments.exposures.add(name, exposures)
                added = len(store.scores.add(name, rows)) if everything else store.scores.add_first(name, rows)
                keep(note, share)
            return added

        scored += _patiently(write)
        rejected += len(wrong)
        reasons += wrong[: _SHOWN - len(reasons)]
        routes.update(row.route for row in rows)
        if page.next is None:
            return StoredScoring(scorer.version, seen, scored, rejected, tuple(reasons), dict(routes))
        after = page.next


def run_key(run: str, lead_id: str) -> str:
    """The name of a lead's score in a run.

    >>> run_key("job-7", "L-1")
    'job-7:3f4d74109fa7ca3d535c12146f95c033'
    """
    return f"{run}:{hashlib.sha256(lead_id.encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class _Batch:
    """Some stored leads that are to be scored."""

    scorer: Scorer
    run: str
    leads: Sequence[LeadVersion]
    segment: str

    @property
    def keys(self) -> list[str]:
        return [run_key(self.run, lead.lead_id) for lead in self.leads]

    def without(self, keys: set[str]) -> _Batch:
        left = [lead for lead, key in zip(self.leads, self.keys, strict=True) if key not in keys]
        return _Batch(self.scorer, self.run, left, self.segment)

    def score(self, now: datetime, share: Share, explorers: Explorers) -> tuple[list[Any], list[str]]:
        """The rows of the score log, each with the arm of its lead in an experiment, and why leads could not be read."""
        if not self.leads:
            return [], []
        scorer, playbook = self.scorer, self.scorer.playbook
        given = [field for field in scorer.schema.fields if not field.made_from]
        cells = pl.DataFrame([write_cells([lead.fields for lead in self.leads], field) for field in given])
        if playbook.lead_id in cells.columns:
            cells = cells.with_columns(pl.Series(playbook.lead_id, [lead.lead_id for lead in self.leads]))
        reading = scorer.schema.read(cells)
        wrong: dict[int, str] = {}
        for one in reading.rejects:
            wrong.setdefault(one.line, f"lead {self.leads[one.line - 1].lead_id}: {one.field} {one.reason}")
        frame = set_absent_times(scorer, reading.leads, now)
        if self.segment:
            frame = frame.take(
                (frame.data[playbook.segment_by].cast(pl.String) == self.segment).fill_null(False).to_numpy()
            )
        if not len(frame):
            return [], list(wrong.values())
        known = playbook.scoring_schema.by_name
        rows = []
        for row, card in enumerate(scorer.score(frame)):
            lead = self.leads[int(frame.lines[row]) - 1]
            fields = {name: value for name, value in lead.fields.items() if name in known}
            key = run_key(self.run, lead.lead_id)
            chosen = share.chosen.get(lead.lead_id)
            told: dict[str, Any] = {"arm": chosen.arm.name, "experiment": chosen.arm.test} if chosen else {}
            worked = explorers.work(playbook.name, playbook.policy, card)
            rows.append(score_row(key, playbook, worked, fields, lead_id=lead.lead_id, at=now, **told))
        return rows, list(wrong.values())


def _patiently(ask: Callable[[], Any]) -> Any:
    """What a question to the database is answered, asked again where it is away for a moment."""
    for left in reversed(range(_TRIES)):
        try:
            return ask()
        except StoreUnavailable:
            if not left:
                raise
            time.sleep(0.5 * 2 ** (_TRIES - 1 - left))
    raise AssertionError("unreachable")
