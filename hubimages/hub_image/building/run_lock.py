"""Only one bump, rebuild or experiment at a time in a clone: two would build from each other's commits."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from hubimages import disk
from hubimages.errors import RefusedError
from hubimages.repository.git import Repo


@contextmanager
def alone(repo: Repo) -> Iterator[None]:
    """Within the block no other run works in this clone. The lock ends with its process, however that ends.

    Raises RefusedError if another run has it.
    """
    name = hashlib.sha256(str(repo.git_dir).encode(errors="surrogateescape")).hexdigest()[:16]
    path = disk.folder() / f"hubimages-{os.getuid()}-{name}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            raise RefusedError(
                f"another run is active in {repo.work_tree} (process {holder or 'unknown'}). Wait until it ends"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
