"""Model performance: how good scores were by what became of the leads, how good they seem now, and what has moved since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from leadloop.dashboard.charts.lines import bars, calibration, line_with_band, lines, lying_bars, numbers, show_chart
from leadloop.dashboard.escape import one_line
from leadloop.dashboard.markup import tag
from leadloop.dashboard.parts.notices import show_empty
from leadloop.dashboard.parts.score import chip, table, tile, tiles
from leadloop.dashboard.parts.wording import day, minute
from leadloop.dashboard.view import View
from leadloop.flows.training.field_points import score_points
from leadloop.flows.training.retrain import look_at_retraining
from leadloop.flows.upkeep.models import history, list_versions
from leadloop.flows.watch.asked import ask_check
from leadloop.monitoring.measuring import MEANINGS
from leadloop.registry import ModelVersion

_POINTS = 60
_ASIDE = ("majority", "prior", "rules", "version before")


def show(view: View) -> None:
    """Draw the page."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title("Model performance")
        if (
            view.person.may_run
            and view.serving
            and st.button(
                "Check now",
                icon=":material/monitoring:",
                help="Measure quality, estimate today's and look for drift; kept as a point of history.",
            )
        ):
            _check(view)
    if not view.serving:
        show_empty(
            "No version is in service",
            "Train one; what it was worth is measured from the day it serves.",
            f"leadloop train {view.playbook}",
        )
        return
    points = view.place.store.quality.newest(view.playbook, most=_POINTS) if view.place.has_store() else ()
    matured, drift, versions, service = st.tabs(["By outcomes", "Drift", "Versions compared", "In service when"])
    with matured:
        _matured(view, points)
    with drift:
        _drift(points)
    with versions:
        _versions(view)
    with service:
        _service(view)


def _check(view: View) -> None:
    with st.status("Checking …", expanded=True) as status:
        ask_check(
            view.playbook, workspace=view.place, tick=lambda stage: status.update(label=f"{stage.capitalize()} …")
        )
        status.update(label="Checked.", state="complete")
    st.rerun()


def _matured(view: View, points: Sequence[Any]) -> None:
    judged = [one for one in points if one.measures]
    if not judged:
        show_empty(
            "Not measured yet",
            "A check holds scores against what became of their leads, once enough of these had the "
            "time to end. Workers check by schedule; or do it now.",
            f"leadloop quality {view.playbook}",
        )
    else:
        _latest(judged[0])
        _over_time(judged)
        _promises(judged[0])
    st.subheader("On the leads that were kept back in training")
    _tested(view.place.registry.find(view.playbook, view.serving))
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What moves scores most")
        _weights(view)
    with right:
        st.subheader("Train again?")
        found = look_at_retraining(view.place, view.playbook)
        st.html(
            tag(
                "div",
                tag("b", "Yes. " if found.due else "Not yet. "),
                f"{found.new_outcomes:,} new outcomes since the newest version.",
                tag("ul", *(tag("li", one) for one in found.reasons)),
                cls=f"ll-alert {'warning' if found.due else ''}".strip(),
            )
        )


def _latest(point: Any) -> None:
    measured = {one["name"]: one for one in point.details.get("quality", {}).get("measures", ())}
    shown = []
    for name in ("accuracy", "precision", "recall", "F1", "AUC", "calibration error"):
        one = measured.get(name)
        if one is None:
            continue
        base = one.get("baselines") or {}
        beside = next((f"{key} {base[key]:.2f}" for key in _ASIDE if base.get(key) is not None), "")
        shown.append(
            tile(
                name,
                f"{one['value']:.2f}",
                f"{one['low']:.2f} to {one['high']:.2f}" + (f"; {beside}" if beside else ""),
            )
        )
    st.caption(
        f"Leads scored {day(point.start)} to {day(point.end)}: {point.matured:,} of {point.scored:,} have ended, "
        f"{point.won:,} won; {point.open:,} are open and do not count. "
        f"Checked {minute(point.measured_at)}."
    )
    st.html(tiles(*shown))


def _over_time(points: Sequence[Any]) -> None:
    names = [name for name in MEANINGS if any(name in one.measures for one in points)]
    chosen = st.segmented_control(
        "Over time", names, default="AUC" if "AUC" in names else names[0], key="performance-measure", required=True
    )
    rows = []
    for one in reversed(points):
        measured = {each["name"]: each for each in one.details.get("quality", {}).get("measures", ())}
        each = measured.get(chosen)
        if each is not None:
            rows.append(
                {
                    "at": one.end.isoformat(),
                    "value": each["value"],
                    "low": each["low"],
                    "high": each["high"],
                    "version": one.model_version,
                }
            )
    if not rows:
        st.caption("Nothing is known of it.")
        return
    better, meaning = MEANINGS[chosen]
    about = f"{chosen} over time, the shade is the 95% interval: {meaning}. {'More' if better else 'Less'} is better."
    st.caption(about)
    told = [
        (row["at"][:10], f"{row['value']:.3f}", f"{row['low']:.3f}", f"{row['high']:.3f}", row["version"])
        for row in rows
    ]
    show_chart(
        line_with_band(rows, "at", "value", low="low", high="high", title=chosen),
        about,
        ["To", chosen, "low", "high", "version"],
        told,
    )
    expected = [
        {"at": one.end.isoformat(), "value": given, "what": what}
        for one in reversed(points)
        for what, given in (
            ("measured", one.measures.get(chosen)),
            ("expected before outcomes", one.expected.get(chosen)),
        )
        if given is not None
    ]
    if any(one["what"] != "measured" for one in expected):
        with st.expander("Beside what was expected before outcomes came"):
            show_chart(
                lines(expected, "at", "value", "what", title=chosen),
                f"{chosen}: measured, and expected before outcomes came",
            )


def _promises(point: Any) -> None:
    groups = point.details.get("quality", {}).get("promises") or ()
    bands = point.details.get("quality", {}).get("bands") or ()
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Did chances come true?")
        if groups:
            rows = [
                {
                    "predicted": one["promised"],
                    "observed": one["rate"],
                    "low": one["low"],
                    "high": one["high"],
                    "leads": one["leads"],
                }
                for one in groups
            ]
            told = [
                (f"{100 * one['predicted']:.1f} %", f"{100 * one['observed']:.1f} %", f"{one['leads']:,}")
                for one in rows
            ]
            show_chart(
                calibration(rows),
                "Promised chances against the share that was won; on the dashed line both are the same",
                ["Promised", "came true", "leads"],
                told,
            )
        else:
            st.caption("Too few leads have ended to say.")
    with right:
        st.subheader("Band by band")
        if bands:
            rows = [
                {"band": one_line(one["band"], 40), "won": one["rate"], "low": one["low"], "high": one["high"]}
                for one in bands
            ]
            lines_told: list[tuple[object, ...]] = [
                (one["band"], f"{100 * one['promised']:.1f} %", f"{100 * one['rate']:.1f} %", f"{one['leads']:,}")
                for one in bands
            ]
            show_chart(
                bars(rows, "band", "won", percent=True, low="low", high="high", title="won"),
                "Share won by band, with its interval",
                ["Band", "promised", "came true", "leads"],
                lines_told,
            )
        else:
            st.caption("Too few leads have ended to say.")


def _tested(version: ModelVersion) -> None:
    rows = []
    for name, one in version.metrics.items():
        base: Mapping[str, Any] = one.get("baselines") or {}
        beside = ", ".join(f"{key} {given:.3f}" for key, given in base.items() if isinstance(given, int | float))
        rows.append(
            (
                name,
                f"{one['value']:.3f}",
                f"{one['low']:.3f} to {one['high']:.3f}" if one.get("low") is not None else "–",
                beside,
            )
        )
    st.html(
        table(
            ["Measure", version.release, "95% interval", "without a model"],
            rows,
            numbers=(1, 2),
            about="Measured on the test leads",
        )
    )


def _weights(view: View) -> None:
    try:
        found = score_points(view.place.registry, view.playbook, view.serving)
    except (OSError, ValueError):
        found = {}
    rows = [
        {"field": one_line(name, 60), "points": points}
        for name, points in sorted(found.items(), key=lambda one: -one[1])[:12]
    ]
    if rows:
        show_chart(
            lying_bars(rows, "field", "points", title="points, on average"),
            "By how many points each field moves scores on average",
        )
    else:
        st.caption("The report of this version is not there.")


def _drift(points: Sequence[Any]) -> None:
    found = next((one.details.get("drift") for one in points if one.details.get("drift")), None)
    if not found:
        show_empty(
            "Not looked for yet",
            "A check compares today's leads with those that the version learned from.",
            "leadloop drift PLAYBOOK",
        )
        return
    level = str(found.get("level", "quiet"))
    kind = {"quiet": "", "watch": "warning"}.get(level, "warning" if level == "warning" else "critical")
    st.html(
        tag(
            "div",
            tag("span", level, cls="kind"),
            tag(
                "p",
                f"{found['leads']:,} leads of {found['start'][:10]} to {found['end'][:10]}, "
                f"beside {found['reference_leads']:,} that it learned from.",
            ),
            tag("ul", *(tag("li", one) for one in found.get("reasons", ()))),
            tag("p", found.get("note", ""), cls="ll-soft") if found.get("note") else None,
            cls=f"ll-alert {kind}".strip(),
        )
    )
    fields = [one for one in (found.get("prediction"), found.get("label"), *found.get("fields", ())) if one]
    loud = sorted(fields, key=lambda one: -float(one.get("psi") or 0))[:14]
    rows = [{"field": one_line(one["field"], 50), "psi": one["psi"]} for one in loud]
    if rows:
        show_chart(
            lying_bars(rows, "field", "psi", title="how far it has moved (PSI)"),
            "How far each field has moved; over 0.25 is much",
        )
        told = [
            (
                one["field"],
                chip(one["level"], "" if one["level"] == "quiet" else "warn"),
                f"{one['psi']:.3f}",
                one.get("sentence", ""),
            )
            for one in loud
        ]
        st.html(table(["Field", "level", "PSI", "what changed"], told, numbers=(2,), about="Drift by field"))
    changed = found.get("schema") or ()
    if changed:
        st.html(tag("ul", *(tag("li", one["sentence"]) for one in changed)))
    series = [
        {"at": one.end.isoformat(), "value": {"quiet": 0}.get(one.drift, 1), "level": one.drift}
        for one in reversed(points)
    ]
    if len(series) > 1:
        st.caption("By check: " + ", ".join(f"{one['at'][:10]} {one['level']}" for one in series[-8:]))


def _versions(view: View) -> None:
    found = list_versions(view.playbook, workspace=view.place)
    names = [
        name
        for name in ("AUC", "average precision", "log-loss", "Brier score", "calibration error", "accuracy")
        if any(name in one.version.metrics for one in found)
    ]
    rows = []
    for line in reversed(found):
        version = line.version
        marks = tag(
            "div",
            chip("in service", "r0") if line.serves else None,
            chip("other test leads", "warn") if line.apart else None,
            cls="ll-chips",
        )
        measured = [
            f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
            if (one := version.metrics.get(name)) and one.get("low") is not None
            else "–"
            for name in names
        ]
        rows.append((version.release, marks, version.created_at[:10], f"{version.data.get('used', 0):,}", *measured))
    st.html(numbers(["Release", "", "made", "leads", *names], rows, "Versions compared"))
    if any(one.apart for one in found):
        st.caption(
            "Those with “other test leads” were tested on other leads than the version in service; "
            "their figures are not to be compared."
        )


def _service(view: View) -> None:
    rows = [
        (minute(one.at), one.action, one.model_version or "–", one.previous or "–", one.who, one.why or "–")
        for one in reversed(history(view.playbook, workspace=view.place))
    ]
    if rows:
        st.html(
            table(
                ["When", "what", "version", "before", "who", "why"], rows, about="What was put in service when and why"
            )
        )
    else:
        st.caption("Nothing was ever put in service.")
