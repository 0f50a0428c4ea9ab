"""Scores: of a file, of stored leads, explained, and given again."""
