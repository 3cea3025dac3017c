"""A program that asks for answers on its terminal, for test_asking.py: it imports no test."""

import json
import sys

from hubimages import template
from hubimages.errors import HubImagesError


def ask(given: str) -> None:
    """Ask for what is missing of the answers in JSON, print all as JSON, and end."""
    try:
        print(json.dumps(template.ask(json.loads(given))))  # noqa: T201
    except HubImagesError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    sys.exit()
