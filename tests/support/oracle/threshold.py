"""The threshold key ceremony with all parties in one place.

Clause: Belenios 2.0 §4.6.4 to §4.6.7, in the modern form (3.0 and later) or that of 2.0.
The encrypted transport between the trustees is left out; `pki.send` and `pki.receive` have it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .canonical import dump
from .groups import Group
from .nonces import Draw
from .pki import SignedMessage, derive_key, sign
from .trustees import Pedersen, TrusteeKey, certs_message, make_key


@dataclass(frozen=True)
class Ceremony:
    """The public parameters and, by index from 0, the private decryption keys."""

    public: Pedersen
    private_keys: tuple[int, ...]


def evaluate(group: Group, polynomial: Sequence[int], *, at: int) -> int:
    """Compute f(at) modulo q."""
    return sum(a_k * pow(at, k, group.q) for k, a_k in enumerate(polynomial)) % group.q


def make_cert(group: Group, seed: str, *, context: dict[str, object] | None, w: int) -> SignedMessage:
    """Make a certificate from a trustee's seed (§4.6.2); no context in the form of 2.0."""
    signing, decryption = derive_key(group, seed, purpose="sk"), derive_key(group, seed, purpose="dk")
    keys = {
        **({} if context is None else {"context": context}),
        "verification": group.encode(group.power(group.g, signing)),
        "encryption": group.encode(group.power(group.g, decryption)),
    }
    return sign(group, signing, message=dump(keys), w=w)


def _make_verification_key(group: Group, private: int, *, signing: int, modern: bool, draw: Draw) -> TrusteeKey:
    if not modern:
        return make_key(group, private, w=draw())
    message = group.encode(group.power(group.g, private))
    return make_key(group, private, w=draw(), signature=sign(group, signing, message=message, w=draw()).signature)


def run_ceremony(group: Group, seeds: Sequence[str], *, threshold: int, draw: Draw, modern: bool = True) -> Ceremony:
    """Run the ceremony among honest trustees.

    Args:
        group: The group.
        seeds: One secret seed of 22 base-58 characters per trustee.
        threshold: How many of them will be needed, t + 1 in the specification.
        draw: Source of polynomials and nonces.
        modern: False for the form of 2.0.
    """
    size = len(seeds)
    signing = [derive_key(group, seed, purpose="sk") for seed in seeds]
    certs = []
    for index, seed in enumerate(seeds, start=1):
        context: dict[str, object] = {"group": group.name, "size": size, "threshold": threshold, "index": index}
        certs.append(make_cert(group, seed, context=context if modern else None, w=draw()))
    polynomials = [[draw() for _ in range(threshold)] for _ in seeds]
    coefexps = [[group.power(group.g, a_k) for a_k in polynomial] for polynomial in polynomials]
    signed_coefexps, signatures = [], []
    for key, committed in zip(signing, coefexps, strict=True):
        message = dump({"coefexps": [group.encode(item) for item in committed]})
        signed_coefexps.append(sign(group, key, message=message, w=draw()))
        statement = certs_message(group, certs, coefexps=committed)
        signatures.append(sign(group, key, message=statement, w=draw()).signature)
    private_keys = [
        sum(evaluate(group, polynomial, at=index) for polynomial in polynomials) % group.q
        for index in range(1, size + 1)
    ]
    keys = [
        _make_verification_key(group, private, signing=key, modern=modern, draw=draw)
        for private, key in zip(private_keys, signing, strict=True)
    ]
    public = Pedersen(
        threshold, tuple(certs), tuple(signed_coefexps), tuple(signatures) if modern else None, tuple(keys)
    )
    return Ceremony(public, tuple(private_keys))
