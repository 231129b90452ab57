"""A witness's hands: its keys, its evidence, and the one way on which a cosignature leaves it.

    judge the request → replace the head, durably, if it is still the one that was judged → sign → answer

A cosignature is made from what is stored: a crash at any point leaves either nothing, or a head that may be cosigned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from psephos.adapters.evidence_files import MOST_FILES, keep_evidence
from psephos.adapters.files import write_new
from psephos.adapters.note_keys import create_key, read_key
from psephos.adapters.witness_store import LogState, WitnessStore
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, refuse_split_view
from psephos.board.cosignature import Ed25519Cosigner, MlDsa44Cosigner, read_timestamp, verifiers_of
from psephos.board.note import (
    SignatureLine,
    SignatureType,
    verify_note,
    write_base64,
    write_signature_lines,
)
from psephos.board.witness import (
    OK,
    SIZE_CONTENT_TYPE,
    AddCheckpoint,
    Refused,
    judge,
    origin_hash,
    read_add_checkpoint,
    write_size,
)
from psephos.errors import InvalidProofError, PsephosError, RefusedError, SplitViewError
from psephos.ports import Clock, UnixSeconds
from psephos.verify.evidence import fork_evidence

UNAVAILABLE = 503
PLAIN = "text/plain; charset=utf-8"
_MOST_TRIES = 8

Cosigner = Ed25519Cosigner | MlDsa44Cosigner

_KEY_FILES: tuple[tuple[str, SignatureType, Callable[[str, bytes], Cosigner]], ...] = (
    ("ed25519.key", SignatureType.COSIGNATURE_ED25519, Ed25519Cosigner),
    ("ml-dsa-44.key", SignatureType.COSIGNATURE_ML_DSA_44, MlDsa44Cosigner),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a request, and what a log line may say of it.

    Attributes:
        status: HTTP status.
        body: The answer's body.
        content_type: Its type.
        reason: Why not; empty if it was cosigned.
        origin: The log, if we know it.
        size: The checkpoint's size, if the log signed it; otherwise -1.
        suspicious: What the evidence proves: `split-view`, `unproved`, or nothing.
    """

    status: int
    body: bytes
    content_type: str = PLAIN
    reason: str = ""
    origin: str = ""
    size: int = -1
    suspicious: str = ""


class Witness:
    """Decides, remembers, signs."""

    def __init__(self, store: WitnessStore, cosigners: Sequence[Cosigner], *, clock: Clock, evidence: Path) -> None:
        """Bring the parts together.

        Args:
            store: What was cosigned last.
            cosigners: Its keys; each gives a line.
            clock: Its own.
            evidence: Directory for what contradicts the store.
        """
        self._store = store
        self._cosigners = cosigners
        self._clock = clock
        self._evidence = evidence

    def logs(self) -> dict[str, LogState]:
        """What is known of every log."""
        return self._store.logs()

    def add_checkpoint(self, body: bytes) -> Outcome:
        """Answer a request.

        Raises:
            UnavailableError: The store is busy, or broken.
        """
        for _ in range(_MOST_TRIES):
            known = self._store.logs()
            decision = judge(
                body,
                logs={origin: verifiers_of(state.keys) for origin, state in known.items()},
                heads={origin: state.head for origin, state in known.items()},
            )
            if isinstance(decision, Refused):
                return self._refuse(body, decision, known)
            signed, now = decision.signed, self._clock.now()
            origin = signed.checkpoint.origin
            if now < known[origin].cosigned_at:
                # A cosignature says "as of this time", and must not be older than one for a smaller tree.
                return Outcome(UNAVAILABLE, b"the clock is behind\n", reason="the clock is behind", origin=origin)
            if self._store.replace_head(origin, old=decision.old, new=signed.head, note=bytes(signed), now=now):
                lines = write_signature_lines(self._cosign(signed, now))
                return Outcome(OK, lines, origin=origin, size=signed.head.size)
        return Outcome(UNAVAILABLE, b"too many at once\n", reason="too many at once", origin=origin)

    def latest(self, wanted: str) -> bytes | None:
        """The checkpoint that was cosigned last, with the log's lines and ours.

        Args:
            wanted: Hash of the origin, as in the URL.

        Returns:
            None if the log is unknown, or nothing was cosigned.

        Raises:
            UnavailableError: The store is busy, or broken.
        """
        for origin, state in self._store.logs().items():
            if origin_hash(origin) == wanted and state.note:
                return bytes(self.cosigned(state))
        return None

    def cosigned(self, state: LogState) -> SignedCheckpoint:
        """A stored checkpoint with our lines: what was released, or would have been but for a crash."""
        signed = read_signed_checkpoint(state.note)
        return signed.with_signatures([*signed.note.signatures, *self._cosign(signed, state.cosigned_at)])

    def refuse_amnesia(self, signed: SignedCheckpoint) -> None:
        """Check that we remember what we cosigned, wherever we come across it.

        Raises:
            RefusedError: We do not: our memory was lost or put back, and what we cosigned since is unknown.
        """
        state = self._store.logs().get(signed.checkpoint.origin)
        verifiers = verifiers_of(cosigner.key for cosigner in self._cosigners)
        try:
            lines = verify_note(signed.note, verifiers)
        except InvalidProofError:  # not by us
            return
        remembered = (
            state is not None
            and (signed.head.size < state.head.size or signed.head == state.head)
            and all(read_timestamp(line) <= state.cosigned_at for line in lines)
        )
        if not remembered:
            raise RefusedError(
                f"we cosigned size {signed.head.size} and do not remember it: our memory is an old copy",
                culprit=signed.checkpoint.origin,
                hint="retire its keys: `psephos-witness init` or `psephos observer init`, under another name",
            )

    def keep_fork(self, ours: bytes, theirs: bytes, *, proof: Sequence[bytes], old_root: bytes = b"") -> Path | None:
        """Write down that the log signed two histories: a file that convicts it.

        Args:
            ours: What we cosigned last.
            theirs: What was signed against it.
            proof: The consistency proof that came with it.
            old_root: See `board.client.ForkError`; empty if unknown.

        Returns:
            The file; None if there are enough already.

        Raises:
            UnavailableError: It cannot be written.
        """
        log = self._store.logs()[read_signed_checkpoint(theirs).checkpoint.origin].keys
        return keep_evidence(self._evidence, fork_evidence(ours, theirs, log=log, proof=proof, old_root=old_root))

    def _keep_unproved(self, ours: bytes, theirs: bytes, proof: Sequence[bytes]) -> None:
        """Write down two checkpoints that may contradict each other, if there are not enough already.

        Raises:
            UnavailableError: They cannot be written.
        """
        folder = self._evidence / "unproved"
        kept = folder / sha256(b"\0".join([ours, theirs])).hexdigest()[:32]
        if not kept.exists() and folder.exists() and len(list(folder.iterdir())) >= MOST_FILES:
            return
        if ours:
            write_new(kept / "ours.note", ours)
        write_new(kept / "theirs.note", theirs)
        write_new(kept / "proof.txt", "".join(f"{write_base64(part)}\n" for part in proof).encode())

    def _cosign(self, signed: SignedCheckpoint, now: UnixSeconds) -> list[SignatureLine]:
        # An ML-DSA-44 cosignature does not cover extension lines, so under those we give none.
        bare = not signed.checkpoint.extensions
        return [
            cosigner.cosign(signed.note.text, now=now)
            for cosigner in self._cosigners
            if bare or isinstance(cosigner, Ed25519Cosigner)
        ]

    def _refuse(self, body: bytes, refused: Refused, known: dict[str, LogState]) -> Outcome:
        content, kind = f"{refused.reason}\n".encode(), PLAIN
        if refused.size is not None:
            content, kind = write_size(refused.size), SIZE_CONTENT_TYPE
        if not refused.suspicious:
            return Outcome(refused.status, content, kind, reason=refused.reason)
        request = read_add_checkpoint(body)
        state = known[request.signed.checkpoint.origin]
        proved = bool(state.note) and _is_fork(request, state)
        try:
            if proved:
                self.keep_fork(state.note, bytes(request.signed), proof=request.proof)
            else:
                self._keep_unproved(state.note, bytes(request.signed), request.proof)
        except PsephosError as error:
            # No evidence on disk is no reason to answer otherwise; the log line says it.
            refused = Refused(refused.status, f"{refused.reason}; the evidence is lost: {error}", suspicious=True)
        return Outcome(
            refused.status,
            content,
            reason=refused.reason,
            origin=request.signed.checkpoint.origin,
            size=request.signed.head.size,
            suspicious="split-view" if proved else "unproved",
        )


def _is_fork(request: AddCheckpoint, state: LogState) -> bool:
    ours, verifiers = read_signed_checkpoint(state.note), verifiers_of(state.keys)
    try:
        refuse_split_view(ours, request.signed, proof=request.proof, verifiers=verifiers)
    except SplitViewError:
        return True
    except PsephosError:
        return False
    return False


def create_keys(directory: Path, name: str, fresh: Callable[[int], bytes]) -> tuple[Cosigner, ...]:
    """Make a witness's two keys and write them, each to a file that only its owner can read.

    Args:
        directory: The witness's.
        name: The cosigner's, such as `observer1.example/w1`.
        fresh: Gives so many random bytes.

    Raises:
        MalformedError: The name is not one.
        RefusedError: There are keys.
        UnavailableError: They cannot be written.
    """
    return tuple(
        create_key(directory / file, make, kind=kind, name=name, fresh=fresh) for file, kind, make in _KEY_FILES
    )


def read_keys(directory: Path) -> tuple[Cosigner, ...]:
    """A witness's keys.

    Raises:
        RefusedError: Others may read them.
        MalformedError: A file is not a key.
        UnavailableError: A file cannot be read.
    """
    return tuple(read_key(directory / file, make, kind=kind) for file, kind, make in _KEY_FILES)


def event_line(now: UnixSeconds, event: str, **fields: str | int) -> str:
    """A structured log line: a fixed event and its values, none of which is anybody's address."""
    said = {name: value for name, value in fields.items() if value not in {"", -1}}
    return json.dumps({"time": now, "event": event, **said}, ensure_ascii=True)
