"""The key with which an organiser, or an auditor, signs notes: what is sealed under its owner's passphrase."""

from __future__ import annotations

from enum import StrEnum

from psephos.board.note import SEED_SIZE, Ed25519Signer, check_name
from psephos.errors import MalformedError
from psephos.protocol.encoding import Wire, read_json, write_json


class Owner(StrEnum):
    """Whose key it is: no key of one is taken for the other's."""

    ORGANISER = "organiser"
    AUDITOR = "auditor"


class NoteKey(Wire, frozen=True):
    """A key.

    # SECURITY: the encoded form MUST be sealed under a passphrase wherever it is written.

    Attributes:
        format: Version of this message, and whose key it is.
        name: Under which its owner signs, such as organiser1.example/2026.
        seed: 32 random bytes, in hexadecimal.
    """

    format: str
    name: str
    seed: str

    def __repr__(self) -> str:
        """Redacted."""
        return f"NoteKey({self.name}: <redacted>)"


def make_note_key(owner: Owner, *, name: str, seed: bytes) -> bytes:
    """A key file's content, to be sealed.

    Raises:
        MalformedError: Not a key's name.
    """
    check_name(name)
    return write_json(NoteKey(format=_format(owner), name=name, seed=seed.hex()))


def read_note_key(owner: Owner, opened: bytes) -> Ed25519Signer:
    """Whoever signs with an opened key file.

    Raises:
        MalformedError: Not this owner's key file; nothing of it is shown.
    """
    try:
        key = read_json(opened, NoteKey, what="key file")
        seed = bytes.fromhex(key.seed)
    except (MalformedError, ValueError):
        raise MalformedError(f"this is not an {owner}'s key file", at="key file") from None
    if key.format != _format(owner):
        raise MalformedError(f"this is not an {owner}'s key file", at="key file")
    if len(seed) != SEED_SIZE:
        raise MalformedError(f"the {owner}'s key file is damaged", at="key file")
    return Ed25519Signer(key.name, seed)


def _format(owner: Owner) -> str:
    return f"psephos/{owner}-key/1"
