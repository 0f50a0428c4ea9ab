"""Benchmarks: quality on public data, and speed beside a peer or a limit, each by one command."""
