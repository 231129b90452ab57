"""Keys that sign notes, as files: `PRIVATE+KEY+name+ID+base64`, readable by their owner only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from psephos.adapters.files import read_secret, write_new
from psephos.board.note import (
    SEED_SIZE,
    Ed25519Signer,
    SignatureType,
    VerifierKey,
    check_name,
    read_base64,
    write_base64,
)
from psephos.errors import MalformedError

_PRIVATE = "PRIVATE+KEY+"


class _Signs(Protocol):
    """Whatever has a key."""

    @property
    def key(self) -> VerifierKey:
        """Its public half."""
        ...


_Key = TypeVar("_Key", bound=_Signs)


def create_key(
    path: Path, make: Callable[[str, bytes], _Key], *, kind: SignatureType, name: str, fresh: Callable[[int], bytes]
) -> _Key:
    """Make a key, and write it to a file.

    Args:
        path: The file.
        make: Gives the key for a name and a seed.
        kind: Its type.
        name: Under which it signs.
        fresh: Gives so many random bytes.

    Raises:
        MalformedError: The name is not one.
        RefusedError: There is another key.
        UnavailableError: It cannot be written.
    """
    check_name(name)
    seed = fresh(SEED_SIZE)
    made = make(name, seed)
    text = f"{_PRIVATE}{name}+{made.key.key_id.hex()}+{write_base64(bytes([kind]) + seed)}\n"
    write_new(path, text.encode(), secret=True)
    return made


def read_key(path: Path, make: Callable[[str, bytes], _Key], *, kind: SignatureType) -> _Key:
    """A key that was made; see `create_key`.

    Raises:
        RefusedError: Others may read it.
        MalformedError: The file is not such a key.
        UnavailableError: It cannot be read.
    """
    text = read_secret(path).decode(errors="replace")
    name, key_id, encoded = (*text.removeprefix(_PRIVATE).removesuffix("\n").split("+", 2), "", "")[:3]
    material = read_base64(encoded, at=str(path))
    if not text.startswith(_PRIVATE) or material[:1] != bytes([kind]) or len(material) != 1 + SEED_SIZE:
        raise MalformedError(f"{path} is not a private key of type {kind:#04x}", at=str(path))
    made = make(name, material[1:])
    if made.key.key_id.hex() != key_id:
        raise MalformedError(f"{path} is damaged: the key's ID is another", at=str(path))
    return made


def create_signer(private: Path, public: Path, *, name: str, fresh: Callable[[int], bytes]) -> Ed25519Signer:
    """Make a log's key, and write its public half to a file of its own; see `create_key`."""
    signer = create_key(private, Ed25519Signer, kind=SignatureType.ED25519, name=name, fresh=fresh)
    write_new(public, f"{signer.key}\n".encode())
    return signer


def read_signer(path: Path) -> Ed25519Signer:
    """A log's key; see `read_key`."""
    return read_key(path, Ed25519Signer, kind=SignatureType.ED25519)
