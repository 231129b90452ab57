"""A witness that knows the example's log, a process of it, a client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psephos.adapters.http import Web
from tests.server.process import Process, make


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A witness that knows the example's log."""
    return make(tmp_path / "witness")


@pytest.fixture
def server(directory: Path) -> Iterator[Process]:
    """It runs."""
    with Process(directory) as process:
        yield process


@pytest.fixture
def web() -> Iterator[Web]:
    """A client."""
    with Web() as found:
        yield found
