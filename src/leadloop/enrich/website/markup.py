"""Pages as a reader sees them: their text line by line, their links, and what they are made with.

A page is read once from its beginning to its end, so the time grows with its length and with nothing else: whoever nests a
hundred thousand elements, or never closes one, gains nothing. What a page hides is not read.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)((?:[^>"']|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/"'>]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++))?""")
_HIDES = re.compile(r"display\s*+:\s*+none|visibility\s*+:\s*+hidden", re.IGNORECASE)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9_-]{2,40})""", re.IGNORECASE)
_RAW = {
    "script",
    "style",
    "noscript",
    "template",
    "iframe",
    "svg",
    "object",
    "math",
    "canvas",
    "audio",
    "video",
    "select",
}
_INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "cite",
    "code",
    "em",
    "font",
    "i",
    "img",
    "input",
    "kbd",
    "label",
    "mark",
    "q",
    "s",
    "small",
}
_INLINE |= {"span", "strong", "sub", "sup", "time", "u", "wbr", "button"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_SAID = ("placeholder", "aria-label", "alt")
_LETTERS = re.compile(
    r"ascii|utf-(?:8|16|16-[bl]e)(?:-sig)?|iso8859-\d+|cp(?:125\d|437|850|852|855|866|874|932|936|949|950)|koi8-[rtu]|"
    r"mac-(?:roman|latin2|cyrillic|greek|turkish)|shift_jis\w*|euc_(?:jp|kr|jisx0213|jis_2004)|gb2312|gbk|gb18030|big5|big5hkscs|"
    r"iso2022_jp\w*|tis-620|johab"
)
"""The letters of web pages, by Python's own names. Python knows others that no page is written in: unpacking a megabyte of
"punycode" would take it minutes."""
_LONG_REFERENCE = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")
"""No letter has so long a number, and Python refuses to read the longest."""
_MOST_LINKS = 1_000
_MOST_ATTRIBUTES = 50


@dataclass(frozen=True)
class Link:
    """A link of a page."""

    url: str
    """As the page has it."""
    text: str
    """What it says."""


@dataclass(frozen=True)
class Page:
    """What a page says."""

    lines: tuple[str, ...]
    """Its text, a paragraph, heading or entry of a list each."""
    title: str
    meta: Mapping[str, str]
    """What it says of itself, by name in small letters: `description`, `og:site_name`, `generator`."""
    links: tuple[Link, ...]
    made_with: tuple[str, ...]
    """Addresses of its scripts, styles and pictures, in small letters."""
    data: tuple[str, ...]
    """What it says to machines (JSON-LD), as text."""


def decode(body: bytes, content_type: str) -> str:
    """The text of a page, by what its headers or the page itself say of its letters, else UTF-8, else that of Windows."""
    told = re.search(r"charset\s*=\s*\"?([A-Za-z0-9_-]{2,40})", content_type, re.IGNORECASE)
    inside = _CHARSET.search(body[:4_096])
    names = [told[1]] if told else []
    names += [inside[1].decode("ascii")] if inside else []
    for name in (*names, "utf-8", "cp1252"):
        try:
            if _LETTERS.fullmatch(codecs.lookup(name).name):
                return body.decode(name)
        except (LookupError, ValueError):
            continue
    return body.decode("utf-8", "replace")


def unescape(text: str) -> str:
    """A text with its references to letters written out; one to a letter that cannot be is left out.

    >>> unescape("Fish &amp; Chips &#163;5&#99999999999999999999;")
    'Fish & Chips £5'
    """
    return html.unescape(_LONG_REFERENCE.sub("", text))


def read_page(text: str) -> Page:
    """Read a page.

    >>> page = read_page(
    ...     "<title>Acme</title><p>Call <b>us</b> now<p>Log&nbsp;in<a href=/p>Prices</a><script>x</script>"
    ... )
    >>> page.title, page.lines, page.links
    ('Acme', ('Call us now', 'Log in Prices'), (Link(url='/p', text='Prices'),))
    """
    reading = _Reading(text)
    reading.run()
    return Page(
        tuple(line for one in "".join(reading.said).split("\n") if (line := " ".join(one.split()))),
        " ".join(reading.title.split()),
        reading.meta,
        tuple(Link(url, " ".join(words.split())) for url, words in reading.links),
        tuple(reading.made_with),
        tuple(reading.data),
    )


class _Reading:
    def __init__(self, text: str) -> None:
        self.text, self.small = text, text.lower()
        if len(self.small) != len(text):  # a few letters have longer small ones
            self.text = self.small
        self.said: list[str] = []
        self.title = ""
        self.meta: dict[str, str] = {}
        self.links: list[tuple[str, str]] = []
        self.made_with: list[str] = []
        self.data: list[str] = []
        self.open_link: tuple[str, int] | None = None
        self.hidden: tuple[str, int] | None = None

    def run(self) -> None:
        place = 0
        while place < len(self.text):
            start = self.text.find("<", place)
            if start < 0:
                self._say(self.text[place:])
                return
            self._say(self.text[place:start])
            if self.text.startswith("<!--", start):
                end = self.text.find("-->", start + 4)
                place = end + 3 if end >= 0 else len(self.text)
            elif self.text[start + 1 : start + 2] in ("!", "?"):
                end = self.text.find(">", start)
                place = end + 1 if end >= 0 else len(self.text)
            elif not (self.text[start + 1 : start + 2].isalpha() or self.text[start + 1 : start + 2] == "/"):
                self._say("<")
                place = start + 1
            elif found := _TAG.match(self.text, start):
                place = self._take(found[2].lower(), bool(found[1]), found[3], found.end())
            elif self.text[start + 1] == "/" and not self.text[start + 2 : start + 3].isalpha():
                place = start + 2
            else:  # a tag that never ends
                return
        return

    def _say(self, words: str) -> None:
        if words and self.hidden is None:
            self.said.append(unescape(words).replace("\n", " "))

    def _take(self, name: str, closes: bool, attributes: str, after: int) -> int:
        """Take a tag, and answer where to read on."""
        if self.hidden is not None:
            self._count_hidden(name, closes)
            return after if closes or name not in _RAW else self._end_of(name, after)[1]
        if closes:
            if name == "a":
                self._end_link()
            self.said.append(" " if name in _INLINE else "\n")
            return after
        told = self._attributes(attributes)
        if name in ("script", "link", "img", "iframe") and (made := told.get("src") or told.get("href")):
            self.made_with.append(made.lower()[:500])
        if name in _RAW or name == "title":
            end, after_end = self._end_of(name, after)
            if name == "title" and not self.title:
                self.title = unescape(self.text[after:end])[:500]
            if name == "script" and "ld+json" in told.get("type", ""):
                self.data.append(self.text[after:end])
            self.said.append("\n")
            return after_end
        if name == "meta":
            key = (told.get("name") or told.get("property") or "").lower()
            if key and len(self.meta) < _MOST_LINKS:
                self.meta.setdefault(key, told.get("content", "")[:2_000])
            return after
        if name not in _VOID and ("hidden" in told or _HIDES.search(told.get("style", ""))):
            self.hidden = name, 1
            return after
        self.said.append(" " if name in _INLINE else "\n")
        if name == "a":
            self._end_link()
            self.open_link = told.get("href", ""), len(self.said)
        kind = told.get("type", "").lower()
        if name == "input" and kind in ("submit", "button"):
            self._say(told.get("value", ""))
        if not (name == "input" and kind == "hidden"):
            for said in _SAID:
                if words := told.get(said, ""):
                    self._say(f" {words} ")
        return after

    def _count_hidden(self, name: str, closes: bool) -> None:
        assert self.hidden is not None
        hidden, depth = self.hidden
        if name == hidden:
            depth += -1 if closes else 1
            self.hidden = (hidden, depth) if depth else None

    def _end_link(self) -> None:
        if self.open_link is not None:
            url, since = self.open_link
            self.open_link = None
            if url and len(self.links) < _MOST_LINKS:
                self.links.append((url[:2_000], "".join(self.said[since:])[:200]))

    def _end_of(self, name: str, after: int) -> tuple[int, int]:
        """Where an element whose inside is not read ends, and where to read on; one that never ends takes all the rest."""
        end = self.small.find(f"</{name}", after)
        if end < 0:
            return len(self.text), len(self.text)
        close = self.text.find(">", end)
        return end, close + 1 if close >= 0 else len(self.text)

    def _attributes(self, text: str) -> dict[str, str]:
        told: dict[str, str] = {}
        for number, found in enumerate(_ATTRIBUTE.finditer(text)):
            if number >= _MOST_ATTRIBUTES:
                break
            value = found[2] or ""
            if value[:1] in ("'", '"'):
                value = value[1:-1]
            told.setdefault(found[1].lower(), unescape(value))
        return told
