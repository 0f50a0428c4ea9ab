import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.ingest.identity.domains import company_domain
from leadloop.ingest.identity.legal_forms import has_form, without_form
from leadloop.ingest.identity.names import likeness_of_companies, likeness_of_people
from leadloop.ingest.identity.phones import phone_key


@settings(max_examples=60)
@given(st.text(max_size=60), st.text(max_size=60))
def test_names_are_as_alike_one_way_as_the_other(one, other):
    for likeness in (likeness_of_companies, likeness_of_people):
        assert likeness(one, other) == likeness(other, one)
        assert 0 <= likeness(one, other) <= 1


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Acme GmbH & Co. KG", "Acme"),
        ("Grupo Marisol S.A. de C.V.", "Grupo Marisol"),
        ("Zielony Dom Sp. z o.o.", "Zielony Dom"),
        ("Havblik ApS", "Havblik"),
        ("AG", "AG"),
        ("", ""),
    ],
)
def test_a_legal_form_is_taken_off_the_end(name, bare):
    assert without_form(name) == bare
    assert has_form(name) == (bare != name)


def test_where_anybody_may_have_a_page_the_domain_is_nobodys():
    assert company_domain("acme.wixsite.com") == ""
    assert company_domain("https://linkedin.com/company/acme") == ""
    assert company_domain("jane@yahoo.co.uk") == ""
    assert company_domain("not a domain") == ""
    assert company_domain("ops@mail.acme.co.uk") == "acme.co.uk"


def test_placeholders_are_no_numbers():
    assert [phone_key(text) for text in ("0000000000", "123-4567", "n/a", "1234567890", "555")] == [""] * 5
    assert phone_key("+1 (415) 234-9876 ext. 12") == phone_key("415.234.9876")
