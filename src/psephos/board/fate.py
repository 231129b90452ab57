"""What a failure does to the log: one while something is committed ends it; one while something is read is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from psephos.board.storage import FatalError
from psephos.errors import PsephosError, UnavailableError


class Fate:
    """Whether the log goes on."""

    def __init__(self, on_fatal: Callable[[FatalError], None]) -> None:
        """Begin alive.

        Args:
            on_fatal: Ends the process. Called, before the error is raised, when it is unknown what is stored.
        """
        self._on_fatal = on_fatal
        self._dead: FatalError | None = None

    def go_on(self) -> None:
        """Check that nothing has failed.

        Raises:
            FatalError: The log has ended.
        """
        if self._dead is not None:
            raise self._dead

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Whatever fails in here ends the log.

        Raises:
            FatalError: Something did.
        """
        try:
            yield
        except BaseException as error:
            reason, at = (error.message, error.at) if isinstance(error, PsephosError) else (repr(error), "")
            self._dead = FatalError(f"the log has ended: {reason}", at=at, hint="start it again")
            self._on_fatal(self._dead)
            raise self._dead from error


@contextmanager
def reading() -> Iterator[None]:
    """What cannot be read in here is not available.

    Raises:
        UnavailableError: Likewise.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise UnavailableError(f"the log cannot be read: {error}") from error
