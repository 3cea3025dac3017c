"""How many examples Hypothesis makes: a few in every run, many with `--hypothesis-profile=nightly`."""

from hypothesis import HealthCheck, settings

NIGHTLY = "nightly"
settings.register_profile(NIGHTLY, max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))


def examples(few: int, many: int) -> settings:
    """The same few in every run, other ones each night."""
    nightly = settings.get_current_profile_name() == NIGHTLY
    return settings(
        max_examples=many if nightly else few,
        derandomize=not nightly,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
