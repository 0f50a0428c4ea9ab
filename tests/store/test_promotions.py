from datetime import timedelta

import pytest
from tests.store.stores_for_tests import START

from leadloop.errors import StoreConflict, StoreError
from leadloop.store import ModelMetrics


def promote(store, version, **more):
    return store.promotions.promote("b2b", "champion", version, who="ada", why="better", **more)


def test_a_promotion_its_record_and_its_row_in_the_audit_log_come_together(store, clock):
    promote(store, "v1", evidence={"auc": 0.8})
    clock.go(days=1)
    promote(store, "v2", policy="abc")
    alias = store.promotions.alias("b2b", "champion")
    assert (alias.model_version, alias.policy, alias.since) == ("v2", "abc", START + timedelta(days=1))
    first, second = store.promotions.page("b2b", alias="champion").items
    assert (first.model_version, first.previous, first.evidence) == ("v1", None, {"auc": 0.8})
    assert (second.model_version, second.previous, second.who, second.why) == ("v2", "v1", "ada", "better")
    assert [(row.action, row.details["version"]) for row in store.audit.page().items] == [
        ("promote", "v1"),
        ("promote", "v2"),
    ]


def test_rolling_back_goes_one_promotion_back_each_time(store):
    for version, policy in (("v1", "p1"), ("v2", ""), ("v3", "")):
        promote(store, version, policy=policy)
    back = [store.promotions.roll_back("b2b", "champion", who="ada", why="worse").model_version for _ in range(2)]
    assert back == ["v2", "v1"]
    assert store.promotions.alias("b2b", "champion").policy == "p1"
    with pytest.raises(StoreError, match="nothing before"):
        store.promotions.roll_back("b2b", "champion", who="ada", why="worse")
    assert store.promotions.alias("b2b", "champion").model_version == "v1"


def test_a_name_can_stand_for_nothing_again(store):
    store.promotions.promote("b2b", "challenger", "v2", who="ada", why="try")
    store.promotions.clear("b2b", "challenger", who="ada", why="lost")
    assert store.promotions.aliases("b2b") == ()
    with pytest.raises(StoreError):
        store.promotions.clear("b2b", "challenger", who="ada", why="lost")
    with pytest.raises(StoreError, match="nothing before"):
        store.promotions.roll_back("b2b", "challenger", who="ada", why="?")


def test_who_compared_with_what_no_longer_serves_is_told_so(store):
    promote(store, "v1", instead_of="")
    with pytest.raises(StoreConflict, match="meanwhile"):
        promote(store, "v2", instead_of="")
    promote(store, "v2", instead_of="v1")
    assert store.promotions.alias("b2b", "champion").model_version == "v2"
    assert len(store.audit.page().items) == 2


def test_metrics_say_which_version_serves(store, clock):
    for version in ("v1", "v2"):
        store.metrics.record("b2b", ModelMetrics(version, "xgboost", precision=0.5, training_samples=1_000))
    store.metrics.activate("b2b", "v1")
    clock.go(days=1)
    store.metrics.activate("b2b", "v2")
    store.metrics.record("b2b", ModelMetrics("v2", "xgboost", precision=0.6))
    second, first = store.metrics.page("b2b").items
    assert (first.is_active, first.deployed_at, first.precision, first.training_samples) == (False, START, 0.5, 1_000)
    assert (second.is_active, second.deployed_at, second.precision) == (True, START + timedelta(days=1), 0.6)
    assert (second.created_at, second.updated_at) == (START, START + timedelta(days=1))
    with pytest.raises(StoreError, match="v9"):
        store.metrics.activate("b2b", "v9")
    assert store.metrics.of_version("b2b", "v2")[0].is_active


def test_what_a_name_goes_back_to_and_what_it_stood_for_at_a_moment_can_be_asked(store, clock):
    assert store.promotions.stack("b2b", "champion") == ()
    for version in ("v1", "v2", "v3"):
        promote(store, version)
        clock.go(days=1)
    store.promotions.roll_back("b2b", "champion", who="ada", why="worse")
    assert store.promotions.stack("b2b", "champion") == ("v2", "v1")
    stood = [
        store.promotions.at("b2b", "champion", START + timedelta(days=days)) for days in (-1, 0, 0.9, 1, 2.5, 3, 99)
    ]
    assert [record and record.model_version for record in stood] == [None, "v1", "v1", "v2", "v3", "v2", "v2"]
    assert store.promotions.at("b2b", "challenger", START + timedelta(days=9)) is None
    with pytest.raises(StoreError, match="no zone"):
        store.promotions.at("b2b", "champion", START.replace(tzinfo=None))
