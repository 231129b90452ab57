"""A bar on stderr for work that takes a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_BAR_AFTER_SECONDS = 2


@contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, once the work has taken two seconds; what is given is told how much was done."""
    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(label, total=total)
    begun = monotonic()

    def advance(done: int) -> None:
        bar.advance(task, done)
        if not bar.finished and monotonic() - begun > _BAR_AFTER_SECONDS:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()
