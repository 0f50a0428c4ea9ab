"""The stories that LeadLoop tells, a room for each kind of them: here the parts below meet disk, clock and people."""
