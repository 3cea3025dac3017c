"""On Windows there is one line that says what to do; on macOS, nothing is used that only Linux has.

Both are imitated, in a process of its own: what the other system lacks is taken away before anything is imported.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import deployments
from tests.references.pointing import make_deployment
from tests.sample import some

ROOT = Path(__file__).parents[2]
RUN = "import runpy; sys.argv[0] = 'hubimages'; runpy.run_module('hubimages', run_name='__main__', alter_sys=True)"
WINDOWS = """
import os, signal, sys
sys.modules.update(dict.fromkeys(["fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"]))
for name in ("fork", "getuid", "geteuid", "killpg", "setsid", "wait4", "getpgid", "O_NOFOLLOW", "O_CLOEXEC"):
    delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGPIPE", "SIGALRM", "pthread_sigmask", "sigwait", "setitimer"):
    delattr(signal, name)
import shutil, subprocess  # which would look for Windows' own modules
sys.platform = "win32"
"""
# What Python's documentation of os, select, signal, fcntl, socket and resource says is there on Linux and not on macOS.
MACOS = """
import builtins, fcntl, io, os, resource, select, signal, socket, sys, types
for module, names in {
    os: "pidfd_open sched_getaffinity sched_setaffinity memfd_create eventfd copy_file_range splice getrandom pipe2 "
        "posix_fadvise posix_fallocate fdatasync getresuid setresuid getxattr setxattr listxattr removexattr setns "
        "unshare O_TMPFILE O_PATH O_NOATIME O_DIRECT O_LARGEFILE",
    select: "epoll",
    signal: "sigwaitinfo sigtimedwait SIGCLD SIGPOLL SIGPWR SIGSTKFLT SIGRTMIN SIGRTMAX",
    fcntl: "F_OFD_SETLK F_OFD_SETLKW F_OFD_GETLK F_ADD_SEALS F_NOTIFY F_SETPIPE_SZ F_GETPIPE_SZ",
    socket: "AF_NETLINK AF_ALG AF_VSOCK SOCK_CLOEXEC SOCK_NONBLOCK SO_PEERCRED",
    resource: "prlimit RUSAGE_THREAD",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)

if hasattr(os, "process_cpu_count"):  # from 3.13 on; there it is the other one
    os.process_cpu_count = os.cpu_count

def refuse_proc(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and str(arguments[0]).startswith(("/proc", "/sys")):
        raise FileNotFoundError(2, "No such file or directory", arguments[0])

sys.addaudithook(refuse_proc)
nothing = dict(_get_proxies=dict, _get_proxy_settings=dict)
sys.modules["_scproxy"] = types.SimpleNamespace(**nothing)  # macOS's own module, which urllib imports there
import platform
platform.system = lambda: "Darwin"
sys.platform = "darwin"
"""


def imitated(system: str, *words: str | Path, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Run a task as on another system."""
    argv = [sys.executable, "-P", "-c", f"{system}\nsys.path.insert(0, {str(ROOT)!r})\n{RUN}", *map(str, words)]
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words", [[], ["--list"], ["--version"], ["images", "--help"], ["extract-image", "a", "b", "c"]]
)
def test_windows_is_refused_with_one_line(words: list[str]) -> None:
    done = imitated(WINDOWS, *words)
    line = "hubimages runs on Linux and macOS only. On Windows, install it in WSL, which `wsl --install` sets up\n"
    assert (done.returncode, done.stdout, done.stderr) == (69, "", line)


def test_invoke_in_a_checkout_is_refused_with_the_same_line_and_a_closed_stderr_is_no_traceback() -> None:
    program = f"{WINDOWS}\nimport tasks"  # what `invoke` imports first of ours
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n"), "WSL" in done.stderr) == (69, 1, True)
    closed = f"{WINDOWS}\nsys.stderr = None\nimport hubimages.systems\nhubimages.systems.refuse_others()"
    assert subprocess.run([sys.executable, "-c", closed], cwd=ROOT, check=False).returncode == 69


def test_another_system_without_posix_locks_is_named() -> None:
    done = imitated(WINDOWS.replace("win32", "wasi"), "--list")
    line = "hubimages runs on Linux and macOS only. This Python, for wasi, has no module fcntl\n"
    assert (done.returncode, done.stdout, done.stderr) == (69, "", line)


def test_the_imitation_of_macos_lacks_what_linux_has() -> None:
    program = f"{MACOS}\nopen('/proc/self/status')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "FileNotFoundError" in done.stderr
    assert "pidfd_open" not in subprocess.check_output([sys.executable, "-c", f"{MACOS}\nprint(dir(os))"], text=True)


@pytest.mark.parametrize(
    "words",
    some([
        (["--list"],), (["images"],), (["point-hubs", "quay.io/group/image:1f1f1f1f1f1f", "--all", "--dry-run"],),
        (["doctor"],),
    ], 2, 3),
    ids=" ".join,
)  # fmt: skip
def test_tasks_use_nothing_that_macos_lacks(words: list[str], tmp_path: Path) -> None:
    hubs = make_deployment(tmp_path / "hubs")
    here = subprocess.run([sys.executable, "-m", "hubimages", *words], cwd=hubs, capture_output=True, text=True,
                          check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    there = imitated(MACOS, *words, cwd=hubs)
    assert (there.returncode, there.stdout) == (here.returncode, here.stdout)
    assert "Traceback" not in there.stderr


def test_an_image_is_extracted_onto_the_template_with_nothing_that_macos_lacks(tmp_path: Path) -> None:
    source = deployments.make(tmp_path / "hubs", deployments.UNDER_FOLDER)
    made = [tmp_path / "here/image", tmp_path / "there/image"]
    words = ["extract-image", source, "helm-charts/images/hub", "--yes"]
    argv = [sys.executable, "-m", "hubimages", *words[:3], made[0], *words[3:]]
    subprocess.run(argv, cwd=ROOT, capture_output=True, check=True)
    done = imitated(MACOS, *words[:3], made[1], *words[3:])
    assert done.returncode == 0, done.stderr
    listed = [subprocess.check_output(["git", "ls-tree", "-r", "HEAD"], cwd=place) for place in made]
    assert listed[0] == listed[1]
