"""What comes back is bounded in time, size and layers, whatever the other side does."""

import gzip
import time
import tracemalloc
import zlib

import pytest
from tests.outbound.servers_for_tests import RawServer, said

from leadloop.outbound.connection import Unreachable
from leadloop.outbound.requests import Limits, Outside
from leadloop.outbound.targets import Refused, read_host, read_origin, read_target

QUICK = Limits(seconds=0.6, body_bytes=100_000)


@pytest.fixture
def serve():
    servers = []

    def start(answer):
        server = RawServer(answer if callable(answer) else lambda connection, head: connection.sendall(answer))
        servers.append(server)
        return server, Outside("LeadLoop/1.0 (+https://example.com/bot)", QUICK, frozenset([server.origin]))

    yield start
    for server in servers:
        server.close()


def drip(head, pieces, pause):
    def answer(connection, _head):
        connection.sendall(head)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)

    return answer


def test_a_page_comes_back_with_its_headers_and_says_who_asked(serve):
    server, outside = serve(said(body=b"<p>hi</p>", Content_Type="text/html; charset=utf-8", X_One="1"))
    answer = outside.get(f"{server.origin}/a%20b?c=d")
    assert (answer.status, answer.body, answer.media_type) == (200, b"<p>hi</p>", "text/html")
    head = server.asked[0].decode()
    assert head.startswith("GET /a%20b?c=d HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in head
    assert "User-Agent: LeadLoop/1.0 (+https://example.com/bot)\r\n" in head


def test_a_packed_page_is_unpacked_and_one_that_breaks_off_is_noticed(serve):
    packed = gzip.compress(b"hello " * 1_000)
    server, outside = serve(said(body=packed, Content_Encoding="gzip"))
    assert outside.get(server.origin).body == b"hello " * 1_000
    chunked = (
        b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (packed[:20], packed[20:])) + b"0\r\n\r\n"
    )
    server, outside = serve(said(body=chunked, Content_Encoding="gzip", Transfer_Encoding="chunked", Content_Length=""))
    assert outside.get(server.origin).body == b"hello " * 1_000
    for reply in (said(body=packed[:-30], Content_Encoding="gzip"), said(body=b"short", Content_Length="100")):
        server, outside = serve(reply)
        with pytest.raises(Unreachable, match="breaks off"):
            outside.get(server.origin)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (said(body=gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip"), "larger"),
        (said(body=b"x" * 200_000), "larger"),
        (said(body=b"x", Content_Length="10000000000"), "larger"),
        (said(body=gzip.compress(gzip.compress(b"x")), Content_Encoding="gzip, gzip"), "not asked for"),
        (said(body=b"x", Content_Encoding="br"), "not asked for"),
        (said(body=b"x", Content_Encoding="zstd"), "not asked for"),
        (said(body=zlib.compress(b"x"), Content_Encoding="gzip"), "packed wrongly"),
        (said(body=b"x", Transfer_Encoding="gzip, chunked", Content_Length=""), "not asked for"),
    ],
    ids=["bomb", "long", "promised", "twice", "br", "zstd", "no gzip", "transfer"],
)
def test_what_is_too_large_or_packed_otherwise_is_cut_off(serve, reply, why):
    server, outside = serve(reply)
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(Refused, match=why):
        outside.get(server.origin)
    took, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 1.6
    assert peak < 5_000_000


@pytest.mark.parametrize(
    "answer",
    [
        drip(b"", [b"H"] * 1_000, 0.05),
        drip(b"HTTP/1.1 200 OK\r\n", [b"X-A: 1\r\n"] * 1_000, 0.05),
        drip(said(body=b"", Content_Length="5000"), [b"x"] * 1_000, 0.05),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", [b"1\r\nx\r\n"] * 1_000, 0.05),
        lambda connection, head: time.sleep(3),
        drip(b"", [b"HTTP/1.1 100 Continue\r\n\r\n"] * 1_000, 0.01),
    ],
    ids=["status", "headers", "body", "chunks", "silence", "continue"],
)
def test_a_slow_drip_is_cut_off_when_the_time_is_up(serve, answer):
    server, outside = serve(answer)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        outside.get(server.origin)
    assert time.monotonic() - began < 1.5


def test_endless_headers_are_cut_off(serve):
    def endless(connection, head):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X: " + b"a" * 8_000 + b"\r\n")

    server, outside = serve(endless)
    with pytest.raises((Refused, Unreachable)):
        outside.get(server.origin)


def test_what_is_no_http_is_told_so(serve):
    for reply in (b"SSH-2.0-OpenSSH_9.6\r\n", b"", b"HTTP/1.1 abc\r\n\r\n", b"\xff" * 100):
        server, outside = serve(reply)
        with pytest.raises(Unreachable):
            outside.get(server.origin)


def test_a_key_goes_to_the_first_origin_alone_and_a_header_holds_no_line_break(serve):
    other, _ = serve(said(body=b"there"))
    first, _ = serve(said("302 Found", Location=f"{other.origin}/x"))
    outside = Outside("t", QUICK, frozenset([first.origin, other.origin]))
    assert outside.get(first.origin, headers={"Authorization": "Bearer secret"}).body == b"there"
    assert b"secret" in first.asked[0]
    assert b"secret" not in other.asked[0]
    with pytest.raises(Refused, match="headers"):
        outside.get(first.origin, headers={"X-A": "1\r\nX-B: 2"})


def test_a_post_that_is_not_to_follow_redirects_answers_with_the_redirect(serve):
    server, outside = serve(said("307 Moved", Location="http://169.254.169.254/"))
    answer = outside.post(server.origin, b"{}", headers={}, limits=Limits(redirects=0, body_bytes=0))
    assert (answer.status, len(server.asked)) == (307, 1)
    assert b"Content-Length: 2\r\n" in server.asked[0]


def test_addresses_have_one_spelling():
    assert read_target("HTTPS://EXAMPLE.com:443/a#b").url == "https://example.com/a"
    assert read_target("http://bücher.example/ü").url == "http://xn--bcher-kva.example/%C3%BC"
    assert read_target("https://straße.example").host == "xn--strae-oqa.example", "ß is no ss"
    assert read_origin("http://127.0.0.1:5678/") == "http://127.0.0.1:5678"
    with pytest.raises(Refused, match="has a path"):
        read_origin("http://127.0.0.1:5678/hook")
    assert [read_host(one) for one in ("Acme.example", "a b", "10.1.1.1", "http://x.example")] == [
        "acme.example",
        "",
        "",
        "",
    ]
    assert read_target("http://a.example/").join("../b?c") == "http://a.example/b?c"
