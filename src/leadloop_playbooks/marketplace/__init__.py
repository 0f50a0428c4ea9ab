"""Postings and classified leads, graded by what users do with them."""
