"""Learning: from past leads and how they ended to models that are calibrated, judged, and audited for leaks."""
