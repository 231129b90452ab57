"""What is hashed into each challenge, and by whom: the strings that separate one proof from another.

Every challenge is H(prefix ‖ commitments joined by ",") mod q; the prefix names the proof's purpose
and everything that must not change (specification, as cited). The kernel appends the commitments.
"""

from __future__ import annotations

from psephos.protocol.group import Element, Group


def statement(fingerprint: str, credential: str) -> str:
    """S₀: the election and the voter's credential (§4.11)."""
    return f"{fingerprint}|{credential}"


def interval(statement_: str) -> bytes:
    """> prove|S|α,β|A0,B0,…  (§4.12); the kernel lists α,β."""
    return f"prove|{statement_}|".encode()


def blank_or_nothing(statement_: str) -> bytes:
    """> bproof0|S|A0,B0,AΣ,BΣ  (§4.13)."""
    return f"bproof0|{statement_}|".encode()


def blank_or_in_range(statement_: str) -> bytes:
    """> bproof1|S|A0,B0,…,Ak,Bk  (§4.13)."""
    return f"bproof1|{statement_}|".encode()


def ballot_signature(ballot_hash: str) -> bytes:
    """> sig|H|A  (§4.14)."""
    return f"sig|{ballot_hash}|".encode()


def possession(group: Group, public_key: Element) -> bytes:
    """> pok|G|X|A  (§4.5)."""
    return f"pok|{group.name}|{public_key.text}|".encode()


def message(text: str) -> bytes:
    """> sigmsg|M|A  (§4.6.1)."""
    return f"sigmsg|{text}|".encode()


def decryption(fingerprint: str, public_key: Element) -> bytes:
    """> decrypt|φ|X|A,B  (§4.18)."""
    return f"decrypt|{fingerprint}|{public_key.text}|".encode()


def bound_decryption(record: str, public_key: str, alpha: str, beta: str, factor: str) -> bytes:
    """Psephos' own decryption proof also hashes ciphertext, factor and record (design D1)."""
    return f"psephos/decryption|{record}|{public_key}|{alpha},{beta}|{factor}|".encode()


def half_credential(uuid: str, registrar: int, slot: int, public_half: str) -> bytes:
    """Possession of one registrar's half of a credential; bound to election, registrar and slot."""
    return f"psephos/half|{uuid}|{registrar}|{slot}|{public_half}|".encode()
