"""Scripts and Terraform that deploy a hub: `helm upgrade RELEASE CHART --values FILE`, and `helm_release`."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import HUB_CHARTS, View, join

HELM = "helm "
TERRAFORM = "helm_release"
COMMAND = re.compile(r"[^#\n]*?\bhelm3?\b[^\n#]*?\b(?:upgrade|install)\b(?P<rest>(?:[^\n\\]|\\\n|\\.)*)")
SETTING = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*[:?]?=[ \t]*[\"']?(?P<value>[\w./-]+)[\"']?", re.MULTILINE
)
VARIABLE = re.compile(r"\$[{(]?(?P<name>\w+)(?::?-(?P<default>[^})]*))?[})]?")
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
    settings = {each["name"]: each["value"] for each in SETTING.finditer(text)} if commands else {}
    for matched in commands:
        try:
            words = shlex.split(matched["rest"].replace("\\\n", " "), comments=True)
        except ValueError:
            continue
        names, files, given = _arguments([_filled(word, settings) for word in words])
        folder = PurePosixPath(file).parent
        paths = [
            next((path for path in (join(folder, each), join("", each)) if path in view.known), "") for each in files
        ]
        layers = (*(Layer(path) for path in paths if path), *_settings(file, given))
        chart = next((name for name in names if name.rpartition("/")[2] in HUB_CHARTS), "")
        local = next((path for name in names for path in _charts(view, folder, name)), "")
        if not layers or not (chart or view.named(chart, local or None, layers)):
            continue
        release = next((name for name in names if name != chart and "$" not in name), "")
        where = str(folder) if str(folder) != "." else ""
        shown = (
            release if release and not where else f"{where}/{release}" if release else where or PurePosixPath(file).stem
        )
        yield Hub(shown, (*view.chart_layers(local or None), *layers), layout=f"helm ({file})")


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
            files += (value if equals else next(rest, "")).split(",")
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
