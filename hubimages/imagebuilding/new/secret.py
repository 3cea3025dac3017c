"""Encrypt a registry's password: it goes to sops on standard input and is never on disk in clear."""

import getpass
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hubimages import console, disk, json_text
from hubimages.display import DISPLAY
from hubimages.errors import BadInputError, NotInstalledError, ProgramFailedError, RefusedError, message_of
from hubimages.imagebuilding.layer import Encrypted, read_layer
from hubimages.repository.file_edit import read_text
from hubimages.run import attempt, failure
from hubimages.yaml_text import add_key, compose

VARIABLE = "HUBIMAGES_REGISTRY_PASSWORD"
CONFIG = ".sops.yaml"


def read_password(what: str, *, file: Path | None) -> str:
    """Return the password from a file, from the environment variable, or from a prompt.

    Raises RefusedError if there is no terminal, BadInputError for an empty one.
    """
    if file is not None:
        try:
            password = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInputError(f"cannot read the password from {file}: {message_of(error)}") from None
    elif os.environ.get(VARIABLE):
        password = os.environ[VARIABLE]
    elif console.is_interactive():
        with DISPLAY.paused():
            password = getpass.getpass(f"{what}: ")
    else:
        raise RefusedError(
            f"{what}? There is no terminal to ask on. Use --password-file=FILE, or set the variable {VARIABLE}"
        )
    password = password.rstrip("\r\n")
    if not password:
        raise BadInputError(f"{what} is empty")
    return password


def check_json_key(text: str) -> str:
    """Return a Google service account's key. Raises BadInputError, without any of the text in its message."""
    try:
        key = json_text.loads(text)
    except ValueError:
        key = None
    if not isinstance(key, dict) or key.get("type") != "service_account" or "private_key" not in key:
        raise BadInputError("the password for Google must be a service account's key: the whole JSON file")
    return text + "\n"


def secret_text(values: Mapping[str, Any]) -> str:
    """Return the clear text of a secret file, for sops alone; several lines become a block scalar."""
    text = ""
    for key, value in values.items():
        text = add_key(text, (), key, value)
    return text


def creation_rule(root: Path, path: str) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Return the nearest .sops.yaml, its content, and its first rule for a path. Raises RefusedError if none does."""
    place = next(
        (
            folder / CONFIG
            for folder in (root / path).parents
            if folder.is_relative_to(root) and (folder / CONFIG).is_file()
        ),
        None,
    )
    if place is None:
        raise RefusedError(f"no {CONFIG} above {path}, so sops has no key to encrypt it for. Nothing was written")
    config = compose(place.read_text(encoding="utf-8")).data()
    rules = config.get("creation_rules") if isinstance(config, dict) else None
    name = str((root / path).relative_to(place.parent))
    for rule in rules if isinstance(rules, list) else []:
        pattern = rule.get("path_regex") if isinstance(rule, dict) else None
        if isinstance(rule, dict) and (not pattern or _matches(str(pattern), name, place)):
            return place, config, rule
    raise RefusedError(
        f"no creation rule in {place.relative_to(root)} matches {path}, so sops would not encrypt it. Nothing was "
        "written. Add a rule whose path_regex matches"
    )


def _matches(pattern: str, name: str, place: Path) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error as error:
        raise BadInputError(f"{place}: path_regex {pattern!r} is not a regular expression: {error}") from error


def command(path: str) -> str:
    """Return the command that encrypts the file from standard input."""
    return f"sops --encrypt --input-type yaml --output-type yaml --filename-override {path} /dev/stdin > {path}"


def check_sops(path: str, keys: Sequence[str]) -> None:
    """Raise NotInstalledError, with the command to run, if sops is not installed."""
    if shutil.which("sops") is None:
        raise NotInstalledError(
            "sops is not installed (https://getsops.io), and a password is never written in clear. Nothing was "
            f"written. Install sops and repeat this: it runs {command(path)} with {', '.join(keys)} on standard input"
        )


def encrypt(root: Path, path: str, values: Mapping[str, Any]) -> str:
    """Return the text of a secret file with every value encrypted.

    Raises RefusedError if no rule of .sops.yaml matches the path, and ProgramFailedError if sops fails.
    """
    place, config, rule = creation_rule(root, path)
    # sops chooses the rule by file name, and standard input has none (not every sops has --filename-override), so it
    # gets a configuration with only that rule.
    only = {**config, "creation_rules": [{key: value for key, value in rule.items() if key != "path_regex"}]}
    with disk.temporary_directory("sops") as folder:
        alone = Path(folder, CONFIG)
        alone.write_text(json.dumps(only), encoding="utf-8")  # JSON is YAML
        argv = ["sops", "--config", str(alone), "--input-type", "yaml", "--output-type", "yaml", "--encrypt"]
        console.step(f"$ {command(path)}")
        done = attempt(*argv, "/dev/stdin", cwd=place.parent, stdin=secret_text(values).encode())
    if done.returncode:
        raise failure(["sops"], done.returncode, done.stderr)
    text = done.stdout.decode("utf-8")
    check_encrypted(text, path, values)
    return text


def check_encrypted(text: str, path: str, values: Mapping[str, Any]) -> None:
    """Raise ProgramFailedError unless every secret is present and encrypted."""
    layer = read_layer(text, path)
    for keys, secret in leaves(values):
        found: Any = layer.data
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, Encrypted) or str(secret) in text:
            raise ProgramFailedError(f"sops did not encrypt {'.'.join(keys)} of {path}. Nothing was written")


def holds(root: Path, path: str, values: Mapping[str, Any]) -> bool:
    """Return True if the file has an encrypted value at the path of each secret. Raises BadInputError."""
    if not (root / path).is_file():
        return False
    layer = read_layer(read_text(root, path), path)
    found = {keys for keys, value in leaves(layer.data) if isinstance(value, Encrypted)}
    return layer.encrypted and all(keys in found for keys, _ in leaves(values))


def leaves(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    """Return every value with its path."""
    found: list[tuple[tuple[str, ...], object]] = []
    for key, value in values.items():
        found += leaves(value, (*above, key)) if isinstance(value, Mapping) else [((*above, key), value)]
    return found
