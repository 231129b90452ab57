"""Evidence: one file that proves, with nothing but the log's key, that somebody broke a promise.

    {"kind": …, "format": "psephos/evidence/1", "log": [the log's keys], …}

    fork                  two checkpoints of the log that cannot both be true
    broken-promise        a receipt, and a checkpoint of the log with another entry at that place
    witness-misconduct    two checkpoints that one cosigner cosigned and that cannot both be true

Whoever finds a contradiction writes such a file and whoever doubts it checks it, without a network, a board or trust in
either. What cannot be shown to others, such as a file that was withheld, is no evidence and has no kind here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, refuse_split_view, verify_log
from psephos.board.client import ForkError
from psephos.board.cosignature import read_timestamp, verifiers_of
from psephos.board.merkle import LONGEST_PROOF, verify_inclusion
from psephos.board.note import (
    SignatureType,
    Verifier,
    VerifierKey,
    read_hash,
    read_verifier_key,
    verify_note,
    write_base64,
)
from psephos.board.proof import Receipt, read_receipt, write_receipt
from psephos.errors import InvalidProofError, MalformedError, SplitViewError, UnsupportedError
from psephos.protocol.encoding import Digest, Wire, read_json, read_raw, write_json

FORMAT: Literal["psephos/evidence/1"] = "psephos/evidence/1"
LARGEST_EVIDENCE = 4 << 20
"""Two notes of the largest kind, each escaped, and two proofs."""
_MOST_KEYS = 8
_COSIGNERS = frozenset({SignatureType.COSIGNATURE_ED25519, SignatureType.COSIGNATURE_ML_DSA_44})

Hashes = Annotated[tuple[str, ...], msgspec.Meta(max_length=LONGEST_PROOF)]
"""A proof: hashes in base64."""


class _Evidence(Wire, frozen=True, tag_field="kind"):
    """What every kind has.

    Attributes:
        format: Version of this message.
        log: Keys of the log; whoever checks compares them with those in the charter, or brings his own.
    """

    format: Literal["psephos/evidence/1"]
    log: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=_MOST_KEYS)]


class Fork(_Evidence, frozen=True, tag="fork"):
    """The log signed two histories.

    Attributes:
        ours: A note.
        theirs: The note that contradicts it.
        proof: Consistency proof from the smaller size to the larger tree; empty if they are of one size.
        old_root: Root of the larger tree at the smaller size, which the smaller checkpoint does not have.
    """

    ours: str
    theirs: str
    proof: Hashes = ()
    old_root: str = ""


class BrokenPromise(_Evidence, frozen=True, tag="broken-promise"):
    """The log acknowledged an entry and signed a tree with another one in its place.

    Attributes:
        receipt: The receipt (tlog-proof).
        leaf: Leaf hash of the entry that was acknowledged.
        later: The note of the other tree.
        other_leaf: Leaf hash of the entry that is there.
        path: Its audit path.
    """

    receipt: str
    leaf: Digest
    later: str
    other_leaf: Digest
    path: Hashes = ()


class Misconduct(_Evidence, frozen=True, tag="witness-misconduct"):
    """One key cosigned two checkpoints that cannot both be true.

    Attributes:
        witness: The cosigner's key; whoever checks compares it with the charter's policies.
        ours: A note that it cosigned.
        theirs: The note that contradicts it.
        proof: See `Fork`; not needed where a smaller tree was cosigned later than a larger one.
        old_root: See `Fork`.
    """

    witness: str
    ours: str
    theirs: str
    proof: Hashes = ()
    old_root: str = ""


Evidence = Fork | BrokenPromise | Misconduct


@dataclass(frozen=True, slots=True)
class Conviction:
    """What evidence proves.

    Attributes:
        culprit: Name of the key whose holder broke the promise.
        promise: What its holder promises.
        found: What was done instead, in one sentence.
        keys: The keys on which this rests.
    """

    culprit: str
    promise: str
    found: str
    keys: tuple[VerifierKey, ...]


def read_evidence(received: bytes) -> Evidence:
    """Read a file of evidence; nothing is checked yet.

    Raises:
        MalformedError: It is not one.
        UnsupportedError: It is of a version or kind that this program does not know.
    """
    if len(received) > LARGEST_EVIDENCE:
        raise MalformedError(f"evidence: {len(received)} bytes are more than any has")
    raw = read_raw(received, what="evidence")
    known = raw if isinstance(raw, dict) else {}
    kinds = {kind.__struct_config__.tag for kind in (Fork, BrokenPromise, Misconduct)}
    name = str(known.get("format", ""))
    if name.startswith("psephos/evidence/") and (name != FORMAT or known.get("kind") not in kinds):
        raise UnsupportedError(
            f"evidence of the form {name[:40]!a} and kind {str(known.get('kind'))[:40]!a} is unknown"
        )
    evidence: Evidence = read_json(received, Evidence, what="evidence")  # type: ignore[arg-type]
    return evidence


def write_evidence(evidence: Evidence) -> bytes:
    """The file's bytes."""
    return write_json(evidence)


def check_evidence(evidence: Evidence, log: Sequence[VerifierKey] = ()) -> Conviction:
    """Check that evidence proves what it says.

    Args:
        evidence: As read.
        log: The log's keys as the reader knows them; without any, those in the evidence are taken.

    Raises:
        InvalidProofError: It proves nothing: a signature or a proof does not hold, or both sides can be true.
        MalformedError: A part of it is not what it should be.
        UnsupportedError: A key is of a type that we cannot check.
    """
    keys = tuple(log) or tuple(read_verifier_key(text, at="/log") for text in evidence.log)
    if len({key.name for key in keys}) != 1:
        raise MalformedError("evidence: its keys are not those of one log", at="/log")
    match evidence:
        case Fork():
            return _check_fork(evidence, keys)
        case BrokenPromise():
            return _check_broken_promise(evidence, keys)
        case Misconduct():
            return _check_misconduct(evidence, keys[0].name)


def _check_fork(evidence: Fork, keys: tuple[VerifierKey, ...]) -> Conviction:
    ours, theirs = _note(evidence.ours, "/ours"), _note(evidence.theirs, "/theirs")
    _contradict(ours, theirs, evidence.proof, evidence.old_root, origin=keys[0].name, verifiers=verifiers_of(keys))
    return Conviction(
        keys[0].name,
        "a log never signs a checkpoint that is inconsistent with one that it signed before",
        f"it signed two histories, one of {ours.head.size} entries and one of {theirs.head.size},"
        f" that differ within the first {min(ours.head.size, theirs.head.size)}",
        keys,
    )


def _check_broken_promise(evidence: BrokenPromise, keys: tuple[VerifierKey, ...]) -> Conviction:
    receipt, later = _receipt(evidence, keys), _note(evidence.later, "/later")
    verify_log(later, origin=keys[0].name, verifiers=verifiers_of(keys))
    other = bytes.fromhex(evidence.other_leaf)
    verify_inclusion(_hashes(evidence.path, "/path"), index=receipt.index, leaf=other, head=later.head)
    if evidence.other_leaf == evidence.leaf:
        raise InvalidProofError("the entry is there: the promise was kept", at="/other_leaf")
    return Conviction(
        keys[0].name,
        "an entry that a log acknowledged stays in its place for ever",
        f"it acknowledged entry {receipt.index} under a tree of {receipt.signed.head.size} entries,"
        f" and signed a tree of {later.head.size} with another entry there",
        keys,
    )


def _check_misconduct(evidence: Misconduct, origin: str) -> Conviction:
    key = read_verifier_key(evidence.witness, at="/witness")
    if key.kind not in _COSIGNERS:
        raise MalformedError("evidence: not a cosigner's key", at="/witness")
    verifiers, notes = verifiers_of([key]), (_note(evidence.ours, "/ours"), _note(evidence.theirs, "/theirs"))
    promise = "a cosigner cosigns one growing history of a log, and nothing older than what it cosigned before"
    for note in notes:
        verify_log(note, origin=origin, verifiers=verifiers)
    small, large = sorted(notes, key=lambda note: note.head.size)
    times = [read_timestamp(verify_note(note.note, verifiers)[0]) for note in (small, large)]
    if small.head.size < large.head.size and times[0] > times[1]:
        found = f"it cosigned {large.head.size} entries at {times[1]}, and only {small.head.size} later, at {times[0]}"
        return Conviction(key.name, promise, found, (key,))
    _contradict(*notes, evidence.proof, evidence.old_root, origin=origin, verifiers=verifiers)
    found = f"it cosigned two histories, one of {small.head.size} entries and one of {large.head.size}"
    return Conviction(key.name, promise, found, (key,))


def _contradict(
    ours: SignedCheckpoint,
    theirs: SignedCheckpoint,
    proof: Sequence[str],
    old_root: str,
    *,
    origin: str,
    verifiers: Sequence[Verifier],
) -> None:
    """Check that two signed checkpoints cannot both be true.

    Raises:
        InvalidProofError: A signature does not hold, or they can.
    """
    verify_log(ours, origin=origin, verifiers=verifiers)
    root = read_hash(old_root, at="/old_root") if old_root else None
    try:
        refuse_split_view(ours, theirs, proof=_hashes(proof, "/proof"), verifiers=verifiers, old_root=root)
    except SplitViewError:
        return
    raise InvalidProofError("both checkpoints can be true: one has grown from the other")


def _receipt(evidence: BrokenPromise, keys: tuple[VerifierKey, ...]) -> Receipt:
    """The receipt, which holds."""
    receipt = read_receipt(evidence.receipt.encode())
    verify_log(receipt.signed, origin=keys[0].name, verifiers=verifiers_of(keys))
    leaf = bytes.fromhex(evidence.leaf)
    verify_inclusion(receipt.path, index=receipt.index, leaf=leaf, head=receipt.signed.head)
    return receipt


def _note(text: str, at: str) -> SignedCheckpoint:
    try:
        return read_signed_checkpoint(text.encode())
    except MalformedError as error:
        raise MalformedError(f"evidence: {error.message}", at=f"{at}, {error.at}" if error.at else at) from None


def _hashes(proof: Sequence[str], at: str) -> tuple[bytes, ...]:
    return tuple(read_hash(text, at=f"{at}/{number}") for number, text in enumerate(proof))


# ── for those who found something ───────────────────────────────────────────────────────────────────────────────


def fork_evidence(
    ours: bytes, theirs: bytes, *, log: Sequence[VerifierKey], proof: Sequence[bytes] = (), old_root: bytes = b""
) -> Fork:
    """Evidence of two histories.

    Args:
        ours: A note.
        theirs: The note that contradicts it.
        log: The log's keys.
        proof: See `board.client.ForkError`.
        old_root: Likewise; empty if it is not needed.
    """
    return Fork(
        format=FORMAT,
        log=tuple(map(str, log)),
        ours=ours.decode(),
        theirs=theirs.decode(),
        proof=tuple(map(write_base64, proof)),
        old_root=write_base64(old_root) if old_root and proof else "",
    )


def evidence_of_fork(fork: ForkError) -> Fork:
    """Evidence of two histories that a reader of a board came across."""
    return fork_evidence(fork.ours, fork.theirs, log=fork.log, proof=fork.proof, old_root=fork.old_root)


def broken_promise_evidence(
    receipt: Receipt,
    *,
    leaf: bytes,
    later: SignedCheckpoint,
    other_leaf: bytes,
    path: Sequence[bytes],
    log: Sequence[VerifierKey],
) -> BrokenPromise:
    """Evidence that another entry stands where one was acknowledged. See `BrokenPromise`."""
    return BrokenPromise(
        format=FORMAT,
        log=tuple(map(str, log)),
        receipt=write_receipt(receipt).decode(),
        leaf=leaf.hex(),
        later=bytes(later).decode(),
        other_leaf=other_leaf.hex(),
        path=tuple(map(write_base64, path)),
    )


def misconduct_evidence(
    ours: bytes,
    theirs: bytes,
    *,
    witness: VerifierKey,
    log: Sequence[VerifierKey],
    proof: Sequence[bytes] = (),
    old_root: bytes = b"",
) -> Misconduct:
    """Evidence against a cosigner. See `Misconduct`."""
    return Misconduct(
        format=FORMAT,
        log=tuple(map(str, log)),
        witness=str(witness),
        ours=ours.decode(),
        theirs=theirs.decode(),
        proof=tuple(map(write_base64, proof)),
        old_root=write_base64(old_root) if old_root and proof else "",
    )
