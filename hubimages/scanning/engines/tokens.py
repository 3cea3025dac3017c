"""Find tokens and keys by their form: those that the field uses and that scanners miss.

A form is a prefix that its issuer chose so that scanners find it, or a setting of JupyterHub whose value is secret.
"""

import re
from collections.abc import Iterator

from hubimages.scanning.engines.text import Hit, Text, keyed

# RFC 7468 and OpenSSH; `PRIVATE KEY BLOCK` is PGP's. Without a body it is a word in a text about keys.
PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\n|\\r|[\s\"'|>+])*(?P<body>[^-]{0,400})"
)
KEY_MATERIAL = re.compile(r"[A-Za-z0-9+/=]{40}")
PUTTY_KEY = re.compile(r"^PuTTY-User-Key-File-\d", re.MULTILINE)

# (kind, the words in it, form). Sources: the issuers' own pages about the forms of their tokens.
FORMS = (
    ("github-token", ("github_pat_",), re.compile(r"\bgithub_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}\b")),
    ("docker-hub-token", ("dckr_pat_", "dckr_oat_"), re.compile(r"\bdckr_(?:pat|oat)_[0-9A-Za-z_-]{20,}")),
    ("hugging-face-token", ("hf_",), re.compile(r"\bhf_[A-Za-z]{34}\b")),
    ("google-oauth-secret", ("GOCSPX-",), re.compile(r"\bGOCSPX-[0-9A-Za-z_-]{28}")),
    ("google-api-key", ("AIza",), re.compile(r"\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])")),
    ("google-access-token", ("ya29.",), re.compile(r"\bya29\.[0-9A-Za-z_-]{50,}")),
    ("age-key", ("AGE-SECRET-KEY-1",), re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b")),
    ("grafana-token", ("glsa_", "glc_"), re.compile(r"\bgl(?:sa|c)_[0-9A-Za-z+/=_]{32,}")),
    ("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), re.compile(r"\bdo[opr]_v1_[0-9a-f]{64}\b")),
    ("anthropic-key", ("sk-ant-",), re.compile(r"\bsk-ant-[0-9A-Za-z_-]{80,}")),
    (
        "openai-key",
        ("sk-proj-", "sk-svcacct-", "sk-admin-"),
        re.compile(r"\bsk-(?:proj|svcacct|admin)-[0-9A-Za-z_-]{40,}"),
    ),
)
# JupyterHub's cookie_secret, proxy.secretToken, services' apiToken, JUPYTERHUB_CRYPT_KEY; what other programs call so.
ASSIGNED = re.compile(
    r"(?i:token|secret|passw(?:or)?d|"
    r"(?:api|access|secret|private|auth|crypto?|encryption|consumer|service|account|master|signing)_?key)(?:[0-9]|_b64|_base64)?"
    r"[\"']?[ \t]*(?:=>|:?=|:)[ \t]*[\"']?(?P<value>[0-9A-Za-z+/_~.-]{20,}={0,2})(?![0-9A-Za-z+/_(\[{-])"
)


def tokens(text: Text) -> Iterator[Hit]:
    """Yield the private keys and tokens in a text."""
    if "PRIVATE KEY" in text.text:
        for found in PRIVATE_KEY.finditer(text.text):
            if KEY_MATERIAL.search(found["body"].replace("\\n", "")):
                yield text.hit("private-key", found.start(), found[0])
    if "PuTTY-User-Key-File-" in text.text:
        for found in PUTTY_KEY.finditer(text.text):
            yield text.hit("private-key", found.start(), text.text[found.start() : found.start() + 1000])
    for kind, words, form in FORMS:
        if any(word in text.text for word in words):
            for found in form.finditer(text.text):
                yield text.hit(kind, found.start(), found[0])
    for number, line in text.lines_with(("token", "secret", "passw", "key")):
        for found in ASSIGNED.finditer(line):
            if looks_random(found["value"]):
                yield Hit("assigned-secret", number, keyed(text.salt, found["value"]))


def looks_random(value: str) -> bool:
    """Return True if a value is random characters, and not words, a path or a name."""
    digits = sum(character.isdigit() for character in value)
    letters = sum(character.isalpha() for character in value)
    return digits >= 3 and letters >= 3 and len(set(value)) >= 8 and not WORDS.fullmatch(value)


WORDS = re.compile(r"[A-Za-z]{2,}\d{0,2}(?:[._/-][A-Za-z]{2,}\d{0,2})*")
