"""Field names, values and evidence come from somebody's file; here they become harmless text for a page or for Markdown."""

from __future__ import annotations

import html
import re
import unicodedata

# An underscore between letters (call_today) starts no emphasis; it may stay as it is.
_ACTIVE = re.compile(r"([\\`*\[\]<>|~#$&]|(?<![^\W_])_|_(?![^\W_]))")
# What would start a list or underline a heading where a line begins with it.
_OPENING = re.compile(r"^(\d*)([-+=.)])(?=[-=\s]|$)")
_LINK = re.compile(r"(?i)(://|\bwww\.)")
_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """The text on one line, with what cannot be shown (control characters, broken halves) or would turn the reading
    direction of everything after it replaced.

    >>> one_line("how\\tmany\\nleads\\x00")
    'how many leads\ufffd'
    """
    shown = "".join(
        "\ufffd" if mark in _TURNS or (unicodedata.category(mark) in ("Cc", "Cs") and not mark.isspace()) else mark
        for mark in text
    )
    return " ".join(shown.split())


def html_text(text: str) -> str:
    """Text for a page, an attribute or an SVG: shown as it is, never understood as markup.

    >>> html_text('<script>alert("hi")</script>')
    '&lt;script&gt;alert(&quot;hi&quot;)&lt;/script&gt;'
    """
    return html.escape(one_line(text), quote=True)


def markdown_text(text: str) -> str:
    """Text for a line or a table cell of Markdown: no emphasis, link, cell, HTML, or mention comes of it.

    >>> print(markdown_text("a|b *c* <i>"))
    a\\|b \\*c\\* \\<i\\>
    """
    shown = _OPENING.sub(r"\1\\\2", _ACTIVE.sub(r"\\\1", one_line(text)))
    # A space of no width keeps addresses and @names from becoming links and messages to people; a backslash does not.
    return _LINK.sub(lambda found: found[0][0] + "\u200b" + found[0][1:], shown).replace("@", "@\u200b")


def markdown_name(text: str) -> str:
    """A name from the data as Markdown code, which shows it letter for letter, in a table as well.

    >>> print(markdown_name("lead_number"), markdown_name("a`b|c"))
    `lead_number` ``a`b\\|c``
    """
    shown = one_line(text).replace("|", "\\|") or " "
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    edge = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{edge}{shown}{edge}{fence}"
