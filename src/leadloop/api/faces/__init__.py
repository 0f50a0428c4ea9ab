"""Documented interfaces of earlier systems, each a thin face over the same scoring: names and shapes, and no logic of its own."""
