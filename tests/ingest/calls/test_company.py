import pytest
from tests.ingest.calls.calls_for_tests import JANE, OWN, VERA, make_call

from leadloop.ingest.calls import Person
from leadloop.ingest.calls.company import find_company


def company(title, *people, **more):
    found = find_company(make_call(title=title, people=people, **more), OWN)
    return found.company.name, found.company.domain, found.company.said_by


def test_the_domains_of_those_invited_come_before_the_title_which_may_write_the_name_better():
    assert company("Globex <> Dialtone", VERA, JANE) == ("Acme", "acme.example", "attendees")
    assert company("Acme Robotics demo", VERA, Person("jo@acme-robotics.example")) == (
        "Acme Robotics",
        "acme-robotics.example",
        "title",
    )


def test_of_several_companies_the_one_with_the_most_people_is_meant():
    two = (Person("a@fjord.example"), Person("b@fjord.example"))
    assert company("Intro", VERA, JANE, *two)[1] == "fjord.example"
    assert company("Intro with Acme", VERA, JANE, two[0])[1] == "acme.example"


def test_free_mail_says_nothing_of_a_company_and_the_title_is_asked():
    assert company("Orchard Dental intro", VERA, Person("pat@gmail.com")) == ("Orchard Dental", "", "title")


def test_a_line_of_the_notes_names_a_company_that_nothing_else_names():
    said = "Summary of the call\nCompany: Orchard Dental Ltd\nThey want a demo."
    assert company("Intro", VERA, Person("pat@gmail.com"), summary=said) == ("Orchard Dental Ltd", "", "summary")


@pytest.mark.parametrize(
    ("title", "people", "because"),
    [
        ("Acme strategy", (VERA, Person("omar@dialtone.example")), "only our own people were invited"),
        ("Internal: Acme", (), "the title says that it was internal"),
        ("Weekly sync", (), "neither the title nor those invited name another company"),
    ],
)
def test_a_call_without_another_company_makes_no_lead_and_says_why(title, people, because):
    assert find_company(make_call(title=title, people=people), OWN).not_a_lead == because


def test_somebody_outside_without_a_company_makes_a_lead_of_no_company():
    found = find_company(make_call(title="Catch up", people=(VERA, Person("pat@gmail.com"))), OWN)
    assert (found.not_a_lead, found.company.name) == ("", "")


def test_robots_that_take_notes_are_nobody():
    found = find_company(make_call(title="Intro", people=(VERA, Person("notetaker@recorder.example"))), OWN)
    assert found.not_a_lead == "only our own people were invited"
