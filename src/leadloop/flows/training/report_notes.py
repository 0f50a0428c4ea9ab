"""What a training report says in words: how leads were divided, how settings were judged, what was left out, what to doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from leadloop.flows.past.importing import Imported
from leadloop.leads import Field
from leadloop.learning.evaluation import Measure
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage import Finding
from leadloop.learning.outcome_values import describe_unnamed, list_values
from leadloop.learning.report.report import FindingLine, LeftOut, Part, SplitSummary
from leadloop.learning.splits import Split
from leadloop.learning.training import Learned
from leadloop.playbook import Playbook


def summarise_split(playbook: Playbook, labelled: Labelled, split: Split) -> SplitSummary:
    """How leads were divided, and from when to when each part goes."""

    def part(places: np.ndarray) -> Part:
        first = last = ""
        if labelled.order is not None and playbook.order is not None:
            if playbook.order.by == "field":
                cells = labelled.leads.data[playbook.order.field][places].drop_nulls()
                first, last = (spoken(cells[0]), spoken(cells[-1])) if len(cells) else ("", "")
            else:
                first, last = (f"line {labelled.leads.lines[places[end]]:,}" for end in (0, -1))
        return Part(len(places), round(float(labelled.positive[places].sum())), first, last)

    share = (
        f"{len(split.test) / len(labelled):.0%}"  # not quite the share asked for: no moment and no group is torn apart
    )
    if split.kind == "time":
        by = (
            f"“{playbook.order.field}”"
            if playbook.order and playbook.order.by == "field"
            else "their place in the file"
        )
        how = (
            f"The newest {share} of leads, by {by}, were kept back and scored once, after everything else was decided."
        )
    else:
        how = f"A random {share} of leads was kept back and scored once: nothing in the playbook tells the order of leads."
    if split.unripe:
        how += f" {split.unripe:,} leads came so shortly before them that their outcome was not known yet; they were left out."
    if split.dropped:
        how += (
            f" {split.dropped:,} training leads were dropped because their account or person is in the test part too."
        )
    elif split.kind == "random":
        how += " Leads that look exactly alike were kept on the same side."
    return SplitSummary(split.kind, how, part(split.train), part(split.test))


def describe_judging(playbook: Playbook, labelled: Labelled, learned: Learned) -> str:
    """How settings and weights were chosen inside the training leads."""
    training, maturity = playbook.training, labelled.maturity
    kind = training.validation
    if kind == "auto":
        kind = "rolling origin" if labelled.order is not None else "k-fold"
    said = {
        "rolling origin": f"predicting {training.folds} blocks of training leads, each from everything before it",
        "k-fold": f"predicting each of {training.folds} random parts of the training leads from the others",
        "hold-out": f"predicting one part of the training leads (one in {training.folds}) from the rest",
    }[kind]
    text = f"Settings were chosen by {said} ({kind})."
    if maturity is not None and kind != "k-fold":
        text += f" An outcome is known {maturity.gap:g} days after a lead came: " + (
            "what was known earlier counted by the inverse of how likely it was to be known so soon."
            if maturity.weigh
            else "leads that were younger when the predicted ones came were not learned from."
        )
    if labelled.groups is not None and playbook.group_by:
        text += f" Leads of one “{playbook.group_by}” were never on both sides."
    if playbook.target.confidence:
        text += f" Each outcome counted as much as “{playbook.target.confidence}” says."
    how = {
        "weights": "to surprise least, pulled towards equal",
        "stacking": "by stacking: with them, calibrated blends predicted later blocks better",
    }
    return f"{text} The weights of the blend were chosen {how[learned.weighing]}."


def list_findings(playbook: Playbook, fields: Sequence[Field], findings: Sequence[Finding]) -> tuple[FindingLine, ...]:
    """What the audit found, what became of each field, and why a person ruled so."""
    used = {field.name for field in fields}
    because = {(ruling.field, ruling.finding): ruling.because for ruling in playbook.rulings}
    return tuple(
        FindingLine(
            finding.field,
            finding.kind,
            finding.severity,
            finding.evidence,
            "kept as they are" if finding.kind == "twins" else "used" if finding.field in used else "left out",
            because.get((finding.field, finding.kind), ""),
        )
        for finding in findings
    )


def list_left_out(playbook: Playbook, learned: Learned) -> tuple[LeftOut, ...]:
    """Every field that the version does not read, with the reason."""
    read = {*learned.features.reads, *learned.features.fields}
    calendar = learned.calendar
    target, order = playbook.target, playbook.order.field if playbook.order else ""
    outcomes = playbook.outcome_columns - {target.confidence}
    lines = []
    for field in playbook.schema.fields:
        if field.name in read:
            continue
        if field.name in outcomes:
            reason = "it is the outcome" + ("" if field.name in target.columns else " of another target")
        elif field.name == order:
            reason = "it only tells the order of leads"
        elif field.name in (playbook.lead_id, playbook.outcomes_by) or field.type == "id":
            reason = "it only names the lead"
        elif field.name == playbook.group_by:
            reason = "it only names the account or person"
        elif not playbook.schema.is_known(field.name, playbook.scores_at):
            reason = f"it is known only at {field.known_at}; leads are scored at {playbook.scores_at}"
        elif field.name in calendar.shares and not calendar.used:
            reason = (
                f"it tells when a lead came in ({calendar.shares[field.name]:.0%} of what differs lies between times); later "
                f"leads are ranked better without such fields (AUC {calendar.auc_without:.3f} against {calendar.auc_with:.3f})"
            )
        elif not field.use:
            reason = "the playbook does not use it"
        else:
            reason = "it is the same for every training lead"
        said = next((guess for guess in field.guess if not guess.startswith(f"{field.type}:")), "")
        lines.append(LeftOut(field.name, f"{reason} ({said})" if said else reason))
    return tuple(lines)


def write_notes(
    playbook: Playbook, imported: Imported, learned: Learned, measures: Sequence[Measure], split: Split
) -> tuple[str, ...]:
    """What a reader should know before believing the figures."""
    notes = list(imported.notes)
    target = playbook.target
    if target.positive and target.column in imported.leads.data.columns:
        unnamed = describe_unnamed(target, list_values(target, imported.leads.data[target.column]))
        notes += [f"“{target.column}”: {unnamed}."] if unnamed else []
    auc = next(measure for measure in measures if measure.name == "AUC")
    if learned.held_out_auc - auc.value > 0.03 and learned.held_out_auc > auc.high:
        notes.append(
            f"On held-out parts of the training leads the AUC was {learned.held_out_auc:.3f}, on the test leads it is "
            f"{auc.value:.3f}: the newest leads are harder or different. Expect the test figure."
        )
    if auc.low <= 0.5:
        notes.append(
            "The interval of the AUC holds 0.5: these scores may be no better than chance. Do not rely on them."
        )
    if auc.value > 0.98:
        notes.append("An AUC above 0.98 is rare in honest lead data. Look for a field that knows the outcome.")
    return tuple(notes)


def moment_of(playbook: Playbook, labelled: Labelled, place: int) -> str:
    """When a lead came in, as people write it: its day, its number, or its line in the file."""
    if playbook.order is None or playbook.order.by != "field":
        return f"line {labelled.leads.lines[place]:,}"
    value = labelled.leads.data[playbook.order.field][place]
    return "" if value is None else str(value.date()) if isinstance(value, datetime) else spoken(value)


def spoken(value: object) -> str:
    """A value as people write it: thousands apart, no midnight."""
    text = f"{value:,.10g}" if isinstance(value, float) else str(value)
    return text.removesuffix(" 00:00:00")
