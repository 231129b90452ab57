"""Keys that sign notes, as files: `PRIVATE+KEY+name+ID+base64`, readable by their owner only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from psephos.adapters.files import read_secret, write_new
from psephos.board.note import SEED_SIZE, Ed25519Signer, SignatureType, check_name, read_base64, write_base64
from psephos.errors import MalformedError

_PRIVATE = "PRIVATE+KEY+"


def create_signer(private: Path, public: Path, *, name: str, fresh: Callable[[int], bytes]) -> Ed25519Signer:
    """Make a key.

    Args:
        private: Its file.
        public: The file of its public half.
        name: Under which it signs.
        fresh: Gives so many random bytes.

    Raises:
        MalformedError: The name is not one.
        RefusedError: There is another key.
        UnavailableError: It cannot be written.
    """
    check_name(name)
    seed = fresh(SEED_SIZE)
    signer = Ed25519Signer(name, seed)
    text = f"{_PRIVATE}{name}+{signer.key.key_id.hex()}+{write_base64(bytes([SignatureType.ED25519]) + seed)}\n"
    write_new(private, text.encode(), secret=True)
    write_new(public, f"{signer.key}\n".encode())
    return signer


def read_signer(path: Path) -> Ed25519Signer:
    """A key that was made.

    Raises:
        RefusedError: Others may read it.
        MalformedError: The file is not a key.
        UnavailableError: It cannot be read.
    """
    text = read_secret(path).decode(errors="replace")
    name, key_id, encoded = (*text.removeprefix(_PRIVATE).removesuffix("\n").split("+", 2), "", "")[:3]
    material = read_base64(encoded, at=str(path))
    if not text.startswith(_PRIVATE) or material[0] != SignatureType.ED25519 or len(material) != 1 + SEED_SIZE:
        raise MalformedError(f"{path} is not a private key that signs notes", at=str(path))
    signer = Ed25519Signer(name, material[1:])
    if signer.key.key_id.hex() != key_id:
        raise MalformedError(f"{path} is damaged: the key's ID is another", at=str(path))
    return signer
