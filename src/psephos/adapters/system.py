"""The real clock and the real source of randomness."""

from __future__ import annotations

import time

from psephos.ports import UnixSeconds
from psephos.protocol.group import Randomness


class SystemClock:
    """The computer's clock."""

    def now(self) -> UnixSeconds:
        """The current time."""
        return UnixSeconds(int(time.time()))  # noqa: TID251 - this is the port


def system_randomness() -> Randomness:
    """A generator seeded by the operating system."""
    return Randomness.system()
