"""Scoring while somebody waits: rounds, the cache, and the log of what was said."""
