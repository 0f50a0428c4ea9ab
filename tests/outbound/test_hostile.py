"""No request ever reaches a forbidden address, however it is spelled, resolved or redirected to: counted at the socket."""

import socket

import pytest
from tests.outbound.hostile import FORBIDDEN_ADDRESSES, HOSTILE_SPELLINGS
from tests.outbound.servers_for_tests import RawServer, counted_connections, said

from leadloop.errors import LeadLoopError
from leadloop.outbound.connection import Unreachable
from leadloop.outbound.requests import Limits, Outside
from leadloop.outbound.targets import Refused

PUBLIC = "93.184.216.34"
QUICK = Limits(seconds=2.0)


def outside(addresses=(), **more):
    return Outside("test", QUICK, resolver=lambda host, port: list(addresses), **more)


def bracketed(address):
    return f"[{address}]" if ":" in address else address


def test_there_are_enough_cases():
    assert len(FORBIDDEN_ADDRESSES) >= 60
    assert len(FORBIDDEN_ADDRESSES) + len(HOSTILE_SPELLINGS) >= 120


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_a_forbidden_address_is_not_connected_to_by_its_number_its_name_or_among_others(address):
    with counted_connections() as dialled:
        for scheme in ("http", "https"):
            with pytest.raises(Refused):
                outside().get(f"{scheme}://{bracketed(address)}/")
        for among in ([address], [PUBLIC, address], [address, PUBLIC, "2606:2800:220:1::1"]):
            with pytest.raises(Refused):
                outside(among).get("https://innocent.example/")
    assert dialled == []


@pytest.mark.parametrize("url", HOSTILE_SPELLINGS)
def test_an_odd_spelling_is_refused_before_anybody_is_asked_for_its_address(url):
    def resolver(host, port):
        raise AssertionError(f"{host} was looked up")

    with counted_connections() as dialled, pytest.raises(Refused):
        Outside("test", QUICK, resolver=resolver).get(url)
    assert dialled == []


def test_a_redirect_leads_to_no_forbidden_address_either():
    moves = [f"http://{bracketed(one)}/" for one in FORBIDDEN_ADDRESSES]
    moves += [
        url for url in HOSTILE_SPELLINGS if url.isprintable() and url.isascii() and ":" in url and "://." not in url
    ]
    location = [""]

    def answer(connection, head):
        connection.sendall(said("302 Found", Location=location[0], Content_Length="0"))

    server = RawServer(answer)
    asker = outside(own_origins=frozenset([server.origin]))
    refused = 0
    with counted_connections() as dialled:
        for location[0] in moves:
            before = len(dialled)
            try:
                status = asker.get(f"{server.origin}/start").status
            except Refused:
                refused += 1
            except Unreachable:
                pass
            else:
                assert status == 302
            assert set(dialled[before:]) <= {("127.0.0.1", server.port)}, location[0]
    server.close()
    assert refused >= 110


def test_redirects_in_a_circle_end_after_three():
    server = RawServer(lambda connection, head: connection.sendall(said("301 Moved", Location="/again")))
    with pytest.raises(Refused, match="are more than 3"):
        outside(own_origins=frozenset([server.origin])).get(server.origin)
    assert len(server.asked) == 4
    server.close()


def test_a_resolver_that_changes_its_answer_is_asked_once_and_its_first_answer_is_what_is_connected_to():
    answers, dialled = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]), []

    def dialler(address, port, seconds):
        dialled.append((address, port))
        raise ConnectionRefusedError(111, "refused")

    asker = Outside("test", QUICK, resolver=lambda host, port: next(answers), dialler=dialler)
    with pytest.raises(Unreachable):
        asker.get("http://rebinding.example/")
    assert dialled == [(PUBLIC, 80)]
    with pytest.raises(Refused):
        asker.get("http://rebinding.example/")
    assert dialled == [(PUBLIC, 80)]


def test_who_is_at_the_other_end_is_looked_at_before_a_byte_is_sent():
    server = RawServer(lambda connection, head: connection.sendall(said()))

    def dialler(address, port, seconds):
        return socket.create_connection(("127.0.0.1", server.port), timeout=seconds)

    with pytest.raises(Refused, match=r"became 127\.0\.0\.1"):
        outside([PUBLIC], dialler=dialler).get("http://rebinding.example/")
    assert all(head == b"" for head in server.asked)
    server.close()


def test_an_origin_of_our_own_opens_itself_and_nothing_beside_it():
    server, other = (RawServer(lambda connection, head: connection.sendall(said(body=b"hello"))) for _ in range(2))
    asker = outside(own_origins=frozenset([server.origin]))
    assert asker.get(f"{server.origin}/x").body == b"hello"
    for url in (f"{other.origin}/", f"http://127.0.0.1:{server.port + 1}/", f"https://127.0.0.1:{server.port}/"):
        with counted_connections() as dialled, pytest.raises(Refused):
            asker.get(url)
        assert dialled == []
    named = Outside("test", QUICK, frozenset(["http://metadata:80"]), resolver=lambda host, port: ["169.254.169.254"])
    with counted_connections() as dialled, pytest.raises(Refused):
        named.get("http://metadata/")
    assert dialled == []
    for one in (server, other):
        one.close()


def test_with_a_stand_in_nothing_but_it_is_connected_to():
    server = RawServer(lambda connection, head: connection.sendall(said(body=b"stage")))
    asker = Outside("test", QUICK, stand_in=("127.0.0.1", server.port))
    with counted_connections() as dialled:
        assert asker.get("http://any.example/").body == b"stage"
        with pytest.raises(LeadLoopError):
            asker.get("https://any.example/")
    assert set(dialled) == {("127.0.0.1", server.port)}
    assert b"Host: any.example\r\n" in server.asked[0]
    server.close()
