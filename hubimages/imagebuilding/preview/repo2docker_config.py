"""Configuration of the repo2docker that a preview's BinderHub runs; it imports nothing else.

The form offers only git repositories. Other providers would be tried first, one of them over the network.
"""

from repo2docker.contentproviders import Git

get_config().Repo2Docker.content_providers = [Git]  # type: ignore[name-defined]  # noqa: F821
