"""The training report: what a version learned and how good it is, as a page, as text and as pictures."""
