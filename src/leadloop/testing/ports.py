"""Ports of this machine that stand-ins listen on."""

from __future__ import annotations

from leadloop.errors import LeadLoopError, Problem


def port_taken(port: int, error: OSError) -> LeadLoopError:
    """What to raise where a port cannot be listened on, as where the same stand-in runs already."""
    mend = "give another with --port (0 takes any that is free), or use the one that runs there"
    return LeadLoopError("port", Problem(str(port), f"cannot be listened on: {error.strerror}", mend))
