"""Test what a JupyterHub expects of a user image, one test for each expectation. Extend it as you like.

This needs pytest, the docker command and an image:

    IMAGE=quay.io/me/my-image:0123456789ab HUB_VERSION=5.4.0 pytest image-contract

HUB_VERSION is the version of JupyterHub on the hub; without it, versions are not compared. Containers start as on the
hub: through the image's own entry point, as user 1000. REPOSITORY is the directory with `environment.yml` and
`image-tests/` or `hub-tests/`; the default is the parent directory.
"""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOME = "/home/jovyan"
AS_USER = ("--user", "1000")
# Like `allowPrivilegeEscalation: false` on Kubernetes, and the rule of some hubs to drop all capabilities.
NO_PRIVILEGES = ("--security-opt", "no-new-privileges", "--cap-drop", "ALL")
# Hides the image's home directory, as a user's volume does.
EMPTY_HOME = ("--tmpfs", f"{HOME}:rw,exec,mode=0755,uid=1000,gid=1000")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
REPOSITORY = Path(os.environ.get("REPOSITORY") or HERE.parent)
# jupyterhub/repo2docker-action runs image-tests/ in its own way, so repositories that use it have hub-tests/.
TESTS = REPOSITORY / ("hub-tests" if (REPOSITORY / "hub-tests").is_dir() else "image-tests")
NOTEBOOKS = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("*.ipynb"))
OWN_TESTS = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


@pytest.fixture(scope="session", autouse=True)
def stop_in_good_order() -> None:
    """Treat SIGTERM like Ctrl-C, so that containers are removed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def image() -> str:
    """Return the image under test."""
    name = os.environ.get("IMAGE")
    if not name:
        pytest.fail("set IMAGE to the image to be tested, e.g. IMAGE=quay.io/me/my-image:tag", pytrace=False)
    there = subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False)
    if there.returncode:
        pull = subprocess.run(["docker", "pull", "--quiet", name], capture_output=True, text=True, check=False)
        if pull.returncode:
            pytest.fail(f"there is no image {name}: {pull.stderr.strip()}", pytrace=False)
    return name


def run(image: str, *command: str, options: Sequence[str] = AS_USER, stdin: bytes = b"", seconds: int = 300) -> str:
    """Return what a command prints in a new container. If it fails or takes too long, fail the test with its output."""
    name = f"contract-{uuid.uuid4().hex[:12]}"
    argv = ["docker", "run", "--rm", "--interactive", "--name", name, *options, image, *command]
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        pytest.fail(f"{command[0]} did not finish within {seconds} seconds", pytrace=False)
    finally:
        remove(name)
    output, errors = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    if done.returncode in (126, 127) and re.search("not found|no such file", errors, re.IGNORECASE):
        why = f"the image has no {command[0]}, or its entry point cannot start it: {last_line(errors)}"
        pytest.fail(why, pytrace=False)
    if done.returncode:
        said = COLOUR.sub("", f"{output}\n{errors}").strip()
        pytest.fail(f"{command[0]} failed in the image (exit code {done.returncode}):\n{said}", pytrace=False)
    return output


def remove(container: str) -> None:
    """Remove a container if it exists."""
    subprocess.run(["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False)


def last_line(text: str) -> str:
    """Return the last line of an output. An entry point or start script may print lines before it."""
    return text.strip().splitlines()[-1] if text.strip() else ""


def test_jupyterhub_singleuser_is_there_and_suits_the_hub(image: str) -> None:
    """The hub starts `jupyterhub-singleuser`. Both should have the same major version."""
    version = last_line(run(image, "jupyterhub-singleuser", "--version"))
    assert re.match(r"\d+\.\d+", version), f"jupyterhub-singleuser --version says {version!r}"
    hub = os.environ.get("HUB_VERSION")
    if hub:
        assert version.split(".")[0] == hub.split(".")[0], f"the image has JupyterHub {version}, the hub runs {hub}"


def test_the_image_runs_as_user_1000(image: str) -> None:
    """The image does not run as root by default."""
    assert last_line(run(image, "id", "-u", options=())) == "1000", "the image runs as another user. End the Dockerfile with: USER 1000"


def test_the_image_needs_no_new_privileges(image: str) -> None:
    """Hubs forbid sudo and the like (allowPrivilegeEscalation: false), so the start must not need them."""
    status = run(image, "cat", "/proc/self/status", options=(*AS_USER, *NO_PRIVILEGES))
    assert re.search(r"^NoNewPrivs:\s*1$", status, re.MULTILINE)


def start_scripts(image: str) -> list[str]:
    """Return the files that a container of this image needs to start."""
    asked = ["docker", "image", "inspect", "--format", "{{json .Config}}", image]
    config = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    environment = dict(entry.partition("=")[::2] for entry in config.get("Env") or [])
    scripts = [environment.get("R2D_ENTRYPOINT", ""), *(config.get("Entrypoint") or [])[:1]]
    directory = config.get("WorkingDir") or "/"
    return [str(Path(directory) / script) for script in scripts if "/" in script]


def missing_scripts(image: str) -> list[str]:
    """Return the start scripts that an empty home hides."""
    options = (*AS_USER, *EMPTY_HOME, "--entrypoint", "sh")
    check = 'for file; do test -x "$file" || echo "$file"; done'
    return run(image, "-c", check, "sh", *start_scripts(image), options=options).split()


def test_start_scripts_survive_an_empty_home(image: str) -> None:
    """A user's volume hides the home directory, so the start scripts must not be in it."""
    gone = missing_scripts(image)
    assert not gone, f"an empty {HOME} hides {', '.join(gone)}. Build with --target-repo-dir /srv/repo"


HUB = """
import http.server, json, sys, jupyterhub
class Hub(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"version": jupyterhub.__version__}).encode()
        self.send_response(200); self.send_header("Content-Type", "application/json"); self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", 8081), Hub).serve_forever()
"""
ASK = """
import socket, urllib.request
address = socket.gethostbyname(socket.gethostname())
print(urllib.request.urlopen(f"http://{address}:8888/user/tester/api", timeout=5).read().decode())
"""
SERVER_ENVIRONMENT = {
    "JUPYTERHUB_API_TOKEN": "contract", "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api",
    "JUPYTERHUB_BASE_URL": "/", "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-tester", "JUPYTERHUB_HOST": "",
    "JUPYTERHUB_OAUTH_CALLBACK_URL": "/user/tester/oauth_callback", "JUPYTERHUB_SERVICE_PREFIX": "/user/tester/",
    "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/tester/", "JUPYTERHUB_USER": "tester",
    "JUPYTERHUB_SERVER_NAME": "", "JUPYTERHUB_ACTIVITY_URL": "http://127.0.0.1:8081/hub/api/users/tester/activity",
}  # fmt: skip


def start_server(image: str, name: str, *options: str) -> None:
    """Start a container with the hub's command, an empty home and a small hub that answers."""
    environment = [f"--env={key}={value}" for key, value in SERVER_ENVIRONMENT.items()]
    argv = ["docker", "run", "--detach", "--name", name, *AS_USER, *EMPTY_HOME, *options, *environment, image]
    argv += ["sh", "-c", 'python -c "$0" & exec jupyterhub-singleuser', HUB]
    done = subprocess.run(argv, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def answers(container: str, seconds: int = 90) -> bool:
    """Return whether the container's server answers over HTTP within some seconds."""
    ask = ["docker", "exec", container, "python", "-c", ASK]
    running = ["docker", "inspect", "--format", "{{.State.Running}}", container]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if subprocess.run(ask, capture_output=True, check=False).returncode == 0:
            return True
        if subprocess.run(running, capture_output=True, check=False).stdout.strip() != b"true":
            return False
        time.sleep(0.5)
    return False


@pytest.fixture
def container(image: str) -> Iterator[str]:
    """Yield a name for a container, and remove the container afterwards."""
    if missing_scripts(image):
        pytest.skip("its start script is missing: see test_start_scripts_survive_an_empty_home")
    name = f"contract-{uuid.uuid4().hex[:12]}"
    try:
        yield name
    finally:
        remove(name)


def test_a_server_starts_with_an_empty_home(image: str, container: str) -> None:
    """`jupyterhub-singleuser` answers over HTTP, as on a user's first login, without new privileges."""
    nothing = ["docker", "run", "--rm", "--name", container, *AS_USER, *NO_PRIVILEGES, image, "true"]
    if subprocess.run(nothing, capture_output=True, check=False).returncode:
        pytest.skip("no container starts: see test_the_image_needs_no_new_privileges")
    start_server(image, container, *NO_PRIVILEGES)
    if not answers(container):
        log = subprocess.run(["docker", "logs", "--tail", "40", container], capture_output=True, check=False)
        text = COLOUR.sub("", (log.stdout + log.stderr).decode(errors="replace"))
        pytest.fail(f"the server did not answer. The end of its log:\n{text}", pytrace=False)


PROCESSES = """
import glob, re
for path in glob.glob("/proc/[0-9]*/status"):
    try:
        status = open(path).read()
    except OSError:
        continue
    print(re.search(r"Uid:\\s+\\d+\\s+(\\d+)", status)[1], re.search(r"Name:\\s+(.*)", status)[1])
"""


def test_every_process_is_of_user_1000(image: str, container: str) -> None:
    """No process in the container runs as root, even on a hub that allows new privileges."""
    start_server(image, container)
    if not answers(container):
        pytest.skip("the server does not run: see test_a_server_starts_with_an_empty_home")
    look = ["docker", "exec", container, "python", "-c", PROCESSES]
    done = subprocess.run(look, capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if not line.startswith("1000 ")] == []


def requested() -> tuple[list[str], list[str]]:
    """Return the names of conda packages and of pip packages that the image must have.

    pixi.toml is read here. Anything else is read by `hubimages check-environment`, as repo2docker itself reads it.
    """
    pixi = REPOSITORY / "pixi.toml"
    if pixi.exists():
        tables = re.split(r"^\[(.*?)\]", pixi.read_text(encoding="utf-8"), flags=re.MULTILINE)
        names = {name: re.findall(r"""^["']?([\w.-]+)["']?\s*=""", text, re.MULTILINE) for name, text in zip(tables[1::2], tables[2::2])}
        return names.get("dependencies", []), names.get("pypi-dependencies", [])
    program = shutil.which("hubimages", path=str(Path(sys.executable).parent)) or shutil.which("hubimages")
    if program is None:
        pytest.skip("hubimages is not installed, which reads what the repository asks for: pip install 'hubimages[environment]'")
    done = subprocess.run([program, "check-environment", str(REPOSITORY), "--json"], capture_output=True, text=True, check=False)
    if done.returncode == 69:  # without repo2docker
        pytest.skip(last_line(done.stderr))
    if done.returncode not in (0, 1):
        pytest.fail(last_line(done.stderr), pytrace=False)
    found = json.loads(done.stdout)["requested"]
    if found is None:
        pytest.skip("repo2docker reads neither environment.yml nor requirements.txt here")
    return found["conda"], found["pip"]


INSTALLED = """
import json, os, pathlib, sys
from importlib.metadata import distributions
roots = {sys.prefix, os.environ.get("NB_PYTHON_PREFIX", sys.prefix), os.environ.get("CONDA_DIR", sys.prefix)}
records = [path for root in roots for path in pathlib.Path(root, "conda-meta").glob("*.json")]
conda = sorted(path.stem.rsplit("-", 2)[0] for path in records)
print(json.dumps({"conda": conda, "pip": sorted(d.metadata["Name"] for d in distributions() if d.metadata["Name"])}))
"""


def test_every_requested_package_is_installed(image: str) -> None:
    """No later build step has removed a requested package."""
    conda, pip = requested()
    there = json.loads(last_line(run(image, "python", "-c", INSTALLED)))

    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    missing = [name for name in conda if name.lower() not in there["conda"]]
    missing += [f"{name} (pip)" for name in pip if plain(name) not in map(plain, there["pip"])]
    assert not missing, f"requested, but not in the image: {', '.join(missing)}"


KERNELS = """
import json
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import start_new_kernel
wrong = {}
names = sorted(KernelSpecManager().find_kernel_specs())
for name in names:
    try:
        manager, client = start_new_kernel(kernel_name=name, startup_timeout=60)
    except Exception as error:
        wrong[name] = f"did not start: {error}"
        continue
    reply = client.execute_interactive("6 * 7", timeout=60, output_hook=lambda message: None)["content"]
    if reply["status"] != "ok":
        wrong[name] = "ran no cell: " + "\\n".join(reply.get("traceback") or [str(reply)])
    client.stop_channels()
    manager.shutdown_kernel(now=True)
print(json.dumps({"names": names, "wrong": wrong}))
"""


def test_every_kernel_starts_and_runs_a_cell(image: str) -> None:
    """Every kernel in the launcher runs a cell that is valid in all languages."""
    result = json.loads(last_line(run(image, "python", "-c", KERNELS)))
    assert result["names"], "the image has no kernel"
    told = "\n".join(f"kernel {name} {COLOUR.sub('', why)}" for name, why in result["wrong"].items())
    assert not told, told


UNPACK = """
import os, subprocess, sys, tarfile, tempfile
os.chdir(tempfile.mkdtemp())
safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # not in every Python of an image
tarfile.open(fileobj=sys.stdin.buffer, mode="r|").extractall(**safely)
"""
EXECUTE = """
import nbclient, nbformat
os.chdir(os.path.join("image-tests", os.path.dirname(sys.argv[1])))
try:
    nbclient.NotebookClient(nbformat.read(os.path.basename(sys.argv[1]), as_version=4)).execute()
except nbclient.exceptions.CellExecutionError as error:
    sys.exit(str(error))
"""
RUN_TESTS = """
os.environ["PYTHONPATH"] = os.path.abspath("pytest")
sys.exit(subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "image-tests"]).returncode)
"""


def packed(**directories: Path) -> bytes:
    """Return a tar archive of directories under the given names, owned by user 1000."""

    def owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 1000
        return member

    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, directory in directories.items():
            archive.add(directory, arcname=name.replace("_", "-"), filter=owned)
    return written.getvalue()


NO_NOTEBOOK = pytest.param("", id="none", marks=pytest.mark.skip(reason="image-tests/ has no *.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS or [NO_NOTEBOOK])
def test_the_notebook_runs_from_top_to_bottom(image: str, notebook: str) -> None:
    """Run a notebook next to its files. A failing cell shows its traceback."""
    run(image, "python", "-c", UNPACK + EXECUTE, notebook, stdin=packed(image_tests=TESTS), seconds=1800)


@pytest.mark.skipif(not OWN_TESTS, reason="image-tests/ has no test_*.py")
def test_the_tests_of_this_repository_pass(image: str, tmp_path: Path) -> None:
    """Run image-tests/test_*.py inside the image."""
    version = last_line(run(image, "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"))
    pip = ["pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(tmp_path / "pytest")]
    for_image = ["--python-version", version, "--only-binary", ":all:", "pytest"]
    subprocess.run([sys.executable, "-m", *pip, *for_image], check=True)
    archive = packed(image_tests=TESTS, pytest=tmp_path / "pytest")
    run(image, "python", "-c", UNPACK + RUN_TESTS, stdin=archive, seconds=1800)
