"""One picture of a report: its shapes with what they are called and what one should see in them, within a page or alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leadloop.learning.report.escape import html_text
from leadloop.learning.report.marks import WIDTH, write
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.style import PALETTE, picture_style
from leadloop.learning.report.words import where


def _fixed(side: int) -> str:
    """The style with the light (0) or the dark (1) colours written out."""
    return picture_style(lambda name: PALETTE[name][side]) + f".paper{{fill:{PALETTE['paper'][side]}}}"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, what it is called, what one should see in it, and the SVG shapes (`height` units high)."""

    name: str
    title: str
    caption: str
    description: str
    shapes: str
    height: int
    note: str = ""

    def inline(self) -> str:
        """The SVG for use inside a page that defines the colours; its ids begin with the picture's name."""
        return self._svg(f'viewBox="0 0 {WIDTH} {self.height}"', self.shapes)

    def alone(self) -> str:
        """The SVG as a file of its own, with its colours for light and dark, and its note if it has one."""
        above = 34 if self.note else 14
        width, height = WIDTH + 28, self.height + above + 14
        paper = f'<rect class="paper" x="-14" y="{-above}" width="{width}" height="{height}"/>'
        note = write(0, -12, self.note, "of-mark") if self.note else ""
        return self._svg(
            f'viewBox="-14 {-above} {width} {height}" width="{width}" height="{height}"',
            f"<style>{_fixed(0)}@media(prefers-color-scheme:dark){{{_fixed(1)}}}</style>{paper}{self.shapes}{note}",
        )

    def _svg(self, box: str, content: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pic" role="img" {box} '
            f'aria-labelledby="{self.name}-title {self.name}-desc">'
            f'<title id="{self.name}-title">{html_text(self.title)}</title>'
            f'<desc id="{self.name}-desc">{html_text(self.description)}</desc>{content}</svg>\n'
        )


def compose(
    report: TrainingReport,
    name: str,
    title: str,
    caption: str,
    description: str,
    shapes: Iterable[str],
    height: int = 318,
    leads: str = "",
) -> Picture:
    """A picture of a report; it says which leads it shows (the test leads, unless `leads` says otherwise), and that
    they are synthetic where they are.
    """
    shown = f"{'Synthetic data. ' if report.synthetic else ''}{leads}" if leads else where(report)
    note = "synthetic data" if report.synthetic else ""
    return Picture(name, title, f"{caption} {shown}", description, "".join(shapes), height, note)
