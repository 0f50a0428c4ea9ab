"""Identity: which records of companies and people are of the same one, and why."""

from leadloop.ingest.identity.compare import DIFFERENT, DOUBTFUL, SAME, Judgement, compare
from leadloop.ingest.identity.match import Matching, Pair, match
from leadloop.ingest.identity.record import COMPANY, CONTACT, Profile, Record, keys_of, profile_of

__all__ = [
    "COMPANY", "CONTACT", "DIFFERENT", "DOUBTFUL", "SAME", "Judgement", "Matching", "Pair", "Profile", "Record", "compare",
    "keys_of", "match", "profile_of",
]  # fmt: skip
