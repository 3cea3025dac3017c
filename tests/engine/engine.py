"""The container engine of the tests: one that runs already, or a private one that leaves nothing behind."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubimages.run import attempt, read
from tests import needs
from tests.engine import process, registry
from tests.engine.install import DISK, EngineUnavailableError, alone, ensure_programs, program

# What mmdebstrap unpacks below the stand-in base images, and its name on Docker Hub.
DEBIAN = "debian:trixie-slim"
SUITE = "trixie"


@dataclass(frozen=True)
class Engine:
    """An engine that answers. `env` has the variables that programs need to reach it: DOCKER_HOST, DOCKER_CONFIG.

    DOCKER_CONFIG is a folder of the tests' own, so that no login lands in a person's, nor is one used.
    """

    env: Mapping[str, str]
    folder: Path
    private: bool
    mirror: registry.Registry | None = None  # a private daemon asks it for docker.io's images
    daemon: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def docker(self, *args: str, cwd: Path | None = None) -> str:
        """Return the stdout of a docker command, stripped. Raises ProgramFailedError if it fails."""
        return read("docker", *args, cwd=cwd or self.folder, env=self.env).decode(errors="replace").strip()

    def try_docker(self, *args: str) -> subprocess.CompletedProcess[bytes]:
        """Run a docker command and return the finished process, even if it failed."""
        return attempt("docker", *args, cwd=self.folder, env=self.env)

    def has_image(self, name: str) -> bool:
        """Return True if the engine has an image of this name; asks no registry."""
        return self.try_docker("image", "inspect", name).returncode == 0

    def build(self, directory: Path, tag: str, *args: str) -> str:
        """Build an image from the Dockerfile in a directory, and return its id (sha256:...)."""
        self.docker("buildx", "build", "--load", "--progress", "plain", *args, "--tag", tag, str(directory))
        return self.docker("image", "inspect", "--format", "{{.Id}}", tag)

    def containers(self) -> set[str]:
        """Return the ids of all containers, including stopped ones."""
        return set(self.docker("ps", "--all", "--quiet", "--no-trunc").split())

    def login(self, where: registry.Registry) -> None:
        """Log in to a registry in the tests' Docker configuration."""
        password = where.password.encode()
        command = ("docker", "login", "--username", where.username, "--password-stdin", where.address)
        read(*command, cwd=self.folder, env=self.env, stdin=password)

    def logout(self, where: registry.Registry) -> None:
        """Forget the login to a registry."""
        self.docker("logout", where.address)


@contextmanager
def any_engine() -> Iterator[Engine]:
    """Yield the running engine, or else a private one. Raises EngineUnavailableError if there is none."""
    folder = Path(tempfile.mkdtemp(prefix="hubimages-engine-", dir=DISK))
    try:
        running = running_engine(folder)
        if running is not None:
            yield running
            return
        ensure_programs()
        with private_engine(folder) as started:
            yield started
    finally:
        shutil.rmtree(folder)


def starts_private_engines() -> bool:
    """Return True if each process of the tests starts an engine of its own: on Debian as root, where none answers."""
    if os.geteuid() != 0 or not needs.ENGINE.required:
        return False
    return shutil.which("docker") is None or attempt("docker", "info", cwd=Path("/")).returncode != 0


def running_engine(folder: Path) -> Engine | None:
    """Return the environment's engine if it answers and can build for repo2docker."""
    if shutil.which("docker") is None:
        return None
    # the tests do not use the person's configuration, which has the chosen context: ask for its address first
    host = os.environ.get("DOCKER_HOST", "")
    if not host:
        said = attempt("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}", cwd=folder)
        host = said.stdout.decode().strip()
    if attempt("docker", "info", "--format", "{{.ID}}", cwd=folder, env={"DOCKER_HOST": host}).returncode:
        return None
    plugins = folder / "config/cli-plugins"
    plugins.mkdir(parents=True)
    for home in (os.environ.get("DOCKER_CONFIG"), Path.home() / ".docker"):
        if home and (Path(home) / "cli-plugins/docker-buildx").exists():
            (plugins / "docker-buildx").symlink_to((Path(home) / "cli-plugins/docker-buildx").resolve())
            break
    env = {"DOCKER_HOST": host, "DOCKER_CONFIG": str(plugins.parent)}
    engine = Engine(env, folder, private=False)
    if engine.try_docker("buildx", "version").returncode:
        raise EngineUnavailableError("Docker answers but has no buildx, which repo2docker needs: install docker-buildx")
    return engine


@contextmanager
def private_engine(folder: Path, like: Engine | None = None) -> Iterator[Engine]:
    """Yield a private daemon with Debian's image and buildx, all of it in `folder`, and remove it afterwards.

    It takes both from another engine, `like`, instead of making them.
    """
    with ExitStack() as stack:
        mirror = stack.enter_context(registry.serve(folder / "mirror"))
        bare = stack.enter_context(daemon(folder, "--registry-mirror", f"http://{mirror.address}"))
        engine = replace(bare, mirror=mirror)
        if like is None:
            import_debian(engine)
            add_buildx(engine)
        else:
            copy_debian(like, engine)
            share_buildx(like, engine)
        yield engine


@contextmanager
def second_engine(first: Engine) -> Iterator[Engine]:
    """Yield an engine without images and build cache, like another machine. It uses the first engine's buildx.

    Raises EngineUnavailableError where none can be started.
    """
    if os.geteuid() != 0:
        raise EngineUnavailableError("only root can start a second engine")
    program("dockerd")
    # a short path: that of a socket has at most 107 characters
    folder = Path(tempfile.mkdtemp(prefix="hubimages-engine-", dir=DISK))
    try:
        with daemon(folder) as engine:
            share_buildx(first, engine)
            yield engine
    finally:
        shutil.rmtree(folder)


def stubborn(start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start a daemon; retry once, because another one may be writing the kernel's packet rules at that moment."""
    try:
        return start()
    except RuntimeError as error:
        if "iptables failed" not in str(error):
            raise
    time.sleep(2)
    return start()


@contextmanager
def daemon(folder: Path, *flags: str) -> Iterator[Engine]:
    """Yield a daemon without images, its socket and data in `folder`; stop it and remove its data afterwards."""
    config = folder / "config"
    (config / "cli-plugins").mkdir(parents=True)
    socket = folder / "docker.sock"
    env = {"DOCKER_HOST": f"unix://{socket}", "DOCKER_CONFIG": str(config)}
    log = folder / "dockerd.log"
    with ExitStack() as stack:
        stack.callback(unmount_below, folder)
        # dockerd looks for its containerd and iptables on PATH
        daemon_env = {"PATH": os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])}
        engine_answers = ("docker", "info", "--format", "{{.ID}}")
        with alone():  # until the process is there, another one takes the same bridge
            bridge = stack.enter_context(own_bridge())
            argv = [
                program("dockerd"), "--host", env["DOCKER_HOST"], "--data-root", str(folder / "data"),
                "--exec-root", str(folder / "exec"), "--pidfile", str(folder / "dockerd.pid"), *flags, *bridge,
            ]  # fmt: skip
            started = stubborn(
                lambda: process.start(
                    argv,
                    log=log,
                    env=daemon_env,
                    answers=lambda: attempt(*engine_answers, cwd=folder, env=env).returncode == 0,
                )
            )
        stack.callback(process.stop, started)
        engine = Engine(env, folder, private=True, daemon=started)
        stack.callback(remove_containers, engine)
        yield engine


def remove_containers(engine: Engine) -> None:
    """Remove all containers of a private engine, running or not: dockerd would leave their mounts behind."""
    for container in engine.containers():
        engine.try_docker("rm", "--force", "--volumes", container)


@contextmanager
def own_bridge() -> Iterator[list[str]]:
    """Return dockerd's flags for the network. Two daemons must not share a bridge; the first may have the usual one."""
    names = {path.read_text().strip() for path in Path("/proc").glob("[0-9]*/comm") if path.exists()}
    if "dockerd" not in names:
        there = Path("/sys/class/net/docker0").exists()
        yield []
        if not there:
            attempt(program("ip"), "link", "delete", "docker0", cwd=Path("/"))
        return
    ip = program("ip")
    number = next(n for n in range(16, 250) if not Path(f"/sys/class/net/hubimages{n}").exists())
    bridge = f"hubimages{number}"
    read(ip, "link", "add", "name", bridge, "type", "bridge", cwd=Path("/"))
    try:
        read(ip, "address", "add", f"10.213.{number}.1/24", "dev", bridge, cwd=Path("/"))
        read(ip, "link", "set", bridge, "up", cwd=Path("/"))
        yield ["--bridge", bridge]
    finally:
        read(ip, "link", "delete", bridge, cwd=Path("/"))


def unmount_below(folder: Path) -> None:
    """Unmount what a daemon left mounted in its data, innermost first, so that the folder can be removed."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), key=len, reverse=True):
        attempt("umount", "--lazy", mount, cwd=Path("/"))


def import_debian(engine: Engine) -> None:
    """Make Debian's image from Debian's packages, without a pull."""
    packages = ",".join(["ca-certificates", *PACKAGES_OF_STAND_INS])
    tree = engine.folder / "debian.tar"
    read(
        program("mmdebstrap"), "--quiet", "--variant=apt", f"--include={packages}", SUITE, str(tree), cwd=engine.folder
    )
    engine.docker("import", str(tree), DEBIAN)
    tree.unlink()


def copy_debian(source: Engine, dest: Engine) -> None:
    """Load Debian's image from another engine."""
    file = dest.folder / "debian.tar"
    source.docker("save", "--output", str(file), DEBIAN)
    dest.docker("load", "--input", str(file))
    file.unlink()


def share_buildx(source: Engine, dest: Engine) -> None:
    """Give the client of an engine the `docker buildx` of another."""
    plugin = Path(source.env["DOCKER_CONFIG"]) / "cli-plugins/docker-buildx"
    (Path(dest.env["DOCKER_CONFIG"]) / "cli-plugins/docker-buildx").symlink_to(plugin.resolve())


# Below every stand-in: what repo2docker's Dockerfile and the originals expect of their base.
PACKAGES_OF_STAND_INS = (
    "bash", "bzip2", "gettext-base", "git", "less", "locales", "passwd", "procps", "python3-venv", "tini", "unzip",
    "wget",
)  # fmt: skip


def add_buildx(engine: Engine) -> None:
    """Give the client `docker buildx`, from the Debian release that packages it.

    Debian 12 has no such package; Debian 13's needs nothing newer than its C library.
    """
    folder = engine.folder / "buildx"
    folder.mkdir()
    fetch = (
        "apt-get update -q && cd /tmp && apt-get download -q docker-buildx && dpkg-deb -x docker-buildx_*.deb /tmp/x"
    )
    name = "hubimages-buildx"
    engine.docker("run", "--name", name, DEBIAN, "sh", "-c", fetch)
    engine.docker("cp", f"{name}:/tmp/x/usr/libexec/docker/cli-plugins/docker-buildx", str(folder))
    engine.docker("rm", name)
    target = Path(engine.env["DOCKER_CONFIG"]) / "cli-plugins/docker-buildx"
    (folder / "docker-buildx").rename(target)
    target.chmod(0o755)
