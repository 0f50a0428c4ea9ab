"""Tree ensembles: their margins, and the exact part that each field has in a margin."""
