"""A company's site is read politely and within bounds, and what it says is found by the playbook's own features."""

import random
import time

import numpy as np
import polars as pl
import pytest

from leadloop.enrich.enricher import Company
from leadloop.enrich.manners import Manners, Rate, Resting
from leadloop.enrich.website.markup import decode, read_page
from leadloop.enrich.website.robots import read_robots
from leadloop.enrich.website.website import Website
from leadloop.features.functions import FunctionsBlock
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.outbound.connection import Unreachable
from leadloop.outbound.requests import Outside
from leadloop.outbound.targets import Refused
from leadloop.testing.websites import Site, WebsiteFarm, make_sites

AGENT = "TestBot/2.0 (+https://example.com/bot)"


def website(port, delay=0.0, **more):
    return Website(Outside(AGENT, stand_in=("127.0.0.1", port)), Manners(delay), **more)


def site(pages, domain="acme.example"):
    return Site(domain, {}, pages)


@pytest.fixture(scope="module")
def farm():
    farm = WebsiteFarm(make_sites(120, seed=5))
    with farm.serve() as farm.port:
        yield farm


FOUND = read_playbook("b2b_calls")
FUNCTIONS = FunctionsBlock.of(FOUND.functions, FOUND.playbook)
NAMES = [column.name for column in FUNCTIONS.columns]
OF_SITES = [one.__name__ for one in FOUND.functions if set(one.reads) <= {"website_text", "description", "tech_stack"}]


def features_of(row):
    """What the playbook makes of texts."""
    cells = pl.DataFrame({name: [row.get(name)] for name in FOUND.playbook.schema.by_name}, strict=False)
    data = FOUND.playbook.schema.read(cells.cast(pl.String)).leads.data
    values = FUNCTIONS.values(data)[0]
    return {
        name: None if np.isnan(values[NAMES.index(name)]) else float(values[NAMES.index(name)]) for name in OF_SITES
    }


def test_every_site_of_the_farm_says_what_the_world_says_of_it(farm):
    asker = website(farm.port)
    for one in list(farm.sites.values())[:60]:
        facts = asker.find(Company("", one.domain)).facts
        text = facts["website_text"].value
        for sentence in str(one.truth["website_text"] or "").split(". "):
            assert sentence.strip(". ") in text
        assert "checkout" not in text, "scripts are no text"
        assert "Voice AI" not in text, "robots.txt forbids that page"
        assert facts["website_text"].source.startswith(f"http://{one.domain}/")
        if one.truth["description"]:
            assert facts["description"].value == one.truth["description"]
        told = facts["tech_stack"].value.split("; ") if "tech_stack" in facts else []
        assert sorted(told) == sorted(str(one.truth["tech_stack"] or "").split("; ")) or not one.truth["tech_stack"]
    assert farm.agents.keys() == {AGENT}


def test_the_playbooks_features_find_on_the_pages_what_they_find_in_the_text_that_models_learned_from(farm):
    assert {"site_authentication", "site_signals", "developer_resources", "voice_ai_words", "uses_a_crm"} <= set(
        OF_SITES
    )
    asker, held = website(farm.port), 0
    for one in list(farm.sites.values())[60:]:
        if one.truth["website_text"] and one.truth["description"] and one.truth["tech_stack"]:
            facts = asker.find(Company("", one.domain)).facts
            held += 1
            assert features_of({name: said.value for name, said in facts.items()}) == features_of(one.truth)
    assert held > 10


def test_a_site_is_asked_one_page_at_a_time_with_a_pause_between(farm):
    quiet = WebsiteFarm(make_sites(6, seed=9))
    with quiet.serve() as port:
        domain = max(quiet.sites, key=lambda one: len(quiet.sites[one].pages))
        website(port, delay=0.15).find(Company("", domain))
    gaps = [after - before for before, after in zip(quiet.asked_at[domain], quiet.asked_at[domain][1:], strict=False)]
    assert len(gaps) >= 2
    assert min(gaps) > 0.14
    assert quiet.most_at_once == 1
    assert quiet.pages[domain, "/robots.txt"] == 1


def test_what_robots_txt_forbids_is_not_read_and_a_site_that_forbids_all_gives_nothing():
    farm = WebsiteFarm(
        [
            site({"/robots.txt": "User-agent: testbot\nDisallow: /\n\nUser-agent: *\nAllow: /", "/": "<p>Log in</p>"}),
            site({"/": "<p>No rules at all</p>"}, "free.example"),
        ]
    )
    with farm.serve() as port:
        found = website(port).find(Company("", "acme.example"))
        assert (found.facts, found.note) == ({}, "robots.txt forbids it")
        assert farm.pages["acme.example", "/"] == 0
        assert website(port).find(Company("", "free.example")).facts["website_text"].value == "No rules at all"


def test_a_site_that_is_down_is_left_for_later_and_one_that_is_none_gives_nothing():
    farm = WebsiteFarm([site({"/robots.txt": "", "/": "<p>This domain is for sale!</p>"})], down=["down.example"])
    with farm.serve() as port:
        with pytest.raises(Unreachable):
            website(port).find(Company("", "down.example"))
        assert website(port).find(Company("", "gone.example")).facts == {}
        assert website(port).find(Company("", "acme.example")).note == "the domain is parked"


def test_an_address_that_is_private_is_refused_whatever_it_is_called():
    asker = Website(Outside(AGENT, resolver=lambda host, port: ["10.0.0.7"]), Manners(0.0))
    with pytest.raises(Refused, match="private"):
        asker.find(Company("", "intranet.example"))
    assert (
        asker.key(Company("", "127.0.0.1")) == asker.key(Company("", "localhost")) == asker.key(Company("x", "")) == ""
    )


def test_a_host_that_fails_again_and_again_is_left_alone_for_a_while():
    now, pauses = [0.0], []

    def fail(manners):
        with manners.turn("a.example"):
            raise Unreachable("a.example", [])

    manners = Manners(2.0, clock=lambda: now[0], pause=pauses.append)
    for _ in range(3):
        with pytest.raises(Unreachable):
            fail(manners)
    assert pauses == [2.0, 2.0]
    with pytest.raises(Resting) as rests:
        fail(manners)
    assert rests.value.seconds == 600
    with manners.turn("b.example"):
        pass
    now[0] = 700.0
    with manners.turn("a.example", delay=9.0):
        pass
    with manners.turn("a.example"):
        pass
    assert pauses[-1] == 9.0


def test_a_rate_is_kept_to_the_question():
    now, waited = [0.0], []
    rate = Rate(60, clock=lambda: now[0], pause=waited.append)
    for _ in range(4):
        rate.wait()
    assert waited == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", True),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: other\nUser-agent: TESTBOT\nDisallow: /", "/x", False),
        ("user-agent: *\ndisallow: /%70rivate", "/private", False),
        ("Disallow: /\nUser-agent: *\nAllow: /", "/x", True),
        ("\ufeffUser-agent: * # all\r\nDisallow: /x # this", "/x", False),
        ("<html>not found</html>", "/x", True),
    ],
)
def test_robots_txt_is_read_as_the_standard_says(rules, path, allowed):
    assert read_robots(rules, AGENT).allows(path) is allowed


def test_rules_with_many_stars_take_no_longer_than_the_path():
    rules = read_robots("User-agent: *\n" + "Disallow: /" + "*a" * 200 + "$\n" * 1, AGENT)
    began = time.perf_counter()
    assert rules.allows("/" + "a" * 1_900 + "b")
    assert time.perf_counter() - began < 0.1


def test_pages_are_read_as_a_reader_sees_them():
    page = read_page(
        "<HTML><head><title>A &amp; B</title><meta property='og:description' content='Phones'></head>"
        "<body><div>Call <b>us</b><br>now<!-- hidden --><p hidden>No <p>x</p></p>"
        "<span style='display: none'>no</span><ul><li>One<li>Two</ul><input placeholder='Password' type=password>"
        "<input type=hidden value=x><button aria-label='Sign in'></button><img alt='Our team' src='/TEAM.js'>"
        "<a href='/x?a=1&amp;b=2'>Prices <i>here</i></a> 3 < 4 &lt;b&gt;<script>if (a < b) 'no'</script>"
    )
    assert page.title == "A & B"
    assert page.lines == ("Call us", "now", "One", "Two", "Password Sign in Our team Prices here 3 < 4 <b>")
    assert page.links[0].url == "/x?a=1&b=2"
    assert page.meta == {"og:description": "Phones"}
    assert page.made_with == ("/team.js",)


def test_a_page_takes_time_in_proportion_to_its_length_whatever_is_in_it():
    pieces = ["<", ">", "</", "<!--", "-->", "<a ", "'", '"', "=", "<div>", "<script>", "x ", "&", "hidden"]
    dice = random.Random(3)
    for _ in range(40):
        text = "".join(dice.choices(pieces, k=3)) * 20_000
        began = time.process_time()
        read_page(text)
        assert time.process_time() - began < 2.5, text[:40]


def test_letters_are_read_by_what_the_page_says_of_them():
    assert decode("Grüße".encode("latin-1"), "text/html; charset=ISO-8859-1") == "Grüße"
    assert decode(b'<meta charset="windows-1252">' + "Grüße €".encode("cp1252"), "text/html").endswith("Grüße €")
    assert decode("Grüße".encode(), "text/html; charset=no-such-thing") == "Grüße"
    assert decode("Grüße".encode("cp1252"), "text/html") == "Grüße"


def test_letters_in_which_no_page_is_written_are_not_unpacked():
    began = time.process_time()
    for odd in ("punycode", "idna", "unicode_escape", "utf-7", "zlib_codec", "undefined"):
        assert decode(b"caf\xc3\xa9 " + b"a-b" * 50_000, f"text/html; charset={odd}").startswith("café ")
    assert time.process_time() - began < 0.5
    for name in ("windows-1252", "ISO-8859-1", "latin1", "cp1252"):
        assert decode(b"caf\xe9", f"text/html; charset={name}") == "café"
    assert decode("日本".encode("shift_jis"), "text/html; charset=Shift_JIS") == "日本"
    assert decode("привет".encode("koi8-r"), "text/html; charset=KOI8-R") == "привет"


def test_references_to_letters_that_there_cannot_be_are_passed_over():
    long = "9" * 5_000
    page = read_page(
        f"<title>A&#{long};</title><p title='&#x{long};'>Fish &amp; &#{long};chips &#163;5<a href='/&#{long}'>x</a>"
    )
    assert (page.title, page.lines) == ("A", ("Fish & chips £5 x",))
