"""Who holds the key: the trustees structure and everything in it that can be checked (specification §4.5 – §4.7).

A structure is a list of items, each one mandatory trustee ("Single") or a set of which `threshold` suffice
("Pedersen"). The election's public key is the product of the items' keys.

Since Belenios 2.5.1 a certificate carries its context (group, size, threshold, index), each trustee signs all
certificates together with its own coefficients, and signs its verification key. Records up to 2.0 have none of
the three; that form is accepted in the two mod-p groups only and reported, and a mixture is refused (reference 1.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec

from psephos.errors import InvalidProofError, MalformedError, MismatchError, blaming
from psephos.protocol import proofs
from psephos.protocol.encoding import Wire, read_json, write_json
from psephos.protocol.group import Element, Group, read_element
from psephos.protocol.proofs import Proof, SignedMessage

LARGEST_TRUSTEE_SET = 1000
GROUPS_OF_THE_OLD_FORM = ("BELENIOS-2048", "RFC-3526-2048")


class TrusteePublicKey(Wire, frozen=True):
    """> trustee_public_key = {pok : proof, public_key : public_key}, signed in a Pedersen set since 3.0 (§4.5)."""

    pok: Proof
    public_key: str
    signature: Proof | None = None
    name: str | None = None


class Context(Wire, frozen=True):
    """What a certificate is for, so that it cannot be used elsewhere (2.5.1)."""

    group: str
    size: int
    threshold: int
    index: int


class CertificateKeys(Wire, frozen=True, kw_only=True):
    """> cert_keys = {verification : G, encryption : G}  (§4.6.2), with its context since 2.5.1."""

    context: Context | None = None
    verification: str
    encryption: str


class RawCoefficients(Wire, frozen=True):
    """> raw_coefexps = {coefexps : G*}  (§4.6.4)."""

    coefexps: tuple[str, ...]


class CertificatesAndCoefficients(Wire, frozen=True):
    """What a trustee signs in round 2: all certificates, and its own coefficients in the exponent (2.5.1)."""

    certs: tuple[SignedMessage, ...]
    coefexps: tuple[str, ...]


class ThresholdParameters(Wire, frozen=True, kw_only=True):
    """> threshold_parameters = {threshold, certs, coefexps, verification_keys}  (§4.6.7), signatures since 2.5.1."""

    threshold: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_TRUSTEE_SET)]
    certs: tuple[SignedMessage, ...]
    coefexps: tuple[SignedMessage, ...]
    signatures: tuple[Proof, ...] | None = None
    verification_keys: tuple[TrusteePublicKey, ...]


TrusteeItem = tuple[str, msgspec.Raw]
"""On the wire: ["Single", …] or ["Pedersen", …]."""


class Trustee(msgspec.Struct, frozen=True):
    """One holder of a key, numbered from 1 as `owner` in partial decryptions.

    Attributes:
        owner: Position in the structure.
        name: As the structure names it; empty if it does not.
        verification_key: g to the secret with which it decrypts.
        item: Index of the item of the structure that it belongs to.
    """

    owner: int
    name: str
    verification_key: Element
    item: int

    @property
    def label(self) -> str:
        """What an error calls it."""
        return f"trustee {self.owner}" + (f" ({self.name})" if self.name else "")


class Item(msgspec.Struct, frozen=True):
    """One item of the structure: `threshold` of its trustees are needed; 1 of 1 for a mandatory ("Single") one."""

    mandatory: bool
    threshold: int
    owners: tuple[int, ...]
    key: Element


class Trustees(msgspec.Struct, frozen=True):
    """A structure that was checked in full.

    Attributes:
        received: The bytes of trustees.json.
        public_key: The product of the items' keys.
        old_form: The structure is of the form before 2.5.1: a finding.
    """

    received: bytes
    items: tuple[Item, ...]
    members: tuple[Trustee, ...]
    public_key: Element
    old_form: bool


def read_trustees(received: bytes, group: Group) -> Trustees:
    """Read trustees.json and check every proof and signature in it.

    Raises:
        MalformedError: Not canonical, an element outside the group, numbers that do not fit.
        InvalidProofError: A proof or signature does not hold; names the trustee.
        MismatchError: A verification key is not the one that the coefficients give.
    """
    wire = read_json(received, tuple[TrusteeItem, ...], what="trustees")
    if not wire:
        raise MalformedError("an election needs a trustee", at="trustees")
    items: list[Item] = []
    members: list[Trustee] = []
    old_form: bool | None = None
    for place, (kind, body) in enumerate(wire):
        first = len(members) + 1
        checked = _check_item(kind, bytes(body), group, at=f"trustees/{place}", first_owner=first)
        if checked.old_form is not None:
            if old_form not in {None, checked.old_form}:
                raise MalformedError(
                    "threshold trustees in two forms, of before and of since Belenios 2.5.1", at=f"trustees/{place}"
                )
            old_form = checked.old_form
        owners = tuple(range(first, first + len(checked.keys)))
        items.append(
            Item(mandatory=kind == "Single", threshold=checked.threshold, owners=owners, key=checked.public_key)
        )
        members += [
            Trustee(owner=owner, name=key.name or "", verification_key=verification_key, item=place)
            for owner, key, verification_key in zip(owners, checked.keys, checked.verification_keys, strict=True)
        ]
    public_key = group.identity
    for item in items:
        public_key = public_key * item.key
    return Trustees(
        received=received,
        items=tuple(items),
        members=tuple(members),
        public_key=public_key,
        old_form=old_form is True,
    )


class _CheckedItem(NamedTuple):
    """An item that was checked.

    Attributes:
        threshold: How many of its trustees are needed.
        public_key: What it brings into the election's key.
        keys: Its trustees, as they stand there.
        verification_keys: Of each of them.
        old_form: Whether it is of the form before 2.5.1; None for a mandatory trustee, whose form is one.
    """

    threshold: int
    public_key: Element
    keys: Sequence[TrusteePublicKey]
    verification_keys: Sequence[Element]
    old_form: bool | None


def _check_item(kind: str, body: bytes, group: Group, *, at: str, first_owner: int) -> _CheckedItem:
    """Read an item and check it; see `read_trustees`."""
    if kind == "Single":
        single = read_json(body, TrusteePublicKey, what=at)
        key = check_single(single, group, owner=first_owner)
        return _CheckedItem(1, key, [single], [key], None)
    if kind == "Pedersen":
        return check_threshold(read_json(body, ThresholdParameters, what=at), group, first_owner=first_owner)
    raise MalformedError(f"unknown kind of trustee {kind[:40]!r}", at=at)


def check_single(wire: TrusteePublicKey, group: Group, *, owner: int) -> Element:
    """Check a mandatory trustee's key and its proof of possession (§4.5).

    Raises:
        MalformedError: The key is not an element.
        InvalidProofError: The proof does not hold.
    """
    culprit = f"trustee {owner}"
    if wire.signature is not None:
        raise MalformedError("a mandatory trustee's key has no signature", at=culprit, culprit=culprit)
    public_key = read_element(group, wire.public_key, at=f"{culprit}, public_key")
    proofs.verify_possession(group, public_key, wire.pok, culprit=culprit)
    return public_key


def check_threshold(parameters: ThresholdParameters, group: Group, *, first_owner: int) -> _CheckedItem:
    """Check a Pedersen set (§4.6): certificates, coefficients, signatures, verification keys, proofs of possession.

    Raises:
        MalformedError, InvalidProofError, MismatchError: See `read_trustees`.
    """
    size = len(parameters.certs)
    if not 1 <= parameters.threshold <= size <= LARGEST_TRUSTEE_SET:
        raise MalformedError(f"threshold {parameters.threshold} does not fit {size} trustees", at="trustees")
    if not size == len(parameters.coefexps) == len(parameters.verification_keys):
        raise MalformedError("certs, coefexps and verification_keys differ in number", at="trustees")
    old_form = _is_old_form(parameters, group)
    context = None if old_form else Context(group=group.name, size=size, threshold=parameters.threshold, index=0)
    verification = check_certificates(parameters.certs, group, context=context, first_owner=first_owner)
    for place, (signed, public) in enumerate(zip(parameters.coefexps, verification, strict=True)):
        culprit = f"trustee {first_owner + place}"
        proofs.verify_message(group, public, signed, what="coefficients", culprit=culprit)
    coefficients = read_coefficients(parameters.coefexps, parameters.threshold, group, first_owner=first_owner)
    expected = expected_verification_keys(coefficients, group)
    for place, (wire, key) in enumerate(zip(parameters.verification_keys, expected, strict=True)):
        check_verification_key(wire, key, group, signer=verification[place], owner=first_owner + place, old=old_form)
    for place, signature in enumerate(parameters.signatures or ()):
        check_round_signature(
            parameters.certs,
            parameters.coefexps[place],
            signature,
            group,
            signer=verification[place],
            owner=first_owner + place,
        )
    key = shared_key(coefficients, group)
    return _CheckedItem(parameters.threshold, key, parameters.verification_keys, expected, old_form)


def _is_old_form(parameters: ThresholdParameters, group: Group) -> bool:
    """Whether contexts and signatures are all absent; all present is the current form, anything else a mixture."""
    keys = [read_json(cert.message.encode(), CertificateKeys, what="certificate") for cert in parameters.certs]
    present = [key.context is not None for key in keys]
    present += [key.signature is not None for key in parameters.verification_keys]
    present += [parameters.signatures is not None and len(parameters.signatures) == len(parameters.certs)]
    if all(present):
        return False
    if any(present) or parameters.signatures is not None:
        raise MalformedError("some trustees' contexts or signatures are missing", at="trustees")
    if group.name not in GROUPS_OF_THE_OLD_FORM:
        raise MalformedError("contexts and signatures are missing; this group requires them", at="trustees")
    return True


def check_certificates(
    certs: Sequence[SignedMessage], group: Group, *, context: Context | None, first_owner: int
) -> list[Element]:
    """Check each certificate's keys, context and signature (§4.6.2).

    Args:
        certs: In the order of the trustees' numbers.
        group: The election's group.
        context: What all contexts must say but for their index; None for the form before 2.5.1.
        first_owner: Number of the first trustee, for errors.

    Returns:
        The verification keys of the trustees' signatures.
    """
    verification = []
    for place, cert in enumerate(certs):
        culprit = f"trustee {first_owner + place}"
        with blaming(culprit):
            keys = read_json(cert.message.encode(), CertificateKeys, what=f"certificate {place + 1}")
            if context is not None and keys.context != msgspec.structs.replace(context, index=place + 1):
                raise MismatchError("the certificate was made for another ceremony", at="context")
            public = read_element(group, keys.verification, at=f"certificate {place + 1}, verification")
            read_element(group, keys.encryption, at=f"certificate {place + 1}, encryption")
            proofs.verify_message(group, public, cert, what="certificate", culprit=culprit)
        verification.append(public)
    return verification


def read_coefficients(
    signed: Sequence[SignedMessage], threshold: int, group: Group, *, first_owner: int = 1
) -> list[list[Element]]:
    """The coefficients in the exponent, shape (trustees, threshold); an error's culprit is their trustee.

    Raises:
        MalformedError: Another number of coefficients than the threshold.
    """
    table = []
    for place, message in enumerate(signed):
        with blaming(f"trustee {first_owner + place}"):
            raw = read_json(message.message.encode(), RawCoefficients, what=f"coefficients {place + 1}")
            if len(raw.coefexps) != threshold:
                raise MalformedError(
                    f"{len(raw.coefexps)} coefficients instead of {threshold}", at=f"coefficients {place + 1}"
                )
            table.append(
                [read_element(group, text, at=f"coefficients {place + 1}/{k}") for k, text in enumerate(raw.coefexps)]
            )
    return table


def value_in_exponent(coefficients: Sequence[Element], point: int, group: Group) -> Element:
    """> ∏ (A_k)^(j^k): a polynomial's value at j, in the exponent (§4.6.5)."""
    value = group.identity
    for coefficient in reversed(coefficients):
        value = value**point * coefficient
    return value


def expected_verification_keys(coefficients: Sequence[Sequence[Element]], group: Group) -> list[Element]:
    """> public_key = ∏_i ∏_k (A_ik)^(j^k)  for each trustee j (§4.6.6)."""
    keys = []
    for j in range(1, len(coefficients) + 1):
        key = group.identity
        for of_trustee in coefficients:
            key = key * value_in_exponent(of_trustee, j, group)
        keys.append(key)
    return keys


def shared_key(coefficients: Sequence[Sequence[Element]], group: Group) -> Element:
    """> y = ∏_z A_z0  (§4.6.4)."""
    key = group.identity
    for of_trustee in coefficients:
        key = key * of_trustee[0]
    return key


def check_verification_key(
    wire: TrusteePublicKey, expected: Element, group: Group, *, signer: Element, owner: int, old: bool
) -> None:
    """Check one trustee's verification key against the coefficients, its proof and its signature (§4.6.6).

    Raises:
        MismatchError: Not the key that the coefficients give.
        InvalidProofError: Its proof or signature does not hold.
    """
    culprit = f"trustee {owner}"
    public_key = read_element(group, wire.public_key, at=f"{culprit}, verification key")
    if public_key != expected:
        raise MismatchError("the verification key does not follow from the coefficients", at=culprit, culprit=culprit)
    proofs.verify_possession(group, public_key, wire.pok, culprit=culprit)
    if not old:
        if wire.signature is None:
            raise InvalidProofError("the verification key is not signed", at=culprit, culprit=culprit)
        signed = SignedMessage(message=public_key.text, signature=wire.signature)
        proofs.verify_message(group, signer, signed, what="verification key", culprit=culprit)


def round_message(certs: Sequence[SignedMessage], coefficients: RawCoefficients) -> str:
    """> certs_sig| + all certificates and one's own coefficients: what a trustee signs in round 2."""
    both = CertificatesAndCoefficients(certs=tuple(certs), coefexps=coefficients.coefexps)
    return "certs_sig|" + write_json(both).decode()


def check_round_signature(
    certs: Sequence[SignedMessage],
    coefficients: SignedMessage,
    signature: Proof,
    group: Group,
    *,
    signer: Element,
    owner: int,
) -> None:
    """Check that a trustee saw the same certificates as everybody.

    Raises:
        InvalidProofError: The signature does not hold.
    """
    raw = read_json(coefficients.message.encode(), RawCoefficients, what="coefficients")
    signed = SignedMessage(message=round_message(certs, raw), signature=signature)
    proofs.verify_message(group, signer, signed, what="certificates and coefficients", culprit=f"trustee {owner}")
