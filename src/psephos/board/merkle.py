"""Merkle trees over SHA-256: tree heads, inclusion proofs, consistency proofs (RFC 6962 §2.1, RFC 9162 §2.1).

A tree is read through its *perfect* subtrees: node (level, index) covers the leaves
[index * 2**level, (index + 1) * 2**level). Where those hashes are kept is the reader's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from psephos.errors import InvalidProofError, MalformedError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
LARGEST_SIZE = 2**63 - 1
"""No tree is larger: the size of a log is a positive int64 to everybody who reads it."""
LONGEST_PROOF = 63
"""Hashes that a proof may have on the wire: a path needs no more, and > MUST NOT send more than 63 … lines."""

NodeReader = Callable[[int, int], bytes]
"""Gives the hash of node (level, index). Called only for nodes that the tree of the given size has."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """How many leaves a tree has, and the hash of them all."""

    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.size <= LARGEST_SIZE:
            raise MalformedError(f"a tree cannot have {self.size} leaves")
        if len(self.root) != HASH_SIZE:
            raise MalformedError(f"a root hash has {HASH_SIZE} bytes, not {len(self.root)}")


def hash_leaf(entry: bytes) -> bytes:
    """Hash of an entry: SHA-256(0x00 || entry)."""
    return sha256(b"\0" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees: SHA-256(0x01 || left || right)."""
    return sha256(b"\1" + left + right).digest()


def hash_perfect(hashes: Sequence[bytes]) -> bytes:
    """Hash of a perfect subtree.

    Args:
        hashes: Its nodes at one level, from left to right; their number is a power of two.
    """
    while len(hashes) > 1:
        hashes = [hash_node(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


@dataclass(frozen=True, slots=True)
class Frontier:
    """What must be kept of a tree to go on with it: its perfect subtrees, one for each bit of its size.

    Attributes:
        size: Number of leaves.
        peaks: Their hashes, from left to right, so the largest first.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= LARGEST_SIZE or len(self.peaks) != self.size.bit_count():
            raise MalformedError("not the frontier of a tree", at=f"size {self.size}")

    def extended(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier after more leaves, given by their hashes."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            peaks.append(leaf)
            size += 1
            for _ in range(_trailing_zeros(size)):
                right = peaks.pop()
                peaks.append(hash_node(peaks.pop(), right))
        return Frontier(size, tuple(peaks))

    def head(self) -> TreeHead:
        """The tree's head."""
        return TreeHead(self.size, _bag(self.peaks) if self.peaks else EMPTY_ROOT)


def read_frontier(size: int, read: NodeReader) -> Frontier:
    """The frontier of a tree that is stored."""
    return Frontier(size, tuple(_peaks(0, size, read)))


def prove_inclusion(read: NodeReader, *, index: int, size: int) -> tuple[bytes, ...]:
    """The audit path from a leaf to the root, sibling of the leaf first: PATH(index, D[size]) of RFC 6962 §2.1.1.

    Raises:
        ValueError: The tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of size {size}")
    siblings, start, end = [], 0, size
    while end - start > 1:
        middle = start + _left_width(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return tuple(_bag(_peaks(*sibling, read)) for sibling in reversed(siblings))


def prove_consistency(read: NodeReader, *, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the first `old` leaves of a tree of size `new` are unchanged: PROOF(old, D[new]), §2.1.2.

    Empty if `old` is 0 or `new`: there is nothing to prove.

    Raises:
        ValueError: `old` is larger than `new`.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree does not grow from {old} to {new}")
    if old in {0, new}:
        return ()
    parts, start, end = [], 0, new
    while end != old:
        middle = start + _left_width(end - start)
        if old <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    if start > 0:  # otherwise this is the whole old tree, whose root the verifier has
        parts.append((start, end))
    return tuple(_bag(_peaks(*part, read)) for part in reversed(parts))


def verify_inclusion(proof: Sequence[bytes], *, index: int, leaf: bytes, head: TreeHead) -> None:
    """Check that a tree has this leaf at this place (RFC 9162 §2.1.3.2).

    Args:
        proof: The audit path, sibling of the leaf first.
        index: Number of the leaf, from 0.
        leaf: Its hash, as from `hash_leaf`.
        head: The tree's head, from a checkpoint whose signatures were checked.

    Raises:
        InvalidProofError: It has not, or the proof is of another shape.
    """
    if not 0 <= index < head.size:
        raise InvalidProofError(f"leaf {index} is not in a tree of size {head.size}")
    node, last, reached = index, head.size - 1, leaf
    for at, sibling in enumerate(proof):
        if last == 0 or len(sibling) != HASH_SIZE:
            raise InvalidProofError("the inclusion proof is too long or not of hashes", at=f"hash {at}")
        if node % 2 == 1 or node == last:
            reached = hash_node(sibling, reached)
            skipped = _trailing_zeros(node)
            node, last = node >> skipped, last >> skipped
        else:
            reached = hash_node(reached, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise InvalidProofError("the inclusion proof is too short", at=f"hash {len(proof)}")
    if reached != head.root:
        raise InvalidProofError("the inclusion proof does not lead to the tree's root", at=f"leaf {index}")


def verify_consistency(proof: Sequence[bytes], *, old: TreeHead, new: TreeHead) -> None:
    """Check that a tree has grown from another, and nothing else (RFC 9162 §2.1.4.2).

    Raises:
        InvalidProofError: It has not, it shrank, or the proof is of another shape.
    """
    if old.size > new.size:
        raise InvalidProofError(f"the tree shrank from {old.size} to {new.size}")
    for head in (old, new):
        if head.size == 0 and head.root != EMPTY_ROOT:
            raise InvalidProofError("the root of an empty tree is the hash of nothing")
    if old.size in {0, new.size}:
        if proof:
            raise InvalidProofError("there is nothing to prove, yet there is a proof", at="hash 0")
        if old.size == new.size and old.root != new.root:
            raise InvalidProofError("two trees of one size have different roots", at=f"size {new.size}")
        return
    if roots_of_consistency(proof, old=old, new_size=new.size) != (old.root, new.root):
        raise InvalidProofError("the consistency proof does not lead to both roots", at=f"size {new.size}")


def roots_of_consistency(proof: Sequence[bytes], *, old: TreeHead, new_size: int) -> tuple[bytes, bytes]:
    """The two roots that a consistency proof leads to, whatever the expected ones are.

    If the second is a root that the log signed, then the first is the only root that this tree had at the old size:
    a different one, signed, is a fork. (A proof from a size that is a power of two leaves its old root out, so that
    it must be given; the first result is then just that.)

    Args:
        proof: Hashes, as in RFC 6962 §2.1.2.
        old: The smaller tree. Its root is used only if its size is a power of two.
        new_size: Size of the larger tree.

    Raises:
        InvalidProofError: No proof between these sizes has this shape, or there is nothing to prove.
    """
    if not 0 < old.size < new_size:
        raise InvalidProofError(f"no proof leads from size {old.size} to {new_size}")
    hashes = list(proof) if old.size.bit_count() > 1 else [old.root, *proof]
    if not hashes or any(len(part) != HASH_SIZE for part in hashes):
        raise InvalidProofError("the consistency proof is empty or not of hashes")
    shift = _trailing_zeros(old.size)
    node, last = (old.size >> shift) - 1, (new_size - 1) >> shift
    before = after = hashes[0]
    for at, part in enumerate(hashes[1:], start=1):
        if last == 0:
            raise InvalidProofError("the consistency proof is too long", at=f"hash {at}")
        if node % 2 == 1 or node == last:
            before, after = hash_node(part, before), hash_node(part, after)
            skipped = _trailing_zeros(node)
            node, last = node >> skipped, last >> skipped
        else:
            after = hash_node(after, part)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise InvalidProofError("the consistency proof is too short", at=f"hash {len(hashes)}")
    return before, after


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


def _left_width(width: int) -> int:
    """> Let k be the largest power of two smaller than n  (§2.1)."""
    return 1 << ((width - 1).bit_length() - 1)


def _peaks(start: int, end: int, read: NodeReader) -> list[bytes]:
    """Hashes of the perfect subtrees that make up [start, end), largest first."""
    hashes = []
    while start < end:
        level = (end - start).bit_length() - 1
        hashes.append(read(level, start >> level))
        start += 1 << level
    return hashes


def _bag(peaks: Sequence[bytes]) -> bytes:
    reached = peaks[-1]
    for peak in reversed(peaks[:-1]):
        reached = hash_node(peak, reached)
    return reached
