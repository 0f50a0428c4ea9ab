"""Requests for insurance, scored as they come in."""
