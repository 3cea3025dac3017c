"""Take the build of an image out of a GitHub workflow: its job, or its item of a matrix, and its path filters."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hubimages import yaml_text
from hubimages.migration.finishing.edited import Edited
from hubimages.migration.finishing.mentions import hubploy_name, naming, texts
from hubimages.migration.finishing.steps import more_than_building

WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
VARIABLE = re.compile(r"\$\{\{\s*matrix\.([\w-]+)(?:\.([\w-]+))?\s*\}\}")


def pattern_of(directory: str) -> re.Pattern[str]:
    """Return what names the image in a job: its directory, or hubploy's name of it in a command that builds."""
    name = hubploy_name(directory)
    hubploy = rf"|hubploy (?:--?\w+ )*build (?:--\S+ )*{re.escape(name)}(?![\w-])" if name else ""
    return re.compile(naming(directory).pattern + hubploy)


def without_build(edited: Edited, directory: str) -> None:
    """Take out of a workflow what builds the image of a directory, and name what has to be looked at."""
    pattern = pattern_of(directory)
    jobs = _data(edited).get("jobs")
    if not isinstance(jobs, dict):
        return
    building = []
    for name, job in jobs.items():
        if isinstance(job, dict) and (made := _of_job(edited, name, job, directory, pattern)):
            building.append(made)
    alone = [name for name in building if not _used_by_others(edited, jobs, name, building)]
    if alone and len(alone) == len(jobs):
        edited.is_gone = True
        edited.removed.append(f"{edited.file}: it builds nothing else")
        return
    for name in alone:
        edited.removed.append(f"{edited.file}: job {name}")
    for name in alone:
        edited.remove(("jobs", name))
        for other in jobs:
            if other not in alone:
                edited.remove_from_list(("jobs", other, "needs"), {name})
    _path_filters(edited, directory)


def _data(edited: Edited) -> dict[str, Any]:
    found = yaml_text.compose(edited.text).data()
    return found if isinstance(found, dict) else {}


def _of_job(edited: Edited, name: str, job: Mapping[str, Any], directory: str, pattern: re.Pattern[str]) -> str:
    """Return the job's name if it builds this image alone; remove its items of a matrix, and name the rest."""
    items = list(_matrix_items(job))
    ours = [path for path, variables in items if pattern.search(_filled(job, variables))]
    others = [path for path, _ in items if path not in ours and path[:-1] in {each[:-1] for each in ours}]
    whole = "\n".join(texts({key: value for key, value in job.items() if key != "strategy"}))
    where = f"{edited.file}:{edited.line(('jobs', name))}"
    if ours and not pattern.search(whole):
        if others:
            for path in reversed(ours):
                edited.removed.append(f"{edited.file}: item {path[-1]} of the matrix of job {name}, counted from 0")
                edited.remove(("jobs", name, *path))
            return ""
        filled = _filled_job(job, dict(items)[ours[0]])
    elif pattern.search(whole):
        filled = job
    else:
        return ""
    if problem := more_than_building(filled, pattern):
        edited.named.append(f"{where}: job {name} builds it, and does more: {problem}")
        return ""
    return name


def _matrix_items(job: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, str]]]:
    """Yield every item of the job's matrix: its path in the job, and the variables that it sets."""
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    if not isinstance(matrix, dict):
        return
    for key, values in matrix.items():
        if not isinstance(values, list) or key == "exclude":
            continue
        for number, item in enumerate(values):
            path = ("strategy", "matrix", key, number)
            if isinstance(item, dict):
                above = "" if key == "include" else f"{key}."
                yield path, {f"{above}{name}": str(value) for name, value in item.items()}
            else:
                yield path, {key: str(item)}


def _filled(job: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """Return the texts of a job with these variables of the matrix."""
    rest = {key: value for key, value in job.items() if key != "strategy"}
    return "\n".join(texts(_filled_job(rest, variables)))


def _filled_job(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled_job(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled_job(each, variables) for each in value]
    if isinstance(value, str):
        return VARIABLE.sub(
            lambda found: variables.get(".".join(part for part in found.groups() if part), found[0]), value
        )
    return value


def _used_by_others(edited: Edited, jobs: Mapping[str, Any], name: str, going: list[str]) -> bool:
    """Return True, and name the job, if another one that stays needs what it gives, not only its end."""
    gives = re.compile(rf"needs(?:\.{re.escape(name)}|\[['\"]{re.escape(name)}['\"]\])(?![\w-])")
    for other, job in jobs.items():
        if other != name and other not in going and gives.search("\n".join(texts(job))):
            where = f"{edited.file}:{edited.line(('jobs', name))}"
            edited.named.append(f"{where}: job {name} builds it, and job {other} uses what it gives")
            return True
    return False


def _path_filters(edited: Edited, directory: str) -> None:
    """Remove the directory from the paths that start the workflow, as long as others are left."""
    pattern = naming(directory)
    for event in ("push", "pull_request", "pull_request_target"):
        for key in ("paths", "paths-ignore"):
            path = ("on", event, key)
            node = yaml_text.compose(edited.text).find(path)
            if not isinstance(node, yaml_text.SequenceNode):
                continue
            values = yaml_text.data(node)
            ours = [number for number, value in enumerate(values) if pattern.match(str(value).lstrip("!"))]
            if ours and len(ours) == len(values) and key == "paths":
                where = f"{edited.file}:{edited.line(path)}"
                edited.named.append(f"{where}: only changes of {directory} start this workflow")
                continue
            edited.removed += [f"{edited.file}: {values[each]}, which starts it" for each in ours]
            edited.remove_from_list(path, {str(values[each]) for each in ours})
