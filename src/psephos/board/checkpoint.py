"""Checkpoints: how large a log is, and the hash of all of it (c2sp.org/tlog-checkpoint, v1.0.0).

    origin          which log this is; by custom its key's name and its URL without the scheme
    size            decimal
    root            base64
    (extensions)    further lines that are not empty; we read them and write none

A checkpoint is the text of a note that the log signs, and that witnesses may cosign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from psephos.board.merkle import TreeHead, roots_of_consistency, verify_consistency
from psephos.board.note import (
    Note,
    SignatureLine,
    Verifier,
    read_hash,
    read_note,
    read_size,
    verify_note,
    write_base64,
    write_note,
)
from psephos.errors import InvalidProofError, MalformedError, SplitViewError

_MANDATORY = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log, or a witness of it, signs.

    Attributes:
        origin: Which log.
        head: Its size and root.
        extensions: Opaque lines, without their newlines. > NOT RECOMMENDED, as they are not auditable by log monitors
    """

    origin: str
    head: TreeHead
    extensions: tuple[str, ...] = ()


def read_checkpoint(text: bytes) -> Checkpoint:
    """Read a note's text as a checkpoint.

    Raises:
        MalformedError: It is not one.
    """
    try:
        *lines, rest = text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("not UTF-8", at=f"byte {error.start}") from None
    if rest or len(lines) < _MANDATORY or "" in lines:
        raise MalformedError("a checkpoint has at least three lines, none of them empty")
    origin, size, root, *extensions = lines
    head = TreeHead(read_size(size, at="line 2"), read_hash(root, at="line 3"))
    return Checkpoint(origin, head, tuple(extensions))


def write_checkpoint(checkpoint: Checkpoint) -> bytes:
    """The text that is signed.

    Raises:
        MalformedError: The origin or an extension is not a line.
    """
    lines = [checkpoint.origin, str(checkpoint.head.size), write_base64(checkpoint.head.root), *checkpoint.extensions]
    if any(not line or "\n" in line for line in lines):
        raise MalformedError("a line of a checkpoint is empty or has a newline")
    return "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as a note; nothing is verified yet."""

    note: Note
    checkpoint: Checkpoint

    @property
    def head(self) -> TreeHead:
        """Size and root."""
        return self.checkpoint.head

    def with_signatures(self, lines: Iterable[SignatureLine]) -> SignedCheckpoint:
        """The same checkpoint with these signatures, and no others."""
        return replace(self, note=replace(self.note, signatures=tuple(lines)))

    def __bytes__(self) -> bytes:
        """The note."""
        return write_note(self.note)


def read_signed_checkpoint(data: bytes) -> SignedCheckpoint:
    """Read a note whose text is a checkpoint.

    Raises:
        MalformedError: It is not one.
    """
    note = read_note(data)
    return SignedCheckpoint(note, read_checkpoint(note.text))


def verify_log(signed: SignedCheckpoint, *, origin: str, verifiers: Iterable[Verifier]) -> tuple[SignatureLine, ...]:
    """Check that a log signed this checkpoint as its own.

    Args:
        signed: The checkpoint.
        origin: The log that it must be of.
        verifiers: The log's keys, at least one of which must have signed.

    Returns:
        The log's own lines, one for each key.

    Raises:
        InvalidProofError: It is another log's, or see `verify_note`.
    """
    if signed.checkpoint.origin != origin:
        raise InvalidProofError(f"the checkpoint is of {signed.checkpoint.origin!a}, not of {origin!a}")
    return verify_note(signed.note, verifiers)


def refuse_split_view(
    ours: SignedCheckpoint,
    theirs: SignedCheckpoint,
    *,
    proof: Sequence[bytes],
    verifiers: Sequence[Verifier],
    old_root: bytes | None = None,
) -> None:
    """Check that two checkpoints of one log can both be true: the larger has grown from the smaller.

    > A log MUST not sign any checkpoint which is inconsistent with any checkpoint it previously signed.

    Args:
        ours: What we hold.
        theirs: What another was shown.
        proof: Consistency proof from the smaller to the larger; empty if they are of one size.
        verifiers: The log's keys.
        old_root: The smaller tree's root by whoever gave the proof. With it, a fork at a power of two is proved, too.

    Raises:
        SplitViewError: They cannot. Carries both notes; to convince others at different sizes, keep the proof as well.
        InvalidProofError: A signature does not hold, or the proof proves nothing, so that we know nothing either.
    """
    for signed in (ours, theirs):
        verify_log(signed, origin=ours.checkpoint.origin, verifiers=verifiers)
    small, large = sorted((ours.head, theirs.head), key=lambda head: head.size)
    try:
        verify_consistency(proof, old=small, new=large)
    except InvalidProofError:
        if not _forked(small, large, proof, old_root):
            raise
        raise SplitViewError(
            f"the log signed two histories that differ at size {small.size} or before",
            ours=bytes(ours),
            theirs=bytes(theirs),
            culprit=ours.checkpoint.origin,
            hint="publish both: anybody can check them with the log's key",
        ) from None


def _forked(small: TreeHead, large: TreeHead, proof: Sequence[bytes], old_root: bytes | None) -> bool:
    if small.size == large.size:
        return small.root != large.root
    if small.size == 0:
        return False
    before, after = roots_of_consistency(proof, old=TreeHead(small.size, old_root or small.root), new_size=large.size)
    return after == large.root and before != small.root
