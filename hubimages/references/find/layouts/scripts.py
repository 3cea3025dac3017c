"""Scripts and Terraform that deploy a hub: `helm upgrade RELEASE CHART --values FILE`, and `helm_release`."""

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import HUB_CHARTS, View, join

HELM = "helm "
TERRAFORM = "helm_release"
COMMAND = re.compile(r"[^#\n]*?\bhelm3?\b[^\n#]*?\b(?:upgrade|install)\b(?P<rest>(?:[^\n\\]|\\\n|\\.)*)")
SETTING = re.compile(  # of a shell, of make, or of a workflow's `env`
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*[ \t]*[:?]?=|[A-Z_][A-Z0-9_]*:[ \t])"
    r"[ \t]*[\"']?(?P<value>[\w./-]+)[\"']?",
    re.MULTILINE,
)
VARIABLE = re.compile(r"\$[{(]?(?P<name>\w+)(?::?-(?P<default>[^})]*))?[})]?")
EXPRESSION = re.compile(r"\$\{\{[ \t]*(?P<name>[\w.-]+)[ \t]*\}\}")  # of a GitHub workflow
VALUED = (
    "--namespace",
    "-n",
    "--version",
    "--timeout",
    "--repo",
    "--kube-context",
    "--set-file",
)
SET = ("--set", "--set-string", "--set-literal")
BLOCK = re.compile(r"^[ \t]*+(?:set[ \t]*+\{)?[ \t]*+name[ \t]*+=[ \t]*\"(?P<key>[\w.\[\]\\-]+)\"", re.MULTILINE)
RELEASE = re.compile(
    r"resource[ \t]+\"helm_release\"[ \t]+\"(?P<name>[\w-]+)\"[ \t]*\{(?P<body>(?:(?!\"helm_release\").)*?)^\}",
    re.MULTILINE | re.DOTALL,
)
CHART = re.compile(r"^[ \t]*chart[ \t]*=[ \t]*\"(?P<chart>[^\"]+)\"", re.MULTILINE)
FILE = re.compile(r"(?:file|templatefile)\([ \t\n]*\"(?P<path>[^\"]+)\"")


def hubs(view: View) -> Iterator[Hub]:
    """Yield the hubs that scripts and Terraform deploy."""
    found: dict[tuple[str, tuple[Layer, ...]], Hub] = {}
    for file in view.signs.get(HELM, ()):
        for hub in _of_script(view, file):
            found.setdefault((hub.name, hub.layers), hub)
    for file in view.signs.get(TERRAFORM, ()):
        for hub in _of_terraform(view, file):
            found.setdefault((hub.name, hub.layers), hub)
    yield from found.values()


def _of_script(view: View, file: str) -> Iterator[Hub]:
    text = view.text(file) or ""
    commands = list(_commands(text))
    settings: dict[str, dict[str, None]] = {}
    for each in SETTING.finditer(text) if commands else ():
        settings.setdefault(each["name"].rstrip(" \t:?="), {})[each["value"]] = None
    for matched in commands:
        rest = EXPRESSION.sub(lambda found: f"${{{re.sub('[.-]', '_', found['name'])}}}", matched["rest"])
        try:
            words = shlex.split(rest.replace("\\\n", " "), comments=True)
        except ValueError:
            continue
        line = text.count("\n", 0, matched.start("rest")) + 1
        for value, filled in _fillings(view, file, words, settings):
            yield from _release(view, (file, line), value, filled)


def _fillings(
    view: View, file: str, words: list[str], settings: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, list[str]]]:
    """Yield a command with its variables filled in; with each value, and that value, if a values file can have several.

    In `--values=config/$HUB.yaml` each file of `config` is another hub's, if nothing sets the variable.
    """
    words = [
        _filled(word, {name: next(iter(each)) for name, each in settings.items() if len(each) == 1}) for word in words
    ]
    arguments, files, _ = _arguments(words)
    anything = [each for each in files if (bare := VARIABLE.fullmatch(each)) and bare["name"] not in settings]  # `$1`
    open_files = [each for each in files if "$" in each and each not in anything]
    names = {found["name"] for each in open_files for found in VARIABLE.finditer(each)}
    if len(names) != 1:
        yield "", words
        return
    (name,) = names
    folder = PurePosixPath(file).parent
    chart = next((path for each in arguments for path in _charts(view, folder, each)), None)
    values = settings.get(name) or _fitting(view, folder, open_files, chart)
    for value in values:
        yield value, [_filled(word, {name: value}) for word in words]
    if not values:
        yield "", words


def _fitting(view: View, folder: PurePosixPath, paths: Iterable[str], chart: str | None) -> list[str]:
    """Return what the variable of all these paths can be, by the repository's values files for the chart."""
    found: list[dict[str, str]] = []
    for path in (place for each in paths for place in dict.fromkeys((join(folder, each), join("", each)))):
        before, *after = (re.escape(part) for part in VARIABLE.sub("$", path).split("$"))
        pattern = re.compile(f"{before}(?P<value>[^/]+){'(?P=value)'.join(after)}")
        matches = [each for each in map(pattern.fullmatch, view.files) if each]
        found += [{each["value"]: each[0] for each in matches}] if matches else []
    values = [value for value in found[0] if all(value in each for each in found)] if found else []
    return [value for value in values if any(view.is_for(each[value], chart) for each in found)]


def _release(view: View, place: tuple[str, int], value: str, words: list[str]) -> Iterator[Hub]:
    """Yield the hub that a command deploys, if it is one's."""
    file, line = place
    names, files, given = _arguments(words)
    folder = PurePosixPath(file).parent
    paths = {
        each: next((path for path in (join(folder, each), join("", each)) if path in view.known), "") for each in files
    }
    layers = (*(Layer(path) for path in paths.values() if path), *_settings(file, given))
    chart = next((name for name in names if name.rpartition("/")[2] in HUB_CHARTS), "")
    local = {name: path for name in names for path in _charts(view, folder, name)}
    chart_file = next(iter(local.values()), None)
    if not layers or not (chart or view.named(chart, chart_file, layers)):
        return
    for path, known in paths.items():
        if not known:
            view.values_file(path, file, line)
    charts = [number for number, name in enumerate(names) if name == chart or name in local]
    release = next((name for name in names[: charts[-1] if charts else None] if "$" not in name), "")
    where = "" if any(part.startswith(".") for part in folder.parts) else str(folder)
    shown = "/".join(part for part in (where, release) if part not in ("", ".")) or PurePosixPath(file).stem
    short = re.sub(r"\.ya?ml$", "", value.rpartition("/")[2])
    if short and not re.search(rf"\b{re.escape(short)}\b", shown):
        shown = f"{shown}/{short}"
    yield Hub(shown, (*view.chart_layers(chart_file), *layers), layout=f"helm ({file})", guess=bool(value))


def _commands(text: str) -> Iterator["re.Match[str]"]:
    """Yield the commands that install a release."""
    position = end = 0
    for line in text.split("\n"):
        if position >= end and "helm" in line and ("upgrade" in line or "install" in line):
            matched = COMMAND.match(text, position)
            if matched is not None:
                yield matched
                end = matched.end()
        position += len(line) + 1


def _charts(view: View, folder: PurePosixPath, name: str) -> Iterator[str]:
    for path in (join(folder, f"{name}/Chart.yaml"), join("", f"{name}/Chart.yaml")):
        if path in view.known:
            yield path


def _settings(file: str, keys: Iterable[str]) -> Iterator[Layer]:
    """Yield a layer for each value that a program sets: they override all files."""
    for key in keys:
        path = nodes.path_of(key)
        yield Layer(file, root=path, document=None, sets=path)


def _arguments(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return what is no option, the values files, and the keys that are set, of a helm command."""
    names: list[str] = []
    files: list[str] = []
    keys: list[str] = []
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option in ("-f", "--values"):
            files += [
                each.removeprefix("secrets://") for each in (value if equals else next(rest, "")).split(",") if each
            ]
        elif option in SET:
            keys += [pair.partition("=")[0] for pair in (value if equals else next(rest, "")).split(",") if "=" in pair]
        elif option in VALUED and not equals:
            next(rest, "")
        elif word in (";", "&&", "||", "|"):
            break
        elif not word.startswith("-"):
            names.append(word)
    return names, files, keys


def _filled(word: str, settings: Mapping[str, str]) -> str:
    def value(matched: "re.Match[str]") -> str:
        return settings.get(matched["name"], matched["default"] or matched[0])

    return VARIABLE.sub(value, word)


def _of_terraform(view: View, file: str) -> Iterator[Hub]:
    text = view.text(file) or ""
    folder = PurePosixPath(file).parent
    for matched in RELEASE.finditer(text):
        chart = CHART.search(matched["body"])
        name = chart["chart"].rpartition("/")[2] if chart else ""
        paths = [
            re.sub(r"\$\{path\.(module|root|cwd)\}/?", "", each["path"]) for each in FILE.finditer(matched["body"])
        ]
        layers = tuple(Layer(whole) for whole in (join(folder, path) for path in paths) if whole in view.known)
        if name in HUB_CHARTS or any(view.is_hubs(layer) for layer in layers):
            where = f"{folder}/" if str(folder) != "." else ""
            set_here = _settings(file, (each["key"] for each in BLOCK.finditer(matched["body"]) if "." in each["key"]))
            layers = (*layers, Layer(file, document=None), *set_here)
            yield Hub(f"{where}{matched['name']}", layers, layout=f"Terraform ({file})")
