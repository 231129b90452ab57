"""A witness that nobody can reach: it fetches the board, proves the growth to itself, and hands its lines over."""

from __future__ import annotations

from psephos.adapters.witness import Witness
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.client import BoardReader, Fetcher, ForkError
from psephos.board.note import read_signature_lines
from psephos.board.policy import Log, Policy
from psephos.board.witness import CONFLICT, OK, AddCheckpoint, write_add_checkpoint
from psephos.errors import BoardError, RefusedError, UnavailableError

_AGAIN = frozenset({CONFLICT, 503})


def pull(witness: Witness, fetcher: Fetcher, *, origin: str) -> SignedCheckpoint:
    """Cosign a board's newest checkpoint, by the same rule and on the same way as one that was handed in.

    Args:
        witness: Decides and signs.
        fetcher: Where the board's files are.
        origin: Which log they must be of.

    Returns:
        The checkpoint with the log's lines and the witness's own: fit to be handed in anywhere.

    Raises:
        RefusedError: The witness does not know the log, or does not remember what it cosigned.
        ForkError: The log signed two histories; the evidence is kept.
        BoardError: The board went back, or contradicts what was cosigned.
        InvalidProofError: A signature does not hold, or the board's tiles do not lead to what the log signed.
        UnavailableError: Something could not be had, or another process was faster: try again.
    """
    state = witness.logs().get(origin)
    if state is None:
        raise RefusedError(f"the log {origin!a} is unknown", hint="psephos-witness log add")
    policy = Policy(tuple(Log(key) for key in state.keys), (), (), "none")
    seen = read_signed_checkpoint(state.note) if state.note else None
    reader = BoardReader(fetcher, origin=origin, policy=policy, seen=seen)
    try:
        view = reader.update()
    except ForkError as fork:
        witness.keep_fork(fork.ours, fork.theirs, proof=fork.proof, old_root=fork.old_root)
        raise
    witness.refuse_amnesia(view.signed)
    own = view.own()
    request = AddCheckpoint(state.head.size, reader.tree(view.head).prove_growth(state.head.size), own)
    outcome = witness.add_checkpoint(write_add_checkpoint(request))
    if outcome.status in _AGAIN:
        raise UnavailableError(outcome.reason)
    if outcome.status != OK:
        raise BoardError(outcome.reason, culprit=origin)
    return own.with_signatures([*own.note.signatures, *read_signature_lines(outcome.body)])
