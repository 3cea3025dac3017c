"""The errors that a registry's answer can mean."""

from hubimages.errors import BadInputError, LoginError


class NotThereError(BadInputError):
    """The registry has no such repository, tag or digest."""


class NameRefusedError(BadInputError):
    """The registry does not allow this name."""


class HiddenError(LoginError):
    """The registry does not show this without a login, or not to this login. It may or may not exist."""


class LoginRefusedError(LoginError):
    """The registry does not accept the login: the password is wrong or the token has expired."""


class NoRightError(LoginError):
    """The registry accepts the login, but the login does not allow this."""
