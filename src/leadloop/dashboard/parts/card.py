"""A model card, which is written in Markdown, as our own HTML: its headings, lists and tables, and nothing else of it is read."""

from __future__ import annotations

import re

from leadloop.dashboard.markup import Html, join, tag
from leadloop.dashboard.parts.score import table

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()<>#+\-.!|~$&:])")


def render_card(text: str) -> Html:
    """The card.

    >>> print(render_card("## What\\n- a **b** <i>"))
    <h3>What</h3><ul><li>a <b>b</b> &lt;i&gt;</li></ul>
    """
    parts: list[Html] = []
    items: list[Html] = []
    rows: list[list[str]] = []

    def close() -> None:
        if items:
            parts.append(tag("ul", *items))
            items.clear()
        if rows:
            body = [one for one in rows[1:] if not all(set(cell) <= set("-: ") for cell in one)]
            parts.append(
                table(
                    rows[0],
                    [[_plain(cell) for cell in one] for one in body],
                    numbers=range(1, len(rows[0])),
                    about="Measures",
                )
            )
            rows.clear()

    for line in text.splitlines():
        if line.startswith("- "):
            items.append(tag("li", _words(line[2:])))
        elif line.startswith("|"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))])
        else:
            close()
            if line.startswith("# "):
                continue
            if line.startswith("## "):
                parts.append(tag("h3", _plain(line[3:])))
            elif line.strip():
                parts.append(tag("p", _words(line)))
    close()
    return join(parts)


def _words(line: str) -> Html:
    parts: list[object] = []
    for piece in re.split(r"(\*\*.+?\*\*|`[^`]+`)", line):
        if piece.startswith("**"):
            parts.append(tag("b", _plain(piece[2:-2])))
        elif piece.startswith("`") and len(piece) > 1:
            parts.append(tag("code", piece[1:-1]))
        else:
            parts.append(_plain(piece))
    return join(parts)


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
