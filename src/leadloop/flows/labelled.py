"""Leads whose outcome is known, in time order, with what must not be torn apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.features.feature_set import usable_fields
from leadloop.flows.importing import order_values
from leadloop.leads import LeadFrame
from leadloop.learning.labels import LabelFunction, label_leads
from leadloop.playbook import Playbook


@dataclass(frozen=True)
class Labelled:
    """Leads whose outcome is known, in time order where there is one."""

    leads: LeadFrame
    positive: np.ndarray
    order: np.ndarray | None
    groups: np.ndarray | None
    waiting: LeadFrame
    """The leads that are still open."""

    @property
    def open(self) -> int:
        """How many leads are still open."""
        return len(self.waiting)


def label(playbook: Playbook, imported: LeadFrame, function: LabelFunction | None) -> Labelled:
    """Label leads, put them in time order, and leave out those that are still open."""
    values = label_leads(playbook, imported, function)
    known = ~np.isnan(values)
    leads, positive = imported.take(known), values[known]
    order = order_values(leads, playbook.order)
    if order is not None:
        rising = np.argsort(order, kind="stable")
        leads, positive, order = leads.take(rising), positive[rising], order[rising]
    return Labelled(leads, positive, order, group_leads(playbook, leads), imported.take(~known))


def group_leads(playbook: Playbook, leads: LeadFrame) -> np.ndarray | None:
    """The group of each lead: its account or person where the playbook names one; leads without one stand alone.

    Where nothing tells the order of leads, rows that are the same in everything a model sees are one group: on both sides
    of a random split they would be remembered rather than predicted.
    """
    if playbook.group_by:
        cells = leads.data[playbook.group_by]
        alone = np.arange(len(leads)) + len(leads)
        codes = cells.rank("dense").fill_null(0).to_numpy().astype(np.int64)
        return np.where(cells.is_null().to_numpy(), alone, codes)
    if playbook.order is None:
        names = [field.name for field in usable_fields(playbook)]
        return leads.data.select(names).hash_rows(seed=0).to_numpy()
    return None
