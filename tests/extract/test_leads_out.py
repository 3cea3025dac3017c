"""What leads out of the image directory is named with its line, and what does not is left in peace."""

import pytest

from tests.extract.taking import IMAGE, image, take
from tests.histories import Commit, make


def warnings(place, inside: dict[str, str], around: dict[str, str] | None = None) -> list[str]:
    make(place / "s", [Commit("add", [], {"x": "x", **image("1", **inside), **(around or {})})])
    return list(take(place / "s", place / "d").warnings)


@pytest.mark.parametrize(("name", "text", "line"), [
    ("requirements.txt", "numpy\n-r ../base.txt\n", "requirements.txt:2 OUT -r ../base.txt"),
    ("requirements.txt", "-c ../../constraints.txt", "requirements.txt:1 OUT "
     "-c ../../constraints.txt"),
    ("dev-requirements.txt", "-e ../pkg[dev]", "dev-requirements.txt:1 OUT -e ../pkg[dev]"),
    ("requirements.txt", "../pkg", "requirements.txt:1 OUT ../pkg"),
    ("environment.yml", "dependencies:\n- pip:\n  - -r ../x.txt\n", "environment.yml:3 OUT "
     "- -r ../x.txt"),
    ("postBuild", "#!/bin/bash\nsource ../lib/common.sh\n", "postBuild:2 OUT "
     "source ../lib/common.sh"),
    ("scripts/a.sh", ". ../../lib.sh", "scripts/a.sh:1 OUT . ../../lib.sh"),
    ("Dockerfile", "FROM x\nCOPY ../shared /srv\n", "Dockerfile:2 OUT COPY ../shared /srv"),
    ("Dockerfile", "FROM x\nADD --chown=1:1 a \\\n  ../b /srv\n",
     "Dockerfile:2 OUT ADD --chown=1:1 a    ../b /srv"),
    ("Dockerfile", f"FROM x\nCOPY {IMAGE}/start /srv/\n",
     f"Dockerfile:2 is built from the top of SOURCE. Correct it by hand: COPY {IMAGE}/start /srv/"),
])  # fmt: skip
def test_a_path_out_of_the_directory_is_named_with_its_line(tmp_path, name, text, line):
    assert warnings(tmp_path, {name: text}) == [line.replace(" OUT ", " leads out of the image directory: ")]


@pytest.mark.parametrize(("name", "text"), [
    ("requirements.txt", "# -r ../x\nnumpy  # see ../y\nhttps://h/../x\n"), ("scripts/a.sh", "source ../lib.sh"),
    ("sub/requirements.txt", "-r ../requirements.txt"), ("Dockerfile", "FROM x\nCOPY a/../b /x\n# COPY ../y /\n"),
    ("notes.txt", "source ../x"), ("environment.yml", "name: ..\n"), ("Dockerfile", "FROM x\nCOPY --from=a /b /c\n"),
])  # fmt: skip
def test_a_path_inside_and_what_is_no_path_is_left_in_peace(tmp_path, name, text):
    assert warnings(tmp_path, {name: text, "lib.sh": "x"}) == []


@pytest.mark.parametrize(("name", "text", "expected"), [
    (".gitattributes", "*.ipynb text eol=lf\nother/* text\n# x\n",
     [".gitattributes:1 at the top of SOURCE stays behind: *.ipynb text eol=lf"]),
    (".gitattributes", f"{IMAGE}/data/* filter=lfs\n",
     [f".gitattributes:1 at the top of SOURCE stays behind: {IMAGE}/data/* filter=lfs"]),
    (".dockerignore", "**/.git\nother\n", [
        ".dockerignore:1 at the top of SOURCE stays behind: **/.git",
        ".dockerignore:2 at the top of SOURCE stays behind: other",
    ]),
    ("chartpress.yaml",
     f"charts:\n- name: x\n  images:\n    hub:\n      contextPath: .\n      dockerfilePath: {IMAGE}/D\n",
     [f"chartpress.yaml builds hub from the top of SOURCE, not from the image directory. Correct {IMAGE}/D by hand"]),
    ("chartpress.yaml", "charts:\n- name: x\n  images:\n    hub: null\n    lab: [1]\n- 5\n", []),
])  # fmt: skip
def test_files_at_the_top_that_hold_for_the_image_are_named(tmp_path, name, text, expected):
    assert warnings(tmp_path, {}, {name: text}) == expected
