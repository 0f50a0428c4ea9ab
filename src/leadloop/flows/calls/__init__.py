"""Calls become leads: each understood, matched with the companies and people that are known, and kept as a version."""

from leadloop.flows.calls.keep import KeptCalls, LeftOut, keep_calls

__all__ = ["KeptCalls", "LeftOut", "keep_calls"]
