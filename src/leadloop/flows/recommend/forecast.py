"""The pipeline forecast of a playbook: from its logged scores and outcomes to wins and value in each coming week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.flows.past.stored_past import require_store
from leadloop.flows.place.known_playbooks import read_meant
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.recommend.forecast import FEWEST_WON, Backtest, Pipeline, Week, forecast
from leadloop.store.paging import LARGEST_PAGE, all_pages

_DAY = 86_400.0
_START = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class PipelineForecast:
    """What is to be expected of the leads that are there and of those to come."""

    playbook: str
    """The playbook."""
    target: str
    """What counts as won."""
    at: datetime
    """When it was made."""
    open_leads: int
    """How many leads are open."""
    weeks: tuple[Week, ...]
    """The coming weeks; their starts are days since the first of January 2000."""
    backtest: Backtest
    """How past weeks would have been forecast."""
    has_value: bool
    """Whether scores say what a lead brings; else values are 0."""

    def starts(self) -> tuple[datetime, ...]:
        """The first moment of each week."""
        return tuple(_START + timedelta(days=week.start) for week in self.weeks)


def forecast_pipeline(
    playbook: Path | str,
    *,
    weeks: int = 8,
    value: float | None = None,
    now: datetime | None = None,
    workspace: Workspace | Path | str | None = None,
) -> PipelineForecast:
    """Forecast wins and value week by week, with 80 % limits, and say how well that would have gone in past weeks.

    Each lead counts with the probability of its first score, which is calibrated, and with how long it has waited. `value` is
    what a won lead brings, where scores do not say so themselves. Raises DataError where too few wins are dated.
    """
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    book = read_meant(place, playbook).playbook
    require_store(place, book.name)
    moment = now or datetime.now(UTC)
    pipeline, has_value = _read(place, book.name, book.target.name, moment, value)
    try:
        found, tested = forecast(pipeline, _day(moment), weeks)
    except ValueError as error:
        mend = f"keep scoring leads and telling outcomes with their times until {FEWEST_WON} are won"
        raise DataError(book.name, Problem("pipeline", f"has {error}", mend)) from error
    open_leads = int((~np.isfinite(pipeline.won) & ~np.isfinite(pipeline.lost)).sum())
    return PipelineForecast(book.name, book.target.name, moment, open_leads, found, tested, has_value)


def _read(place: Workspace, playbook: str, target: str, now: datetime, value: float | None) -> tuple[Pipeline, bool]:
    store = place.store
    first: dict[str, tuple[float, float, float]] = {}
    scores = all_pages(lambda after: store.scores.page(playbook, after=after, limit=LARGEST_PAGE // 10))
    has_value = value is not None
    for one in scores:
        if one.probability is None or one.at > now or not one.lead_id or one.arm == "shadow":
            continue
        brings = one.card.get("expected_value") if value is None else None
        worth = value or 0.0
        if isinstance(brings, int | float) and one.probability > 0:
            worth, has_value = float(brings) / one.probability, True
        if one.lead_id not in first or _day(one.at) < first[one.lead_id][0]:
            first[one.lead_id] = (_day(one.at), one.probability, worth)
    ids = list(first)
    if not ids:
        raise DataError(
            playbook, Problem("scores", "are none", f"score its leads first: leadloop score {playbook} FILE")
        )
    told = store.outcomes.last_of_leads(playbook, target, ids, by=now)
    table = np.array([first[one] for one in ids], dtype=float)
    won = np.array([_ended(told.get(one), won=True) for one in ids])
    lost = np.array([_ended(told.get(one), won=False) for one in ids])
    came = table[:, 0]
    # Won or lost before it was scored: its score foretold nothing.
    kept = ~(won < came) & ~(lost < came)
    return Pipeline(came[kept], table[kept, 1], won[kept], lost[kept], table[kept, 2]), has_value


def _ended(outcome: object, *, won: bool) -> float:
    from leadloop.store import LeadOutcome

    if not isinstance(outcome, LeadOutcome) or (outcome.value > 0) != won or not outcome.dated:
        return float("nan")
    return _day(outcome.at)


def _day(moment: datetime) -> float:
    return (moment - _START).total_seconds() / _DAY


def as_table(found: PipelineForecast) -> pl.DataFrame:
    """The weeks as a table."""
    return pl.DataFrame(
        {
            "week": [one.date() for one in found.starts()],
            "won": [round(one.won, 2) for one in found.weeks],
            "won_low": [round(one.low, 2) for one in found.weeks],
            "won_high": [round(one.high, 2) for one in found.weeks],
            "from_pipeline": [round(one.from_pipeline, 2) for one in found.weeks],
            "value": [round(one.value, 2) for one in found.weeks],
            "value_low": [round(one.value_low, 2) for one in found.weeks],
            "value_high": [round(one.value_high, 2) for one in found.weeks],
        }
    )
