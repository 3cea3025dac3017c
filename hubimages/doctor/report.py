"""The report of `hubimages doctor`, as text and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

ALL = ("every task",)
NEED_LOGIN = ("check-registry", "bump-hub-image", "rebuild-hub-image", "tasks that ask about private images")
# What writes workflows that install this copy of hubimages.
NEED_ORIGIN = ("bump-images --workflow", "new-image-repo and extract-image with configuration_repository")


@dataclass(frozen=True)
class Item:
    """A program or extra that hubimages can use.

    `state` is `there`, `missing`, `too old` or `does not answer`; `found` is its version or path; `tasks` need
    it; `get` is the command or page that installs it.
    """

    name: str
    state: str
    found: str
    tasks: tuple[str, ...]
    get: str = ""

    @property
    def is_there(self) -> bool:
        """Return True if the tasks that need it can use it."""
        return self.state == "there"


@dataclass(frozen=True)
class DoctorReport:
    """The programs, the extras, and the registry hosts with a login and where it is kept."""

    programs: Sequence[Item]
    extras: Sequence[Item]
    logins: Sequence[tuple[str, str]]
    login_problem: str
    origin: str
    origin_is_known: bool = True

    def __str__(self) -> str:
        width = max(len(item.name) for item in (*self.programs, *self.extras))
        lines = ["Programs", *(_lines(item, width) for item in self.programs)]
        lines += ["", "Extras", *(_lines(item, width) for item in self.extras)]
        lines += ["", "Logins", *(f"  {host}  ({where})" for host, where in self.logins)]
        if self.login_problem:
            lines.append(f"  {self.login_problem}")
        elif not self.logins:
            lines += ["  none", f"  needed by {', '.join(NEED_LOGIN)}", "  docker login HOST"]
        lines += ["", "This copy", f"  {self.origin}"]
        return "\n".join(lines if self.origin_is_known else [*lines, f"  needed by {', '.join(NEED_ORIGIN)}"])

    def as_json(self) -> str:
        """Return the report as one JSON object, without secrets and user names."""
        whole = {
            "version": 1,
            "programs": [asdict(item) for item in self.programs],
            "extras": [asdict(item) for item in self.extras],
            "logins": [{"host": host, "kept_in": where} for host, where in self.logins],
            "login_problem": self.login_problem,
            "origin": self.origin,
        }
        return json.dumps(whole, indent=2, ensure_ascii=False)


def _lines(item: Item, width: int) -> str:
    if item.is_there:
        return f"  ok  {item.name:{width}}  {item.found}"
    found = f" ({item.found})" if item.found else ""
    head = f"  --  {item.name:{width}}  {item.state}{found}"
    indent = " " * (width + 8)
    return f"{head}\n{indent}needed by {', '.join(item.tasks)}\n{indent}{item.get}"
