"""Requests to addresses that somebody else chose: connected to only after every address was checked, bounded in time and size."""
