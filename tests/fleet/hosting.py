"""An organisation on a server on loopback that answers as GitHub, with bare repositories on disk that git reaches.

git finds https://github.com/ in a folder of this machine (`insteadOf`), so clones and pushes are real; only the API is
played.
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.serving import serving

Answer = tuple[int, dict[str, str], object]
NOT_FOUND: Answer = (404, {}, {"message": "Not Found"})


def git(directory: Path, *args: str, **more: Any) -> str:
    """What a git command prints, which must succeed."""
    done = subprocess.run(["git", "-C", str(directory), *args], check=True, capture_output=True, text=True, **more)
    return done.stdout.strip()


@dataclass
class Hosting:
    """What the server holds and was asked. `answers` may give another answer than its own, by method and path."""

    served: Path
    archived: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    found: list[tuple[str, str]] = field(default_factory=list)  # of a code search: repository and path
    pulls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # of workflows, the newest first
    asked: Counter[str] = field(default_factory=Counter)
    authorizations: set[str | None] = field(default_factory=set)
    answers: Callable[[str, str], Answer | None] = lambda method, path: None

    def bare(self, name: str) -> Path:
        """The bare repository of OWNER/REPO."""
        return self.served / f"{name}.git"

    def make(self, name: str, files: Mapping[str, str]) -> Path:
        """Make a repository with one commit on main, and return the bare repository."""
        bare = self.bare(name)
        bare.mkdir(parents=True)
        git(bare, "init", "-q", "--bare", "-b", "main")
        self.commit(name, files, "Start")
        return bare

    def commit(
        self, name: str, files: Mapping[str, str], message: str, branch: str = "main", author: str = "Owner"
    ) -> str:
        """Put a commit on a branch, as somebody else does; return it."""
        bare = self.bare(name)
        work = bare.with_suffix(".work")
        subprocess.run(["git", "clone", "-q", str(bare), str(work)], check=True, capture_output=True)
        try:
            git(work, "switch", "-q", branch) if f"origin/{branch}" in git(work, "branch", "-r") else None
            for path, text in files.items():
                (work / path).parent.mkdir(parents=True, exist_ok=True)
                (work / path).write_text(text)
            git(work, "add", "--all")
            who = ("-c", f"user.name={author}", "-c", f"user.email={author}@example.org")
            git(work, *who, "commit", "-q", "--allow-empty", f"--author={author} <{author}@example.org>", "-m", message)
            git(work, "push", "-q", "origin", f"HEAD:{branch}")
            return git(work, "rev-parse", "HEAD")
        finally:
            subprocess.run(["rm", "-rf", str(work)], check=True)

    def file(self, name: str, path: str, branch: str = "main") -> str:
        """A file as the repository has it."""
        return git(self.bare(name), "show", f"{branch}:{path}")

    def branches(self, name: str) -> list[str]:
        """The repository's branches."""
        return git(self.bare(name), "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").split()

    def answer(self, method: str, address: str, given: Mapping[str, Any]) -> Answer:
        """What GitHub answers."""
        parts = urlsplit(address)
        path, query = parts.path, parse_qs(parts.query)
        self.asked[f"{method} {path}"] += 1
        if (other := self.answers(method, path)) is not None:
            return other
        words = path.strip("/").split("/")
        if words[0] in ("orgs", "users"):
            return self.owner(words)
        if path == "/search/code":
            items = [{"path": file, "repository": self.repository(name)} for name, file in self.found]
            return 200, {}, {"total_count": len(items), "incomplete_results": False, "items": items}
        name = "/".join(words[1:3])
        if name in self.renamed:
            moved = os.environ["GITHUB_API_URL"] + path.replace(name, self.renamed[name], 1)
            return 301, {"Location": moved}, {"message": "Moved Permanently", "url": moved}
        if words[0] != "repos" or not self.bare(name).is_dir():
            return NOT_FOUND
        listed = words[3:] == ["pulls"]
        return self.pull_requests(name, method, query, given) if listed else self.about(name, words[3:], given)

    def one(self, name: str, number: str, given: Mapping[str, Any]) -> Answer:
        """One pull request, with another title and text if they are given."""
        found = next((each for each in self.pulls.get(name, []) if str(each["number"]) == number), None)
        if found is None:
            return NOT_FOUND
        found.update(given)
        return 200, {}, found

    def about(self, name: str, words: list[str], given: Mapping[str, Any]) -> Answer:
        """One repository, or a commit or pull request of it."""
        if words[:1] == ["pulls"]:
            return self.one(name, words[1], given)
        if words[:2] == ["actions", "runs"]:
            runs = self.runs.get(name, [])
            return 200, {}, {"total_count": len(runs), "workflow_runs": runs}
        if words[:2] == ["git", "commits"]:
            tree = git(self.bare(name), "rev-parse", f"{words[2]}^{{tree}}")
            return 200, {}, {"sha": words[2], "url": f"/{words[2]}", "tree": {"sha": tree, "url": f"/{tree}"}}
        return 200, {}, self.repository(name)

    def owner(self, words: list[str]) -> Answer:
        """An organisation, or what it has; there are no other users."""
        if words[0] == "users" or not (self.served / words[1]).is_dir():
            return NOT_FOUND
        if words[2:] == ["repos"]:
            names = sorted(f"{words[1]}/{each.stem}" for each in self.served.glob(f"{words[1]}/*.git"))
            return 200, {}, [self.repository(name) for name in names]
        return 200, {}, {"login": words[1], "url": f"/orgs/{words[1]}"}

    def pull_requests(self, name: str, method: str, query: Mapping[str, list[str]], given: Mapping[str, Any]) -> Answer:
        """List them, the newest first, or open one: never two for one branch."""
        pulls = self.pulls.setdefault(name, [])
        if method == "GET" and "head" not in query:
            return 200, {}, [each for each in reversed(pulls) if each["state"] == "open"]
        if method == "GET":
            (head,), (base,) = query["head"], query["base"]
            listed = [each for each in reversed(pulls) if each["head"]["label"] == head and each["base"]["ref"] == base]
            return 200, {}, listed
        owner = name.partition("/")[0]
        label = f"{owner}:{given['head']}"
        if any(each["head"]["label"] == label and each["state"] == "open" for each in pulls):
            return 422, {}, {"message": f"A pull request already exists for {label}."}
        number = len(pulls) + 1
        commit = git(self.bare(name), "rev-parse", given["head"])
        made = {
            "number": number, "title": given["title"], "body": given["body"], "state": "open", "merged_at": None,
            "head": {"label": label, "ref": given["head"], "sha": commit}, "base": {"ref": given["base"]},
            "html_url": f"https://github.com/{name}/pull/{number}", "url": f"/repos/{name}/pulls/{number}",
        }  # fmt: skip
        pulls.append(made)
        return 201, {}, made

    def repository(self, name: str) -> dict[str, Any]:
        """A repository as GitHub describes it."""
        template = self.templates.get(name)
        return {
            "name": name.partition("/")[2], "full_name": name, "archived": name in self.archived,
            "clone_url": f"https://github.com/{name}.git", "url": f"/repos/{name}",
            "template_repository": {"full_name": template} if template else None,
        }  # fmt: skip


@contextmanager
def answering(hosting: Hosting) -> Iterator[str]:
    """Run the server and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            hosting.authorizations.add(self.headers["Authorization"])
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
            status, headers, body = hosting.answer(self.command, self.path, given)
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(text)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = respond

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with serving(Handler) as address:
        yield f"http://{address}"
