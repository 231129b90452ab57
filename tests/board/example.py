"""The example log of `vectors/board/`, trees in memory, and ways to break bytes."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from hypothesis import strategies as st

from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, write_checkpoint
from psephos.board.cosignature import Ed25519Cosigner, MlDsa44Cosigner
from psephos.board.merkle import EMPTY_ROOT, NodeReader, TreeHead, hash_leaf
from psephos.board.note import Ed25519Signer, Note
from psephos.ports import UnixSeconds
from tests.support.records import VECTORS

BOARD = VECTORS / "board"
EXAMPLE: dict[str, Any] = json.loads((BOARD / "example.json").read_text())
SPECIFICATION: dict[str, Any] = json.loads((BOARD / "specification.json").read_text())
TREES: dict[str, Any] = json.loads((BOARD / "merkle.json").read_text())
COSIGNED = (BOARD / "example-cosigned.note").read_bytes()
VKEYS: list[str] = (BOARD / "example.vkeys").read_text().split()

ORIGIN = "board.referendum.example/2026"
NOW = UnixSeconds(EXAMPLE["timestamp"])
LOG = Ed25519Signer(ORIGIN, bytes.fromhex(EXAMPLE["seeds"]["log"]))
OBSERVER = Ed25519Cosigner("observer1.example/w1", bytes.fromhex(EXAMPLE["seeds"]["observer"]))
MIRROR = MlDsa44Cosigner("mirror1.example/m1", bytes.fromhex(EXAMPLE["seeds"]["mirror"]))


def leaves_of(size: int, salt: str = "ballot") -> list[bytes]:
    """Leaf hashes of the example's entries, and on in the same manner."""
    return [hash_leaf(f"{salt}-{number:07}".encode()) for number in range(size)]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root by RFC 6962's definition and nothing else."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = max(1 << bit for bit in range(len(leaves).bit_length()) if 1 << bit < len(leaves))
    return sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def head_of(leaves: Sequence[bytes]) -> TreeHead:
    """Size and root by definition."""
    return TreeHead(len(leaves), root_of(leaves))


def reader_of(leaves: Sequence[bytes]) -> NodeReader:
    """Nodes by definition; one that the tree does not have is an error."""
    known: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        covered = leaves[index << level : (index + 1) << level]
        assert len(covered) == 1 << level, "a node that is not perfect was asked for"
        if (level, index) not in known:
            known[level, index] = root_of(covered)
        return known[level, index]

    return read


def signed(head: TreeHead, *, signer: Ed25519Signer = LOG, origin: str = ORIGIN) -> SignedCheckpoint:
    """A checkpoint that the log signed."""
    checkpoint = Checkpoint(origin, head)
    text = write_checkpoint(checkpoint)
    return SignedCheckpoint(Note(text, (signer.sign(text),)), checkpoint)


@st.composite
def broken(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with a few of them changed, added, taken away or doubled; never the same."""
    found = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(found) - 1)))
        match draw(st.sampled_from(["change", "add", "take", "double", "cut"])):
            case "change" if found:
                found[at] = draw(st.integers(0, 255))
            case "add":
                found[at:at] = draw(
                    st.binary(min_size=1, max_size=4) | st.sampled_from([b"\n", b" ", b"=", b"0", b"\r"])
                )
            case "take":
                del found[at : at + draw(st.integers(1, 40))]
            case "double":
                found[at:at] = found[at : at + draw(st.integers(1, 80))]
            case _:
                del found[at:]
    if bytes(found) == data:
        found.append(0)
    return bytes(found)
