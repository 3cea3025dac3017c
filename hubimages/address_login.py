"""Keep logins in addresses out of git's arguments, which every user of the machine can read, and out of `.git/config`.

Git gets the address without its login, and asks a credential helper, which has it from the environment. A login is for
that address alone, and for every later command, since a clone of it asks again.
https://git-scm.com/docs/gitcredentials#_credential_contexts
"""

import os
import re
from collections.abc import MutableMapping, Sequence
from threading import Lock
from urllib.parse import unquote

# `https://USER:PASSWORD@HOST/PATH`; a name alone is no secret, and git asks for its password.
WITH_LOGIN = re.compile(r"(?P<scheme>https?://)(?P<user>[^:/?#\s@]*):(?P<password>[^/?#\s]*)@(?P<rest>[^/?#\s@]\S*)")
PREFIX = "HUBIMAGES_LOGIN_"
HELPER = """!f() {{ printf 'username=%s\\npassword=%s\\n' "${0}_USER" "${0}_PASSWORD"; }}; f"""
ONE_AT_A_TIME = Lock()


def without_logins(argv: Sequence[str]) -> tuple[str, ...]:
    """Return git's command line with addresses that have no login; each login is kept in our environment."""
    return tuple(WITH_LOGIN.sub(_kept, word) for word in argv)


def _kept(found: re.Match[str]) -> str:
    user, password = unquote(found["user"]), unquote(found["password"])
    if any(each in user + password for each in "\n\r\0"):
        return found[0]  # git refuses it
    address = found["scheme"] + found["rest"]
    with ONE_AT_A_TIME:
        known = _addresses(os.environ)
        name = next((name for name, each in known.items() if each == address), f"{PREFIX}{len(known)}")
        os.environ.update({f"{name}_ADDRESS": address, f"{name}_USER": user, f"{name}_PASSWORD": password})
    return address


def _addresses(env: MutableMapping[str, str]) -> dict[str, str]:
    return {
        name.removesuffix("_ADDRESS"): value
        for name, value in env.items()
        if name.startswith(PREFIX) and name.endswith("_ADDRESS")
    }


def add_helpers(env: MutableMapping[str, str]) -> None:
    """Have git with this environment take the logins that are kept there, in place of its other helpers."""
    count = int(env.get("GIT_CONFIG_COUNT") or 0)
    there = {env.get(f"GIT_CONFIG_KEY_{number}") for number in range(count)}
    for name, address in _addresses(env).items():
        key = f"credential.{address}.helper"
        if key in there:
            continue
        for value in ("", HELPER.format(name)):  # the empty one takes away those before it
            env[f"GIT_CONFIG_KEY_{count}"], env[f"GIT_CONFIG_VALUE_{count}"] = key, value
            count += 1
        env["GIT_CONFIG_COUNT"] = str(count)
