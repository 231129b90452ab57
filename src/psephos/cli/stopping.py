"""Ending when the process is told to: a wait that a signal ends."""

from __future__ import annotations

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue


class Stop:
    """Set by SIGTERM and SIGINT. One thread waits for it, the main one.

    `threading.Event` would not do: a handler that sets one waits for its lock, which the thread that it interrupts may
    hold at that moment, and both wait for ever. A `SimpleQueue` may be put into at any moment.
    """

    def __init__(self) -> None:
        self._told: SimpleQueue[None] = SimpleQueue()
        self._is_set = False

    def listen(self) -> None:
        """Be set when the process is told to end: what is under way is finished. Whoever insists ends it at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def _end(self, number: int, _: object) -> None:
        if self._is_set:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.set()

    def is_set(self) -> bool:
        """Whether it is."""
        return self._is_set

    def set(self) -> None:
        """Set it; at any moment, in a signal's handler, too."""
        self._is_set = True
        self._told.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, or the time is over; whether it is set."""
        if not self._is_set:
            with suppress(Empty):
                self._told.get(timeout=seconds)
        return self._is_set
