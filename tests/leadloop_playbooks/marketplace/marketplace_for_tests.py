"""The marketplace playbook as it lies on disk, and postings and events to try it on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

import leadloop
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.leads import LeadFrame

FOLDER = Path(leadloop.__file__).parents[1] / "leadloop_playbooks" / "marketplace"
FOUND = read_playbook(FOLDER)
PLAYBOOK = FOUND.playbook
POSTED = datetime(2026, 3, 2, 9)
"""A Monday morning."""
POSTING = {
    "lead_id": "1",
    "title": "Python Developer",
    "description": "We pay a salary of $95,000. 3+ years of experience. You know Python and SQL. No agencies.",
    "category": "software/qa/dba",
    "subcategory": "full-time",
    "price": "120000",
    "email": "jane@acme.example",
    "phone": "(212) 555-0103",
    "contact_name": "Jane Doe",
    "location_name": "San Francisco",
    "posted_at": "2026-03-02 09:00:00",
    "scraped_at": "2026-03-03 21:00:00",
}


def postings(*changes: dict[str, Any]) -> LeadFrame:
    """Postings like the usual one, but for these changes."""
    rows = [{**POSTING, **change} for change in changes]
    cells = pl.DataFrame(
        {name: [row[name] for row in rows] for name in POSTING}, schema_overrides=dict.fromkeys(POSTING, pl.String)
    )
    reading = PLAYBOOK.schema.read(cells)
    assert not reading.rejects, reading.rejects
    return reading.leads


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    """Events of posting 1, each said in a few words."""
    assert PLAYBOOK.events is not None
    cells = [{"lead_id": "1", "at": "2026-03-04 10:00:00", "action_type": "view", **row} for row in rows]
    names = dict.fromkeys(name for row in cells for name in row)
    frame = pl.DataFrame({name: [None if row.get(name) is None else str(row[name]) for row in cells] for name in names})
    reading = PLAYBOOK.events.schema.read(frame)
    assert not reading.rejects, reading.rejects
    return reading.leads.data
