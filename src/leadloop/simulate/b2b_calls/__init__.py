"""Discovery calls with companies: what was said, and which of them go on to the next stage."""
