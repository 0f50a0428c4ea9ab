"""Discovery: which derived features would make later leads' probabilities better, by evidence that chance cannot give."""

from leadloop.learning.discovery.candidates import propose_candidates
from leadloop.learning.discovery.search import Discovery, Proposal, discover_features

__all__ = ["Discovery", "Proposal", "discover_features", "propose_candidates"]
