"""What the name of a field says about when it was written: "Last Activity" is a state at export, "closed_at" an outcome.

A name is a hint, never proof: it lowers the amount of evidence that the data must give, and alone it only warns. English
names, and in `foreign_names.py` those of German, French, Spanish, Italian and Dutch exports that tell how a lead ended or what
was changed last; a field named in another language is judged by its data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from leadloop.learning.leakage.finding import FindingKind
from leadloop.learning.leakage.foreign_names import FOREIGN_NAMES


@dataclass(frozen=True, slots=True)
class NameHint:
    """What a name says: which kind of leak it would be, whether that is telling or only possible, and in plain words."""

    kind: FindingKind
    telling: bool
    says: str


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: FindingKind
    telling: bool
    says: str
    pattern: re.Pattern[str]


def name_words(name: str) -> tuple[str, ...]:
    """The words in a column name, in lower case, however they were glued together.

    >>> name_words("LastActivityDate__c"), name_words("hs_lead_status"), name_words("lastmodifieddate")
    (('last', 'activity', 'date'), ('hs', 'lead', 'status'), ('last', 'modified', 'date'))
    """
    bare = re.sub(r"__c$", "", name.strip(), flags=re.IGNORECASE)
    words: list[str] = []
    for piece in _PIECES.findall(bare):
        words.extend(_unglue(piece.lower()))
    return tuple(words)


@lru_cache(maxsize=4096)
def hint_in(name: str) -> NameHint | None:
    """What the name says about when the field was written, or None.

    >>> (
    ...     hint_in("Last Notable Activity").kind,
    ...     hint_in("marital_status"),
    ...     hint_in("previous_outcome"),
    ...     hint_in("Last Name"),
    ... )
    ('state_at_export', None, None, None)
    """
    phrase = " ".join(name_words(name))
    if _KNOWN_BEFORE.search(phrase):
        return None
    for rule in _RULES:
        if rule.pattern.search(phrase):
            return NameHint(rule.kind, rule.telling, rule.says)
    for kind, telling, says, pattern in FOREIGN_NAMES:
        if pattern.search(phrase):
            return NameHint(kind, telling, says)
    return None


# Humps of CamelCase, capitals in a row, lower-case runs in any script, numbers.
_PIECES = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|\d+")

# CRM interfaces write names without any separator ("hs_lastmodifieddate"); these words come apart where they fill the piece.
_GLUED = frozenset(
    re.findall(
        "[a-z]+",
        """
        account activity amount at became call close closed contact contacted conversion converted created current
        customer cycle date deal disqualified hubspot id is last lead life lifecycle lost mod modified opportunity owner
        phase prospect quality rating reason score sales stage stamp status substatus system time timestamp update
        updated won
        """,
    )
)


def _unglue(piece: str) -> list[str]:
    """The known words that make up a piece from end to end, or the piece itself."""
    if piece in _GLUED or len(piece) < 6:
        return [piece]
    # best[i] is the split of piece[:i] into the fewest known words.
    best: list[list[str] | None] = [[]] + [None] * len(piece)
    for end in range(1, len(piece) + 1):
        for start in range(end):
            before = best[start]
            if before is not None and piece[start:end] in _GLUED:
                candidate = [*before, piece[start:end]]
                current = best[end]
                if current is None or len(candidate) < len(current):
                    best[end] = candidate
    return best[-1] or [piece]


def _words(*phrases: str) -> re.Pattern[str]:
    """A pattern that finds any of the phrases (regular expressions) between word boundaries."""
    return re.compile("|".join(rf"\b(?:{phrase})\b" for phrase in phrases))


_TRAIT = (
    "(marital|employment|civil|family|housing|residence|residential|residency|credit|smoking|smoker|visa|citizenship|"
    "immigration|work|job|education|educational|health|tax|funding|growth|company|investment|legal|home|house|car|"
    "ownership|student|insurance)"
)
_PUBLIC = "(credit|fico|price|consumer|economic|market|stock|confidence|body|mass|deprivation|walk|test|exam)"

# A name with one of these speaks of the time before the lead, or of a lasting trait of a person, company or market.
_KNOWN_BEFORE = _words(
    "previous|previously|prior|past|former|historic|historical|original|initial",
    "at (request|intake|creation|signup|sign up|submission|application|registration|first contact)",
    "edit aware|unedited|(without|no|before) edits?",
    rf"{_TRAIT}( \w+)* (status|stage|phase|score|rating|grade|owner)",
    rf"{_PUBLIC}( \w+)* (score|index|idx|rating)",
    "(preferred|desired|requested) (contact|call|callback|start)",
    "signed up|sign up",
)

_LEAD = "(lead|contact|account|prospect|deal|opportunity|opp|sales|pipeline|crm)"
_EVENT = (
    "(activity|activities|action|event|touch|touchpoint|contact|contacted|call|called|email|emailed|reply|login|visit|"
    "visited|seen|session|stage|status|engagement|interaction|note|task|meeting|open|opened|click|clicked|conversion|"
    "viewed|referenced|sent|owner)"
)
_ENDED = (
    "(won|lost|win|loss|close|closed|closure|unqualified|disqualified|disqualification|rejected|rejection|declined|"
    "cancel|cancelled|canceled|cancellation|churn)"
)
_WHEN = "(at|on|by|date|time|timestamp|stamp|day|when|reason|user)"
_VENDOR = "(hubspot|hub spot|einstein|pardot|marketo|vendor|engagement|behaviou?r|predictive)"

# First match wins, so what is telling stands before what is only possible.
_RULES: tuple[_Rule, ...] = (
    _Rule(
        "later_snapshot",
        True,
        "it was taken when the file was made",
        _words("(at|as of) (retrieval|export|extraction|snapshot|crawl|scrape|download|today)"),
    ),
    _Rule(
        "edited_after",
        True,
        "it speaks of later edits",
        _words(
            "edited|modified|amended",
            "last (edit|update|updated|change|changed)",
            rf"(updated|changed) {_WHEN}",
            "(modification|update|edit|change) (date|time|timestamp|count)",
            "date (updated|modified|changed)",
            "number of (edits|updates|changes)",
            "mod stamp|^updated$",
        ),
    ),
    _Rule(
        "known_later",
        True,
        "it tells how the lead ended",
        _words(
            "outcome|disposition|converted|won|lost|sold|churned|closed|disqualified|unqualified|rejected|declined",
            rf"(conversion|close|closing|signature|cancellation) ({_WHEN}|amount|value)",
            rf"{_ENDED} (reason|code|note|comment)s?",
            "reason (for )?(loss|lost|closing|rejection|cancellation)",
            "(time|days|hours|weeks|months) to (close|closing|win|conversion|convert|acceptance|accept|sign|signature)",
            rf"became (an?|customer|opportunity)|signed {_WHEN}|(win|loss) (date|amount)|call result",
        ),
    ),
    _Rule(
        "known_later",
        True,
        "it tells how long the call was, known only when the call is over",
        _words(
            r"^(call )?duration( (in )?(s|sec|secs|seconds?|min|mins|minutes?|ms|hours))?$",
            "(talk|handle) time",
            r"(call|talk|conversation|phone|meeting|chat)( \w+)? (duration|length|seconds|minutes)",
        ),
    ),
    _Rule(
        "state_at_export",
        True,
        "it tells what happened last, up to the day the file was made",
        _words(rf"(?<!since )(last|latest|most recent|recent)( \w+){{0,2}} {_EVENT}"),
    ),
    _Rule(
        "state_at_export",
        True,
        "it tells the state on the day the file was made",
        _words(
            rf"({_LEAD}|lifecycle|life cycle|funnel|case|application|call|quote|order|follow up|current|final)"
            r"( \w+)? (status|stage|substatus|phase)",
            "^(is )?(status|stage|sub ?status)( (id|code|name|reason|detail|category))?$",
            r"current( \w+)? owner",
        ),
    ),
    _Rule(
        "judged_later",
        True,
        "it holds a judgement that staff or a vendor gives to a lead they already know",
        _words(
            rf"{_LEAD}( \w+)? (quality|profile|scores?|grade|rating|rank|ranking|temperature|priority|potential)",
            rf"{_VENDOR} (score|grade|rating)",
            rf"(^|({_LEAD}|staff|agent|rep|call|internal) )(tags?|labels?)$",
            "propensity|likelihood|predicted|prediction|probability",
        ),
    ),
    _Rule(
        "judged_later",
        False,
        "it may be a score that a vendor gives",
        _words("scores?|index|grade|rating|rank|quality"),
    ),
    _Rule(
        "judged_later",
        False,
        "it may hold staff's notes",
        _words("(tags?|labels?|notes?|remarks?|memo|feedback|comment)$"),
    ),
    _Rule(
        "state_at_export",
        False,
        "it may tell who works the lead now",
        _words(
            rf"({_LEAD}|record|hubspot) owner|owner( id)?$",
            "assigned|assignee|(rep|sdr|agent|handler)( id| name)?$",
        ),
    ),
    _Rule(
        "state_at_export",
        False,
        "it may count up to the day the file was made",
        _words(
            "times contacted|(contact|call) attempts",
            "(calls|attempts|contacts|emails|meetings) (made|sent|held)",
            "number of (calls|contacts|attempts|meetings)",
            rf"since (the )?last( \w+)? {_EVENT}",
        ),
    ),
    _Rule("state_at_export", False, "it may be a state on the day the file was made", _words("status|stage|substatus")),
    _Rule(
        "known_later",
        False,
        "it may be a result",
        _words("results?|approved|accepted|qualified|cancelled|canceled|refunded|conversion|signed|enrolled|paid"),
    ),
)
