"""From past leads to a version: learning, reporting, comparing, and what may be given for once."""
