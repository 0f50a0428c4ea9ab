"""Experiments: planning them, running them, reading them, and what is served when they end."""
