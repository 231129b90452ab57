"""What commands about a board share: which charter is known, and how something is handed in and acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from psephos.adapters.cores import spread_over_cores
from psephos.adapters.files import read_message
from psephos.adapters.handing_in import HandingIn
from psephos.adapters.http import Web
from psephos.board.merkle import hash_leaf
from psephos.board.note import VerifierKey
from psephos.board.policy import Observed, Policy, count_quorum, verify_checkpoint
from psephos.board.proof import Receipt, verify_receipt
from psephos.cli.terminal import say
from psephos.errors import MismatchError, QuorumError
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.reading import KnownCharter, OpenedBoard
from psephos.record.relaying import Relayed, charter_in, verify_relayed
from psephos.record.state import RecordState, judge_log

_Command = TypeVar("_Command", bound=Callable[..., object])
_file = click.Path(path_type=Path, dir_okay=False)


def charter_options(command: _Command) -> _Command:
    """`--charter` and `--fingerprint`: what the reader knows of the charter."""
    fingerprint = click.option(
        "--fingerprint", metavar="HEX", help="The charter's fingerprint, if you have not the charter itself."
    )
    charter = click.option("--charter", type=_file, help="The charter that you know: the board must be of it.")
    return charter(fingerprint(command))


def known_charter(charter: Path | None, fingerprint: str | None) -> KnownCharter:
    """What was given; it is asked for otherwise."""
    if charter is not None:
        return KnownCharter(read_message(charter))
    if fingerprint is None:
        say("Which referendum is it? Ask for the fingerprint of its charter over a channel that you trust:")
        say("a newspaper, an observer, somebody you know. Do not take it from the board.")
        fingerprint = str(click.prompt("Fingerprint", err=True))
    return KnownCharter(told=fingerprint)


def judge(board: OpenedBoard) -> RecordState:
    """What a board says, with every rule checked, on all cores.

    Raises:
        MismatchError: By the observers' decision, another log goes on with this record.
        UnavailableError: Something could not be had, or is not what the log has signed.
    """
    with spread_over_cores() as (spread, width):
        state = RecordState(board.source, spread=spread, width=width)
        for _ in judge_log(board.source, state):
            pass
    if state.log is not None and state.log.name != board.note.checkpoint.origin:
        raise MismatchError(
            f"the record stands in the log {state.log.name} now, by the observers' decision",
            at=board.note.checkpoint.origin,
            hint="use that board's address",
        )
    return state


@dataclass(frozen=True)
class Acknowledged:
    """What a board has acknowledged, with a receipt that holds.

    Attributes:
        receipt: Its proof, under a checkpoint that the log has signed.
        final: Whether the observers' quorum has cosigned it, too.
        words: How many have.
    """

    receipt: Receipt
    final: bool
    words: str


def acknowledge(receipt: Receipt, entry: bytes, policy: Policy) -> Acknowledged:
    """Check a receipt.

    Raises:
        InvalidProofError: It proves nothing about this entry, or is not signed by this log.
    """
    final = True
    try:
        observed = verify_receipt(receipt, leaf=hash_leaf(entry), policy=policy)
    except QuorumError:
        final, observed = False, verify_checkpoint(receipt.signed, policy)
    return Acknowledged(receipt, final, count_in_words(observed, policy, final=final))


def check_word(word: bytes, key: VerifierKey, *, ballot: bytes, known: KnownCharter) -> Relayed:
    """What a relay has signed about a ballot.

    Raises:
        MalformedError, MismatchError, InvalidProofError: It has signed something else, or did not sign.
    """
    charter = charter_in(word)
    known.check_name(charter)
    return verify_relayed(word, key, charter=charter, ballot=sha256_hex(ballot))


def count_in_words(observed: Observed, policy: Policy, *, final: bool) -> str:
    """How many observers have cosigned, and whether they are enough."""
    found = count_quorum(observed.cosignatures, policy)
    if not found.need:
        return "final: no observer has to cosign"
    count = f"{found.have} of {found.of} observers have cosigned"
    return f"final: {count}" if final else f"provisional: {count}, and {found.need} must"


def hand_in(url: str, kind: EntryKind, contents: Sequence[bytes], policy: Policy, *, salt: bytes = b"") -> Acknowledged:
    """Bring an entry to a board, with the objects that it names.

    Raises:
        PsephosError: The board declines; or what it answers is no receipt of this entry.
        UnavailableError: It could not be reached.
    """
    entry, blobs = make_board_entry(kind, contents, salt=salt)
    with Web() as web:
        box = HandingIn(web, url)
        receipt = box.ballot(contents[0]) if kind is EntryKind.BALLOT else box.entry(entry, list(blobs.values()))
    return acknowledge(receipt, entry, policy)


def say_acknowledged(what: str, acknowledged: Acknowledged) -> None:
    """What was handed in stands in the log."""
    say(f"{what}: entry {acknowledged.receipt.index} of the log; {acknowledged.words}")
