"""Ask registries which images and tags they have, how old those are, and who may pull and push.

urllib3 does HTTP: connections that threads share, TLS, redirects, the forms of Retry-After. No protocol library on
PyPI does all that is needed on top (docs/registries.md compares them), so this package does the rest: Bearer and Basic
challenges with a token for each scope, pages by `Link`, waiting after a 429, `ETag`, and the meaning of each answer.
"Not there" (NotThereError), "not shown to you" (HiddenError) and "no answer" (NoAnswerError) stay distinct.
"""

from hubimages.registry.client import ACCEPT as MANIFEST_TYPES
from hubimages.registry.client import Registries
from hubimages.registry.dates import created, labels, platforms
from hubimages.registry.hosts import base_address
from hubimages.registry.http.logins import DockerConfiguration, Login, stored
from hubimages.registry.http.tokens import PUSH
from hubimages.registry.http.transport import Limits, Transport, tls_context
from hubimages.registry.lookup import all_tags, creation_dates, digests, each
from hubimages.registry.problems import (
    HiddenError,
    LoginRefusedError,
    NameRefusedError,
    NoRightError,
    NotThereError,
)
from hubimages.registry.rights.check import RegistryReport, check_registry
from hubimages.registry.rights.push import LoginState, Right, login_state

__all__ = [
    "MANIFEST_TYPES", "PUSH", "DockerConfiguration", "HiddenError", "Limits", "Login", "LoginRefusedError",
    "LoginState", "NameRefusedError", "NoRightError", "NotThereError", "Registries", "RegistryReport", "Right",
    "Transport", "all_tags", "base_address", "check_registry", "created", "creation_dates", "digests", "each", "labels",
    "login_state", "platforms", "stored", "tls_context",
]  # fmt: skip
