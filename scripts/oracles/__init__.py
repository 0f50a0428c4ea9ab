"""What other statistics say of the same numbers: made by `make oracles`, held against by tests/experiments."""
