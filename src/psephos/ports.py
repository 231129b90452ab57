"""What pure code may not reach for by itself: the clock.

Randomness is the other port: its type is `psephos.protocol.group.Randomness`, because it lives in the kernel.
"""

from __future__ import annotations

from typing import NewType, Protocol

UnixSeconds = NewType("UnixSeconds", int)
"""Seconds since 1970-01-01T00:00:00Z."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> UnixSeconds:
        """The current time."""
        ...


class ByteSource(Protocol):
    """A file's bytes, read where they are needed."""

    def size(self) -> int:
        """Number of bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on: `length` of them, fewer only at the end."""
        ...
