"""Write git objects for a repository into a directory of their own, so that the repository stays as it is."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages.repository.git import ENVIRONMENT, Repo
from hubimages.run import attempt, failure
from hubimages.template import RenderedFile

Files = Mapping[str, tuple[str, str]]
"""(mode, blob) by path."""

# A renamed folder takes along what the other side adds to it. A person's configuration may say otherwise.
MERGE_SETTINGS = {"merge.renames": "true", "merge.directoryRenames": "true", "merge.renormalize": "false"}

NOBODY = {f"GIT_{role}_{what}": "hubimages@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Objects:
    """New objects in `temporary`, beside those of a repository. `pack` takes them into it."""

    repo: Repo
    temporary: Path
    environment: Mapping[str, str]  # with which git writes new objects here and reads the repository's, too

    @classmethod
    def beside(cls, repo: Repo, temporary: Path) -> "Objects":
        """Return a place for new objects in a temporary directory."""
        own = temporary / "objects"
        own.mkdir()
        asked = ("rev-parse", "--path-format=absolute", "--git-path", "objects")
        theirs = os.fsdecode(repo.read(*asked)).removesuffix("\n")
        quoted = '"' + theirs.replace("\\", "\\\\").replace('"', '\\"') + '"'  # a path may have a colon
        variables = {"GIT_OBJECT_DIRECTORY": str(own), "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted}
        if not repo.succeeds("var", "GIT_COMMITTER_IDENT"):  # a check needs nobody to commit as
            variables |= NOBODY
        return cls(repo, temporary, variables)

    def text(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Return the stdout of a git command as stripped text."""
        return self.repo.text(*args, stdin=stdin, env={**self.environment, **(env or {})})

    def blobs(self, contents: Sequence[bytes]) -> list[str]:
        """Write contents as they are, whatever the person's settings say about line ends; return their ids."""
        place = self.temporary / "contents"
        place.mkdir(exist_ok=True)
        paths = []
        for number, data in enumerate(contents):
            paths.append(place / str(number))
            paths[-1].write_bytes(data)
        if not paths:
            return []
        stdin = b"".join(os.fsencode(path) + b"\n" for path in paths)
        return self.text("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=stdin).split("\n")

    def entries(self, *renderings: Mapping[str, RenderedFile]) -> list[dict[str, tuple[str, str]]]:
        """Write the files of each rendering; return their entries in a tree."""
        ids = iter(self.blobs([file.data for files in renderings for file in files.values()]))
        return [
            {path: ("100755" if file.executable else "100644", next(ids)) for path, file in files.items()}
            for files in renderings
        ]

    def tree(self, files: Files) -> str:
        """Write a tree with these files; return its id."""
        rows = (f"{mode} {blob}\t{path}\0" for path, (mode, blob) in files.items())
        index = {"GIT_INDEX_FILE": str(self.temporary / "index")}
        Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
        self.text("update-index", "-z", "--index-info", stdin="".join(rows).encode(errors="surrogateescape"), env=index)
        return self.text("write-tree", env=index)

    def commit(self, tree: str, message: str, *parents: str, sign: bool = False) -> str:
        """Write a commit by the person who runs this; return its id."""
        options = [word for parent in parents for word in ("-p", parent)] + (["-S"] if sign else [])
        return self.text("commit-tree", tree, *options, "-F", "-", stdin=message.encode())

    def merge(self, ours: str, theirs: str) -> bytes:
        """Return what `git merge-tree -z` says of two commits, conflicts included."""
        repo = Repo(self.repo.git_dir, self.repo.work_tree, {**self.repo.config, **MERGE_SETTINGS})
        argv = repo.argv("merge-tree", "--write-tree", "-z", "--messages", ours, theirs)
        done = attempt(*argv, cwd=repo.directory, env={**ENVIRONMENT, **self.environment})
        if done.returncode not in (0, 1):
            raise failure(argv, done.returncode, done.stderr)
        return done.stdout

    def pack(self, *wanted: str, known: str) -> bytes:
        """Return a pack of what these commits have and a known one of the repository has not."""
        revisions = "".join(f"{commit}\n" for commit in (*wanted, f"^{known}")).encode()
        return self.repo.read("pack-objects", "--revs", "--stdout", "-q", stdin=revisions, env=self.environment)


def files_of(repo: Repo, commit: str) -> dict[str, tuple[str, str]]:
    """Return the files of a commit: (mode, blob) by path."""
    found = {}
    for row in repo.read("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
        facts, _, path = os.fsdecode(row).partition("\t")
        mode, _, blob = facts.split(" ")
        found[path] = (mode, blob)
    return found
