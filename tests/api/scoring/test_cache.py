"""The cache: for its time, and no more than it may hold."""

from leadloop.api.scoring.cache import TimedCache


def make(seconds=300.0, most=3):
    now = [0.0]
    return TimedCache(seconds=seconds, most=most, clock=lambda: now[0]), now


def test_a_value_is_kept_for_its_time_and_then_forgotten():
    cache, now = make()
    cache.put("a", 1)
    now[0] = 299.9
    assert cache.get("a") == 1
    now[0] = 300.0
    assert cache.get("a") is None
    assert len(cache) == 0


def test_asking_again_does_not_prolong_the_time():
    cache, now = make()
    cache.put("a", 1)
    now[0] = 200.0
    assert cache.get("a") == 1
    now[0] = 301.0
    assert cache.get("a") is None


def test_what_was_unused_for_longest_goes_first():
    cache, _ = make()
    for name in "abc":
        cache.put(name, name)
    cache.get("a")
    cache.put("d", "d")
    assert [cache.get(name) for name in "abcd"] == ["a", None, "c", "d"]


def test_no_time_or_no_room_keeps_nothing():
    for cache, _ in (make(seconds=0), make(most=0)):
        cache.put("a", 1)
        assert cache.get("a") is None
        assert not cache.is_on
