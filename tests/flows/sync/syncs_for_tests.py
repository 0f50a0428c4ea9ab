"""What the tests of syncs share: a look at everything that was kept, and jobs that are done here and now."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.jobs import Work, do_job
from leadloop.testing.fellow import LocalFellow

KINDS = {"recording": "recordings", "note": "notes", "action_item": "action_items"}


def do_jobs(place: Workspace) -> list[tuple[str, Any]]:
    """Do every job that waits, one after the other in this process; gives each one's kind and what came of it."""
    done = []
    while job := place.store.jobs.claim("a test", seconds=60):
        result = do_job(Work(place, job, 60))
        place.store.jobs.finish(job)
        done.append((job.kind, result))
    return done


def without_nulls(raw: Any) -> Any:
    return {name: value for name, value in raw.items() if value is not None and name != "media_url"}


def require_whole(place: Workspace, local: LocalFellow) -> None:
    """That everything of the local Fellow is known as it is now, and that no version says what the one before it said."""
    records = place.store.source_records
    for kind, name in KINDS.items():
        held = getattr(local.library, name)
        known = records.current("fellow", kind, list(held))
        assert records.counts("fellow").get(kind, 0) == len(held)
        assert {number: without_nulls(raw) for number, raw in known.items()} == {
            number: without_nulls(raw) for number, raw in held.items()
        }
        for number in held:
            versions = [without_nulls(one.raw) for one in records.versions("fellow", kind, number)]
            assert all(one != other for one, other in pairwise(versions))


def leads_of(place: Workspace) -> dict[str, Any]:
    """What holds of every lead, by its fields alone: which number it has depends on when it came."""
    return {
        repr(sorted((name, value) for name, value in lead.fields.items() if name != "lead_id")): lead.lead_id
        for lead in place.store.leads.stream("b2b_calls")
    }


def all_scores(place: Workspace) -> Iterator[Any]:
    return place.store.scores.stream("b2b_calls")
