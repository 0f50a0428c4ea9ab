"""Feedback: what people did with leads, and how far that agrees with the scores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from leadloop.dashboard.charts.lines import bars_over_time, numbers, show_chart
from leadloop.dashboard.parts.notices import show_empty
from leadloop.dashboard.parts.score import table, tile, tiles
from leadloop.dashboard.parts.wording import mean, minute, percent, share
from leadloop.dashboard.view import View
from leadloop.flows.figures.feedback import FeedbackFigures, read_feedback

_DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "a year": 365}


def show(view: View) -> None:
    """Draw the page."""
    st.title("Feedback")
    chosen = st.segmented_control("The last", list(_DAYS), default="30 days", key="feedback-days", required=True)
    found = read_feedback(view.place, view.playbook, days=_DAYS[chosen or "30 days"])
    sums = found.sums
    if not sums.get("total_feedback"):
        show_empty(
            "Nobody told anything in this time",
            "Reps tell what became of leads on the work list (“Tell”); programs send it to POST /v1/PLAYBOOK/feedback.",
        )
        return
    st.html(
        tiles(
            tile("Feedback", f"{sums['total_feedback']:,}", f"on {sums['unique_leads']:,} leads"),
            tile("Mean rating", _number(sums["average_rating"]), "of 100, where people rated"),
            tile("Reached", percent(sums["contact_success_rate"]), "of those they tried to reach"),
            tile("Mean certainty", percent(sums["average_confidence"]), "how much it weighs in training"),
            tile("Brought in", f"{sums['conversion_value']:,.0f}", "by leads that converted"),
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Day by day")
        rows = _days(found)
        show_chart(
            bars_over_time(rows, "start", "count", title="feedback"),
            "Feedback by day",
            ["Day", "count"],
            [(one["start"], one["count"]) for one in rows],
        )
    with right:
        st.subheader("What was done")
        told = [
            (name, f"{count:,}", percent(count / sums["total_feedback"]))
            for name, count in sorted(sums["action_distribution"].items(), key=lambda one: -one[1])
        ]
        st.html(numbers(["What", "count", "share"], told, "Feedback by kind"))
        told = [
            (
                {"manual": "said by people", "implicit": "seen from what they did"}.get(name, name),
                f"{one['count']:,}",
                percent(one["average_confidence"]),
            )
            for name, one in sums["by_source"].items()
        ]
        st.html(numbers(["Source", "count", "mean certainty"], told, "Feedback by source"))
    _bands(found)
    _newest(view, found)


def _days(found: FeedbackFigures) -> list[dict[str, Any]]:
    """Every day since the beginning, those without feedback among them."""
    counts = {one["date"]: one["count"] for one in found.sums["daily"]}
    days = (datetime.now(UTC).date() - found.since.date()).days
    every = [(found.since.date() + timedelta(days=place)).isoformat() for place in range(days + 1)]
    return [{"start": one, "count": counts.get(one, 0)} for one in every]


def _bands(found: FeedbackFigures) -> None:
    if not found.bands:
        return
    st.subheader("Does it agree with the scores?")
    st.caption(
        "By the band that leads had when feedback on them came. If scores are right, ratings and contacts "
        "fall from band to band, and more is put away."
    )
    told = [
        (one.band or "no score", f"{one.feedback:,}", mean(one.rating, 0), share(one.reached), share(one.archived))
        for one in found.bands
    ]
    st.html(numbers(["Band", "feedback", "mean rating", "reached", "put away"], told, "Feedback by band"))


def _newest(view: View, found: FeedbackFigures) -> None:
    del view
    st.subheader("The newest")
    rows = [
        (
            minute(one.at),
            one.lead_id,
            one.action + ({True: ", reached", False: ", not reached", None: ""}[one.contact_successful]),
            _number(one.rating),
            _number(one.score),
            {"manual": "said", "implicit": "seen"}.get(one.source, one.source),
        )
        for one in found.newest
    ]
    st.html(
        table(
            ["When", "Lead", "What", "rating", "score then", "source"],
            rows,
            numbers=(3, 4),
            about="The newest feedback",
        )
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
