"""The ways to foresee what is done next and what comes of it: they compete on the same leads, and the best one serves."""
