"""The page about the references, in a real browser."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubimages.references import check_images, write_page
from hubimages.references.page.html import page
from tests.references.deployment import inventory_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVIL = "<script>document.title='stolen'</script>"
FILES = {
    "hubs/one.yaml": "singleuser: {image: {name: quay.io/a/b, tag: 2026.06.04}}\n",
    "hubs/two.yaml": "singleuser: {image: {name: quay.io/a/b, tag: 2026.01.30}}\n",
    "hubs/three.yaml": """\
        singleuser: {image: {name: quay.io/a/b, tag: 2026.01.30}}
        hub: {image: {name: a/hub, tag: v10.0.0}}
        """,
    "hubs/four.yaml": f"""\
        hub: {{image: {{name: a/other, tag: v9.0.0}}}}
        singleuser:
          profileList:
          - display_name: "{EVIL}"
            kubespawner_override: {{image: "ghcr.io/a/c:latest"}}
        """,
}


@pytest.fixture
def opened(tmp_path: Path, web_page: "Page") -> "Page":
    """The page about a small repository, open in a browser that may ask nobody for anything."""
    inventory = inventory_of(tmp_path, FILES)
    place = tmp_path / "images.html"
    write_page(place, inventory, check_images(inventory, online=False))
    asked: list[str] = []
    web_page.on("request", lambda request: asked.append(request.url))
    web_page.goto(place.as_uri())
    assert asked == [place.as_uri()]
    return web_page


def cells(opened: "Page", table: str, column: int) -> list[str]:
    """The texts of a column, in the order shown, of the rows that are shown."""
    rows = opened.locator(f'[data-table="{table}"] tbody tr:visible td:nth-child({column})')
    return [" ".join(text.split()) for text in rows.all_inner_texts()]


def tags(opened: "Page") -> list[str]:
    return [cell.split()[0] for cell in cells(opened, "references", 2)]


def test_tables_are_sorted_by_a_click_on_their_heads_and_tags_by_age(opened: "Page") -> None:
    head = opened.locator('[data-table="references"] thead button', has_text="Tag")
    head.click()
    assert tags(opened) == ["latest", "v9.0.0", "v10.0.0", "2026.01.30", "2026.01.30", "2026.06.04"]
    head.click()
    assert tags(opened) == ["2026.06.04", "2026.01.30", "2026.01.30", "v10.0.0", "v9.0.0", "latest"]
    assert opened.locator('th[aria-sort="descending"]').all_inner_texts() == ["Tag"]


def test_tables_are_sorted_and_filtered_with_the_keyboard_alone(opened: "Page") -> None:
    opened.locator('[data-table="references"] [data-filter="text"]').focus()
    opened.keyboard.type("QUAY.io three")
    assert cells(opened, "references", 3) == ["hubs/three"]
    assert opened.locator('[data-table="references"] output').inner_text() == "1 of 6 shown"
    opened.keyboard.press("Control+A")
    opened.keyboard.press("Delete")
    opened.locator('[data-table="references"] thead button', has_text="Image").focus()
    opened.keyboard.press("Enter")
    assert cells(opened, "references", 1) == ["a/hub", "a/other", "ghcr.io/a/c", *["quay.io/a/b"] * 3]


def test_references_are_filtered_by_shape_and_findings_by_kind(opened: "Page") -> None:
    opened.locator('[data-filter="shape"]').select_option("vN.N.N")
    assert sorted(tags(opened)) == ["v10.0.0", "v9.0.0"]
    opened.locator("[data-clear]").click()
    assert len(tags(opened)) == 6
    assert sorted(cells(opened, "findings", 1)) == ["floating-tag", "skew"]
    opened.locator('[data-filter="code"]').select_option("skew")
    assert cells(opened, "findings", 1) == ["skew"]


def test_the_picture_has_a_square_for_each_hub_from_the_newest_tag_and_a_tag_shows_its_references(
    opened: "Page",
) -> None:
    used = opened.locator("#skew .used")
    assert [" ".join(text.split()) for text in used.all_inner_texts()] == ["2026.06.04 1 hub", "2026.01.30 2 hubs"]
    squares = opened.locator("#skew .used .hub")
    assert [squares.nth(number).get_attribute("class") for number in range(3)] == [
        "hub age-0",
        "hub age-1",
        "hub age-1",
    ]
    used.nth(1).click()
    assert cells(opened, "references", 3) == ["hubs/three", "hubs/two"]
    assert used.nth(1).get_attribute("aria-pressed") == "true"
    used.nth(1).click()
    assert len(tags(opened)) == 6


def test_nothing_of_the_repository_becomes_markup(opened: "Page") -> None:
    assert opened.title() == "Which hub runs which image"
    assert opened.locator("td script").count() == 0
    assert EVIL in opened.locator("#references").inner_text()


def test_on_a_phone_nothing_is_wider_than_the_screen_and_rows_can_be_sorted(opened: "Page") -> None:
    opened.set_viewport_size({"width": 390, "height": 844})
    assert opened.evaluate("document.documentElement.scrollWidth") == 390
    opened.locator('[data-table="references"] [data-sort]').select_option("1")
    assert tags(opened)[0] == "latest"


def test_the_page_follows_a_dark_setting(opened: "Page", browser: "Browser") -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    assert opened.evaluate(background) == "rgb(251, 251, 250)"
    opened.emulate_media(color_scheme="dark")
    assert opened.evaluate(background) == "rgb(20, 23, 26)"


def test_what_needs_a_click_is_not_printed_and_paper_has_tables(opened: "Page") -> None:
    opened.set_viewport_size({"width": 700, "height": 900})  # a sheet of A4 between its margins
    opened.emulate_media(media="print")
    assert not opened.locator(".filters").first.is_visible()
    assert opened.evaluate("getComputedStyle(document.querySelector('#references td')).display") == "table-cell"
    assert opened.evaluate("document.documentElement.scrollWidth") == 700


def test_without_scripts_everything_is_there_but_the_filters(opened: "Page", browser: "Browser") -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(opened.url)
    assert page.locator('[data-table="references"] tbody tr').count() == len(cells(opened, "references", 1))
    assert not page.locator(".filters").first.is_visible()
    context.close()


def test_a_tag_without_a_name_has_the_names_it_may_go_with(tmp_path: Path) -> None:
    files = {
        "tags.yaml": "jupyterhub: {singleuser: {image: {tag: v1}}}\n",
        "names.yaml": "singleuser: {image: {name: quay.io/a/b, tag: v0}}\n",
    }
    html = page(inventory_of(tmp_path, files), None, datetime(2026, 1, 1, tzinfo=UTC))
    assert '<i class="faint">quay.io/a/b</i>' in html


def test_the_page_needs_nothing_from_anywhere_else(tmp_path: Path) -> None:
    html = page(inventory_of(tmp_path, FILES), None, datetime(2026, 1, 1, tzinfo=UTC))
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"|@import|url\(", html) == []
    assert "01 January 2026, 00:00 UTC" in html


def test_a_repository_without_references_gives_a_page_too(tmp_path: Path, web_page: "Page") -> None:
    place = tmp_path / "images.html"
    write_page(place, inventory_of(tmp_path, {"README.md": "Nothing.\n"}))
    web_page.goto(place.as_uri())
    assert web_page.locator("#references output").inner_text() == "0 shown"
