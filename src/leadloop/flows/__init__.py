"""The stories that LeadLoop tells: one file each, where the parts below meet disk, clock and people."""
