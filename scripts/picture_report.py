"""Make docs/images/report.png: the first part of the demo's training report, as a browser shows it.

    .venv/bin/python scripts/picture_report.py

The leads are synthetic, and the page says so. Needs a Chromium (or Chrome) and a minute for the demo; `--report` takes a
report that is there already, `--browser` another browser than the first found.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PLAYBOOK = "insurance"
WIDTH, SCALE = 1000, 1.2
"""The page is laid out for so many pixels and drawn larger: 1200 pixels across, with text that is readable when small."""
SECTIONS = 2
LARGEST_BYTES = 400_000


def make_report(folder: Path) -> Path:
    """The report of a fresh demo."""
    subprocess.run([sys.executable, "-m", "leadloop", "demo", PLAYBOOK, "--folder", str(folder / "demo")], check=True)
    (report,) = (folder / "demo" / "registry").rglob("report.html")
    return report


def shorten(page: str) -> str:
    """The page without the sections and links below those that are shown, in its light colours."""
    rest = f"<style>section:nth-of-type(n+{SECTIONS + 1}),footer,nav,.skip{{display:none}}main{{padding-bottom:26px}}</style>"
    return page.replace("</head>", f"{rest}</head>").replace("prefers-color-scheme:dark", "prefers-color-scheme:never")


def photograph(browser: str, page: Path, picture: Path) -> None:
    """What the browser draws of a page, in one tall picture."""
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--force-device-scale-factor={SCALE}",
            f"--window-size={WIDTH},4000",
            f"--user-data-dir={picture.parent / 'browser'}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )


def trim(picture: Path) -> bytes:
    """The picture without the empty rows at its end, as a PNG of 256 colours."""
    with Image.open(picture) as opened:
        drawn = opened.convert("RGB")
    rows = np.asarray(drawn).reshape(drawn.height, -1)
    last = int(np.flatnonzero((rows != rows[-1]).any(axis=1)).max())
    margin = round(24 * SCALE)
    trimmed = drawn.crop((0, 0, drawn.width, min(last + margin, drawn.height)))
    out = io.BytesIO()
    trimmed.quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--report", type=Path, help="a report.html that is there already")
    parser.add_argument("--browser", help=f"default: the first of {', '.join(BROWSERS)}")
    given = parser.parse_args()
    browser = given.browser or next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        print("No browser found. Install Chromium, or name one with --browser.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        report = given.report or make_report(folder)
        page = folder / "page.html"
        page.write_text(shorten(report.read_text(encoding="utf-8")), encoding="utf-8")
        photograph(browser, page, folder / "tall.png")
        content = trim(folder / "tall.png")
    if len(content) > LARGEST_BYTES:
        print(f"The picture has {len(content):,} bytes; show less of the page.", file=sys.stderr)
        return 1
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_bytes(content)
    print(f"wrote {PICTURE.relative_to(ROOT)} ({len(content):,} bytes)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
