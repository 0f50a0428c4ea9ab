"""Enrichment: which leads are worth it, who is asked, and what of the answers goes into the lead."""
