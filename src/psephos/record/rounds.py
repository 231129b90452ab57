"""Messages of the key ceremony: Belenios' own, each in an envelope that its trustee signs.

The envelope binds a message to one referendum, one round and one trustee, so that a message for a rehearsal, of
another trustee or changed on its way is found by the first who reads it, with the name of its maker.

    trustee → organiser      certificate · polynomial · output · public key (of a mandatory trustee)
    organiser → trustees     all certificates; to each trustee its input
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

import msgspec

from psephos.errors import MalformedError, MismatchError, OutOfTurnError, PsephosError
from psephos.protocol import proofs
from psephos.protocol.ceremony import TrusteeInput
from psephos.protocol.encoding import Digest, Wire, read_json, sha256_hex, write_json
from psephos.protocol.group import Element, Group, Randomness, Secrets, read_element
from psephos.protocol.proofs import Proof, SignedMessage
from psephos.protocol.trustees import CertificateKeys, TrusteePublicKey
from psephos.record.charter import Charter
from psephos.record.keyfile import Index


class Round(StrEnum):
    """What a trustee's message is."""

    CERTIFICATE = "certificate"
    POLYNOMIAL = "polynomial"
    OUTPUT = "output"
    PUBLIC_KEY = "public-key"


class TrusteeMessage(Wire, frozen=True):
    """A trustee's message to all.

    Attributes:
        charter: Fingerprint of the charter.
        round: What it is.
        index: The trustee's number.
        content: Belenios' message.
        signature: By the trustee's key, over all of them.
    """

    charter: Digest
    round: Round
    index: Index
    content: msgspec.Raw
    signature: Proof


class RoutedInput(Wire, frozen=True):
    """What the organiser routes to one trustee; its parts are signed by their makers.

    Attributes:
        charter: Fingerprint of the charter.
        index: The number of the trustee that it is for.
        input: Belenios' message.
    """

    charter: Digest
    index: Index
    input: TrusteeInput


def file_name(round_: Round, index: int) -> str:
    """The name of the file in which a message travels."""
    return f"{round_}-{index}.json"


def label(charter: Charter, index: int) -> str:
    """A trustee's number and name."""
    return f"trustee {index} ({charter.trustees[index - 1]})"


@contextmanager
def explained(index: int | None = None) -> Iterator[None]:
    """Say in an error who can do what next; name a trustee as the culprit of an error that names none.

    Args:
        index: Number of the trustee whose message is read; None where the error itself may name one.
    """
    try:
        yield
    except PsephosError as error:
        if index is not None:
            error.culprit = error.culprit or f"trustee {index}"
        error.hint = error.hint or (
            f"only {error.culprit} can send this message again; if it is the same again, compare its SHA-256 with "
            f"{error.culprit} over another channel: somebody may have changed it on its way"
            if error.culprit
            else "ask for the file again; if it is the same again, compare its SHA-256 over another channel"
        )
        raise


def write_message(secret: Secrets, rng: Randomness, *, charter: str, round_: Round, index: int, content: Wire) -> bytes:
    """A trustee's message.

    Args:
        secret: The trustee's signing key.
        rng: Where randomness comes from.
        charter: Fingerprint of the charter.
        round_: What it is.
        index: The trustee's number.
        content: Belenios' message.
    """
    body = write_json(content)
    signature = proofs.sign_message(secret, rng, _signed_text(charter, round_, index, body)).signature
    return write_json(
        TrusteeMessage(charter=charter, round=round_, index=index, content=msgspec.Raw(body), signature=signature)
    )


def _signed_text(charter: str, round_: Round, index: int, content: bytes) -> str:
    return f"psephos/ceremony|{charter}|{round_}|{index}|{sha256_hex(content)}"


def read_messages(received: bytes, *, charter: str, what: str) -> tuple[TrusteeMessage, ...]:
    """Read a trustee's message, or a list of several; signatures are not checked yet.

    Args:
        received: The bytes.
        charter: Fingerprint of the charter that they must be for.
        what: What an error calls them: the file's name.

    Raises:
        MalformedError: Not such messages in their one encoding.
        MismatchError: A message for another referendum; names its maker.
    """
    with explained():
        if received.startswith(b"["):
            messages = read_json(received, tuple[TrusteeMessage, ...], what=what)
        else:
            messages = (read_json(received, TrusteeMessage, what=what),)
    for message in messages:
        if message.charter != charter:
            raise MismatchError(
                "a message for another referendum",
                at=f"{what}, /charter",
                culprit=f"trustee {message.index}",
                hint="all parties must hold the same charter.json: compare its SHA-256 over another channel",
            )
    return messages


def one_of_each(messages: Iterable[TrusteeMessage], round_: Round, charter: Charter) -> list[TrusteeMessage]:
    """A round's messages in the order of the trustees' numbers, one of each; of other rounds, none.

    Raises:
        OutOfTurnError: Some are missing; says who is waited for.
        MismatchError: Two different ones by one trustee, or one by a trustee that the charter does not know.
    """
    found: dict[int, TrusteeMessage] = {}
    for message in messages:
        culprit = f"trustee {message.index}"
        if message.index > len(charter.trustees):
            raise MismatchError("the charter knows no such trustee", at=f"/{round_}", culprit=culprit)
        if message.round is round_ and found.setdefault(message.index, message) != message:
            raise MismatchError(
                f"two different messages say that they are the {round_} of {culprit}; at most one is",
                at=file_name(round_, message.index),
                hint=f"ask {culprit} over another channel which one it made; never use both",
            )
    missing = [index for index in range(1, len(charter.trustees) + 1) if index not in found]
    if missing:
        raise OutOfTurnError(
            f"waiting for {', '.join(label(charter, index) for index in missing)}",
            at=", ".join(file_name(round_, index) for index in missing),
            hint="ask them for these files; a trustee that is lost before the key exists can only be replaced by a "
            "new charter and a new ceremony",
        )
    return [found[index] for index in sorted(found)]


def check_message(message: TrusteeMessage, signer: Element, group: Group) -> None:
    """Check a message's signature.

    Raises:
        InvalidProofError: It does not hold: the message was changed, or its index or round was.
    """
    signed = SignedMessage(
        message=_signed_text(message.charter, message.round, message.index, bytes(message.content)),
        signature=message.signature,
    )
    proofs.verify_message(group, signer, signed, what=message.round, culprit=f"trustee {message.index}")


def open_certificates(messages: Sequence[TrusteeMessage], group: Group) -> list[SignedMessage]:
    """Check the envelopes of all certificates; what they certify is checked by the protocol.

    Raises:
        PsephosError: A certificate's envelope does not hold; the culprit is named.
    """
    certificates = []
    for message in messages:
        with explained(message.index):
            certificate = read_json(bytes(message.content), SignedMessage, what="certificate")
            keys = read_json(certificate.message.encode(), CertificateKeys, what="certificate")
            check_message(message, read_element(group, keys.verification, at="verification"), group)
            certificates.append(certificate)
    return certificates


def open_public_key(message: TrusteeMessage, group: Group) -> TrusteePublicKey:
    """Check the envelope of a mandatory trustee's key; its proof of possession is checked by the protocol.

    Raises:
        PsephosError: It does not hold; the culprit is named.
    """
    with explained(message.index):
        key = read_json(bytes(message.content), TrusteePublicKey, what="public key")
        check_message(message, read_element(group, key.public_key, at="public_key"), group)
        if key.name is not None:
            raise MalformedError("names come from the charter", at="/name")
    return key


def read_input(received: bytes, *, charter: str, index: int) -> TrusteeInput:
    """Read what the organiser routed to a trustee; the trustee itself checks what is in it.

    Raises:
        MalformedError: Not such a message.
        MismatchError: For another trustee or another referendum.
    """
    with explained():
        routed = read_json(received, RoutedInput, what="input")
    if routed.charter != charter:
        raise MismatchError("the input is for another referendum", at="/charter")
    if routed.index != index:
        raise MismatchError(
            f"the input is for trustee {routed.index}", at="/index", hint=f"ask the organiser for input-{index}.json"
        )
    return routed.input
