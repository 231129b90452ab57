"""What two registrars send each other so that neither knows a whole credential.

A voter's secret is the sum of two halves, her public credential the product of the two public halves. The record
stays an ordinary Belenios record.

    commitment   fingerprint of the reveal, signed; and the key to which the other's reveal is to be sealed
    reveal       public halves in the roll's order, each with a proof that its maker knows the secret

A reveal is made before the commitment and shown after the other's commitment has come, so that no half can be chosen
in answer to the other one. The two reveals together link the roll's rows to public credentials, hence to who voted:
they travel sealed, to a key that is destroyed when the credentials are handed out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec

from psephos.errors import InvalidProofError, MismatchError
from psephos.protocol import proofs, transcript
from psephos.protocol.encoding import Count, Digest, Wire, read_json, sha256_hex, write_json
from psephos.protocol.group import Element, Elements, Group, Randomness, Secrets, read_element, read_elements
from psephos.protocol.proofs import Proof, SignedMessage
from psephos.record.charter import Charter

CHUNK = 4096
"""Rows per call of the kernel, so that progress can be shown."""

Advance = Callable[[int], None]
"""Told how many more rows are done."""

RegistrarNumber = Annotated[int, msgspec.Meta(ge=1, le=2)]


class Reveal(Wire, frozen=True):
    """Public halves and their proofs of possession, one per row of the roll."""

    charter: Digest
    registrar: RegistrarNumber
    halves: tuple[str, ...]
    proofs: tuple[Proof, ...]


class Commitment(Wire, frozen=True):
    """A registrar's halves are fixed; nobody learns them yet.

    Attributes:
        charter: Fingerprint of the charter.
        registrar: Its place among the charter's registrars, from 1.
        roll: Fingerprint of its roll: the ids in order.
        count: Number of voters.
        reveal: Fingerprint of its reveal.
        recipient: age recipient to which the other registrar seals its reveal; used once.
        signature: Of all this, with the registrar's key.
    """

    charter: Digest
    registrar: RegistrarNumber
    roll: Digest
    count: Count
    reveal: Digest
    recipient: Annotated[str, msgspec.Meta(pattern="^age1[0-9a-z]{58}$")]
    signature: Proof

    @property
    def signed(self) -> SignedMessage:
        """What the signature is over, and the signature."""
        text = _signed_text(
            charter=self.charter,
            registrar=self.registrar,
            roll=self.roll,
            count=self.count,
            reveal=self.reveal,
            recipient=self.recipient,
        )
        return SignedMessage(message=text, signature=self.signature)


def _signed_text(*, charter: str, registrar: int, roll: str, count: int, reveal: str, recipient: str) -> str:
    return f"psephos/halves|{charter}|{registrar}|{roll}|{count}|{reveal}|{recipient}"


def registrar_key(charter: Charter, group: Group, number: int) -> Element:
    """The key with which the charter's registrar of that number signs, from 1."""
    return read_element(group, charter.registrars[number - 1].key, at=f"/registrars/{number - 1}/key")


def _possession(uuid: str, registrar: int, halves: list[str], first: int) -> list[bytes]:
    return [transcript.half_credential(uuid, registrar, slot, half) for slot, half in enumerate(halves, start=first)]


def make_reveal(
    secrets: Secrets, *, charter: str, uuid: str, registrar: int, rng: Randomness, advance: Advance
) -> Reveal:
    """A registrar's public halves with proofs of possession.

    Args:
        secrets: Its half secrets, in the roll's order.
        charter: Fingerprint of the charter.
        uuid: The election's identifier.
        registrar: The maker's number, from 1.
        rng: Where the proofs' randomness comes from.
        advance: Told of progress.
    """
    halves: list[str] = []
    made: list[Proof] = []
    for start in range(0, len(secrets), CHUNK):
        part = secrets.select(range(start, min(start + CHUNK, len(secrets))))
        texts = part.public().texts()
        prefixes = _possession(uuid, registrar, texts, start)
        made += proofs.proofs_from(proofs.prove_schnorr(part, rng, prefixes))
        halves += texts
        advance(len(texts))
    return Reveal(charter=charter, registrar=registrar, halves=tuple(halves), proofs=tuple(made))


def make_commitment(reveal: Reveal, *, roll: str, recipient: str, signing: Secrets, rng: Randomness) -> Commitment:
    """The commitment to a reveal.

    Args:
        reveal: The maker's.
        roll: Fingerprint of its roll.
        recipient: Its age recipient for the other's reveal.
        signing: Its registrar key.
        rng: Where randomness comes from.
    """
    digest, count = sha256_hex(write_json(reveal)), len(reveal.halves)
    text = _signed_text(
        charter=reveal.charter,
        registrar=reveal.registrar,
        roll=roll,
        count=count,
        reveal=digest,
        recipient=recipient,
    )
    return Commitment(
        charter=reveal.charter,
        registrar=reveal.registrar,
        roll=roll,
        count=count,
        reveal=digest,
        recipient=recipient,
        signature=proofs.sign_message(signing, rng, text).signature,
    )


def check_commitment(received: bytes, *, charter: Charter, group: Group, ours: Commitment) -> Commitment:
    """Check the other registrar's commitment, for the same charter and the same voters.

    Args:
        received: The other's message.
        charter: The charter.
        group: Its group.
        ours: Our own commitment.

    Raises:
        MalformedError: Not a commitment.
        MismatchError: It is our own, or for another charter or another roll.
        InvalidProofError: The other registrar did not sign it.
    """
    theirs = read_json(received, Commitment, what="commitment")
    number = 3 - ours.registrar
    culprit = charter.registrars[number - 1].name
    if theirs.registrar != number:
        raise MismatchError(
            f"this is the commitment of registrar {theirs.registrar}", at="/registrar", hint=f"ask {culprit} for theirs"
        )
    key = registrar_key(charter, group, number)
    proofs.verify_message(group, key, theirs.signed, what="the commitment", culprit=culprit)
    if theirs.charter != ours.charter:
        raise MismatchError("the commitment is for another charter", at="/charter", culprit=culprit)
    if (theirs.roll, theirs.count) != (ours.roll, ours.count):
        raise MismatchError(
            f"the two registrars' rolls differ: {ours.count} voters here, {theirs.count} there",
            at="/roll",
            culprit=culprit,
            hint="both need the same ids in the same order; then both commit again",
        )
    return theirs


def check_reveal(
    received: bytes, commitment: Commitment, *, charter: Charter, group: Group, advance: Advance
) -> Elements:
    """Check the other registrar's reveal against its commitment, and every proof of possession.

    Returns:
        Its public halves, in the roll's order.

    Raises:
        MismatchError: Not what the commitment is about.
        MalformedError: Not a reveal, or a half that is not in the group.
        InvalidProofError: Its maker may not know a half's secret; the place says which.
    """
    culprit = charter.registrars[commitment.registrar - 1].name
    if sha256_hex(received) != commitment.reveal:
        raise MismatchError(
            "the reveal is not the one that was committed to",
            culprit=culprit,
            hint=f"ask {culprit} for the reveal that belongs to the commitment; if there is none, both start again",
        )
    reveal = read_json(received, Reveal, what="reveal")
    expected = (commitment.charter, commitment.registrar, commitment.count, commitment.count)
    if (reveal.charter, reveal.registrar, len(reveal.halves), len(reveal.proofs)) != expected:
        raise MismatchError("the reveal does not have the shape that was committed to", culprit=culprit)
    halves: Elements | None = None
    for start in range(0, commitment.count, CHUNK):
        texts = list(reveal.halves[start : start + CHUNK])
        column = read_elements(group, texts, at=f"/halves from {start}")
        challenges, responses = proofs.read_proofs(group, reveal.proofs[start : start + CHUNK], at="/proofs")
        prefixes = _possession(charter.uuid, commitment.registrar, texts, start)
        if failed := proofs.verify_schnorr(prefixes, column, challenges, responses):
            raise InvalidProofError(
                "a proof of possession does not hold", at=f"/proofs/{start + failed[0]}", culprit=culprit
            )
        halves = column if halves is None else halves.concat(column)
        advance(len(texts))
    if halves is None:
        raise MismatchError("the reveal is empty", culprit=culprit)
    return halves
