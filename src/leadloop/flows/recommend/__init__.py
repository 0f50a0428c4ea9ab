"""Next best action: what was done about leads, what to do next, and what became of it."""
