"""Matching many records at once: which are of the same company or person, why, and what a person should look at.

Only records that share a key (an address, a number, a domain, a name, the beginning or end of a name) are ever compared, so that
a hundred thousand take seconds. What is surest is settled first; what rests on a name alone waits until everything else is known,
and is not settled at all where two others have that name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import cdist

from leadloop.ingest.identity.compare import DOUBTFUL, SAME, Judgement, compare
from leadloop.ingest.identity.names import company_words
from leadloop.ingest.identity.record import COMPANY, CONTACT, Profile, Record, keys_of, name_blocks, profile_of

_MOST_IN_BLOCK = 60
"""Of more than so many under one key the first are compared: such a key (a switchboard, a placeholder) tells little."""
_AT_ONCE = 2_000
_MISTAKES = 2
_LONG_ENOUGH = 5

Tick = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, by their places, and what was found when their companies or people were compared."""

    one: int
    other: int
    judgement: Judgement


@dataclass(frozen=True)
class Matching:
    """Which records are of the same company or person."""

    entity: tuple[int, ...]
    """For each record the place of the first record of the same one."""
    merges: tuple[Pair, ...]
    """What was merged, in order, each with its reasons."""
    doubtful: tuple[Pair, ...]
    """What may be the same and was not merged: for a person to say."""


def match(
    records: Sequence[Record],
    *,
    company_of: Sequence[int] = (),
    known: Sequence[int] = (),
    apart: Set[frozenset[int]] = frozenset(),
    tick: Tick = lambda stage: None,
) -> Matching:
    """Say which records are of the same company or person.

    `company_of` says for each record which other one is its company (below 0: none): people are then matched within a company
    that is known by several names or domains. `known` numbers what was found before: records of one number stay together, and
    `apart` are pairs of numbers of which a person said that they are not the same.

    >>> found = match(
    ...     [Record("company", "Acme Inc", domain="acme.com"), Record("company", "Acme"), Record("company", "Zenith")]
    ... )
    >>> found.entity, [pair.judgement.reasons for pair in found.merges]
    ((0, 0, 2), [('the same name',)])
    """
    clusters = _Clusters([profile_of(record) for record in records], known, apart)
    companies = [place for place, record in enumerate(records) if record.kind == COMPANY]
    contacts = [place for place, record in enumerate(records) if record.kind == CONTACT]
    if companies:
        tick("matching companies")
        _match_companies(clusters, records, companies)
    if contacts:
        tick("matching people")
        if company_of:
            _tell_companies(clusters, contacts, company_of)
        _match_contacts(clusters, records, contacts, company_of)
    tick("done")
    return clusters.matching()


class _Clusters:
    """Records that were found to be the same, with what they say together."""

    def __init__(self, profiles: list[Profile], known: Sequence[int], apart: Set[frozenset[int]]) -> None:
        self.profiles = profiles
        self._parent = list(range(len(profiles)))
        self._merges: list[Pair] = []
        self._doubtful: dict[tuple[int, int], Pair] = {}
        self._not_with: dict[int, set[int]] = defaultdict(set)
        for one, other in map(tuple, apart):
            self._not_with[one].add(other)
            self._not_with[other].add(one)
        self._numbers: dict[int, set[int]] = {}
        first: dict[int, int] = {}
        for place, number in enumerate(known):
            if number in first:
                self._join(first[number], place)
            else:
                first[number] = place
                self._numbers[place] = {number}

    def root(self, place: int) -> int:
        parent = self._parent
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    def roots(self, places: Iterable[int]) -> list[int]:
        """The clusters of some records, each once, the first first."""
        return list(dict.fromkeys(self.root(place) for place in places))

    def profile(self, root: int) -> Profile:
        return self.profiles[root]

    def merge(self, one: int, other: int, judgement: Judgement) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        if first == second or self._are_apart(first, second):
            return
        self._join(first, second)
        self._merges.append(Pair(first, second, judgement))

    def _join(self, first: int, second: int) -> None:
        self._parent[second] = first
        self.profiles[first] = self.profiles[first].join(self.profiles[second])
        if second in self._numbers:
            self._numbers[first] = self._numbers.get(first, set()) | self._numbers.pop(second)

    def _are_apart(self, one: int, other: int) -> bool:
        """Whether a person said that two are not the same."""
        if not self._not_with:
            return False
        theirs = self._numbers.get(other, set())
        return any(self._not_with[number] & theirs for number in self._numbers.get(one, ()) if number in self._not_with)

    def doubt(self, one: int, other: int, judgement: Judgement) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        if first != second and not self._are_apart(first, second):
            self._doubtful.setdefault((first, second), Pair(first, second, judgement))

    def settle(self, places: Iterable[int]) -> None:
        """Compare some with one another, and merge those that are the same."""
        roots = self.roots(places)[:_MOST_IN_BLOCK]
        for one, other in combinations(roots, 2):
            left, right = self.root(one), self.root(other)
            if left == right:
                continue
            judgement = compare(self.profiles[left], self.profiles[right])
            if judgement.verdict == SAME:
                self.merge(left, right, judgement)
            elif judgement.verdict == DOUBTFUL:
                self.doubt(left, right, judgement)

    def matching(self) -> Matching:
        doubtful: dict[tuple[int, int], Pair] = {}
        for pair in self._doubtful.values():
            one, other = sorted((self.root(pair.one), self.root(pair.other)))
            if one != other:
                doubtful.setdefault((one, other), replace(pair, one=one, other=other))
        entity = tuple(self.root(place) for place in range(len(self._parent)))
        return Matching(entity, tuple(self._merges), tuple(doubtful.values()))


def _by_key(records: Sequence[Record], places: Sequence[int]) -> dict[str, list[int]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    for place in places:
        for key in keys_of(records[place]):
            blocks[key].append(place)
    return blocks


def _blocks(blocks: Mapping[str, list[int]], kind: str) -> Iterator[list[int]]:
    """The blocks of one kind of key with two records or more."""
    return (places for key, places in blocks.items() if key.startswith(kind) and len(places) > 1)


def _match_companies(clusters: _Clusters, records: Sequence[Record], places: Sequence[int]) -> None:
    blocks = _by_key(records, places)
    for block in _blocks(blocks, "domain:"):
        first = block[0]
        for other in block[1:]:
            clusters.merge(first, other, Judgement(SAME, 0.99, ("the same domain",)))
    for block in _blocks(blocks, "phone:"):
        clusters.settle(block)
    names = {key.removeprefix("name:"): block for key, block in blocks.items() if key.startswith("name:")}
    edges: dict[tuple[int, int], Judgement] = {}
    for block in names.values():
        _note_edges(clusters, combinations(clusters.roots(block)[:_MOST_IN_BLOCK], 2), edges)
    spelled = {key: company_words(records[block[0]].name) for key, block in names.items()}
    for name, like in _alike(spelled):
        pairs = ((a, b) for a in clusters.roots(names[name])[:5] for b in clusters.roots(names[like])[:5])
        _note_edges(clusters, pairs, edges)
    _settle_names(clusters, edges)


def _note_edges(clusters: _Clusters, pairs: Iterable[tuple[int, int]], edges: dict[tuple[int, int], Judgement]) -> None:
    """Compare pairs of clusters; what a name alone makes the same is noted, what is doubtful is kept as such."""
    for a, b in pairs:
        pair = (a, b) if a < b else (b, a)
        if a == b or pair in edges:
            continue
        judgement = compare(clusters.profile(a), clusters.profile(b))
        if judgement.verdict == SAME:
            edges[pair] = judgement
        elif judgement.verdict == DOUBTFUL:
            clusters.doubt(a, b, judgement)


def _alike(spelled: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Pairs of names a few letters apart, or of which one begins the other, in blocks of names that begin or go on alike."""
    blocks: dict[str, list[str]] = defaultdict(list)
    for key, words in spelled.items():
        for block in name_blocks(words):
            blocks[block].append(key)
    seen: set[tuple[str, str]] = set()
    for held in blocks.values():
        if len(held) < 2:
            continue
        held.sort()
        for start in range(0, len(held), _AT_ONCE):
            some = held[start : start + _AT_ONCE]
            near = cdist(
                some, some, scorer=DamerauLevenshtein.distance, score_cutoff=_MISTAKES, dtype=np.uint8, workers=1
            )
            for one, other in np.argwhere(np.triu(near <= _MISTAKES, 1)).tolist():
                pair = (some[one], some[other])
                if pair not in seen:
                    seen.add(pair)
                    yield pair
        for place, key in enumerate(held):
            for other_key in held[place + 1 : place + 6]:
                if not other_key.startswith(key) or len(key) < _LONG_ENOUGH:
                    break
                if (key, other_key) not in seen:
                    seen.add((key, other_key))
                    yield key, other_key


def _settle_names(clusters: _Clusters, edges: Mapping[tuple[int, int], Judgement]) -> None:
    """Merge what a name makes the same where it can mean one company only."""
    beside: dict[int, dict[int, Judgement]] = defaultdict(dict)
    for (one, other), judgement in edges.items():
        beside[one][other] = judgement
        beside[other][one] = judgement
    known = {root for root in beside if clusters.profile(root).domains}
    # First those that have no domain join the one company with a domain that their name can mean.
    told: dict[int, int] = {}
    unclear: set[int] = set()
    for root in sorted(beside):
        if root in known:
            continue
        choices = sorted(((-judged.score, other) for other, judged in beside[root].items() if other in known))
        if not choices:
            continue
        best = [other for score, other in choices if score == choices[0][0]]
        if len(best) == 1:
            told[root] = best[0]
        else:
            unclear.add(root)
            for other in best[:3]:
                judged = beside[root][other]
                clusters.doubt(
                    root,
                    other,
                    replace(judged, verdict=DOUBTFUL, score=0.5, reasons=(*judged.reasons, "several of that name")),
                )
    for root, other in told.items():
        clusters.merge(other, root, beside[root][other])
    # Then those without a domain join one another, unless that would join two that have one.
    for (one, other), judgement in sorted(edges.items(), key=lambda edge: (-edge[1].score, edge[0])):
        if one in unclear or other in unclear:
            continue
        left, right = clusters.root(one), clusters.root(other)
        if left == right:
            continue
        mine, theirs = clusters.profile(left).domains, clusters.profile(right).domains
        if mine and theirs and not mine & theirs:
            clusters.doubt(
                left,
                right,
                replace(judgement, verdict=DOUBTFUL, score=0.5, reasons=(*judgement.reasons, "other domains")),
            )
        else:
            clusters.merge(left, right, judgement)


def _tell_companies(clusters: _Clusters, contacts: Sequence[int], company_of: Sequence[int]) -> None:
    """Let every person know the names and domains of their company, as all records together tell them."""
    for place in contacts:
        if (company := company_of[place]) >= 0:
            whole = clusters.profile(clusters.root(company))
            mine = clusters.profiles[place]
            clusters.profiles[place] = replace(
                mine, domains=mine.domains | whole.domains, companies=mine.companies | whole.keys
            )


def _match_contacts(
    clusters: _Clusters, records: Sequence[Record], places: Sequence[int], company_of: Sequence[int]
) -> None:
    blocks = _by_key(records, places)
    if company_of:
        for place in places:
            if (company := company_of[place]) >= 0:
                here = clusters.root(company)
                alone = replace(records[place], domain="", email="", phone="", company=f"company{here}")
                for key in keys_of(alone):
                    if key.startswith("at:"):
                        blocks[key].append(place)
    for kind in ("email:", "phone:", "at:"):
        for block in _blocks(blocks, kind):
            clusters.settle(block)
