"""What was said on a call, turned from the notes of it: our side asks and tells, the other side speaks of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_OURS = re.compile(
    r"(?:I |We |Covered|Shared|Short chat|Quick round|Talked|Discussed|Good rapport|Camera|No meeting|Action item|Thanks|Will log"
    r"|Ran over|Ended|Overall)"
)
_TURNED = (
    (re.compile(r"\bThey're\b"), "We're"),
    (re.compile(r"\bThey\b"), "We"),
    (re.compile(r"\bthey\b"), "we"),
    (re.compile(r"\bTheir\b"), "Our"),
    (re.compile(r"\btheir\b"), "our"),
    (re.compile(r"\bthem\b"), "us"),
)
_QUESTIONS = (
    "Could you tell me more about that?",
    "How do you handle this today?",
    "What matters most to you there?",
    "Who else is involved in this?",
    "What would make this a success?",
)
_WORDS_PER_SECOND = 2.5


def make_segments(notes: str, contact: str, ours: str, minutes: float) -> list[dict[str, object]]:
    """The segments of a transcript: start and end in seconds, speaker and text.

    >>> for one in make_segments("- They want Voice AI.\\n- I offered a demo.", "Ada", "Ben", 1):
    ...     print(one["speaker"], one["text"])
    Ben Hi Ada, thanks for joining.
    Ada We want Voice AI.
    Ben I offered a demo.
    """
    turns = [(ours, f"Hi {contact.partition(' ')[0]}, thanks for joining.")]
    turns += list(_turns(notes, contact, ours))
    spoken = [len(text.split()) / _WORDS_PER_SECOND for _, text in turns]
    stretch = max(1.0, 60.0 * minutes / max(sum(spoken), 1.0))
    segments: list[dict[str, object]] = []
    at = 0.0
    for (speaker, text), seconds in zip(turns, spoken, strict=True):
        segments.append(
            {"start": round(at, 2), "end": round(at + seconds, 2), "speaker": speaker or None, "text": text}
        )
        at += seconds * stretch
    return segments


def _turns(notes: str, contact: str, ours: str) -> Iterator[tuple[str, str]]:
    place = 0
    for line in _SENTENCES.split(notes):
        said = re.sub(r"^\s*-\s*", "", line).strip()
        speaker = contact
        if said.startswith("AE: "):
            said = said.removeprefix("AE: ")
        elif contact.split() and said.startswith(f"{contact.split()[0]}: "):
            said = said.partition(": ")[2]
        if not said:
            continue
        if _OURS.match(said):
            speaker = ours
        else:
            for pattern, turned in _TURNED:
                said = pattern.sub(turned, said)
            place += 1
            if place % 4 == 0:
                yield ours, _QUESTIONS[place // 4 % len(_QUESTIONS)]
        yield speaker, said
