"""The key ceremony: how trustees make a key that no one of them holds (specification §3.1.1, §4.6; context of 2.5.1).

A round is a pure function of what a trustee keeps and what it received, and returns what it keeps and what it sends.

    trustee     certify   → certificate                       round 1
    organiser   collect certificates
    trustee     share     → polynomial (one sealed value per trustee)   round 2
    organiser   route     → one input per trustee
    trustee     receive   → output (its verification key)     round 3
    organiser   assemble  → threshold parameters

Every message names its maker; an error's culprit is the trustee whose message does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from psephos.errors import InvalidProofError, MalformedError, MismatchError, blaming
from psephos.protocol import proofs
from psephos.protocol.encoding import Wire, read_json, write_json
from psephos.protocol.group import Element, Group, Randomness, Secrets, read_element, read_secrets
from psephos.protocol.proofs import Proof, SignedMessage
from psephos.protocol.trustees import (
    CertificateKeys,
    Context,
    RawCoefficients,
    ThresholdParameters,
    TrusteePublicKey,
    check_certificates,
    check_round_signature,
    check_verification_key,
    expected_verification_keys,
    read_coefficients,
    round_message,
    value_in_exponent,
)

SEED_LENGTH = 22
_ALGORITHM = "AES-GCM"


class SealedMessage(Wire, frozen=True):
    """> encrypted_msg = {alpha, beta, data}  (§4.6.1), and the algorithm since 3.1."""

    algorithm: str
    alpha: str
    beta: str
    data: str


class ChannelMessage(Wire, frozen=True):
    """> channel_msg = {recipient : G, message : string}  (§4.6.3)."""

    recipient: str
    message: str

    def __repr__(self) -> str:
        """Redacted: the message is secret."""
        return "ChannelMessage(<redacted>)"


class PolynomialMessage(Wire, frozen=True):
    """> polynomial = {polynomial, secrets, coefexps}  (§4.6.4), and the signature of the round since 2.5.1."""

    polynomial: str
    secrets: tuple[str, ...]
    coefexps: SignedMessage
    signature: Proof | None = None


class TrusteeInput(Wire, frozen=True):
    """> vinput = {polynomial, secrets, coefexps}  (§4.6.5), and all signatures of the round since 2.5.1."""

    polynomial: str
    secrets: tuple[str, ...]
    coefexps: tuple[SignedMessage, ...]
    signatures: tuple[Proof, ...] | None = None


class TrusteeOutput(Wire, frozen=True):
    """> voutput = {private_key : string, public_key : trustee_public_key}  (§4.6.6)."""

    private_key: str
    public_key: TrusteePublicKey


@dataclass(frozen=True)
class Identity:
    """A trustee's keys in the ceremony, all derived from one seed (§4.6.1).

    # SECURITY: the seed MUST NOT be sent; it goes into the trustee's encrypted key file.
    """

    group: Group
    seed: str = field(repr=False)
    signing: Secrets = field(repr=False)
    opening: Secrets = field(repr=False)

    @property
    def verification(self) -> Element:
        """Others verify this trustee's signatures with it."""
        return self.signing.public()[0]

    @property
    def encryption(self) -> Element:
        """Others seal messages to this trustee with it."""
        return self.opening.public()[0]


def new_seed(rng: Randomness) -> str:
    """> a 22-character string over the Base58 alphabet  (§4.6.1)."""
    return rng.base58(SEED_LENGTH)


def identity_from(seed: str, group: Group) -> Identity:
    """> sk = SHA256(sk|s), dk = SHA256(dk|s)  (§4.6.1)."""
    signing = group.derived_secrets([b"sk|"], [seed.encode()])
    opening = group.derived_secrets([b"dk|"], [seed.encode()])
    return Identity(group=group, seed=seed, signing=signing, opening=opening)


def certify(identity: Identity, *, size: int, threshold: int, index: int, rng: Randomness) -> SignedMessage:
    """Round 1: a certificate of this trustee's keys, for this ceremony only (§4.6.2)."""
    keys = CertificateKeys(
        context=Context(group=identity.group.name, size=size, threshold=threshold, index=index),
        verification=identity.verification.text,
        encryption=identity.encryption.text,
    )
    return proofs.sign_message(identity.signing, rng, write_json(keys).decode())


def check_all_certificates(certs: Sequence[SignedMessage], group: Group, *, threshold: int) -> list[Element]:
    """Check the certificates of a ceremony, as each trustee and the organiser must.

    Returns:
        The trustees' verification keys.

    Raises:
        MismatchError: A certificate for another ceremony, or one trustee's keys twice.
        MalformedError, InvalidProofError: See `check_certificates`.
    """
    context = Context(group=group.name, size=len(certs), threshold=threshold, index=0)
    verification = check_certificates(certs, group, context=context, first_owner=1)
    for place, key in enumerate(verification):
        if key in verification[:place]:
            culprit = f"trustee {place + 1}"
            raise MismatchError("the certificate repeats another trustee's key", at=culprit, culprit=culprit)
    return verification


def share(identity: Identity, certs: Sequence[SignedMessage], *, threshold: int, rng: Randomness) -> PolynomialMessage:
    """Round 2: a random polynomial, its coefficients in the exponent, and one sealed value per trustee (§4.6.4).

    > A_ik = g^(a_ik) for k = 0…t, and s_ij = f_i(j) mod q for j = 1…m

    Raises:
        MismatchError: This trustee's certificate is not among them.
    """
    group = identity.group
    check_all_certificates(certs, group, threshold=threshold)
    own_index(identity, certs)
    coefficients = group.random_secrets(rng, threshold)
    raw = RawCoefficients(coefexps=tuple(coefficients.public().texts()))
    values = coefficients.powers(range(1, len(certs) + 1))
    polynomial = write_json({"polynomial": coefficients.expose()}).decode()
    return PolynomialMessage(
        polynomial=seal(identity, identity.encryption, polynomial, rng),
        secrets=tuple(
            seal(identity, encryption_key(cert, group), write_json({"secret": value}).decode(), rng)
            for cert, value in zip(certs, values.expose(), strict=True)
        ),
        coefexps=proofs.sign_message(identity.signing, rng, write_json(raw).decode()),
        signature=proofs.sign_message(identity.signing, rng, round_message(certs, raw)).signature,
    )


def route(
    certs: Sequence[SignedMessage], polynomials: Sequence[PolynomialMessage], group: Group, *, threshold: int
) -> list[TrusteeInput]:
    """Between rounds: check all polynomials and hand each trustee what is meant for it (§4.6.5).

    Raises:
        MalformedError, InvalidProofError: A trustee's message does not hold; the culprit is named.
    """
    check_polynomials(certs, polynomials, group, threshold=threshold)
    return [
        TrusteeInput(
            polynomial=polynomials[j].polynomial,
            secrets=tuple(polynomial.secrets[j] for polynomial in polynomials),
            coefexps=tuple(polynomial.coefexps for polynomial in polynomials),
            signatures=tuple(polynomial.signature for polynomial in polynomials if polynomial.signature is not None),
        )
        for j in range(len(certs))
    ]


def check_polynomials(
    certs: Sequence[SignedMessage], polynomials: Sequence[PolynomialMessage], group: Group, *, threshold: int
) -> None:
    """Check what is public in the polynomials.

    Raises:
        MalformedError, InvalidProofError: A trustee's message does not hold; the culprit is named.
    """
    verification = check_all_certificates(certs, group, threshold=threshold)
    if len(polynomials) != len(certs):
        raise MalformedError(f"{len(polynomials)} polynomials for {len(certs)} trustees", at="polynomials")
    for place, polynomial in enumerate(polynomials):
        culprit = f"trustee {place + 1}"
        if len(polynomial.secrets) != len(certs) or polynomial.signature is None:
            raise MalformedError("a sealed value or the signature is missing", at=culprit, culprit=culprit)
        _check_coefficients(
            certs, polynomial.coefexps, polynomial.signature, group, verification[place], owner=place + 1
        )
    read_coefficients([polynomial.coefexps for polynomial in polynomials], threshold, group)


def _check_coefficients(
    certs: Sequence[SignedMessage],
    signed: SignedMessage,
    signature: Proof,
    group: Group,
    signer: Element,
    *,
    owner: int,
) -> None:
    proofs.verify_message(group, signer, signed, what="coefficients", culprit=f"trustee {owner}")
    check_round_signature(certs, signed, signature, group, signer=signer, owner=owner)


def receive(
    identity: Identity, certs: Sequence[SignedMessage], given: TrusteeInput, *, threshold: int, rng: Randomness
) -> tuple[Secrets, TrusteeOutput]:
    """Round 3: open what the others sealed, check it, and add it up to this trustee's share (§4.6.5, §4.6.6).

    > g^(s_ij) = ∏_k (A_ik)^(j^k) for each i;  S_j = Σ_i s_ij mod q

    Returns:
        What is kept, the share of the key; what is sent, the verification key.

    Raises:
        InvalidProofError: A sealed value is not the one that its maker's coefficients promise; names the maker.
        MalformedError, MismatchError: The input is not for this trustee or this ceremony.
    """
    group, own = identity.group, own_index(identity, certs)
    verification = check_all_certificates(certs, group, threshold=threshold)
    if given.signatures is None or not len(given.secrets) == len(given.coefexps) == len(given.signatures) == len(certs):
        raise MalformedError("the input is not for this ceremony", at="input")
    open_sealed(identity, given.polynomial, identity.verification, culprit=f"trustee {own}")
    for place, (signed, signature) in enumerate(zip(given.coefexps, given.signatures, strict=True)):
        _check_coefficients(certs, signed, signature, group, verification[place], owner=place + 1)
    coefficients = read_coefficients(given.coefexps, threshold, group)
    texts = [
        _open_value(identity, sealed, verification[place], owner=place + 1)
        for place, sealed in enumerate(given.secrets)
    ]
    secrets = read_secrets(group, texts, at="input/secrets")
    public = secrets.public()
    for place, of_trustee in enumerate(coefficients):
        if public[place] != value_in_exponent(of_trustee, own, group):
            culprit = f"trustee {place + 1}"
            raise InvalidProofError("the sealed value does not fit the coefficients", at="secrets", culprit=culprit)
    total = secrets.total()
    key, possession = proofs.prove_possession(group, total, rng)
    signature = proofs.sign_message(identity.signing, rng, key.text).signature
    sealed = seal(identity, identity.encryption, write_json({"decryption_key": total.expose()[0]}).decode(), rng)
    return total, TrusteeOutput(
        private_key=sealed, public_key=TrusteePublicKey(pok=possession, public_key=key.text, signature=signature)
    )


class _SecretMessage(Wire, frozen=True):
    secret: str

    def __repr__(self) -> str:
        return "_SecretMessage(<redacted>)"


def _open_value(identity: Identity, sealed: str, sender: Element, *, owner: int) -> str:
    culprit = f"trustee {owner}"
    text = open_sealed(identity, sealed, sender, culprit=culprit)
    try:
        return read_json(text.encode(), _SecretMessage, what="sealed value").secret
    except MalformedError:
        raise MalformedError("the sealed value is not a number", at="secrets", culprit=culprit) from None


def assemble(
    certs: Sequence[SignedMessage],
    polynomials: Sequence[PolynomialMessage],
    keys: Sequence[TrusteePublicKey],
    group: Group,
    *,
    threshold: int,
) -> ThresholdParameters:
    """After round 3: everything public of the ceremony, checked (§4.6.7).

    Raises:
        MismatchError, InvalidProofError, MalformedError: A trustee's output does not hold; the culprit is named.
    """
    check_polynomials(certs, polynomials, group, threshold=threshold)
    verification = check_all_certificates(certs, group, threshold=threshold)
    if len(keys) != len(certs):
        raise MalformedError(f"{len(keys)} verification keys for {len(certs)} trustees", at="verification_keys")
    signed = [polynomial.coefexps for polynomial in polynomials]
    expected = expected_verification_keys(read_coefficients(signed, threshold, group), group)
    for place, key in enumerate(keys):
        check_verification_key(key, expected[place], group, signer=verification[place], owner=place + 1, old=False)
    return ThresholdParameters(
        threshold=threshold,
        certs=tuple(certs),
        coefexps=tuple(signed),
        signatures=tuple(polynomial.signature for polynomial in polynomials if polynomial.signature is not None),
        verification_keys=tuple(keys),
    )


def own_index(identity: Identity, certs: Sequence[SignedMessage]) -> int:
    """This trustee's number, from 1.

    Raises:
        MismatchError: Its certificate is not among them.
    """
    ours = (identity.verification.text, identity.encryption.text)
    for number, cert in enumerate(certs, start=1):
        keys = read_json(cert.message.encode(), CertificateKeys, what=f"certificate {number}")
        if (keys.verification, keys.encryption) == ours:
            return number
    raise MismatchError("your certificate is not among these", at="certificates")


def encryption_key(cert: SignedMessage, group: Group) -> Element:
    """The key to which messages for a certificate's owner are sealed."""
    keys = read_json(cert.message.encode(), CertificateKeys, what="certificate")
    return read_element(group, keys.encryption, at="certificate, encryption")


def seal(sender: Identity, recipient: Element, message: str, rng: Randomness) -> str:
    """> send(sk, recipient, message): name the recipient, sign, encrypt  (§4.6.1, §4.6.3)."""
    named = write_json(ChannelMessage(recipient=recipient.text, message=message)).decode()
    plain = write_json(proofs.sign_message(sender.signing, rng, named))
    secrets = sender.group.random_secrets(rng, 2)
    r, s = secrets.select([0]), secrets.select([1])
    key = s.public()[0]
    alpha = r.public()[0]
    beta = r.apply(sender.group.column([recipient]))[0] * key
    data = _cipher(key).encrypt(_initialization_vector(alpha.text), plain, None).hex()
    return write_json(SealedMessage(algorithm=_ALGORITHM, alpha=alpha.text, beta=beta.text, data=data)).decode()


def open_sealed(recipient: Identity, sealed: str, sender: Element, *, culprit: str) -> str:
    """Open a message and check who signed it and for whom (§4.6.1, §4.6.3).

    Raises:
        MalformedError, InvalidProofError, MismatchError: It is not from that sender or not for this recipient.
    """
    with blaming(culprit):
        return _open_sealed(recipient, sealed, sender, culprit)


def _open_sealed(recipient: Identity, sealed: str, sender: Element, culprit: str) -> str:
    group = recipient.group
    wire = read_json(sealed.encode(), SealedMessage, what="sealed message")
    if wire.algorithm != _ALGORITHM:
        raise MalformedError(f"sealed with {wire.algorithm[:20]!r}, not {_ALGORITHM}", at="algorithm")
    alpha = read_element(group, wire.alpha, at="sealed message, alpha")
    beta = read_element(group, wire.beta, at="sealed message, beta")
    key = beta / recipient.opening.apply(group.column([alpha]))[0]
    try:
        data = bytes.fromhex(wire.data)
        plain = _cipher(key).decrypt(_initialization_vector(wire.alpha), data, None)
    except (InvalidTag, ValueError):
        raise InvalidProofError("the sealed message does not open", at="data") from None
    if data.hex() != wire.data:
        raise MalformedError("the sealed data is not in its one encoding", at="data")
    signed = read_json(plain, SignedMessage, what="sealed message")
    proofs.verify_message(group, sender, signed, what="sealed message", culprit=culprit)
    named = read_json(signed.message.encode(), ChannelMessage, what="sealed message")
    if named.recipient != recipient.encryption.text:
        raise MismatchError("the sealed message is for somebody else", at="recipient")
    return named.message


def _cipher(key: Element) -> AESGCM:
    """> SHA256(key|g^s) as the key  (§4.6.1)."""
    return AESGCM(sha256(f"key|{key.text}".encode()).digest())


def _initialization_vector(alpha: str) -> bytes:
    """> SHA256(iv|g^r) as the initialization vector  (§4.6.1)."""
    return sha256(f"iv|{alpha}".encode()).digest()
