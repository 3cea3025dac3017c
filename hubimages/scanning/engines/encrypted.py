"""Tell an encrypted file from a plaintext one."""

import re

GIT_CRYPT = b"\0GITCRYPT\0"
VAULT = b"$ANSIBLE_VAULT;"
# SOPS writes its metadata under `sops` (https://github.com/getsops/sops#4important-information-on-types).
METADATA = re.compile(rb"""^(?:sops:|[ \t]*"sops": ?\{|sops_version=|\[sops\])""", re.MULTILINE)
VALUE = b"ENC[AES256_GCM,"
# Names under which people keep files that SOPS or git-crypt encrypt: enc-NAME.secret.yaml, NAME.sops.yaml, NAME.enc.
NAMED_SO = re.compile(
    r"(?:^|/)(?:enc-[^/]+|[^/]+\.(?:sops|enc|secret)(?:\.[a-z]+)*\.(?:ya?ml|json|env|ini|toml))$", re.IGNORECASE
)


def state(content: bytes) -> str:
    """Return "encrypted", "decrypted" for SOPS's metadata around plain values, or "" for any other file."""
    if content.startswith((GIT_CRYPT, VAULT)):
        return "encrypted"
    if not METADATA.search(content):
        return ""
    return "encrypted" if VALUE in content.partition(b"sops")[0] or content.count(VALUE) > 1 else "decrypted"


def is_named_so(path: str) -> bool:
    """Return True if a file's name says that it is encrypted."""
    return NAMED_SO.search(path) is not None
