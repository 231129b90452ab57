"""`psephos voter` with a board: read the vote off it, hand in, keep a receipt, look a ballot up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from psephos.adapters.board_view import terms_of
from psephos.adapters.evidence_files import keep_evidence
from psephos.adapters.files import read_message, replace
from psephos.adapters.handing_in import HandingIn, HeldError
from psephos.adapters.http import Web
from psephos.adapters.known_board import board_at, open_board
from psephos.board.client import ForkError
from psephos.board.policy import Policy, read_policy, verify_checkpoint
from psephos.board.proof import read_receipt, write_receipt
from psephos.cli.board import (
    acknowledge,
    charter_options,
    check_word,
    count_in_words,
    hand_in,
    known_charter,
    say_acknowledged,
)
from psephos.cli.terminal import say, write
from psephos.errors import MalformedError, RefusedError, UnavailableError
from psephos.record.board_entries import EntryKind
from psephos.record.board_terms import show_time
from psephos.record.charter import fingerprint as fingerprint_of
from psephos.record.reading import KnownCharter
from psephos.roles import voter_board as role
from psephos.roles.voter import Vote, tracker
from psephos.verify.evidence import evidence_of_fork

_PROVISIONAL = 3
_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)
_policy = click.option("--policy", type=_file, help="Observers of your own choice, instead of the charter's.")


def read_vote(url: str, *, charter: Path | None, fingerprint: str | None) -> tuple[Vote, int]:
    """The vote as a board shows it, under a checkpoint that the observers' quorum has cosigned.

    Returns:
        The vote, and how many registrars each have made a part of the credential.

    Raises:
        QuorumError: The observers have not cosigned it.
        PsephosError: It is another vote, is not open, or something in it does not hold.
    """
    with board_at(url) as fetcher:
        board = open_board(fetcher, known_charter(charter, fingerprint))
        board.check_quorum()
        setup, listed = role.read_vote(board)
    say(f"the board: {count_in_words(board.observed, board.policy, final=True)}")
    vote = Vote(setup.election, fingerprint_of(board.received), setup.fingerprint, listed)
    return vote, len(board.charter.registrars)


@click.command("hand-in")
@click.argument("ballot", type=_file)
@click.argument("url")
@charter_options
@click.option("--receipt", "kept", type=_file, help="Keep the receipt in this file. Without it, none is kept.")
@click.option("--word", type=_file, help="If URL is a relay that holds the ballot: keep its signed word in this file.")
def hand_in_(
    *,
    ballot: Path,
    url: str,
    charter: Path | None,
    fingerprint: str | None,
    kept: Path | None,
    word: Path | None,
) -> int:
    """Hand in BALLOT to the board at URL; anybody may do that, and a ballot that comes twice is one ballot.

    BALLOT is the ballot's file, a receipt that was kept, or a file with the text of the ballot's code.

    The receipt is what a complaint needs if the ballot is missing later. Who has it can show that this ballot was
    handed in: keep one only where that is safe.

    URL may also be an observer's relay; give --charter then. Exit code 3 says that the relay holds the ballot, and that
    it is not in the log yet.
    """
    received, known = role.ballot_in(read_message(ballot)), known_charter(charter, fingerprint)
    policy = _policy_at(url, known)
    try:
        acknowledged = hand_in(url, EntryKind.BALLOT, [received], policy)
    except HeldError as held:
        return _say_held(held, url, received=received, known=known, word=word)
    if kept is not None:
        receipt = write_receipt(role.keep(acknowledged.receipt, received))
        write(kept, receipt, what="your receipt: it shows that this ballot was handed in")
    say_acknowledged("the ballot is in the log", acknowledged)
    if not acknowledged.final:
        again = f"psephos voter receipt check {kept} {url}" if kept else "psephos voter find TRACKER"
        say(f"next: {again}, in a minute: the observers cosign it")
    return 0


def _policy_at(url: str, known: KnownCharter) -> Policy:
    """Whose signatures a receipt needs: by the board, or by the charter where no board answers."""
    try:
        with board_at(url) as fetcher:
            return open_board(fetcher, known).terms.receipts
    except UnavailableError as error:
        if known.received is None:
            error.hint = "if this is a relay, give the charter itself: --charter FILE"
            raise
        say("no board answers here, or it is a relay: its answer is checked with your charter")
        return terms_of(known.received).receipts


def _say_held(held: HeldError, url: str, *, received: bytes, known: KnownCharter, word: Path | None) -> int:
    """A relay has the ballot: check its word, and say what it is worth."""
    with Web() as web:
        key = HandingIn(web, url).relays_key()
    relayed = check_word(held.word, key, ballot=received, known=known)
    if word is not None:
        write(word, held.word, what="the relay's word that it has received this ballot")
    say(f"{key.name} says that it received the ballot at {show_time(relayed.at)}; it is NOT in the log yet")
    say(f"the relay's key: {key}; compare it with what that observer has published")
    say("next: the same command again, here or at the board, until it says that the ballot is in the log")
    return _PROVISIONAL


@click.group()
def receipt() -> None:
    """The log's word that a ballot is in it, and the observers' that everybody is shown the same."""


@receipt.command()
@click.argument("file", type=_file)
@click.argument("url")
@charter_options
@_policy
@click.option("--evidence", type=_directory, default=Path("evidence"), help="Where evidence against the log goes.")
def check(
    *, file: Path, url: str, charter: Path | None, fingerprint: str | None, policy: Path | None, evidence: Path
) -> int:
    """Check the receipt in FILE against the board at URL; write the final one into FILE once the quorum has cosigned.

    Nothing that is fetched tells which ballot is meant.

    Exit code: 0 final, 1 the log broke its promise, 3 provisional, or not reached.
    """
    kept, known = read_receipt(read_message(file)), known_charter(charter, fingerprint)
    with board_at(url) as fetcher, _keeping(evidence, file):
        board = open_board(fetcher, known, newest=True)
        accepted = _own(policy, board.policy)
        entry = role.entry_in(kept)
        acknowledged = acknowledge(kept, entry, accepted)
        renewed = role.renew(kept, fetcher, accepted)
    click.echo(f"tracker      {tracker(kept.extra).base64}")
    if not acknowledged.final and renewed is not None:
        replace(file, [write_receipt(renewed)])
        acknowledged = acknowledge(renewed, entry, accepted)
        say(f"renewed {file}")
    elif not acknowledged.final:
        observed = verify_checkpoint(board.note, accepted)
        click.echo(count_in_words(observed, accepted, final=False))
        return _PROVISIONAL
    click.echo(acknowledged.words)
    return 0


@contextmanager
def _keeping(directory: Path, receipt: Path) -> Iterator[None]:
    """Keep the evidence of a fork before it is said."""
    try:
        yield
    except ForkError as fork:
        written = keep_evidence(directory, evidence_of_fork(fork))
        fork.hint = f"THE LOG BROKE ITS PROMISE: keep {receipt}, and give {written} to the observers"
        raise


def _own(file: Path | None, charters: Policy) -> Policy:
    """The policy that a reader requires.

    Raises:
        RefusedError: It is about no log of the charter.
    """
    if file is None:
        return charters
    try:
        policy = read_policy(read_message(file))
    except MalformedError as error:
        raise MalformedError(f"{file}: {error.message}", at=error.at) from None
    if not {log.key for log in policy.logs} & {log.key for log in charters.logs}:
        raise RefusedError(f"{file} is not about this log", at=str(file))
    return policy


def find_on_board(ballot: str, url: str, *, charter: Path | None, fingerprint: str | None) -> int:
    """Look a ballot up on a board by its fingerprint, and say where it stands."""
    with board_at(url) as fetcher:
        board = open_board(fetcher, known_charter(charter, fingerprint), newest=True)
        found = role.find(board, ballot)
    if found is None:
        click.echo("not found")
        say(f"hint: the log has {board.source.size()} entries, and its index lags by seconds; an index may also lie")
        say("      hand the ballot in again: it is never counted twice. Only the whole record shows that it is missing")
        return 1
    click.echo(f"entry {found.index} of {found.size}")
    say("it is in the log; whether a later one with the same credential replaced it, the whole record shows")
    return 0
