"""The company in a meeting's title: "Intro call: Acme GmbH <> Us" was with Acme GmbH.

A title is cut where people cut it (brackets, dashes, "<>", our own name), what only says what kind of meeting it was is taken
off, people are told from companies, and of what is left the part that looks most like a company is taken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from leadloop.ingest.calls.own import OwnCompany, plain_name
from leadloop.ingest.calls.title_words import (
    AND,
    ARTICLES,
    BEFORE_NAMES,
    CONNECT,
    HIRING,
    HONORIFICS,
    INSIDE,
    INTERNAL,
    KIND,
    PAIRS,
    TOPIC,
    US,
)
from leadloop.ingest.identity.known_words import COMPANY_WORDS, FIRST_NAMES
from leadloop.ingest.identity.legal_forms import ASIAN, has_form, is_form, without_form

_LONGEST = 300
_OURS = "\0"
_BESIDE, _APART = "<", "|"
"""What stands between two parts: a mark that puts two companies side by side, or any other."""
_MAIL = re.compile(
    r"^\s*(?:(?:re|fw|fwd|aw|wg|tr|rv|sv|vs|antw|cancell?ed(?: event)?|abgesagt|annulé|cancelad[oa]|updated(?: invitation)?|"
    r"invitation|einladung|accepted|declined|tentative|tentatively accepted|hold|re-?scheduled|reminder|copy of|kopie|new event|"
    r"confirmed|proposed(?: new time)?)\s*:|copy of\b)\s*",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|"
    r"o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)"
)
_DAY = r"(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?"
_TIMES = re.compile(
    rf"\s@\s{_DAY}\b.*$"
    r"|\b20\d\d[-./]\d{1,2}[-./]\d{1,2}\b|\b\d{1,2}[./]\d{1,2}[./](?:20)?\d\d\b"
    rf"|\b{_DAY},?\s(?={_MONTH}\b|\d)|\b{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s20\d\d)?|\b\d{{1,2}}\.?\s{_MONTH}\b(?:\s20\d\d)?"
    r"|\b\d{1,2}(?::\d\d)\s?(?:am|pm|uhr|h)?\b|\b\d{1,2}\s?(?:am|pm|uhr)\b|\((?:[A-Z]{2,4}T?|UTC[+-]?\d*)\)",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[(\[（【]([^()\[\]（）【】]*)[)\]）】]")
_SLASHED = re.compile(r"\b([AIKPS])/([SA])\b", re.IGNORECASE)
_CUTS = re.compile(
    r"\s*(?:(?P<beside><[-=~\s]*>|[↔⇔⟷⇄⇆]|\s[xX×]\s|\s/\s|(?<=\w)/(?=\w)|//+|\|+|[·•&+]\s*(?=\0)|(?<=\0)\s*[&+,]|,\s*(?=\0))"
    r"|(?P<apart>→|->|=>|(?<!\d)[:：]|[:：](?!\d)|[;、，]|[–—]|\s-+\s|(?<=\w)-\s|\s-(?=\w)|\s@\s|\svs\.?\s|,\s))\s*"
)
_SINICA = re.compile(r"^(?:与|和|同|跟)(.+?)的?(?:会议|電話会議|电话会议|沟通|演示|会面)$")
_JAPANESE_END = re.compile(r"(?:様|御中|さん|님)(?:との)?$")
_NUMBER = re.compile(r"#?\d+(?:[.:/-]\d+)*(?:st|nd|rd|th|min|mins|m|h)?\.?|n°\d+", re.IGNORECASE)
_EDGES = " \t,.;:!?-–—_*'\"“”„‘’|/\\&+~#="
_OF = frozenset({"from", "of", "@", "at", "von", "de", "chez", "bei", "van", "fra", "från", "z", "da", "di"})


@dataclass(frozen=True, slots=True)
class Title:
    """What a meeting's title says."""

    names: tuple[str, ...]
    """What may be the company on the other side, the likeliest first."""
    internal: bool
    """Whether it says that we were among ourselves, or were hiring."""


@dataclass(frozen=True, slots=True)
class _Word:
    written: str
    key: str

    @property
    def is_small(self) -> bool:
        return self.written == self.written.lower()


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a title between two marks."""

    words: tuple[_Word, ...]
    beside: bool = False
    """Whether only a mark that puts companies side by side stands between it and us."""
    bracket: bool = False
    of_person: bool = False
    """Whether it follows a person: "Jane Miller (Acme)"."""

    @property
    def text(self) -> str:
        return _tidy(" ".join(word.written for word in self.words))


def read_title(title: str, own: OwnCompany, people: Iterable[str] = ()) -> Title:
    """What the title of a meeting says of whom it was with; `people` are the names of those invited.

    >>> own = OwnCompany(names=("Dialtone",), people=("Vera Stone",))
    >>> read_title("Intro call: Acme GmbH <> Dialtone", own).names
    ('Acme GmbH',)
    >>> read_title("Jane Miller (Tundra Systems) / Vera Stone", own).names, read_title("Weekly 1:1", own).names
    (('Tundra Systems',), ())
    """
    known = _names_of(own, people)
    text = _plain(title)
    marked = _mark_ours(text, own)
    parts = list(_parts(marked))
    internal = any(_is_inside_word(part) for part in parts)
    kinds = sum(_is_generic(part.words) for part in parts)
    found: list[tuple[float, int, str]] = []
    after_person = False
    place = 0
    for part in parts:
        for piece in _split_people(part, known):
            if piece.bracket and after_person:
                piece = replace(piece, of_person=True)
            if _is_person(piece.words, known):
                after_person = True
                continue
            if _is_generic(piece.words) and not (piece.beside and _may_be_name(piece.words)):
                internal = internal or any(word.key in INTERNAL | HIRING for word in piece.words)
                continue
            stripped, taken_off = _strip(piece, kind_said=kinds > 0)
            internal = internal or any(word.key in INTERNAL | HIRING for word in taken_off)
            for inner in _split_people(stripped, known):
                if _is_person(inner.words, known):
                    after_person = True
                    continue
                name = inner.text
                if not any(sign.isalnum() for sign in name) or _NUMBER.fullmatch(name):
                    continue
                if plain_name(name) in US:
                    continue
                if after_person and not inner.beside:
                    inner = replace(inner, of_person=True)
                worth = _worth(inner, bool(taken_off))
                if worth >= 0:
                    found.append((-worth, place, name))
                    place += 1
                after_person = False
    found.sort()
    return Title(tuple(dict.fromkeys(name for _, _, name in found)), internal)


def _plain(title: str) -> str:
    """The title with odd signs made plain, without what calendars and mail add, and without dates and times."""
    text = unicodedata.normalize("NFC", title[:_LONGEST])
    text = "".join(" " if unicodedata.category(sign) in ("So", "Cc", "Cf", "Sk") else sign for sign in text)
    while found := _MAIL.match(text):
        text = text[found.end() :]
    text = _TIMES.sub(" ", f" {text} ")
    text = re.sub(r"\bw/\s*", "with ", text, flags=re.IGNORECASE)
    text = _SLASHED.sub("\\1\u2215\\2", text)
    if whole := _SINICA.match(text.strip()):
        text = whole[1]
    return " ".join(text.split())


def _tidy(text: str) -> str:
    text = text.replace("\u2215", "/").strip()
    dotted = text.rstrip("'\"“”’,;:!?-–—_*|/\\&+~#= ")
    dotted = dotted.lstrip(_EDGES)
    if dotted.endswith(".") and not is_form(dotted.split()[-1]) and not re.search(r"\b\w\.\w?\.$", dotted):
        dotted = dotted.rstrip(". ")
    return dotted


def _mark_ours(text: str, own: OwnCompany) -> str:
    """The text with our own name as one sign."""
    names = {without_form(name) for name in own.names} | set(own.names)
    names |= set(own.domains) | {name.partition(".")[0] for name in own.domains}
    alone = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
    if alone:
        form = r"(?:,?\s(?:inc|llc|ltd|gmbh|ag|corp|co|sa|bv|plc)\b\.?)?"
        ours = rf"(?<![\w.@])(?:the\s+)?(?:{alone}){form}(?:'s)?(?:\s+team)?(?![\w@])"
        text = re.sub(ours, f" {_OURS} ", text, flags=re.IGNORECASE)
    us = "|".join(sorted(US))
    around = r"<[-=~]*>|↔|/|\||\bx\b|×|&|\+"
    first, second = (
        rf"^\s*(?:{us})\s*(?={around})",
        rf"(?:(?<=>)|(?<=[/|×&+])|(?<=\sx))\s*(?:{us})\b(?=\s*(?:$|[-–—:|(]))",
    )
    text = re.sub(f"{first}|{second}", f" {_OURS} ", text, flags=re.IGNORECASE)
    return " ".join(text.split(" "))


def _parts(text: str) -> Iterator[_Part]:
    """The pieces of a title, those in brackets after what they stand in."""
    inner: list[str] = []

    def take(found: re.Match[str]) -> str:
        if found[0] in ASIAN:
            return found[0]
        inner.append(found[1])
        return " "

    outer = _BRACKETS.sub(take, text)
    yield from _cut(outer, bracket=False)
    for one in inner:
        yield from _cut(one, bracket=True)


def _cut(text: str, *, bracket: bool) -> Iterator[_Part]:
    pieces: list[str] = []
    marks: list[str] = []
    end = 0
    for found in _CUTS.finditer(text):
        if found["apart"] and found["apart"].strip() == "," and is_form(text[found.end() :].split(" ")[0]):
            continue
        pieces.append(text[end : found.start()])
        marks.append(_BESIDE if found["beside"] else _APART)
        end = found.end()
    pieces.append(text[end:])
    marks.append("")
    # Our own name is a cut as well.
    flat: list[tuple[str, str]] = []
    for piece, mark in zip(pieces, marks, strict=True):
        sides = piece.split(_OURS)
        for number, side in enumerate(sides):
            flat.append((side.strip(), mark if number == len(sides) - 1 else ""))
            if number < len(sides) - 1:
                flat.append((_OURS, ""))
                # What follows our name, or the mark after it, is beside it.
                if number == len(sides) - 2 and not sides[-1].strip():
                    flat.append((_OURS, mark))
                    break
    for place, (side, mark) in enumerate(flat):
        if side == _OURS or not side:
            continue
        words = _words(side)
        before = flat[place - 1] if place else ("", "")
        after = flat[place + 1] if place + 1 < len(flat) else ("", "")
        if place + 2 < len(flat) and not after[0]:
            after = flat[place + 2]
        beside = (before[0] == _OURS and before[1] == _BESIDE) or (after[0] == _OURS and mark == _BESIDE)
        if before[0] == _OURS and not before[1] and words and words[0].key in AND:
            words, beside = words[1:], True
        if after[0] == _OURS and not mark and words and words[-1].key in AND:
            words, beside = words[:-1], True
        if words:
            yield _Part(tuple(words), beside, bracket)


def _words(text: str) -> list[_Word]:
    words: list[_Word] = []
    for written in text.split():
        bare = written.strip(".,;:!?\"“”„'‘’*_~")
        key = (bare or written).casefold()
        pair = PAIRS.get((words[-1].key, key)) if words else None
        if pair is not None:
            words[-1] = _Word(f"{words[-1].written} {written}", pair)
        else:
            words.append(_Word(written, key))
    return words


def _is_meeting_word(word: _Word) -> bool:
    if word.key in KIND or word.key in TOPIC or word.key in INSIDE or word.key in INTERNAL or word.key in HIRING:
        return True
    parts = re.split(r"[-/&]", word.key)
    return len(parts) > 1 and all(part in KIND or part in TOPIC or part in CONNECT for part in parts)


def _is_generic(words: tuple[_Word, ...]) -> bool:
    return all(_is_meeting_word(word) or word.key in CONNECT or _NUMBER.fullmatch(word.key) for word in words)


def _may_be_name(words: tuple[_Word, ...]) -> bool:
    """Whether words of meetings may yet be a name, standing beside ours: two or more, and not only the kind of meeting."""
    return len(words) > 1 and not all(word.key in KIND or word.key in CONNECT or word.key in TOPIC for word in words)


def _is_inside_word(part: _Part) -> bool:
    return any(word.key in INTERNAL | HIRING for word in part.words) and _is_generic(part.words)


def _names_of(own: OwnCompany, people: Iterable[str]) -> frozenset[str]:
    """The names of people in small letters, whole and by their first word."""
    names: set[str] = set()
    for one in (*own.people, *people):
        if one and "@" not in one:
            plain = plain_name(one)
            names |= {plain, plain.partition(" ")[0]}
    return frozenset(names - {""})


def _is_person(words: tuple[_Word, ...], known: frozenset[str]) -> bool:
    """Whether words are somebody's name."""
    while words and words[-1].key in CONNECT:
        words = words[:-1]
    while words and words[0].key in CONNECT:
        words = words[1:]
    if not words:
        return False
    if plain_name(" ".join(word.key for word in words)) in known:
        return True
    if words[0].key in HONORIFICS or f"{words[0].key}." in HONORIFICS:
        return 2 <= len(words) <= 4
    if not 1 <= len(words) <= 3 or words[0].key not in FIRST_NAMES:
        return False
    return not any(
        word.is_small or word.key in COMPANY_WORDS or is_form(word.written) or not _is_letters(word.written)
        for word in words
    )


def _is_letters(written: str) -> bool:
    return all(sign.isalpha() or sign in ".'’-" for sign in written.rstrip(","))


def _split_people(part: _Part, known: frozenset[str]) -> Iterator[_Part]:
    """A part as it stands, or in pieces where it names people: "Jane Miller from Acme", "Jane Miller and Vera Stone"."""
    words = part.words
    for place, word in enumerate(words):
        if not 0 < place < len(words) - 1:
            continue
        before, after = words[:place], words[place + 1 :]
        if word.key in _OF and word.is_small and _is_person(before, known):
            yield replace(part, words=before)
            yield replace(part, words=after, of_person=True, beside=False)
            return
        if word.key in AND and _is_person(before, known) and _is_person(after, known):
            yield replace(part, words=before)
            yield replace(part, words=after)
            return
    yield part


def _strip(part: _Part, *, kind_said: bool) -> tuple[_Part, tuple[_Word, ...]]:
    """The part without what only says what kind of meeting it was, and what was taken off."""
    words = list(part.words)
    off: list[_Word] = []
    tail = _tail(words)
    if 0 < tail < len(words):
        off += words[tail:]
        words = words[:tail]
        kind_said = True
    run = 0
    while run < len(words) and (
        _is_meeting_word(words[run])
        or (words[run].key in CONNECT and words[run].is_small)
        or (run == 0 and words[run].key in BEFORE_NAMES)
        or (_NUMBER.fullmatch(words[run].key) and run + 1 < len(words) and _is_meeting_word(words[run + 1]))
        or (run and words[run].key.startswith("#") and _NUMBER.fullmatch(words[run].key))
    ):
        run += 1
    if 0 < run < len(words):
        last = words[run - 1]
        joined = last.key in CONNECT and last.is_small
        several = run > 1 and not part.beside
        plain_kind = last.key in KIND and not kind_said and not part.beside
        plain_kind = plain_kind or (last.key in KIND and last.key not in TOPIC and part.beside and not kind_said and run == 1
                                    and last.written[0].isupper() and _is_foreign(last.key))  # fmt: skip
        one_on_one = last.key in INSIDE and _NUMBER.fullmatch(last.key) is not None
        if joined or (several and last.key in KIND) or plain_kind or one_on_one:
            off += words[:run]
            words = words[run:]
    while words and words[0].key in ARTICLES and words[0].is_small and len(words) > 1:
        off.append(words.pop(0))
    while words and words[-1].key in CONNECT and words[-1].is_small and len(words) > 1:
        off.append(words.pop())
    if len(words) > 1 and (
        words[-1].key in ("team", "teams", "folks", "crew") or _JAPANESE_END.fullmatch(words[-1].key)
    ):
        off.append(words.pop())
    if words and (end := _JAPANESE_END.search(words[-1].written)) and end.start():
        words[-1] = _Word(words[-1].written[: end.start()], words[-1].key[: end.start()])
    return replace(part, words=tuple(words)), tuple(off)


_ENGLISH_KINDS_WORDS = """
    demo call intro sync pilot review meeting product sales live next quick final show lead
"""
_ENGLISH_KINDS = frozenset(_ENGLISH_KINDS_WORDS.split())


def _is_foreign(key: str) -> bool:
    """Whether a word of a meeting's kind is in a language that puts it right before a name."""
    return key not in _ENGLISH_KINDS


def _is_shorthand(word: _Word) -> bool:
    """Whether a word is an abbreviation that no company is called by ("SMS"); "AI" ends many a name."""
    return word.written.isupper() and word.key != "ai"


def _tail(words: list[_Word]) -> int:
    """Where the words begin that say what kind of meeting it was; the number of words where none do."""
    place = len(words)
    ends_with_kind = False
    while place > 0:
        word = words[place - 1]
        if is_form(word.written) and word.key not in KIND and place > 1:
            break
        if word.key in KIND or (word.key == "team" and place > 1):
            ends_with_kind = True
        elif _is_meeting_word(word):
            if not (word.is_small or _is_shorthand(word) or ends_with_kind) or (
                not word.is_small and (word.key in COMPANY_WORDS or word.key in ("ai", "tech"))
            ):
                break
        elif _NUMBER.fullmatch(word.key):
            if not (ends_with_kind or word.key.startswith("#")):
                break
        elif word.key in CONNECT and word.is_small:
            if place == len(words):
                pass
        else:
            break
        place -= 1
    # A name needs something that is no small word.
    while place < len(words) and not any(word.key not in CONNECT for word in words[:place]):
        place += 1
    return place


def _worth(part: _Part, stripped: bool) -> float:
    """How much a part looks like the name of a company; below 0 where it does not."""
    name = part.text
    worth = 1.0
    if has_form(name):
        worth += 4
    if part.beside:
        worth += 3
    if any(word.key in COMPANY_WORDS for word in part.words):
        worth += 2
    if part.of_person:
        worth += 2
    if "." in name.strip(".") and " " not in name:
        worth += 2
    if name == name.lower() and name != name.upper():
        worth -= 2.5
    if part.bracket and not part.of_person:
        worth -= 1
    if len(part.words) > 6:
        worth -= 2
    return worth
