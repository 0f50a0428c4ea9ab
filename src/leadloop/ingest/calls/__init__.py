"""Calls: meetings that were recorded, as any source of them tells of them, and what they say."""

from leadloop.ingest.calls.call import ActionItem, Call, Person, Turn
from leadloop.ingest.calls.own import OwnCompany
from leadloop.ingest.calls.understand import understand
from leadloop.ingest.calls.understood import Company, Signals, Talk, Understood
from leadloop.ingest.calls.words import CallWords, read_call_words

__all__ = [
    "ActionItem", "Call", "CallWords", "Company", "OwnCompany", "Person", "Signals", "Talk", "Turn", "Understood",
    "read_call_words", "understand",
]  # fmt: skip
