"""What was agreed to be done: action items, what stands under "Next steps", and what people say that they will do."""

from __future__ import annotations

import re

from leadloop.ingest.calls.call import Call

_MOST = 20
_LONGEST = 300
_HEADING = re.compile(
    r"^[\s#*_>-]*(?:next steps?|action items?|actions|to[ -]?dos?|follow[ -]?ups?|nächste schritte|"
    r"prochaines étapes|próximos pasos)"
    r"[\s*_]*:?[\s*_]*(?P<rest>.*)$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)]|\[[ xX]?\])\s*(?:\[[ xX]?\]\s*)?(?P<text>\S.*)$")
_OTHER_HEADING = re.compile(r"^\s*(?:#+\s|\*\*[^*]+\*\*:?\s*$|[A-Z][\w ]{2,40}:\s*$)")
_WILL = re.compile(
    r"\b(?:i'll|i will|we'll|we will|let me|let's|i'm going to|we're going to|i am going to)\s+"
    r"(?:just\s+|then\s+|definitely\s+)?"
    r"(?:send|share|follow|set up|schedule|get back|prepare|book|loop|introduce|check (?:with|on)|put together|review|"
    r"circle back|reach out|talk to|discuss (?:it|this) with|email|forward|sign)\b[^.!?\n]{0,200}",
    re.IGNORECASE,
)
_NONE = re.compile(r"^\W*(?:none|no|nothing|n/?a|keine?|tbd)?\W*$", re.IGNORECASE)


def find_next_steps(call: Call) -> tuple[str, ...]:
    """What was agreed to be done, each once: action items first, then notes; what was said only where neither says anything."""
    steps = [item.text for item in call.action_items]
    for text in (call.summary, call.agenda):
        steps += _listed(text)
    if not steps:
        for turn in call.turns:
            if len(steps) >= _MOST:
                break
            steps += [found[0] for found in _WILL.finditer(turn.text.replace("’", "'"))]
    tidied = (" ".join(step.split())[:_LONGEST].strip() for step in steps)
    return tuple(dict.fromkeys(step for step in tidied if not _NONE.match(step)))[:_MOST]


def _listed(text: str) -> list[str]:
    """What stands under a heading such as "Next steps:", line by line."""
    steps: list[str] = []
    inside = False
    for line in text.splitlines():
        if found := _HEADING.match(line):
            inside = True
            if rest := found["rest"].strip():
                steps.append(rest)
                inside = False
            continue
        if not inside:
            continue
        if item := _ITEM.match(line):
            steps.append(item["text"])
        elif not line.strip():
            continue
        elif _OTHER_HEADING.match(line):
            inside = False
        else:
            inside = False
    return steps
