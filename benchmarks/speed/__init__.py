"""How fast LeadLoop is, beside its limits and its peers: `python -m benchmarks.speed`, which is `make bench`."""
