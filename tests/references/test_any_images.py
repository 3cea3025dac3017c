"""Any images in any files, set in any order: what is shown is what is written, committed and undone.

A little is tried each time, and `pytest --hypothesis-profile=nightly tests/references/test_any_images.py` tries much.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from hubimages.image_ref import ImageRef
from hubimages.references.change.plan import TagPlan, Wanted, changes_of
from hubimages.references.find.scan import find_references
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery
from tests.examples import examples
from tests.references.pointing import git, make_deployment

SOME = examples(8, 200)

# How a reference is written; the lines before it end in `profileList:`.
FORMS = (
    "- kubespawner_override: {{image: quay.io/g/{name}:{tag}}} # {tag}\n",
    '- {{slug: a, kubespawner_override: {{image: "quay.io/g/{name}:{tag}"}}}}\n',
    "- kubespawner_override:\n    image: 'quay.io/g/{name}:{tag}'\n",
    "- kubespawner_override:\n    # {tag}\n    image: quay.io/g/{name}:{tag}\n    mem: 1G\n",
    "- image: {{name: quay.io/g/{name}, tag: '{tag}'}}\n",
    '- image:\n    tag: "{tag}" # of {name}\n    name: quay.io/g/{name}\n',
)
HEAD = "# é \u2028\njupyterhub:\n  singleuser:\n    profileList:\n"
FILES = ("a.values.yaml", "hubs/b.yaml", "hubs/c.yaml.j2")
OLD = ("0.1.0", "2026.01.30", "0a1b2c3d4e5f", "main-7", "1.0")
NEW = ("1.10", "5115e56", "2026.10.01-longer-than-before", "x", "178819e05792", "1e3", "0o17", "10.0.1")
NAMES = ("one", "two", "three", "four")

Where = dict[tuple[str, str, int], tuple[str, str]]


@st.composite
def deployments(draw: st.DrawFn) -> dict[str, str]:
    """Files, each of which has several references to some of four images, at any tag."""
    texts = {}
    for file in draw(st.lists(st.sampled_from(FILES), min_size=1, unique=True)):
        forms = FORMS[:2] if file.endswith(".j2") else FORMS  # line by line only what stands in one line is found
        item = st.tuples(st.sampled_from(forms), st.sampled_from(NAMES), st.sampled_from(OLD))
        items = draw(st.lists(item, min_size=1, max_size=8))
        written = [form.format(name=name, tag=tag) for form, name, tag in items]
        lines = [line for each in written for line in each.splitlines(keepends=True)]
        text = HEAD + "".join(f"    {line}" for line in lines)
        if file.endswith(".j2"):
            text = (
                "{% if x %}\n"
                + "\n".join(f"image: quay.io/g/{name}:{tag}" for _, name, tag in items)
                + "\n{% endif %}\n"
            )
        texts[file] = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return texts


def places(root: Path) -> Where:
    """Image and tag of every place, by file, values path and line."""
    found = find_references(root).references
    return {(each.file, each.values_path, each.line): (each.repository, each.tag) for each in found}


def texts(root: Path, files: Sequence[str]) -> dict[str, bytes]:
    return {file: (root / file).read_bytes() for file in files}


def planned(root: Path, wanted: dict[str, str], order: Sequence[str], delivery: Delivery) -> TagPlan:
    """The plan that gives each image its tag, in this order."""
    repo, inventory = changes.deployment_repository(root), find_references(root)
    images = [ImageRef("quay.io", f"g/{name}", wanted[name]) for name in order]
    to_set = [Wanted(image, inventory.of_image(image)) for image in images if inventory.of_image(image)]
    return TagPlan(repo, inventory, changes_of(repo, inventory, to_set), delivery)


@SOME
@given(deployments(), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NEW), min_size=1), st.data())
def test_what_is_shown_is_what_is_written(files: dict[str, str], wanted: dict[str, str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(sorted(wanted)))
    with TemporaryDirectory() as directory:
        root, theirs = (
            make_deployment(Path(directory, "ours"), files),
            make_deployment(Path(directory, "theirs"), files),
        )
        before, was = places(root), texts(root, list(files))
        expected = {place: (image, wanted.get(image.rpartition("/")[2], tag)) for place, (image, tag) in before.items()}
        outdated = sum(expected[place] != before[place] for place in before)
        assert len(before) == sum(text.count("quay.io") for text in files.values())
        for delivery in (Delivery(), Delivery(commit=True)):
            plan = planned(root, wanted, order, delivery)
            shown = plan.show()
            assert shown.count(" -> ") == sum(len(change.changed) for change in plan.changes) == outdated
            assert texts(root, list(files)) == was
            if not outdated:
                continue
            Path(directory, "shown").write_bytes(shown.encode())
            git(theirs, "apply", "--whitespace=nowarn", str(Path(directory, "shown")))
            assert places(theirs) == expected
            plan.apply()
            assert plan.reached().count(" -> ") == outdated
            assert (places(root), texts(root, list(files))) == (expected, texts(theirs, list(files)))
            changed = git(root, "diff", "--numstat", _start(root))
            assert sum(int(line.split("\t")[0]) for line in changed.splitlines()) == outdated
            if delivery.commits:
                git(root, "revert", "--no-edit", f"{_start(root)}..HEAD")
            else:
                git(root, "checkout", "-q", ".")
            git(theirs, "checkout", "-q", ".")
            assert texts(root, list(files)) == was


def _start(root: Path) -> str:
    return git(root, "rev-list", "--max-parents=0", "HEAD").strip()
