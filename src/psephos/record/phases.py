"""The order of an election, as a table (reference 1.2).

Rule 1: everything that decides what may follow what is in this file.
Rule 2: this file does not know which party we are, or why an entry was made.

    EMPTY ─Setup→ OPEN ─EndBallots→ CLOSED ─EncryptedTally→ TALLIED ─PartialDecryption→ DECRYPTING ─Result→ DONE
                 Ballot↺                                   Shuffle→ SHUFFLING ─EndShuffles→ SHUFFLED ↗     ↺
"""

from __future__ import annotations

from enum import StrEnum

from psephos.errors import OutOfTurnError


class EventKind(StrEnum):
    """> event_type  (specification §4.4)."""

    SETUP = "Setup"
    BALLOT = "Ballot"
    END_BALLOTS = "EndBallots"
    ENCRYPTED_TALLY = "EncryptedTally"
    SHUFFLE = "Shuffle"
    END_SHUFFLES = "EndShuffles"
    PARTIAL_DECRYPTION = "PartialDecryption"
    RESULT = "Result"


class Phase(StrEnum):
    """What an election is waiting for."""

    EMPTY = "empty"
    OPEN = "open"
    CLOSED = "closed"
    TALLIED = "tallied"
    SHUFFLING = "shuffling"
    SHUFFLED = "shuffled"
    DECRYPTING = "decrypting"
    DONE = "done"


TRANSITIONS: dict[tuple[Phase, EventKind], Phase] = {
    (Phase.EMPTY, EventKind.SETUP): Phase.OPEN,
    (Phase.OPEN, EventKind.BALLOT): Phase.OPEN,
    (Phase.OPEN, EventKind.END_BALLOTS): Phase.CLOSED,
    (Phase.CLOSED, EventKind.ENCRYPTED_TALLY): Phase.TALLIED,
    (Phase.TALLIED, EventKind.SHUFFLE): Phase.SHUFFLING,
    (Phase.SHUFFLING, EventKind.SHUFFLE): Phase.SHUFFLING,
    (Phase.SHUFFLING, EventKind.END_SHUFFLES): Phase.SHUFFLED,
    (Phase.TALLIED, EventKind.PARTIAL_DECRYPTION): Phase.DECRYPTING,
    (Phase.SHUFFLED, EventKind.PARTIAL_DECRYPTION): Phase.DECRYPTING,
    (Phase.DECRYPTING, EventKind.PARTIAL_DECRYPTION): Phase.DECRYPTING,
    (Phase.DECRYPTING, EventKind.RESULT): Phase.DONE,
}


def allowed(phase: Phase) -> list[EventKind]:
    """The events that may come in a phase."""
    return [kind for before, kind in TRANSITIONS if before is phase]


def next_phase(phase: Phase, kind: EventKind) -> Phase:
    """The phase after an event.

    Raises:
        OutOfTurnError: The event may not come now; the message says which may.
    """
    after = TRANSITIONS.get((phase, kind))
    if after is None:
        expected = ", ".join(allowed(phase)) or "nothing"
        raise OutOfTurnError(f"{kind} while the election is {phase}; allowed: {expected}", at=kind)
    return after
