import random
import time

import pytest
from tests.ingest.identity.records_for_tests import make_records, measure

from leadloop.ingest.identity import COMPANY, CONTACT, Record, match


def company(name, domain="", phone=""):
    return Record(COMPANY, name, domain=domain, phone=phone)


def contact(name, email="", phone="", domain="", firm=""):
    return Record(CONTACT, name, email, phone, domain, firm)


def groups(*records, **more):
    """The records that were found to be the same, by their places."""
    found = match(records, **more)
    held = {}
    for place, entity in enumerate(found.entity):
        held.setdefault(entity, []).append(place)
    return sorted(held.values())


def test_matches_of_records_with_known_truth_are_right_99_in_100_times_and_95_of_100_are_found(capsys):
    for seed in (2, 3):
        truth = make_records(10_000, seed)
        found = match(truth.records, company_of=truth.company_of)
        for kind in (COMPANY, CONTACT):
            precision, recall = measure(found.entity, truth, kind)
            with capsys.disabled():
                print(f"\nidentity, seed {seed}, {kind}: precision {precision:.4f}, recall {recall:.4f}")
            assert precision >= 0.99
            assert recall >= 0.95


@pytest.mark.long
def test_a_hundred_thousand_records_take_less_than_a_minute(capsys):
    truth = make_records(100_000, 5)
    begin = time.perf_counter()
    found = match(truth.records, company_of=truth.company_of)
    took = time.perf_counter() - begin
    with capsys.disabled():
        print(f"\n{len(truth.records):,} records in {took:.1f} s, {len(found.doubtful):,} doubtful")
        for kind in (COMPANY, CONTACT):
            print(kind, *(f"{share:.4f}" for share in measure(found.entity, truth, kind)))
    assert took < 60
    for kind in (COMPANY, CONTACT):
        precision, recall = measure(found.entity, truth, kind)
        assert precision >= 0.99
        assert recall >= 0.95


def test_one_company_is_known_by_domain_by_name_and_by_a_mistyped_name():
    acme = company("Acme Robotics GmbH", "www.acme-robotics.com")
    others = (company("ACME ROBOTICS"), company("Acme Robotcis"), company("AcmeRobotics, GmbH"))
    assert groups(acme, *others) == [[0, 1, 2, 3]]


def test_sisters_of_one_house_and_names_a_word_apart_are_not_one_company():
    assert groups(company("Acme Foods", "a.com"), company("Acme Motors", "b.com")) == [[0], [1]]
    assert groups(company("Kestrel Health"), company("Kestrel Wealth")) == [[0], [1]]
    assert groups(company("Acme", "acme.com"), company("Acme Germany GmbH", "acme.de")) == [[0], [1]]


def test_free_mail_joins_nobody():
    assert groups(company("Orchard Dental", "pat@gmail.com"), company("Harbor Lane", "gmail.com")) == [[0], [1]]


def test_a_name_that_two_companies_have_is_for_a_person_to_say():
    records = (
        company("Apex Systems", "apex-systems.com"),
        company("Apex Systems", "apexhq.net"),
        company("Apex Systems"),
    )
    found = match(records)
    assert len(set(found.entity)) == 3
    assert {(pair.one, pair.other) for pair in found.doubtful} == {(0, 2), (1, 2)}


def test_people_are_known_by_address_by_number_and_by_name_within_a_company():
    jane = contact("Jane Miller", "jane@acme.com", "+1 415 234 9876")
    same = (
        contact("Miller, Jane", "jane@acme.com"),
        contact("Jane Miller", "", "(415) 234-9876", "", "Zenith"),  # she moved, and kept her telephone
        contact("Jane A. Miller", "jmiller@acme.com"),
        contact("J. Miller", "", "", "acme.com"),
    )
    assert groups(jane, *same) == [[0, 1, 2, 3, 4]]


def test_people_of_one_name_at_two_companies_and_two_at_one_switchboard_are_not_the_same():
    assert groups(contact("Jane Miller", "jane@acme.com"), contact("Jane Miller", "jane@zenith.com")) == [[0], [1]]
    assert groups(contact("Jane Miller", "", "4152349876"), contact("Bob Stone", "", "4152349876")) == [[0], [1]]
    assert groups(contact("Jane Miller", "info@acme.com"), contact("Bob Stone", "info@acme.com")) == [[0], [1]]
    assert groups(contact("Jane Miller", "jane.miller@acme.com"), contact("June Miller", "june@acme.com")) == [[0], [1]]


def test_numbered_addresses_of_one_name_are_for_a_person_to_say():
    found = match((contact("John Smith", "john.smith@acme.com"), contact("John Smith", "john.smith2@acme.com")))
    assert len(set(found.entity)) == 2
    assert found.doubtful[0].judgement.reasons == ("the same name", "the same company's domain", "numbered addresses")


def test_people_are_matched_within_a_company_that_is_known_by_two_names():
    records = (
        company("Acme Robotics", "acme.com"),
        contact("Jane Miller", "jane@acme.com"),
        company("Acme Robotics"),
        contact("Jane Miller", firm="Acme Robotics"),
    )
    assert groups(*records, company_of=(-1, 0, -1, 2)) == [[0, 2], [1, 3]]


def test_what_was_found_before_stays_and_what_a_person_told_apart_is_not_joined():
    one, other = company("Acme", "acme.com"), company("ACME Inc", "acme.com")
    assert groups(one, other) == [[0, 1]]
    assert groups(one, other, known=(7, 8), apart={frozenset((7, 8))}) == [[0], [1]]
    assert groups(company("Acme"), company("Zenith"), known=(7, 7)) == [[0, 1]]


def test_every_merge_says_why_and_names_nobody():
    found = match(make_records(1_000, 4).records)
    said = {reason for pair in (*found.merges, *found.doubtful) for reason in pair.judgement.reasons}
    assert all(pair.judgement.reasons for pair in found.merges)
    assert not any("@" in reason or any(map(str.isdigit, reason)) for reason in said)


def test_the_order_of_records_hardly_matters():
    truth = make_records(3_000, 6)
    places = [place for place, record in enumerate(truth.records) if record.kind == COMPANY]
    straight = match([truth.records[place] for place in places])
    random.Random(1).shuffle(places)
    turned = match([truth.records[place] for place in places])
    assert abs(len(set(straight.entity)) - len(set(turned.entity))) <= 0.01 * len(set(straight.entity))


def test_records_of_which_nothing_is_known_are_nobodys():
    assert groups(company(""), company(""), contact(""), contact("")) == [[0], [1], [2], [3]]


def test_one_crafted_record_joins_no_two_companies_that_have_domains_of_their_own():
    northwind, kestrel = (
        company("Northwind LLC", "northwind.com", "+1 650 253 0000"),
        company("Kestrel Inc.", "kestrel.com", "+1 408 996 1010"),
    )
    for name, domain, phone in (
        ("Northwind", "kestrel.com", "+1 650 253 0000"),
        ("Kestrel", "northwind.com", "+1 408 996 1010"),
        ("Northwind Kestrel", "northwind.com", "+1 408 996 1010"),
        ("Northwind", "", "+1 408 996 1010"),
        ("Kestrel", "", ""),
        ("Northwnd", "kestrel.com", ""),
    ):
        crafted = company(name, domain, phone)
        for records in ((northwind, kestrel, crafted), (crafted, northwind, kestrel), (northwind, crafted, kestrel)):
            places = [records.index(northwind), records.index(kestrel)]
            entity = match(records).entity
            assert entity[places[0]] != entity[places[1]], (name, domain, phone)


def test_a_name_as_long_as_a_form_allows_takes_no_longer_than_a_name():
    began = time.process_time()
    match([company(f"{word} " * 20_000) for word in ("a1", "b1", "a1 b1")] + [contact("ab " * 20_000, "a@b.example")])
    match([company("abcde" * 13_000 + end) for end in ("x", "y")])
    assert time.process_time() - began < 1.0
