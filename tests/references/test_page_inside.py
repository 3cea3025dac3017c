"""The page says what is in the images, and shows two tags of one side by side."""

import re
from datetime import UTC, datetime
from pathlib import Path

from hubimages.contents import Contents, Facts, LayerSize, Package
from hubimages.contents.facts import SBOM
from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.references.page.html import page
from tests.command import hubimages
from tests.contents.published import archive, files, push
from tests.engine.registry import Registry
from tests.references.deployment import inventory_of
from tests.references.pointing import make_deployment
from tests.registry.conftest import open_registry
from tests.registry.images import Publisher

__all__ = ["open_registry"]

EVIL = "<script>document.title='stolen'</script>"
FILES = {
    f"hubs/{hub}.yaml": f"singleuser: {{image: {{name: quay.io/a/b, tag: {tag}}}}}\n"
    for hub, tag in (("one", "0a1b2c3d4e5f"), ("two", "f0e1d2c3b4a5"), ("three", "f0e1d2c3b4a5"))
} | {"hubs/four.yaml": "singleuser: {image: {name: quay.io/a/c, tag: '1.0'}}\n"}
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def facts(tag: str, created: str, *packages: Package) -> Facts:
    environment = {"PATH": "/opt/conda/bin:/usr/bin"}
    layers = (LayerSize("sha256:" + "0" * 64, 1_000_000_000), LayerSize(f"sha256:{tag * 5}{tag[:4]}", 200_000_000))
    python = Package("conda", "python", "3.13.1", "0", "opt/conda")
    contents = Contents((python, *packages))
    return Facts(f"quay.io/a/b:{tag}", "", "linux/amd64", contents, layers, created, "jovyan", environment, SBOM)


def text_of(html: str) -> list[str]:
    """Return the text of a piece of HTML, without empty parts."""
    return [each for each in (" ".join(part.split()) for part in re.split(r"<[^>]*>", html)) if each]


def rows(html: str, start: str, end: str) -> list[str]:
    body = html.partition(start)[2].partition(end)[0]
    return [" ".join(text_of(row)) for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)]


def test_each_image_has_a_row_and_its_tags_stand_side_by_side(tmp_path: Path) -> None:
    old = facts("f0e1d2c3b4a5", "2026-01-01T00:00:00Z", Package("conda", "numpy", "1.26.4"), Package("pip", EVIL, "1"))
    new = facts("0a1b2c3d4e5f", "2026-05-25T00:00:00Z", Package("conda", "numpy", "2.1.0"))
    known = {
        ImageRef("quay.io", "a/b", "f0e1d2c3b4a5"): old,
        ImageRef("quay.io", "a/b", "0a1b2c3d4e5f"): new,
        ImageRef("quay.io", "a/c", "1.0"): BadInputError("no SBOM"),
    }
    html = page(inventory_of(tmp_path, FILES), None, NOW, known)
    assert rows(html, 'data-table="inside"', "</table>")[1:] == [
        "quay.io/a/ b 0a1b2c3d4e5f 1 2026-05-25 7 days 1.2 GB 3.13.1 – – 2",
        "quay.io/a/ b f0e1d2c3b4a5 2 2026-01-01 151 days 1.2 GB 3.13.1 – – 3",
    ]
    side = html.partition('<details class="pair">')[2].partition("</details>")[0]
    assert " ".join(text_of(side.partition("</summary>")[0])) == (
        "quay.io/a/ b f0e1d2c3b4a5 → 0a1b2c3d4e5f : 1 major, 0 other changes, 0 new, 1 gone"
    )
    assert rows(side, "<thead>", "</table>") == [
        "f0e1d2c3b4a5 0a1b2c3d4e5f",
        "Made 2026-01-01 2026-05-25",
        "Size 1.2 GB 1.2 GB",
        "A node pulls 200.0 MB",
        "Packages 3 2",
        "Python 3.13.1 3.13.1",
        "conda numpy 1.26.4 2.1.0",
        "pip &lt;script&gt;document.title=&#39;stolen&#39;&lt;/script&gt; 1 –",
    ]
    assert "<li>quay.io/a/c:1.0: no SBOM</li>" in html
    assert EVIL not in html


def test_without_a_look_at_the_images_the_page_has_no_such_part(tmp_path: Path) -> None:
    assert "What is in the images" not in page(inventory_of(tmp_path, FILES), None, NOW)


def test_images_html_asks_the_registries_for_sboms_and_reads_no_layers(tmp_path: Path, open_registry: Registry) -> None:
    from hubimages.contents import attach_contents

    image = f"{open_registry.address}/page/image"
    publisher = Publisher(open_registry, "page/image")
    for tag, numpy in (("1", "1.2.3"), ("2", "2.0.0"), ("3", "2.0.1")):
        push(publisher, [archive(files(numpy=numpy))], tag)
    names = [f"{image}:{tag}" for tag in "12"]
    for name in names:
        attach_contents(name, say=lambda line: None, agree=lambda question: True)
    own = {f"hubs/{tag}.yaml": f"singleuser: {{image: {{name: {image}, tag: '{tag}'}}}}\n" for tag in "123"}
    root = make_deployment(tmp_path / "deployment", own)
    made = {}
    for words in ([], ["--offline"]):
        file = tmp_path / f"page{len(words)}.html"
        assert hubimages("images", "--repo", root, "--html", file, *words).returncode == 0
        made[file.name] = file.read_text()
    online, offline = made["page0.html"], made["page1.html"]
    listed = [row.split()[2] for row in rows(online, 'data-table="inside"', "</table>")[1:]]
    assert listed == ["1", "2"]
    assert f"<li>{image}:3: no SBOM, and " in online
    assert rows(offline, 'data-table="inside"', "</table>") == rows(online, 'data-table="inside"', "</table>")
    assert f"<li>{image}:3: not in the cache</li>" in offline
    assert "conda numpy" in " ".join(text_of(online))
