"""A Dask cluster: other machines that score and train, each with this release of LeadLoop and nothing else of ours."""

from __future__ import annotations

from typing import Any

import leadloop
from leadloop.errors import DependencyMissing, LeadLoopError, Problem


def connect(address: str) -> Any:
    """A client of the Dask scheduler at an address; raises DependencyMissing without Dask, LeadLoopError where nobody answers."""
    try:
        import distributed
    except ImportError:
        cure = "pip install 'leadloop[dask]'"
        raise DependencyMissing("dask", Problem("Dask", "is not installed", cure)) from None
    try:
        client: Any = distributed.Client
        return client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        mend = "start one with `dask scheduler`, and name it as in tcp://10.0.0.5:8786"
        raise LeadLoopError("dask", Problem(address, f"no scheduler answers: {error}", mend)) from None


def require_release(release: str) -> None:
    """Raise LeadLoopError where a worker has another release of LeadLoop than whoever asks."""
    if release != leadloop.__version__:
        what = f"has LeadLoop {leadloop.__version__}, and {release} asks"
        raise LeadLoopError("dask", Problem("a worker", what, f"install {release} there"))
