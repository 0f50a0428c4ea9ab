"""The local Fellow as a server of its own, on a port of this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from leadloop.testing.fellow.app import FellowApi
from leadloop.testing.fellow.library import Library, fill_library
from leadloop.testing.fellow.quirks import Quirks
from leadloop.testing.ports import port_taken

KEY = "local-fellow-key"
_START_SECONDS = 30


class LocalFellow(FellowApi):
    """A workspace of its own, filled from the synthetic world unless a library is given."""

    def __init__(
        self,
        library: Library | None = None,
        *,
        calls: int = 100,
        seed: int = 7,
        key: str = KEY,
        quirks: Quirks | None = None,
        hosts: tuple[str, ...] = ("127.0.0.1",),
    ) -> None:
        super().__init__(library or fill_library(calls, seed=seed), key, quirks or Quirks(), hosts)
        self.url = ""
        """Where it listens, while it does."""

    @contextlib.contextmanager
    def serve(self, port: int = 0) -> Iterator[LocalFellow]:
        """Listen while the block runs, in a thread of this process; 0 takes any port that is free."""
        import uvicorn

        try:
            listening = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise port_taken(port, error) from None
        config = uvicorn.Config(
            self, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            until = time.monotonic() + _START_SECONDS
            while not server.started:
                if not thread.is_alive() or time.monotonic() > until:
                    raise RuntimeError("the local Fellow did not start")
                time.sleep(0.01)
            self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            yield self
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)
            self.subscriptions.close()
            listening.close()
