"""The example in the documentation is a test."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "board-formats.md"


def test_example_of_the_documentation_runs() -> None:
    """What the page shows is what happens."""
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 10
    assert found.failed == 0
