"""Sync: calls are fetched from where they were recorded, become leads, and are scored, without a hand."""
