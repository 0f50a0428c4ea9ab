"""Watching what was scored: quality by matured outcomes, drift, and the history of both."""
