from leadloop.ingest.calls import OwnCompany, Person


def test_we_are_known_by_domains_and_those_under_them_and_by_people_that_are_named():
    own = OwnCompany(domains=("www.Dialtone.example",), people=("Ann Lee", "ann@gmail.com"))
    assert own.has(Person("x@eu.dialtone.example"))
    assert own.has(Person("ann@gmail.com"))
    assert own.has(Person("", "ann  lee"))
    assert not own.has(Person("x@notdialtone.example"))
    assert not own.has(Person("", ""))
    assert not OwnCompany().is_known
