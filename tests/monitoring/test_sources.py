"""Sources that say the opposite of all others are found, and a change among buyers is not taken for one."""

import numpy as np
import pytest

from leadloop.monitoring.sources import doubt_sources

often = pytest.mark.parametrize("tries", [4, pytest.param(100, marks=pytest.mark.long)])


def world(seed, count=900, share=0.3, flip=None, strength=1.2, after=None):
    """Leads of three sources with what a version says of them; one source may tell the opposite."""
    draw = np.random.default_rng(seed)
    sources = np.where(draw.random(count) < share, "partner", np.where(draw.random(count) < 0.5, "crm", "form"))
    margin = draw.normal(scale=strength * 1.5, size=count) - 0.5
    positive = (draw.random(count) < 1 / (1 + np.exp(-margin))).astype(float)
    if after is not None:  # what made leads win before does so no more, whoever tells of them
        positive = (draw.random(count) < 1 / (1 + np.exp(-after * margin))).astype(float)
    if flip:
        positive = np.where(sources == flip, 1 - positive, positive)
    return list(sources), positive, 1 / (1 + np.exp(-margin))


def names(found):
    return [one.source for one in found]


@often
def test_a_source_that_tells_the_opposite_is_found_every_time(tries):
    assert [names(doubt_sources(*world(seed, flip="partner"), seed=seed)) for seed in range(tries)] == [
        ["partner"]
    ] * tries


@often
def test_where_all_tell_the_truth_none_is_doubted(tries):
    assert [doubt_sources(*world(seed), seed=seed) for seed in range(tries)] == [()] * tries


@pytest.mark.parametrize("after", [0.0, -0.5, -1.0])
def test_when_buyers_change_for_all_sources_none_is_doubted(after):
    assert [doubt_sources(*world(seed, after=after), seed=seed) for seed in range(3)] == [()] * 3


def test_whoever_tells_most_of_what_is_known_is_not_the_one_out_of_line():
    sources, positive, said = world(1, share=0.8, flip="partner")
    assert "partner" not in names(doubt_sources(sources, positive, said, seed=1))


def test_of_few_leads_nothing_is_said():
    sources, positive, said = world(2, count=60, flip="partner")
    assert doubt_sources(sources, positive, said, seed=1) == ()


def test_of_one_source_alone_nothing_can_be_said():
    _, positive, said = world(3)
    assert doubt_sources(["crm"] * len(said), 1 - positive, said, seed=1) == ()
