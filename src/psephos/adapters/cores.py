"""All cores: the kernel lets go of Python's lock, so that threads are enough."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from psephos.record.counting import Spread


@contextmanager
def spread_over_cores() -> Iterator[tuple[Spread, int]]:
    """Where chunks of ballots are checked, and how many at a time; see `record.counting.Spread`."""
    width = os.cpu_count() or 1
    with ThreadPoolExecutor(width) as pool:
        yield pool.map, width
