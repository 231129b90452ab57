"""The list of checks is what the code does."""

import inspect
import re
from pathlib import Path

from psephos.verify import audit, ballots, checks
from psephos.verify.checks import CHECKS

OF_AN_ARCHIVE = 19
"""V20 and later are about what stands on a board only."""


def test_every_check_of_an_archive_has_its_function_and_the_audit_calls_it() -> None:
    """A number in a report leads to one function, whose docstring begins with it."""
    sources = "".join(Path(module.__file__).read_text() for module in (audit, ballots))
    found = set()
    for name, function in inspect.getmembers(checks, inspect.isfunction):
        number = re.match(r"V\d+(?=[:.])", function.__doc__ or "")
        if number is not None and function.__module__ == checks.__name__:
            assert f"checks.{name}(" in sources, name
            found.add(number[0])
    assert found == {check.id for check in CHECKS[:OF_AN_ARCHIVE]}
