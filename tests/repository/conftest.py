"""The profile for many examples is known before the command line is read."""

from tests import examples  # noqa: F401 - its profile
