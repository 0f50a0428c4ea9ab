"""The training report as Markdown: for a terminal, a pull request, or beside a version."""

from __future__ import annotations

from urllib.parse import quote

from leadloop.learning.report.chapters import chapters
from leadloop.learning.report.composed import also_predicted
from leadloop.learning.report.escape import markdown_name, markdown_text
from leadloop.learning.report.outline import outline
from leadloop.learning.report.parts import Section, Table, Words
from leadloop.learning.report.picture import Picture
from leadloop.learning.report.pictures import draw_pictures
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.words import answer, judge, measured_on

_SIGNS = {"good": "✓", "care": "!", "stop": "✗"}


def render_markdown(report: TrainingReport, pictures: str = "") -> str:
    """The whole report as Markdown, with the same words and figures as the page.

    `pictures` names the folder, as seen from the Markdown file, that holds the files of `picture_files`; without one the
    pictures are left out and their tables stay.
    """
    drawn = draw_pictures(report) if pictures else {}
    folder = quote(pictures.rstrip("/"), safe="/.:~-_")
    verdict = judge(report)
    title = f"{report.playbook}: {report.target}"
    blocks = [f"# {markdown_text(f'Synthetic data · {title}' if report.synthetic else title)}"]
    if report.synthetic:
        blocks.append(
            "> **Synthetic data** – made by a simulator for a demonstration; it says nothing about real leads."
        )
    blocks.append(
        f"Training report of version {markdown_name(report.version)}, {markdown_text(report.made_at)}, measured on "
        f"{markdown_text(measured_on(report))}."
    )
    blocks.append(f"**{_SIGNS[verdict.tone]} {markdown_text(verdict.words)}**")
    blocks.append(markdown_text(" ".join((*answer(report), *also_predicted(report)))))
    blocks += _pictures(("hundred",), drawn, folder)
    for section in outline(report):
        blocks += _section(section, drawn, folder)
    for chapter in chapters(report):
        blocks.append(f"# Also predicted: {markdown_text(chapter.title)}")
        blocks.append(f"**{_SIGNS[chapter.verdict.tone]} {markdown_text(chapter.verdict.words)}**")
        blocks.append(markdown_text(chapter.answer))
        for section in chapter.sections:
            blocks += _section(section, chapter.pictures if pictures else {}, folder)
    return "\n\n".join(blocks) + "\n"


def _section(section: Section, drawn: dict[str, Picture], folder: str) -> list[str]:
    blocks = [f"## {markdown_text(section.title)}"]
    for part in section.parts:
        if isinstance(part, Words):
            blocks.append(_words(part))
        elif isinstance(part, Table):
            blocks += _pictures((part.picture,), drawn, folder)
            blocks += [f"{part.folded}:"] if part.folded else []
            blocks.append(_table(part))
            blocks += [markdown_text(part.caption)] if part.caption else []
        else:
            blocks += [_words(words) for words in part.words]
            blocks += _pictures(part.names, drawn, folder)
    # A section that holds nothing but pictures has nothing to say without them.
    return blocks if len(blocks) > 1 else []


def _words(words: Words) -> str:
    return f"> **Mind:** {markdown_text(words.text)}" if words.warning else markdown_text(words.text)


def _pictures(names: tuple[str, ...], drawn: dict[str, Picture], folder: str) -> list[str]:
    blocks = []
    for picture in (drawn[name] for name in names if name in drawn):
        blocks.append(f"![{markdown_text(picture.description)}]({folder}/{picture.name}.svg)")
        blocks.append(f"**{markdown_text(picture.title)}** – {markdown_text(picture.caption)}")
    return blocks


def _table(table: Table) -> str:
    """A Markdown table whose columns line up, so that it can be read before it is rendered."""
    rows = [tuple(markdown_text(heading) for heading in table.headings)]
    for row in table.rows:
        rows.append(
            tuple(
                markdown_name(cell) if cell and column in table.names else markdown_text(cell)
                for column, cell in enumerate(row)
            )
        )
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(table.headings))]
    rules = ["-" * (width - 1) + ":" if column in table.numeric else "-" * width for column, width in enumerate(widths)]
    lines = [
        "| "
        + " | ".join(
            cell.rjust(width) if column in table.numeric else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        + " |"
        for row in rows
    ]
    return "\n".join([lines[0], "| " + " | ".join(rules) + " |", *lines[1:]])
