"""Make answers of what was found: one value each, the place that says so, and what only a person can know."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubimages import template
from hubimages.update.adopting.evidence import Found, Guess, Unclear, by_value

DEFAULT = "the template's default"
GIVEN = "--set"
HOSTS = {  # registries by their host
    "quay.io": r"quay\.io",
    "ghcr.io": r"ghcr\.io",
    "google-artifact-registry": r".+-docker\.pkg\.dev",
    "amazon-ecr": r"[0-9]+\.dkr\.ecr\..+",
    "amazon-ecr-public": r"public\.ecr\.aws",
    "azure-container-registry": r".+\.azurecr\.io",
}
FREE = (
    "repo",
    "title",
    "maintainers",
    "description",
    "arm64",
    "refresh",
    "appendix",
)  # with a default that does no harm


@dataclass(frozen=True)
class Guesses:
    """The answers, each with where it was read, the questions that are left, and what a person should know."""

    answers: tuple[Guess, ...]
    unclear: tuple[Unclear, ...]
    notes: tuple[str, ...]

    @property
    def values(self) -> dict[str, str]:
        """The answers by key; an unclear one has what is recommended, or the default."""
        return {guess.key: guess.value for guess in self.answers}


def guess(found: Sequence[Found], unread: Sequence[Found], given: Mapping[str, str]) -> Guesses:
    """Return every answer of the template; `given` are a person's, which count more than what was found."""
    guessing = _Guessing(found, unread, given)
    guessing.registry()
    for question in template.questions():
        if question.key not in ("registry", "registry_host", "image", "own_files"):
            guessing.plain(question)
    return guessing.done()


class _Guessing:
    """What has been decided so far."""

    def __init__(self, found: Sequence[Found], unread: Sequence[Found], given: Mapping[str, str]) -> None:
        self.found, self.unread, self.given = found, unread, given
        self.decided: dict[str, Guess] = {key: Guess(key, value, (GIVEN,)) for key, value in given.items()}
        self.unclear: list[Unclear] = []
        self.notes: list[str] = []

    def decide(self, key: str, value: str, places: Sequence[Found]) -> None:
        """Take a value for an answer that nobody gave."""
        self.decided.setdefault(key, Guess(key, value, tuple(dict.fromkeys(each.place for each in places))))
        self.notes += [f"{each.place}: {each.note}" for each in places if each.note and each.key == key]

    def registry(self) -> None:
        """Decide on registry, host and image, which one reference says together."""
        names = by_value(self.found, "reference")
        if wanted := self.given.get("image"):
            names = {name: places for name, places in names.items() if name.partition("/")[2] == wanted} or names
        elif len(names) > 1:
            listed = " and ".join(f"{name} ({places[0].place})" for name, places in names.items())
            self.unclear.append(Unclear("image", f"the repository names {listed}. Which one do hubs use?"))
            names = {}
        if names and not (wanted and len(names) > 1):
            ((name, places),) = list(names.items())[:1]
            host, _, image = name.partition("/")
            self.host(host, places)
            self.image(image, places)
        elif "registry" not in self.given:
            self.by_login()
        if "image" not in self.decided and not any(each.key == "image" for each in self.unclear):
            where = "; ".join(f"{each.place} has {each.value}, which only GitHub knows" for each in self.unread)
            self.notes.append(
                f"image: {where or 'no workflow names it'}. The first workflow step stops until you name it: --set "
                "image=NAME now, or hubimages update-image-repo . --set image=NAME later"
            )

    def by_login(self) -> None:
        """Decide on the registry by its login."""
        hosts, kinds = by_value(self.found, "host"), by_value(self.found, "registry")
        hosts |= by_value(self.found, "registry_host")
        if len(hosts) + len(kinds) > 1:
            listed = " and ".join(f"{name} ({places[0].place})" for name, places in {**hosts, **kinds}.items())
            self.unclear.append(
                Unclear("registry", f"the workflows log in to {listed}. Which registry gets the image?")
            )
        for host, places in list(hosts.items())[:1] if not self.unclear else ():
            self.host(host, places)
        for kind, places in list(kinds.items())[:1] if not self.unclear else ():
            self.decide("registry", kind, places)

    def host(self, host: str, places: Sequence[Found]) -> None:
        """Decide on the registry that has a host, or leave it to a person if the template has none for it."""
        kind = next((kind for kind, pattern in HOSTS.items() if re.fullmatch(pattern, host)), "")
        if kind:
            self.decide("registry", kind, places)
            if self.decided["registry"].value == kind:
                self.decide("registry_host", host, places)
        elif "registry" not in self.given:
            refused = template.refused_host(host)
            why = (
                refused.partition(": ")[2] if refused else f"{host!r} is not a registry that the template can log in to"
            )
            self.unclear.append(Unclear("registry", f"the image is pushed to {host} ({places[0].place}). {why}"))

    def image(self, image: str, places: Sequence[Found]) -> None:
        """Decide on the name, if the registry that was chosen instead takes it."""
        registry = self.decided.get("registry")
        answers = template.complete({"registry": registry.value if registry else "quay.io", **self.given})
        problem = template.answer_problem({**answers, **self._host(), "image": image}, "image")
        if problem and registry is not None and registry.value not in HOSTS:
            return
        if problem and registry is not None and registry.read != (GIVEN,):
            self.unclear.append(Unclear("image", f"{places[0].place} has {image}, but {problem.partition(': ')[2]}"))
        elif not problem:
            self.decide("image", image, places)

    def _host(self) -> dict[str, str]:
        return {"registry_host": self.decided["registry_host"].value} if "registry_host" in self.decided else {}

    def plain(self, question: template.Question) -> None:
        """Decide on an answer that stands for itself."""
        key, values = question.key, by_value(self.found, question.key)
        if key in self.decided or not values:
            return
        if key == "builder" or (key == "title" and len(values) > 1):
            values = dict(list(values.items())[:1])
        if len(values) > 1:
            listed = " and ".join(f"{places[0].place} has {value}" for value, places in values.items())
            self.unclear.append(Unclear(key, f"{listed}. Which one is right?"))
            return
        ((value, places),) = values.items()
        if question.choices and value not in question.choices:
            self.not_offered(question, value, places)
        elif key in FREE and (problem := self._problem(key, value)):
            self.notes.append(f"{places[0].place}: {problem}. {key} has its default")
        else:
            self.decide(key, value, places)

    def _problem(self, key: str, value: str) -> str | None:
        answers = template.complete({each.key: each.value for each in self.decided.values()})
        return template.answer_problem({**answers, key: value}, key)

    def not_offered(self, question: template.Question, value: str, places: Sequence[Found]) -> None:
        """Decide on a version that the template does not offer: only JupyterHub's has to be a person's."""
        offered = ", ".join(question.choices)
        if question.key == "jupyterhub_version":
            reason = f"{places[0].place} has JupyterHub {value}; the template has {offered}. Which does your hub run?"
            self.unclear.append(Unclear(question.key, reason, recommended=question.choices[0]))
            return
        nearest = min(question.choices, key=lambda choice: abs(_number(choice) - _number(value)))
        self.notes.append(f"{places[0].place}: Python {value} stays in your file; the template has {offered}")
        self.decide(question.key, nearest, places)

    def done(self) -> Guesses:
        """Return all answers, with defaults for those that nothing says."""
        recommended = {each.key: each.recommended for each in self.unclear if each.recommended}
        known = {**recommended, **{key: each.value for key, each in self.decided.items()}}
        complete = template.complete(known)
        answers = [
            self.decided.get(key) or Guess(key, value, ("recommended" if key in recommended else DEFAULT,))
            for key, value in complete.items()
        ]
        return Guesses(tuple(answers), tuple(self.unclear), tuple(dict.fromkeys(self.notes)))


def _number(version: str) -> int:
    """The minor version of Python."""
    return int([*re.findall(r"[0-9]+", version), "0", "0"][1])
