"""Choices through KubeSpawner: each pod is tried once, and what makes no pod is not imported."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.imagebuilding.charts import ChartSources
from hubimages.imagebuilding.check import all_hubs
from hubimages.imagebuilding.check.kubernetes import spawn
from hubimages.imagebuilding.hubs import find_hub
from hubimages.run import environment
from tests import needs
from tests.imagebuilding import good_hubs
from tests.imagebuilding.conftest import Deployment

needs.installed("kubespawner", "imagebuilding")
UNUSED = ("sqlalchemy", "alembic", "aiohttp")
IN_A_NEW_PROCESS = f"""
import sys
from hubimages.imagebuilding.check.option_names import spawner_class
from hubimages.imagebuilding.check.rules import hub
spawner_class(), hub._modules()
print([name for name in {UNUSED!r} if name in sys.modules])
import jupyterhub.orm, sqlalchemy, aiohttp
print(jupyterhub.orm.User.__tablename__, sqlalchemy.select.__name__, issubclass(aiohttp.ClientError, Exception))
"""


def test_the_database_and_the_http_client_are_not_imported_and_can_be_imported_later() -> None:
    argv = [sys.executable, "-c", IN_A_NEW_PROCESS]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.splitlines() == ["[]", "users select True"]


PROFILE = {
    "profile_options": {
        "image": {
            "choices": {
                "a": {"kubespawner_override": {"image": "a/a:1"}},
                "b": {"default": True, "kubespawner_override": {"image": "b/b:1"}},
                "c": {"kubespawner_override": {"image": "c/{username}:1"}},
                "d": {"kubespawner_override": {"image": "d/d:1", "mem_limit": "4G"}},
                "e": {"kubespawner_override": {"mem_limit": "4G", "image": "e/e:1"}},
                "f": {},
            }
        }
    }
}


@pytest.mark.parametrize(
    ("choice", "key"), [("a", ()), ("b", ()), ("c", "c"), ("d", "d"), ("e", "d"), ("f", "f"), ("unlisted", "unlisted")]
)
def test_choices_that_differ_only_in_a_plain_image_make_one_pod(choice: str, key: str | tuple[()]) -> None:
    expected = (("profile", "p"), *([("image", key)] if key else []))
    assert spawn._key(PROFILE, {"profile": "p", "image": choice}) == expected


def test_hubs_that_differ_only_in_a_label_are_tried_once_and_each_gets_the_finding(
    deployment: Deployment, own_charts: Path
) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    hub["jupyterhub"]["singleuser"]["nodeSelector"] = {"hub": "one"}
    memory = hub["jupyterhub"]["singleuser"]["profileList"][0]["profile_options"]["memory"]
    memory["choices"]["large"]["kubespawner_override"]["mem_limit"] = "8 GB"
    root = deployment(hub, good_hubs.SECRET)
    spawn._results.cache_clear()
    for name in ("one", "two"):
        hub["jupyterhub"]["singleuser"]["nodeSelector"] = {"hub": name}
        good_hubs.write(root / "config/clusters/earth/staging.values.yaml", hub)
        made = all_hubs.check_hubs(
            [find_hub(root, "earth", "staging")], ChartSources(own_charts, offline=True), today=good_hubs.TODAY
        )
        (finding,) = made.findings
        assert finding.code == "choice-refused"
        assert "with profile=only-choice, memory=large" in finding.message
    assert spawn._results.cache_info()[:2] == (2, 2)  # hits and misses, of no profile and of the one
