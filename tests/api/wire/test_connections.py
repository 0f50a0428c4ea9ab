"""Connections over real sockets: those that say nothing or half of something are closed, and there are never too many."""

import asyncio
import contextlib
import json
import logging
import pickle
import socket
import threading
import time

import pytest
import uvicorn

from leadloop.api.wire.connections import Guard, GuardedProtocol

WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"


async def app(scope, receive, send):
    """Answers after a moment, longer than headers may take."""
    if scope["type"] != "http":
        return
    await asyncio.sleep(1.0 if scope["path"] == "/slow" else 0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextlib.contextmanager
def serving(guard):
    config = uvicorn.Config(
        app, port=0, http=guard, log_level="error", timeout_keep_alive=1, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def address():
    with serving(Guard(most=10, header_seconds=0.5)) as address:
        yield address


def connect(address, said=b""):
    connection = socket.create_connection(address, timeout=10)
    connection.sendall(said)
    return connection


def heard(connection):
    """Everything until the other side closes it."""
    told = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            told += piece
    connection.close()
    return told


@pytest.mark.parametrize(("said", "told"), [(b"", b""), (HALF, b"HTTP/1.1 408 ")])
def test_a_connection_without_a_whole_request_is_closed(address, said, told):
    started = time.monotonic()
    answer = heard(connect(address, said))
    assert answer.startswith(told)
    assert bool(answer) == bool(told)
    assert 0.3 < time.monotonic() - started < 5


def test_a_byte_now_and_then_gains_no_time(address):
    connection, started = connect(address, HALF), time.monotonic()
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while time.monotonic() - started < 5:
            connection.sendall(b"x")
            time.sleep(0.1)
    assert time.monotonic() - started < 4


def test_half_a_second_request_is_timed_out_like_the_first(address):
    connection = connect(address, WHOLE)
    assert b"200 OK" in connection.recv(65_536)
    connection.sendall(HALF)
    started = time.monotonic()
    assert heard(connection).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - started < 5


def test_an_answer_may_take_longer_than_headers(address):
    connection = connect(address, WHOLE.replace(b"GET /", b"GET /slow"))
    assert heard(connection).startswith(b"HTTP/1.1 200 ")


def test_beyond_the_limit_one_is_told_so_and_those_inside_are_served(address, caplog):
    GuardedProtocol._told_at = float("-inf")
    inside = [connect(address, WHOLE.replace(b"GET /", b"GET /slow")) for _ in range(10)]
    time.sleep(0.2)
    with caplog.at_level(logging.WARNING, "uvicorn.error"):
        head, _, body = heard(connect(address)).partition(b"\r\n\r\n")
        heard(connect(address))
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["errors"][0]["where"] == "connections"
    assert all(b" 200 " in heard(one) for one in inside)
    assert b"200 OK" in connect(address, WHOLE).recv(65_536), "there is room again"


def test_the_guard_goes_to_other_processes():
    guard = Guard(3, 1.5)
    assert pickle.loads(pickle.dumps(guard)) == guard
