"""The trustees' signatures and encrypted channels in threshold mode.

Clauses: Belenios 2.0 §4.6.1 and §4.6.3; AES-GCM with a 32-byte nonce as of 3.1.
"""

import hashlib
from dataclasses import dataclass

from .canonical import dump, fields, parse_canonical, text
from .errors import RefusedError
from .groups import Element, Group
from .nonces import Draw
from .proofs import Proof, proof_from_json, prove_knowledge, verify_knowledge

ALGORITHM = "AES-GCM"


@dataclass(frozen=True)
class SignedMessage:
    """A message (usually JSON in a string) and a signature on its bytes."""

    message: str
    signature: Proof

    def to_json(self) -> dict[str, object]:
        """Write the structure with its fields in order."""
        return {"message": self.message, "signature": self.signature.to_json()}


def signed_message_from_json(group: Group, value: object) -> SignedMessage:
    """Read a signed message.

    Raises:
        RefusedError: If it is malformed.
    """
    entry = fields(value, "message", "signature")
    return SignedMessage(text(entry["message"]), proof_from_json(group, entry["signature"]))


def derive_key(group: Group, seed: str, *, purpose: str) -> int:
    """Derive the signing key (purpose `sk`) or the decryption key (`dk`) from a trustee's seed."""
    return int(hashlib.sha256(f"{purpose}|{seed}".encode()).hexdigest(), 16) % group.q


def sign(group: Group, secret: int, *, message: str, w: int) -> SignedMessage:
    """Sign a message."""
    return SignedMessage(message, prove_knowledge(group, secret, prefix=f"sigmsg|{message}|", w=w))


def verify_signature(group: Group, public: Element, *, message: str, signature: Proof) -> None:
    """Check a signature.

    Raises:
        RefusedError: If it is not by the holder of this key on this message.
    """
    verify_knowledge(group, public, prefix=f"sigmsg|{message}|", proof=signature)


def _aes_gcm(key: bytes, nonce: bytes, *, data: bytes, decrypting: bool) -> bytes:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - the oracle's one dependency
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    cipher = AESGCM(key)
    try:
        return cipher.decrypt(nonce, data, None) if decrypting else cipher.encrypt(nonce, data, None)
    except InvalidTag as error:
        raise RefusedError("the encrypted message was altered, or is for another key") from error


def _symmetric(group: Group, *, shared: Element, alpha: Element) -> tuple[bytes, bytes]:
    key = hashlib.sha256(f"key|{group.encode(shared)}".encode()).digest()
    nonce = hashlib.sha256(f"iv|{group.encode(alpha)}".encode()).digest()
    return key, nonce


def encrypt_message(group: Group, recipient: Element, *, plaintext: str, draw: Draw) -> str:
    """Encrypt a string to a trustee's encryption key; the result is JSON in a string."""
    r, shared = draw(), group.power(group.g, draw())
    alpha = group.power(group.g, r)
    beta = group.multiply(group.power(recipient, r), shared)
    key, nonce = _symmetric(group, shared=shared, alpha=alpha)
    data = _aes_gcm(key, nonce, data=plaintext.encode(), decrypting=False).hex()
    return dump({"algorithm": ALGORITHM, "alpha": group.encode(alpha), "beta": group.encode(beta), "data": data})


def decrypt_message(group: Group, decryption_key: int, *, encrypted: str) -> str:
    """Decrypt what `encrypt_message` made.

    Raises:
        RefusedError: If it is malformed, altered, or for another key.
    """
    entry = fields(parse_canonical(encrypted.encode()), "algorithm", "alpha", "beta", "data")
    if entry["algorithm"] != ALGORITHM:
        raise RefusedError(f"unknown algorithm {entry['algorithm']!r}")
    alpha, beta = group.decode(text(entry["alpha"])), group.decode(text(entry["beta"]))
    key, nonce = _symmetric(group, shared=group.divide(beta, group.power(alpha, decryption_key)), alpha=alpha)
    try:
        data = bytes.fromhex(text(entry["data"]))
    except ValueError as error:
        raise RefusedError("data is not hexadecimal") from error
    if data.hex() != entry["data"]:
        raise RefusedError("data is not lower-case hexadecimal")
    return _aes_gcm(key, nonce, data=data, decrypting=True).decode()


def send(group: Group, signing_key: int, *, recipient: Element, message: str, draw: Draw) -> str:
    """Sign a message with its recipient's name in it, and encrypt it to the recipient (§4.6.3)."""
    channel = dump({"recipient": group.encode(recipient), "message": message})
    signed = sign(group, signing_key, message=channel, w=draw())
    return encrypt_message(group, recipient, plaintext=dump(signed.to_json()), draw=draw)


def receive(group: Group, decryption_key: int, *, sender: Element, encrypted: str) -> str:
    """Decrypt a message and check sender and recipient.

    Raises:
        RefusedError: If it is not from the sender to us.
    """
    plaintext = decrypt_message(group, decryption_key, encrypted=encrypted)
    signed = signed_message_from_json(group, parse_canonical(plaintext.encode()))
    verify_signature(group, sender, message=signed.message, signature=signed.signature)
    entry = fields(parse_canonical(signed.message.encode()), "recipient", "message")
    if group.decode(text(entry["recipient"])) != group.power(group.g, decryption_key):
        raise RefusedError("the message is for another trustee")
    return text(entry["message"])
