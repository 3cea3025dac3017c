"""What a registry can answer instead of what was asked for; none of these is ever read as another."""

from hubimages.errors import BadInputError, LoginError


class NotThereError(BadInputError):
    """The registry answered, and has no such repository, tag or digest."""


class NameRefusedError(BadInputError):
    """The registry answered, and does not take this name."""


class HiddenError(LoginError):
    """The registry does not show this without a login, or not to this one. Many then do not say whether it exists."""


class LoginRefusedError(LoginError):
    """There is a login for the registry, and the registry does not accept it: a wrong password, an old token."""


class NoRightError(LoginError):
    """The login is accepted, but does not allow this."""
