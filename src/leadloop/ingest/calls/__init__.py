"""Calls: meetings that were recorded, as any source of them tells of them."""

from leadloop.ingest.calls.call import ActionItem, Call, Person, Turn

__all__ = ["ActionItem", "Call", "Person", "Turn"]
