"""Events of a block of leads, gathered kind by kind and told lead by lead in the order of time."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.simulate.world import write_times

_PLACE = "_place"


def list_events(
    lead_ids: pl.Series, at: np.ndarray, event: str, value: pl.Series, happened: np.ndarray
) -> pl.DataFrame:
    """One event of each lead that it happened to; `value` is what there is to say of it."""
    rows = pl.DataFrame(
        {
            _PLACE: np.arange(len(lead_ids)),
            "lead_id": lead_ids,
            "at": write_times(at),
            "event": pl.repeat(event, len(lead_ids), eager=True, dtype=pl.String),
            "value": value,
        }
    )
    return rows.filter(pl.Series(happened))


def join_events(*kinds: pl.DataFrame) -> pl.DataFrame:
    """All events, lead by lead, each lead's in the order of time (of their kinds, where times are equal)."""
    return pl.concat(kinds).sort(_PLACE, "at", maintain_order=True).drop(_PLACE)
