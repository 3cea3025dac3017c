"""Make the pictures of the front page from real runs: docs/images/terminal.svg and docs/images/references*.png.

    python docs/make_pictures.py [--page]

A small deployment repository is made, the commands are run in it, and rich writes what they print as a drawing. With
--page, `hubimages images --html` is run, too, and Chromium takes its picture, light and dark; that needs the dependency
group `tests` and a Chromium. A test runs the commands again and compares what they print with the drawing.
"""

import argparse
import contextlib
import html
import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).with_name("images")
WIDTH = 104  # columns
COMMANDS = (
    "hubimages images",
    "hubimages point-hubs quay.io/our-university/statistics:2026.11.02 --hub north/staging --dry-run",
)
FILES = {
    "config/clusters/north/cluster.yaml": """\
name: north
hubs:
- name: staging
  helm_chart_values_files: [common.values.yaml, staging.values.yaml]
- name: prod
  helm_chart_values_files: [common.values.yaml, prod.values.yaml]
""",
    "config/clusters/north/common.values.yaml": """\
jupyterhub:
  hub:
    image:
      name: quay.io/our-university/hub
      tag: 0.0.1-0.dev.git.8663.h049aa2c2
""",
    "config/clusters/north/staging.values.yaml": """\
jupyterhub:
  singleuser:
    image:
      name: quay.io/our-university/statistics
      tag: "2026.10.12"  # of October
""",
    "config/clusters/north/prod.values.yaml": """\
jupyterhub:
  singleuser:
    image:
      name: quay.io/our-university/statistics
      tag: "2026.09.01"
    profileList:
    - display_name: R
      slug: r
      kubespawner_override:
        image: quay.io/our-university/r-course:2026.08.17
""",
}
# For the page: more clusters, with the tags that their hubs run.
MORE = {
    "south": {"staging": "2026.10.12", "prod": "2026.09.01", "summer": "2026.06.04", "chemistry": "2026.09.01"},
    "coast": {"staging": "2026.10.12", "prod": "2026.10.12", "biology": "2026.06.04", "geo": "latest"},
}
HUB = """\
jupyterhub:
  singleuser:
    image:
      name: quay.io/our-university/statistics
      tag: "{tag}"
    profileList:
    - display_name: R
      slug: r
      kubespawner_override:
        image: quay.io/our-university/r-course:{r}
"""
# rich's own format without the font that it takes from another site
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
  <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def make_deployment(root: Path) -> Path:
    """Write the deployment repository of the pictures, and return its folder."""
    write(root, FILES)
    who = ("-c", "user.name=Ada Okafor", "-c", "user.email=ada@example.org")
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "Hubs")):
        subprocess.run(["git", *who, *words], cwd=root, check=True)
    return root


def write(root: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def more_clusters() -> dict[str, str]:
    """Return the files of the clusters that only the page shows."""
    files = {}
    for cluster, hubs in MORE.items():
        folder = f"config/clusters/{cluster}"
        lines = [f"- {{name: {hub}, helm_chart_values_files: [{hub}.values.yaml]}}\n" for hub in hubs]
        files[f"{folder}/cluster.yaml"] = f"name: {cluster}\nhubs:\n{''.join(lines)}"
        for hub, tag in hubs.items():
            r = "2026.08.17" if hub in ("prod", "summer") else "2026.10.19"
            files[f"{folder}/{hub}.values.yaml"] = HUB.format(tag=tag, r=r)
    return files


def session(root: Path) -> str:
    """Run the commands in the repository, and return what a person sees: each command and what it prints, in colour."""
    shown = [f"\x1b[32m$\x1b[0m \x1b[1m{command}\x1b[0m\n{on_terminal(command, root)}" for command in COMMANDS]
    return "\n".join(shown)


def on_terminal(command: str, root: Path) -> str:
    """Run a command on a terminal of its own, and return what that shows."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, WIDTH))
    env = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES", "CI")}
    argv = [sys.executable, "-m", *command.split()]
    process = subprocess.Popen(
        argv, cwd=root, env={**env, "TERM": "xterm-256color"}, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    output = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error on Linux, and empty on macOS
        while more := os.read(ours, 4096):
            output += more
    os.close(ours)
    if process.wait():
        raise SystemExit(f"{command} ended with {process.returncode}: {output.decode()}")
    return what_stays(output.decode())


def what_stays(output: str) -> str:
    """Return what a terminal shows in the end, without lines that were erased: a slow machine shows progress."""
    return re.sub(r"[^\n]*?(?:\n\r\x1b\[1A|\r)\x1b\[2K", "", output.replace("\r\n", "\n"))


def drawing(text: str) -> str:
    """Return the drawing of a terminal that shows this text."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, legacy_windows=False)
    console.print(Text.from_ansi(text), soft_wrap=True)
    drawn = console.export_svg(title="hubimages", code_format=FORMAT, unique_id="terminal")
    return re.sub(r"[ \t]+$", "", drawn, flags=re.MULTILINE)


def lines_of(svg: str) -> list[str]:
    """Return the words that a drawing shows, without the spaces, which a drawing writes in several ways."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL)
    return [word for text in texts for word in html.unescape(text).replace("\xa0", " ").split()]


def take_page(root: Path) -> None:
    """Write the pictures of the page of references, light and dark."""
    from playwright.sync_api import sync_playwright

    write(root, more_clusters())
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    page_file = root / "images.html"
    argv = [sys.executable, "-m", "hubimages", "images", f"--html={page_file}"]
    subprocess.run(argv, cwd=root, check=True, capture_output=True)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        for scheme, name in (("light", "references.png"), ("dark", "references-dark.png")):
            page = browser.new_page(viewport={"width": 1000, "height": 452}, color_scheme=scheme)
            page.goto(page_file.as_uri())
            page.screenshot(path=IMAGES / name)
        browser.close()


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description="Make the pictures of the front page.")
    parser.add_argument("--page", action="store_true", help="those of the page, too; needs Chromium and Playwright")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = make_deployment(Path(folder, "our-hubs"))
        svg = drawing(session(root))
        file = IMAGES / "terminal.svg"
        if not file.exists() or lines_of(file.read_text(encoding="utf-8")) != lines_of(svg):
            file.write_text(svg, encoding="utf-8")
        if wanted.page:
            take_page(root)


if __name__ == "__main__":
    main()
