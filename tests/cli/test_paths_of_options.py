"""A file that an option names starts in the working directory; one that is in the repository alone is shown.

`--file` and `--config` are found from both, and refused where both have one.
"""

import re
from pathlib import Path

import pytest

from hubimages.cli.task import FILES
from tests import deployments
from tests.command import hubimages
from tests.deployments import AT_ROOT
from tests.histories import git

VALUES = "image: {name: quay.io/a/b, tag: '1.0.0'}\n"
LINE = re.compile(r"^--([\w-]+) starts in the working directory\. There is (\S+)$", re.MULTILINE)
WORDS = {
    "hubs": ["images", "--repo=there"],
    "values": ["check-imagebuilding-hub", "--repo=there"],
    "answers": ["adopt-image-repo", "there", "--dry-run"],
    "made": ["lock-environment", "there", "--dry-run"],
    "repos": ["image-repos", "--repo=there"],
}


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A repository with the same file in two directories."""
    files = {"a.yaml": VALUES, "sub/a.yaml": VALUES, "sub/b.yaml": VALUES, "conda-lock.yml": "", **AT_ROOT}
    return deployments.make(tmp_path / "there", files)


@pytest.mark.parametrize(
    "option", ["hubs", *(pytest.param(each, marks=pytest.mark.deep) for each in WORDS if each != "hubs")]
)
def test_a_file_that_is_in_the_repository_alone_is_shown(option: str, there: Path, tmp_path: Path) -> None:
    assert option in FILES
    name = "conda-lock.yml" if option == "made" else "sub/b.yaml"
    done = hubimages(*WORDS[option], f"--{option}={name}", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert LINE.findall(done.stderr) == [(option, f"there/{name}")], done.stderr
    done = hubimages(*WORDS[option], f"--{option}=nowhere.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert LINE.findall(done.stderr) == []


def test_a_file_at_the_top_of_the_repository_is_shown(there: Path) -> None:
    done = hubimages("images", "--hubs=hub/values.yaml", cwd=there / "sub")
    assert (done.returncode, LINE.findall(done.stderr)) == (2, [("hubs", f"{there}/hub/values.yaml")])


def test_a_new_values_file_is_not_made_beside_the_repository_that_has_it(there: Path, tmp_path: Path) -> None:
    words = ("new-imagebuilding-hub", "--repo=there", "--hub=a", "--values=sub/b.yaml", "--dry-run")
    done = hubimages(*words, cwd=tmp_path)
    assert (done.returncode, LINE.findall(done.stderr)) == (2, [("values", "there/sub/b.yaml")])


FOUND = (("sub/b.yaml", "sub/b.yaml"), ("./a.yaml", "sub/a.yaml"), ("../a.yaml", "a.yaml"))


@pytest.mark.parametrize(
    ("file", "said"),
    [("b.yaml", "sub/b.yaml"), ("a.yaml", ""), *(pytest.param(*each, marks=pytest.mark.deep) for each in FOUND)],
)
def test_a_file_is_found_from_the_top_and_from_here(file: str, said: str, there: Path) -> None:
    words = ("point-hubs", "quay.io/a/b:2.0.0", f"--file={file}", "--dry-run", "--unchecked", "--yes")
    done = hubimages(*words, cwd=there / "sub")
    if said:
        assert re.findall(r"^\+\+\+ b/(\S+)", done.stdout, re.MULTILINE) == [said], done.stderr
    else:
        assert (done.returncode, done.stderr) == (
            2,
            "error: --file=a.yaml: the repository has a.yaml, and sub/a.yaml in the working directory. Write ./a.yaml "
            f"for that one, and {there}/a.yaml for the other\n",
        )


@pytest.mark.parametrize("config", ["own.yaml", pytest.param("sub/own.yaml", marks=pytest.mark.deep)])
def test_a_chartpress_configuration_is_found_from_the_top_and_from_here(config: str, there: Path) -> None:
    (there / "sub/own.yaml").write_text("charts: [{name: hub}]\n")
    git("-C", there, "add", "--all")
    git("-C", there, "commit", "-qm", "Move it")
    done = hubimages("check-hub-image", "--repo=..", f"--config={config}", cwd=there / "sub")
    assert "no " + config not in done.stderr
    assert "among the files that git tracks" not in done.stderr
