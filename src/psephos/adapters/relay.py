"""A relay: takes ballots in for a board that voters cannot reach, holds them durably, and brings them to the log.

    check → hold, durably → bring to the board, or to a standby log → the log's receipt, or this relay's word

A ballot is held until the observers' quorum has countersigned its entry: what a log has acknowledged may still be lost
with it, and then the standby log gets it. What is brought twice is in a log once.

Ballots of one credential are brought in the order in which they came, since the last one in the record counts. So a
ballot goes only to a log that has just acknowledged all earlier ones that are held: where another log had them before,
they may have been lost with it, and would come to the log that goes on after the ballot that replaced them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from psephos.adapters.evidence_files import keep_evidence
from psephos.adapters.handing_in import HandingIn
from psephos.adapters.relay_store import Held, RelayStore
from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.client import CHECKPOINT, Fetcher, ForkError
from psephos.board.merkle import hash_leaf
from psephos.board.note import LARGEST_NOTE, Ed25519Signer
from psephos.board.policy import Policy
from psephos.board.proof import Receipt, verify_receipt
from psephos.board.storage import NotNowError
from psephos.errors import OutOfTurnError, PsephosError, QuorumError, UnavailableError
from psephos.ports import Clock, UnixSeconds
from psephos.protocol.encoding import sha256_hex
from psephos.record.admission import Admitted, BallotAdmission, ballot_entry
from psephos.record.relaying import Relayed, sign_relayed
from psephos.roles.voter_board import keep, renew
from psephos.verify.evidence import evidence_of_fork

REST_SECONDS = 5
"""For so long a board that could not be reached is not asked again."""
PAUSE_SECONDS = 60
"""For so long nothing is brought by itself after all boards have said that they take no ballots now."""
DOUBT_SECONDS = 120
"""After so long without the observers' countersignatures, what one log has acknowledged is brought to all others."""
_NEVER = UnixSeconds(0)
_TOO_MANY = "too-many"
_MOST_TRIES = 3
_STRIPES = 64
_HANDS = 16

Say = Callable[..., None]


@dataclass
class Target:
    """A board to which ballots are brought.

    Attributes:
        url: Its address.
        box: Where they are handed in.
        fetcher: Where its files are.
        rests_until: It is not asked before.
        shown: How large the tree is that it calls countersigned.
    """

    url: str
    box: HandingIn
    fetcher: Fetcher
    rests_until: UnixSeconds = _NEVER
    shown: int = 0


@dataclass(frozen=True)
class Party:
    """As whom the relay acts.

    Attributes:
        signer: The observer's key for relaying.
        charter: Fingerprint of the charter.
        policy: Whose countersignatures make a receipt final.
        evidence: Where evidence against a log goes.
    """

    signer: Ed25519Signer
    charter: str
    policy: Policy
    evidence: Path


@dataclass
class _Known:
    """What is known of a held ballot beside its bytes.

    Attributes:
        receipt: What a log has answered last.
        since: When.
        promised: Whether somebody was told that it was received.
    """

    receipt: Receipt | None = None
    since: UnixSeconds = _NEVER
    promised: bool = False


@dataclass
class _Stripes:
    """Locks for credentials, some of which share one."""

    locks: list[threading.Lock] = field(default_factory=lambda: [threading.Lock() for _ in range(_STRIPES)])

    def of(self, credential: str) -> threading.Lock:
        """The lock of a credential."""
        return self.locks[hash(credential) % _STRIPES]


class Relay:
    """Takes in, holds, brings."""

    def __init__(
        self,
        store: RelayStore,
        admission: BallotAdmission[None],
        targets: Sequence[Target],
        *,
        party: Party,
        clock: Clock,
        say: Say,
    ) -> None:
        """Bring the parts together.

        Args:
            store: What is held.
            admission: Which ballots are taken in.
            targets: The board, then the standby logs' boards.
            party: As whom it acts.
            clock: Tells the time.
            say: Takes an event and its values, for the log.
        """
        self._store, self._admission, self._targets = store, admission, targets
        self.party, self._clock, self._say = party, clock, say
        self._checking, self._stripes = threading.Lock(), _Stripes()
        self._pause_until = _NEVER
        # Whoever had it before the last start may have been told.
        self._known = {one.fingerprint: self._found(one) for one in store.held()}

    # ── taking in ───────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, ballot: bytes) -> Receipt | bytes:
        """Take a ballot in.

        Returns:
            The log's receipt, if it can be had at once; otherwise this relay's word that it holds the ballot.

        Raises:
            PsephosError: The ballot does not hold, comes too often, or the boards take none now; it is not held.
            UnavailableError: It cannot be stored.
            NotNowError: There is no room for it.
        """
        for _ in range(_MOST_TRIES):
            answer = self._take_once(ballot)
            if answer is not None:
                return answer
        raise NotNowError("this ballot is being dealt with", retry_after=1)

    def _take_once(self, ballot: bytes) -> Receipt | bytes | None:
        """See `take`; None if the ballot was final, or let go, before there was an answer: now it is a new one."""
        held = self._store.find(sha256_hex(ballot))
        if held is not None:
            return self._answer(held)
        admitted = self._check(ballot)
        with self._stripes.of(admitted.credential.decode()):
            held = self._store.put(ballot, now=self._clock.now())
            self._known.setdefault(held.fingerprint, _Known())
        try:
            return self._answer(held)
        except OutOfTurnError:
            self._let_go(held, admitted)
            raise

    def counts(self) -> dict[str, int]:
        """How many are held, and how many of them a log has acknowledged."""
        known = list(self._known.values())
        return {"held": len(known), "acknowledged": sum(one.receipt is not None for one in known)}

    def _check(self, ballot: bytes) -> Admitted:
        with self._checking:
            (decision,) = self._admission.admit([ballot], now=self._clock.now())
        if isinstance(decision, PsephosError):
            raise decision
        assert decision is not None
        return decision

    def _answer(self, held: Held) -> Receipt | bytes | None:
        with self._stripes.of(held.credential):
            self._bring_all(held.credential)
            known = self._known.get(held.fingerprint)
            if known is None:
                return None
            if known.receipt is not None:
                return known.receipt
            known.promised = True
            return sign_relayed(Relayed(self.party.charter, held.fingerprint, held.at), self.party.signer)

    def _let_go(self, held: Held, admitted: Admitted) -> None:
        """Hold a ballot no more that no board takes now, unless somebody was told that it was received."""
        with self._stripes.of(held.credential):
            known = self._known.get(held.fingerprint)
            if known is not None and not known.promised and known.receipt is None:
                self._forget(held)
                with self._checking:
                    self._admission.allowances.give_back(admitted.row)

    # ── bringing ────────────────────────────────────────────────────────────────────────────────────────────────

    def work(self) -> None:
        """Bring what is held to the boards, and forget what has become final; once."""
        for target in self._targets:
            target.shown = self._look(target)
        credentials = list(dict.fromkeys(one.credential for one in self._store.held()))
        with ThreadPoolExecutor(_HANDS) as hands:
            refused = [reason for reason in hands.map(self._work_on, credentials) if reason]
        if refused:
            # Nobody takes ballots now: before the opening, or after the end. Asking for each of them is no use.
            self._pause_until = UnixSeconds(self._clock.now() + PAUSE_SECONDS)
            self._say("trouble", code=OutOfTurnError.code, reason=refused[0], held=len(self._known))

    def _look(self, target: Target) -> int:
        """The size of the tree that a board calls countersigned: a hint, so that nobody asks in vain."""
        try:
            return read_signed_checkpoint(target.fetcher.fetch(CHECKPOINT, limit=LARGEST_NOTE)).head.size
        except PsephosError:
            return 0

    def _work_on(self, credential: str) -> str:
        """Why no board takes this credential's ballots now; empty otherwise."""
        with self._stripes.of(credential):
            try:
                if self._clock.now() >= self._pause_until:
                    self._bring_all(credential)
            except OutOfTurnError as error:
                return error.message
            finally:
                for held in self._store.of(credential):
                    self._finish(held)
        return ""

    def _bring_all(self, credential: str) -> None:
        """Bring a credential's ballots in their order, up to the first that cannot be brought.

        Raises:
            OutOfTurnError: Every board that there is takes no ballots now.
        """
        ballots = self._store.of(credential)
        stands: set[tuple[str, str]] = set()
        for number, held in enumerate(ballots, start=1):
            known = self._known[held.fingerprint]
            doubtful = known.receipt is not None and self._clock.now() - known.since > DOUBT_SECONDS
            if known.receipt is None or doubtful:
                known.since = self._clock.now()
                if not self._bring(ballots[:number], stands) and known.receipt is None:
                    return

    def _bring(self, ballots: Sequence[Held], stands: set[tuple[str, str]]) -> bool:
        """Bring the last of a credential's ballots to a log in which all earlier ones stand.

        Args:
            ballots: In the order in which they came.
            stands: Which of them which board has acknowledged in this round: at another time, another log may answer at
                its address.
        """
        received = [(held, self._store.ballot(held)) for held in ballots]
        last, refusal, unreached = ballots[-1], None, False
        known = self._known[last.fingerprint]
        origin = known.receipt.signed.checkpoint.origin if known.receipt else None
        for target in self._targets:
            if self._clock.now() < target.rests_until:
                unreached = True
                continue
            try:
                receipt = self._hand_in_all(received, target, stands)
            except OutOfTurnError as error:
                refusal = error
            except UnavailableError as error:
                unreached = True
                if error.code != _TOO_MANY:  # which is this voter's affair
                    self._rest(target, error)
            except PsephosError:
                unreached = True
            else:
                if receipt.signed.checkpoint.origin != origin:
                    self._store.keep_receipt(last, receipt)
                    known.receipt = receipt
                    return True
        if refusal is not None and not unreached and known.receipt is None:
            raise refusal
        return False

    def _hand_in_all(
        self, received: Sequence[tuple[Held, bytes]], target: Target, stands: set[tuple[str, str]]
    ) -> Receipt:
        """Hand in one after the other, up to the first that is not acknowledged; gives the last one's receipt."""
        *earlier, (last, newest) = received
        for held, ballot in earlier:
            if (target.url, held.fingerprint) not in stands:
                self._hand_in(held, ballot, target)
                stands.add((target.url, held.fingerprint))
        receipt = self._hand_in(last, newest, target)
        stands.add((target.url, last.fingerprint))
        return receipt

    def _hand_in(self, held: Held, ballot: bytes, target: Target) -> Receipt:
        try:
            receipt = keep(target.box.ballot(ballot), ballot)
            self._check_receipt(receipt, ballot)
        except (OutOfTurnError, UnavailableError):
            raise
        except PsephosError as error:
            # It holds, or it would not be here: a board that declines it has to explain that to the observers.
            self._say("alarm", alarm="declined", ballot=held.fingerprint, board=target.url, code=error.code)
            raise
        return receipt

    def _check_receipt(self, receipt: Receipt, ballot: bytes) -> None:
        try:
            verify_receipt(receipt, leaf=hash_leaf(ballot_entry(ballot)), policy=self.party.policy)
        except QuorumError:
            return  # the log's own word; the observers' is waited for

    def _rest(self, target: Target, error: PsephosError) -> None:
        target.rests_until = UnixSeconds(self._clock.now() + REST_SECONDS)
        self._say("trouble", board=target.url, code=error.code, reason=error.message)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _finish(self, held: Held) -> None:
        """Forget a ballot whose entry the observers' quorum has countersigned."""
        known = self._known.get(held.fingerprint)
        if known is None or known.receipt is None:
            return
        for target in self._targets:
            if target.shown <= known.receipt.index:
                continue
            try:
                final = renew(known.receipt, target.fetcher, self.party.policy)
            except ForkError as fork:
                keep_evidence(self.party.evidence, evidence_of_fork(fork))
                self._say("alarm", alarm="fork", board=target.url, reason=fork.message)
                continue
            except PsephosError:
                continue  # another log, an older tree, or not reached: the next look tells
            if final is not None:
                self._forget(held)
                return

    def _forget(self, held: Held) -> None:
        self._store.drop(held)
        self._known.pop(held.fingerprint, None)

    def _found(self, held: Held) -> _Known:
        receipt = self._store.receipt(held)
        return _Known(receipt, self._clock.now(), promised=True)
