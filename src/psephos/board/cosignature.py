"""Cosignatures: "this is the largest tree of that log that I have seen, and it grew from all I saw before".

(c2sp.org/tlog-cosignature, v1.0.1 for Ed25519 and v1.1.0-rc.1 for ML-DSA-44; text of 2026-07-22.)

    signature line = key ID [4] || timestamp u64 || Ed25519 signature [64] or ML-DSA-44 signature [2420]

A log may sign its own checkpoints with ML-DSA-44 in the same form, as the cosigner of its own name.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from psephos.board.checkpoint import Checkpoint, read_checkpoint
from psephos.board.note import (
    Ed25519Verifier,
    SignatureLine,
    SignatureType,
    Verifier,
    VerifierKey,
    verify_ed25519,
)
from psephos.errors import InvalidProofError, MalformedError
from psephos.ports import UnixSeconds

_TIMESTAMP_SIZE = 8
_LATEST = 2**63 - 1
_LONGEST_NAME = 255
_SIGNATURE_SIZES = {SignatureType.COSIGNATURE_ED25519: 64, SignatureType.COSIGNATURE_ML_DSA_44: 2420}


def ed25519_message(text: bytes, timestamp: UnixSeconds) -> bytes:
    r"""What an Ed25519 cosigner signs. Its own name is not in it, so each cosigner needs a key of its own.

    Args:
        text: The checkpoint, extension lines included.
        timestamp: When it was cosigned.
    """
    #   cosignature/v1\n
    #   time 1735689600\n
    #   board.referendum.example/2026\n
    #   5\n
    #   l3MJwU5rK3w/8r/8lHGNQMZwvV7zYgL86KjK+/7uC90=\n
    return b"cosignature/v1\ntime %d\n" % timestamp + text


def ml_dsa_message(name: str, checkpoint: Checkpoint, *, timestamp: UnixSeconds) -> bytes:
    """What an ML-DSA-44 cosigner signs. Extension lines are not in it.

    Args:
        name: The cosigner's.
        checkpoint: Of which origin, size and root are signed.
        timestamp: When it was cosigned.

    Raises:
        MalformedError: The name or the origin has more than 255 bytes.
    """
    #   73 75 62 74 72 65 65 2f 76 31 0a 00     "subtree/v1\n\0"
    #   12 6d 69 72 72 6f 72 31 ...             cosigner's name after its length
    #   00 00 00 00 67 74 85 80                 timestamp
    #   1d 62 6f 61 72 64 2e ...                origin after its length
    #   00 00 00 00 00 00 00 00                 start of the subtree: 0 for a checkpoint
    #   00 00 00 00 00 00 00 05                 end of the subtree: the size
    #   97 73 09 c1 ...                         root [32]
    head = checkpoint.head
    return b"".join(
        [
            b"subtree/v1\n\0",
            _short(name),
            timestamp.to_bytes(8, "big"),
            _short(checkpoint.origin),
            bytes(8),
            head.size.to_bytes(8, "big"),
            head.root,
        ]
    )


class CosignatureVerifier:
    """Checks cosignatures of one key, of either kind."""

    def __init__(self, key: VerifierKey) -> None:
        """Take a cosigner's key.

        Raises:
            ValueError: The key is not one.
        """
        if key.kind not in _SIGNATURE_SIZES:
            raise ValueError(f"a key of type {key.kind:#04x} does not cosign")
        self.key = key

    def verify(self, text: bytes, line: SignatureLine) -> None:
        """Check a cosignature.

        Raises:
            InvalidProofError: It does not hold, has no timestamp, or the text is not a checkpoint.
        """
        try:
            checkpoint, timestamp = read_checkpoint(text), read_timestamp(line)
        except MalformedError as error:
            raise InvalidProofError(f"not a cosignature: {error.message}", culprit=self.key.name) from None
        signature = line.signature[_TIMESTAMP_SIZE:]
        if self.key.kind is SignatureType.COSIGNATURE_ED25519:
            verify_ed25519(self.key, signature=signature, message=ed25519_message(text, timestamp))
            return
        try:
            message = ml_dsa_message(self.key.name, checkpoint, timestamp=timestamp)
            MLDSA44PublicKey.from_public_bytes(self.key.public).verify(signature, message)
        except (InvalidSignature, MalformedError):
            raise InvalidProofError("the signature does not hold", culprit=self.key.name) from None


def verifier_of(key: VerifierKey) -> Verifier:
    """Whatever checks what this key signs."""
    return Ed25519Verifier(key) if key.kind is SignatureType.ED25519 else CosignatureVerifier(key)


def verifiers_of(keys: Iterable[VerifierKey]) -> tuple[Verifier, ...]:
    """Whatever checks what these keys sign."""
    return tuple(map(verifier_of, keys))


def read_timestamp(line: SignatureLine) -> UnixSeconds:
    """When a cosignature was made, as its cosigner says; believe it only after the line was verified.

    Raises:
        MalformedError: The line is not as long as a cosignature, or its time is zero or beyond 2**63 - 1.
    """
    if len(line.signature) - _TIMESTAMP_SIZE not in _SIGNATURE_SIZES.values():
        raise MalformedError("the line is not as long as a cosignature", at=line.name)
    timestamp = int.from_bytes(line.signature[:_TIMESTAMP_SIZE], "big")
    # > If the timestamp is not zero, it is also a statement that … this is the largest consistent tree
    if not 0 < timestamp <= _LATEST:
        raise MalformedError("the cosignature has no time, or an impossible one", at=line.name)
    return UnixSeconds(timestamp)


class Ed25519Cosigner:
    """A private key that cosigns checkpoints. The key must have no other use and no other name."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Make the key from its seed of 32 random bytes."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, SignatureType.COSIGNATURE_ED25519, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        """Not the key."""
        return f"Ed25519Cosigner({self.key.name}: <redacted>)"

    def cosign(self, text: bytes, *, now: UnixSeconds) -> SignatureLine:
        """Cosign a checkpoint. Whether that may be done is decided before: see `witness.judge`.

        Args:
            text: The checkpoint's note text.
            now: The cosigner's own clock.

        Raises:
            MalformedError: The text is not a checkpoint, or the time is impossible.
        """
        read_checkpoint(text)
        stamp = _stamp(now)
        return SignatureLine(self.key.name, self.key.key_id, stamp + self._private.sign(ed25519_message(text, now)))


class MlDsa44Cosigner:
    """A private key that cosigns checkpoints and withstands quantum computers.

    The library hedges: it mixes fresh randomness in, so that two signatures of one text differ.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        """Make the key from its seed of 32 random bytes.

        Raises:
            MalformedError: The name is longer than the signed message has room for.
        """
        _short(name)
        self._private = MLDSA44PrivateKey.from_seed_bytes(seed)
        self.key = VerifierKey(name, SignatureType.COSIGNATURE_ML_DSA_44, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        """Not the key."""
        return f"MlDsa44Cosigner({self.key.name}: <redacted>)"

    def cosign(self, text: bytes, *, now: UnixSeconds) -> SignatureLine:
        """Cosign a checkpoint; see `Ed25519Cosigner.cosign`.

        Raises:
            MalformedError: The text is not a checkpoint, its origin is too long, or the time is impossible.
        """
        message = ml_dsa_message(self.key.name, read_checkpoint(text), timestamp=now)
        return SignatureLine(self.key.name, self.key.key_id, _stamp(now) + self._private.sign(message))


def _short(text: str) -> bytes:
    """> opaque cosigner_name<1..2^8-1>."""
    data = text.encode()
    if not 0 < len(data) <= _LONGEST_NAME:
        raise MalformedError(f"a name or an origin of {len(data)} bytes has no place in the signed message")
    return bytes([len(data)]) + data


def _stamp(now: UnixSeconds) -> bytes:
    if not 0 < now <= _LATEST:
        raise MalformedError(f"{now} is not a time that a cosignature can have")
    return now.to_bytes(_TIMESTAMP_SIZE, "big")
