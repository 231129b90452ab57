"""A trustee's side of the key ceremony: its share of a key that no one holds.

Each round is a function of what the trustee keeps and what it received, and gives what it keeps and what it sends.
A round that is taken again gives the same secret and the same message again, or is refused: never a second secret.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from psephos.errors import InvalidProofError, MismatchError, OutOfTurnError, RefusedError
from psephos.protocol import ceremony, proofs
from psephos.protocol.ceremony import Identity, PolynomialMessage
from psephos.protocol.encoding import Wire, read_json, write_json
from psephos.protocol.group import Group, Randomness, read_group
from psephos.protocol.proofs import SignedMessage
from psephos.protocol.trustees import TrusteePublicKey, check_round_signature
from psephos.record.charter import Charter, fingerprint, read_charter
from psephos.record.keyfile import (
    FORMAT,
    Home,
    KeyFile,
    check_key,
    identity_of,
    read_key_file,
    secret_of,
    signing_of,
)
from psephos.record.rounds import (
    Round,
    TrusteeMessage,
    check_message,
    explained,
    one_of_each,
    open_certificates,
    read_input,
    read_messages,
    write_message,
)

_NEW_CEREMONY = "a new ceremony needs a new charter, and every trustee joins it from a new directory"


@dataclass(frozen=True)
class Step:
    """A step's outcome.

    Attributes:
        keeps: What the trustee keeps: the content of its key file. It must be durable before `sends` leaves.
        sends: The message for the organiser.
    """

    keeps: bytes = field(repr=False)
    sends: bytes


def claim_home(charter: bytes, *, index: int, mark: bytes | None, has_key: bool, restored: bool) -> bytes:
    """The mark of the directory of a trustee that joins; the journal of its key begins there.

    Args:
        charter: charter.json.
        index: This trustee's number.
        mark: The mark that is there already, if any.
        has_key: Whether a trustee's key file is there already.
        restored: Whether the key was restored from a backup, so that the journal begins anew.

    Raises:
        MalformedError: The charter or the mark cannot be read.
        MismatchError: The charter has no trustee of that number.
        RefusedError: The directory is another trustee's, or has a key without the journal that belongs to it.
    """
    _check_number(read_charter(charter), index)
    if mark is not None:
        home = read_json(mark, Home, what="trustee-home.json")
        if (home.charter, home.index) != (fingerprint(charter), index):
            raise RefusedError(
                f"this directory is that of trustee {home.index} for charter {home.charter[:16]}…",
                at="trustee-home.json",
                hint="one directory for each trustee and referendum: choose another with --home",
            )
        return mark
    if has_key and not restored:
        raise RefusedError(
            "there is a key here, but not the mark with which its journal begins: it was restored or moved",
            at="trustee-home.json",
            hint="if the old directory still exists, use that one as a whole; if it is lost, read “A restored key” in "
            "docs/how-to/trustee.md, then `psephos trustee join --restored`",
        )
    if restored and not has_key:
        raise OutOfTurnError("there is no restored key here", at="--restored", hint="copy the backup here first")
    return write_json(Home(charter=fingerprint(charter), index=index, restored=restored))


def join(charter: bytes, *, index: int, kept: bytes | None, sent: bytes | None, rng: Randomness) -> Step:
    """Round 1: make a key, and a certificate of it; a mandatory trustee's key is its public key, and it is done.

    Args:
        charter: charter.json.
        index: This trustee's number.
        kept: The opened key file, if there is one already.
        sent: The message made before, if there is one.
        rng: Where randomness comes from.

    Raises:
        MismatchError: What is there is for another referendum or another trustee; or the charter has no such number.
    """
    read, known = read_charter(charter), fingerprint(charter)
    group, size = read_group(read.group, at="/group"), len(read.trustees)
    _check_number(read, index)
    key = read_key_file(kept) if kept is not None else _new_key(read, known, group, index=index, rng=rng)
    check_key(key, charter)
    if key.index != index:
        raise MismatchError(f"this is the key of trustee {key.index}", at="key file")
    round_ = Round.PUBLIC_KEY if read.mandatory else Round.CERTIFICATE
    if sent is not None:
        _own_message(sent, key, round_)
        return Step(write_json(key), sent)
    if read.mandatory:
        public_key, possession = proofs.prove_possession(group, secret_of(key), rng)
        content: TrusteePublicKey | SignedMessage = TrusteePublicKey(pok=possession, public_key=public_key.text)
    else:
        content = ceremony.certify(identity_of(key), size=size, threshold=read.threshold, index=index, rng=rng)
    return Step(write_json(key), _message(key, round_, content, rng))


def share(charter: bytes, certificates: bytes, *, kept: bytes, sent: bytes | None, rng: Randomness) -> bytes:
    """Round 2: a polynomial, whose values are sealed to the trustees one by one.

    Args:
        charter: charter.json.
        certificates: certificates.json, from the organiser.
        kept: The opened key file.
        sent: The polynomial made before, if there is one: it is for these certificates, or this is refused.
        rng: Where randomness comes from.

    Raises:
        PsephosError: A certificate does not hold; the culprit is named.
        RefusedError: This trustee made its polynomial for other certificates.
    """
    key = read_key_file(kept)
    read, identity, certs = _in_ceremony(charter, certificates, key)
    if sent is None:
        polynomial = ceremony.share(identity, certs, threshold=read.threshold, rng=rng)
        return _message(key, Round.POLYNOMIAL, polynomial, rng)
    earlier = read_json(bytes(_own_message(sent, key, Round.POLYNOMIAL).content), PolynomialMessage, what="polynomial")
    if earlier.signature is not None:
        signer, group = identity.verification, identity.group
        with suppress(InvalidProofError):
            check_round_signature(certs, earlier.coefexps, earlier.signature, group, signer=signer, owner=key.index)
            return sent
    raise RefusedError(
        "you made your polynomial for other certificates than these", at="certificates", hint=_NEW_CEREMONY
    )


def receive(
    charter: bytes,
    certificates: bytes,
    given: bytes,
    *,
    seed: bytes,
    kept: bytes | None,
    sent: bytes | None,
    rng: Randomness,
) -> Step:
    """Round 3: open what the others sealed, check it, and add it up to this trustee's share.

    Args:
        charter: charter.json.
        certificates: certificates.json, the same as in round 2.
        given: input-i.json, from the organiser.
        seed: The opened seed file, made by `join`.
        kept: The opened key file, if the share is there already: it is the same share, or this is refused.
        sent: The output made before, if there is one.
        rng: Where randomness comes from.

    Raises:
        PsephosError: A part does not hold; the culprit is named.
        RefusedError: This trustee holds another share already.
    """
    key = read_key_file(seed)
    read, identity, certs = _in_ceremony(charter, certificates, key)
    message = read_input(given, charter=key.charter, index=key.index)
    with explained():
        total, output = ceremony.receive(identity, certs, message, threshold=read.threshold, rng=rng)
    whole = msgspec.structs.replace(key, secret=total.expose()[0])
    if kept is not None and read_key_file(kept) != whole:
        raise RefusedError("you hold another share of this key already", at="key file", hint=_NEW_CEREMONY)
    if sent is not None:
        own = read_json(bytes(_own_message(sent, key, Round.OUTPUT).content), TrusteePublicKey, what="output")
        if own.public_key != output.public_key.public_key:
            raise RefusedError("you sent the output of another share already", at="output", hint=_NEW_CEREMONY)
        return Step(write_json(whole), sent)
    return Step(write_json(whole), _message(key, Round.OUTPUT, output.public_key, rng))


def _check_number(charter: Charter, index: int) -> None:
    size = len(charter.trustees)
    if not 1 <= index <= size:
        raise MismatchError(f"the charter has trustees 1 to {size}, not {index}", at="--index")


def _new_key(charter: Charter, known: str, group: Group, *, index: int, rng: Randomness) -> KeyFile:
    seed = secret = None
    if charter.mandatory:
        (secret,) = group.random_secrets(rng, 1).expose()
    else:
        seed = ceremony.new_seed(rng)
    return KeyFile(
        format=FORMAT, kind=charter.kind, charter=known, index=index, group=group.name, seed=seed, secret=secret
    )


def _in_ceremony(charter: bytes, certificates: bytes, key: KeyFile) -> tuple[Charter, Identity, list[SignedMessage]]:
    """Check that key, charter and certificates belong together."""
    read = check_key(key, charter)
    if read.mandatory or key.seed is None:
        raise OutOfTurnError(
            "you are a mandatory trustee: your key is complete, there is no such round", at="/threshold"
        )
    identity = identity_of(key)
    received = read_messages(certificates, charter=key.charter, what="certificates")
    certs = open_certificates(one_of_each(received, Round.CERTIFICATE, read), identity.group)
    with explained():
        ceremony.check_all_certificates(certs, identity.group, threshold=read.threshold)
    if ceremony.own_index(identity, certs) != key.index:
        raise MismatchError("your certificate has another trustee's number", at="certificates")
    return read, identity, certs


def _message(key: KeyFile, round_: Round, content: Wire, rng: Randomness) -> bytes:
    return write_message(signing_of(key), rng, charter=key.charter, round_=round_, index=key.index, content=content)


def _own_message(sent: bytes, key: KeyFile, round_: Round) -> TrusteeMessage:
    """A message that this trustee made before."""
    (message,) = read_messages(sent, charter=key.charter, what=round_)
    if (message.round, message.index) != (round_, key.index):
        raise MismatchError("the file there is not your earlier message", at=round_)
    check_message(message, signing_of(key).public()[0], read_group(key.group, at="key file"))
    return message
