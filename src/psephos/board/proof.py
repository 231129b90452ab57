"""Receipts: an entry is in the log, and these have cosigned it (c2sp.org/tlog-proof, untagged; text of 2026-07-22).

    c2sp.org/tlog-proof@v1
    extra <base64>          only if there is some; nobody signs it
    index <decimal>
    <base64 hash>           audit path, sibling of the leaf first; none in a log of one entry
    (empty line)
    <checkpoint>            the note, cosignatures included

The file's name ends in `.tlog-proof`. What was logged is not in it: who checks a receipt knows the entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.merkle import HASH_SIZE, LARGEST_SIZE, LONGEST_PROOF, verify_inclusion
from psephos.board.note import read_base64, read_hash, read_size, write_base64
from psephos.board.policy import Observed, Policy, verify_checkpoint, verify_quorum
from psephos.errors import MalformedError

MAGIC = "c2sp.org/tlog-proof@v1"
LARGEST_EXTRA = 1_000_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """A proof that an entry is in the log; nothing is verified yet.

    Attributes:
        index: Number of the entry.
        path: Audit path from it to the checkpoint's root.
        signed: The checkpoint.
        extra: > Applications MUST NOT implicitly trust the extra data. Empty if there is none.
    """

    index: int
    path: tuple[bytes, ...]
    signed: SignedCheckpoint
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= LARGEST_SIZE or len(self.extra) > LARGEST_EXTRA:
            raise MalformedError("the index or the extra data is too large")
        if len(self.path) > LONGEST_PROOF or any(len(part) != HASH_SIZE for part in self.path):
            raise MalformedError("the audit path is too long, or not of hashes")


def read_receipt(data: bytes) -> Receipt:
    """Read a `.tlog-proof` file.

    Raises:
        MalformedError: It is not one.
    """
    head, separator, note = data.partition(b"\n\n")
    try:
        magic, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("not a tlog-proof", at=f"byte {error.start}") from None
    if magic != MAGIC or not separator:
        raise MalformedError("not a tlog-proof", at="line 1")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = read_base64(lines.pop(0).removeprefix("extra "), at="extra")
    if not lines or not lines[0].startswith("index "):
        raise MalformedError("the index is missing", at="index")
    index = read_size(lines.pop(0).removeprefix("index "), at="index")
    if len(lines) > LONGEST_PROOF:
        raise MalformedError("the audit path is too long", at=f"hash {LONGEST_PROOF}")
    path = tuple(read_hash(line, at=f"hash {at}") for at, line in enumerate(lines))
    return Receipt(index, path, read_signed_checkpoint(note), extra)


def write_receipt(receipt: Receipt) -> bytes:
    """The file's bytes."""
    lines = [
        MAGIC,
        *([f"extra {write_base64(receipt.extra)}"] if receipt.extra else []),
        f"index {receipt.index}",
        *map(write_base64, receipt.path),
    ]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + bytes(receipt.signed)


def verify_receipt(receipt: Receipt, *, leaf: bytes, policy: Policy) -> Observed:
    """Check a receipt, the quorum last: if only that is missing, the receipt is provisional and the rest holds.

    Timestamps are not looked at: > the timestamp value is ignored by the above verification procedure.

    Args:
        receipt: As read.
        leaf: Hash of the entry that must be in the log, computed by whoever checks.
        policy: Which logs are acceptable, and who must have cosigned.

    Returns:
        Whose signatures hold.

    Raises:
        InvalidProofError: Another entry is there, or a signature does not hold, or the log is not acceptable.
        QuorumError: The log says so, but too few have cosigned.
    """
    observed = verify_checkpoint(receipt.signed, policy)
    verify_inclusion(receipt.path, index=receipt.index, leaf=leaf, head=receipt.signed.head)
    verify_quorum(observed.cosignatures, policy)
    return observed
