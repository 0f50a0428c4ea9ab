"""The training report as one HTML file: nothing from outside, no script, for a laptop, a phone and paper."""

from __future__ import annotations

import math

from leadloop.learning.report.chapters import Chapter, chapters
from leadloop.learning.report.composed import also_predicted
from leadloop.learning.report.escape import html_text
from leadloop.learning.report.marks import round_up
from leadloop.learning.report.outline import outline
from leadloop.learning.report.parts import Pictures, Section, Table, Words
from leadloop.learning.report.picture import Picture
from leadloop.learning.report.pictures import draw_pictures
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.style import page_style
from leadloop.learning.report.words import Verdict, answer, judge

_SIGNS = {
    "good": '<path d="M4 10.5l4 4 8-9" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" '
    'stroke-linejoin="round"/>',
    "care": '<path d="M10 3.5v8.5M10 16v.4" fill="none" stroke="currentColor" stroke-width="2.8" stroke-linecap="round"/>',
    "stop": '<path d="M5 5l10 10M15 5L5 15" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>',
}


def page_head(title: str, *, more_style: str = "") -> tuple[str, ...]:
    """How every report begins, up to the link that leads past everything to its answer."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">',
        f"<title>{html_text(title)}</title>",
        f"<style>{page_style()}{more_style}</style>\n</head>\n<body>",
        '<a class="skip" href="#answer">To the answer</a>',
    )


def render_html(report: TrainingReport) -> str:
    """The whole report as a page; the same report gives the same bytes.

    Everything that comes from the data (names, values, evidence) is shown as text and never understood as markup.
    """
    pictures = draw_pictures(report)
    sections, further = outline(report), tuple(chapters(report))
    title = f"{report.playbook}: {report.target} · training report {report.version}"
    if report.synthetic:
        title = f"Synthetic data · {title}"
    return "\n".join(
        (
            *page_head(title),
            _banner(report),
            _opening(report, pictures.get("hundred")),
            _contents(sections, further),
            "<main>",
            *(render_section(section, pictures) for section in sections),
            *(_chapter(chapter) for chapter in further),
            "</main>",
            f"<footer>Made by LeadLoop for version {html_text(report.version)}. This file is complete in itself: it loads "
            "nothing and runs nothing.</footer>\n</body>\n</html>\n",
        )
    )


def _banner(report: TrainingReport) -> str:
    if not report.synthetic:
        return ""
    return (
        '<div class="banner" role="note">Synthetic data <span>– made by a simulator for a demonstration; it says nothing '
        "about real leads.</span></div>"
    )


def _opening(report: TrainingReport, hundred: Picture | None) -> str:
    verdict = judge(report)
    first, *others = (*answer(report), *also_predicted(report))
    return "\n".join(
        (
            '<header>\n<p class="eyebrow">LeadLoop training report</p>',
            f"<h1>{html_text(report.playbook)}: {html_text(report.target)}</h1>",
            f'<p class="meta">Version {html_text(report.version)} · {html_text(report.made_at)}</p>',
            f'<div class="card{"" if hundred else " alone"}" id="answer">',
            f"<div>{render_verdict(verdict)}",
            f'<p class="answer"><b>{html_text(first)}</b> {html_text(" ".join(others))}</p></div>',
            f"{_figure(hundred) if hundred else ''}</div>\n</header>",
        )
    )


def render_verdict(verdict: Verdict) -> str:
    sign = f'<svg viewBox="0 0 20 20" aria-hidden="true">{_SIGNS[verdict.tone]}</svg>'
    return f'<p class="verdict {verdict.tone}">{sign}{html_text(verdict.words)}</p>'


def _contents(sections: tuple[Section, ...], further: tuple[Chapter, ...]) -> str:
    links = "".join(
        f'<li><a href="#{section.key}">{section.key.replace("-", " ").capitalize()}</a></li>' for section in sections
    )
    links += "".join(f'<li><a href="#{chapter.key}">{html_text(chapter.title)}</a></li>' for chapter in further)
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>'


def _chapter(chapter: Chapter) -> str:
    return "\n".join(
        (
            f'<section class="chapter" aria-labelledby="{chapter.key}">',
            f'<h2 id="{chapter.key}">Also predicted: {html_text(chapter.title)}</h2>',
            render_verdict(chapter.verdict),
            f"<p>{html_text(chapter.answer)}</p>",
            "</section>",
            *(render_section(section, chapter.pictures) for section in chapter.sections),
        )
    )


def render_section(section: Section, pictures: dict[str, Picture]) -> str:
    parts = [_part(part, pictures) for part in section.parts]
    return "\n".join(
        (
            f'<section aria-labelledby="{section.key}">',
            f'<h2 id="{section.key}">{html_text(section.title)}</h2>',
            *parts,
            "</section>",
        )
    )


def _part(part: Words | Table | Pictures, pictures: dict[str, Picture]) -> str:
    if isinstance(part, Words):
        return _words(part)
    if isinstance(part, Table):
        return _table(part)
    words = "".join(_words(each) for each in part.words)
    drawn = [pictures[name] for name in part.names if name in pictures]
    if not drawn:
        return f"{words}<p>There is no picture: the figures of these test leads cannot be drawn.</p>"
    if len(part.names) == 1:
        return _beside(drawn[0], words, part.titled)
    return f'<div class="pair">{"".join(map(_figure, drawn))}{words}</div>'


def _words(words: Words) -> str:
    if words.warning:
        return f'<p class="warning"><b>Mind:</b> {html_text(words.text)}</p>'
    return f"<p>{html_text(words.text)}</p>"


def _figure(picture: Picture) -> str:
    heading = "h2" if picture.name == "hundred" else "h3"
    size = ' style="font-size:16px"' if heading == "h2" else ""
    return (
        f"<figure><{heading}{size}>{html_text(picture.title)}</{heading}>{picture.inline()}"
        f"<figcaption>{html_text(picture.caption)}</figcaption></figure>\n"
    )


def _beside(picture: Picture, words: str, titled: bool) -> str:
    """A picture alone on its line, with what there is to say about it next to it."""
    title = f"<h3>{html_text(picture.title)}</h3>" if titled else ""
    return (
        f'<figure class="pair"><div>{title}{picture.inline()}</div><figcaption class="next-to">{words}'
        f"<p>{html_text(picture.caption)}</p></figcaption></figure>"
    )


def _table(table: Table) -> str:
    """A table that turns into one card a row on a phone; its roles are spelt out because that would hide them."""
    kinds = [_kind(table, column) for column in range(len(table.headings))]
    head = "".join(
        f'<th scope="col" role="columnheader"{_class(kind if kind == "n" else "")}>{html_text(heading)}</th>'
        for heading, kind in zip(table.headings, kinds, strict=True)
    )
    drawn_beside = _bars(table)
    rows = []
    for row, bar in zip(table.rows, drawn_beside, strict=True):
        cells = "".join(
            f'<td role="cell"{_class(f"{kind} empty" if not cell else kind)} data-label="{html_text(heading)}">'
            f"{html_text(cell)}</td>"
            for cell, heading, kind in zip(row[1:], table.headings[1:], kinds[1:], strict=True)
        )
        rows.append(f'<tr role="row"><th scope="row" role="rowheader">{html_text(row[0])}{bar}</th>{cells}</tr>')
    kind = "barred" if table.bars else "spanned" if table.spans else ""
    caption = f"<caption>{html_text(table.caption)}</caption>" if table.caption else ""
    drawn = (
        f'<table role="table"{_class(kind)}>{caption}<thead role="rowgroup"><tr role="row">'
        f'{head}</tr></thead>\n<tbody role="rowgroup">{"".join(rows)}</tbody></table>'
    )
    return f"<details><summary>{html_text(table.folded)}</summary>{drawn}</details>" if table.folded else drawn


def _bars(table: Table) -> list[str]:
    """What is drawn below the name of each row: a bar, an interval with its mark, or nothing."""
    if table.bars:
        reaches = table.reaches or ((math.nan, math.nan),) * len(table.bars)
        largest = max([*table.bars, *(high for _, high in reaches if math.isfinite(high))]) or 1.0
        inner = [
            f'<i style="width:{100 * length / largest:.1f}%"></i>{_reach(*reach, 100 / largest)}'
            for length, reach in zip(table.bars, reaches, strict=True)
        ]
    elif table.spans:
        scale = 100 / min(1.0, round_up(max(0.001, *(max(high, mark) for _, high, mark in table.spans))))
        inner = [
            f'<i style="margin-left:{low * scale:.1f}%;width:{max((high - low) * scale, 1):.1f}%"></i>'
            f'<b style="left:{mark * scale:.1f}%"></b>'
            for low, high, mark in table.spans
        ]
    else:
        return [""] * len(table.rows)
    return [f'<span class="measured" aria-hidden="true">{drawn}</span>' for drawn in inner]


def _reach(low: float, high: float, scale: float) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f'<u style="left:{low * scale:.1f}%;width:{max((high - low) * scale, 0.6):.1f}%"></u>'


def _kind(table: Table, column: int) -> str:
    if column in table.numeric:
        return "n"
    return "long" if any(len(row[column]) > 26 for row in table.rows) else ""


def _class(name: str) -> str:
    return f' class="{name.strip()}"' if name.strip() else ""
