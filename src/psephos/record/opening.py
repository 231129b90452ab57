"""What puts a vote on the board into motion: the signed charter, and the signed setup."""

from __future__ import annotations

from dataclasses import dataclass

from psephos.board.note import read_note
from psephos.errors import MismatchError, RefusedError, UnsupportedError
from psephos.protocol.credentials import Electorate
from psephos.protocol.election import read_election
from psephos.protocol.encoding import read_json
from psephos.protocol.group import Element, read_element
from psephos.protocol.trustees import read_trustees
from psephos.record.acceptance import Setup, check_setup, registrar_party, trustee_party, trustee_signing_keys
from psephos.record.board_entries import BoardEntry, LogSource, Part
from psephos.record.charter import Charter, fingerprint, read_charter
from psephos.record.derivation import read_part, read_small_part
from psephos.record.electorate import read_electorate
from psephos.record.entries import SetupData
from psephos.record.rules import Reason, excluding
from psephos.record.terms import (
    Terms,
    read_setup_text,
    read_terms,
    verify_organisers_note,
)


@dataclass(frozen=True)
class SignedCharter:
    """A charter that is in force.

    Attributes:
        received: Its bytes, as its fingerprint covers them.
        charter: What it says.
        terms: What it says about the board.
    """

    received: bytes
    charter: Charter
    terms: Terms


def read_signed_charter(entry: BoardEntry, source: LogSource) -> SignedCharter:
    """Read entry 0 and check that enough of the organisers whom it names have signed it.

    That they are the right organisers is for its reader: compare its fingerprint over another channel.

    Raises:
        MalformedError: Not a note, not a charter, or one without a board.
        InvalidProofError: Too few have signed, or a signature does not hold.
        UnavailableError: It is a blob and cannot be had now.
    """
    note = read_small_part(entry.parts[0], source)
    received = read_note(note).text.removesuffix(b"\n")
    charter = read_charter(received)
    if charter.board is None:
        raise MismatchError("the charter is of a referendum without a board", at="/board")
    terms = read_terms(charter.board)
    verify_organisers_note(note, terms)
    return SignedCharter(received, charter, terms)


@dataclass(frozen=True)
class SignedSetup:
    """A setup that holds.

    Attributes:
        setup: Election and trustees.
        electorate: Who may vote.
        timestamp: The archive's.
        parties: Who has to accept it, and the keys with which they sign.
    """

    setup: Setup
    electorate: Electorate
    timestamp: int
    parties: dict[str, Element]


def read_signed_setup(entry: BoardEntry, source: LogSource, signed: SignedCharter) -> SignedSetup:
    """Read a Setup entry and check all that can be checked of it.

    Args:
        entry: The entry.
        source: For its blobs.
        signed: The charter in force.

    Raises:
        ExcludedError: The organisers have not signed it, or something in it does not hold.
        UnavailableError: A blob cannot be had now.
    """
    election_part, trustees_part, credentials, data, note = entry.parts
    with excluding(Reason.UNSIGNED):
        text = verify_organisers_note(note.content or b"", signed.terms)
        timestamp = read_setup_text(text, charter=fingerprint(signed.received), setup=data.digest)
    with excluding(Reason.SETUP):
        _check_named(data, [election_part, trustees_part, credentials])
        election = read_election(read_small_part(election_part, source))
        trustees = read_trustees(read_small_part(trustees_part, source), election.group)
        if election.public_key != trustees.public_key:
            raise MismatchError("the election's key is not the trustees' key", at="/public_key")
        setup = Setup(data.digest, election, trustees, credentials.digest)
        check_setup(setup, signed.received)
        electorate = _read_voters(credentials, source, setup)
    return SignedSetup(setup, electorate, timestamp, _parties(setup, signed.charter))


def _check_named(data: Part, parts: list[Part]) -> None:
    wire = read_json(data.content or b"", SetupData, what="setup data")
    if wire.credentials_certificate is not None:
        raise UnsupportedError("a credentials certificate has no place on a board", at="/credentials_certificate")
    if [wire.election, wire.trustees, wire.credentials] != [part.digest for part in parts]:
        raise MismatchError("the setup does not come with what it names", at="setup data")


def _read_voters(credentials: Part, source: LogSource, setup: Setup) -> Electorate:
    # A blob that is not the one named says nothing about the setup: find that out before a word of it is read.
    for _ in read_part(credentials, source):
        pass
    electorate = read_electorate(read_part(credentials, source), credentials.size, setup.election.group)
    if electorate.weighted:
        raise RefusedError("weighted votes are forbidden in a referendum", at="credentials")
    return electorate


def _parties(setup: Setup, charter: Charter) -> dict[str, Element]:
    group = setup.election.group
    trustees = enumerate(trustee_signing_keys(setup.trustees, group), start=1)
    registrars = enumerate((read_element(group, one.key, at="/registrars") for one in charter.registrars), start=1)
    return {
        **{trustee_party(number): key for number, key in trustees},
        **{registrar_party(number): key for number, key in registrars},
    }
