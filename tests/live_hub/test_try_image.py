"""An image is tried on a real JupyterHub through the command: started, seen to answer, stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import hubimages
from tests.live_hub.hub import RunningHub

IMAGE = "quay.io/group/image:abc123"
QUICK = "quick/image:1"  # JupyterHub's own server takes three seconds to start


def command(hub_url: str, *args: str) -> list[str]:
    return [sys.executable, "-m", "hubimages", "try-image", f"--hub-url={hub_url}", *args]


def run(hub: RunningHub, token: str, *args: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "JUPYTERHUB_API_TOKEN": token}
    done = subprocess.run(command(hub.address, *args), env=env, capture_output=True, text=True, check=False)
    assert not token or token not in done.stdout + done.stderr
    return done


def test_an_image_that_starts_is_shown_to_answer_and_stopped(profile_hub: RunningHub) -> None:
    done = run(profile_hub, profile_hub.token_of("ada"), f"--image={IMAGE}", "--profile=any", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["version"], report["passed"], report["user"]) == (1, True, "ada")
    assert report["images_seen"] == [IMAGE]
    assert f'[Normal] Pulling image "{IMAGE}"' in report["events"]
    assert report["server_version"][0].isdigit()
    assert profile_hub.servers("ada") == {}


def test_a_hub_that_starts_another_image_is_not_taken_for_a_success(profile_hub: RunningHub) -> None:
    done = run(profile_hub, profile_hub.token_of("ada"), f"--image={IMAGE}")
    assert done.returncode == 1
    assert done.stdout.startswith(f"the hub started the/default:1, not {IMAGE}: the server of ada answered")
    assert "add --profile=SLUG" in done.stdout
    assert profile_hub.servers("ada") == {}


def test_a_hub_that_says_nothing_of_images_is_said_to_say_nothing(silent_hub: RunningHub) -> None:
    done = run(silent_hub, silent_hub.token_of("ada"), f"--image={QUICK}")
    assert (done.returncode, done.stdout.startswith(f"{QUICK}: the server of ada answered")) == (0, True)
    assert "The hub's events name no image" in done.stdout


def test_a_spawn_that_fails_shows_what_the_hub_told(profile_hub: RunningHub) -> None:
    done = run(profile_hub, profile_hub.token_of("ada"), "--image=broken/image:1", "--profile=any")
    assert done.returncode == 1
    assert done.stdout.startswith("broken/image:1 did not start for ada: ")
    assert "ImagePullBackOff" in done.stdout
    assert profile_hub.servers("ada") == {}


def test_a_running_server_is_stopped_only_when_told(profile_hub: RunningHub) -> None:
    token = profile_hub.token_of("grace")
    profile_hub.api("POST", "users/grace/server", {"profile": "any", "image--unlisted-choice": QUICK})
    for _ in range(100):
        if profile_hub.servers("grace")[""]["ready"]:
            break
        time.sleep(0.2)
    started = profile_hub.servers("grace")[""]["started"]
    refused = run(profile_hub, token, f"--image={IMAGE}", "--profile=any")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "A server of grace is running" in refused.stderr
    assert "answer with --yes" in refused.stderr
    assert profile_hub.servers("grace")[""]["started"] == started
    done = run(profile_hub, token, f"--image={QUICK}", "--profile=any", "--yes")
    assert (done.returncode, profile_hub.servers("grace")) == (0, {})


def test_interrupted_it_stops_the_server(profile_hub: RunningHub) -> None:
    env = {**os.environ, "JUPYTERHUB_API_TOKEN": profile_hub.token_of("linus")}
    asked = command(profile_hub.address, "--image=slow/image:1", "--profile=any")
    with subprocess.Popen(asked, env=env, stderr=subprocess.PIPE, text=True) as running:
        try:
            for _ in range(200):
                if profile_hub.servers("linus"):
                    break
                time.sleep(0.1)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=90)
        finally:
            running.kill()
    assert (running.returncode, said.splitlines()[-1]) == (130, "interrupted")
    assert profile_hub.servers("linus") == {}


def test_interrupted_while_it_stops_the_server_it_stops_it(profile_hub: RunningHub) -> None:
    env = {**os.environ, "JUPYTERHUB_API_TOKEN": profile_hub.token_of("ken")}
    asked = command(profile_hub.address, "--image=quick/image:1", "--profile=any")
    with subprocess.Popen(asked, env=env, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.startswith("stopping the server"):  # before the request that does it
                running.send_signal(signal.SIGTERM)
                break
        assert running.stderr.read().splitlines()[-1] == "ended by SIGTERM"
    assert (running.returncode, profile_hub.servers("ken")) == (143, {})


def test_a_token_without_the_right_is_told_from_one_that_is_not_known(profile_hub: RunningHub) -> None:
    reads = profile_hub.token_of("ada", "read:users!user")
    done = run(profile_hub, reads, f"--image={IMAGE}")
    assert (done.returncode, done.stdout) == (77, "")
    assert "does not allow the token in JUPYTERHUB_API_TOKEN to do this (POST /hub/api/users/ada/server)" in done.stderr
    done = run(profile_hub, "wrong", f"--image={IMAGE}")
    assert (done.returncode, done.stdout) == (77, "")
    assert "does not accept the token in JUPYTERHUB_API_TOKEN. Make a new one at" in done.stderr
    done = run(profile_hub, "", f"--image={IMAGE}")
    assert (done.returncode, done.stderr.count("\n")) == (77, 1)
    assert "JUPYTERHUB_API_TOKEN is not set. Make a token at" in done.stderr


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--hub-url=http://127.0.0.1:9", f"--image={IMAGE}"], 75, "no answer from http://127.0.0.1:9"),
        (["--hub-url=hub.example.org", f"--image={IMAGE}"], 2, "is not an address. Write it like https://"),
        (["--hub-url=https://me:secret@hub.example.org", f"--image={IMAGE}"], 2, "--hub-url contains a login"),
        (["--hub-url=http://127.0.0.1:9", "--image=Not An Image"], 2, "'Not An Image' is not an image reference"),
        (["--hub-url=http://127.0.0.1:9"], 2, "--image is missing"),
        ([f"--image={IMAGE}"], 2, "--hub-url is missing"),
    ],
)
def test_bad_input_is_one_line(args: list[str], code: int, message: str, tmp_path: Path) -> None:
    env = {**os.environ, "JUPYTERHUB_API_TOKEN": "x"}
    done = hubimages("try-image", *args, env=env, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert message in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("task", ["try-image", "set-configurator-image"])
@pytest.mark.parametrize(
    ("hub_url", "image", "message"),
    [
        ("hub.example.org", IMAGE, "--hub-url=hub.example.org is not an address. Write it like https://"),
        ("https://me:secret@hub.example.org", IMAGE, "--hub-url contains a login"),
        (
            "https://hub.example.org",
            "quay.io/group/image",
            "has neither a tag nor a digest. Write quay.io/group/image:",
        ),
    ],
)
def test_a_dry_run_refuses_what_the_task_would(
    task: str, hub_url: str, image: str, message: str, tmp_path: Path
) -> None:
    done = hubimages(task, f"--hub-url={hub_url}", f"--image={image}", "--dry-run", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    assert "secret" not in done.stderr


def test_a_dry_run_shows_the_requests_and_makes_none(tmp_path: Path) -> None:
    asked = command("http://127.0.0.1:9", f"--image={IMAGE}", "--profile=any", "--dry-run")
    env = {name: value for name, value in os.environ.items() if name != "JUPYTERHUB_API_TOKEN"}
    done = subprocess.run(asked, env=env, capture_output=True, text=True, check=False, cwd=tmp_path)
    server = "http://127.0.0.1:9/hub/api/users/NAME/server"
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            f'$ POST {server} {{"profile": "any", "image--unlisted-choice": "{IMAGE}"}}',
            f"$ GET {server}/progress",
            f"$ DELETE {server}",
        ],
    )
