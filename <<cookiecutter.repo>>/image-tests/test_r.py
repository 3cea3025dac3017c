"""Run each R file of this folder, with its tests, inside the image. Also test what RStudio needs to start."""

import shutil
import subprocess
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).parent.glob("*.R"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_r_file_runs_without_an_error(file: Path) -> None:
    done = subprocess.run(["Rscript", "--vanilla", file.name], cwd=file.parent, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_a_document_is_rendered(tmp_path: Path) -> None:
    (tmp_path / "page.Rmd").write_text("---\noutput: html_document\n---\n\n```{r}\n6 * 7\n```\n")
    render = ["Rscript", "-e", 'rmarkdown::render("page.Rmd", quiet = TRUE)']
    done = subprocess.run(render, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "42" in (tmp_path / "page.html").read_text()


def test_rstudio_is_there() -> None:
    assert shutil.which("rserver") or Path("/usr/lib/rstudio-server/bin/rserver").is_file()
