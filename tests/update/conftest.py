"""Image repositories made from released versions of the template, and from a template that has changed since."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from hubimages.template import Origin, Rendering, template_directory
from hubimages.update.released import PARTS
from hubimages.update.rendering import render
from hubimages.update.sources import Source
from tests.fleet.conftest import hosting  # noqa: F401  # a fixture
from tests.update.repositories import begin, commit, from_release, git


@pytest.fixture(scope="session")
def rendered(tmp_path_factory) -> Callable[..., Rendering]:
    """What a released version makes of answers, rendered once for each."""

    @cache
    def rendered(version, answers):
        return from_release(tmp_path_factory.mktemp("template"), version, dict(answers))

    return rendered


@pytest.fixture
def made_from(tmp_path, rendered) -> Callable[..., Path]:
    """Make a repository from a released version, in one commit on main."""

    def make(version=1, **answers):
        return begin(tmp_path / "our-image", rendered(version, tuple(answers.items())))

    return make


@pytest.fixture
def earlier(tmp_path) -> Callable[..., Path]:
    """Make a repository from a commit of an earlier template, which is in a git repository of its own.

    `edits` says what the earlier template had: text by path in the template's directory, None for a file that it had
    not. `moved` are files that had another name: the present one by the former one. `adapt` changes the whole template.
    """

    def make(edits=None, moved=None, name="our-image", adapt=None, **answers):
        address = tmp_path / f"template-of-{name}"
        address.mkdir()
        for part in PARTS:
            source = template_directory() / part
            if source.is_dir():
                shutil.copytree(source, address / part, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.is_file():
                (address / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, address / part)
        content = address / "<<cookiecutter.repo>>"
        for path, text in (edits or {}).items():
            (content / path).parent.mkdir(parents=True, exist_ok=True)
            (content / path).unlink(missing_ok=True)
            if text is not None:
                (content / path).write_bytes(text if isinstance(text, bytes) else text.encode())
        for former, now in (moved or {}).items():
            (content / former).parent.mkdir(parents=True, exist_ok=True)
            (content / now).rename(content / former)
        context = json.loads((address / "cookiecutter.json").read_text())
        (address / "cookiecutter.json").write_text(json.dumps({**context, "__template_version": "1"}))
        if adapt is not None:
            adapt(address)
        git(address, "init", "--quiet", "--initial-branch=main")
        there = commit(address, "An earlier template")
        source = Source(address, 1, Origin(str(address), there))
        return begin(tmp_path / name, render(source, {"repo": name, **answers}, tmp_path / f"rendering-of-{name}"))

    return make
