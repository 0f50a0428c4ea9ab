"""How good the scores are beside other tools, on real public data and on exactly the same leads.

`python -m benchmarks.accuracy` runs every method on every set that is on this machine. What is where: `protocols` has
the sets and how each is split, `prepared` the tables that the other methods get, `ours` runs LeadLoop through files,
`peers` the libraries of this environment and `automl` those of an environment of their own, `figures` measures and
compares, and `table` writes it down.
"""
