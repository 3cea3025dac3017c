"""The Configurator's image is set through a real JupyterHub, which checks the token and passes the requests on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine import process
from tests.live_hub.hub import RunningHub, running_hub

REAL = os.environ.get("HUBIMAGES_CONFIGURATOR")
IMAGE = "quay.io/group/image:abc123"
FIELDS = {
    "z2jh.image": {"type": "string", "traitlet": "KubeSpawner.image"},
    "z2jh.default_interface": {"type": "string", "traitlet": "Spawner.default_url"},
}
# the real one, of another time, answers on this port alone
REAL_CONFIG = 'c.Configurator.selected_fields = ["z2jh.image", "z2jh.default_interface"]\n'


@contextmanager
def configurator_hub(
    root: Path, *, stored: Mapping[str, str], fields: Mapping[str, object] = FIELDS, **more: str
) -> Iterator[RunningHub]:
    if REAL:
        port, command = 10101, [sys.executable, "-m", "jupyterhub_configurator.app"]
        environment = {"PYTHONPATH": REAL}
        (root / "jupyterhub_configurator_config.py").write_text(REAL_CONFIG)
        (root / "configurator_data.json").write_text(
            json.dumps({"config": stored, "schema": {"type": "object", "properties": fields}})
        )
    else:
        port, command = process.free_port(), [sys.executable, str(Path(__file__).with_name("configurator.py"))]
        environment = {"PORT": str(port), "FIELDS": json.dumps(fields), "STORED": json.dumps(stored), **more}
    service = {
        "name": "configurator",
        "url": f"http://127.0.0.1:{port}",
        "command": command,
        "environment": environment,
    }
    with running_hub(root, services=[service]) as hub:
        yield hub


def set_image(hub: RunningHub, user: str, image: str = IMAGE, *args: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "JUPYTERHUB_API_TOKEN": hub.token_of(user)}
    asked = [
        sys.executable,
        "-m",
        "hubimages",
        "set-configurator-image",
        f"--hub-url={hub.address}",
        f"--image={image}",
    ]
    return subprocess.run([*asked, *args], env=env, capture_output=True, text=True, check=False)


def test_the_image_is_set_and_what_was_before_is_told(tmp_path: Path) -> None:
    with configurator_hub(tmp_path, stored={"z2jh.image": "old/image:1", "z2jh.default_interface": "/lab"}) as hub:
        done = set_image(hub, "admin")
        assert (done.returncode, done.stdout.splitlines()) == (
            0,
            [
                f"{hub.address}: z2jh.image is {IMAGE}",
                "  before: old/image:1",
                f"  to undo: hubimages set-configurator-image --hub-url={hub.address} --image=old/image:1",
            ],
        ), done.stderr
        again = set_image(hub, "admin")
        assert again.stdout == f"{hub.address}: z2jh.image is {IMAGE} already. Nothing to do\n"
        back = set_image(hub, "admin", "old/image:1")
        assert f"  before: {IMAGE}\n" in back.stdout
        user = set_image(hub, "ada", "another/image:1")
        assert (user.returncode, user.stdout) == (77, "")
        assert "is not an admin's" in user.stderr
        assert "old/image:1 already" in set_image(hub, "admin", "old/image:1").stdout


def test_keys_that_would_break_the_spawn_are_refused(tmp_path: Path) -> None:
    with configurator_hub(tmp_path, stored={"z2jh.image": "old/image:1", "z2jh.imgae": "x"}) as hub:
        done = set_image(hub, "admin")
    assert (done.returncode, done.stdout) == (3, "")
    assert "stores keys that its schema does not have: z2jh.imgae." in done.stderr


@pytest.mark.deep
def test_a_configurator_without_a_field_for_the_image_is_told(tmp_path: Path) -> None:
    fields = {"z2jh.default_interface": FIELDS["z2jh.default_interface"]}
    with configurator_hub(tmp_path, stored={}, fields=fields) as hub:
        done = set_image(hub, "admin")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no field for the image (fields: z2jh.default_interface)" in done.stderr


@pytest.mark.skipif(bool(REAL), reason="the real one saves")
def test_what_was_not_saved_is_not_called_done(tmp_path: Path) -> None:
    with configurator_hub(tmp_path, stored={"z2jh.image": "old/image:1"}, FORGETS="1") as hub:
        done = set_image(hub, "admin")
    assert (done.returncode, done.stdout) == (75, "")
    assert "did not save z2jh.image: it is 'old/image:1'" in done.stderr


def test_a_hub_without_a_configurator_is_told(silent_hub: RunningHub) -> None:
    done = set_image(silent_hub, "admin")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{silent_hub.address} has no Configurator at /services/configurator/config" in done.stderr
