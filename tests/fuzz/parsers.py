"""Every parser of the package, with what it reads, and every module that parses but has no parser of its own here.

A module that reads what others wrote is in one of the two lists, or a test fails: `test_parsers.py` takes the modules
from the code.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

from hubimages import console, duration, json_text, markdown, yaml_text
from hubimages.build import contract
from hubimages.contents import image as saved_image
from hubimages.contents import layer, package, version_order
from hubimages.contents.sbom import read as sbom
from hubimages.contents.sbom import referrers
from hubimages.contents.search import wanted
from hubimages.environment import fixing, specs
from hubimages.environment.lock import conda_lock_file, pixi_lock_file
from hubimages.errors import BadInputError, HubImagesError
from hubimages.extract import hazards
from hubimages.extract.messages import autolinks
from hubimages.extract.removal import wanted as removal
from hubimages.fleet import address, matrix
from hubimages.hub_image import dependencies, dockerfile, hubs, plain, reading, versions
from hubimages.hub_image.bump import helm_list, helm_repository
from hubimages.hub_image.experiments import requirements_file
from hubimages.hub_image.upgrade import compare
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding import archive, charts
from hubimages.imagebuilding import layer as values_layer
from hubimages.imagebuilding.new import answers as hub_answers
from hubimages.imagebuilding.new import secret
from hubimages.migration import builders, entries
from hubimages.references import image_text
from hubimages.references.find import scan
from hubimages.references.keep import comment, rule
from hubimages.references.tag_format import reading as tag_reading
from hubimages.registry import client, dates
from hubimages.registry.http import challenge, logins
from hubimages.registry.http.transport import Response
from hubimages.registry.rights import image_repository
from hubimages.repository import web_address
from hubimages.scanning import programs
from hubimages.scanning.engines import blob
from hubimages.template import answers, own_files
from hubimages.update import record
from hubimages.update.adopting import builds, files, workflow
from tests.fuzz import seeds

IMAGE = ImageRef.parse("quay.io/org/image:1.0")
SALT = b"salt"


@dataclass(frozen=True)
class Parser:
    """One parser: what it reads, and the errors that it may raise besides ours."""

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    also: tuple[type[Exception], ...] = ()

    def __call__(self, content: bytes) -> bool:
        """Read the content and return whether it was taken; any error that is not ours is raised."""
        try:
            self.read(content)
        except (HubImagesError, *self.also):
            return False
        return True


def text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """A parser of text, which is handed what a file with these bytes has in it; what is not UTF-8 is refused before."""

    def parse(content: bytes) -> object:
        decoded = content.decode("utf-8", "replace")
        found = read(decoded)
        return list(found) if isinstance(found, Iterator) else found

    return parse


def file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    """A parser of a file, which is written for it."""

    def parse(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, name)
            place.write_bytes(content)
            return read(place)

    return parse


def of_dockerfile(content: str) -> None:
    found = dockerfile.bases(content, {"TAG": "1.0"})
    dockerfile.declared_late(content)
    places = {base.tag: "9.9.9" for base in found if base.tag and not base.tag.build_arg and not base.without_value}
    after = dockerfile.bases(dockerfile.with_tags(content, places), {"TAG": "1.0"})
    assert [(base.line, base.copied) for base in after] == [(base.line, base.copied) for base in found]
    pairs = zip(found, after, strict=True)
    assert all(new.text.partition("@")[0].endswith("9.9.9") for old, new in pairs if old.tag in places)


def of_reference(content: str) -> None:
    for read in (image_text.read_image, image_text.read_tag, image_text.read_broken, image_text.why_no_tag):
        read(content)
    image_text.looks_like_image(content)
    image_text.is_placeholder(content)
    found = ImageRef.parse(content)
    assert ImageRef.parse(str(found)) == found


def of_yaml(content: str) -> None:
    tree = yaml_text.compose(content)
    list(tree.duplicates())
    scalars = yaml_text.scalars(content, keys=True)
    for scalar in scalars[:50]:
        assert 0 <= scalar.start <= scalar.end <= len(content)
    tree.data()


def of_edits(content: str) -> None:
    """Replace, add and remove; whatever is written has all other bytes, and reads as it should."""
    for scalar in yaml_text.scalars(content)[:3]:
        try:
            after = yaml_text.replace(content, {scalar: "5115e56"})
        except HubImagesError:
            continue
        added = len(after) - len(content)
        assert after[: scalar.start] == content[: scalar.start]
        assert after[scalar.end + added :] == content[scalar.end :]
    for edit in (
        lambda: yaml_text.add_key(content, (), "hubimages-fuzz", {"a": [1, "on"]}),
        lambda: yaml_text.remove(content, tuple(yaml_text.scalars(content)[0].path)),
    ):
        try:
            yaml_text.compose(edit()).data()
        except (HubImagesError, IndexError):
            continue


def of_loading(content: str) -> None:
    for load in (yaml_text.load, yaml_text.load_all, yaml_text.load_texts, yaml_text.load_as_ruamel):
        try:
            load(content)
        except yaml_text.UnreadableYamlError:
            continue


def references(name: str) -> Callable[[bytes], object]:
    """All of a repository with this file, as `images` reads it."""

    def parse(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            return scan.read_all(Path(folder), [name])

    return parse


def of_chartpress(content: str) -> None:
    others = {"hub/Chart.yaml": seeds.CHART, "hub/values.yaml": seeds.VALUES, "images/hub/Dockerfile": seeds.DOCKERFILE}
    texts = {"chartpress.yaml": content, **{name: one.decode() for name, one in others.items()}}
    reading.layout_of(["chartpress.yaml"], texts.get)


def of_chart(content: str) -> None:
    texts = {"chartpress.yaml": seeds.CHARTPRESS.decode(), "hub/Chart.yaml": content, "hub/values.yaml": content}
    reading.layout_of(["chartpress.yaml"], texts.get)
    dependencies.dependencies_in("Chart.yaml", content)


def of_index(content: str) -> None:
    found = helm_repository.versions_in(content)
    for version in found[:3]:
        entry = helm_repository.entry_in(content, version)
        helm_repository.annotations_of(entry)
    versions.newest(found, development=True)


def of_helm_list(place: Path) -> None:
    """Find a repository by its name and by its address, with its login and its TLS files."""
    with patch.dict(os.environ, {"HELM_REPOSITORY_CONFIG": str(place)}):
        for name in ("@private", "https://charts.example.org/hub"):
            helm_list.Access(helm_list.find(name)).close()


def of_package(content: bytes) -> None:
    helm_repository.hub_tag_of(content)
    helm_repository.app_version(content)


def of_archive(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place, target = Path(folder, "a.tgz"), Path(folder, "in", "charts", "jupyterhub")
        place.write_bytes(content)
        try:
            archive.unpack(place, target)
        finally:
            outside = [each for each in Path(folder).rglob("*") if not each.is_relative_to(Path(folder, "in"))]
            assert outside == [place]


def of_metadata(content: bytes) -> None:
    for kind, path in (
        (package.CONDA, "opt/conda/conda-meta/numpy-1.0-py.json"), (package.DEBIAN, "var/lib/dpkg/status"),
        (package.RECORD, "usr/lib/python3/dist-packages/a.dist-info/RECORD"), (package.R, "usr/lib/R/library/a/DESCRIPTION"),
        (package.PIP, "usr/lib/python3/dist-packages/a.dist-info/METADATA"),
    ):  # fmt: skip
        package.read_metadata(kind, path, content)


def of_answer(content: bytes) -> None:
    answer = Response(
        404, {"Link": content.decode("latin-1"), "Content-Type": "application/json"}, content, "https://q/v2/a"
    )
    client.complaint(answer)
    client._is_json(answer)
    for work in (lambda: client._next_page(answer, IMAGE), lambda: client._object(answer, IMAGE)):
        try:
            work()
        except HubImagesError:
            continue


def of_logins(place: Path) -> None:
    read = logins.DockerConfiguration.read_file(place)
    read.places()
    if not read.store and not read.helpers:  # their programs would be started
        read.login("quay.io")
        read.namespace_login("quay.io", "org/image")


def of_environment(content: str) -> None:
    for line in content.split("\n")[:50]:
        specs.conda_spec(line)
        specs.pip_spec(line)
    specs.read_environment_file("environment.yml", content)
    for fix in (fixing.with_readable_python, fixing.without_one_duplicate):
        fix(content)


def of_requirements(content: str) -> None:
    requirements_file.entries(content)
    requirements_file.by_key(content)
    list(requirements_file.included(content))
    requirements_file.put(content, ["numpy==1.0"])


def of_builders(content: str) -> None:
    list(builders.of_pipeline(".github/workflows/a.yaml", content, ["images/hub", "deployments/a/image"]))
    list(builders.of_hubploy("deployments/a/hubploy.yaml", content))


def of_workflow(content: str) -> None:
    read = workflow.read_workflow(".github/workflows/build.yaml", content)
    builds.read_builds([read], "org", ["Dockerfile", "binder/environment.yml"], "image/")


def of_line(content: str) -> None:
    for read in (
        duration.duration,
        versions.is_version,
        versions.is_range,
        wanted.Wanted.parse,
        rule.rule_of,
        removal.size,
    ):
        try:
            read(content)
        except BadInputError:
            continue
    web_address.web_address(content)
    tag_reading.readings(content[:300])
    version_order.debian_order(content, "1:1.0-1")
    version_order.newest(package.CONDA, [content, "1.0"])
    version_order.newest(package.PIP, [content, "1.0"])
    dates._date(content)
    challenge.challenges(content)


def of_output(content: str) -> None:
    for shown in (console.visible(content), markdown.code(content), markdown.one_line(content)):
        assert not console.UNSEEN.search(shown)
    console.without_colours(content)
    console.censor(content)
    markdown.block(content.split("\n"), 2000)


def of_plain(content: str) -> None:
    list(plain.in_yaml("a.yaml", content))
    list(plain.in_terraform("a.tf", content))
    list(plain.in_commands("a.sh", content))
    hubs.data_of(content)


def of_rendered(content: str) -> None:
    compare.objects({"a.yaml": content})
    list(compare.refused_paths(content))
    compare.first_line(content)


def of_adopting(content: str) -> None:
    list(files.read_files({"README.md": content, "LICENSE": content, "apt.txt": content, "Dockerfile": content}, ""))


def of_messages(content: bytes) -> None:
    list(autolinks.references(content))
    list(autolinks.code_spans(content))


def of_scan(content: bytes) -> None:
    for name in ("a.csv", "b.xlsx", "c.py"):
        blob.examine(content, name, SALT, ())


def of_chart_folder(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("Chart.yaml", "values.schema.yaml"):
            Path(folder, name).write_bytes(content)
        charts._dependencies(Path(folder), Path(folder))
        charts._add_schema(Path(folder))


PARSERS: tuple[Parser, ...] = (
    Parser("image reference", text(of_reference), seeds.REFERENCES),
    Parser("line of text", text(of_line), seeds.LINES),
    Parser("JSON", json_text.loads, seeds.JSON, (json_text.NotJsonError,)),
    Parser("YAML, with places", text(of_yaml), seeds.YAML),
    Parser("YAML, edited", text(of_edits), seeds.YAML),
    Parser("YAML, plain data", text(of_loading), seeds.YAML),
    Parser("Dockerfile", text(of_dockerfile), seeds.DOCKERFILES),
    Parser("chartpress.yaml", text(of_chartpress), (seeds.CHARTPRESS,)),
    Parser("chartpress.yaml, for extraction", lambda content: list(hazards.chartpress_settings("chartpress.yaml", content, "images/hub")), (seeds.CHARTPRESS,)),
    Parser("Chart.yaml and values", text(of_chart), (seeds.CHART, seeds.VALUES)),
    Parser("chart's folder", of_chart_folder, (seeds.CHART, seeds.SCHEMA)),
    Parser("chart versions elsewhere", text(of_plain), seeds.YAML + seeds.CODE),
    Parser("rendered templates", text(of_rendered), seeds.YAML),
    Parser("index.yaml of charts", text(of_index), seeds.INDEXES),
    Parser("Helm's list of repositories", file(of_helm_list, "repositories.yaml"), seeds.HELM_LISTS),
    Parser("packaged chart", of_package, seeds.PACKAGES),
    Parser("archive of a chart", of_archive, seeds.PACKAGES),
    Parser("values of a hub", text(lambda one: values_layer.read_layer(one, "a.yaml")), seeds.YAML),
    Parser("encrypted values", lambda content: values_layer.opaque_layer(content, "a.yaml"), seeds.YAML),
    Parser("references in values", references("config/clusters/a/b.values.yaml"), seeds.YAML),
    Parser("references in any YAML", references("deployments/a/values.yaml"), seeds.YAML),
    Parser("references in a Kustomize file", references("kustomization.yaml"), seeds.LAYOUTS),
    Parser("references in a helmfile", references("helmfile.yaml"), seeds.LAYOUTS),
    Parser("references in a template", references("a/values.yaml.j2"), seeds.YAML),
    Parser("references in code", references("jupyterhub_config.py"), seeds.CODE),
    Parser("references in a script", references("deploy.sh"), seeds.CODE),
    Parser("references in Terraform", references("main.tf"), seeds.CODE),
    Parser("references in a Dockerfile", references("images/hub/Dockerfile"), seeds.DOCKERFILES),
    Parser("references in compose files", references("docker-compose.yml"), seeds.LAYOUTS),
    Parser("rules in comments", text(lambda one: list(comment.comments("a.yaml", one))), seeds.YAML),
    Parser("environment.yml", text(of_environment), seeds.ENVIRONMENTS),
    Parser("requirements", text(of_requirements), seeds.REQUIREMENTS),
    Parser("conda-lock.yml", file(conda_lock_file.read, "conda-lock.yml"), seeds.LOCKS),
    Parser("pixi.lock", file(pixi_lock_file.read, "pixi.lock"), seeds.LOCKS),
    Parser("OCI layer", lambda content: layer.read_layer(BytesIO(content), "layer", len(content)), seeds.LAYERS),
    Parser("saved image", lambda content: saved_image.read_saved_image(BytesIO(content)), seeds.SAVED),
    Parser("package metadata", of_metadata, seeds.METADATA),
    Parser("SBOM", lambda content: sbom.facts_of(content, "a", seeds.DIGEST), seeds.SBOMS, (sbom.NotOursError,)),
    Parser("list of what is attached", lambda content: referrers.entries(content, IMAGE), seeds.REGISTRY),
    Parser("registry's error and Link", of_answer, seeds.REGISTRY),
    Parser("Docker's logins", file(of_logins, "config.json"), seeds.LOGINS),
    Parser("noxfile.py of an image repository", file(lambda place: image_repository.read_image_repository(place.parent, {}), "noxfile.py"), seeds.CODE),
    Parser("manifest of a migration", file(entries.read_manifest, "manifest.yaml"), seeds.MANIFESTS),
    Parser("what builds images", text(of_builders), seeds.LAYOUTS),
    Parser("list of repositories", file(address.read_addresses, "repos.txt"), seeds.LINES),
    Parser("reports of each", file(lambda place: matrix.join(place.parent, ()), "a.json"), seeds.JSON),
    Parser("answers", file(answers.read_answers, "answers.yaml"), seeds.ANSWERS),
    Parser("answers as JSON", file(answers.read_answers, "answers.json"), (b'{"repo": "a", "title": "b", "python_version": 3.10}',)),
    Parser("answers for a hub", file(hub_answers.read_answers, "answers.yaml"), seeds.ANSWERS),
    Parser("service account's key", text(secret.check_json_key), seeds.JSON),
    Parser("record of a generated repository", record.parse, seeds.ANSWERS),
    Parser("own files in a record", lambda content: own_files.with_own_files(content, ["a"]), seeds.ANSWERS),
    Parser("workflow", text(of_workflow), seeds.LAYOUTS),
    Parser("files of a repository to adopt", text(of_adopting), seeds.YAML + seeds.CODE + seeds.REQUIREMENTS),
    Parser("texts to remove", file(lambda place: removal.checked_file(str(place)), "expressions.txt"), seeds.LINES),
    Parser("commit message", of_messages, seeds.MESSAGES),
    Parser("file to scan", of_scan, seeds.CODE + seeds.ENVIRONMENTS + seeds.PACKAGES),
    Parser("gitleaks' report", lambda content: list(programs._gitleaks_places(content)), seeds.JSON),
    Parser("trufflehog's report", lambda content: list(programs._trufflehog_places(content)), seeds.JSON),
    Parser("pytest's report", file(lambda place: list(contract.clauses(place)), "found.xml"), seeds.REPORTS),
    Parser("text to show", text(of_output), seeds.MESSAGES),
)  # fmt: skip
