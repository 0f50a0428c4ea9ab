"""The document of the interface as a page to read: no script, and nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "h2{font:600 1.05rem ui-monospace,monospace;margin:2rem 0 .3rem;border-top:1px solid #ddd;padding-top:1rem}"
    "pre{background:#f5f5f5;padding:.7rem;overflow:auto;font-size:.85rem}table{border-collapse:collapse;font-size:.9rem}"
    "td,th{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top}small{color:#555}"
    "@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}pre{background:#222}h2{border-color:#333}small{color:#aaa}}"
)


def render_page(document: Mapping[str, Any]) -> str:
    """The page: every route with its role, an example to copy, and how it refuses; then the fields of every playbook."""
    info = document["info"]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>",
        "<p>For programs: <a href='/openapi.json'>/openapi.json</a>.</p>",
        *_routes(document),
        *_leads(document),
    ]
    return "\n".join(parts)


def _routes(document: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield f"<h2>{method.upper()} {escape(path)}</h2>"
            yield f"<p>{escape(said['summary'])} <small>role: {said['x-role']}</small></p>"
            rows = [(one["name"], one["in"], one["description"]) for one in said["parameters"]]
            if rows:
                yield _table(("argument", "in", "meaning"), rows)
            if "requestBody" in said:
                kind, body = next(iter(said["requestBody"]["content"].items()))
                given = "--data-binary @leads.csv"  # a file is named, not written out
                if kind == "application/json":
                    given = "-d '" + json.dumps(body["example"], ensure_ascii=False).replace("'", "'\\''") + "'"
                address = f"http://127.0.0.1:8000{path} -H 'Content-Type: {kind}'"
                command = f"curl -X {method.upper()} {address} \\\n  {given}"
                yield f"<pre>{escape(command)}</pre>"
            refused = ", ".join(f"{status} {one['description'].lower()}" for status, one in said["responses"].items())
            yield f"<p><small>{escape(refused)}</small></p>"


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


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    top = "".join(f"<th>{escape(one)}" for one in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(one)}" for one in row) for row in rows)
    return f"<table><tr>{top}{body}</table>"
