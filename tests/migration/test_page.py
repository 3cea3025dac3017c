"""The pages about what was extracted, in a real browser."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("detect_secrets")

from hubimages import migration
from hubimages.errors import StorageError
from hubimages.extract import read_removal
from hubimages.migration.page.facts import Image, read_image
from hubimages.migration.page.html import page_names, write_pages
from tests.extract.taking import IMAGE, image, take, yes
from tests.histories import Commit, git, make
from tests.scanning.specimens import OWN

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVIL = "<script>document.title='stolen'</script><img src=http://evil.example/x>\x1b[31m\u202e"
TOKEN = OWN["hugging-face-token"][1]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An extracted image that has moved, with hostile names, a secret in an old commit, and its pages."""
    old = image("a", "old/hub")
    make(
        tmp_path / "source.git",
        [
            Commit("first", [], {**old, "old/hub/.env": TOKEN}, author="Bo <bo@example.org>"),
            Commit("edit", ["first"], {**old, "old/hub/.env": ""}, message=f"Edit {EVIL}"),
            Commit(
                "move",
                ["edit"],
                {**image("a", **{"apt.txt": "vim\n"}), f"{IMAGE}/.env": ""},
                author="Eve &lt;b <e@example.org>",
            ),
            Commit("last", ["move"], {**image("b"), f"{IMAGE}/.env": ""}),
            Commit("other", ["last"], {**image("b"), f"{IMAGE}/.env": "", "README": "x"}),
        ],
    )
    result = take(tmp_path / "source.git", tmp_path / "hub", scan=True, ask=yes)
    migration.report_of_one(tmp_path / "pages", result)
    migration.report_of_one(tmp_path / "private", result, private=True)
    return tmp_path


@pytest.fixture
def opened(made: Path, web_page: "Page") -> "Page":
    asked: list[str] = []
    web_page.on("request", lambda request: asked.append(request.url))
    web_page.goto((made / "pages" / "hub.html").as_uri())
    assert asked == [(made / "pages" / "hub.html").as_uri()]
    return web_page


def column(opened: "Page", number: int) -> list[str]:
    return opened.locator(f'[data-table="commits"] tbody tr:visible td:nth-child({number})').all_inner_texts()


def test_it_tells_commits_paths_people_and_what_was_not_kept(opened: "Page") -> None:
    assert [text.split()[0] for text in column(opened, 3)] == ["last", "move", "Edit", "first"]
    assert opened.locator(".ribbon .row .name").all_inner_texts() == ["old/hub", IMAGE]
    assert opened.locator(".commits .row .name").all_inner_texts() == ["Ada", "Eve &lt;b", "Bo"]
    assert "1 not kept: did not touch the image" in " ".join(opened.locator("#kept dl").inner_text().split())
    assert opened.locator(".people li").first.inner_text() == "Ada 2 commits"


def test_texts_of_others_are_shown_and_do_nothing(opened: "Page") -> None:
    assert opened.title() == "hub: what came along"
    assert any("<script>" in text for text in column(opened, 3))
    assert opened.locator("img, iframe, object").count() == 0


def test_secrets_are_counted_and_their_places_are_on_the_private_page_alone(made: Path) -> None:
    public, private = ((made / name / "hub.html").read_text() for name in ("pages", "private"))
    assert "1 found, 0 accepted" in public
    assert '<span class="place">' not in public
    assert '<span class="place">.env:1</span>' in private
    assert TOKEN not in public + private


def test_the_header_says_where_the_image_is_from_and_what_became_of_it(made: Path) -> None:
    lines = re.findall('<p class="made">(?!<a)(.*)</p>', (made / "pages" / "hub.html").read_text())
    commit = git("-C", made / "source.git", "rev-parse", "main")
    assert lines[0] == f"From {IMAGE} in {made}/source.git, commit {commit[:12]}"
    assert re.fullmatch(r"State: made\. This page is from \d\d \w+ \d{4}, \d\d:\d\d UTC\.", lines[1])


def test_the_table_is_sorted_and_filtered_with_the_keyboard(opened: "Page") -> None:
    opened.keyboard.press("Tab")
    assert opened.locator(":focus").inner_text() == "Skip to the table of commits"
    opened.locator('[data-filter="text"]').focus()
    opened.keyboard.type("move")
    assert column(opened, 3) == ["move"]
    opened.locator('[data-filter="text"]').fill("")
    opened.locator("thead button", has_text="Author").focus()
    opened.keyboard.press("Enter")
    assert column(opened, 2) == sorted(column(opened, 2))


def test_it_fits_a_phone_and_is_dark_where_people_like_that(made: Path, browser: "Browser") -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = context.new_page()
    for name in ("hub.html", "index.html"):
        page.goto((made / "pages" / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    context.close()


def test_the_page_of_the_run_leads_to_each_image(made: Path, web_page: "Page") -> None:
    web_page.goto((made / "pages" / "index.html").as_uri())
    web_page.get_by_role("link", name="hub").click()
    assert web_page.url == (made / "pages" / "hub.html").as_uri()
    web_page.get_by_role("link", name="All images").click()
    assert web_page.url == (made / "pages" / "index.html").as_uri()


def test_ten_thousand_commits_are_drawn_and_the_table_names_what_it_leaves_out(tmp_path: Path) -> None:
    dest = tmp_path / "many"
    commits = [
        Commit(str(n), [str(n - 1)] if n else [], {"x": str(n % 7)}, author=f"A{n % 40} <a@example.org>")
        for n in range(10_000)
    ]
    ids = make(dest / ".git", commits)
    (dest / ".git" / "hubimages").mkdir()
    (dest / ".git" / "hubimages" / "commit-map").write_text("".join(f"{new} {new}\n" for new in ids.values()))
    found = read_image(dest, {})
    assert len(found.commits) == 10_000
    write_pages(tmp_path / "pages", [found])
    text = (tmp_path / "pages" / "many.html").read_text()
    assert "The newest 2000 of 10000." in text
    assert text.count("<rect") <= 13 * 120
    assert "28 others" in text


def test_what_was_removed_is_told_with_its_reason(tmp_path: Path) -> None:
    make(
        tmp_path / "source.git",
        [Commit("first", [], image("a", **{"students.csv": "x"})), Commit("b", ["first"], image("b"))],
    )
    result = take(
        tmp_path / "source.git", tmp_path / "hub", removal=read_removal(["students.csv"], None, None), scan=True
    )
    text = migration.report_of_one(tmp_path / "pages", result).read_text()
    assert "1 file version of students.csv dropped" in text
    assert "nothing was found" in text


def test_what_failed_is_on_the_pages_without_the_places_of_secrets(tmp_path: Path) -> None:
    place = "postBuild:1, from commit 0123456789ab"
    failed = Image(
        "hub", tmp_path, "failed", {}, (), 0, problem=f"the scan has 1 finding that nobody accepted:\n{place}"
    )
    write_pages(tmp_path / "pages", [failed])
    for page in ("hub.html", "index.html"):
        text = (tmp_path / "pages" / page).read_text()
        assert "the scan has 1 finding that nobody accepted" in text
        assert place not in text


def test_pages_have_names_of_their_own_whatever_the_images_are_called(tmp_path: Path) -> None:
    names = ["index", "a/b", "a b", "..", "ä"]
    assert page_names([Image(name, tmp_path, "made", {}, (), 0) for name in names]) == [
        "index-2.html",
        "a-b.html",
        "a-b-2.html",
        "image.html",
        "image-2.html",
    ]


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_pages(tmp_path / "file" / "pages", [])
