"""How long the random rigs take: `--hypothesis-profile=long` is what `docs/reliability.md` reports."""

from hypothesis import HealthCheck, settings

UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "short", max_examples=4, stateful_step_count=10, deadline=None, database=None, suppress_health_check=UNHURRIED
)
settings.register_profile(
    "long", max_examples=150, stateful_step_count=30, deadline=None, database=None, suppress_health_check=UNHURRIED
)
settings.load_profile("short")
