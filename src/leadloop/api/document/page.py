"""The document of the interface as a page to read: no script, and nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "h2{font:600 1.05rem ui-monospace,monospace;margin:2rem 0 .3rem;border-top:1px solid #ddd;padding-top:1rem}"
    "pre{background:#f5f5f5;padding:.7rem;overflow:auto;font-size:.85rem}table{border-collapse:collapse;font-size:.9rem}"
    "td,th{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top}small{color:#555}a{color:inherit}"
    "@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}pre{background:#222}h2{border-color:#333}small{color:#aaa}}"
)


_BACKTICKS = re.compile(r"`([^`]+)`")
_ROLES = {
    "scorer": "may score and keep leads",
    "feedback": "may keep leads and tell what became of them",
    "analyst": "may look at leads, models and measures",
    "admin": "may do everything",
}


def render_page(document: Mapping[str, Any], *, address: str = "http://127.0.0.1:8000", playbook: str = "") -> str:
    """The page: every route with its role, an example to copy, and what it answers; then the fields of every playbook.

    Examples ask the service at `address`, and are of leads of this playbook.
    """
    info = document["info"]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>",
        "<p>For programs: <a href='/openapi.json'>/openapi.json</a>.</p>",
        "<p>Once there are keys, every example wants one more argument: <code>-H 'Authorization: Bearer KEY'</code>. "
        "<code>leadloop keys new ROLE --name NAME</code> makes one.</p>",
        _table(("role", ""), tuple(_ROLES.items())),
        *_contents(document),
        *_routes(document, address, playbook),
        *_refusals(document),
        *_leads(document),
    ]
    return "\n".join(parts)


def _contents(document: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Routes</h2>"
    rows = [
        f"<tr><td><a href='#{said['operationId']}'><code>{method.upper()} {escape(path)}</code></a><td>{_prose(said['summary'])}"
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    yield f"<table>{''.join(rows)}</table>"


def _routes(document: Mapping[str, Any], address: str, playbook: str) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield f"<h2 id='{said['operationId']}'>{method.upper()} {escape(path)}</h2>"
            yield f"<p>{_prose(said['summary'])} <small>role: {said['x-role']}</small></p>"
            rows = [(one["name"], one["in"], one["description"]) for one in said["parameters"]]
            if rows:
                yield _table(("argument", "in", "meaning"), rows)
            yield f"<pre>{escape(_command(method, path, said, address, playbook))}</pre>"
            (content,) = said["responses"]["200"]["content"].values()
            if fields := content["schema"].get("properties"):
                yield f"<p><small>answers with: {escape(', '.join(fields))}</small></p>"
            refused = ", ".join(status for status in said["responses"] if status != "200")
            yield f"<p><small>refuses with: {refused}</small></p>"


def _command(method: str, path: str, said: Mapping[str, Any], address: str, playbook: str) -> str:
    """An example for a terminal: what stands in capitals in the path is the reader's own."""
    place = path.replace("{playbook}", playbook or "PLAYBOOK")
    place = re.sub(r"{(\w+)}", lambda part: part[1].upper(), place)
    asked = "" if method == "get" else f"-X {method.upper()} "
    if "requestBody" not in said:
        return f"curl {asked}{address}{place}"
    kind, body = next(iter(said["requestBody"]["content"].items()))
    given = "--data-binary @leads.csv"  # a file is named, not written out
    if kind == "application/json":
        given = "-d '" + json.dumps(body["example"], ensure_ascii=False).replace("'", "'\\''") + "'"
    return f"curl {asked}{address}{place} -H 'Content-Type: {kind}' \\\n  {given}"


def _refusals(document: Mapping[str, Any]) -> Iterator[str]:
    """What each status says, once for all routes."""
    said = {
        status: one["description"]
        for methods in document["paths"].values()
        for route in methods.values()
        for status, one in route["responses"].items()
        if status != "200"
    }
    yield "<h2>Refusals</h2><p>Each is <code>application/problem+json</code>, with every mistake under <code>errors</code>:"
    yield "where it is, what is wrong, and how to mend it.</p>"
    yield _table(("status", ""), sorted(said.items()))


def _leads(document: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("Lead_"):
            yield f"<h2>{escape(name.removeprefix('Lead_'))}: the fields of a lead</h2>"
            required = set(schema["required"])
            rows = [
                (field, "required" if field in required else "", said["description"])
                for field, said in schema["properties"].items()
            ]
            yield _table(("field", "", "holds"), rows)


def _prose(text: str) -> str:
    return _BACKTICKS.sub(r"<code>\1</code>", escape(text, quote=False))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    top = "".join(f"<th>{escape(one)}" for one in head)
    body = "".join("<tr>" + "".join(f"<td>{_prose(one)}" for one in row) for row in rows)
    return f"<table><tr>{top}{body}</table>"
