import csv
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.calls.calls_for_tests import OWN, read_lines, read_people

from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.ingest.calls import Call, OwnCompany
from leadloop.ingest.calls.company import find_company
from leadloop.ingest.calls.title import read_title


@pytest.mark.parametrize(("part", "titles"), [("built", 158), ("kept", 102)])
def test_of_labelled_titles_at_least_95_in_100_name_the_right_company(part, titles, capsys):
    """The rules were built on one part. The other was written down before and looked at once: 99 of 102 were right then."""
    wrong = []
    rows = list(read_lines("titles.tsv", part))
    for _, title, people, company in rows:
        found = find_company(Call("c", title, attendees=read_people(people)), OWN)
        name = "" if found.not_a_lead else found.company.name
        if name.casefold() != company.casefold():
            wrong.append((title, company, name))
    with capsys.disabled():
        print(f"\ncompany names, {part}: {len(rows) - len(wrong)} of {len(rows)} titles")
    assert len(rows) == titles
    assert 1 - len(wrong) / len(rows) >= 0.95, wrong


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Acme <> Us", ("Acme",)),
        ("Müller & Söhne GmbH <> Us - Kennenlernen", ("Müller & Söhne GmbH",)),
        ("Call with Jane Miller of Acme", ("Acme",)),
        ("Weekly sync", ()),
    ],
)
def test_a_title_is_read_where_nothing_is_known_of_us(title, names):
    assert read_title(title, OwnCompany()).names == names


def test_what_says_that_it_was_internal_or_that_somebody_is_to_be_hired_is_told():
    assert read_title("Internal: Acme account plan", OWN).internal
    assert read_title("Interview: Jane Miller", OWN).internal
    assert not read_title("Acme <> Dialtone", OWN).internal


def test_names_of_those_invited_are_no_companies():
    assert read_title("Quillon Brask / Vera", OWN, ["Quillon Brask"]).names == ()


@settings(max_examples=50)
@given(st.text(max_size=400))
def test_any_text_is_read_and_what_is_found_stands_in_it(title):
    for name in read_title(title, OWN).names:
        assert name.strip() == name != ""
        assert name.split()[0].casefold()[:1] in title.casefold()


@settings(max_examples=50)
@given(st.text(alphabet="Aa <>/-|:&,.()[]x1@", max_size=300))
def test_marks_in_any_order_are_no_trouble(title):
    read_title(title, OWN)


def test_a_title_that_never_ends_takes_no_longer_than_a_long_one():
    begin = time.perf_counter()
    read_title("Acme - " * 200_000, OWN)
    read_title("(" * 200_000 + "Acme" + ")" * 200_000, OWN)
    assert time.perf_counter() - begin < 2


def test_the_titles_of_the_packaged_playbooks_own_leads_name_their_companies():
    found = read_playbook("b2b_calls")
    with (found.folder / "sample.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["call_title"], row["company_name"]) for row in csv.DictReader(file)]
    wrong = [row for row in rows if read_title(row[0], OwnCompany()).names[:1] != (row[1],)]
    assert len(rows) == 400
    assert wrong == []
