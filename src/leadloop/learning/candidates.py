"""What may be proposed to raise a score: values of actionable fields that enough training leads really held."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl

from leadloop.features.contact import domain_kind, name_kind, split_email
from leadloop.features.mail_domains import DISPOSABLE, FREE_MAIL
from leadloop.leads import Field, LeadFrame
from leadloop.leads.made_fields import normalise_levels
from leadloop.playbook import Playbook
from leadloop.scoring.counterfactuals import CandidateField, Candidates, Option
from leadloop.scoring.reasons import say_value
from leadloop.scoring.seen import as_numbers

LEAST_LEADS = 20
"""A value that fewer leads held is not proposed: too little is known of how leads with it fare."""
_MOST_LEVELS = 12
_QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)

# Stand-ins: addresses and numbers that are kept free for examples, so that no lead's own is ever kept or shown.
_MAILBOXES = {"person": "jane.doe", "role": "info", "": "jdoe"}
_COMPANY, _FREE = "company.example", "gmail.com"
_PHONES = {True: "+44 20 7946 0123", False: "020 7946 0123"}
_SITE = "https://company.example"
_NOUNS = {"email": "an e-mail address", "phone": "a phone number", "url": "a web address"}


def find_candidates(playbook: Playbook, leads: LeadFrame, reads: tuple[str, ...]) -> Candidates:
    """The values of each actionable field that may be proposed; `reads` names the fields that scores are made of.

    Categories and yes-or-no fields offer the values of twenty leads or more, numbers quantiles from 5% to 95% that some lead
    held, contact details being given (an e-mail address also being a company's own).
    """
    fields = [field for field in playbook.scoring_schema.fields if field.actionable and field.name in reads]
    kinds = Counter(field.type for field in fields)
    found = []
    for field in fields:
        cells = leads.data[field.name].drop_nulls()
        if len(cells) >= LEAST_LEADS:
            options = _options(field, cells, alone=kinds[field.type] == 1)
            found.append(CandidateField(field.name, field.type, tuple(options)))
    return Candidates(tuple(found))


def _options(field: Field, cells: pl.Series, *, alone: bool) -> list[Option]:
    if field.type in _NOUNS:
        named = "" if alone else f" ({field.name})"
        return [Option(value, f"{noun}{named}", kind) for value, noun, kind in _contacts(field.type, cells)]
    values: list[object]
    if field.type == "category":
        values = list(_levels(cells))
    elif field.type == "boolean":
        values = [value for value in (True, False) if (cells == value).sum() >= LEAST_LEADS]
    else:
        values = _spread(cells, field.type)
    return [Option(value, f"{field.name} {say_value(value)}") for value in values]


def _levels(cells: pl.Series) -> list[str]:
    """The commonest levels, each as it is mostly written."""
    counts = (
        pl.DataFrame({"level": normalise_levels(cells), "written": cells})
        .group_by("level", "written")
        .len()
        .sort("len", "written", descending=[True, False])
        .group_by("level", maintain_order=True)
        .agg(pl.col("written").first(), pl.col("len").sum())
        .filter(pl.col("len") >= LEAST_LEADS)
        .sort("len", "level", descending=[True, False])
    )
    return counts["written"].to_list()[:_MOST_LEVELS]


def _spread(cells: pl.Series, kind: str) -> list[object]:
    """Values that leads held, from nearly the lowest to nearly the highest, the lowest first."""
    order = np.argsort(as_numbers(cells, kind), kind="stable")
    places = order[(np.array(_QUANTILES) * (len(order) - 1)).round().astype(int)]
    values = cells[places.tolist()].to_list()
    return [value for number, value in enumerate(values) if value not in values[:number]]


def _contacts(kind: str, cells: pl.Series) -> list[tuple[str, str, str]]:
    """Stand-ins for a contact detail of the usual form: (value, noun, what it has to be)."""
    if kind == "url":
        return [(_SITE, _NOUNS[kind], "")]
    if kind == "phone":
        abroad = bool(cells.str.contains(r"^[\s(]*(?:\+|00)").mean() > 0.5)  # type: ignore[operator]
        return [(_PHONES[abroad], _NOUNS[kind], "")]
    owners: Counter[str] = Counter()
    names: dict[str, Counter[str]] = {"business": Counter(), "free mail": Counter()}
    for address in cells.to_list():
        name, labels = split_email(address)
        owner = domain_kind(labels, FREE_MAIL, DISPOSABLE) if labels else ""
        if owner in names:
            owners[owner] += 1
            names[owner][name_kind(name)] += 1
    found = []
    for owner, domain, noun, wanted in (
        ("business", _COMPANY, "a business e-mail address", "business"),
        ("free mail", _FREE, _NOUNS[kind], ""),
    ):
        if owners[owner] >= LEAST_LEADS:
            found.append((f"{_MAILBOXES[names[owner].most_common(1)[0][0]]}@{domain}", noun, wanted))
    return found
