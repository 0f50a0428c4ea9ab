"""Data health: whether leads still come in, what was turned away, and what waits to be worked on."""

from __future__ import annotations

import streamlit as st

from leadloop.dashboard.charts.lines import numbers
from leadloop.dashboard.markup import Html, tag
from leadloop.dashboard.parts.notices import show_empty
from leadloop.dashboard.parts.score import chip, table, tile, tiles
from leadloop.dashboard.parts.wording import ago, many, minute
from leadloop.dashboard.view import View
from leadloop.flows.figures.data_health import DataHealth, SourceLine, read_data_health


def show(view: View) -> None:
    """Draw the page."""
    st.title("Data health")
    found = read_data_health(view.place, view.playbook)
    waiting = dict(found.jobs)
    st.html(
        tiles(
            tile("Newest lead", ago(found.newest_lead_at), minute(found.newest_lead_at)),
            tile("Without a score", f"{found.unscored:,}", "leads that are kept"),
            tile(
                "Jobs that wait",
                f"{waiting.get('queued', 0) + waiting.get('waiting', 0):,}",
                f"{waiting.get('running', 0):,} run",
            ),
            tile(
                "Jobs given up",
                f"{waiting.get('dead', 0) + waiting.get('failed', 0) + waiting.get('parked', 0):,}",
                "leadloop jobs list says why",
            ),
            tile("Enrichment waits", f"{found.queue.waiting:,}", f"{found.queue.failed:,} given up"),
            tile("Pairs to look at", f"{found.doubtful_matches:,}", "may be the same company or person"),
        )
    )
    st.subheader("Sources")
    if found.sources:
        st.html(
            table(
                ["Source", "state", "leads", "last told", "last read", "trouble"],
                [_source(one) for one in found.sources],
                numbers=(2,),
                about="Sources",
            )
        )
    else:
        show_empty(
            "No source told of a lead yet",
            "Bring in a file, or fetch calls.",
            f"leadloop import {view.playbook} leads.csv",
            "leadloop sync fellow",
        )
    if found.events_waiting:
        st.caption(f"{many(found.events_waiting, 'event')} that a source sent by itself wait for a worker.")
    left, right = st.columns(2, gap="large")
    with left:
        _rejects(found)
        _held(found)
    with right:
        _queue(found)
        _webhooks(view, found)


def _source(one: SourceLine) -> tuple[object, ...]:
    state = chip("late", "warn") if one.late else chip("fails", "warn") if one.failures else chip("as it should")
    name = one.source.removeprefix("synthetic:") + (f", {one.stream}" if one.stream else "")
    read = f"{ago(one.succeeded_at)}" if one.succeeded_at else "not read by us"
    trouble = f"{many(one.failures, 'failure')}: {one.failure}" if one.failures else ""
    return name or "–", state, f"{one.leads:,}", ago(one.last_at), read, trouble


def _rejects(found: DataHealth) -> None:
    st.subheader("Rows that could not be read")
    if not found.rejects:
        st.caption("None, in the files that workers read.")
        return
    rows = [
        (f"job {one.job}", one.kind.replace("_", " "), minute(one.at), f"{one.rows:,}", f"{one.of:,}")
        for one in found.rejects
    ]
    st.html(table(["Job", "what", "when", "rejected", "of"], rows, numbers=(3, 4), about="Rejected rows"))
    st.caption(
        "Each row stands with its reason in the file of rejects: `GET /v1/PLAYBOOK/jobs/JOB/rejects`, or beside the output."
    )


def _held(found: DataHealth) -> None:
    held = [one for one in found.quarantine if one.state == "held"]
    st.subheader("Sources that nothing is learned from")
    if not held:
        st.caption("None: every source is trusted.")
        return
    for one in held:
        st.html(
            tag(
                "div",
                tag("span", "held", cls="kind"),
                tag("p", tag("b", one.source), f" since {minute(one.at)}, by {one.who}"),
                tag("p", one.why),
                cls="ll-alert warning",
            )
        )
    st.code("leadloop sources --help", language="sh")


def _queue(found: DataHealth) -> None:
    queue = found.queue
    st.subheader("Enrichment queue")
    if not any((queue.waiting, queue.running, queue.done, queue.failed)):
        show_empty(
            "Nothing was queued",
            "Leads whose companies should be looked up are queued by worth.",
            "leadloop queue --help",
        )
        return
    st.html(
        numbers(
            ["State", "leads"],
            [
                ("wait", f"{queue.waiting:,}"),
                ("are looked up now", f"{queue.running:,}"),
                ("done", f"{queue.done:,}"),
                ("given up", f"{queue.failed:,}"),
            ],
            "Enrichment queue",
        )
    )
    if queue.oldest_at:
        st.caption(f"The oldest has waited since {ago(queue.oldest_at)}.")
    if queue.best:
        rows = [(lead, f"{worth:.2f}", "; ".join(why)) for lead, worth, why in queue.best[:8]]
        st.html(table(["Next", "worth", "why"], rows, numbers=(1,), about="Who is looked up next"))


def _webhooks(view: View, found: DataHealth) -> None:
    if not view.person.may_run:
        return
    st.subheader("Who is told of leads")
    if not found.webhooks:
        st.caption("Nobody; `leadloop webhooks add` names an address.")
        return
    rows: list[tuple[str | Html, ...]] = [
        (
            one.url,
            chip(one.state, "" if one.state == "on" else "warn"),
            f"{one.waiting:,}",
            f"{one.sent:,}",
            f"{one.given_up:,}",
            one.why,
        )
        for one in found.webhooks
    ]
    st.html(
        table(["Address", "state", "wait", "arrived", "given up", "why off"], rows, numbers=(2, 3, 4), about="Webhooks")
    )
