"""A tag that an image policy of Flux keeps up to date is left to the policy, unless the person says otherwise."""

from pathlib import Path

import pytest

from hubimages.errors import RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import Selection, find_references, plan_point
from hubimages.repository.delivery import Delivery
from tests.engine.registry import Registry
from tests.references.deployment import deployment
from tests.references.pointing import hubimages
from tests.registry.images import Publisher

VALUES = """\
singleuser:
  image:
    name: quay.io/a/b
    tag: v1 # {"$imagepolicy": "flux-system:hub:tag"}
  profileList:
  - kubespawner_override:
      image: quay.io/a/c:v1 # {"$imagepolicy": "flux-system:choice"}
hub:
  image:
    name: quay.io/a/hub # {"$imagepolicy": "flux-system:hub:name"}
    tag: v1
"""
B, C, HUB = (ImageRef("quay.io", f"a/{name}", "v2") for name in ("b", "c", "hub"))


def test_the_policy_that_owns_a_tag_is_known_and_that_of_a_name_owns_no_tag(tmp_path: Path) -> None:
    inventory = find_references(deployment(tmp_path / "deployment", {"values.yaml": VALUES}))
    assert [(each.repository, each.owner) for each in inventory.references] == [
        ("quay.io/a/b", "Flux image policy flux-system:hub"),
        ("quay.io/a/c", "Flux image policy flux-system:choice"),
        ("quay.io/a/hub", ""),
    ]


@pytest.mark.parametrize(("image", "policy"), [(B, "flux-system:hub"), (C, "flux-system:choice")])
def test_point_hubs_refuses_a_place_of_a_robot_and_names_the_policy(
    image: ImageRef, policy: str, tmp_path: Path
) -> None:
    root = deployment(tmp_path / "deployment", {"values.yaml": VALUES})
    with pytest.raises(RefusedError, match=f"Flux image policy {policy} keeps this tag up to date") as error:
        plan_point(root, image, Selection(), Delivery(), registries=None)
    assert "--also-automated" in str(error.value)


@pytest.mark.parametrize("image", [B, C])
def test_also_automated_edits_it_and_keeps_the_marker(image: ImageRef, tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"values.yaml": VALUES})
    done = hubimages(root, "point-hubs", str(image), "--unchecked", "--all", "--also-automated")
    assert done.returncode == 0, done.stderr
    changed = [line for line in (root / "values.yaml").read_text().splitlines() if "v2" in line]
    assert len(changed) == 1
    assert "$imagepolicy" in changed[0]


def test_a_place_without_a_robot_in_the_same_file_is_edited(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {"values.yaml": VALUES})
    done = hubimages(root, "point-hubs", str(HUB), "--unchecked", "--all")
    assert done.returncode == 0, done.stderr
    refused = hubimages(root, "point-hubs", str(B), "--unchecked", "--all", "--dry-run")
    assert (refused.returncode, "flux-system:hub" in refused.stderr) == (3, True)


def test_bump_images_lists_a_place_of_a_robot_as_kept(open_registry: Registry, tmp_path: Path) -> None:
    publisher = Publisher(open_registry, "robots/calver")
    for tag in ("2026.01.30", "2026.06.04"):
        publisher.image({"created": "1970-01-01T00:00:00Z"}, tag)
    image = f"{open_registry.address}/robots/calver"
    marker = '# {"$imagepolicy": "flux-system:hub:tag"}'
    values = f"singleuser:\n  image:\n    name: {image}\n    tag: 2026.01.30 {marker}\n"
    root = deployment(tmp_path / "deployment", {"values.yaml": values})
    done = hubimages(root, "bump-images", "--yes")
    assert done.returncode == 0, done.stderr
    assert "kept: values.yaml:4" in done.stdout
    assert "Flux image policy flux-system:hub keeps it up to date" in done.stdout
    assert (root / "values.yaml").read_text() == values
    done = hubimages(root, "bump-images", "--yes", "--also-automated")
    assert done.returncode == 0, done.stderr
    assert (root / "values.yaml").read_text() == values.replace("2026.01.30", "2026.06.04")


UPDATED = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: bio
  annotations:
    argocd-image-updater.argoproj.io/image-list: user={image}
    argocd-image-updater.argoproj.io/user.helm.image-tag: jupyterhub.singleuser.image.tag
spec: {{source: {{path: chart}}}}
"""
CHART = (
    "name: hub\ndependencies: [{name: jupyterhub, version: 4.0.0, repository: https://hub.jupyter.org/helm-chart}]\n"
)


def test_bump_images_keeps_the_tag_that_image_updater_writes_unless_told(
    open_registry: Registry, tmp_path: Path
) -> None:
    publisher = Publisher(open_registry, "robots/updated")
    for tag in ("2026.01.30", "2026.06.04"):
        publisher.image({"created": "1970-01-01T00:00:00Z"}, tag)
    image = f"{open_registry.address}/robots/updated"
    written = "helm:\n  parameters:\n  - name: jupyterhub.singleuser.image.tag\n    value: 2026.01.30\n"
    files = {
        "app.yaml": UPDATED.format(image=image),
        "chart/Chart.yaml": CHART,
        "chart/values.yaml": f"jupyterhub: {{singleuser: {{image: {{name: '{image}', tag: 2026.01.02}}}}}}\n",
        "chart/.argocd-source-bio.yaml": written,
    }
    root = deployment(tmp_path / "deployment", files)
    done = hubimages(root, "bump-images", "--hub=bio", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Argo CD Image Updater (app.yaml) keeps it up to date" in done.stdout
    assert (root / "chart/.argocd-source-bio.yaml").read_text() == written
    done = hubimages(root, "bump-images", "--hub=bio", "--yes", "--also-automated")
    assert done.returncode == 0, done.stderr
    assert (root / "chart/.argocd-source-bio.yaml").read_text() == written.replace("01.30", "06.04")
