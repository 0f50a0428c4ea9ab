"""Durable jobs: what kinds there are, the worker that does them, and the files that are sent for them."""
