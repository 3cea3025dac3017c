"""Registries: which images and tags they have, since when, who may pull them, and whether we may push.

HTTP is urllib3's: connections that threads share, TLS, redirects, the forms of Retry-After. No library of the protocol
on PyPI does what is needed on top of it (docs/registries.md compares them), so these are ours: Bearer and Basic
challenges with a token for each scope, pages by `Link`, how long to wait after a 429, `ETag`, and which answer means
what. "Not there" (NotThereError), "not shown to you" (HiddenError) and "no answer" (NoAnswerError) are three things.
"""

from hubimages.registry.client import Registries
from hubimages.registry.dates import created, labels, platforms
from hubimages.registry.http.logins import DockerConfiguration
from hubimages.registry.http.transport import Limits, Transport
from hubimages.registry.lookup import all_tags, creation_dates, digests, each
from hubimages.registry.problems import (
    HiddenError,
    LoginRefusedError,
    NameRefusedError,
    NoRightError,
    NotThereError,
)
from hubimages.registry.rights.check import Report, check_registry
from hubimages.registry.rights.push import LoginState, Right, login_state

__all__ = [
    "DockerConfiguration", "HiddenError", "Limits", "LoginRefusedError", "LoginState", "NameRefusedError",
    "NoRightError", "NotThereError", "Registries", "Report", "Right", "Transport", "all_tags", "check_registry",
    "created", "creation_dates", "digests", "each", "labels", "login_state", "platforms",
]  # fmt: skip
