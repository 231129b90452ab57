"""The trustees structure: read it, verify it, combine its keys.

Clauses: Belenios 2.0 §4.5, §4.6.7, §4.7, §4.19; the modern threshold form as of 3.0
(certificates with a context, signatures over the certificates, signed verification keys).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .canonical import array, dump, fields, natural, parse_canonical, text
from .errors import RefusedError
from .groups import ED25519, Element, Group
from .pki import SignedMessage, signed_message_from_json, verify_signature
from .proofs import Proof, proof_from_json, prove_knowledge, verify_knowledge


@dataclass(frozen=True)
class TrusteeKey:
    """A public key with a proof that its owner knows the private one."""

    public_key: Element
    pok: Proof
    signature: Proof | None = None
    name: str | None = None

    def to_json(self, group: Group) -> dict[str, object]:
        """Write the structure with its fields in order, optional ones only if present."""
        value: dict[str, object] = {"pok": self.pok.to_json(), "public_key": group.encode(self.public_key)}
        if self.signature is not None:
            value["signature"] = self.signature.to_json()
        if self.name is not None:
            value["name"] = self.name
        return value


@dataclass(frozen=True)
class Single:
    """A trustee whose partial decryption is mandatory."""

    key: TrusteeKey


@dataclass(frozen=True)
class Pedersen:
    """Trustees of whom `threshold` suffice; `signatures` is None in the form of 2.0."""

    threshold: int
    certs: tuple[SignedMessage, ...]
    coefexps: tuple[SignedMessage, ...]
    signatures: tuple[Proof, ...] | None
    keys: tuple[TrusteeKey, ...]

    @property
    def modern(self) -> bool:
        """Tell whether the structure is in the form of 3.0 and later."""
        return self.signatures is not None


Trustees = tuple[Single | Pedersen, ...]


@dataclass(frozen=True)
class CertKeys:
    """A threshold trustee's keys for signatures and encryption, and the context if there is one."""

    context: object | None
    verification: Element
    encryption: Element


def pok_prefix(group: Group, public: Element) -> str:
    """Write what the challenge of a key's proof of knowledge is hashed over."""
    return f"pok|{group.name}|{group.encode(public)}|"


def make_key(group: Group, private: int, *, w: int, signature: Proof | None = None) -> TrusteeKey:
    """Make a trustee_public_key."""
    public = group.power(group.g, private)
    pok = prove_knowledge(group, private, prefix=pok_prefix(group, public), w=w)
    return TrusteeKey(public, pok, signature)


def key_from_json(group: Group, value: object) -> TrusteeKey:
    """Read a trustee_public_key.

    Raises:
        RefusedError: If it is malformed or the key no proper group member.
    """
    entry = fields(value, "pok", "public_key", "signature?", "name?")
    return TrusteeKey(
        public_key=group.decode(text(entry["public_key"])),
        pok=proof_from_json(group, entry["pok"]),
        signature=proof_from_json(group, entry["signature"]) if "signature" in entry else None,
        name=text(entry["name"]) if "name" in entry else None,
    )


def pedersen_from_json(group: Group, value: object) -> Pedersen:
    """Read threshold parameters; as many certificates, polynomials, keys as there are trustees.

    Raises:
        RefusedError: If they are malformed.
    """
    entry = fields(value, "threshold", "certs", "coefexps", "signatures?", "verification_keys")
    certs = tuple(signed_message_from_json(group, item) for item in array(entry["certs"]))
    size = len(certs)
    threshold = natural(entry["threshold"])
    if not 1 <= threshold <= size:
        raise RefusedError(f"a threshold of {threshold} among {size} trustees")
    signatures = entry.get("signatures")
    return Pedersen(
        threshold=threshold,
        certs=certs,
        coefexps=tuple(signed_message_from_json(group, item) for item in array(entry["coefexps"], size)),
        signatures=tuple(proof_from_json(group, item) for item in array(signatures, size))
        if "signatures" in entry
        else None,
        keys=tuple(key_from_json(group, item) for item in array(entry["verification_keys"], size)),
    )


def parse_trustees(group: Group, raw: bytes) -> Trustees:
    """Read the trustees structure.

    Raises:
        RefusedError: If it is malformed or empty.
    """
    trustees: list[Single | Pedersen] = []
    for item in array(parse_canonical(raw)):
        kind, value = array(item, 2)
        if kind == "Single":
            trustees.append(Single(key_from_json(group, value)))
        elif kind == "Pedersen":
            trustees.append(pedersen_from_json(group, value))
        else:
            raise RefusedError(f"unknown kind of trustee {kind!r}")
    if not trustees:
        raise RefusedError("no trustee at all")
    return tuple(trustees)


def pedersen_to_json(group: Group, pedersen: Pedersen) -> dict[str, object]:
    """Write threshold parameters with their fields in order; signatures only if there are some."""
    value: dict[str, object] = {
        "threshold": pedersen.threshold,
        "certs": [cert.to_json() for cert in pedersen.certs],
        "coefexps": [item.to_json() for item in pedersen.coefexps],
    }
    if pedersen.signatures is not None:
        value["signatures"] = [signature.to_json() for signature in pedersen.signatures]
    value["verification_keys"] = [key.to_json(group) for key in pedersen.keys]
    return value


def dump_trustees(group: Group, trustees: Trustees) -> bytes:
    """Write the trustees structure."""
    entries = [
        ["Single", item.key.to_json(group)] if isinstance(item, Single) else ["Pedersen", pedersen_to_json(group, item)]
        for item in trustees
    ]
    return dump(entries).encode()


def verify_key(group: Group, key: TrusteeKey) -> None:
    """Check a key's proof of knowledge.

    Raises:
        RefusedError: If it does not hold.
    """
    verify_knowledge(group, key.public_key, prefix=pok_prefix(group, key.public_key), proof=key.pok)


def open_cert(group: Group, cert: SignedMessage) -> CertKeys:
    """Read the keys in a certificate and check that the holder of the first signed it.

    Raises:
        RefusedError: If it is malformed or not so signed.
    """
    entry = fields(parse_canonical(cert.message.encode()), "context?", "verification", "encryption")
    verification = group.decode(text(entry["verification"]))
    encryption = group.decode(text(entry["encryption"]))
    verify_signature(group, verification, message=cert.message, signature=cert.signature)
    return CertKeys(entry.get("context"), verification, encryption)


def open_coefexps(group: Group, signed: SignedMessage, *, verification: Element, threshold: int) -> list[Element]:
    """Read the committed coefficients A_0, ..., A_t of one trustee's polynomial (§4.6.4).

    Raises:
        RefusedError: If they are malformed, not signed by that trustee, or not `threshold` many.
    """
    entry = fields(parse_canonical(signed.message.encode()), "coefexps")
    verify_signature(group, verification, message=signed.message, signature=signed.signature)
    return [group.decode(text(item)) for item in array(entry["coefexps"], threshold)]


def certs_message(group: Group, certs: Sequence[SignedMessage], *, coefexps: Sequence[Element]) -> str:
    """Write what a trustee signs after seeing all certificates (2.5.1 and later)."""
    value = {"certs": [cert.to_json() for cert in certs], "coefexps": [group.encode(item) for item in coefexps]}
    return "certs_sig|" + dump(value)


def evaluate_in_exponent(group: Group, coefexps: Sequence[Element], *, at: int) -> Element:
    """Compute g^f(at) from the committed coefficients of f."""
    return group.product(group.power(a_k, pow(at, k, group.q)) for k, a_k in enumerate(coefexps))


def expected_key(group: Group, all_coefexps: Sequence[Sequence[Element]], *, index: int) -> Element:
    """Compute the verification key of the trustee with this index, counted from 1 (§4.6.6)."""
    return group.product(evaluate_in_exponent(group, coefexps, at=index) for coefexps in all_coefexps)


def _verify_modern(
    group: Group, pedersen: Pedersen, *, opened: Sequence[CertKeys], polynomials: list[list[Element]]
) -> None:
    for index, keys in enumerate(opened, start=1):
        context = fields(keys.context, "group", "size", "threshold", "index")
        wanted = {"group": group.name, "size": len(opened), "threshold": pedersen.threshold, "index": index}
        if dump(context) != dump(wanted):
            raise RefusedError(f"certificate {index} was made for another context: {context}")
    assert pedersen.signatures is not None
    for keys, coefexps, signature in zip(opened, polynomials, pedersen.signatures, strict=True):
        message = certs_message(group, pedersen.certs, coefexps=coefexps)
        verify_signature(group, keys.verification, message=message, signature=signature)
    for keys, key in zip(opened, pedersen.keys, strict=True):
        if key.signature is None:
            raise RefusedError("a verification key is not signed")
        message = group.encode(key.public_key)
        verify_signature(group, keys.verification, message=message, signature=key.signature)


def _verify_old(group: Group, pedersen: Pedersen, *, opened: Sequence[CertKeys]) -> None:
    if group is ED25519:
        raise RefusedError("threshold parameters in the form of 2.0, which has no Ed25519")
    if any(keys.context is not None for keys in opened) or any(key.signature is not None for key in pedersen.keys):
        raise RefusedError("threshold parameters mix the form of 2.0 and the modern one")


def verify_pedersen(group: Group, pedersen: Pedersen) -> None:
    """Check threshold parameters in full, in the modern form or that of 2.0, never a mixture.

    Raises:
        RefusedError: At the first rule they break.
    """
    opened = [open_cert(group, cert) for cert in pedersen.certs]
    polynomials = [
        open_coefexps(group, signed, verification=keys.verification, threshold=pedersen.threshold)
        for signed, keys in zip(pedersen.coefexps, opened, strict=True)
    ]
    if pedersen.modern:
        _verify_modern(group, pedersen, opened=opened, polynomials=polynomials)
    else:
        _verify_old(group, pedersen, opened=opened)
    for index, key in enumerate(pedersen.keys, start=1):
        verify_key(group, key)
        if key.public_key != expected_key(group, polynomials, index=index):
            raise RefusedError(f"verification key {index} does not follow from the polynomials")


def verify_trustees(group: Group, trustees: Trustees) -> None:
    """Check every item of the structure; of several sets of threshold trustees all have one form.

    Raises:
        RefusedError: At the first rule one breaks.
    """
    if len({item.modern for item in trustees if isinstance(item, Pedersen)}) > 1:
        raise RefusedError("threshold parameters of which some have the form of 2.0, and some the modern one")
    for item in trustees:
        if isinstance(item, Single):
            verify_key(group, item.key)
        else:
            verify_pedersen(group, item)


def combine_keys(group: Group, trustees: Trustees) -> Element:
    """Multiply the sub-keys to the election's public key y (§3.1.1)."""
    factors = []
    for item in trustees:
        if isinstance(item, Single):
            factors.append(item.key.public_key)
            continue
        for signed in item.coefexps:
            entry = fields(parse_canonical(signed.message.encode()), "coefexps")
            factors.append(group.decode(text(array(entry["coefexps"])[0])))
    return group.product(factors)


def keys_by_owner(trustees: Trustees) -> list[TrusteeKey]:
    """List all keys; the owner of number i, counted from 1, has the key at i - 1."""
    keys: list[TrusteeKey] = []
    for item in trustees:
        keys.extend([item.key] if isinstance(item, Single) else item.keys)
    return keys


def lagrange(group: Group, indexes: Sequence[int], *, delta: int) -> int:
    """Compute the coefficient of index delta for interpolation at 0 (§4.19)."""
    result = 1
    for k in indexes:
        if k != delta:
            result = result * k * pow(k - delta, -1, group.q) % group.q
    return result
