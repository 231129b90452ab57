"""For all tests: hypothesis without deadlines, since two workers share two cores; the number of mutations."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("psephos", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
settings.load_profile("psephos")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many changed records were tried, in all processes together."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.getreports(name)]
    counts = [count for report in reports for name, count in report.user_properties if name == "mutations"]
    if counts:
        terminalreporter.write_line(f"mutations of good records: {sum(counts):,} tried in {len(counts)} tests")
