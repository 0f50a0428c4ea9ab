from time import perf_counter

import polars as pl
import pytest

from leadloop.features.block import Block
from leadloop.features.contact import EmailBlock, PhoneBlock, UrlBlock, split_email
from leadloop.features.mail_domains import DISPOSABLE, FREE_MAIL


def told(block: Block, cell: str | None) -> dict[str, float | None]:
    field = block.reads[0]
    data = pl.DataFrame({field: [cell]}, schema={field: pl.String})
    row = [None if value != value else value for value in block.values(data)[0].tolist()]
    return {held.name.removeprefix(f"{field} "): value for held, value in zip(block.columns, row, strict=True)}


EMAIL, PHONE, URL = EmailBlock("email"), PhoneBlock("phone"), UrlBlock("site")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("jane@gmail.com", "is free mail"),
        ("jane@yahoo.co.uk", "is free mail"),
        ("jane@hotmail.fr", "is free mail"),
        ("jane@mail.163.com", "is free mail"),
        ("Jane@QQ.com ", "is free mail"),
        ("x@mailinator.com", "is disposable"),
        ("x@sub.mailinator.net", "is disposable"),
        ("jane@cs.mit.edu", "is of education"),
        ("jane@ox.ac.uk", "is of education"),
        ("jane@students.unimelb.edu.au", "is of education"),
        ("jane@uni-koeln.de", "is of education"),
        ("jane@dot.ca.gov", "is of government"),
        ("jane@service.gov.uk", "is of government"),
        ("jane@meti.go.jp", "is of government"),
        ("jane@ec.europa.eu", "is of government"),
        ("jane@acme.com", "is of business"),
        ("jane@gmail.com.acme.io", "is of business"),
        ("jane@notgmail.com", "is of business"),
        ("jane@go.com", "is of business"),
        ("jane@müller.de", "is of business"),
        ("jane@yahoo-consulting.com", "is of business"),
    ],
)
def test_an_address_is_of_exactly_one_kind(address, kind):
    kinds = ("is free mail", "is disposable", "is of education", "is of government", "is of business")
    flags = told(EMAIL, address)
    assert {name: flags[name] for name in kinds} == {name: float(name == kind) for name in kinds}


@pytest.mark.parametrize(
    "address",
    [
        "jane",
        "jane@",
        "@acme.com",
        "jane@acme",
        "jane@acme..com",
        "jane doe@acme.com",
        "jane@-acme.com",
        ".j@acme.com",
        "j..d@acme.com",
        "jane@10.0.0.1",
        "jane@acme.c",
        "a@b@",
        f"{'j' * 65}@acme.com",
        f"j@{'a' * 64}.com",
        "n/a",
        "@",
    ],
)
def test_a_malformed_address_is_given_and_of_no_kind(address):
    flags = told(EMAIL, address)
    assert (flags.pop("is given"), flags.pop("is well formed")) == (1.0, 0.0)
    assert set(flags.values()) == {None}


def test_a_missing_cell_is_not_given_and_all_else_is_unknown():
    for block in (EMAIL, PHONE, URL):
        flags = told(block, None)
        assert flags.pop("is given") == 0.0
        assert set(flags.values()) == {None}


@pytest.mark.parametrize(
    ("name", "role", "person", "digits"),
    [
        ("info", 1, 0, 0),
        ("sales-emea", 1, 0, 0),
        ("no-reply", 1, 0, 0),
        ("support2", 1, 0, 1),
        ("jane.doe", 0, 1, 0),
        ("j.doe", 0, 1, 0),
        ("jane_doe82", 0, 1, 1),
        ("jane.doe+crm", 0, 1, 0),
        ("jane", 0, 0, 0),
        ("xk42q", 0, 0, 1),
        ("a.b", 0, 0, 0),
    ],
)
def test_the_name_before_the_at_is_a_role_a_person_or_neither(name, role, person, digits):
    flags = told(EMAIL, f"{name}@acme.com")
    assert (flags["names a role"], flags["names a person"], flags["has digits"]) == (role, person, digits)


def test_the_lists_of_providers_are_long_clean_and_apart():
    assert len(FREE_MAIL) >= 150
    assert len(DISPOSABLE) >= 100
    assert not FREE_MAIL & DISPOSABLE
    for domain in FREE_MAIL | DISPOSABLE:
        assert split_email(f"x@{domain.replace('*', 'com')}")[1], domain


def test_a_saved_block_keeps_the_lists_that_it_was_trained_with():
    old = EmailBlock("email", frozenset({"gmail.com"}), frozenset())
    again = EmailBlock.from_state(old.state())
    assert told(again, "x@gmail.com")["is free mail"] == 1.0
    assert told(again, "x@hotmail.com")["is free mail"] == 0.0


@pytest.mark.parametrize(
    ("phone", "plausible", "prefix", "made_up"),
    [
        ("+44 20 7946 0958", 1, 1, 0),
        ("(415) 555-2671", 1, 0, 0),
        ("0049 (0) 30 901820", 1, 1, 0),
        ("(+49) 30 901820", 1, 1, 0),
        ("tel:+1-415-555-2671", 1, 1, 0),
        ("415.555.2671 ext. 12", 1, 0, 0),
        ("000-0000", 1, 1, 1),
        ("123 4567 890", 1, 0, 1),
        ("999999999", 1, 0, 1),
        ("12345", 0, 0, 0),
        ("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6", 0, 0, 1),
        ("call me", 0, 0, 0),
        ("30 90 18 20 or mobile", 0, 0, 0),
        ("+49 30 + 901820", 0, 1, 0),
    ],
)
def test_a_phone_number_is_judged_by_its_digits(phone, plausible, prefix, made_up):
    flags = told(PHONE, phone)
    assert (flags["is plausible"], flags["has a country code"], flags["looks made up"]) == (plausible, prefix, made_up)


@pytest.mark.parametrize(
    ("url", "path", "com", "org", "country"),
    [
        ("https://acme.com", 0, 1, 0, 0),
        ("acme.com/", 0, 1, 0, 0),
        ("HTTP://WWW.ACME.CO.UK/about?x=1", 1, 0, 0, 1),
        ("https://user:pass@acme.org:8080/a#b", 1, 0, 1, 0),
        ("acme.io", 0, 0, 0, 0),
        ("acme.de?utm=1", 1, 0, 0, 1),
        ("münchen.de", 0, 0, 0, 1),
    ],
)
def test_a_web_address_is_told_by_its_path_and_top_level_domain(url, path, com, org, country):
    flags = told(URL, url)
    assert flags["is well formed"] == 1.0
    assert [flags[name] for name in ("has a path", "is .com", "is .org", "is of a country")] == [
        path,
        com,
        org,
        country,
    ]


@pytest.mark.parametrize(
    "url", ["acme", "http://", "ftp://acme.com", "http://10.0.0.1/", "acme .com", "n/a", "http://a..b"]
)
def test_a_malformed_web_address_is_given_and_all_else_is_unknown(url):
    flags = told(URL, url)
    assert (flags["is given"], flags["is well formed"], flags["has a path"]) == (1.0, 0.0, None)


@pytest.mark.parametrize("piece", ["a", "@", ".", "a.", "a@", "0", "x1", "+", "://", " ", "-"])
def test_hostile_cells_take_no_time(piece):
    cell = piece * (100_000 // len(piece))
    start = perf_counter()
    for block in (EMAIL, PHONE, URL):
        told(block, cell)
    assert perf_counter() - start < 0.5
