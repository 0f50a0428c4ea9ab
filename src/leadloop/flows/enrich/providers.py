"""Who is asked: `enrich.toml` in the workspace says it; without one, the company's own website alone.

[website]
pages = 5

[csv.industries]
file = "industries.csv"

[http.clearfacts]
url = "https://api.clearfacts.example/v1/companies?domain={domain}"
headers = { Authorization = "Bearer {key}" }
key_env = "CLEARFACTS_KEY"
facts = { employees = "metrics.employees", industry = "category.name" }
cost = 0.02

[plugin.acme_facts]
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from leadloop import __version__
from leadloop.enrich.enricher import Enricher
from leadloop.enrich.firmographics import make_firmographics
from leadloop.enrich.http_facts import HttpFacts, explain_url
from leadloop.enrich.manners import Manners, Rate
from leadloop.enrich.website.website import Website
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.settings import LOOPBACK, read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.tables import open_table
from leadloop.outbound.requests import Outside

FILE = "enrich.toml"
GROUP = "leadloop.enrichers"
_LARGEST = 1 << 20
_KINDS = ("website", "csv", "http", "plugin")
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "pages": (1, 20), "seconds": (5, 300), "delay_seconds": (0, 60), "days": (0.01, 3_650), "cost": (0, 1_000_000),
    "per_minute": (0.1, 100_000),
}  # fmt: skip
_READ: Mapping[str, tuple[str, ...]] = {
    "website": ("pages", "seconds", "delay_seconds", "days"),
    "csv": ("file", "days"),
    "http": ("url", "headers", "key_env", "key_file", "facts", "cost", "days", "per_minute"),
}


def read_providers(place: Workspace) -> tuple[Enricher, ...]:
    """Everybody who is asked, the cheapest first; raises LeadLoopError with everything that is wrong in the file."""
    path = place.root / FILE
    problems: list[Problem] = []
    said = _read(path, problems) if path.is_file() else {"website": {}}
    outside = outside_of(place)
    found: list[Enricher] = []
    for kind, tables in said.items():
        if kind not in _KINDS or not isinstance(tables, dict):
            problems.append(
                Problem(str(kind)[:40], "is no provider", f"take {', '.join(f'[{one}]' for one in _KINDS)}")
            )
            continue
        named = {"website": tables} if kind == "website" else tables
        for name, options in named.items():
            where = kind if kind == "website" else f"{kind}.{name}"
            if not isinstance(options, dict):
                problems.append(Problem(where, "is no table", f"write [{kind}.NAME] above its settings"))
                continue
            before = len(problems)
            problems += _explain(where, kind, options)
            if len(problems) == before:
                made = _make(place, kind, name, options, outside, where, problems)
                found += [made] if made is not None else []
    if problems:
        raise LeadLoopError(FILE, problems)
    return tuple(sorted(found, key=lambda one: one.cost))


def outside_of(place: Workspace) -> Outside:
    """The way to ask the internet for pages, or what stands in for it."""
    settings = read_settings(place.root)
    own = f"LeadLoop/{__version__}"
    return Outside(settings.user_agent or own, stand_in=_stand_in(settings.websites_at))


def _stand_in(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.removeprefix("http://").rstrip("/").rpartition(":")
    if host not in LOOPBACK or not port.isdigit() or not 0 < int(port) < 65_536:
        mend = "give an address of this machine with a port, as in 127.0.0.1:8990"
        raise LeadLoopError("settings", Problem("websites_at", f"is “{text[:60]}”", mend))
    return host, int(port)


def _read(path: Path, problems: list[Problem]) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("is larger than any settings can be")
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, ValueError) as error:
        problems.append(Problem(FILE, f"cannot be read: {error}", "mend the file"))
    except OSError as error:
        problems.append(Problem(FILE, f"cannot be read: {error.strerror}", "see who may read it"))
    return {}


def _explain(where: str, kind: str, options: Mapping[str, Any]) -> Iterator[Problem]:
    if kind == "plugin":
        return
    for name, value in options.items():
        if name not in _READ[kind]:
            yield Problem(f"{where}.{name}", "is not read here", f"it has {', '.join(_READ[kind])}")
        elif name in _NUMBERS:
            low, high = _NUMBERS[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                yield Problem(f"{where}.{name}", "is no number that it can be", f"give one from {low:g} to {high:,.0f}")
        elif name in ("headers", "facts"):
            if not isinstance(value, dict) or not all(isinstance(one, str) and one for one in value.values()):
                yield Problem(
                    f"{where}.{name}", "is no table of texts", 'write it as { industry = "company.industry" }'
                )
        elif not isinstance(value, str) or not value:
            yield Problem(f"{where}.{name}", "is no text", "put it in quotation marks")
    for name in {"csv": ("file",), "http": ("url", "facts")}.get(kind, ()):
        if name not in options:
            yield Problem(where, f"has no {name}", f"add {name} = ...")
    if kind == "http" and isinstance(options.get("url"), str) and (wrong := explain_url(options["url"])):
        yield Problem(f"{where}.url", wrong, "write it as in https://api.example.com/companies?domain={domain}")


def _make(
    place: Workspace,
    kind: str,
    name: str,
    options: Mapping[str, Any],
    outside: Outside,
    where: str,
    problems: list[Problem],
) -> Enricher | None:
    try:
        match kind:
            case "website":
                manners = Manners(float(options.get("delay_seconds", 1.0)))
                given = {key: options[key] for key in ("pages", "seconds", "days") if key in options}
                return Website(outside, manners, **given)
            case "csv":
                return _table(place, name, options)
            case "http":
                return _service(place, name, options)
        return _plugin(name, options, outside)
    except LeadLoopError as error:
        problems += [Problem(where, f"{one.where} {one.what}", one.mend) for one in error.problems]
    return None


def _table(place: Workspace, name: str, options: Mapping[str, Any]) -> Enricher:
    path = place.root / Path(options["file"]).expanduser()
    table = open_table(path)

    def rows() -> Iterator[tuple[int, Mapping[str, str]]]:
        for batch, _ in table.batches():
            for line, row in zip(batch.lines, batch.cells.iter_rows(named=True), strict=True):
                yield int(line), {column: "" if value is None else str(value) for column, value in row.items()}

    made = make_firmographics(name, path.name, rows(), days=float(options.get("days", 365)))
    if not made.by_domain and not made.by_name:
        what = "has no column with domains or company names"
        raise LeadLoopError(name, Problem(path.name, what, "call one of them domain or company_name"))
    return made


def _service(place: Workspace, name: str, options: Mapping[str, Any]) -> Enricher:
    from leadloop.flows.notify.endpoints import own_origins

    headers = dict(options.get("headers", {}))
    if any("{key}" in one for one in headers.values()):
        key = os.environ.get(options.get("key_env", ""), "")
        if not key and (file := options.get("key_file")):
            try:
                key = (place.root / Path(file).expanduser()).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeError):
                key = ""
        if not key:
            mend = "set the variable that key_env names, or name a file under key_file"
            raise LeadLoopError(name, Problem("key", "is not known", mend))
        headers = {header: value.replace("{key}", key) for header, value in headers.items()}
    # It is not the lead that says who is asked but whoever wrote the file, who may name their own network like elsewhere.
    outside = Outside(f"LeadLoop/{__version__}", own_origins=own_origins(place))
    rate = Rate(float(options.get("per_minute", 60)))
    given = {key: float(options[key]) for key in ("cost", "days") if key in options}
    return HttpFacts(name, options["url"], dict(options["facts"]), outside, rate, headers, **given)


def _plugin(name: str, options: Mapping[str, Any], outside: Outside) -> Enricher:
    for one in metadata.entry_points(group=GROUP):
        if one.name == name:
            make: Callable[[Mapping[str, Any], Outside], Any] = one.load()
            made = make(options, outside)
            if not isinstance(made, Enricher):
                raise LeadLoopError(
                    name, Problem(one.value, "makes no enricher", "see leadloop.enrich.enricher.Enricher")
                )
            return made
    raise LeadLoopError(name, Problem("plugin", "is offered by no installed package", f"see the entry points {GROUP}"))
