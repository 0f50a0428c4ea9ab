"""Enrichment as a job that workers do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from leadloop.flows.enrich.enrich import enrich
from leadloop.flows.place.settings import read_settings
from leadloop.flows.work.jobs import new_holder
from leadloop.flows.work.kind import Work


def do_enrich(work: Work) -> Any:
    """Enrich the leads of a playbook that wait, and say what came of it."""
    told = work.told
    done = enrich(
        work.place,
        told["playbook"],
        holder=new_holder(),
        most=told["most"],
        budget=told["budget"],
        fill=told["fill"],
        seconds=read_settings(work.place.root).job_lease_seconds,
        keep=work.keep,
    )
    return asdict(done)
