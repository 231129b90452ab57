"""The charter's part about the board: whose log, which organisers sign, whose cosignatures count, when it closes.

A charter without this part is of a referendum that is held by files only.

Organisers sign notes (c2sp.org/signed-note), `organisers_needed` of them at least. What they sign begins with a line
of its own for each purpose and names the charter, so that no signature is good for anything else:

    the charter itself, and a newline
    psephos/setup/1          charter, setup, the archive's timestamp
    psephos/closing-time/1   charter, number of the change, the new closing time
    psephos/time/1           charter, what time it is (only where observers cannot say so)
    psephos/booth/1          charter, number of the publication, the booth's files (see `record.booth`)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from psephos.board.cosignature import verifiers_of
from psephos.board.note import (
    Note,
    SignatureLine,
    SignatureType,
    VerifierKey,
    read_note,
    read_size,
    read_verifier_key,
    verify_note,
    write_note,
)
from psephos.board.policy import Log, Policy, read_policy
from psephos.errors import InvalidProofError, MalformedError, MismatchError
from psephos.ports import UnixSeconds
from psephos.record.board_terms import LATEST_TIME, BoardTerms

_SETUP = "psephos/setup/1"
_CLOSING_TIME = "psephos/closing-time/1"
_TIME = "psephos/time/1"


@dataclass(frozen=True)
class Terms:
    """The terms with their keys and policies read.

    Attributes:
        wire: As the charter says them.
        logs: The key of the log that is spoken of, then those of the charter's others: first its own, then standbys.
        organisers: Their keys, in the charter's order.
        receipts: See `BoardTerms`; about any of the logs.
        tally: See `BoardTerms`; likewise.
    """

    wire: BoardTerms
    logs: tuple[VerifierKey, ...]
    organisers: tuple[VerifierKey, ...]
    receipts: Policy
    tally: Policy

    @property
    def origin(self) -> str:
        """The log's origin."""
        return self.logs[0].name

    def under(self, log: VerifierKey) -> Terms:
        """The same terms as they read where another of the charter's logs has taken over: that log comes first."""
        return replace(self, logs=(log, *(key for key in self.logs if key != log)))


def read_terms(wire: BoardTerms) -> Terms:
    """Read the keys and policies of a charter's terms, and check that they fit each other.

    Raises:
        MalformedError: They do not; says which.
        UnsupportedError: A key is of a type that we cannot check.
    """
    at = "/board"
    logs = tuple(_read_plain_key(key, at=f"{at}/log") for key in (wire.log, *wire.standby))
    if len({key.name for key in logs}) != len(logs):
        raise MalformedError("charter: two logs have one name", at=f"{at}/standby")
    organisers = tuple(_read_plain_key(key, at=f"{at}/organisers") for key in wire.organisers)
    if wire.organisers_needed > len(organisers):
        count = f"{wire.organisers_needed} of {len(organisers)}"
        raise MalformedError(f"charter: {count} organisers must sign", at=f"{at}/organisers_needed")
    policies = [
        _read_policy(text, logs, at=f"{at}/{name}")
        for name, text in (("receipts", wire.receipts), ("tally", wire.tally))
    ]
    # > Same public key must not be reused across … cosigners. A policy sees to that among its own keys.
    plain = [key.public for key in (*logs, *organisers)]
    observers = {witness.key.public for policy in policies for witness in policy.witnesses}
    if len(set(plain)) != len(plain) or observers & set(plain):
        raise MalformedError("charter: one key has two purposes", at=at)
    if len({(key.name, key.key_id) for key in organisers}) != len(organisers):
        raise MalformedError("charter: two organisers' keys have one name and ID", at=f"{at}/organisers")
    if not wire.opens_at < wire.earliest_close <= wire.closes_at <= wire.latest_close:
        raise MalformedError(
            "charter: opening, earliest, planned and latest closing time are not in this order", at=f"{at}/closes_at"
        )
    return Terms(wire, logs, organisers, *policies)


def _read_plain_key(text: str, *, at: str) -> VerifierKey:
    key = read_verifier_key(text, at=at)
    if key.kind is not SignatureType.ED25519:
        raise MalformedError("charter: not a key that signs notes (Ed25519, type 0x01)", at=at)
    return key


def _read_policy(text: str, logs: tuple[VerifierKey, ...], *, at: str) -> Policy:
    try:
        policy = read_policy(text.encode())
    except MalformedError as error:
        raise MalformedError(f"charter: {error.message}", at=f"{at}, {error.at}" if error.at else at) from None
    listed = {log.key: log for log in policy.logs}
    if logs[0] not in listed or not set(listed) <= set(logs):
        raise MalformedError("charter: the policy is not about this log", at=at)
    # Observers are asked about a standby log, too, once it has taken over. The text need not say so: some programs want
    # every log that is listed to have signed.
    return replace(policy, logs=tuple(listed.get(key, Log(key)) for key in logs))


def charter_text(charter: bytes) -> bytes:
    """What organisers sign to put a charter into force."""
    return charter + b"\n"


def setup_text(*, charter: str, setup: str, timestamp: UnixSeconds) -> bytes:
    """What organisers sign to set the election up.

    Args:
        charter: Fingerprint of the charter.
        setup: Fingerprint of the setup, the one that trustees and registrars accept.
        timestamp: When the archive was begun, as its headers say.
    """
    return _lines(_SETUP, charter, setup, timestamp)


def closing_time_text(*, charter: str, number: int, closes_at: UnixSeconds) -> bytes:
    """What organisers sign to move the closing time.

    Args:
        charter: Fingerprint of the charter.
        number: 1 for the first change, and so on: an older one cannot be put into force again.
        closes_at: The new closing time.
    """
    return _lines(_CLOSING_TIME, charter, number, closes_at)


def time_text(*, charter: str, now: UnixSeconds) -> bytes:
    """What organisers sign to say what time it is, where no quorum of observers can."""
    return _lines(_TIME, charter, now)


def is_time_text(text: bytes) -> bool:
    """Whether a note's text is organisers' word on the time."""
    return text.startswith(f"{_TIME}\n".encode())


def read_setup_text(text: bytes, *, charter: str, setup: str) -> UnixSeconds:
    """The archive's timestamp in what organisers signed.

    Raises:
        MismatchError: They signed something else.
    """
    timestamp = _number(text, -1, at="timestamp")
    if text != setup_text(charter=charter, setup=setup, timestamp=timestamp):
        raise MismatchError("the organisers signed something else than this setup", at="signed setup")
    return timestamp


def read_closing_time_text(text: bytes, *, charter: str) -> tuple[int, UnixSeconds]:
    """Number of the change and new closing time in what organisers signed.

    Raises:
        MismatchError: They signed something else.
    """
    number, closes_at = _number(text, -2, at="number"), _number(text, -1, at="closing time")
    if text != closing_time_text(charter=charter, number=number, closes_at=closes_at):
        raise MismatchError("the organisers signed something else than a closing time", at="closing time")
    return number, closes_at


def read_time_text(text: bytes, *, charter: str) -> UnixSeconds:
    """The time in what organisers signed.

    Raises:
        MismatchError: They signed something else.
    """
    now = _number(text, -1, at="time")
    if text != time_text(charter=charter, now=now):
        raise MismatchError("the organisers signed something else than the time", at="time")
    return now


def _lines(*values: str | int) -> bytes:
    return "".join(f"{value}\n" for value in values).encode()


def _number(text: bytes, place: int, *, at: str) -> UnixSeconds:
    lines = text.removesuffix(b"\n").split(b"\n")
    try:
        number = read_size(lines[place].decode("ascii"), at=at)
    except (UnicodeDecodeError, IndexError):
        number = -1
    if not 0 <= number <= LATEST_TIME:
        raise MalformedError("not a number that can stand here", at=at)
    return UnixSeconds(number)


def write_organisers_note(text: bytes, lines: Iterable[SignatureLine], terms: Terms) -> bytes:
    """A note that organisers signed, in its one form: their lines in the charter's order."""
    order = {(key.name, key.key_id): place for place, key in enumerate(terms.organisers)}
    known = [line for line in lines if (line.name, line.key_id) in order]
    return write_note(Note(text, tuple(sorted(known, key=lambda line: order[line.name, line.key_id]))))


def verify_organisers_note(received: bytes, terms: Terms) -> bytes:
    """Check that enough organisers signed a note, and nobody else.

    Returns:
        What they signed.

    Raises:
        MalformedError: Not a note, or with other lines than those of organisers, once each, in the charter's order.
        InvalidProofError: A signature does not hold, or they are too few.
    """
    note = read_note(received)
    keys = [(key.name, key.key_id) for key in terms.organisers]
    signed = [(line.name, line.key_id) for line in note.signatures]
    if signed != [pair for pair in keys if pair in set(signed)]:
        raise MalformedError("not signed by organisers only, once each, in the charter's order", at="signatures")
    verify_note(note, verifiers_of(terms.organisers))
    if len(signed) < terms.wire.organisers_needed:
        raise InvalidProofError(
            f"{len(signed)} organisers have signed, and {terms.wire.organisers_needed} must", at="signatures"
        )
    return note.text
