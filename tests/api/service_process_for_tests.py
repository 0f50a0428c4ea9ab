"""`leadloop serve` in processes of its own, with one process group: what one does to it by signals is done for good."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
from tests.cli.commands_for_tests import COMMAND, environment

_SECONDS = 300.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Preloaded:
    """Starts services that need not import anything: see `preloaded_service.py`."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("preloaded_service.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script)], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, **order: object) -> int:
        """Give an order, and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class ServiceProcess:
    """A service that runs, with all of its processes; its first one forked where something preloaded is given."""

    def __init__(self, root: Path, port: int, *words: str, preloaded: Preloaded | None = None) -> None:
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self._told, self._preloaded = root / f"told-{port}.txt", preloaded
        self._process: subprocess.Popen[bytes] | None = None
        self._code: int | None = None
        self._asked = time.monotonic()
        said = ["serve", "--port", str(port), "--workspace", str(root), "--no-worker", *words]
        if preloaded is not None:
            more = {"LEADLOOP_LOG_LEVEL": "warning"}
            self.pid = preloaded.tell(words=said, told=str(self._told), environment=more)
            return
        with self._told.open("ab") as told:
            self._process = subprocess.Popen(
                [*COMMAND, *said],
                env=environment(LEADLOOP_LOG_LEVEL="warning"), stdout=told, stderr=told, process_group=0,
            )  # fmt: skip
        self.pid = self._process.pid

    @property
    def told(self) -> str:
        """Everything that services on this port wrote."""
        return self._told.read_text(encoding="utf-8")

    def wait(self, status: str = "ready") -> float:
        """The seconds from its start until it is ready."""
        while time.monotonic() - self._asked < _SECONDS:
            assert self.is_there(), self.told
            try:
                answer = httpx2.get(f"{self.url}/readyz", timeout=10)
            except httpx2.TransportError:
                time.sleep(0.02)
                continue
            assert answer.json()["status"] == status, answer.text
            return time.monotonic() - self._asked
        raise AssertionError(f"never ready: {self.told}")

    def children(self) -> list[int]:
        """The processes that answer, where there are several (Linux)."""
        said = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
        numbers = [int(one) for one in said.split()]
        return [one for one in numbers if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]

    def kill(self) -> None:
        """Kill all of its processes at once, and wait until its port is free."""
        os.killpg(self.pid, signal.SIGKILL)
        self.end()
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.01)
        raise AssertionError("it listens although it was killed")

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def is_there(self) -> bool:
        """Whether its first process lives."""
        if self._process is not None:
            return self._process.poll() is None
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"

    def end(self) -> int:
        """How it ended, once it was asked to."""
        if self._process is not None:
            return self._process.wait(_SECONDS)
        if self._code is None:
            assert self._preloaded is not None
            self._code = self._preloaded.tell(wait=self.pid)
        return self._code

    def clean_up(self) -> None:
        """Leave nothing behind, whatever state it is in."""
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.end()
