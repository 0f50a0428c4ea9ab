"""From measures to findings: which evidence blocks a field, and which only warns."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from leadloop.learning.leakage.finding import FINDING_KINDS, Finding, FindingKind
from leadloop.learning.leakage.limits import Limits
from leadloop.learning.leakage.measures import FieldMeasure
from leadloop.learning.leakage.names import NameHint, hint_in, name_words
from leadloop.learning.leakage.pairs import Pair
from leadloop.learning.leakage.rows import AuditRows
from leadloop.learning.leakage.snapshots import ChangeLink, Twin
from leadloop.learning.leakage.wording import (
    alone_sentence,
    calendar_sentence,
    edit_sentence,
    fill_sentence,
    late_sentence,
    link_sentence,
    listed,
    pair_sentence,
    percent,
    pure_sentence,
    twin_sentence,
)

_PROBIT = NormalDist().inv_cdf
_FEWEST_FILLED = 10
_FEWEST_TOGETHER = 30


@dataclass(frozen=True, slots=True)
class _Verdict:
    kind: FindingKind
    severity: Literal["blocks", "warns"]
    evidence: str


def judge_fields(
    measures: Sequence[FieldMeasure],
    twins: Sequence[Twin],
    links: Mapping[str, ChangeLink],
    rows: AuditRows,
    limits: Limits,
) -> tuple[Finding, ...]:
    """The findings on these fields: at most one a field, the strongest, those that block first.

    What is looked at, in this order: being filled, being a later note than a twin, pure values, telling too well alone,
    a telling name with something in the data behind it, fields written together. Then what only warns.
    """
    judge = _Judge(measures, twins, links, rows, limits)
    found = {}
    for measure in measures:
        if not measure.constant:
            verdict = judge.blocked(measure) or judge.warned(measure)
            if verdict is not None:
                found[measure.field] = verdict
    found = judge.written_together(found)
    by_field = {measure.field: measure for measure in measures}
    findings = [
        Finding(field, verdict.kind, verdict.severity, _finish(verdict, field), _statistics(by_field[field]))
        for field, verdict in found.items()
    ]
    return in_order(findings, tuple(by_field))


def in_order(findings: Iterable[Finding], fields: Sequence[str]) -> tuple[Finding, ...]:
    """Findings in the order in which people read them: those that block, the most telling kinds, as the file has them."""
    place = {field: index for index, field in enumerate(fields)}
    return tuple(
        sorted(findings, key=lambda it: (it.severity != "blocks", FINDING_KINDS.index(it.kind), place[it.field]))
    )


def judge_pairs(
    pairs: Sequence[Pair], measures: Sequence[FieldMeasure], taken: Collection[str], limits: Limits
) -> tuple[Finding, ...]:
    """The findings on pairs of fields that know the outcome only together, at most one a field.

    Two fields that know nothing of each other reach together the root of the sum of their squared strengths (two normal
    groups, independent within each). What honest fields add up to is no finding; more than that is. `taken` are fields with
    a finding that must stay; a pair of which both fields already stand in stronger pairs says nothing new.
    """
    alone = {measure.field: measure.best.auc for measure in measures}
    named: set[str] = set()
    used: set[str] = set(taken)
    findings = []
    for pair in pairs:
        expected = math.hypot(*(_strength(alone[field]) for field in pair.fields))
        gain = _strength(pair.together.auc) / max(expected, 0.1)
        auc, low = pair.together.auc, pair.together.low
        blocks = auc >= limits.pair_blocks and low >= limits.pair_blocks_low and gain >= limits.pair_gain
        warns = auc >= limits.pair_warns and gain >= limits.pair_gain_warns
        free = [field for field in pair.fields if field not in used]
        if not (blocks or warns) or pair.together.z < limits.sure_z or not free or named.issuperset(pair.fields):
            continue
        # The one that says more alone goes first: it is the likelier culprit.
        field = max(free, key=lambda name: alone[name])
        other = pair.fields[pair.fields[0] == field]
        statistics = {
            "auc": auc,
            "auc_low": low,
            "auc_alone": alone[field],
            "auc_other_alone": alone[other],
            "rule_rows": float(pair.rows),
            "rule_rate": pair.rate,
            "rule_share": pair.share,
        }
        sentence = pair_sentence(pair, other, alone[field], alone[other])
        findings.append(
            Finding(field, "known_together", "blocks" if blocks else "warns", sentence, statistics, beside=(other,))
        )
        used.add(field)
        named.update(pair.fields)
    return tuple(findings)


class _Judge:
    """The rules, with what they share: the file's other fields and the proven twins."""

    def __init__(
        self,
        measures: Sequence[FieldMeasure],
        twins: Sequence[Twin],
        links: Mapping[str, ChangeLink],
        rows: AuditRows,
        limits: Limits,
    ) -> None:
        self.measures = measures
        self.rows = rows
        self.limits = limits
        self.twins = {twin.later: twin for twin in twins if self._proven(twin)}
        self.maybe_twins = {twin.later: twin for twin in twins if twin.later not in self.twins}
        self.links = {field: link for field, link in links.items() if link.changed in self.twins}
        self.strengths = {measure.field: _strength(measure.best.auc) for measure in measures if not measure.constant}

    # What blocks.

    def blocked(self, measure: FieldMeasure) -> _Verdict | None:
        """The strongest reason to refuse the field, if there is one."""
        return (
            self._filled_by_outcome(measure)
            or self._later_snapshot(measure)
            or self._copy_of_label(measure)
            or self._too_good(measure)
            or self._named(measure)
        )

    def _filled_by_outcome(self, measure: FieldMeasure) -> _Verdict | None:
        limits, group = self.limits, measure.filled
        wide = abs(measure.fill_gap) >= limits.gap_blocks and abs(measure.fill.z) >= limits.sure_z
        for_won = group.rate >= limits.filled_rate and group.odds_low >= limits.filled_odds
        for_lost = group.rows > 0 and group.odds_high <= 1 / limits.filled_odds
        if not (wide or for_won or for_lost) or group.rows < _FEWEST_FILLED:
            return None
        return _Verdict("filled_by_outcome", "blocks", fill_sentence(measure, self.rows))

    def _later_snapshot(self, measure: FieldMeasure) -> _Verdict | None:
        twin = self.twins.get(measure.field)
        if twin is not None:
            return _Verdict("later_snapshot", "blocks", twin_sentence(twin))
        hint = hint_in(measure.field)
        by_name = hint is not None and hint.kind == "later_snapshot"
        for mark, twins in self._families().items():
            enough = len(twins) >= (1 if by_name else self.limits.family)
            if enough and _bears(measure.field, mark):
                said = f'marked "{" ".join(mark)}" like {listed([twin.later for twin in twins])}'
                return _Verdict("later_snapshot", "blocks", f"{said}, which the data shows to be later notes")
        return None

    def _copy_of_label(self, measure: FieldMeasure) -> _Verdict | None:
        limits, pure = self.limits, measure.pure
        much = pure.share >= limits.pure_share and pure.odds_low >= limits.pure_odds
        if not much and pure.odds_low < limits.pure_odds_alone:
            return None
        return _Verdict("copy_of_label", "blocks", pure_sentence(measure))

    def _too_good(self, measure: FieldMeasure) -> _Verdict | None:
        limits, best = self.limits, measure.best
        if best.auc < limits.auc_blocks or best.low < limits.auc_blocks_low or best.z < limits.sure_z:
            return None
        return _Verdict("too_good_alone", "blocks", alone_sentence(measure, self.rows))

    def _named(self, measure: FieldMeasure) -> _Verdict | None:
        hint = hint_in(measure.field)
        limits = self.limits
        if hint is None or not hint.telling:
            return None
        if hint.kind == "edited_after" and self._linked(measure, limits.link_telling):
            return _Verdict(
                hint.kind, "blocks", f"{link_sentence(self.links[measure.field])}, and its name says {hint.says}"
            )
        if not self._shows(measure, limits.telling_auc, limits.telling_gap, limits.telling_z):
            return None
        return _Verdict(hint.kind, "blocks", f"{self._shown(measure)}, and its name says {hint.says}")

    # What only warns.

    def warned(self, measure: FieldMeasure) -> _Verdict | None:
        """The strongest reason to look at the field again, if there is one."""
        return (
            self._maybe_too_good(measure)
            or self._maybe_filled(measure)
            or self._edited_texts(measure)
            or self._changed_since(measure)
            or self._tells_changes(measure)
            or self._known_later(measure)
            or self._maybe_named(measure)
            or self._calendar(measure)
        )

    def _maybe_too_good(self, measure: FieldMeasure) -> _Verdict | None:
        best, limits = measure.best, self.limits
        if best.auc < limits.auc_warns or best.z < limits.sure_z:
            return None
        others = np.array([strength for field, strength in self.strengths.items() if field != measure.field] or [0.0])
        middle = float(np.median(others))
        # 0.1 keeps a file of fields that all tell nothing from calling the first weak one an outlier.
        spread = 1.4826 * float(np.median(np.abs(others - middle))) + 0.1
        if (_strength(best.auc) - middle) / spread < limits.outlying:
            return None
        sentence = alone_sentence(measure, self.rows)
        if len(others) > 1:
            sentence += f"; half of the other fields stay under {percent(NormalDist().cdf(middle))}"
        return _Verdict("too_good_alone", "warns", sentence)

    def _maybe_filled(self, measure: FieldMeasure) -> _Verdict | None:
        if abs(measure.fill_gap) < self.limits.gap_warns or abs(measure.fill.z) < self.limits.sure_z:
            return None
        return _Verdict("filled_by_outcome", "warns", fill_sentence(measure, self.rows))

    def _edited_texts(self, measure: FieldMeasure) -> _Verdict | None:
        edits, limits = measure.edits, self.limits
        ratio = edits.rate / max(edits.rate_of_others, 1e-9)
        if edits.texts < _FEWEST_TOGETHER or abs(edits.z) < limits.edits_z:
            return None
        if 1 / limits.edits_ratio < ratio < limits.edits_ratio:
            return None
        return _Verdict("edited_after", "warns", edit_sentence(measure))

    def _changed_since(self, measure: FieldMeasure) -> _Verdict | None:
        twin = self.maybe_twins.get(measure.field)
        if twin is None or not twin.text or twin.follows < 0.5 or abs(twin.z) < self.limits.sure_z:
            return None
        return _Verdict("later_snapshot", "warns", twin_sentence(twin))

    def _tells_changes(self, measure: FieldMeasure) -> _Verdict | None:
        if not self._linked(measure, self.limits.link_alone):
            return None
        return _Verdict("edited_after", "warns", link_sentence(self.links[measure.field]))

    def _known_later(self, measure: FieldMeasure) -> _Verdict | None:
        late, limits = measure.lateness, self.limits
        if late is None or late.after < limits.later_share or measure.fill.z < limits.sure_z:
            return None
        # What always comes after its lead was hardly known with it, however few leads are without it.
        if measure.fill_gap < limits.later_gap and late.after < limits.always_later:
            return None
        return _Verdict("known_later", "warns", late_sentence(late, measure, self.rows))

    def _maybe_named(self, measure: FieldMeasure) -> _Verdict | None:
        hint = hint_in(measure.field)
        if hint is None:
            return None
        if hint.telling:
            return _Verdict(hint.kind, "warns", f"its name says {hint.says}; the data neither shows nor rules that out")
        if self._clear(measure):
            return _Verdict(hint.kind, "warns", f"{self._shown(measure)}, and by its name {hint.says}")
        return None

    def _calendar(self, measure: FieldMeasure) -> _Verdict | None:
        limits = self.limits
        if measure.kind == "time" or measure.time_share < limits.calendar_share:
            return None
        if measure.overall < limits.calendar_auc or 2 * _strength(measure.best.auc) > _strength(measure.overall):
            return None
        return _Verdict("acts_as_calendar", "warns", calendar_sentence(measure))

    # Fields that one system wrote together.

    def written_together(self, found: dict[str, _Verdict]) -> dict[str, _Verdict]:
        """Spread a suspicion over fields that are filled in exactly the same leads.

        Where one of them has a telling or possible name and clear data, all with such a name are blocked; the others
        are mentioned where one of the group is blocked.
        """
        groups: dict[bytes, list[FieldMeasure]] = defaultdict(list)
        for measure in self.measures:
            filled = measure.filled.rows
            if min(filled, len(self.rows.positive) - filled) >= _FEWEST_TOGETHER:
                groups[measure.pattern].append(measure)
        result = dict(found)
        for group in groups.values():
            hinted = {measure.field: hint for measure in group if (hint := hint_in(measure.field)) is not None}
            clear = [measure.field for measure in group if measure.field in hinted and self._clear(measure)]
            if len(group) > 1 and len(hinted) > 1 and clear:
                for measure in group:
                    if measure.field in hinted and not _blocks(result.get(measure.field)):
                        result[measure.field] = self._among(measure, hinted[measure.field], group, clear[0])
            # A later note of an honest field is empty where that one is empty, so it taints nobody.
            blocking = [
                field
                for field in (measure.field for measure in group)
                if _blocks(result.get(field)) and result[field].kind not in ("later_snapshot", "edited_after")
            ]
            for measure in group:
                if blocking and measure.field not in result:
                    result[measure.field] = _Verdict(
                        "written_together",
                        "warns",
                        f"filled in exactly the same {measure.filled.rows:,} leads as {listed(blocking)}",
                    )
        return result

    def _among(self, measure: FieldMeasure, hint: NameHint, group: Sequence[FieldMeasure], clear: str) -> _Verdict:
        others = listed([member.field for member in group if member.field != measure.field])
        shown = next(member for member in group if member.field == clear)
        tail = "" if clear == measure.field else f" ({clear}: {self._shown(shown)})"
        return _Verdict(
            hint.kind,
            "blocks",
            f"{self._shown(measure)}; one system wrote it, in exactly the same {measure.filled.rows:,} leads as "
            f"{others}{tail}, and by its name {hint.says}",
        )

    # What the rules share.

    def _clear(self, measure: FieldMeasure) -> bool:
        """Whether the data links the field to the outcome so clearly that a possible name is worth a word."""
        limits = self.limits
        return self._shows(measure, limits.possible_auc, limits.possible_gap, limits.sure_z)

    def _shows(self, measure: FieldMeasure, auc: float, gap: float, z: float) -> bool:
        """Whether the data links the field to the outcome, beyond chance and by at least this much."""
        by_value = measure.best.auc >= auc and measure.best.z >= z
        return by_value or (abs(measure.fill_gap) >= gap and abs(measure.fill.z) >= z)

    def _shown(self, measure: FieldMeasure) -> str:
        by_fill = abs(measure.fill.auc - 0.5) + 0.5 >= measure.best.auc - 1e-9
        return fill_sentence(measure, self.rows) if by_fill else alone_sentence(measure, self.rows)

    def _linked(self, measure: FieldMeasure, least: float) -> bool:
        link = self.links.get(measure.field)
        return link is not None and link.auc >= least

    def _proven(self, twin: Twin) -> bool:
        limits = self.limits
        if twin.follows < limits.twin_follows or twin.changed < limits.twin_changed:
            return False
        # Two texts that differ now and then may be two honest notes; what was added must have to do with the outcome.
        return not twin.text or abs(twin.z) >= limits.telling_z

    def _families(self) -> dict[tuple[str, ...], list[Twin]]:
        families: dict[tuple[str, ...], list[Twin]] = defaultdict(list)
        for twin in self.twins.values():
            if twin.mark and not twin.text:
                families[twin.mark].append(twin)
        return families


def _blocks(verdict: _Verdict | None) -> bool:
    return verdict is not None and verdict.severity == "blocks"


def _bears(field: str, mark: tuple[str, ...]) -> bool:
    """Whether a name begins or ends with the mark."""
    words = name_words(field)
    return words[: len(mark)] == mark or words[-len(mark) :] == mark


def _strength(auc: float) -> float:
    """The probit of an AUC (times the root of two: how many standard deviations apart two normal groups would be)."""
    return _PROBIT(min(max(auc, 0.5), 1 - 1e-6))


def _statistics(measure: FieldMeasure) -> dict[str, float]:
    """The numbers behind a finding, by name."""
    numbers = {
        "auc": measure.best.auc,
        "auc_low": measure.best.low,
        "auc_z": measure.best.z,
        "auc_overall": measure.overall,
        "fill_won": measure.fill_won,
        "fill_other": measure.fill_other,
        "fill_gap": measure.fill_gap,
        "fill_z": measure.fill.z,
        "filled_rows": float(measure.filled.rows),
        "filled_rate": measure.filled.rate,
        "pure_rows": float(measure.pure.rows),
        "pure_rate": measure.pure.rate,
        "pure_share": measure.pure.share,
        "time_share": measure.time_share,
    }
    if measure.edits.texts:
        numbers |= {"edited_texts": float(measure.edits.texts), "edited_rate": measure.edits.rate}
    if measure.lateness is not None:
        numbers |= {"after": measure.lateness.after, "median_days_after": measure.lateness.median_days}
    return {name: float(number) for name, number in numbers.items()}


def _finish(verdict: _Verdict, field: str) -> str:
    """The sentence of a verdict, with what the name adds where the data alone was enough."""
    hint = hint_in(field)
    by_data = verdict.kind in ("filled_by_outcome", "copy_of_label", "too_good_alone")
    if by_data and hint is not None and hint.telling:
        return f"{verdict.evidence}; its name says {hint.says}"
    return verdict.evidence
