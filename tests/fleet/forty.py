"""Run `each` over forty repositories, five of which fail, each in its own way: `python -m tests.fleet.forty`.

It writes what the run prints into docs/each.md. The repositories are real, git is real, and the server on loopback
answers as GitHub.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import IDENTITY
from tests.fleet.hosting import Answer, Hosting, answering

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/each.md"
BLOCK = re.compile(r"(?<=<!-- written by tests/fleet/forty.py -->\n\n).*?(?=\n<!-- end -->)", re.DOTALL)
COMMAND = "hubimages each --repos=repos.txt --open-pr --yes -- check-environment --fix"

SUBJECTS = (
    "anthropology", "astronomy", "biology", "botany", "chemistry", "civics", "climate", "climbing", "computing",
    "dance", "data", "demography", "ecology", "economics", "education", "energy", "ethics", "film", "forestry",
    "genetics", "geography", "geology", "glaciers", "history", "hydrology", "language", "latin", "law",
    "linguistics", "logic", "maths", "medicine", "music", "oceans", "physics", "poetry", "sociology", "soils",
    "statistics", "theatre",
)  # fmt: skip
GOOD = "channels:\n- conda-forge\ndependencies:\n- python=3.12\n- jupyterhub-singleuser>=5,<6\n"
UP_TO_DATE = {"botany", "civics", "dance", "ethics", "glaciers", "logic", "poetry", "soils"}
BROKEN, ARCHIVED, GONE, RULED, FORBIDDEN = "geology", "history", "latin", "music", "physics"
RULES = "GH013: Repository rule violations found for refs/heads/hubimages-check-environment."


def make(hosting: Hosting) -> list[str]:
    """Make the forty repositories; return their names."""
    for subject in SUBJECTS:
        if subject != GONE:
            environment = GOOD.replace("=3.12", ">=3.12") if subject == BROKEN else GOOD
            script = "#!/bin/bash\njupyter lab build\n" if subject in UP_TO_DATE else "jupyter lab build\n"
            hosting.make(f"org/{subject}", {"environment.yml": environment, "postBuild": script})
    hosting.archived.add(f"org/{ARCHIVED}")
    hook = hosting.bare(f"org/{RULED}") / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho '{RULES}' >&2\nexit 1\n")
    hook.chmod(0o755)
    hosting.answers = forbidden
    return [f"org/{subject}" for subject in SUBJECTS]


def forbidden(method: str, path: str) -> Answer | None:
    """As for a token that may not open pull requests in one of them."""
    if method == "POST" and path.startswith(f"/repos/org/{FORBIDDEN}/"):
        return 403, {}, {"message": "Resource not accessible by personal access token"}
    return None


def run(place: Path, hosting: Hosting, api: str) -> tuple[int, str]:
    """Run the command; return its exit code, and its stdout with the last line of stderr."""
    (place / "repos.txt").write_text("\n".join([*make(hosting), ""]))
    env = {
        **os.environ, **IDENTITY, "HOME": str(place), "GITHUB_API_URL": api, "GH_TOKEN": "ghp_of-nobody",
        "GIT_CONFIG_GLOBAL": str(place / ".gitconfig"), "GIT_CONFIG_NOSYSTEM": "1",
        "XDG_CACHE_HOME": str(place / "cache"),
    }  # fmt: skip
    insteadof = f"url.{hosting.served}/.insteadOf"
    subprocess.run(["git", "config", "--global", insteadof, "https://github.com/"], env=env, check=True)
    argv = [sys.executable, "-m", *COMMAND.split()]
    done = subprocess.run(argv, cwd=place, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr.splitlines()[-1]


def in_columns(text: str) -> str:
    """The lines with tabs as a person sees them on a terminal."""
    *rows, last = text.splitlines()
    cells = [row.split("\t") for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(2)]
    shown = (f"{name:<{widths[0]}}  {state:<{widths[1]}}  {detail}".rstrip() for name, state, detail in cells)
    return "\n".join([*shown, last])


def block(code: int, text: str) -> str:
    """What the page shows."""
    return f"```console\n$ {COMMAND}\n{in_columns(text)}\n$ echo $?\n{code}\n```\n"


def main() -> None:
    """Write the page's block."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        os.environ.update(IDENTITY, GIT_CONFIG_GLOBAL=str(place / ".gitconfig"))
        hosting = Hosting(place / "served")
        hosting.served.mkdir()
        with answering(hosting) as api:
            shown = block(*run(place, hosting, api))
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda _: shown, text), encoding="utf-8")


if __name__ == "__main__":
    main()
