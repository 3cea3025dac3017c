"""The parameters that the generators of an ApplicationSet make, as far as files say them.

https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators/
"""

import fnmatch
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.view import View, filled
from hubimages.references.reference import NotRead
from hubimages.yaml_text import Node, UnreadableYamlError, compose

SIGN = "argoproj.io"
CLUSTER = "argocd.argoproj.io/secret-type"  # the label of a Secret that is a cluster
Parameters = Mapping[str, str]


def parameters_of(view: View, file: str, document: Node) -> Iterator[Parameters]:
    """Yield the parameters of each Application of an ApplicationSet."""
    for generator in nodes.items(document, "spec", "generators"):
        yield from _generated(view, file, generator, {})


def _generated(view: View, file: str, generator: Node, known: Parameters) -> list[Parameters]:
    """Return what a generator makes; `known` are the parameters of the generator before it in a matrix."""
    given = nodes.keys(generator)
    kind = next((key for key in given if key not in ("selector", "template")), "nothing")
    body = given.get(kind)
    made: list[Parameters]
    if kind == "list":
        elements = [*nodes.items(body, "elements"), *_written(view, file, generator, known)]
        made = [_filled(nodes.flat(element), known) for element in elements]
        if not made and nodes.text(body, "elementsYaml"):
            made = [{}]  # only the template that makes the elements knows them
    elif kind == "git":
        made = [*_directories(view, body, known), *_files(view, body, known)]
    elif kind == "matrix":
        made = _matrix(view, file, nodes.items(body, "generators"), known)
    elif kind == "merge":
        made = _merge(view, file, body, known)
    elif kind == "clusters":
        made = list(_clusters(view, body)) or [{}]
        if made == [{}]:
            view.not_read.append(NotRead(file, generator.line, "ApplicationSet whose clusters are not in files"))
    else:
        why = f"ApplicationSet whose hubs are not in the repository (generator {kind})"
        view.not_read.append(NotRead(file, generator.line, why))
        made = [{}]
    if nodes.at(body, "template", "spec") is not None or nodes.at(generator, "template", "spec") is not None:
        view.not_read.append(NotRead(file, generator.line, f"ApplicationSet with a template of its own in {kind}"))
    values = dict(nodes.flat(nodes.at(body, "values"))) if kind in ("git", "clusters") else {}
    made = [{**each, **{f"values.{key}": filled(text, each) for key, text in values.items()}} for each in made]
    selector = given.get("selector")
    return [each for each in made if _matches(each, selector)] if selector is not None else made


def _filled(pairs: Iterator[tuple[str, str]], known: Parameters) -> Parameters:
    return {key: filled(value, known) for key, value in pairs}


def _written(view: View, file: str, generator: Node, known: Parameters) -> list[Node]:
    """Return the elements in the text of `elementsYaml`; name one that a template makes."""
    text = filled(nodes.text(generator, "list", "elementsYaml"), known)
    if not text:
        return []
    try:
        documents = () if "{{" in text else compose(text).documents
    except UnreadableYamlError:
        documents = ()
    if not documents:
        line = getattr(nodes.at(generator, "list", "elementsYaml"), "line", generator.line)
        view.not_read.append(NotRead(file, line, "ApplicationSet whose hubs are not in the repository (elementsYaml)"))
    return nodes.items(documents[0]) if documents else []


def _matrix(view: View, file: str, generators: list[Node], known: Parameters) -> list[Parameters]:
    """Return every combination; each generator may use the parameters of those before it."""
    combined: list[Parameters] = [known]
    for generator in generators:
        combined = [
            {**before, **made} for before in combined for made in _generated(view, file, generator, before)
        ]  # fmt: skip
    return combined


def _merge(view: View, file: str, body: Node | None, known: Parameters) -> list[Parameters]:
    """Return the parameters of the first generator, overridden by those of the others with the same merge keys."""
    keys = nodes.texts(body, "mergeKeys")
    first, *others = [_generated(view, file, each, known) for each in nodes.items(body, "generators")] or [[]]
    merged = [dict(each) for each in first]
    for each in (one for other in others for one in other):
        for base in merged:
            if all(key in each and base.get(key) == each[key] for key in keys):
                base.update(each)
    return [*merged]


def _clusters(view: View, body: Node | None) -> Iterator[Parameters]:
    """Yield the parameters of each cluster whose Secret is in the repository."""
    for _, _, document in view.marked(SIGN, ("Secret",)):
        labels = dict(nodes.flat(nodes.at(document, "metadata", "labels")))
        if labels.get(CLUSTER) != "cluster":
            continue
        name = nodes.text(document, "stringData", "name") or nodes.text(document, "metadata", "name")
        annotations = dict(nodes.flat(nodes.at(document, "metadata", "annotations")))
        parameters = {
            "name": name, "nameNormalized": name.lower().replace("_", "-"),
            "server": nodes.text(document, "stringData", "server"),
            **{f"metadata.labels.{key}": value for key, value in labels.items()},
            **{f"metadata.annotations.{key}": value for key, value in annotations.items()},
        }  # fmt: skip
        if _matches(labels, nodes.at(body, "selector")):
            yield parameters


def _matches(labels: Parameters, selector: Node | None) -> bool:
    """Return True if a label selector of Kubernetes selects these labels or parameters."""
    wanted = dict(nodes.flat(nodes.at(selector, "matchLabels")))
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for each in nodes.items(selector, "matchExpressions"):
        key, values = nodes.text(each, "key"), nodes.texts(each, "values")
        fits = {
            "In": labels.get(key) in values, "NotIn": labels.get(key) not in values,
            "Exists": key in labels, "DoesNotExist": key not in labels,
        }  # fmt: skip
        if not fits.get(nodes.text(each, "operator"), True):
            return False
    return True


def _directories(view: View, body: Node | None, known: Parameters) -> Iterator[Parameters]:
    folders = sorted({str(parent) for file in view.files for parent in PurePosixPath(file).parents} - {"."})
    entries = [
        (filled(nodes.text(each, "path"), known), nodes.text(each, "exclude") == "true")
        for each in nodes.items(body, "directories")
    ]
    excluded = [pattern for pattern, exclude in entries if exclude]
    prefix = nodes.text(body, "pathParamPrefix")
    for pattern in (pattern for pattern, exclude in entries if not exclude):
        for folder in folders:
            same_depth = folder.count("/") == pattern.count("/") or "**" in pattern
            if not same_depth or any(fnmatch.fnmatchcase(folder, each) for each in excluded):
                continue
            if fnmatch.fnmatchcase(folder, pattern):
                yield _path_parameters(folder, prefix)


def _files(view: View, body: Node | None, known: Parameters) -> Iterator[Parameters]:
    prefix = nodes.text(body, "pathParamPrefix")
    for entry in nodes.items(body, "files"):
        pattern = filled(nodes.text(entry, "path"), known).replace("**/", "*")
        for file in fnmatch.filter(view.files, pattern):
            folder, _, name = file.rpartition("/")
            yield {**dict(nodes.flat(view.first(file))), **_path_parameters(folder, prefix, name)}


def _path_parameters(folder: str, prefix: str, filename: str = "") -> Parameters:
    base = folder.rpartition("/")[2]
    segments = folder.split("/")
    parameters = {
        "path": folder, "path.path": folder, "path.basename": base, "path.filename": filename,
        "path.basenameNormalized": base.lower().replace("_", "-"),
        **{f"path[{number}]": part for number, part in enumerate(segments)},
        **{f"path.segments[{number}]": part for number, part in enumerate(segments)},
    }  # fmt: skip
    return {f"{prefix}.{key}" if prefix else key: value for key, value in parameters.items()}
