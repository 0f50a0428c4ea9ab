"""A farm of websites on this machine: companies of the synthetic world of calls, each with a site of several pages.

What the world says that a site tells stands on its pages, spread over them as sites do it, between menus, scripts and footers
that say nothing. So what is read off the pages can be held against the truth.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from leadloop.simulate import WORLDS
from leadloop.testing.ports import port_taken

_MADE_WITH = {
    "Salesforce": "https://service.force.com/embeddedservice/5.0/esw.min.js",
    "HubSpot": "https://js.hs-scripts.com/4711.js",
    "Zendesk": "https://static.zdassets.com/ekr/snippet.js",
    "AWS": "https://d1.cloudfront.net/app.js",
    "Azure": "https://acme.azureedge.net/app.js",
    "GCP": "https://storage.googleapis.com/acme/app.js",
    "Kubernetes": "/k8s.css",
    "PHP": "/theme.php",
    "Another CPaaS": "https://cdn.cpaas.example/widget.js",
    "Excel": "/rates.xls",
}
_START = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Site:
    """One company's site: its pages by their paths."""

    domain: str
    truth: Mapping[str, str | None] = field(repr=False)
    """The lead as the world made it."""
    pages: Mapping[str, str] = field(repr=False)


def make_site(lead: Mapping[str, str | None]) -> Site:
    """The site of a company of the world; one of which the world knows nothing has a page that says nothing."""
    name = escape(str(lead["company_name"] or "A company"))
    sentences = re.findall(r"[^.!?]+[.!?]", str(lead.get("website_text") or ""))
    tech = [one for one in str(lead.get("tech_stack") or "").split("; ") if one]
    description = str(lead.get("description") or "")
    parts: dict[str, list[str]] = {"/": [], "/product": [], "/about": [], "/docs": []}
    for number, sentence in enumerate(sentences):
        where = "/docs" if "API" in sentence else ("/", "/product", "/about")[number % 3]
        parts[where].append(sentence.strip())
    used = [path for path in parts if path == "/" or parts[path] or path == "/about"]
    titles = {"/": "Home", "/product": "Product", "/about": "About", "/docs": "Docs"}
    menu = "".join(f'<li><a href="{path}">{titles[path]}</a></li>' for path in used)
    scripts = "".join(_made_with(one) for one in tech)
    pages = {}
    for path in used:
        said = "".join(f"<p>{escape(one)}</p>" for one in parts[path])
        meta = f'<meta name="description" content="{escape(description)}">' if path == "/" and description else ""
        pages[path] = (
            f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{name}</title>{meta}{scripts if path == '/' else ''}"
            f"<style>body{{margin:0}}</style><script>var password = 'checkout';</script></head>"
            f"<body><nav><ul>{menu}</ul></nav><main><h1>{name}</h1>{said}</main><footer>{name}</footer></body></html>"
        )
    pages["/robots.txt"] = "User-agent: *\nDisallow: /private\n"
    pages["/private"] = "<p>Voice AI</p>"
    return Site(str(lead["domain"]), lead, pages)


def make_sites(companies: int, *, seed: int = 7, start: datetime = _START) -> list[Site]:
    """The sites of the companies of so many calls; the same arguments make the same ones."""
    (part,) = WORLDS["b2b_calls"].stream(companies, companies, seed=seed, start=start)
    found: dict[str, Site] = {}
    for lead in part.leads.rows(named=True):
        if lead["domain"]:
            found.setdefault(str(lead["domain"]), make_site(lead))
    return list(found.values())


def _made_with(name: str) -> str:
    made = _MADE_WITH[name]
    if made.endswith(".js"):
        return f'<script src="{made}"></script>'
    return f'<link rel=prefetch href="{made}">'


class WebsiteFarm:
    """Sites that are served on one port of this machine, each under its own name.

    `pages` counts what was asked for, by host and path; `most_at_once` is the most requests of one host that were under way at a
    time. `down` are hosts that answer with 503, `slow_seconds` is how long a page takes.
    """

    def __init__(self, sites: Sequence[Site], *, down: Sequence[str] = (), slow_seconds: float = 0.0) -> None:
        self.sites = {site.domain: site for site in sites}
        self.down, self.slow_seconds = set(down), slow_seconds
        self.pages: Counter[tuple[str, str]] = Counter()
        self.agents: Counter[str] = Counter()
        self.asked_at: dict[str, list[float]] = {}
        self.most_at_once = 0
        self._now: Counter[str] = Counter()
        self._server: ThreadingHTTPServer | None = None
        self._lock = threading.Lock()

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[int]:
        """Serve while inside, and give the port."""
        try:
            yield self.start(port)
        finally:
            self.stop()

    def start(self, port: int = 0) -> int:
        """Serve from now on, and answer the port."""
        farm = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                farm._answer(self)

            def log_message(self, *said: object) -> None:
                pass

        try:
            server = self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise port_taken(port, error) from None
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server.server_port

    def stop(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        host = str(handler.headers.get("Host", "")).partition(":")[0].removeprefix("www.")
        with self._lock:
            self.pages[host, handler.path] += 1
            self.agents[str(handler.headers.get("User-Agent"))] += 1
            self.asked_at.setdefault(host, []).append(time.monotonic())
            self._now[host] += 1
            self.most_at_once = max(self.most_at_once, self._now[host])
        try:
            if self.slow_seconds:
                time.sleep(self.slow_seconds)
            site = self.sites.get(host)
            if host in self.down:
                return _say(handler, 503, "", "text/plain")
            if site is None or handler.path not in site.pages:
                return _say(handler, 404, "There is no such page.", "text/html")
            kind = "text/plain" if handler.path.endswith(".txt") else "text/html; charset=utf-8"
            _say(handler, 200, site.pages[handler.path], kind)
        except OSError:
            return
        finally:
            with self._lock:
                self._now[host] -= 1


def _say(handler: BaseHTTPRequestHandler, status: int, text: str, kind: str) -> None:
    body = text.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
