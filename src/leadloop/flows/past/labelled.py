"""Labelling: from imported leads to leads whose outcome is known, in time order."""

from __future__ import annotations

import numpy as np

from leadloop.errors import DataError, Problem
from leadloop.features.feature_set import usable_fields
from leadloop.flows.past.importing import order_values
from leadloop.leads import LeadFrame
from leadloop.learning.labelled import Labelled
from leadloop.learning.labels import DAY, LabelFunction, days_between, label_leads
from leadloop.learning.maturity import Maturity
from leadloop.playbook import Playbook


def label(playbook: Playbook, imported: LeadFrame, function: LabelFunction | None, *, waiting: bool = True) -> Labelled:
    """Label leads, put them in time order, and leave out those that are still open.

    Without `waiting` nothing is noted of when each outcome became known: every lead that has ended counts at any moment.
    Raises DataError where the outcomes cannot be read as the target says.
    """
    values = label_leads(playbook, imported, function)
    known = ~np.isnan(values)
    leads, positive = imported.take(known), values[known]
    order = order_values(leads, playbook.order)
    labelled = Labelled(
        leads,
        positive,
        order,
        group_leads(playbook, leads),
        _maturity(playbook, leads, positive, order) if waiting else None,
        _confidence(playbook, leads),
        imported.take(~known),
    )
    return labelled if order is None else labelled.take(np.argsort(order, kind="stable"))


def _maturity(playbook: Playbook, leads: LeadFrame, positive: np.ndarray, order: np.ndarray | None) -> Maturity | None:
    """When leads came and were won, where the playbook says that outcomes take time."""
    target = playbook.target
    gap = playbook.outcome_days
    if not gap or order is None or playbook.order is None:
        return None
    took = np.full(len(leads), np.inf)
    if target.at:
        days = days_between(leads.data[playbook.order.field], leads.data[target.at])
        took = np.where((positive > 0) & ~np.isnan(days), days, np.inf)
    return Maturity(order / DAY, took, gap, target.open_leads == "weighed")


def _confidence(playbook: Playbook, leads: LeadFrame) -> np.ndarray | None:
    name = playbook.target.confidence
    if not name:
        return None
    said = leads.data[name].cast(float).to_numpy()
    wrong = np.flatnonzero(~(said > 0))
    if len(wrong):
        value = leads.data[name][int(wrong[0])]
        raise DataError(
            f"targets.{playbook.target.name}",
            Problem(
                f"line {leads.lines[wrong[0]]}, {name}",
                ("is not given" if value is None else f"is {value:g}")
                + (f", and so in {len(wrong) - 1:,} more leads" if len(wrong) > 1 else ""),
                "give every outcome a confidence above 0",
            ),
        )
    return np.asarray(said / said.mean())


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
