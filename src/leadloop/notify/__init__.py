"""Telling others: messages that are signed, sent until they arrive, and of which each is known by a name of its own."""
