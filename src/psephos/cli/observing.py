"""The loop of `psephos observer follow`: look, say what was found, wait; and the thread that shows the mirror."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from psephos.adapters.mirror import BrokenMirrorError
from psephos.adapters.observer import Look
from psephos.adapters.observing import Observing
from psephos.adapters.system import SystemClock
from psephos.adapters.witness import event_line
from psephos.adapters.witness_store import BrokenStoreError
from psephos.board.client import ForkError
from psephos.cli.stopping import Stop
from psephos.cli.terminal import say
from psephos.errors import UnavailableError
from psephos.roles.observer import PROVES_FALSE, Alarm, Change, Patience, Watch

_DONE, _FALSE, _UNKNOWN = 0, 1, 3
_VIGIL_SECONDS = 1.0
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Rhythm:
    """How often to look, and until when.

    Attributes:
        interval: Seconds between looks.
        once: Look once.
        stop: Set when the process is told to end.
    """

    interval: float
    once: bool = False
    stop: Stop = field(default_factory=Stop)

    def __post_init__(self) -> None:
        self.stop.listen()


def keep_trying(act: Callable[[], _Found], rhythm: Rhythm) -> _Found | None:
    """Do something until it can be done; None if the process was told to end before that.

    Raises:
        PsephosError: It cannot be done at all; or, of a single look, not now.
    """
    while not rhythm.stop.is_set():
        try:
            return act()
        except UnavailableError as error:
            if rhythm.once or isinstance(error, BrokenStoreError):
                raise
            _say("trouble", code=error.code, reason=str(error))
        rhythm.stop.wait(rhythm.interval)
    return None


def keep_looking(observing: Observing, rhythm: Rhythm, *, patience: Patience) -> int:
    """Look until told to stop. Trouble is said and looked at again; what proves that the log lies ends it.

    Returns:
        The exit code: by the alarms that stand at the end.

    Raises:
        PsephosError: This observer cannot go on.
    """
    watch = Watch(patience)
    _say("following", charter=observing.charter, mirror=str(observing.mirror))
    while True:
        try:
            look_once(observing, watch)
        except ForkError as fork:
            _say("alarm", alarm=Alarm.FORK, reason=str(fork), hint=fork.hint)
            raise
        if rhythm.once or rhythm.stop.wait(rhythm.interval):
            break
    return exit_code(set(watch.standing))


def exit_code(standing: set[Alarm]) -> int:
    """The exit code by the alarms that stand."""
    if PROVES_FALSE & standing:
        return _FALSE
    return _UNKNOWN if standing else _DONE


def look_once(observing: Observing, watch: Watch) -> None:
    """Look once, and say what was found.

    Raises:
        PsephosError: This observer cannot go on, or the log contradicts itself.
    """
    try:
        with _vigil(observing, watch):
            look = observing.look()
    except (BrokenStoreError, BrokenMirrorError):
        raise
    except UnavailableError as error:
        look = Look({Alarm.MISSING_DATA: str(error)})
    for event, fields in look.events:
        _say(event, **fields)
    _say_changes(watch.look(look.found, now=observing.clock.now()))


@contextmanager
def _vigil(observing: Observing, watch: Watch) -> Iterator[None]:
    """Call for attention while a look does not end: whoever drips must not silence the alarms."""
    ended = threading.Event()

    def keep() -> None:
        began = moved = time.monotonic()
        progress = observing.progress
        while not ended.wait(_VIGIL_SECONDS):
            now = time.monotonic()
            if observing.progress != progress:
                progress, moved = observing.progress, now
            _say_changes(watch.overdue(silent=now - moved, seconds=now - began))

    thread = threading.Thread(target=keep, name="vigil", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def serving_mirror(folder: Path, host: str, port: int) -> Iterator[None]:
    """Show the mirror to everybody while the context lasts, in a thread of its own.

    Raises:
        UnavailableError: The address cannot be had.
    """
    # The server is imported only where one is run.
    connections = importlib.import_module("psephos.server.connections")
    static = importlib.import_module("psephos.server.mirror")
    heard = connections.log_to_stderr(SystemClock())
    listening = connections.listen(host, port)
    server = connections.server_of(static.create_app(folder))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    heard("listening", address=connections.address_of(listening))
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _say_changes(changes: Iterable[Change]) -> None:
    for change in changes:
        _say("alarm" if change.begins else "all-clear", alarm=change.alarm, reason=change.reason)


def _say(event: str, **fields: str | int) -> None:
    say(event_line(SystemClock().now(), event, **fields))
