"""The card of a version, and what changed since the version before it: both are read off what was saved with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadloop.errors import Problem, VersionError
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.training.field_points import score_points
from leadloop.flows.watch.history import list_history
from leadloop.learning.report.escape import markdown_text
from leadloop.playbook import parse_playbook, render_playbook
from leadloop.registry import ModelVersion

_MOST_FIELDS = 15


def write_card(playbook: str, version: str = "champion", *, workspace: Workspace | Path | str | None = None) -> str:
    """The card of a version as Markdown: what it is for, what it learned from, how good it is, what to beware of.

    Raises VersionError where there is no such version.
    """
    place = _place(workspace)
    found = place.registry.find(playbook, version)
    report = _report(place, found)
    lines = [
        f"# {markdown_text(found.playbook)}: {markdown_text(found.target)} · {found.release}",
        "",
        *(["**Trained on synthetic data. It says nothing about real leads.**", ""] if found.synthetic else []),
        "## What it is",
        "",
        f"- Version: `{found.id}`, release `{found.release}`, trained {found.created_at} by {markdown_text(found.created_by)}",
        f"- Predicts: {markdown_text(found.target)}" + _also(found),
        *_recalibrated(found),
        f"- Follows: {f'`{found.parent}`' if found.parent else 'no earlier version'}",
        f"- Models: {', '.join(_members(found)) or 'none'}",
        f"- In service: {'yes' if place.registry.champion(playbook) == found.id else 'no'}",
        "",
        "## What it is for",
        "",
        "It ranks leads for people to work, with a calibrated probability, an interval and reasons. It is not made to decide "
        "about persons without a person, and not for leads of another kind than those below.",
        "",
        "## What it learned from",
        "",
        f"- {found.data['used']:,} leads with an outcome, {found.data['positives']:,} of them won, of "
        f"{markdown_text(', '.join(found.data['sources']))}; fingerprint `{found.data['fingerprint']}`",
        f"- {found.data['train']:,} to learn from, {found.data['test']:,} kept back ({found.data['split']} split)",
        *(
            [
                f"- nothing was learned from leads that came before {found.data['since'][:16]} UTC: the world changed then"
            ]
            if "since" in found.data
            else []
        ),
        f"- {len(found.fields)} fields make {len(found.columns):,} features",
        "",
        "## How good it is",
        "",
        "On the leads that were kept back, with 95% intervals:",
        "",
        "| measure | value | interval | without a model |",
        "|---|---|---|---|",
        *(_measure(name, told) for name, told in found.metrics.items()),
        "",
        *_matured(place, found),
        "## What moves its scores",
        "",
        *_fields(place, found),
        "",
        "## Beware",
        "",
        *_beware(found, report),
        "",
        "## What changed since the version before",
        "",
        *changes_of(place, found),
        "",
    ]
    return "\n".join(lines)


def tell_changes(
    playbook: str, version: str = "champion", *, workspace: Workspace | Path | str | None = None
) -> list[str]:
    """What a version changed against the version that it follows: data, fields, settings, playbook and measures, a line each."""
    place = _place(workspace)
    return changes_of(place, place.registry.find(playbook, version))


def changes_of(place: Workspace, version: ModelVersion) -> list[str]:
    """The same, of a version that was found."""
    if not version.parent:
        return ["- It is the first version."]
    try:
        parent = place.registry.find(version.playbook, version.parent)
    except VersionError:
        return [f"- It follows `{version.parent}`, which is not here any more."]
    lines = [f"- It follows `{parent.id}` ({parent.release})."]
    if version.recalibration and version.recalibration.get("of") == parent.id:
        return [*lines, *_recalibration_changes(version.recalibration)]
    lines += _data_changes(parent, version)
    lines += _field_changes(parent, version)
    lines += _setting_changes(place, parent, version)
    lines += _measure_changes(parent, version)
    return lines


def _recalibrated(version: ModelVersion) -> list[str]:
    told = version.recalibration
    if told is None:
        return []
    return [
        f"- Recalibrated: the models are those of `{told['base']}`, trained {told['trained_at']}; since then their log-odds are "
        f"multiplied by {told['slope']:.3f}, and {told['shift']:+.3f} is added. The figures below are of that training."
    ]


def _recalibration_changes(told: Mapping[str, Any]) -> list[str]:
    """What a recalibration changed, and what it stands on."""
    newest = f"{told['newest_before']:.4f} → {told['newest_after']:.4f}"
    days, came = f"{told['since'][:10]} to {told['until'][:10]}", told["won"] / told["outcomes"]
    return [
        f"- Recalibrated by {told['outcomes']:,} outcomes, {told['won']:,.0f} of them won, that became known {days}: "
        f"{told['promised']:.1%} had been promised on average, and {came:.1%} came.",
        f"- Log-odds: times {told['step_slope']:.3f}, then {told['step_shift']:+.3f}.",
        f"- Log-loss, each day's outcomes predicted by those before: {told['log_loss_before']:.4f} → "
        f"{told['log_loss_after']:.4f}; on the newest {told['newest_outcomes']:,}, by the line of the others: {newest}.",
        "- Models, features, settings, order of leads and bands: the same.",
    ]


def _data_changes(old: ModelVersion, new: ModelVersion) -> list[str]:
    if old.data.get("fingerprint") == new.data.get("fingerprint"):
        return ["- Data: the same leads."]
    said = [f"{name} {old.data[name]:,} → {new.data[name]:,}" for name in ("used", "positives", "train", "test")]
    sources = [", ".join(one.data["sources"]) for one in (old, new)]
    more = f"; from {markdown_text(sources[0])} to {markdown_text(sources[1])}" if sources[0] != sources[1] else ""
    return [f"- Data: {', '.join(said)}{more}."]


def _field_changes(old: ModelVersion, new: ModelVersion) -> list[str]:
    lines = []
    for what, before, now in (("Fields", old.fields, new.fields), ("Features", old.columns, new.columns)):
        come, gone = [sorted(set(one) - set(other)) for one, other in ((now, before), (before, now))]
        if come or gone:
            words = [
                f"{sign} {markdown_text(name)}" for sign, names in (("+", come), ("−", gone)) for name in names[:10]
            ]
            rest = len(come) + len(gone) - len(words)
            lines.append(f"- {what}: {', '.join(words)}{f', and {rest} more' if rest > 0 else ''}.")
    return lines or ["- Fields and features: the same."]


def _setting_changes(place: Workspace, old: ModelVersion, new: ModelVersion) -> list[str]:
    lines = []
    before, now = (dict(_settings(place, one)) for one in (old, new))
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if changed:
        said = [f"{name}: {before.get(name, 'none')} → {now.get(name, 'none')}" for name in changed[:15]]
        lines.append(f"- Playbook: {markdown_text('; '.join(said))}{'; and more' if len(changed) > 15 else ''}.")
    members = [", ".join(_members(one)) for one in (old, new)]
    if members[0] != members[1]:
        lines.append(f"- Models: {members[0]} → {members[1]}.")
    packages = [
        f"{name} {old.libraries.get(name, 'none')} → {value}"
        for name, value in new.libraries.items()
        if old.libraries.get(name) != value
    ]
    if packages:
        lines.append(f"- Software: {', '.join(packages)}.")
    if not changed and old.configuration != new.configuration:
        lines.append("- Playbook: its functions beside it, or LeadLoop itself, changed.")
    return lines or ["- Settings: the same."]


def _settings(place: Workspace, version: ModelVersion) -> list[tuple[str, str]]:
    """Every line of a version's playbook by the table that it stands in."""
    path = place.registry.folder(version.playbook, version.id) / "playbook.toml"
    try:
        text = render_playbook(parse_playbook(path.read_text(encoding="utf-8"), subject=version.id))
    except OSError:
        return []
    table, lines = "", []
    for line in text.splitlines():
        if line.startswith("["):
            table = line.strip("[]") + "."
        elif " = " in line:
            name, _, value = line.partition(" = ")
            lines.append((f"{table}{name.strip()}", value.strip()[:60]))
    return lines


def _measure_changes(old: ModelVersion, new: ModelVersion) -> list[str]:
    said = [
        f"{name} {old.metrics[name]['value']:.3f} → {told['value']:.3f}"
        for name, told in new.metrics.items()
        if name in old.metrics and None not in (old.metrics[name]["value"], told["value"])
    ]
    return [f"- Measures, each on its own test leads: {', '.join(said)}."] if said else []


def _also(version: ModelVersion) -> str:
    return f"; also {', '.join(map(markdown_text, version.targets))}" if version.targets else ""


def _members(version: ModelVersion) -> list[str]:
    return [f"{member['name']} {member['weight']:.2f}" for member in version.members if member.get("weight")]


def _measure(name: str, told: Mapping[str, Any]) -> str:
    beside = ", ".join(f"{label} {value:.3f}" for label, value in told["baselines"].items() if value is not None)
    return f"| {name} | {told['value']:.3f} | {told['low']:.3f} to {told['high']:.3f} | {beside} |"


def _matured(place: Workspace, version: ModelVersion) -> list[str]:
    points = list_history(place, version.playbook, version=version.id, most=1) if place.has_store() else []
    if not points or not points[0].measures:
        return ["By outcomes since: nothing was measured yet (`leadloop drift`).", ""]
    newest = points[0]
    said = ", ".join(f"{name} {value:.3f}" for name, value in newest.measures.items())
    span = f"{newest.start:%Y-%m-%d} to {newest.end:%Y-%m-%d}"
    return [f"By outcomes since, of {newest.matured:,} leads scored {span}: {said}; drift {newest.drift}.", ""]


def _fields(place: Workspace, version: ModelVersion) -> list[str]:
    try:
        points = score_points(place.registry, version.playbook, version.id)
    except (OSError, ValueError):
        points = {}
    ranked = sorted(points.items(), key=lambda each: -each[1])[:_MOST_FIELDS]
    return [f"- {markdown_text(name)}: {value:.1f} score points on average" for name, value in ranked] or [
        "- not known"
    ]


def _beware(version: ModelVersion, report: Mapping[str, Any]) -> list[str]:
    lines = [f"- {markdown_text(str(note))}" for note in report.get("notes", [])]
    findings = [one for one in report.get("findings", []) if one.get("decision") != "left out"]
    lines += [
        f"- {markdown_text(str(one.get('field', '')))}: {markdown_text(str(one.get('evidence', '')))}"
        for one in findings
    ]
    lines.append("- Probabilities are those of the time learned from; `leadloop drift` tells whether that still holds.")
    return lines


def _report(place: Workspace, version: ModelVersion) -> Mapping[str, Any]:
    path = place.registry.folder(version.playbook, version.id) / "report.json"
    try:
        body: Mapping[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        said = Problem("report.json", f"cannot be read: {error}", "restore the version's folder from a backup")
        raise VersionError(version.id, said) from error
    return body


def _place(workspace: Workspace | Path | str | None) -> Workspace:
    return workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
