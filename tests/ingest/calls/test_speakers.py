import time

from tests.ingest.calls.calls_for_tests import JANE, OWN, VERA, make_call

from leadloop.ingest.calls import OwnCompany, Person
from leadloop.ingest.calls.speakers import tell_speakers


def sides(*lines, own=OWN, ours=(VERA,), others=(JANE,)):
    found = tell_speakers(make_call(*lines), own, ours, others)
    return dict(found.side)


def test_speakers_are_known_by_the_names_and_addresses_of_those_invited():
    assert sides("Vera Stone: Hi.", "Jane Miller: Hello.") == {"Vera Stone": "ours", "Jane Miller": "theirs"}
    assert sides("Vera: Hi.", "J Miller: Hello.", others=(Person("jmiller@acme.example", "J Miller"),)) == {
        "Vera": "ours",
        "J Miller": "theirs",
    }


def test_a_guest_whom_nobody_had_invited_is_theirs_once_one_of_ours_is_known():
    assert sides("Vera Stone: Hi.", "Quentin Ash: Hello.")["Quentin Ash"] == "theirs"


def test_where_nobody_is_known_nobody_is_guessed():
    assert sides("Ann: Hi.", "Bob: Hello.", own=OwnCompany(), ours=(), others=()) == {"Ann": "", "Bob": ""}
    assert sides("Vera Stone: Hi.", "Speaker 2: Hello.")["Speaker 2"] == ""


def test_roles_in_place_of_names_are_understood():
    assert sides("AE: Hi.", "Prospect: Hello.", ours=(), others=()) == {"AE": "ours", "Prospect": "theirs"}


def test_two_with_one_first_name_are_not_mixed_up():
    two = (Person("ann@acme.example", "Ann Lee"), Person("ann.roe@acme.example", "Ann Roe"))
    found = tell_speakers(make_call("Ann: Hi.", "Ann Roe: Hello."), OwnCompany(), (), two)
    assert dict(found.side) == {"Ann": "", "Ann Roe": "theirs"}


def test_contacts_get_the_names_under_which_they_spoke_and_who_spoke_most_is_first():
    found = tell_speakers(
        make_call("Omar Pratt: Hi.", "Vera Stone: Hello, this is longer.", "Jane Miller: Well."),
        OWN,
        (Person("omar@dialtone.example"), VERA),
        (JANE,),
    )
    assert [one.name for one in found.ours] == ["Vera Stone", "Omar Pratt"]
    assert found.contacts == (Person("jane.miller@acme.example", "Jane Miller"),)


def test_a_call_of_thousands_is_read_in_time():
    guests = tuple(Person(f"p{n}.miller@acme.example", f"P{n} Miller") for n in range(3_000))
    began = time.process_time()
    found = sides("Vera Stone: Hi.", *(f"Guest{n} Miller: Hello." for n in range(3_000)), others=guests)
    assert time.process_time() - began < 2.0
    assert (found["Vera Stone"], found["Guest7 Miller"]) == ("ours", "theirs")
    found = sides("Vera Stone: Hi.", "P2 Miller: Hello.", "pmiller: Hi.", others=guests)
    assert found["P2 Miller"] == "theirs"
