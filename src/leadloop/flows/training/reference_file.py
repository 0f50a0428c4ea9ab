"""The reference that a version keeps: what the leads looked like that it learned from, and what it said of those kept back."""

from __future__ import annotations

import json

import numpy as np
import polars as pl

from leadloop.leads import LeadFrame
from leadloop.learning.labelled import Labelled
from leadloop.learning.splits import Split
from leadloop.monitoring.reference import Reference, refer_to
from leadloop.playbook import Playbook
from leadloop.scoring import TrainedPlaybook

FILE = "reference.json"
_DAYS = 7
_STRETCHES = 20


def make_reference(trained: TrainedPlaybook, labelled: Labelled, split: Split) -> Reference:
    """The reference of a version that was just trained.

    Fields are those of all leads that it learned from and was tested on; probabilities those of the test leads, since it is too
    sure of the others. Leads of one week are of one stretch, where the playbook knows times; else each twentieth is one.
    """
    leads, playbook = labelled.leads, trained.playbook
    used = np.sort(np.concatenate([split.train, split.test]))
    kinds = {name: kind for name, kind in watched_fields(trained).items() if name in leads.data.columns}
    stretches = _stretches(playbook, leads)
    said = trained.score_table(leads.take(split.test), explain=False)
    return refer_to(
        leads.data.select(list(kinds))[used],
        kinds,
        stretches[used],
        scores=said.select("probability", "confidence"),
        score_stretches=stretches[split.test],
        rate=float(labelled.positive[split.test].mean()),
        span=_span(playbook, leads, used),
    )


def watched_fields(trained: TrainedPlaybook) -> dict[str, str]:
    """The fields that are held against a reference, with their types: what the version reads but for what tells the order of
    leads, which no two weeks have in common.
    """
    order = trained.playbook.order
    return {name: trained.schema[name].type for name in trained.reads if order is None or name != order.field}


def reference_file(reference: Reference) -> bytes:
    """The file that a version keeps it in."""
    return json.dumps(reference.state(), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _times(playbook: Playbook, leads: LeadFrame) -> pl.Series | None:
    order = playbook.order
    if order is None or order.by != "field" or leads.schema[order.field].type != "time":
        return None
    return leads.data[order.field]


def _stretches(playbook: Playbook, leads: LeadFrame) -> np.ndarray:
    times = _times(playbook, leads)
    if times is not None:
        weeks = (times.dt.epoch("s") // (86_400 * _DAYS)).fill_null(-1)
        found: np.ndarray = weeks.to_numpy().astype(np.int64)
        return found
    count = len(leads)
    equal: np.ndarray = np.arange(count) * _STRETCHES // max(count, 1)
    return equal


def _span(playbook: Playbook, leads: LeadFrame, used: np.ndarray) -> tuple[str, str]:
    times = _times(playbook, leads)
    if times is None:
        return "", ""
    known = times[used].drop_nulls()
    return (str(known.min()), str(known.max())) if len(known) else ("", "")
