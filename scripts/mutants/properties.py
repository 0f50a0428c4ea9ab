"""How Hypothesis looks for an example that fails, here: a plugin for pytest, `-p scripts.mutants.properties`.

The same examples every time, so that the same mistake comes to the same end; without looking for the smallest one that fails,
which takes minutes and is read by nobody; and without a time limit for one example, which a busy machine would break.
"""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile(
    "mutants", derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("mutants")
