"""Text that somebody else wrote, made harmless before it is shown: whatever it says, it is shown and not obeyed.

Two places take text: Markdown (labels of buttons and links), and our own HTML. Nothing else of a lead is ever handed to a page
that would read it as anything but text.
"""

from __future__ import annotations

import html
import re
import unicodedata

_JOINER = "\u2060"
"""Breaks a word for programs that look for links in it, and for nobody who reads it."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=&:@/\"'])")
_LONGEST = 2_000
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: object, longest: int = _LONGEST) -> str:
    """Text in one line, without signs that show nothing or turn the direction of what follows, and not longer than this.

    >>> one_line("Acme\\n\\tLtd\\u202e ")
    'Acme Ltd'
    >>> one_line("a long name", 6)
    'a lon…'
    """
    kept = "".join(_shown(sign) for sign in str(text)[: 4 * longest])
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def several_lines(text: object, longest: int = 20_000) -> str:
    """Text as one_line makes it, its lines kept apart.

    >>> several_lines("one\\r\\ntwo\\x00")
    'one\\ntwo'
    """
    lines = str(text)[: 2 * longest].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(one_line(line, longest) for line in lines)[:longest]


def in_html(text: object) -> str:
    """Text for a place in HTML, between tags or in a quoted attribute.

    >>> in_html('<img src=x onerror="alert(1)">')
    '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'
    """
    written = str(text)
    before, after = (" " if written[:1].isspace() else ""), (" " if written[-1:].isspace() and written.strip() else "")
    return before + html.escape(several_lines(written), quote=True) + after


def in_markdown(text: object, longest: int = 300) -> str:
    """Text for a place that reads Markdown, such as the label of a button: no mark-up, link, formula or symbol in it counts.

    >>> in_markdown("*bold* [x](javascript:1)").replace("\\u2060", "")
    '\\\\*bold\\\\* \\\\[x\\\\]\\\\(javascript\\\\:1\\\\)'
    """
    line = one_line(text, longest)
    # What is looked for in text that has been read already, after the backslashes are gone: links, addresses, `:symbols:`.
    broken = re.sub(r"(?<=[:@/.])(?=\S)|(?<=\S)(?=[:@])", _JOINER, line)
    return _MARKDOWN.sub(r"\\\1", broken)


def _shown(sign: str) -> str:
    if sign in _DIRECTIONS:
        return ""
    if sign.isspace():
        return " "
    return "" if unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") else sign
