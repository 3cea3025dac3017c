"""Configuration of the repo2docker that a preview's BinderHub runs; it imports only that.

The form offers git repositories alone. The other providers would be asked first, one of them through the network.
"""

from repo2docker.contentproviders import Git

get_config().Repo2Docker.content_providers = [Git]  # type: ignore[name-defined]  # noqa: F821
