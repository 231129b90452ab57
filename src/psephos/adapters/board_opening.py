"""Putting a board's service together from its directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psephos.adapters.ballot_box import Answers, BallotBox, Doors
from psephos.adapters.board_directory import check_charter_note, read_charter_note, read_log_key
from psephos.adapters.board_parts import Parts, ServiceSettings
from psephos.adapters.board_service import BoardService
from psephos.adapters.board_source import StoredLog
from psephos.adapters.buckets import Buckets
from psephos.adapters.confirmation import Confirmation
from psephos.adapters.cosignature_store import CosignatureStore
from psephos.adapters.cosigning import Cosigning
from psephos.adapters.gossip import Gossip
from psephos.adapters.http import Web
from psephos.adapters.running_record import RunningRecord
from psephos.board.disk import open_stores
from psephos.board.log import Log
from psephos.board.note import VerifierKey
from psephos.board.storage import FatalError
from psephos.errors import RefusedError
from psephos.ports import Clock

_COSIGNATURES = "state/cosignatures.db"


@dataclass(frozen=True, slots=True)
class Opened:
    """A service that runs.

    Attributes:
        service: Takes things in.
        cosigning: Takes cosignatures in.
        gossip: What others were shown.
        log: The log.
        buckets: The look-up buckets.
        public: The folder that anybody may read.
    """

    service: BoardService
    cosigning: Cosigning
    gossip: Gossip
    log: Log
    buckets: Buckets
    public: Path


@contextmanager
def open_service(
    directory: Path,
    *,
    clock: Clock,
    settings: ServiceSettings,
    say: Callable[..., None],
    on_fatal: Callable[[FatalError], None],
) -> Iterator[Opened]:
    """Start a board; when the context ends, what was accepted is committed.

    Args:
        directory: The server's.
        clock: Tells the time.
        settings: The operator's.
        say: Takes an event and its values.
        on_fatal: Ends the process.

    Raises:
        RefusedError: There is no charter; or what is stored is not the log's own, newest state.
        PsephosError: Something else is wrong with what is stored.
        FatalError: Something could not be read or written.
    """
    signer, note = read_log_key(directory), read_charter_note(directory)
    terms = check_charter_note(note, signer).terms.under(signer.key)
    with ExitStack() as stack:
        stores = stack.enter_context(open_stores(directory, signer.key.name))
        log = Log(stores, signer, now=clock.now(), settings=settings.log, on_fatal=on_fatal)
        store = stack.enter_context(closing(_cosignatures(directory, log)))
        web = stack.enter_context(Web(connect=3.0, read=5.0, total=10.0))
        refresh = settings.refresh
        cosigning = Cosigning(log, terms, store, web=web, clock=clock, say=say, refresh=refresh)
        source = StoredLog(stores.storage, directory, size=lambda: log.signed.head.size)
        key = signer.key
        parts = _parts(log, source, cosigning, key=key, directory=directory, clock=clock, settings=settings, say=say)
        service = BoardService(
            parts,
            directory=directory,
            note=note,
            terms=terms,
            clock=clock,
            settings=settings,
            say=say,
            on_fatal=on_fatal,
        )
        stack.callback(service.stop)
        service.start()
        gossip = Gossip(log, signer.key, directory=directory, say=say, hear=parts.confirmation.hear)
        yield Opened(service, cosigning, gossip, log, parts.buckets, directory / "pub")


def _cosignatures(directory: Path, log: Log) -> CosignatureStore:
    """What was collected for this log.

    Raises:
        RefusedError: A larger tree than the log's was cosigned.
    """
    store = CosignatureStore(directory / _COSIGNATURES)
    if store.largest() > log.signed.head.size:
        size = store.largest()
        store.close()
        raise RefusedError(
            f"size {size} was cosigned, and the head has {log.signed.head.size}",
            at=str(directory),
            hint="the head's database is from a backup: find the newest one, or start the log's successor",
        )
    return store


def _parts(
    log: Log,
    source: StoredLog,
    cosigning: Cosigning,
    *,
    key: VerifierKey,
    directory: Path,
    clock: Clock,
    settings: ServiceSettings,
    say: Callable[..., None],
) -> Parts:
    """The ballot box, the meaning of what is in the log, the look-up buckets, and whether the board may write."""
    answers, doors = Answers(), Doors(key)
    buckets = Buckets(directory, every=settings.buckets, failed=lambda reason: say("trouble", reason=reason))
    box = BallotBox(
        log,
        doors,
        answers,
        clock=clock,
        gather=settings.gather,
        fault=lambda error: say("fault", reason=repr(error)),
    )
    record = RunningRecord(source, doors, buckets, checked=box.checked, known=log.find, say=say)
    confirmation = Confirmation(log, cosigning, say=say)
    cosigning.hear = confirmation.hear
    return Parts(log, record, answers, doors, box, buckets, cosigning, confirmation)
