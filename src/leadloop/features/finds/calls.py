"""What a call led to: a next meeting, a question about the price, action items, questions."""

from __future__ import annotations

import re
from datetime import datetime
from math import log1p, nan

from leadloop.features.finds.find import Find, FindColumn, sentence_around

_TALK = r"(?:calls?|meetings?|demos?|sessions?|follow[ -]?ups?|workshops?|reviews?|next steps?|check-?ins?|syncs?|appointments?|invites?)"
_MADE = r"(?:scheduled|booked|arranged|confirmed|planned|agreed|put in)"
_MEETING = re.compile(
    rf"\b{_TALK}\b[^.\n?!]{{0,25}}\b{_MADE}\b|\b(?:{_MADE}|set up|sent|sending|schedule|book)\b[^.\n?!]{{0,20}}\b{_TALK}\b"
    r"|\b(?:will|'ll|to|going to|agreed to|let's) (?:follow[ -]up|meet|reconnect|reconvene|regroup|touch base|circle back|catch up)\b"
    r"|\bfollow(?:ing)?[ -]up (?:on|next|in) |\bcalendar invite\b"
)
_NO_MEETING = re.compile(
    rf"\b(?:no|not|never|nothing|without)\b[^.\n,;?!]{{0,30}}\b(?:{_TALK}|scheduled|planned)\b|n't\b[^.\n,;?!]{{0,30}}\b{_TALK}\b"
)
_PRICE = r"(?:pric(?:e|es|ing)|costs?|quotes?|quotation|rates?|fees?)"
_PRICING = re.compile(
    rf"\bhow much (?:does|do|would|will|is|are|it|for|they|we)\b|\bwhat(?:'s| is| are| would| does| do)\b[^.\n?]{{0,30}}\b{_PRICE}\b"
    rf"|\b(?:ask(?:ed|s|ing)?|in?quired?|enquired|wants? to know|wanted to know|request(?:ed|s|ing)?|curious|questions?)\b[^.\n?!]{{0,30}}\b(?:{_PRICE}|how much)\b"
    rf"|\b(?:send|get|need|needs|provide|share)\b[^.\n!]{{0,15}}\b(?:quote|pricing|price list|rate card|quotation)\b"
)
_NO_PRICING = re.compile(
    rf"\b{_PRICE}\b[^.\n]{{0,12}}(?:\bnot|\bnever|n't)\b(?: \w+)? (?:discussed|mentioned|asked|raised|covered)"
    rf"|(?:\bnot|\bnever|n't) (?:ask|asked|in?quire|discuss\w*|mention\w*|talk)\b[^.\n]{{0,20}}\b{_PRICE}\b|\b{_PRICE} (?:was|were) never\b"
)
_DENIES = re.compile(r"(?:\bno|\bnot|\bnever|n't)\b[^,.;:\n]{0,25}$")
_HEADING = re.compile(
    r"(?:^|\n|[.!?] )\s*(action items?|actions|next steps?|to[ -]?dos?|follow[ -]ups?)\s?:[ \t]*([^\n]*)((?:\n\s*(?:[-*•]|\d+[.)])[^\n]+)*)"
)
_BOX = re.compile(r"(?:^|\n)\s*(?:[-*]\s*)?\[[ x]?\]\s*\S")
_NONE = re.compile(r"\W*(?:none|no|nothing|n/?a)?\W*$")
_ASKED = re.compile(
    r"\b(?:asked|asks|asking|wondered|inquired|enquired) (?:whether|if|how|when|what|why|where|which|about)\b"
)
_AND_ASKED = re.compile(r"\band (?:whether|if|how|when|what|why|where|which|about)\b")
_DIRECT = re.compile(r"\?+(?=[\s\"')]|$)")
_TECHNICAL = re.compile(
    r"\b(?:apis?|sdks?|webhooks?|integrat\w+|authenticat\w*|sso|saml|oauth|encrypt\w*|latency|uptime|sla|endpoints?|rest|graphql|schemas?|"
    r"databases?|scal(?:e|es|ing|ability)|throughput|rate limits?|deploy\w*|on-prem\w*|kubernetes|docker|security|protocols?|architecture|"
    r"migrat\w+|backups?|python|javascript|java|code|bandwidth|failover|load balanc\w+|2fa|mfa|sandbox|data (?:residency|model|format))\b"
)


def find_meeting(text: str, when: datetime | None = None) -> bool | None:
    """Whether a next meeting or follow-up is set (true), is said not to be (false), or neither (None).

    >>> (
    ...     find_meeting("demo booked for friday"),
    ...     find_meeting("no follow-up scheduled"),
    ...     find_meeting("the meeting ran long"),
    ... )
    (True, False, None)
    """
    denied = bool(_NO_MEETING.search(text))
    for found in _MEETING.finditer(text):
        before, _ = sentence_around(text, found.start(), found.start(), 30)
        if not _DENIES.search(before) and not re.search(r"\b(?:no|not|nothing|never)\b|n't\b", found[0]):
            return True
        denied = True
    return False if denied else None


def find_pricing(text: str, when: datetime | None = None) -> bool | None:
    """Whether somebody asked for the price (true), is said not to have (false), or neither (None).

    >>> find_pricing("asked about pricing"), find_pricing("pricing was not discussed"), find_pricing("a high price")
    (True, False, None)
    """
    if _NO_PRICING.search(text):
        denied = True
    else:
        denied = False
    for found in _PRICING.finditer(text):
        before, _ = sentence_around(text, found.start(), found.start(), 30)
        if not _DENIES.search(before):
            return True
    return False if denied else None


def find_actions(text: str, when: datetime | None = None) -> int | None:
    r"""How many action items a text lists, under a heading such as "Next steps:", as "TODO:" or as boxes to tick.

    >>> find_actions("next steps:\n- send the contract\n- call legal"), find_actions("action items: none")
    (2, None)
    """
    count = 0
    for found in _HEADING.finditer(text):
        listed = found[3].count("\n")
        count += listed + (not _NONE.fullmatch(found[2]))
    count += len(_BOX.findall(text))
    return count or None


def find_questions(text: str, when: datetime | None = None) -> tuple[int, int] | None:
    """How many questions a text holds or tells of, and how many of them are technical; None where there are none.

    >>> find_questions("is there an sdk? who signs?"), find_questions("asked whether data is encrypted")
    ((2, 1), (1, 1))
    """
    asked: list[str] = []
    for found in _DIRECT.finditer(text):
        before, _ = sentence_around(text, found.start(), found.start(), 200)
        if any(character.isalnum() for character in before):
            asked.append(before)
    for found in _ASKED.finditer(text):
        _, after = sentence_around(text, found.start(), found.start(), 200)
        if "?" in after:
            continue
        asked += _AND_ASKED.split(after)
    if not asked:
        return None
    return len(asked), sum(bool(_TECHNICAL.search(one)) for one in asked)


def _flag(found: bool | None) -> tuple[float, ...] | None:
    return None if found is None else (float(found),)


def _questions(text: str, when: datetime | None) -> tuple[float, ...] | None:
    found = find_questions(text, when)
    return None if found is None else (log1p(found[0]), log1p(found[1]))


def _actions(text: str, when: datetime | None) -> tuple[float, ...] | None:
    count = find_actions(text, when)
    return (nan,) if count is None else (log1p(count),)


MEETING = Find(
    "meeting",
    "Whether a next meeting or a follow-up is set.",
    (FindColumn("next meeting is set", "says that a next meeting is set", "says of no next meeting", binary=True),),
    ("call", "meet", "demo", "session", "follow", "workshop", "review", "next step", "check", "sync", "appointment", "invite", "connect",
     "touch base", "scheduled", "planned", "reconvene", "regroup", "circle back", "catch up"),
    lambda text, when: _flag(find_meeting(text, when)),
)  # fmt: skip
PRICING = Find(
    "pricing",
    "Whether somebody asked for the price.",
    (FindColumn("price is asked for", "asks for the price", "does not ask for the price", binary=True),),
    ("how much", "pric", "cost", "quot", "rate", "fee"),
    lambda text, when: _flag(find_pricing(text, when)),
)
ACTIONS = Find(
    "actions",
    "How many action items are listed.",
    (FindColumn("action items (log)", "lists {}", "lists no action items", "count of action item"),),
    ("action", "next step", "todo", "to-do", "to do", "follow", "[ ]", "[x]", "[]"),
    _actions,
)
QUESTIONS = Find(
    "questions",
    "How many questions are asked, and how many of them are technical.",
    (
        FindColumn("questions asked (log)", "asks {}", "asks no question", "count of question"),
        FindColumn(
            "technical questions asked (log)", "asks {}", "asks no technical question", "count of technical question"
        ),
    ),
    ("?", "asked", "asks", "asking", "wondered", "nquired"),
    _questions,
)
