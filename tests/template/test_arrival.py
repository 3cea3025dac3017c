"""An answer arrives exactly in every place that it is written to, or is refused first, in one true line."""

import ast
import html
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from jinja2 import nodes
from ruamel.yaml import YAML

from hubimages import template
from hubimages.errors import BadInputError
from tests.command import hubimages
from tests.sample import some
from tests.template.all_workflows import Renderer
from tests.template.published import PUBLISHED
from tests.template.texts import BY_US, REFUSED, TAKEN

TEXTS = ("title", "description", "maintainers")
NAMES = ("repo", "image", "registry_host", "configuration_repository", "hubimages_index")
LONGEST_MESSAGE = 300
ALL = (*TAKEN, *REFUSED, *BY_US)
SAMPLE = tuple(TAKEN[number] for number in range(0, len(TAKEN), 17))
DEEP = pytest.mark.deep


def shown(markdown: str) -> list[str]:
    """The texts of the headings and paragraphs, as a reader on GitHub sees them."""
    page = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    blocks = re.findall(r"<(?:h1|p)>(.*?)</(?:h1|p)>", page, re.DOTALL)
    return [html.unescape(re.sub(r"</?(?:a|code)\b[^>]*>", "", block)) for block in blocks]


def read_back(files: Mapping[str, str]) -> dict[str, set[str]]:
    """What each answer is in the places where it is written."""
    found: dict[str, set[str]] = {
        key: {value} for key, value in YAML(typ="base").load(files[".hubimages.yaml"])["answers"].items()
    }
    title, _badge, description, maintainers, image, *_ = shown(files["README.md"])
    found["title"].add(title)
    found["description"].add(description)
    found["maintainers"].add(maintainers.removeprefix("Maintained by: "))
    if "LICENSE" in files:  # an extracted image keeps its own, or none
        found["maintainers"].add(re.sub(r"^Copyright \(c\),? ", "", files["LICENSE"].splitlines()[2]))
    reference = image.removeprefix("The image is ").removesuffix(".")
    (written,) = [
        node.value.args[1].value  # type: ignore[attr-defined]
        for node in ast.parse(files["noxfile.py"]).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "IMAGE"
    ]
    assert written == reference
    found["registry_host"].add(written.partition("/")[0])
    found["image"].add(written.partition("/")[2])
    jobs = YAML(typ="safe").load(files[".github/workflows/build.yaml"])["jobs"]
    if "point-hubs" in jobs:
        job, steps = jobs["point-hubs"], {step["name"]: step for step in jobs["point-hubs"]["steps"]}
        app = steps["Get a token"]["with"]
        found["configuration_repository"] |= {
            job["name"].removeprefix("Open a pull request in "),
            f"{app['owner']}/{app['repositories']}",
            steps["Check out the hubs' configuration"]["with"]["repository"],
        }
        found["repo"].add(steps["Point the hubs at the image"]["env"]["REPOSITORY"])
    return found


def check(files: Mapping[str, str], answers: Mapping[str, str]) -> None:
    found = read_back(files)
    assert {key: found[key] for key in answers} == {key: {value} for key, value in answers.items()}


class Files:
    """A whole repository rendered in this process, as cookiecutter renders it."""

    def __init__(self) -> None:
        self.renderer = Renderer()
        folder = template.template_directory() / "<<cookiecutter.repo>>"
        names = (".hubimages.yaml", "README.md", "noxfile.py", "LICENSE.BSD-3-Clause", ".github/workflows/build.yaml")
        self.sources = {name: self.renderer.env.get_template(f"{folder.name}/{name}") for name in names}

    def render(self, answers: Mapping[str, str]) -> dict[str, str]:
        context = self.renderer.complete(answers)
        return {
            name.removesuffix(".BSD-3-Clause"): source.render(cookiecutter=context)
            for name, source in self.sources.items()
        }


@pytest.fixture(scope="module")
def files() -> Files:
    return Files()


def test_the_files_rendered_here_are_those_that_cookiecutter_renders(files: Files) -> None:
    answers = {"title": "- C # <b>", "configuration_repository": "null/1.0", "description": '"x" \\ 😀'}
    made = template.render_files(answers, PUBLISHED).files
    mine = files.render(answers)
    assert mine == {name: made[name].data.decode() for name in mine}


@pytest.mark.parametrize("text", some(TAKEN, *range(0, len(TAKEN), 4)), ids=ascii)
def test_every_text_arrives_in_every_place(files: Files, text: str) -> None:
    answers = dict.fromkeys(TEXTS, text)
    template.check_all_answers(answers)
    check(files.render({**answers, "configuration_repository": "our-org/our-hubs"}), answers)


NAMED = (
    {"configuration_repository": "null/hubs"},
    {"configuration_repository": "our-org/-"},
    {"configuration_repository": "our-org/1.0"},
    {"configuration_repository": "1/0x1F"},
    {"configuration_repository": "on/true"},
    {"repo": "1.0", "configuration_repository": "a/b"},
    {"repo": "null", "configuration_repository": "a/b"},
    {"repo": "2026-11-21", "configuration_repository": "a/b"},
    {"repo": "Our.Image_2", "configuration_repository": "a/b"},
    {"image": "1.0/2"},
    {"image": "null/null"},
    {"image": "our_org/our__image"},
    {"registry": "google-artifact-registry", "image": "project/repository/image"},
    {"registry": "google-artifact-registry", "image": "example.com/project/repository/image"},
    {
        "registry": "azure-container-registry",
        "registry_host": "ourregistry-c3e5g9h8.azurecr.io",
        "image": "x",
    },
    {"registry": "amazon-ecr", "registry_host": "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "image": "ab"},
)


@pytest.mark.parametrize("answers", NAMED, ids=str)
def test_every_name_arrives_in_every_place(files: Files, answers: dict[str, str]) -> None:
    template.check_all_answers(answers)
    check(files.render(answers), {key: answers[key] for key in answers if key in NAMES})


def check_refused(said: str, key: str, message: str) -> None:
    (line,) = said.splitlines()
    assert line.startswith(f"{key}: ")
    assert message in line
    assert len(line) <= LONGEST_MESSAGE


@pytest.mark.parametrize(("text", "message"), [*REFUSED.items(), *BY_US.items()], ids=lambda each: ascii(each)[:30])
@pytest.mark.parametrize("key", TEXTS)
def test_every_other_text_is_refused_with_the_reason(key: str, text: str, message: str) -> None:
    with pytest.raises(BadInputError) as refused:
        template.check_all_answers({key: text})
    check_refused(str(refused.value), key, message)


@pytest.mark.parametrize("text", some(ALL, *range(0, len(ALL), 2)), ids=lambda each: ascii(each)[:30])
def test_every_text_as_a_name_arrives_or_is_refused_in_one_line(files: Files, text: str) -> None:
    for key in NAMES:
        try:
            template.check_all_answers({key: text})
        except BadInputError as error:
            check_refused(str(error), key, "")
        else:
            check(files.render({key: text}), {key: text})


CHOICES = {question.key: question.choices for question in template.questions() if question.choices}


@pytest.mark.parametrize("key", CHOICES)
def test_no_text_is_taken_for_a_choice(key: str) -> None:
    for text in {*ALL} - set(CHOICES[key]):
        with pytest.raises(BadInputError) as refused:
            template.check_all_answers({key: text})
        known = text in BY_US or len(text) > LONGEST_MESSAGE
        check_refused(str(refused.value), key, "" if known else "is not a choice")


# The doors: --set, --answers, plain cookiecutter, extract-image


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    if words[0] == "hubimages":
        return hubimages(*words[1:], cwd=cwd)
    return subprocess.run([sys.executable, "-m", *words], cwd=cwd, capture_output=True, text=True, check=False)


def by_set(folder: Path, answers: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    settings = [f"--set={key}={value}" for key, value in answers.items()]
    return run("hubimages", "new-image-repo", "made", *settings, cwd=folder)


def by_file(folder: Path, answers: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    (folder.parent / "answers.json").write_text(json.dumps(answers))
    return run("hubimages", "new-image-repo", "made", "--answers=../answers.json", cwd=folder)


def by_cookiecutter(folder: Path, answers: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    words = [f"{key}={value}" for key, value in {"repo": "made", **answers}.items()]
    options = ("--no-input", "--default-config")
    return run("cookiecutter", *options, str(template.template_directory()), *words, cwd=folder)


def by_extraction(folder: Path, answers: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    source = folder.parent / "source"
    if not source.exists():
        (source / "image").mkdir(parents=True)
        (source / "image/environment.yml").write_text("dependencies: [python=3.12]\n")
        for words in (["init", "--quiet", "-b", "main"], ["add", "--all"], ["commit", "--quiet", "-m", "Add image"]):
            subprocess.run(["git", "-C", str(source), *words], check=True)
    settings = [f"--set={key}={value}" for key, value in answers.items()]
    return run("hubimages", "extract-image", str(source), "image", "made", *settings, cwd=folder)


DOORS = {"set": by_set, "file": by_file, "cookiecutter": by_cookiecutter, "extraction": by_extraction}


def go_through(door: str, folder: Path, answers: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True)
    return DOORS[door](folder, answers)


def check_arrives(door: str, folder: Path, text: str) -> None:
    answers = dict.fromkeys(TEXTS, text)
    done = go_through(door, folder, answers)
    assert done.returncode == 0, done.stderr
    names = ("README.md", ".hubimages.yaml", "LICENSE", "noxfile.py", ".github/workflows/build.yaml")
    made = {name: folder / "made" / name for name in names}
    check({name: path.read_text() for name, path in made.items() if path.exists()}, answers)
    assert made["LICENSE"].exists() == (door != "extraction")


def check_is_refused(door: str, folder: Path, key: str, text: str, message: str) -> None:
    done = go_through(door, folder, {key: text})
    if door == "cookiecutter" and "\r\n" in text:
        message = message.replace("U+000D", "U+000A")  # Jinja makes one line feed of it first
    assert done.returncode == (1 if door == "cookiecutter" else 2), done.stderr
    output = done.stdout if door == "cookiecutter" else done.stderr  # cookiecutter prints a template's error on stdout
    lines = [line for line in output.splitlines() if "pre_gen_project" not in line]
    said = "\n".join(lines).removeprefix("hubimages: ").removeprefix("error: ").removeprefix("Error: ")
    assert message in said
    assert len(said) <= LONGEST_MESSAGE
    assert "\n" not in said, said
    assert not list(folder.iterdir())
    assert "reading the history" not in done.stderr


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", [SAMPLE[3]], ids=ascii)
def test_a_text_arrives_through_every_door(tmp_path: Path, door: str, text: str) -> None:
    check_arrives(door, tmp_path / "d", text)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", ["two\nlines", "evil\u202etxt"], ids=ascii)
def test_a_text_is_refused_at_every_door(tmp_path: Path, door: str, text: str) -> None:
    check_is_refused(door, tmp_path / "d", "title", text, REFUSED[text])


@DEEP
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", TAKEN, ids=ascii)
def test_every_text_arrives_through_every_door(tmp_path: Path, door: str, text: str) -> None:
    check_arrives(door, tmp_path / "d", text)


@DEEP
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("text", [*REFUSED, *BY_US], ids=lambda each: ascii(each)[:30])
def test_every_other_text_is_refused_at_every_door(tmp_path: Path, door: str, key: str, text: str) -> None:
    if door != "file" and ("\0" in text or "\ud83d" in text or len(text) > 100_000):
        pytest.skip("no program's argument can hold this text")
    if door == "cookiecutter" and text in BY_US:
        pytest.skip("cookiecutter evaluates template syntax")
    check_is_refused(door, tmp_path / "d", key, text, REFUSED.get(text) or BY_US[text])


def made_by(door: str, folder: Path, answers: Mapping[str, str]) -> dict[str, str]:
    """The files that these answers make through a door; DEST is the repository's name at all doors but cookiecutter."""
    done = go_through(door, folder, answers)
    assert done.returncode == 0, done.stderr or done.stdout
    return {
        str(path.relative_to(folder / "made")): path.read_text()
        for path in (folder / "made").rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder / "made").parts[:1] and path.suffix != ".ipynb"
    }


def sampled(cases: Sequence[tuple[str, object]], step: int) -> list[object]:
    """Every `step`-th case, and the others for the deep run."""
    return [
        pytest.param(*case, id=" ".join(map(str, case)), marks=[] if number % step == 0 else [DEEP])
        for number, case in enumerate(cases)
    ]


BY_DOOR = [(door, answers) for answers in NAMED if "repo" not in answers for door in DOORS]
# Refused in a copy that is not published: test_machinery.py, test_scan.py.
UNPUBLISHED = {("machinery", "shared"), ("scan", "yes")}
CHOSEN = [
    (door, key, choice)
    for key, choices in CHOICES.items()
    for choice in choices
    if (key, choice) not in UNPUBLISHED
    for door in DOORS
]


@pytest.mark.parametrize(("door", "answers"), sampled(BY_DOOR, 13))
def test_every_name_arrives_through_every_door(tmp_path: Path, door: str, answers: dict[str, str]) -> None:
    made = made_by(door, tmp_path / "d", answers)
    check(made, {key: answers[key] for key in answers if key in NAMES})


@pytest.mark.parametrize(("door", "key", "choice"), sampled(CHOSEN, 43))
def test_every_choice_arrives_through_every_door(tmp_path: Path, door: str, key: str, choice: str) -> None:
    made = made_by(door, tmp_path / "d", {key: choice})
    record = YAML(typ="base").load(made[".hubimages.yaml"])["answers"]
    defaults = {each.key: each.default for each in template.questions() if each.choices}
    expected = {**defaults, key: choice}
    if door == "extraction" and key != "license":
        expected["license"] = "none"  # the template's would claim other people's work
    assert {name: record[name] for name in expected} == expected


@DEEP
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("key", ["image", "registry_host", "configuration_repository", "hubimages_index"])
@pytest.mark.parametrize("text", [*REFUSED, *BY_US], ids=lambda each: ascii(each)[:30])
def test_a_name_that_is_none_is_refused_at_every_door(tmp_path: Path, door: str, key: str, text: str) -> None:
    if door != "file" and ("\0" in text or "\ud83d" in text or len(text) > 100_000):
        pytest.skip("no program's argument can hold this text")
    if door == "cookiecutter" and text in BY_US:
        pytest.skip("cookiecutter evaluates template syntax")
    if text == "" and key in ("configuration_repository", "hubimages_index"):
        pytest.skip("none is an answer")
    check_is_refused(door, tmp_path / "d", key, text, f"{key}: ")


@DEEP
@pytest.mark.parametrize("door", ["set", "file", "extraction"])  # cookiecutter refuses a choice in words of its own
@pytest.mark.parametrize("key", CHOICES)
def test_what_is_no_choice_is_refused_at_every_door(tmp_path: Path, door: str, key: str) -> None:
    check_is_refused(door, tmp_path / "d", key, "maybe", "is not a choice")


# A guard for files and places to come


FILTERS = {
    ".md": {"markdown", "code", "shell", "yaml"},
    ".yaml": {"yaml"},
    ".yml": {"yaml"},
    ".py": {"python"},
    ".toml": {"toml"},
}
FREE = {*TEXTS, *NAMES, "__reference", "__azure_registry"}


def test_every_place_of_every_answer_has_the_filter_of_its_kind_of_file() -> None:
    root = template.template_directory()
    renderer = Renderer()
    sources = [*(root / "<<cookiecutter.repo>>").rglob("*"), *(root / "templates").glob("*")]
    wrong, seen = [], 0
    for path in sources:
        if not path.is_file() or path.suffix in (".pyc", ".ipynb") or path.name.startswith("LICENSE"):
            continue
        tree = renderer.env.parse(path.read_text())
        for output in tree.find_all(nodes.Output):
            for part in output.nodes:
                named = {each.attr for each in part.find_all(nodes.Getattr)}
                named |= {part.attr} if isinstance(part, nodes.Getattr) else set()
                if isinstance(part, nodes.TemplateData) or not named & FREE:
                    continue
                seen += 1
                if not (isinstance(part, nodes.Filter) and part.name in FILTERS.get(path.suffix, ())):
                    wrong.append((path.name, part.lineno, sorted(named)))
    assert wrong == []
    assert seen > 10
