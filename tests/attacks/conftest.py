"""Mutations are counted; the sum is shown at the end of the run, by the conftest of all tests."""

from collections.abc import Callable

import pytest

from tests.support.changed_records import Tell


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Count mutations, and fail if one went wrong."""

    def show(what: str, count: int, wrong: list[str]) -> None:
        record_property("mutations", count)
        assert wrong == [], f"{len(wrong)} of {count} mutations of {what}"

    return show
