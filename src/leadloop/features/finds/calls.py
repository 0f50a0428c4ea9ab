"""What a call led to: a next meeting, a question about the price, action items, questions."""

from __future__ import annotations

import re
from datetime import datetime
from math import log1p, nan

from leadloop.features.finds.find import Find, FindColumn, places_of, sentence_around, sentences_with

_TALK = (
    r"(?:calls?|meetings?|demos?|sessions?|follow[ -]?ups?|workshops?|reviews?|next steps?|check-?ins?|syncs?|appointments?|"
    r"invites?)"
)
_MADE = r"(?:scheduled|booked|arranged|confirmed|planned|agreed|put in)"
_MEETING = re.compile(
    rf"\b{_TALK}\b.{{0,25}}\b{_MADE}\b|\b(?:{_MADE}|set up|sent|sending|schedule|book)\b.{{0,20}}\b{_TALK}\b"
    r"|\b(?:will|'ll|going to|agreed to|let's) (?:follow[ -]up|meet (?:again|with|on|next|in)|reconnect|reconvene|regroup|"
    r"touch base|circle back|catch up)\b|\bfollow(?:ing)?[ -]up (?:on|next|in) |\bcalendar invite\b"
)
_MEETING_WORDS = (
    *(
        "scheduled",
        "booked",
        "arranged",
        "confirmed",
        "planned",
        "agreed",
        "put in",
        "set up",
        "sent ",
        "sending",
        "schedule",
    ),
    *(
        "book ",
        "follow",
        " meet",
        "reconnect",
        "reconvene",
        "regroup",
        "touch base",
        "circle back",
        "catch up",
        "invite",
    ),
)
_NO_MEETING = re.compile(
    rf"\b(?:no(?! one\b)|nothing|without an?) (?:\w+ ){{0,2}}(?:{_TALK}|scheduled|planned)"
    r"(?! (?:me|him|her|you|us|them|my|the)\b)\b"
    rf"|(?:\bnot|\bnever|n't) (?:want|need|schedule|plan|agree|book|set)\w*\b[^,]{{0,20}}\b{_TALK}\b"
)
_NO_WORDS = ("no ", "not ", "never", "nothing", "without", "n't")
_PRICE = r"(?:pric(?:e|es|ing)|costs?|quotes?|quotation|rates?|fees?)"
_PRICE_WORDS = ("how much", "pric", "cost", "quot", "rate", "fee")
_PRICING = re.compile(
    r"\bhow much (?:(?:does|do|would|will)\b.{1,20}\b(?:cost|be|run|charge|pay)|is|are|for|"
    r"they charge|it (?:is|costs?|would (?:be|cost)))\b"
    rf"|\bwhat(?:'s| is| are| would| does| do)\b.{{0,30}}\b{_PRICE}\b"
    r"|\b(?:ask(?:ed|s|ing)?|in?quired?|enquired|wants? to know|wanted to know|request(?:ed|s|ing)?|curious|questions?)\b"
    rf".{{0,30}}\b(?:{_PRICE}|how much)\b"
    r"|\b(?:send|get|need|needs|provide|share)\b.{0,15}\b(?:quote|pricing|price list|rate card|quotation)\b"
)
_NO_PRICING = re.compile(
    rf"\b{_PRICE}\b.{{0,12}}(?:\bnot|\bnever|n't)\b(?: \w+)? (?:discussed|mentioned|asked|raised|covered)"
    rf"|(?:\bnot|\bnever|n't) (?:ask|asked|in?quire|discuss\w*|mention\w*|talk)\b.{{0,20}}\b{_PRICE}\b"
)
_DENIES = re.compile(r"(?:\bno|\bnot|\bnever|n't)\b[^,:]{0,25}$")
_HEADING = re.compile(
    r"(action items?|actions|next steps?|to[ -]?dos?|follow[ -]ups?)\s?:[ \t]*([^\n]*)((?:\n[ \t]*(?:[-*•]|\d+[.)])[^\n]+)*)"
)
_HEADING_WORDS = ("action", "next step", "todo", "to-do", "to do", "follow-up", "follow up")
_STARTS = re.compile(r"(?:^|\n|[.!?-] )\s*$")
_BOX = re.compile(r"(?:^|\n)\s*(?:[-*]\s*)?\[[ x]?\]\s*\S")
_NONE = re.compile(r"\W*(?:none|no|nothing|n/?a)?\W*$")
_ASKED = re.compile(
    r"\b(?:asked|asks|asking|wondered|inquired|enquired) (?:whether|if|how|when|what|why|where|which|about)\b"
)
_AND_ASKED = re.compile(r"\band (?:whether|if|how|when|what|why|where|which|about)\b")
_DIRECT = re.compile(r"\?+(?=[\s\"')]|$)")
_TECHNICAL = re.compile(
    r"\b(?:apis?|sdks?|webhooks?|integrat\w+|authenticat\w*|sso|saml|oauth|encrypt\w*|latency|uptime|sla|endpoints?|rest|"
    r"graphql|schemas?|databases?|scal(?:e|es|ing|ability)|throughput|rate limits?|deploy\w*|on-prem\w*|kubernetes|docker|"
    r"security|protocols?|architecture|migrat\w+|backups?|python|javascript|java|code|bandwidth|failover|load balanc\w+|2fa|"
    r"mfa|sandbox|data (?:residency|model|format))\b"
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
    denied = False
    for _, sentence in sentences_with(text, _MEETING_WORDS):
        for found in _MEETING.finditer(sentence):
            if not _DENIES.search(sentence[max(0, found.start() - 30) : found.start()]) and not _SAYS_NO.search(
                found[0]
            ):
                return True
            denied = True
    return False if denied or _says(text, _NO_WORDS, _NO_MEETING) else None


_SAYS_NO = re.compile(r"\b(?:no|not|nothing|never)\b|n't\b")


def _says(text: str, words: tuple[str, ...], pattern: re.Pattern[str]) -> bool:
    """Whether a sentence that holds one of these words matches."""
    return any(pattern.search(sentence) for _, sentence in sentences_with(text, words))


def find_pricing(text: str, when: datetime | None = None) -> bool | None:
    """Whether somebody asked for the price (true), is said not to have (false), or neither (None).

    >>> find_pricing("asked about pricing"), find_pricing("pricing was not discussed"), find_pricing("a high price")
    (True, False, None)
    """
    denied = False
    for _, sentence in sentences_with(text, _PRICE_WORDS):
        found = _PRICING.search(sentence)
        if (
            found
            and not _DENIES.search(sentence[max(0, found.start() - 30) : found.start()])
            and not _NO_PRICING.search(sentence)
        ):
            return True
        denied = denied or bool(_NO_PRICING.search(sentence))
    return False if denied else None


def find_actions(text: str, when: datetime | None = None) -> int | None:
    r"""How many action items a text lists, under a heading such as "Next steps:", as "TODO:" or as boxes to tick.

    >>> find_actions("next steps:\n- send the contract\n- call legal"), find_actions("action items: none")
    (2, None)
    """
    count = 0
    end = 0
    for place in sorted(places_of(text, _HEADING_WORDS)):
        found = _HEADING.match(text, place) if place >= end else None
        if found and _STARTS.search(text, max(0, place - 4), place):
            end = found.end()
            count += found[3].count("\n") + (not _NONE.fullmatch(found[2]))
    if "[" in text:
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
    for _, sentence in sentences_with(text, ("asked ", "asks ", "asking ", "wondered ", "nquired ")):
        told = _ASKED.search(sentence)
        if told and not sentence.endswith("?"):
            asked += _AND_ASKED.split(sentence[told.start() :])
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
    (*_MEETING_WORDS, *_NO_WORDS),
    lambda text, when: _flag(find_meeting(text, when)),
)  # fmt: skip
PRICING = Find(
    "pricing",
    "Whether somebody asked for the price.",
    (FindColumn("price is asked for", "asks for the price", "does not ask for the price", binary=True),),
    _PRICE_WORDS,
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
