"""The process that renders gives what the cookiecutter command gives, and leaves nothing behind."""

import fcntl
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from binaryornot.check import is_binary_string

from hubimages import disk, template
from hubimages import errors as template_errors
from hubimages.disk import temporary
from hubimages.template.render import read_rendering, run_cookiecutter
from tests.forking import STARTED, Forked
from tests.sample import some
from tests.template.published import PUBLISHED
from tests.update.repositories import from_release


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the renderer as people's tasks do; other tests fork it."""
    monkeypatch.setattr(subprocess, "Popen", STARTED)


PRIVATE = {"__template": PUBLISHED.address, "__commit": PUBLISHED.commit, "__problem": PUBLISHED.problem}
AWKWARD = {"repo": "Our.Image_2", "title": 'A "title" & <more>', "description": "It's $(x) `y` \\ ünï: #1"}


def contents(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Return the bytes and the mode of every file, by path."""
    return {
        path.relative_to(directory).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(
    "answers",
    some([
        {},
        AWKWARD,
        {"starter": "docker-stacks", "license": "none", "repo": "image"},
        {"starter": "pangeo-onbuild", "license": "MIT", "registry": "ghcr.io", "binder_badge": "yes"},
        {"builder": "repo2docker-action", "registry": "amazon-ecr", "preview": "yes", "date_tag": "yes"},
        {
            "configuration_repository": "o/r",
            "image": "project-1/r/i",
            "registry": "google-artifact-registry",
            "arm64": "yes",
        },
    ], 4),
)  # fmt: skip
def test_a_rendering_is_byte_for_byte_and_mode_for_mode_what_the_cookiecutter_command_writes(tmp_path, answers):
    words = [f"{key}={value}" for key, value in {**answers, **PRIVATE}.items()]
    argv = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config", "--output-dir", tmp_path / "theirs"]
    subprocess.run([*argv, template.template_directory(), *words], check=True, capture_output=True)
    (theirs,) = (tmp_path / "theirs").iterdir()
    rendering = template.render_files(answers, PUBLISHED)
    rendering.write(tmp_path / "ours")
    assert contents(tmp_path / "ours") == contents(theirs)
    assert theirs.name == rendering.answers["repo"]


@pytest.mark.usefixtures("started")
def test_a_renderer_that_was_started_early_renders_when_it_is_told_to():
    with template.renderer() as process:
        rendering = template.render_files({"title": "Early"}, PUBLISHED, process)
    assert rendering.files == template.render_files({"title": "Early"}, PUBLISHED).files
    assert process.returncode == 0


@pytest.mark.usefixtures("started")
def test_forked_as_the_other_tests_do_it_renders_the_same(monkeypatch, tmp_path):
    started = template.render_files(AWKWARD, PUBLISHED), from_release(tmp_path / "started", 1, AWKWARD)
    monkeypatch.setattr(subprocess, "Popen", Forked)
    assert (template.render_files(AWKWARD, PUBLISHED), from_release(tmp_path / "forked", 1, AWKWARD)) == started
    with pytest.raises(template_errors.BadInputError, match=r"^image: "):
        template.render_files({"image": "UPPER/case"}, PUBLISHED)


@pytest.mark.usefixtures("started")
def test_a_renderer_that_is_not_needed_ends_with_its_block():
    with template.renderer() as process:
        pass
    assert process.poll() is not None


@pytest.mark.usefixtures("started")
def test_a_rendering_writes_no_bytecode_beside_the_template(monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)

    def bytecode() -> set[Path]:
        top = template.template_directory()
        return {path for place in (top, top / "hooks") for path in place.glob("__pycache__/*")}

    before = bytecode()
    template.render_files({}, PUBLISHED)
    assert bytecode() == before


@pytest.mark.parametrize("is_in_memory", some([True, False], 0))
def test_a_server_renders_for_several_clients_what_a_process_of_its_own_renders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_in_memory: bool
) -> None:
    place = tmp_path / "memory"
    place.mkdir()
    if is_in_memory:
        monkeypatch.delenv("TMPDIR", raising=False)
        monkeypatch.setattr(temporary, "IN_MEMORY", place)
    else:
        monkeypatch.setenv("TMPDIR", str(place))
        monkeypatch.setattr(tempfile, "tempdir", None)
    asked = [{"repo": "one-image"}, AWKWARD, {"starter": "docker-stacks", "license": "none", "repo": "image"}]
    alone = [template.render_files(answers, PUBLISHED) for answers in asked]
    with template.rendering_server(2) as connections:
        assert [path.name.partition("-renderer-")[0] for path in place.iterdir()] == ["hubimages-run"]
        for connection in connections:
            with pytest.raises(template_errors.BadInputError, match=r"^image: "):
                template.render_files({"repo": "x", "image": "UPPER/case"}, PUBLISHED, connection)
            assert [template.render_files(answers, PUBLISHED, connection) for answers in asked] == alone
    assert list(place.iterdir()) == []


SLOW = """\
import fcntl, os, pathlib, time
from jinja2.ext import do as Slow
fcntl.flock(os.open({place!r} + "/ends", os.O_CREAT), fcntl.LOCK_EX)
pathlib.Path({place!r}, "begun").touch()
while pathlib.Path({place!r}, "run").exists():
    time.sleep(0.01)
time.sleep(0.5)
"""
PARENT = """\
import contextlib, sys
from pathlib import Path
from hubimages.template.render import rendering_server, run_cookiecutter

source, place, *clients = sys.argv[1:]
with rendering_server(1) if clients else contextlib.nullcontext([None]) as (connection,):
    run_cookiecutter(Path(source), {}, Path(place), connection)
"""


@pytest.mark.parametrize("clients", [(), ("1",)], ids=["renderer", "server"])
def test_a_renderer_ends_with_a_killed_parent_and_makes_nothing_again(tmp_path: Path, clients: tuple[str, ...]) -> None:
    source, place = tmp_path / "source", tmp_path / "run"
    (source / "{{ cookiecutter.repo }}").mkdir(parents=True)
    (source / "cookiecutter.json").write_text('{"repo": "image", "_extensions": ["slow_here.Slow"]}')
    (source / "slow_here.py").write_text(SLOW.format(place=str(tmp_path)))
    with subprocess.Popen([sys.executable, "-c", PARENT, source, place, *clients]) as parent:
        while not (tmp_path / "begun").exists():
            assert parent.poll() is None
            time.sleep(0.01)
        parent.kill()
    shutil.rmtree(place)  # as the next run does
    with (tmp_path / "ends").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # it has ended
    assert not place.exists()


def test_what_is_taken_for_text_at_once_is_text_to_binaryornot():
    plain = runpy.run_path(str(Path(template.__path__[0], "renderer.py")))["PLAIN"]
    names = {path for path in template.template_directory().glob("<<*>>/**/*") if path.is_file()}
    begins = [path.read_bytes()[:512] for path in names]
    assert sum(plain.fullmatch(chunk) is not None for chunk in begins) > len(names) * 0.9
    signs = [bytes([code]) for code in range(256)]
    begins += [sign + rest for sign in signs for rest in (b"", b"\n" * 511, b"PNG\r\n\x1a\n", b"MZ" * 255, *signs)]
    assert [chunk for chunk in begins if plain.fullmatch(chunk) and is_binary_string(chunk)] == []


@pytest.fixture
def renderer_elsewhere(tmp_path, monkeypatch) -> Path:
    """The renderer, and the folder where it and Python keep what they have compiled."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "compiled"))
    return tmp_path / "compiled"


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("templates-*/*")}


@pytest.mark.usefixtures("started")
def test_what_was_compiled_for_one_rendering_serves_the_next_and_has_no_answer(renderer_elsewhere):
    answers = {**AWKWARD, "description": "a sentence of ours"}
    first = template.render_files(answers, PUBLISHED)
    before = kept(renderer_elsewhere)
    assert template.render_files(answers, PUBLISHED) == first
    assert kept(renderer_elsewhere) == before
    whole = b"".join(before.values())
    assert all(text.encode() not in whole for text in (*answers.values(), PUBLISHED.commit))
    assert whole.count(b"LICENSE") > 0  # the template's own texts are there


@pytest.mark.parametrize("broken", some([b"", b"j2", b"no compiled templates", "cut off"], 3))
def test_what_was_kept_and_cannot_be_read_is_made_anew(renderer_elsewhere, broken):
    first = template.render_files({}, PUBLISHED)
    whole = kept(renderer_elsewhere)
    for path in renderer_elsewhere.rglob("templates-*/*"):
        path.write_bytes(path.read_bytes()[:60] if broken == "cut off" else broken)
    assert template.render_files({}, PUBLISHED) == first
    assert kept(renderer_elsewhere) == whole


def test_a_place_where_nothing_can_be_written_keeps_nothing(renderer_elsewhere):
    first = template.render_files({}, PUBLISHED)
    (folder,) = renderer_elsewhere.rglob("templates-*")
    shutil.rmtree(folder)
    folder.write_text("a file")
    assert template.render_files({}, PUBLISHED) == first
    assert folder.read_text() == "a file"


def test_another_filter_or_text_of_the_template_is_compiled_anew(renderer_elsewhere, tmp_path):
    source = tmp_path / "source"
    (source / "{{ cookiecutter.repo }}").mkdir(parents=True)
    (source / "cookiecutter.json").write_text('{"repo": "image", "_extensions": ["filters_here.All"]}')
    text = source / "{{ cookiecutter.repo }}/text"

    def rendered(change: str, words: str) -> str:
        (source / "filters_here.py").write_text(
            "from jinja2.ext import Extension\n\n\nclass All(Extension):\n    def __init__(self, environment):\n"
            f"        super().__init__(environment)\n        environment.filters['changed'] = lambda text: {change}\n"
        )
        text.write_text(words)
        place = tmp_path / f"rendering-{len(list(tmp_path.iterdir()))}"
        done = run_cookiecutter(source, {}, place)
        assert done.returncode == 0, done.stderr
        return (place / "output/image/text").read_text()

    assert rendered("text.upper()", "{{ 'a constant' | changed }}") == "A CONSTANT"
    assert rendered("text[::-1]", "{{ 'a constant' | changed }}") == "tnatsnoc a"
    assert rendered("text[::-1]", "{{ 'another' | changed }}") == "rehtona"


@pytest.mark.usefixtures("started")
def test_nothing_is_kept_where_python_must_keep_nothing(renderer_elsewhere, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    template.render_files({}, PUBLISHED)
    assert kept(renderer_elsewhere) == {}


@pytest.mark.parametrize("answers", [{"python": "3.10", "lock": "yes"}, {"python": '"3.10"', "lock": "'yes'"}])
def test_the_record_of_a_rendering_is_read_as_it_is_written_in_quotes_or_not(tmp_path, answers):
    record = tmp_path / "image" / ".hubimages.yaml"
    record.parent.mkdir()
    record.write_text("answers:\n" + "".join(f"  {key}: {value}\n" for key, value in answers.items()))
    assert read_rendering(tmp_path, PUBLISHED).answers == {"python": "3.10", "lock": "yes"}


def test_a_place_in_memory_that_cannot_be_written_after_all_is_done_without(tmp_path, monkeypatch):
    place = tmp_path / "memory"
    place.write_text("")
    place.chmod(0o755)
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(temporary, "IN_MEMORY", place)
    assert disk.in_memory() == place
    assert ".hubimages.yaml" in template.render_files({}, PUBLISHED).files
