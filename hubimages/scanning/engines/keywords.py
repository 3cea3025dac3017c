"""Judge what stands behind a word such as `password:`: a secret, or a name, a reference, a placeholder."""

import re

# The name says that the value is not the secret: `secretName`, `service_key_path`, `existingSecret`, `key_file`.
NAMES_ONE = re.compile(
    r"(?i)(?:(?:secret|password|passwd|pwd|key)s?[_-]?(?:names?|refs?|path|file(?:name)?|dir|ring|type|id|size|length|"
    r"url|env|var|class|policy|store|manager|version|field|prompt|hint|label|title)|existing_?secret|image_?pull_?secrets?|"
    r"passwordless|secrets?\.(?:baseline|ya?ml|json))[\"'\]]{0,2}\s*[:=]"
)
# The value is a name, a path, an address, a call, a reference, or a word that a person fills in.
PLACEHOLDER = re.compile(
    r"""(?ix)
    null|none|true|false|yes|no|undefined|optional|required|\d{1,6}|\W*
    |(?:your|my|the|some|an?|test|example|dummy|fake|sample|change|replace|enter|insert|put|todo|fixme|xxx|redacted|secret|
       password|passwd|token|key|user|default|empty)(?:[\W_].*|s?|me.*|ed?.*|\d*)
    |.*(?:\{\{|\$\{|\$\(|<[A-Za-z_ -]+>|%\(|%s|\.\.\.|\*{3}|x{4}|placeholder|changeme|example).*
    |[./~][\w./~ -]*|[\w./-]+\.(?:json|ya?ml|txt|key|pem|crt|cer|pub|env|gpg|toml|ini|py|sh|html?|md)
    |[a-z_]+(?:[.-][a-z_]+)+\d{0,2}
    |[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+
    |[A-Za-z_][\w.]*\s*[\[(].*
    |(?:self|os|config|c|secrets|github|env|vars|args|settings|traitlets?|Unicode|str|values|local|var|data|module)\b[.(\[,].*
    |https?://[^\s:@]+(?:$|\s.*)
    |[\w-]+\s+[\w-]+\s.*
    """
)
FEWEST = 6  # characters
LONGEST = 2000  # characters of a placeholder


def is_no_secret(secret: str, line: str) -> bool:
    """Return True if the value of a word such as `password` is no secret.

    A word of letters alone stays a secret only in quotes: `password = "hunter"`, but not `secret: shared`.
    """
    value = secret.strip().rstrip(",;").strip("\"'` ")
    if len(value) < FEWEST or NAMES_ONE.search(line) or (len(value) <= LONGEST and PLACEHOLDER.fullmatch(value)):
        return True
    is_quoted = f'"{value}"' in line or f"'{value}'" in line
    return not is_quoted and (re.fullmatch(r"[A-Za-z_ -]+", value) is not None or " " in value)
