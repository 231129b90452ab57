"""A relay put together in an observer's directory.

DIR/relay.key, relay.vkey   the key that signs what the relay says, and its public half
DIR/relay/                  what it holds; see `relay_store`
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psephos.adapters.files import read_message
from psephos.adapters.handing_in import HandingIn
from psephos.adapters.http import DirectoryFetcher, HttpFetcher, Web
from psephos.adapters.known_board import open_board
from psephos.adapters.note_keys import create_signer, read_signer
from psephos.adapters.observer_store import ObserverStore
from psephos.adapters.observing import DATABASE, EVIDENCE, VERDICTS
from psephos.adapters.relay import Party, Relay, Say, Target
from psephos.adapters.relay_store import RelayStore
from psephos.board.client import Fetcher
from psephos.board.note import Ed25519Signer, read_verifier_key
from psephos.errors import (
    InvalidProofError,
    MalformedError,
    MismatchError,
    PsephosError,
    QuorumError,
    RefusedError,
    UnavailableError,
)
from psephos.ports import Clock
from psephos.protocol.ballot import BallotForm
from psephos.protocol.encoding import sha256_hex
from psephos.record.acceptance import Setup
from psephos.record.admission import BallotAdmission
from psephos.record.electorate import read_electorate
from psephos.record.reading import KnownCharter, OpenedBoard
from psephos.roles.voter_board import read_vote

OBSERVER_KEYS = "observer.vkeys"
_KEY, _PUBLIC, _HELD, _LOCK, _MIRROR = "relay.key", "relay.vkey", "relay", "relay.lock", "mirror"
_VERIFYING, _RELAYING = "/v", "/r"
_NOT_SHOWN = (InvalidProofError, MalformedError, QuorumError, UnavailableError)
"""What a place can cause that withholds or damages files, and that says nothing about the vote."""
_CONNECT, _READ, _TOTAL = 3.0, 8.0, 10.0
"""A voter waits while a board is asked."""


@contextmanager
def open_relay(
    home: Path,
    urls: Sequence[str],
    *,
    charter: bytes | None,
    most: int,
    clock: Clock,
    say: Say,
    fresh: Callable[[int], bytes],
) -> Iterator[Relay]:
    """Put a relay together.

    Args:
        home: The observer's directory.
        urls: Of the board, then of the standby logs' boards.
        charter: The charter; None for the one that the observer goes by.
        most: How many ballots it holds at most.
        clock: Its own.
        say: Takes an event and its values, for the log.
        fresh: Gives so many random bytes.

    Raises:
        RefusedError: The directory is not an observer's, does not know a charter, or another process has it.
        MismatchError: The charter is another than the one that the observer goes by.
        OutOfTurnError: The vote is not open yet, or is over.
        QuorumError: The observers have not countersigned it.
        UnavailableError: Neither a board nor the observer's mirror shows the vote.
    """
    if not (home / DATABASE).exists():
        raise RefusedError(f"{home} is not an observer's directory", hint="psephos observer init")
    known = ObserverStore.charter_in(home / VERDICTS)
    if known is not None and charter not in {None, known}:
        raise MismatchError("this observer goes by another charter", at=str(home))
    expected = charter or known
    if expected is None:
        raise RefusedError("this observer does not know a charter yet", hint="--charter, or observer follow first")
    with Web(connect=_CONNECT, read=_READ, total=_TOTAL) as web:
        targets = [Target(url, HandingIn(web, url, patience=0), HttpFetcher(web, url)) for url in urls]
        places: list[Fetcher] = [*(target.fetcher for target in targets), DirectoryFetcher(home / _MIRROR)]
        board, setup, listed = _open(places, KnownCharter(expected))
        party = Party(_signer(home, fresh), sha256_hex(expected), board.terms.receipts, home / EVIDENCE)
        with _alone(home / _LOCK):
            store = RelayStore(home / _HELD, most=most)
            yield Relay(store, _admission(board, setup, listed), targets, party=party, clock=clock, say=say)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes out: two relays would number what they hold twice, and the order of ballots be lost."""
    try:
        file = path.open("ab")
    except OSError as error:
        raise UnavailableError(f"{path}: {error.strerror or error}", at=str(path)) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError("another process relays from this directory", at=str(path.parent)) from None
        yield


def _open(places: Sequence[Fetcher], known: KnownCharter) -> tuple[OpenedBoard, Setup, bytes]:
    """The vote, from the first place that shows all of it: the network may be cut, a board may hide what it can.

    Raises:
        PsephosError: No place shows it; says what is wrong with the first.
    """
    first: PsephosError | None = None
    for fetcher in places:
        try:
            board = open_board(fetcher, known)
            board.check_quorum()
            return board, *read_vote(board)
        except _NOT_SHOWN as error:
            first = first or error
    raise first or UnavailableError("no board was named")


def _admission(board: OpenedBoard, setup: Setup, listed: bytes) -> BallotAdmission[None]:
    electorate = read_electorate([listed], len(listed), setup.election.group)
    wire = board.terms.wire
    form = BallotForm(setup.election)
    return BallotAdmission(
        form,
        electorate,
        largest=wire.largest_ballot,
        per_hour=wire.ballots_per_hour,
        known=lambda entries: [None] * len(entries),
    )


def _signer(home: Path, fresh: Callable[[int], bytes]) -> Ed25519Signer:
    """The key for relaying, made when it is needed first: it does nothing else, and nothing that others rely on."""
    if (home / _KEY).exists():
        return read_signer(home / _KEY)
    first = read_verifier_key(read_message(home / OBSERVER_KEYS).decode(errors="replace").partition("\n")[0])
    name = first.name.removesuffix(_VERIFYING) + _RELAYING
    return create_signer(home / _KEY, home / _PUBLIC, name=name, fresh=fresh)
