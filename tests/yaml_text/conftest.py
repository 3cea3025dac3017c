"""How much is tried: a little each time, and `pytest --hypothesis-profile=nightly tests/yaml_text` for much."""

from hypothesis import HealthCheck, settings

ALWAYS = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("few", max_examples=120, derandomize=True, database=None, **ALWAYS)
settings.register_profile("nightly", max_examples=10_000, **ALWAYS)
settings.load_profile("few")
