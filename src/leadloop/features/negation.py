"""How a text says no: the words that deny what follows them, those that only seem to, and those that deny what went before.

English only. The words are those of sales notes ("passed on", "no rush"); no grammar is looked at but marks and order, in the
manner of NegEx (Chapman et al. 2001), whose triggers, pseudo-triggers and ends of scope these are.
"""

from __future__ import annotations

REACH = 9
"""How many tokens after a no it may reach, where neither a mark nor a word such as "but" ends it before."""
SHORT_REACH = 3
"""The same for words that deny one thing and go on to another: "instead of SMS they want voice"."""
GAP = 2
"""How many tokens may lie between a phrase and the words that deny it from behind."""

_BEFORE_T = (
    *(
        "ain",
        "aren",
        "can",
        "couldn",
        "didn",
        "doesn",
        "don",
        "hadn",
        "hasn",
        "haven",
        "isn",
        "mustn",
        "needn",
        "shouldn",
    ),
    *("wasn", "weren", "won", "wouldn"),
)
NO = (
    *(f"{word} t" for word in _BEFORE_T),
    *(f"{word}t" for word in _BEFORE_T if word not in ("can", "won")),
    *[
        "cant",
        "wont",
        "no",
        "not",
        "never",
        "cannot",
        "nor",
        "neither",
        "none",
        "nobody",
        "nothing",
        "hardly",
        "uninterested",
    ],
    *("no one", "no longer", "lost interest in", "opted out of", "stay away from", "get rid of"),
)
"""What denies all that follows in its part of the sentence."""
SHORT_NO = (
    *("instead of", "rather than", "passed on", "passing on", "pass on", "declined", "declines", "rejected", "rejects"),
    *("turned down", "turns down", "ruled out", "rules out", "said no to", "says no to", "stopped using"),
)
"""What denies the next thing named and no more."""
WITHOUT = ("without",)
"""A no of its own; after another no it turns into a yes ("cannot go without")."""

HOLLOW = (
    *(f"no {word}" for word in ("doubt", "problem", "problems", "question", "issue", "issues", "worries", "objection")),
    *(
        f"no {word}"
        for word in ("objections", "concern", "concerns", "wonder", "matter", "brainer", "complaints", "regrets")
    ),
    *(
        f"no {word}"
        for word in ("decision", "idea", "later", "sooner", "less", "more", "fewer", "earlier", "other than")
    ),
    *(f"{no} {word}" for no in ("not", "don t", "doesn t", "didn t") for word in ("only", "just", "merely", "simply")),
    *(
        f"not {word}"
        for word in ("sure", "certain", "to mention", "bad", "against", "opposed", "decided", "clear", "all")
    ),
    *(
        f"{no} {word}"
        for no in ("not", "isn t", "wasn t")
        for word in ("a problem", "an issue", "a concern", "an obstacle")
    ),
    *(f"{no} {word}" for no in ("don t", "do not", "doesn t") for word in ("forget", "hesitate", "mind", "know")),
    *(
        f"{no} {word}"
        for no in ("can t", "cannot", "can not", "couldn t")
        for word in ("wait", "go wrong", "agree more")
    ),
    *("why not", "if not", "or not", "never regretted", "nothing but", "nothing against"),
)
"""What holds a no and denies nothing."""

TURN = (
    *[
        "but",
        "however",
        "although",
        "though",
        "whereas",
        "while",
        "except",
        "because",
        "since",
        "so",
        "then",
        "unless",
        "until",
        "therefore",
    ],
    *(
        f"and {word}"
        for word in [
            "they",
            "we",
            "he",
            "she",
            "it",
            "i",
            "you",
            "is",
            "are",
            "was",
            "will",
            "would",
            "want",
            "wants",
            "need",
            "needs",
            "asked",
            "also",
        ]
    ),
)
"""What ends the reach of a no."""

_NOT = (
    "not ",
    "never ",
    "isn t ",
    "aren t ",
    "wasn t ",
    "weren t ",
    "hasn t ",
    "haven t ",
    "isnt ",
    "wasnt ",
    "arent ",
    "no longer ",
)
_REFUSED = (
    *(
        "needed",
        "required",
        "necessary",
        "relevant",
        "wanted",
        "interesting",
        "discussed",
        "mentioned",
        "asked",
        "planned",
    ),
    *(
        "been discussed",
        "been mentioned",
        "a priority",
        "a fit",
        "a good fit",
        "of interest",
        "in scope",
        "for us",
        "for them",
    ),
    *(
        "an option",
        "on the table",
        "on the roadmap",
        "important",
        "interested",
        "now",
        "at this time",
        "right now",
        "today",
    ),
)
DENIED = (
    *(f"{no}{what}" for no in _NOT for what in _REFUSED),
    *(f"{verb} {what}" for verb in ("was", "were") for what in ("rejected", "declined", "ruled out", "turned down")),
    *("no thanks", "no thank you", "so no", "no interest", "no need", "off the table", "is out", "is dead"),
)
"""What denies the phrase before it ("SMS is not needed"), at most a few tokens on."""
ALONE = ("no", "nope", "none", "negative", "declined", "rejected", "not")
"""What denies the phrase before it where it stands alone between marks ("SMS: no.")."""
LIST_ON = ("or", "nor")
"""What shows that a list goes on: "no SMS, voice or verify"."""
