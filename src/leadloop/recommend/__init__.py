"""Next best action: learns from what was done about leads and what came of it, and says what to do next.

It only computes: the log, the time, the seed and the people's desks are handed in.
"""
