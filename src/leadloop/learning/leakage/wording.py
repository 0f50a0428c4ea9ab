"""The sentences of the audit: what was measured, said so that a salesperson can follow."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.learning.leakage.measures import FieldMeasure, Lateness
from leadloop.learning.leakage.pairs import Pair
from leadloop.learning.leakage.rows import AuditRows
from leadloop.learning.leakage.snapshots import ChangeLink, Twin


def percent(share: float) -> str:
    """A share as people write it; never rounded to all or nothing.

    >>> percent(0.964), percent(0.0004), percent(0.9996), percent(1.0), percent(0.999999)
    ('96%', '0.04%', '99.96%', '100%', 'over 99.99%')
    """
    value = 100 * share
    near = min(value, 100 - value)
    if near == 0 or near >= 1:
        return f"{value:.0f}%"
    if near < 0.005:
        return "over 99.99%" if value > 50 else "under 0.01%"
    return f"{value:.{1 if near >= 0.1 else 2}f}%"


def listed(names: Sequence[str]) -> str:
    """Up to three names in a row, and how many more."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def counted(rows: AuditRows) -> str:
    """How many leads were looked at."""
    count = len(rows.positive)
    return f"{count:,} leads" if count == rows.total else f"a sample of {count:,} leads"


def fill_sentence(measure: FieldMeasure, rows: AuditRows) -> str:
    """How often the field is filled for won leads and for the others."""
    return (
        f"filled for {percent(measure.fill_won)} of won leads and {percent(measure.fill_other)} of the others "
        f"({counted(rows)})"
    )


def alone_sentence(measure: FieldMeasure, rows: AuditRows) -> str:
    """How well the field alone tells won leads from others."""
    when = " of the same time" if rows.blocks > 1 else ""
    words = f" (telling words: {', '.join(measure.words)})" if measure.words else ""
    return (
        f"alone it tells a won lead from another{when} {percent(measure.best.auc)} of the time (chance: 50%; "
        f"{counted(rows)}){words}"
    )


def twin_sentence(twin: Twin) -> str:
    """How a later note lies to the earlier note of the same thing."""
    if twin.text:
        return (
            f'continues or equals "{twin.earlier}" in {percent(twin.follows)} of {twin.rows:,} leads and was changed in '
            f"{percent(twin.changed)}; of those {percent(twin.rate_changed)} are won, of the others "
            f"{percent(twin.rate_same)}"
        )
    return (
        f'no smaller than "{twin.earlier}" in {percent(twin.follows)} of {twin.rows:,} leads and larger in '
        f"{percent(twin.changed)}: the same thing, noted later"
    )


def pure_sentence(measure: FieldMeasure) -> str:
    """Which values nearly always mean one outcome, and how much of it they hold."""
    pure = measure.pure
    way = "won" if measure.pure_towards_won else "lost"
    values = listed([f'"{value}"' for value in measure.pure_values])
    return (
        f"{percent(pure.rate)} of the {pure.rows:,} leads with {values} are {way}, {percent(pure.share)} of all {way} "
        "leads"
    )


def edit_sentence(measure: FieldMeasure) -> str:
    """How texts with a mark of a later edit ended, and the other texts."""
    edits = measure.edits
    return (
        f'{edits.texts:,} texts carry a mark such as "EDIT:", and {percent(edits.rate)} of them are won, against '
        f"{percent(edits.rate_of_others)} of the others"
    )


def late_sentence(late: Lateness, measure: FieldMeasure, rows: AuditRows) -> str:
    """How a time lies to the time of the lead."""
    return (
        f'lies after "{late.reference}" in {percent(late.after)} of the leads that have it (median '
        f"{late.median_days:,.1f} days), and is {fill_sentence(measure, rows)}"
    )


def link_sentence(link: ChangeLink) -> str:
    """How well a field tells which values of another were changed later."""
    return f'tells in which leads "{link.changed}" was changed later {percent(link.auc)} of the time (chance: 50%)'


def calendar_sentence(measure: FieldMeasure) -> str:
    """How a field that tells the time helps over all leads, and among leads of the same time."""
    return (
        f"its value tells the time ({percent(measure.time_share)} of it): over all leads it tells won from lost "
        f"{percent(measure.overall)} of the time, among leads of the same time {percent(measure.best.auc)} (chance: 50%); "
        "no leak, but what it learnt ends with that time"
    )


def pair_sentence(pair: Pair, other: str, alone: float, other_alone: float) -> str:
    """What two fields know together, what each knows alone, and the rule that they make."""
    way = "won" if pair.towards_won else "lost"
    return (
        f"together with “{other}” it tells a won lead from another {percent(pair.together.auc)} of the time (chance: 50%), "
        f"although alone it does so {percent(alone)} and “{other}” {percent(other_alone)} of the time; of the "
        f"{pair.rows:,} leads where {pair.rule}, {percent(pair.rate)} are {way}, {percent(pair.share)} of all {way} leads"
    )
