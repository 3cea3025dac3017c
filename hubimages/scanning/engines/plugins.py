"""Search a text with the plug-ins of detect-secrets, each only on the lines that can have what it looks for.

detect-secrets hands every line to every plug-in and every filter. Here the words that a plug-in's patterns need say
which lines it gets (`NEEDS`); the plug-in itself and the filters of detect-secrets judge those lines.
"""

import re
from collections.abc import Iterable, Iterator

from detect_secrets.filters import allowlist, heuristic
from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector
from detect_secrets.plugins.keyword import KeywordDetector
from detect_secrets.settings import get_plugins, transient_settings
from detect_secrets.util.code_snippet import get_code_snippet

from hubimages.scanning.engines.keywords import is_no_secret
from hubimages.scanning.engines.text import Engine, Hit, Text, keyed

# What a plug-in's patterns need, in lower case: one of these words, and on the same line this form if there is one. A
# plug-in without words gets the lines on which its patterns match. Left out: the entropy plug-ins, which find digests,
# ids and pictures; public addresses, which are no secret; private keys, which `tokens` finds with their body.
LONG_WORD = re.compile(r"[A-Za-z0-9_-]{24}")
ASSIGNED = ("key", "pass", "pw", "token")
NEEDS: dict[str, tuple[tuple[str, ...], re.Pattern[str] | None]] = {
    "ArtifactoryDetector": ((), None),
    "AWSKeyDetector": (("akia", "asia", "abia", "acca", "a3t", "aws"), re.compile(r"[0-9A-Za-z/+]{16}")),
    "AzureStorageKeyDetector": (("accountkey=",), None),
    "BasicAuthDetector": (("://",), re.compile(r"(?<!\S)(?>\S*?://)\S+@")),
    "CloudantDetector": ((*ASSIGNED, "cloudant.com"), LONG_WORD),
    "DiscordBotTokenDetector": ((), None),
    "GitHubTokenDetector": (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), None),
    "GitLabTokenDetector": (("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "gr1348941", "glcbt-", "glimt-", "glptt-",
                             "glagent-", "gloas-"), None),
    "IbmCloudIamDetector": (ASSIGNED, re.compile(r"[A-Za-z0-9_-]{44}")),
    "IbmCosHmacDetector": (("secret",), LONG_WORD),
    "JwtTokenDetector": (("eyj",), None),
    "KeywordDetector": (("key", "pass", "pwd", "secret", "contrase"), re.compile(r"[:=(]|(?<!\S)[^\s\"']*+[\"']\S*;")),
    "MailchimpDetector": (("-us",), LONG_WORD),
    "NpmDetector": ((":_authtoken=",), None),
    "OpenAIDetector": (("t3blbkfj",), None),
    "PypiTokenDetector": (("pypi-age",), None),
    "SendGridDetector": (("sg.",), LONG_WORD),
    "SlackDetector": (("xox", "hooks.slack.com"), None),
    "SoftlayerDetector": ((*ASSIGNED, "softlayer.com"), LONG_WORD),
    "SquareOAuthDetector": (("sq0csp-",), None),
    "StripeDetector": (("k_live_",), None),
    "TelegramBotTokenDetector": ((), None),
    "TwilioKeyDetector": ((), None),
}  # fmt: skip


def plugins() -> Engine:
    """Return the engine. Its plug-ins verify nothing: that would send secrets to their issuers."""
    with transient_settings({"plugins_used": [{"name": name} for name in NEEDS], "filters_used": []}):
        found = {type(plugin).__name__: plugin for plugin in get_plugins()}

    def search(text: Text) -> Iterator[Hit]:
        for name, (words, form) in NEEDS.items():
            plugin = found[name]
            seen: set[int] = set()
            for number, line in text.lines_with(words) if words else _matching(text, plugin):
                if number in seen or (form and not form.search(line)):
                    continue
                if _finds(plugin, text.name, line):
                    seen.add(number)
                    yield Hit(kind(plugin), number, keyed(text.salt, f"{kind(plugin)}\0{line.strip()}"))

    return search


def _matching(text: Text, plugin: BasePlugin) -> Iterable[tuple[int, str]]:
    """Return the lines on which a plug-in's patterns match; `$` is the end of a line, as the plug-in sees it."""
    assert isinstance(plugin, RegexBasedDetector)
    patterns = [re.compile(each.pattern, each.flags | re.MULTILINE) for each in plugin.denylist]
    return text.pieces(found.start() for pattern in patterns for found in pattern.finditer(text.text))


def _finds(plugin: BasePlugin, name: str, line: str) -> bool:
    found = plugin.analyze_line(filename=name, line=line.rstrip(), line_number=1)
    if not any(not _is_filtered(plugin, one.secret_value or "", line) for one in found):
        return False
    return not allowlist.is_line_allowlisted(name, line, get_code_snippet([line], 1))


def _is_filtered(plugin: BasePlugin, secret: str, line: str) -> bool:
    """Return True for what the filters of detect-secrets know to be no secret, and ours."""
    if (
        heuristic.is_sequential_string(secret)
        or heuristic.is_potential_uuid(secret)
        or heuristic.is_likely_id_string(secret, line, plugin)
        or heuristic.is_templated_secret(secret)
        or heuristic.is_prefixed_with_dollar_sign(secret)
        or heuristic.is_indirect_reference(line)
    ):
        return True
    return isinstance(plugin, KeywordDetector) and is_no_secret(secret, line)


def kind(plugin: BasePlugin) -> str:
    """Return a plug-in's kind as a word: `aws-access-key`."""
    return re.sub(r"[^a-z0-9]+", "-", plugin.secret_type.lower()).strip("-")
