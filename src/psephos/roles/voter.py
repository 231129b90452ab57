"""The voter: encrypts a choice, and casts the ballot by signing it.

Her choice and her credential are secrets: they are in no message, no error and no file that these functions return.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

import msgspec

from psephos.errors import MalformedError, MismatchError, OutOfTurnError, PsephosError
from psephos.ports import ByteSource
from psephos.protocol import casting, credentials
from psephos.protocol.ballot import BallotForm
from psephos.protocol.casting import UnsignedBallots
from psephos.protocol.election import Election, Question
from psephos.protocol.encoding import read_json, sha256_base64, sha256_hex
from psephos.protocol.group import Elements, Randomness, Secrets
from psephos.record.acceptance import check_setup, read_setup
from psephos.record.archive import BLOCK, Archive
from psephos.record.charter import fingerprint_in
from psephos.record.entries import Event, read_entries
from psephos.record.phases import EventKind, Phase, next_phase

BLANK = "blank"
NONE = "none"
MOST_HALVES = 2
_LIST = 2
_GROUP = 4


class Vote(msgspec.Struct, frozen=True):
    """What a voter reads from a record: the election, and who may vote.

    Attributes:
        election: As it stands in the record.
        charter: Fingerprint of its charter; None if it has none.
        setup: Fingerprint of the whole setup.
        listed: The list of public credentials, as its bytes.
    """

    election: Election
    charter: str | None
    setup: str
    listed: bytes


class Tracker(msgspec.Struct, frozen=True):
    """A ballot's fingerprint, as a voter keeps it.

    Attributes:
        fingerprint: SHA-256 in hexadecimal, as the record and files name the ballot.
        base64: As Belenios shows it.
        base32: The same in groups of four, to read out or to write down.
    """

    fingerprint: str
    base64: str
    base32: str


def read_vote(source: ByteSource, charter: bytes | None) -> Vote:
    """Read a record's setup; nobody's ballot is read.

    Args:
        source: setup.bel or record.bel.
        charter: The charter that the voter knows; None if she has none.

    Raises:
        OutOfTurnError: The record has no setup, or the vote is over.
        MalformedError, InvalidProofError: Its setup does not hold.
        MismatchError: It is not the vote that the charter defines.
    """
    setup = read_setup(source)
    if charter is not None:
        check_setup(setup, charter)
    archive = Archive(source)
    _check_open(archive, source.size())
    listed = b"".join(archive.stream(next(read_entries(archive)).data[_LIST]))
    return Vote(setup.election, fingerprint_in(setup.election.description), setup.fingerprint, listed)


def _check_open(archive: Archive, size: int) -> None:
    """Look at the last event only: a copy of the record that says that the vote is over is of no use to a voter.

    Raises:
        OutOfTurnError: It does.
        MalformedError: The record does not end with an event.
    """
    last = archive.record_at(size - 2 * BLOCK)
    if last.kind != "event" or last.content is None:
        raise MalformedError("the record does not end with an event", at=f"byte {last.offset}", hint="fetch it again")
    event = read_json(last.content, Event, what="last event")
    if event.type not in {EventKind.SETUP, EventKind.BALLOT}:
        raise OutOfTurnError(
            f"the vote is over: the record ends with {event.type}",
            hint="no ballot is counted that comes after EndBallots",
        )


def read_credential(typed: str) -> list[str]:
    """The lines of a credential file: a credential, or its two halves.

    Raises:
        MalformedError: Says what is wrong without repeating the credential.
    """
    lines = [line for line in typed.splitlines() if line.strip()]
    if not 1 <= len(lines) <= MOST_HALVES:
        raise MalformedError(f"a credential is one line, or two lines for two halves; these are {len(lines)}")
    halves = [credentials.read_typed(line) for line in lines]
    if len(set(halves)) != len(halves):
        raise MalformedError("the two halves are the same", hint="each registrar sent you another half")
    return halves


def open_credential(vote: Vote, halves: Sequence[str]) -> tuple[Secrets, Elements]:
    """A voter's secret, and her public credential, which must be listed.

    Args:
        vote: The vote.
        halves: A credential, or its two halves; the secret is their sum.

    Raises:
        MismatchError: The public credential is not listed: another credential, or another election.
    """
    secret = credentials.derive_secrets(vote.election.group, vote.election.uuid, halves).total()
    public = secret.public()
    text = public.texts()[0].encode()
    if b'"%s"' % text not in vote.listed and b'"%s,' % text not in vote.listed:
        hint = "check the credential, and that it is for this election"
        if len(halves) == 1:
            hint += "; if two registrars each sent you a half, give both"
        raise MismatchError("this credential is not listed in this election", hint=hint)
    return secret, public


def read_choice(election: Election, typed: str) -> list[list[int]]:
    """A voter's choice, as the vectors that are encrypted.

    Args:
        election: The election.
        typed: One line per question: numbers of answers from 1, separated by commas; or `blank`; or `none`.

    Raises:
        MalformedError: Not a choice that the election allows; the message does not repeat it.
    """
    lines = typed.removesuffix("\n").split("\n")
    if len(lines) != len(election.questions):
        raise MalformedError(
            f"the choice has {len(lines)} lines, and the election {len(election.questions)} questions",
            hint="one line per question",
        )
    return [
        read_answer(question, line, number=number)
        for number, (question, line) in enumerate(zip(election.questions, lines, strict=True), start=1)
    ]


def read_answer(question: Question, typed: str, *, number: int) -> list[int]:
    """A voter's answer to one question.

    Args:
        question: The question.
        typed: Numbers of answers from 1, separated by commas; or `blank`; or `none`.
        number: The question's number, for errors.

    Raises:
        MalformedError: Not an answer that the question allows; the message does not repeat it.
    """
    word = typed.strip().lower()
    try:
        if word == BLANK:
            return casting.selection(question, [], blank=True)
        chosen = [] if word == NONE else [_answer_number(part) - 1 for part in word.split(",")]
        return casting.selection(question, chosen)
    except MalformedError as error:
        raise MalformedError(error.message, at=f"question {number}", hint=explain_answers(question)) from None


def _answer_number(typed: str) -> int:
    digits = typed.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > len("1000"):
        raise MalformedError("an answer is given by its number")
    return int(digits)


def explain_answers(question: Question) -> str:
    """What may be typed for a question."""
    count = str(question.min) if question.min == question.max else f"{question.min} to {question.max}"
    text = f"type {count} of the numbers 1 to {len(question.answers)}"
    if question.max > 1:
        text += ", separated by commas"
    if question.min == 0:
        text += f", or {NONE}"
    return f"{text}, or {BLANK}" if question.blank_allowed else text


def encrypt(
    election: Election, credential: tuple[Secrets, Elements], choice: Sequence[Sequence[int]], rng: Randomness
) -> UnsignedBallots:
    """Encrypt a choice and prove that it is one.

    Args:
        election: The election.
        credential: The voter's secret and her public credential.
        choice: See `read_choice`.
        rng: Where randomness comes from.

    Raises:
        PsephosError: The ballot does not verify: a fault of this computer.
    """
    unsigned = casting.encrypt(BallotForm(election), credential[1], [choice], rng)
    cast(election, credential, unsigned, rng)
    return unsigned


def cast(election: Election, credential: tuple[Secrets, Elements], unsigned: UnsignedBallots, rng: Randomness) -> bytes:
    """Sign a ballot, and check it as the ballot box will.

    Args:
        election: The election.
        credential: The voter's secret and her public credential.
        unsigned: The ballot, encrypted before.
        rng: Where randomness comes from.

    Raises:
        MalformedError, InvalidProofError: It is not a ballot of this election.
        MismatchError: It was encrypted for another credential or another election.
    """
    secret, public = credential
    form = BallotForm(election)
    (signed,) = casting.sign(unsigned, secret, rng)
    chunk, faults = form.read([signed])
    _raise_first(faults)
    if chunk.credentials() != public.texts():
        raise MismatchError("the ballot was encrypted for another credential", at="/credential")
    _raise_first(chunk.check_signatures())
    _raise_first(chunk.check_proofs())
    return signed


def _raise_first(faults: dict[int, PsephosError]) -> None:
    for fault in faults.values():
        fault.hint = fault.hint or "encrypt the choice again for this election"
        raise fault


def read_unsigned(received: bytes) -> UnsignedBallots:
    """A ballot that was encrypted before; `cast` checks it."""
    return UnsignedBallots([received], [sha256_base64(received)])


def tracker(ballot: bytes) -> Tracker:
    """The ballot's fingerprint in its three forms."""
    letters = base64.b32encode(hashlib.sha256(ballot).digest()).decode().rstrip("=")
    groups = [letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP)]
    return Tracker(sha256_hex(ballot), sha256_base64(ballot), "-".join(groups))


class Found(msgspec.Struct, frozen=True):
    """Where a ballot stands in a record.

    Attributes:
        number: The how manieth ballot it is, from 1.
        ballots: How many there are.
        superseded: Whether a later ballot was cast with the same credential: then that one counts.
    """

    number: int
    ballots: int
    superseded: bool


def find(source: ByteSource, typed: str) -> Found | None:
    """Look for a ballot by its tracker, in a copy of the record; nobody learns who looked.

    Args:
        source: The record.
        typed: The tracker in any of its three forms.

    Returns:
        Where it stands; None if it is not there.

    Raises:
        MalformedError, MismatchError: Not a tracker; or the record is damaged, or holds this very ballot twice.
        OutOfTurnError: The record is out of order: a ballot that stands after the end of the vote is not in the count.
    """
    wanted = read_tracker(typed)
    number, credential, superseded, ballots_seen, phase = 0, b"", False, 0, Phase.EMPTY
    for entry in read_entries(Archive(source)):
        entry.check()
        phase = next_phase(phase, entry.event.type)
        if entry.event.type is not EventKind.BALLOT:
            continue
        ballots_seen += 1
        text = entry.data[0].content or b""
        if entry.data[0].digest == wanted:
            if number:
                raise MismatchError("this ballot stands in the record twice", at=f"event {entry.event.height}")
            number, credential, superseded = ballots_seen, _credential_in(text), False
        elif number and _credential_in(text) == credential:
            superseded = True
    return Found(number, ballots_seen, superseded) if number else None


def read_tracker(typed: str) -> str:
    """A tracker in any of its three forms, as a fingerprint.

    Raises:
        MalformedError: None of them.
    """
    text = "".join(typed.split())
    letters = text.replace("-", "").upper()
    if re.fullmatch("[0-9a-fA-F]{64}", text):
        return text.lower()
    if re.fullmatch("[A-Z2-7]{52}", letters):
        return base64.b32decode(letters + "====").hex()
    if re.fullmatch("[A-Za-z0-9+/]{43}", text):
        return base64.b64decode(text + "=").hex()
    raise MalformedError("not a tracker", hint="give it as your ballot was announced: in groups, base64 or hexadecimal")


def _credential_in(ballot: bytes) -> bytes:
    match = re.search(rb'"credential":"([0-9a-f]+)"', ballot)
    return match[1] if match else b""
