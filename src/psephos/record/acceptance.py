"""Acceptances: trustees and registrars put their names to one and the same setup before the vote opens.

Each checks its own part of the setup, compares the setup's one fingerprint with what it got over another channel,
and signs it. The organiser needs all acceptances to open.
"""

from __future__ import annotations

import re

import msgspec

from psephos.errors import MalformedError, MismatchError, OutOfTurnError
from psephos.ports import ByteSource
from psephos.protocol import proofs
from psephos.protocol.election import Election, read_election
from psephos.protocol.encoding import Digest, Wire, read_json, write_json
from psephos.protocol.group import Element, Group, Randomness, Secrets, read_element
from psephos.protocol.proofs import Proof, SignedMessage
from psephos.protocol.trustees import CertificateKeys, ThresholdParameters, TrusteeItem, Trustees, read_trustees
from psephos.record.archive import Archive
from psephos.record.charter import Charter, check_charter
from psephos.record.entries import SetupData, read_entries
from psephos.record.phases import EventKind

SHORTEST_COMPARISON = 32
"""Hexadecimal digits of a fingerprint that must be compared: 128 bits, beyond the reach of a second preimage."""

_COMPARABLE = re.compile(rf"[0-9a-f]{{{SHORTEST_COMPARISON},64}}")


class Acceptance(Wire, frozen=True):
    """One party's consent to a setup.

    Attributes:
        party: "trustee 3" or "registrar 1".
        setup: Fingerprint of the setup.
        signature: By the party's key, over both.
    """

    party: str
    setup: Digest
    signature: Proof


class Setup(msgspec.Struct, frozen=True):
    """What a record begins with.

    Attributes:
        fingerprint: The one fingerprint of the whole: SHA-256 of the Setup event's payload.
        election: Read from its received bytes.
        trustees: The trustees' structure; all its proofs were checked.
        credentials: Fingerprint of the list of public credentials.
    """

    fingerprint: str
    election: Election
    trustees: Trustees
    credentials: str


def trustee_party(index: int) -> str:
    """How an acceptance names a trustee."""
    return f"trustee {index}"


def registrar_party(index: int) -> str:
    """How an acceptance names a registrar."""
    return f"registrar {index}"


def make_acceptance(secret: Secrets, *, party: str, setup: str, rng: Randomness) -> bytes:
    """Accept a setup.

    Args:
        secret: The party's signing key.
        party: See `trustee_party` and `registrar_party`.
        setup: Fingerprint of the setup, compared over another channel before.
        rng: Where randomness comes from.
    """
    signature = proofs.sign_message(secret, rng, _signed_text(party, setup)).signature
    return write_json(Acceptance(party=party, setup=setup, signature=signature))


def read_acceptance(received: bytes) -> Acceptance:
    """Read an acceptance; its signature is not checked yet.

    Raises:
        MalformedError: Not an acceptance in its one encoding.
    """
    return read_json(received, Acceptance, what="acceptance")


def check_acceptance(received: bytes, *, party: str, key: Element, setup: str, group: Group) -> None:
    """Check that a party accepted this setup.

    Args:
        received: The message.
        party: Whose acceptance it must be.
        key: That party's public signing key.
        setup: Fingerprint of the setup.
        group: The election's group.

    Raises:
        MalformedError: Not an acceptance.
        MismatchError: By another party, or of another setup.
        InvalidProofError: The signature does not hold.
    """
    acceptance = read_acceptance(received)
    if acceptance.party != party:
        raise MismatchError(f"the acceptance of {acceptance.party[:40]!r}, not of {party}", at="/party", culprit=party)
    if acceptance.setup != setup:
        raise MismatchError("the acceptance is of another setup", at="/setup", culprit=party)
    signed = SignedMessage(message=_signed_text(party, setup), signature=acceptance.signature)
    proofs.verify_message(group, key, signed, what="acceptance", culprit=party)


def _signed_text(party: str, setup: str) -> str:
    return f"psephos/acceptance|{party}|{setup}"


def trustee_signing_keys(trustees: Trustees, group: Group) -> list[Element]:
    """The keys with which trustees sign, by number: a threshold trustee's certificate has it; a single key is its own.

    Args:
        trustees: A structure that was checked.
        group: The election's group.
    """
    keys: list[Element] = []
    for item, (_, body) in zip(
        trustees.items, read_json(trustees.received, tuple[TrusteeItem, ...], what="trustees"), strict=True
    ):
        if item.mandatory:
            keys.append(item.key)
            continue
        for cert in read_json(bytes(body), ThresholdParameters, what="trustees").certs:
            wire = read_json(cert.message.encode(), CertificateKeys, what="certificate")
            keys.append(read_element(group, wire.verification, at="certificate, verification"))
    return keys


def read_setup(source: ByteSource) -> Setup:
    """Read the setup that a record begins with, and check what it holds in itself.

    Whether it is the one that was agreed on is for `check_setup` and for the comparison of its fingerprint.

    Raises:
        OutOfTurnError: The record does not begin with a setup.
        PsephosError: It is damaged, or a part of it does not hold.
    """
    archive = Archive(source)
    entry = next(read_entries(archive), None)
    if entry is None or entry.event.type is not EventKind.SETUP or entry.event.payload is None:
        raise OutOfTurnError("the record does not begin with a setup", at="event 0")
    entry.check()
    parts = [b"".join(archive.stream(entry.data[place])) for place in (0, 1, -1)]
    election = read_election(parts[0])
    trustees = read_trustees(parts[1], election.group)
    if election.public_key != trustees.public_key:
        raise MismatchError("the election's key is not the trustees' key", at="/public_key")
    data = read_json(parts[2], SetupData, what="setup data")
    return Setup(entry.event.payload, election, trustees, data.credentials)


def check_setup(setup: Setup, charter: bytes) -> Charter:
    """Check that a setup is of the referendum that a charter defines, by its trustees, with its threshold.

    Raises:
        MalformedError: The charter cannot be read.
        MismatchError: It is of another; names the part that differs.
    """
    election = setup.election
    read = check_charter(
        charter,
        name=election.name,
        description=election.description,
        uuid=election.uuid,
        group=election.group.name,
        questions=election.questions,
    )
    check_trustees(setup.trustees, read)
    return read


def check_trustees(trustees: Trustees, charter: Charter) -> None:
    """Check that a trustees structure has the names, the number and the threshold of the charter.

    Raises:
        MismatchError: It has not.
    """
    kinds = [(item.mandatory, item.threshold, len(item.owners)) for item in trustees.items]
    size = len(charter.trustees)
    if kinds != ([(True, 1, 1)] * size if charter.mandatory else [(False, charter.threshold, size)]):
        raise MismatchError(f"the trustees are not {charter.threshold} of {size} as the charter says", at="trustees")
    for name, trustee in zip(charter.trustees, trustees.members, strict=True):
        if trustee.name != name:
            raise MismatchError(f"trustee {trustee.owner} is {name!r} in the charter", at="trustees")


def compare_fingerprint(given: str, computed: str, *, what: str) -> None:
    """Compare a fingerprint that a person got over another channel with the one computed here.

    Blanks, colons and capital letters do not matter. A prefix counts from 32 digits on.

    Raises:
        MalformedError: Not a fingerprint, or too few digits.
        MismatchError: Another one.
    """
    typed = re.sub(r"[\s:]", "", given).lower()
    if _COMPARABLE.fullmatch(typed) is None:
        raise MalformedError(
            f"a fingerprint has 64 digits 0-9 a-f, of which at least the first {SHORTEST_COMPARISON} are compared",
            at="fingerprint",
            hint=f"ask for the fingerprint of {what} over a channel that the organiser's files did not come through",
        )
    if not computed.startswith(typed):
        raise MismatchError(
            f"this {what} is not the one whose fingerprint you were told: it has {computed}",
            at="fingerprint",
            hint="do not go on; ask the organiser and the other parties which one they hold",
        )
