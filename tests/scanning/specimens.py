"""Secrets of every kind, made up, and put together here so that no scanner takes this file for a leak."""

import base64
import json
import random

LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def word(length: int, letters: str = LETTERS, seed: int = 1) -> str:
    """Random characters, the same at every call."""
    chooser = random.Random(f"{length} {letters} {seed}")
    return "".join(chooser.choice(letters) for _ in range(length))


def private_key(name: str = "RSA ", seed: int = 1) -> str:
    """A private key in PEM's form."""
    body = "\n".join(word(64, seed=seed * 100 + line) for line in range(6))
    return f"-----BEGIN {name}PRIVATE KEY-----\n{body}\n-----END {name}PRIVATE KEY-----\n"


def web_token() -> str:
    """A JSON Web Token."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "1234", "name": "Ada"}]
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), word(43)]
    )


HEX = "0123456789abcdef"
DIGITS = "123456789"
SMALL = "abcdefghijkmnopqrstuvwxyz"

# kind: (file name, a line with such a secret)
LINES = {
    "artifactory-credentials": ("a.txt", f"token: AKC{word(20)}"),
    "aws-access-key": ("a.txt", f"AKIA{word(16, 'ABCDEFGHIJKLMNOP234567')}"),
    "azure-storage-account-access-key": ("a.txt", f"x;AccountKey={word(86)}=="),
    "basic-auth-credentials": ("pip.conf", f"https://ada:{word(12)}@pypi.our.org/simple"),
    "cloudant-credentials": ("a.txt", f"cloudant_password = {word(64, HEX)}"),
    "discord-bot-token": ("a.txt", f"M{word(23)}.{word(6)}.{word(27)}"),
    "github-token": ("a.txt", f"git clone https://gh{'p'}_{word(36)}:x"),
    "gitlab-token": ("a.txt", f"glpat-{word(20)}"),
    "ibm-cloud-iam-key": ("a.txt", f"ibm_api_key: {word(44)}"),
    "ibm-cos-hmac-credentials": ("a.txt", f"cos_secret_access_key = {word(48, HEX)}"),
    "json-web-token": ("a.txt", web_token()),
    "secret-keyword": ("a.py", 'db_password = "tr0ub4dor&3"'),
    "mailchimp-access-key": ("a.txt", f"{word(32, HEX)}-us12"),
    "npm-tokens": (".npmrc", f"//registry.npmjs.org/:_authToken=npm_{word(36)}"),
    "openai-token": ("a.txt", f"sk-{word(20)}T3BlbkFJ{word(20)}"),
    "pypi-token": ("a.txt", f"pypi-AgEIcHlwaS5vcmc{word(80)}"),
    "sendgrid-api-key": ("a.txt", f"SG.{word(22)}.{word(43)}"),
    "slack-token": ("a.txt", f"xoxb-{word(12, DIGITS)}-{word(24, SMALL)}"),
    "softlayer-credentials": ("a.txt", f"softlayer_api_key: {word(64, HEX)}"),
    "square-oauth-secret": ("a.txt", f"sq0csp-{word(43)}"),
    "stripe-access-key": ("a.txt", f"sk_live_{word(24)}"),
    "telegram-bot-token": ("a.txt", f"{word(9, DIGITS)}:{word(35)}"),
    "twilio-api-key": ("a.txt", f"SK{word(32, HEX)}"),
}
OWN = {
    "private-key": ("id_rsa", private_key()),
    "github-token": ("a.txt", f"github_pat_{word(22)}_{word(59)}"),
    "docker-hub-token": ("a.txt", f"dckr_pat_{word(27)}"),
    "hugging-face-token": ("a.txt", f"hf_{word(34, SMALL)}"),
    "google-oauth-secret": ("a.txt", f"GOCSPX-{word(28)}"),
    "google-api-key": ("a.txt", f"AIza{word(35)}"),
    "google-access-token": ("a.txt", f"ya29.{word(60)}"),
    "age-key": ("keys.txt", f"AGE-SECRET-KEY-1{word(58, 'ABCDEFGHIJKLMNOP234567')}"),
    "grafana-token": ("a.txt", f"glsa_{word(32)}"),
    "digitalocean-token": ("a.txt", f"dop_v1_{word(64, HEX)}"),
    "anthropic-key": ("a.txt", f"sk-ant-{word(90)}"),
    "openai-key": ("a.txt", f"sk-proj-{word(60)}"),
    "assigned-secret": ("values.yaml", f"  secretToken: {word(64, HEX)}"),
    "people": ("roster.csv", "name,email\n" + "".join(f"Student {n},student{n}@berkeley.edu\n" for n in range(12))),
}
