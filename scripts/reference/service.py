"""The pages of the service: its settings and its routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reference.markdown import code, page, table
from reference.source import attributes_of


def settings() -> str:
    from leadloop.flows.place.settings import _CHOICES, _RANGES, PREFIX, Settings

    rows = []
    for one in attributes_of(Settings):
        default = one.default if one.default != "()" else "`[]`"
        limits = ", ".join(code(choice) for choice in _CHOICES.get(one.name, ()))
        if one.name in _RANGES:
            low, high = _RANGES[one.name]
            limits = f"{low:g} to {high:,.0f}"
        shown = default if default.startswith("`") else code(default)
        rows.append((code(one.name), code(PREFIX + one.name.upper()), shown, limits, one.meaning))
    return page(
        "Settings",
        "Settings stand in `leadloop.toml` in the workspace, or in the environment, which wins; options of `leadloop serve` win "
        "over both. In the environment a list is separated by commas. A setting that is not known is refused by name.",
        '```toml\nport = 9000\nfallback = ["previous", "rules"]\n```',
        table(("setting", "variable", "default", "takes", "meaning"), rows),
    )


def service() -> str:
    from leadloop.api.app import _DOCUMENTS, playbook_routes
    from leadloop.api.faces import calls, insurance, marketplace
    from leadloop.api.measures.metrics import Metrics, metric_names
    from leadloop.api.topics import health
    from leadloop.api.wire.problems import TITLES

    def listed(routes: Iterable[Any]) -> str:
        rows = []
        for one in routes:
            who, statuses = " or ".join(one.roles) or "anybody", ", ".join(map(str, one.statuses))
            rows.append((code(f"{one.method} {one.path}"), who, one.summary, statuses))
        return table(("route", "role", "what it is for", "refuses with"), rows)

    return page(
        "The service",
        "`leadloop serve` answers these routes. Once it runs, `/docs` shows them with examples to copy and with the fields of "
        "every playbook that it serves, and `/openapi.json` says the same to programs.",
        "## Any playbook",
        listed(playbook_routes({}, ())),
        "## Companies after a call",
        "The playbook is the setting `calls_playbook`.",
        listed(calls.ROUTES),
        "## Postings",
        "The playbook is the setting `marketplace_playbook`.",
        listed(marketplace.ROUTES),
        "## Insurance leads",
        "The playbook is the setting `insurance_playbook`.",
        listed(insurance.ROUTES),
        "## Operation",
        listed([*health.ROUTES, *_DOCUMENTS]),
        "## Refusals",
        "Whatever is refused is answered as `application/problem+json` (RFC 9457), with every mistake at once under "
        "`errors`, each with `where`, `what` and `how_to_mend`, and with the `request_id` that the log and the header "
        "`X-Request-ID` have too.",
        table(("status", "title"), [(code(str(status)), title) for status, title in TITLES.items()]),
        "## Measures",
        "`/metrics` shows these to Prometheus. No label holds anything of a lead.",
        table(("measure", "meaning"), [(code(name), meaning) for name, meaning in metric_names(Metrics())]),
    )
