"""Tables and services that know companies, and what knowing more of a lead is worth."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.outbound.servers_for_tests import RawServer, said

from leadloop.enrich.enricher import Company, Enricher
from leadloop.enrich.firmographics import make_firmographics
from leadloop.enrich.http_facts import HttpFacts, explain_url
from leadloop.enrich.manners import Rate
from leadloop.enrich.worth import USE, Standing, information_worth
from leadloop.errors import LeadLoopError
from leadloop.outbound.connection import Unreachable
from leadloop.outbound.requests import Outside

ROWS = [
    (
        2,
        {
            "Company Name": "Acme Inc.",
            "Website": "https://www.acme.example/x",
            "Industry": "SaaS",
            "Employees": "50-100",
        },
    ),
    (3, {"Company Name": "Beta GmbH", "Website": "", "Industry": "Travel", "Employees": ""}),
    (4, {"Company Name": "Twin Ltd", "Website": "twin.example", "Industry": "Retail", "Employees": ""}),
    (5, {"Company Name": "twin", "Website": "other.example", "Industry": "Banking", "Employees": ""}),
]


def test_a_row_is_found_by_its_domain_or_by_a_name_that_only_it_has():
    table = make_firmographics("list", "list.csv", ROWS)
    assert isinstance(table, Enricher)
    assert table.gives == {"industry", "employees"}
    found = table.find(Company("Whatever", "acme.example"))
    assert (found.facts["employees"].value, found.facts["employees"].source) == ("50-100", "list.csv, line 2")
    assert table.find(Company("BETA gmbh & Co. KG", "")).facts["industry"].value == "Travel"
    assert table.find(Company("Twin", "")).note == "several rows have this name"
    assert table.find(Company("Twin", "twin.example")).facts["industry"].value == "Retail"
    assert table.find(Company("Nobody", "nobody.example")).facts == {}


def service(answers, **more):
    def answer(connection, head):
        status, body, kind = answers.pop(0)
        connection.sendall(said(status, body, Content_Type=kind))

    server = RawServer(answer)
    places = {"employees": "company.metrics.employees", "industry": "company.tags.0", "tags": "company.tags"}
    asker = HttpFacts(
        *("facts", f"{server.origin}/v1?d={{domain}}&n={{name}}", places),
        *(Outside("t", own_origins=frozenset([server.origin])), Rate(0), {"Authorization": "Bearer k"}),
        **more,
    )
    return server, asker


def test_facts_are_read_from_their_places_and_what_is_filled_in_cannot_change_who_is_asked():
    body = json.dumps({"company": {"metrics": {"employees": 120}, "tags": ["SaaS", "AI", {"x": 1}]}}).encode()
    server, asker = service([("200 OK", body, "application/json; charset=utf-8")])
    found = asker.find(Company("A&B /../?x=\r\n@evil", "acme.example"))
    assert {name: one.value for name, one in found.facts.items()} == {
        "employees": "120",
        "industry": "SaaS",
        "tags": "SaaS; AI",
    }
    head = server.asked[0].decode()
    assert head.startswith("GET /v1?d=acme.example&n=A%26B%20%2F..%2F%3Fx%3D%0D%0A%40evil HTTP/1.1\r\n")
    assert "Authorization: Bearer k\r\n" in head
    assert "Bearer" not in repr(asker)
    assert asker.key(Company("", "acme.example")) == ""
    server.close()


def test_a_service_that_does_not_know_is_told_from_one_that_is_down_and_one_that_refuses_us():
    server, asker = service(
        [
            ("404 Not Found", b"", ""),
            ("503 Away", b"", ""),
            ("429 Slow", b"", ""),
            ("200 OK", b"<html>", "text/html"),
            ("200 OK", b"{", "application/json"),
            ("200 OK", b"[" * 100_000, "application/json"),
            ("401 No", b"", ""),
        ]
    )
    acme = Company("Acme", "acme.example")
    assert asker.find(acme).facts == {}
    for _ in range(5):
        with pytest.raises(Unreachable):
            asker.find(acme)
    with pytest.raises(LeadLoopError, match="see its key"):
        asker.find(acme)
    server.close()


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("https://api.example.com/{domain}", ""),
        ("https://{domain}/about", "blank in its host"),
        ("https://api.example.com/", "no {domain}"),
        ("https://api.example.com/{email}", "{email}"),
        ("ftp://api.example.com/{domain}", "http"),
    ],
)
def test_an_address_with_blanks_is_checked_when_it_is_read(url, wrong):
    assert wrong in explain_url(url)
    assert bool(wrong) == bool(explain_url(url))


PROBABILITY = st.floats(0.0, 1.0)


@given(PROBABILITY, st.floats(0.01, 1.0), PROBABILITY, st.floats(0.05, 1.0))
def test_knowing_more_is_worth_more_the_wider_the_doubt_and_the_nearer_the_line(probability, width, line, missing):
    def worth(distance, doubt=width, share=missing):
        return information_worth(Standing(probability, doubt), line=probability + distance, missing=share)

    here = worth(line - probability)
    assert here >= 0
    assert worth(line - probability, doubt=width * 1.5) >= here - 1e-12
    assert worth(0.0) >= here - 1e-12
    assert worth((line - probability) * 1.5) <= here + 1e-12
    assert worth(line - probability, share=missing / 2) <= here + 1e-12
    assert information_worth(Standing(probability, width), line=line, missing=0.0) == 0.0


@pytest.mark.parametrize(("probability", "width", "line"), [(0.3, 0.4, 0.35), (0.2, 0.3, 0.2), (0.6, 0.5, 0.3)])
def test_the_worth_is_what_choosing_again_with_more_known_gains_on_average(probability, width, line):
    dice, deviation = Random(7), width / (2 * 1.6449)
    gain = 0.0
    for _ in range(200_000):
        known = dice.gauss(probability, deviation)
        gain += max(known - line, 0.0) - (known - line if probability > line else 0.0)
    worth = information_worth(Standing(probability, width), line=line, missing=1.0) - USE * probability
    assert worth == pytest.approx(gain / 200_000, abs=0.002)
