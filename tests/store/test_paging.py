import pytest
from tests.store.stores_for_tests import START

from leadloop.errors import StoreError
from leadloop.store import Event, ModelMetrics


def add(store, *numbers):
    store.events.add("b2b", [Event(f"k{number}", "L-1", "opened", START) for number in numbers])


def test_pages_follow_each_other_without_a_gap_or_a_repetition(store):
    add(store, *range(7))
    seen, after = [], None
    while True:
        page = store.events.page("b2b", after=after, limit=3)
        seen += [event.key for event in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == [f"k{number}" for number in range(7)]


def test_a_mark_stays_good_while_rows_come_and_go(store, clock):
    add(store, 1, 2)
    page = store.events.page("b2b", limit=1)
    clock.go(days=1)
    add(store, 3)
    store.forget_older_than("events", clock(), who="ada")
    add(store, 4)
    assert [event.key for event in store.events.page("b2b", after=page.next).items] == ["k3", "k4"]


def test_some_listings_show_the_newest_first(store):
    for number in range(5):
        store.metrics.record("b2b", ModelMetrics(f"v{number}", "xgboost"))
    first = store.metrics.page("b2b", limit=2)
    rest = store.metrics.page("b2b", limit=9, after=first.next)
    assert [row.model_version for row in first.items + rest.items] == ["v4", "v3", "v2", "v1", "v0"]


@pytest.mark.parametrize(
    "mark", ["", "x", "?", "W10", "bnVsbA", "WyJldmVudHMiLCAiYSJd", "WyJldmVudHMiLCB0cnVlXQ", "é" * 9]
)
def test_a_mark_that_is_none_is_refused(store, mark):
    with pytest.raises(StoreError, match="mark"):
        store.events.page("b2b", after=mark)


def test_the_mark_of_another_listing_is_refused(store):
    add(store, 1, 2)
    mark = store.events.page("b2b", limit=1).next
    with pytest.raises(StoreError, match="mark"):
        store.jobs.page(after=mark)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_page_has_some_rows_and_not_too_many(store, limit):
    with pytest.raises(StoreError, match="limit"):
        store.events.page("b2b", limit=limit)
