"""How pages are made."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable

NOTE = "<!-- Written by scripts/write_reference.py from the code: change the docstring there, not this page. -->"


def prose(text: str) -> str:
    """A docstring as Markdown: examples in fences, paragraphs as they are."""
    blocks = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.lstrip().startswith(">>>"):
            if blocks and blocks[-1].startswith("```pycon"):
                blocks[-1] = blocks[-1][: -len("\n```")] + f"\n\n{paragraph}\n```"
            else:
                blocks.append(f"```pycon\n{paragraph}\n```")
        elif ">>>" in paragraph:
            words, _, example = paragraph.partition(">>>")
            blocks += [words.rstrip(), f"```pycon\n>>>{example}\n```"]
        else:
            blocks.append(" ".join(paragraph.split()) if not paragraph.startswith(("- ", "    ")) else paragraph)
    return "\n\n".join(blocks)


def cell(text: str) -> str:
    """A text as the cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """A text in backticks, empty where there is none."""
    return f"`{text}`" if text else ""


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    headings = list(headings)
    lines = [headings, ["---"] * len(headings), *[[cell(text) for text in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(title: str, *parts: str) -> str:
    """A page: its title, and the parts below it."""
    text = "\n\n".join([f"# {title}", NOTE, *(part.strip("\n") for part in parts if part.strip())]) + "\n"
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
