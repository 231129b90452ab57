"""Settings for all tests: hypothesis without deadlines, since two workers share two cores."""

from hypothesis import HealthCheck, settings

settings.register_profile("psephos", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
settings.load_profile("psephos")
