"""Which fields of a playbook's leads can be filled from outside, and what names a lead's company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from leadloop.enrich.enricher import Company
from leadloop.enrich.firmographics import host_of
from leadloop.features.mail_domains import DISPOSABLE, FREE_MAIL
from leadloop.leads import Field
from leadloop.leads.field import normalise_name
from leadloop.leads.one_lead import OneLeadReader
from leadloop.leads.schema import LeadSchema
from leadloop.playbook import Playbook

_NAMES = ("company_name", "company", "account_name")
_DOMAINS = ("domain", "website", "company_domain", "company_website", "url")
_NEVER = ("id", "time", "email", "phone")


@dataclass(frozen=True)
class LeadFields:
    """The fields of one playbook that matter here, by the common names of facts."""

    schema: LeadSchema
    by_fact: Mapping[str, Field]

    def field_of(self, fact: str) -> Field | None:
        """The field that a fact goes into; None where the playbook has none for it."""
        return self.by_fact.get(normalise_name(fact))

    def company(self, fields: Mapping[str, Any]) -> Company:
        """The company of a lead, as far as its fields name it. A private mailbox names none."""
        name = next((said for field in map(self.field_of, _NAMES) if field and (said := _text(fields, field))), "")
        domain = ""
        sites = [field for field in map(self.field_of, _DOMAINS) if field]
        for field in dict.fromkeys([*sites, *(one for one in self.schema.fields if one.type == "url")]):
            domain = domain or host_of(_text(fields, field))
        for field in self.schema.fields if not domain else ():
            if field.type == "email":
                host = host_of(_text(fields, field).rpartition("@")[2])
                domain = domain or ("" if _is_private(host) else host)
        return Company(name[:255], domain)

    def is_missing(self, fields: Mapping[str, Any], fact: str) -> bool:
        """Whether a fact would go into a field that is empty."""
        field = self.field_of(fact)
        return field is not None and field.type not in _NEVER and not field.made_from and not _is_given(fields, field)


@lru_cache(maxsize=64)
def lead_fields(playbook: Playbook) -> LeadFields:
    """The fields of a playbook that may be read when a lead is scored, by their names and by the other names they go by."""
    schema = playbook.scoring_schema
    by_fact: dict[str, Field] = {}
    for field in schema.fields:
        by_fact.setdefault(normalise_name(field.name), field)
    for field in schema.fields:
        for alias in field.aliases:
            by_fact.setdefault(normalise_name(alias), field)
    return LeadFields(schema, by_fact)


def can_be_read(field: Field, value: str) -> bool:
    """Whether a field takes a value: one that it does not would cost the lead its score."""
    values, rejects = _reader(field).read({field.name: value})
    return not rejects and values[field.name] is not None


def _is_given(fields: Mapping[str, Any], field: Field) -> bool:
    value = fields.get(field.name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return False
    return bool(_reader(field).read({field.name: value})[0][field.name] is not None)


def _text(fields: Mapping[str, Any], field: Field) -> str:
    value = fields.get(field.name)
    return value.strip() if isinstance(value, str) else ""


def _is_private(host: str) -> bool:
    return host in FREE_MAIL or host in DISPOSABLE or f"{host.split('.')[0]}.*" in FREE_MAIL


@lru_cache(maxsize=256)
def _reader(field: Field) -> OneLeadReader:
    return OneLeadReader(LeadSchema((field,)))
