"""A service that really listens: on a free port of this machine, in a thread of this process."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn

from leadloop.api.app import create_app
from leadloop.api.service import Service

_SECONDS = 30


@contextlib.contextmanager
def serve(service: Service) -> Iterator[str]:
    """Serve for as long as the block lasts; gives the address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(service), log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + _SECONDS
        while not server.started:
            assert thread.is_alive(), "the service ended before it had started"
            assert time.monotonic() < until, "the service did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_SECONDS)
        listening.close()
