"""Settings for all tests: hypothesis draws the same examples on every run, and no test looks at the clock."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")

collect_ignore_glob = ["data/make_torch_*.py"]  # they need PyTorch, which the tests do without
