"""Columns of a table of scores that say which lead a row is about: its identifier and its segment."""

from __future__ import annotations

import polars as pl

from leadloop.leads import LeadFrame
from leadloop.playbook import Playbook

FEW = 64
"""For no more leads than this Python is quicker than Polars."""


def identify(playbook: Playbook, leads: LeadFrame) -> pl.Series:
    """The identifier of each lead; its line where the playbook names none."""
    name = playbook.lead_id
    if name and name in leads.data.columns:
        named = leads.data[name]
        return named if named.dtype == pl.String else named.cast(pl.String)
    return pl.Series(leads.lines).cast(pl.String)


def segments_of(playbook: Playbook, leads: LeadFrame) -> pl.Series:
    """The segment of each lead; an empty text where the playbook has no segments, or the lead does not say."""
    name = playbook.segment_by
    if not name or name not in leads.data.columns:
        return pl.Series([""] * len(leads), dtype=pl.String)
    cells = leads.data[name]
    if len(cells) <= FEW and cells.dtype == pl.String:
        return pl.Series([cell or "" for cell in cells.to_list()], dtype=pl.String)
    return cells.cast(pl.String).fill_null("")


def without_idle(table: pl.DataFrame, playbook: Playbook) -> pl.DataFrame:
    """A table of scores without the columns that say nothing in this playbook: no segments, no priorities."""
    idle = [] if playbook.segment_by else ["segment"]
    idle += [] if any(route.priority for route in playbook.policy.routes) else ["priority"]
    return table.drop(idle)
