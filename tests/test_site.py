"""The pages that readers see: each has its place in the navigation, and the terminal's picture is of a real run."""

import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CHECKOUT = Path(__file__).parent.parent
DOCS = CHECKOUT / "docs"
sys.path.insert(0, str(DOCS))

import make_pictures  # noqa: E402
import site_hooks  # noqa: E402


def test_each_page_stands_in_one_section_of_the_navigation_and_no_section_is_long() -> None:
    nav: list[dict[str, Any]] = YAML(typ="safe").load(CHECKOUT / "mkdocs.yml")["nav"]
    sections = {
        title: [page for entry in pages for page in entry.values()] for each in nav for title, pages in each.items()
    }
    listed = [page for pages in sections.values() for page in pages]
    assert sorted(listed) == sorted(file.name for file in DOCS.glob("*.md"))
    assert 2 <= max(map(len, sections.values())) <= 10


def test_the_drawing_of_the_terminal_shows_what_the_commands_print(tmp_path: Path) -> None:
    root = make_pictures.make_deployment(tmp_path / "our-hubs")
    anew = make_pictures.drawing(make_pictures.session(root))
    kept = (DOCS / "images/terminal.svg").read_text(encoding="utf-8")
    assert make_pictures.lines_of(kept) == make_pictures.lines_of(anew)
    assert {"point-hubs", "2026.11.02", "statistics"} & set(make_pictures.lines_of(kept))
    assert "http" not in kept.replace("http://www.w3.org/2000/svg", "")  # no font from another site


def test_progress_that_a_slow_machine_shows_is_not_in_the_drawing() -> None:
    frames = "/ reading 0/3\r\x1b[2K- reading 2/3\r\n\r\x1b[1A\x1b[2K"
    assert make_pictures.what_stays(f"before\r\n{frames}after\r\n") == "before\nafter\n"


def test_code_in_tables_wraps_between_its_parts_and_options_never() -> None:
    html = (
        "<p><code>a/b_c --dry-run</code></p><pre><code>--dry-run</code></pre>"
        "<table><td><code>--dry-run</code><code>tests/hub_image/test_tags.py::test_one</code></table>"
    )
    assert site_hooks.on_page_content(html, page=None) == (
        '<p><code>a/b_c <span class="whole">--dry-run</span></code></p><pre><code>--dry-run</code></pre>'
        '<table><td><code class="whole">--dry-run</code>'
        "<code>tests/<wbr>hub_<wbr>image/<wbr>test_<wbr>tags.py::<wbr>test_<wbr>one</code></table>"
    )
