"""Notes: text signed by keys that have names (c2sp.org/signed-note, v1.0.0).

    text            ends in a newline; may have empty lines
    (empty line)    the last one of the note
    — name base64(key ID [4] || signature)      one or more; the dash is U+2014

Of the signature types, this file carries out 0x01, Ed25519 over the text; `cosignature` adds 0x04 and 0x06.
The encodings that all the board's text formats share are here too: base64, hashes, decimal numbers.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from psephos.board.merkle import HASH_SIZE, LARGEST_SIZE
from psephos.errors import InvalidProofError, MalformedError, UnsupportedError

LARGEST_NOTE = 1_000_000
MOST_SIGNATURES = 100
"""> MUST accept at least up to 16 signatures. (The others read 100 as well.)"""
SEED_SIZE = 32
_DASH = "— "
_KEY_ID_SIZE = 4
_DECIMAL = re.compile("0|[1-9][0-9]{0,18}")
_KEY_ID = re.compile("[0-9a-f]{8}")
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_NOT_IN_NAMES = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")

# SECURITY: a point of small order verifies signatures that nobody made, so whoever has such a key can deny what it
# signed. These are the y coordinates of all of them; x does not matter.
_FIELD = 2**255 - 19
_ORDER_EIGHT = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _ORDER_EIGHT, _FIELD - _ORDER_EIGHT})


class SignatureType(IntEnum):
    """Which algorithm signs which message."""

    ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_ML_DSA_44 = 0x06


_PUBLIC_KEY_SIZES = {
    SignatureType.ED25519: 32,
    SignatureType.COSIGNATURE_ED25519: 32,
    SignatureType.COSIGNATURE_ML_DSA_44: 1312,
}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and the name that it signs under.

    Attributes:
        name: Such as `observer1.example/w1`. For a log, its origin.
        kind: What it signs, and how.
        public: The public key's bytes.
    """

    name: str
    kind: SignatureType
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != _PUBLIC_KEY_SIZES[self.kind]:
            raise MalformedError(f"the public key has {len(self.public)} bytes", at=self.name)
        ed25519 = self.kind is not SignatureType.COSIGNATURE_ML_DSA_44
        if ed25519 and int.from_bytes(self.public, "little") % 2**255 % _FIELD in _SMALL_ORDER:
            raise MalformedError("the public key has small order: anybody could sign for it", at=self.name)

    @property
    def key_id(self) -> bytes:
        """> key ID = SHA-256(key name || 0x0A || signature type || public key)[:4]."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_KEY_ID_SIZE]

    def __str__(self) -> str:
        """The vkey: > <key name>+hex(32-bit key ID)+base64(signature type || public key)."""
        return f"{self.name}+{self.key_id.hex()}+{write_base64(bytes([self.kind]) + self.public)}"


def read_verifier_key(text: str, *, at: str = "") -> VerifierKey:
    """Read a vkey.

    Raises:
        MalformedError: It is not one, or its key ID is not that of its name and key.
        UnsupportedError: Its signature type is not one of ours.
    """
    name, key_id, encoded = (*text.split("+", 2), "", "")[:3]  # base64 may have a plus, too
    if _KEY_ID.fullmatch(key_id) is None:
        raise MalformedError("not a verifier key: name+id+key", at=at)
    material = read_base64(encoded, at=at)
    try:
        kind = SignatureType(material[0])
    except ValueError:
        raise UnsupportedError(f"signature type {material[0]:#04x} is not supported", at=at) from None
    key = VerifierKey(name, kind, material[1:])
    if key.key_id.hex() != key_id:
        raise MalformedError(f"the key's ID is {key.key_id.hex()}, not {key_id}", at=at)
    return key


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature under a note.

    Attributes:
        name: The key's name, as the line says.
        key_id: Four bytes that tell keys of one name apart.
        signature: What remains: the signature, after a timestamp if it is a cosignature.
    """

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.key_id) != _KEY_ID_SIZE or not self.signature:
            raise MalformedError("the signature is empty or its key ID cut off", at=self.name)

    def __str__(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {write_base64(self.key_id + self.signature)}\n"


def read_signature_lines(data: bytes) -> tuple[SignatureLine, ...]:
    """Read signature lines: the end of a note, or a witness's answer.

    Raises:
        MalformedError: Something else is there, or nothing, or too much.
    """
    *lines, rest = _printable(data).split("\n")
    if rest or not 0 < len(lines) <= MOST_SIGNATURES:
        raise MalformedError(f"not 1 to {MOST_SIGNATURES} signature lines, each with its newline")
    return tuple(_read_line(line, at=f"signature {at}") for at, line in enumerate(lines))


def write_signature_lines(lines: Iterable[SignatureLine]) -> bytes:
    """The lines, one after the other."""
    return "".join(map(str, lines)).encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A text and who signed it; nothing is verified yet.

    Attributes:
        text: What was signed, with its last newline.
        signatures: The lines below it, in order.
    """

    text: bytes
    signatures: tuple[SignatureLine, ...]


def read_note(data: bytes) -> Note:
    """Read a note.

    Raises:
        MalformedError: It has not the one form, or is too large.
    """
    if len(data) > LARGEST_NOTE:
        raise MalformedError(f"a note of {len(data)} bytes is too large")
    _printable(data)
    # > the text is separated from the signatures by the last empty line in the note
    split = data.rfind(b"\n\n")
    if split < 0:
        raise MalformedError("not a note: no empty line before signatures")
    return Note(data[: split + 1], read_signature_lines(data[split + 2 :]))


def write_note(note: Note) -> bytes:
    """The note's bytes.

    Raises:
        MalformedError: The text is not one that a note can have.
    """
    if not note.text.endswith(b"\n"):
        raise MalformedError("a note's text ends in a newline")
    _printable(note.text)
    return note.text + b"\n" + write_signature_lines(note.signatures)


class Verifier(Protocol):
    """Checks what one key signed."""

    @property
    def key(self) -> VerifierKey:
        """The key."""
        ...

    def verify(self, text: bytes, line: SignatureLine) -> None:
        """Check a signature line that has this key's name and ID.

        Raises:
            InvalidProofError: It does not sign this text.
        """
        ...


def verify_note(note: Note, verifiers: Iterable[Verifier]) -> tuple[SignatureLine, ...]:
    """Check every signature of the keys that we know, and that there is one.

    Returns:
        The lines that hold, one for each key: its first. Lines of unknown keys are not among them.

    Raises:
        InvalidProofError: A known key's line does not hold, or no known key has signed.
        MalformedError: Two of the keys have one name and ID, but differ.
    """
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        twin = known.setdefault((verifier.key.name, verifier.key.key_id), verifier)
        if twin.key != verifier.key:
            raise MalformedError("two keys have one name and ID", at=verifier.key.name)
    found: dict[tuple[str, bytes], SignatureLine] = {}
    for line in note.signatures:
        # > If the key name and ID match a known key, verifiers MUST verify the signature.
        pair = (line.name, line.key_id)
        if pair in known:
            known[pair].verify(note.text, line)
            found.setdefault(pair, line)
    if not found:
        raise InvalidProofError("no key that we know has signed the note")
    return tuple(found.values())


class Ed25519Verifier:
    """Checks signatures of type 0x01: Ed25519 over the text."""

    def __init__(self, key: VerifierKey) -> None:
        """Take a key of that type.

        Raises:
            ValueError: The key is of another type.
        """
        if key.kind is not SignatureType.ED25519:
            raise ValueError(f"a key of type {key.kind:#04x} does not sign plain notes")
        self.key = key

    def verify(self, text: bytes, line: SignatureLine) -> None:
        """See `Verifier`."""
        verify_ed25519(self.key, signature=line.signature, message=text)


class Ed25519Signer:
    """A private key that signs notes. Deterministic: one text, one signature."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Make the key from its seed of 32 random bytes, which must be used for nothing else."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, SignatureType.ED25519, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        """Not the key."""
        return f"Ed25519Signer({self.key.name}: <redacted>)"

    def sign(self, text: bytes) -> SignatureLine:
        """Sign a note's text."""
        return SignatureLine(self.key.name, self.key.key_id, self._private.sign(text))


def verify_ed25519(key: VerifierKey, *, signature: bytes, message: bytes) -> None:
    """Check an Ed25519 signature (RFC 8032).

    Raises:
        InvalidProofError: It does not hold.
    """
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        raise InvalidProofError("the signature does not hold", culprit=key.name) from None


def check_name(name: str) -> None:
    """> Key names MUST be non-empty and MUST NOT contain any Unicode spaces or plus (U+002B) characters.

    Raises:
        MalformedError: It is another.
    """
    if not name or _NOT_IN_NAMES.search(name):
        raise MalformedError(f"{name[:80]!a} is not a key's name")


def read_base64(text: str, *, at: str = "") -> bytes:
    """Bytes in standard base64 (RFC 4648 §4), padded; only the one encoding, and never of nothing.

    Raises:
        MalformedError: It is not that.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or write_base64(data) != text:
        raise MalformedError("not the base64 of anything", at=at)
    return data


def write_base64(data: bytes) -> str:
    """Standard base64, padded."""
    return base64.b64encode(data).decode()


def read_hash(text: str, *, at: str = "") -> bytes:
    """A SHA-256 hash in base64.

    Raises:
        MalformedError: It is not one.
    """
    data = read_base64(text, at=at)
    if len(data) != HASH_SIZE:
        raise MalformedError(f"a hash has {HASH_SIZE} bytes, not {len(data)}", at=at)
    return data


def read_size(text: str, *, at: str = "") -> int:
    """A tree size or an index: decimal, no leading zeros, below 2**63.

    Raises:
        MalformedError: It is not one.
    """
    if _DECIMAL.fullmatch(text) is None or int(text) > LARGEST_SIZE:
        raise MalformedError("not a decimal number below 2**63", at=at)
    return int(text)


def _printable(data: bytes) -> str:
    """> MUST be valid UTF-8 and MUST NOT contain any ASCII control characters … other than newline."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("not UTF-8", at=f"byte {error.start}") from None
    control = _CONTROL.search(data)
    if control is not None:
        raise MalformedError("a control character", at=f"byte {control.start()}")
    return text


def _read_line(line: str, *, at: str) -> SignatureLine:
    if not line.startswith(_DASH):
        raise MalformedError("a signature line starts with a dash and a space", at=at)
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    blob = read_base64(encoded, at=at)
    return SignatureLine(name, blob[:_KEY_ID_SIZE], blob[_KEY_ID_SIZE:])
