"""The gate: what seems to know the outcome is not learned from, unless a person has ruled that it may.

Leaks meet three walls, and this is the last. Before it, a feature that reads a field that is known too late is refused when the
playbook is read (`leadloop.playbook.field_check`), and fields that are known too late are left out of what a model may use
(`usable_fields`). What is left is a field that says it is known in time and behaves as if it were not: the audit finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leadloop.errors import LeakageError, Problem
from leadloop.leads import Field
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage.audit import audit_fields
from leadloop.learning.leakage.finding import Finding
from leadloop.learning.leakage.lead_twins import audit_split
from leadloop.learning.splits import Split
from leadloop.playbook import Playbook


def audit_training_part(
    playbook: Playbook, labelled: Labelled, split: Split, fields: Sequence[Field]
) -> tuple[Finding, ...]:
    """What the leakage audit says of the training leads' fields, and of twins between them and the test leads."""
    target, order = playbook.target, playbook.order.field if playbook.order else ""
    came = order if playbook.is_ordered_by_time and order in labelled.leads.schema else ""
    outcome = {*playbook.outcome_columns, order}
    leads = labelled.leads.take(split.train)
    judged = [
        field
        for field in leads.schema.fields
        if field.name not in {*outcome, playbook.lead_id, playbook.outcomes_by} and field.type != "id"
    ]
    return (
        *audit_fields(
            leads.data.select([*(field.name for field in judged), *([came] if came else [])]),
            labelled.won[split.train],
            kinds={field.name: field.type for field in judged},
            order=None if labelled.order is None else labelled.order[split.train],
            came=came,
            outcome_at=leads.data[target.at] if target.at else None,
            seed=playbook.training.seed,
        ),
        *audit_split(
            labelled.leads.data,
            labelled.won,
            split.train,
            split.test,
            kinds={field.name: field.type for field in leads.schema.fields if field.name not in outcome},
            seen=[field.name for field in fields if field.name != order],
            grouped_by=playbook.group_by,
        ),
    )


def require_rulings(playbook: Playbook, fields: Sequence[Field], findings_of: Mapping[str, Sequence[Finding]]) -> None:
    """Raise LeakageError for everything the audit blocks that is to be used although nobody has ruled on it.

    That is a field, or all fields of several that know the outcome only together; twins across the split count in any case.
    `findings_of` holds the findings of each target; where there are several, the error says which target a field knows.
    """
    used = {field.name for field in fields}
    ruled = {(ruling.field, ruling.finding) for ruling in playbook.rulings}
    blocking = [
        (name, finding)
        for name, findings in findings_of.items()
        for finding in findings
        if finding.severity == "blocks"
        and (finding.kind == "twins" or used.issuperset({finding.field, *finding.beside}))
        and (finding.field, finding.kind) not in ruled
    ]
    problems = [
        Problem(
            f"fields.{finding.field}",
            (f"{name}: " if len(findings_of) > 1 else "") + f"{finding.evidence} [{finding.kind}]",
            (finding.cure or f'set known_at = "{playbook.schema.moments[-1]}" to leave it out')
            + f', or rule on it: [[rulings]] field = "{finding.field}", finding = "{finding.kind}", because = "..."',
        )
        for name, finding in blocking
    ]
    if problems:
        only_twins = all(finding.kind == "twins" for _, finding in blocking)
        said = "leads of the test are known from training" if only_twins else "these fields seem to know the outcome"
        raise LeakageError(f"{playbook.name}: {said}", problems)
