"""The witness protocol (c2sp.org/tlog-witness, v1.0.0 and later; text of 2026-07-22): what is sent and decided.

    POST <submission prefix>/add-checkpoint
        old <size that this witness cosigned last>
        <base64 hash>           consistency proof from there; at most 63, none if the size is 0 or the same
        (empty line)
        <checkpoint>            the note, with the log's own signatures

    200  cosignature lines
    409  <size that it cosigned last>, if the content type is text/x.tlog.size
    GET <monitoring prefix>/<SHA-256 of the origin>/checkpoint

`judge` is a witness's rule, `read_answer` its client's. Neither stores anything: a witness must replace the head that
`judge` was given by the new one in one atomic step, and make that durable, before it signs and answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, verify_log
from psephos.board.merkle import EMPTY_ROOT, HASH_SIZE, LARGEST_SIZE, LONGEST_PROOF, TreeHead, verify_consistency
from psephos.board.note import (
    SignatureLine,
    Verifier,
    read_hash,
    read_signature_lines,
    read_size,
    write_base64,
)
from psephos.errors import InvalidProofError, MalformedError

SIZE_CONTENT_TYPE = "text/x.tlog.size"
NO_HEAD = TreeHead(0, EMPTY_ROOT)
"""What a witness has seen of a log that it never cosigned."""

OK, BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE = 200, 400, 403, 404, 409, 422


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign; nothing is verified yet.

    Attributes:
        old_size: Where the client believes that the witness stands.
        proof: Consistency proof from there to the checkpoint.
        signed: The checkpoint.
    """

    old_size: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint

    def __post_init__(self) -> None:
        if not 0 <= self.old_size <= LARGEST_SIZE:
            raise MalformedError(f"there is no tree of size {self.old_size}", at="old")
        if len(self.proof) > LONGEST_PROOF or any(len(part) != HASH_SIZE for part in self.proof):
            raise MalformedError("the consistency proof is too long, or not of hashes")


def read_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read a request's body.

    Raises:
        MalformedError: It is not one.
    """
    head, separator, note = body.partition(b"\n\n")
    try:
        old, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("not an add-checkpoint request", at=f"byte {error.start}") from None
    if not old.startswith("old ") or not separator:
        raise MalformedError("not an add-checkpoint request", at="line 1")
    if len(lines) > LONGEST_PROOF:
        raise MalformedError("the consistency proof is too long", at=f"hash {LONGEST_PROOF}")
    old_size = read_size(old.removeprefix("old "), at="old")
    proof = tuple(read_hash(line, at=f"hash {at}") for at, line in enumerate(lines))
    return AddCheckpoint(old_size, proof, read_signed_checkpoint(note))


def write_add_checkpoint(request: AddCheckpoint) -> bytes:
    """The request's body. Send only the log's own signature lines: some witnesses read no more than 16 KiB."""
    lines = [f"old {request.old_size}", *map(write_base64, request.proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + bytes(request.signed)


def origin_hash(origin: str) -> str:
    """> The origin hash is the SHA-256 hash of the log's origin, hex encoded, in lowercase."""
    return sha256(origin.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The witness may cosign, once the head is stored.

    Attributes:
        old: The head that must still be the stored one when it is replaced: compare and swap.
        signed: The checkpoint with only those signatures of the log that were verified.
    """

    old: TreeHead
    signed: SignedCheckpoint


@dataclass(frozen=True, slots=True)
class Refused:
    """The witness does not cosign.

    Attributes:
        status: HTTP status.
        reason: One sentence, for the log and for the body if that has no other form.
        size: For a conflict: what the body must say, as `write_size` puts it.
        suspicious: The log signed a checkpoint that does not follow from ours, or whoever sent it sent a wrong proof.
            Keep the request: two roots of one size prove a fork, see `checkpoint.refuse_split_view`.
    """

    status: int
    reason: str
    size: int | None = None
    suspicious: bool = False


def judge(body: bytes, *, logs: Mapping[str, Sequence[Verifier]], heads: Mapping[str, TreeHead]) -> Accepted | Refused:
    """A witness's answer to add-checkpoint: the document's checks, in its order.

    Args:
        body: The request as received.
        logs: The keys that the witness trusts for each origin.
        heads: What it cosigned last for each origin; origins that it never cosigned for are missing.
    """
    # 1. The body is a request.
    try:
        request = read_add_checkpoint(body)
    except MalformedError as error:
        return Refused(BAD_REQUEST, str(error))
    # 2. > If the checkpoint origin is unknown, the witness MUST respond with a "404 Not Found"
    origin = request.signed.checkpoint.origin
    if origin not in logs:
        return Refused(NOT_FOUND, "the log is unknown")
    # 3. A trusted key has signed, and no trusted key's line fails.
    try:
        lines = verify_log(request.signed, origin=origin, verifiers=logs[origin])
    except InvalidProofError as error:
        return Refused(FORBIDDEN, str(error))
    return _judge_growth(request, request.signed.with_signatures(lines), heads.get(origin, NO_HEAD))


def _judge_growth(request: AddCheckpoint, signed: SignedCheckpoint, old: TreeHead) -> Accepted | Refused:
    # 4. > The old size MUST be equal to or lower than the checkpoint size.
    if request.old_size > signed.head.size:
        return Refused(BAD_REQUEST, "the old size is larger than the checkpoint's")
    # 5. > The witness MUST check that the old size matches the size of the latest checkpoint it cosigned
    if request.old_size != old.size:
        return Refused(CONFLICT, "the old size is not the one cosigned last", size=old.size)
    # 6. An empty tree has the one root. 7. The proof holds; the same size has the same root.
    try:
        verify_consistency(request.proof, old=old, new=signed.head)
    except InvalidProofError as error:
        return Refused(UNPROCESSABLE, str(error), suspicious=True)
    return Accepted(old, signed)


def write_size(size: int) -> bytes:
    """The body of a conflict, of content type text/x.tlog.size."""
    return b"%d\n" % size


def read_written_size(body: bytes) -> int:
    """The size in a conflict's body.

    Raises:
        MalformedError: It is not one.
    """
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.endswith("\n"):
        raise MalformedError("not a tree size and a newline")
    return read_size(text[:-1])


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness cosigned. The lines are not verified yet; > The client MUST ignore any … from unknown keys."""

    lines: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """The witness stands at another size, not above ours: send a proof from there."""

    size: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """The witness contradicts us: stop signing, keep the exchange as evidence, find out who is wrong.

    Attributes:
        reason: What it says.
        size: The size that it has cosigned last, where that is why.
    """

    reason: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """The witness said nothing about the log."""

    reason: str


def read_answer(*, status: int, content_type: str, body: bytes, size: int) -> Cosigned | Behind | Alarm | Later:
    """What a witness's answer to add-checkpoint means for the log that asked.

    Args:
        status: HTTP status.
        content_type: The header's value.
        body: The answer's body.
        size: Size of the checkpoint that was sent.

    Raises:
        MalformedError: The body is not what the status promises.
    """
    if status == OK:
        return Cosigned(read_signature_lines(body))
    if status == CONFLICT and content_type.partition(";")[0].strip().lower() == SIZE_CONTENT_TYPE:
        last = read_written_size(body)
        if last <= size:
            return Behind(last)
        reason = f"the witness has cosigned size {last}, and we are at {size}: another log has our key, or we lost part"
        return Alarm(reason, last)
    if status == CONFLICT:
        return Alarm("the witness has cosigned another root at this size")
    if status == UNPROCESSABLE:
        return Alarm("the witness finds our tree inconsistent with what it cosigned")
    return Later(f"the witness answered {status}")
