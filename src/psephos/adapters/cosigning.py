"""Getting the log's checkpoints cosigned: witnesses are asked in rounds, and whoever else brings lines is heard.

All witnesses of a round are asked about one checkpoint: a quorum is of one size. One that is slow or away holds up
nobody; it joins in a later round. While the log is idle its checkpoint is cosigned again now and then, so that there is
always a fresh word on what time it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from psephos.adapters.cosignature_store import CosignatureStore
from psephos.adapters.http import HttpWitness, Web
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, verify_log
from psephos.board.cosignature import read_timestamp, verifiers_of
from psephos.board.guard import Sighting
from psephos.board.log import Log
from psephos.board.note import LARGEST_NOTE, SignatureLine, VerifierKey, verify_note
from psephos.board.policy import Policy, verify_checkpoint
from psephos.board.witness import origin_hash
from psephos.errors import BoardError, MismatchError, PsephosError, UnavailableError
from psephos.ports import Clock, UnixSeconds
from psephos.record.terms import Terms

_SIGHTING_SECONDS = 15.0
_ROUND_SECONDS = 5.0
_LATE_SECONDS = 0.2
"""How long a round waits for others once the quorum is there."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_NOT_FOUND, _OK = 404, 200


@dataclass(slots=True)
class _Asked:
    """A witness with an address.

    Attributes:
        name: The first of its names in the policy.
        url: Its address.
        keys: Its keys.
        client: Speaks with it.
        busy: Whether it has not answered yet.
        pause: Seconds for which it is left alone after it failed.
        not_before: When it may be asked again, by a clock that does not jump.
    """

    name: str
    url: str
    keys: tuple[VerifierKey, ...]
    client: HttpWitness
    busy: bool = False
    pause: float = 0.0
    not_before: float = 0.0


@dataclass(slots=True)
class _Round:
    """Which checkpoint, how many answers are still missing, what the others say, and whether it has ended."""

    target: SignedCheckpoint
    missing: int = 0
    said: list[Sighting] = field(default_factory=list)
    over: bool = False
    done: threading.Condition = field(default_factory=threading.Condition)


class Cosigning:
    """One thread that asks, and what was collected."""

    def __init__(
        self,
        log: Log,
        terms: Terms,
        store: CosignatureStore,
        *,
        web: Web,
        clock: Clock,
        say: Callable[..., None],
        refresh: float,
    ) -> None:
        """Bring the parts together.

        Args:
            log: Whose checkpoints.
            terms: The charter's policies.
            store: What is collected.
            web: The HTTP client.
            clock: For the log of events, and to tell fresh cosignatures from old ones.
            say: Takes an event and its values.
            refresh: Seconds after which an idle log's checkpoint is cosigned again.
        """
        self._log, self._terms, self._store = log, terms, store
        self._clock, self._say, self._refresh = clock, say, refresh
        self.hear: Callable[[Sequence[Sighting]], bool] = lambda _: False
        """Called with what witnesses have said; whether our head stands confirmed. Until then all are heard out."""
        self._web = web
        self._asked = _group(terms.receipts, web)
        asked = {one.url for one in self._asked}
        self._shown = [*self._asked, *(one for one in _group(terms.tally, web) if one.url not in asked)]
        self._began = clock.now()
        self._wake = threading.Event()
        self._stopping = False
        self._hurry = False
        self._thread = threading.Thread(target=self._run, name="cosigning")
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(self._shown)), thread_name_prefix="witness")

    @property
    def witnesses(self) -> int:
        """How many have an address."""
        return len(self._asked)

    def start(self) -> None:
        """Begin to ask."""
        if self._asked:
            self._thread.start()

    def stop(self) -> None:
        """End; who has not answered is not waited for longer than the client waits."""
        self._stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def grown(self) -> None:
        """There is a new checkpoint."""
        self._wake.set()

    def hurry(self) -> None:
        """A fresh word on the time is needed."""
        self._hurry = True
        self._wake.set()

    def sightings(self) -> list[Sighting]:
        """What each witness and each observer of the tally shows of the log, before anything is signed."""
        asked = [(one.name, self._pool.submit(self._sighting, one)) for one in self._shown]
        wait([future for _, future in asked], timeout=_SIGHTING_SECONDS)
        found = []
        for name, future in asked:
            if not future.done():
                self._say("witness", name=name, reason="shows nothing in time")
            found.append(future.result() if future.done() else Sighting(name, None))
        return found

    def ask(self) -> list[Sighting]:
        """Ask all witnesses to cosign the newest head; what they say about the log in doing so."""
        return self._round(self._log.signed)

    def newest(self, policy: Policy) -> SignedCheckpoint | None:
        """The largest checkpoint that this policy's quorum has cosigned."""
        return self.known(self._log.signed) if policy.quorum == "none" else self._store.newest(policy)

    def known(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        """A checkpoint with all the lines that are known."""
        return self._store.lines_under(signed)

    def time_proof(self, *, since: UnixSeconds) -> bytes | None:
        """A checkpoint that the quorum for receipts has cosigned since then, with no other lines."""
        policy = self._terms.receipts
        if policy.quorum == "none":
            return bytes(self._log.signed)
        found = self._store.newest(policy, since=since)
        if found is None:
            return None
        keys = {(one.key.name, one.key.key_id) for one in policy.witnesses}
        own, *lines = found.note.signatures
        fresh = [line for line in lines if (line.name, line.key_id) in keys and read_timestamp(line) >= since]
        return bytes(found.with_signatures([own, *fresh]))

    def bring(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        """Take up what somebody brings.

        Args:
            signed: A checkpoint of this log's history; see `Log.head_at`.

        Returns:
            The checkpoint with all lines that are known.

        Raises:
            InvalidProofError: A line of a cosigner, or of the log, does not hold.
            MismatchError: No cosigner of the charter has signed it.
            UnavailableError: It cannot be kept.
        """
        lines: dict[tuple[str, bytes], SignatureLine] = {}
        for policy in (self._terms.receipts, self._terms.tally):
            observed = verify_checkpoint(signed, policy)
            lines |= {(line.name, line.key_id): line for line in observed.cosignatures.values()}
        if not lines:
            raise MismatchError("no cosigner of the charter has signed this checkpoint", at="signatures")
        verify_log(signed, origin=self._terms.origin, verifiers=verifiers_of(self._terms.logs[:1]))
        own = self._terms.logs[0]
        line = next(one for one in signed.note.signatures if (one.name, one.key_id) == (own.name, own.key_id))
        merged = self._store.add(signed.with_signatures([line, *lines.values()]))
        if any(read_timestamp(line) > self._began for line in lines.values()):
            self.hear([Sighting(next(iter(lines))[0], signed.head.size, signed.head.root)])
        return merged

    def _run(self) -> None:
        last, seen = float("-inf"), -1
        while not self._stopping:
            self._wake.clear()
            now, signed = time.monotonic(), self._log.signed
            back = any(one.pause and one.not_before <= now for one in self._asked)
            if signed.head.size != seen or self._hurry or back or now - last >= self._refresh:
                self._hurry = False
                last, seen = now, signed.head.size
                self.hear(self._round(signed))
            self._wake.wait(self._due(last))

    def _due(self, last: float) -> float:
        """Seconds until something has to be done, if nothing happens: the refresh, or a witness that failed."""
        now = time.monotonic()
        again = [one.not_before for one in self._asked if one.pause]
        return max(0.05, min([last + self._refresh, *again]) - now)

    def _round(self, target: SignedCheckpoint) -> list[Sighting]:
        """Ask every witness that is free, and wait for the quorum, or for all until our head stands confirmed.

        Returns:
            What was said in time; what comes later is heard when it comes.
        """
        turn, now = _Round(target), time.monotonic()
        asked = [one for one in self._asked if not one.busy and one.not_before <= now]
        turn.missing = len(asked)
        for one in asked:
            one.busy = True
            self._pool.submit(self._ask, one, turn)
        confirmed = self.hear([])
        with turn.done:
            turn.done.wait_for(
                lambda: self._stopping or turn.missing == 0 or (confirmed and self._enough(turn)), _ROUND_SECONDS
            )
            turn.done.wait_for(lambda: self._stopping or turn.missing == 0, _LATE_SECONDS)
            turn.over = True
            return list(turn.said)

    def _enough(self, turn: _Round) -> bool:
        found = self._store.newest(self._terms.receipts)
        return found is not None and found.head.size >= turn.target.head.size

    def _ask(self, one: _Asked, turn: _Round) -> None:
        target = turn.target
        try:
            lines = one.client.cosign(target, lambda old: self._log.consistency(old, target.head.size))
            self._store.add(target.with_signatures([*target.note.signatures, *lines]))
            if one.pause:
                self._say("witness", name=one.name, reason="answers again")
            one.pause = one.not_before = 0.0
            said = Sighting(one.name, target.head.size, target.head.root)
        except PsephosError as error:
            said = self._failed(one, error)
        except Exception as error:  # noqa: BLE001 - whatever a witness answers, the others are asked again
            self._say("fault", reason=repr(error))
            said = self._failed(one, UnavailableError(repr(error)))
        with turn.done:
            one.busy = False
            turn.missing -= 1
            turn.said.append(said)
            late = turn.over
            turn.done.notify_all()
        if late:
            self.hear([said])

    def _failed(self, one: _Asked, error: PsephosError) -> Sighting:
        """Leave a witness alone for a while; what it said about the log all the same, if it knows more than we have."""
        ours = self._log.signed.head.size
        if isinstance(error, BoardError):
            self._say("alarm", kind="witness", name=one.name, reason=error.message)
        elif not one.pause:
            self._say("witness", name=one.name, reason=error.message)
        one.pause = min(_LONGEST_PAUSE, 2 * one.pause or _FIRST_PAUSE)
        one.not_before = time.monotonic() + one.pause
        return Sighting(one.name, one.client.size if one.client.size > ours else None)

    def _sighting(self, one: _Asked) -> Sighting:
        """What is shown at the monitoring address, or nothing."""
        try:
            return self._shown_by(one)
        except PsephosError as error:
            self._say("witness", name=one.name, reason=error.message)
        except Exception as error:  # noqa: BLE001 - whatever is shown there, the others are heard
            self._say("fault", reason=repr(error))
        return Sighting(one.name, None)

    def _shown_by(self, one: _Asked) -> Sighting:
        """Ask at the monitoring address: the largest tree that a witness has cosigned.

        Raises:
            PsephosError: There is nothing that the log and the witness have signed.
        """
        ours = self._log.signed
        url = f"{one.url.rstrip('/')}/{origin_hash(ours.checkpoint.origin)}/checkpoint"
        answer = self._web.get(url, limit=LARGEST_NOTE)
        if answer.status == _NOT_FOUND and ours.head.size == 0:
            return Sighting(one.name, 0)
        if answer.status != _OK:
            raise UnavailableError(f"answered {answer.status}", at=url)
        signed = read_signed_checkpoint(answer.body)
        verify_log(signed, origin=ours.checkpoint.origin, verifiers=verifiers_of([self._terms.logs[0]]))
        verify_note(signed.note, verifiers_of(one.keys))
        return Sighting(one.name, signed.head.size, signed.head.root)


def _group(policy: Policy, web: Web) -> list[_Asked]:
    """The witnesses of a policy by their address; one may have several keys."""
    found: dict[str, list[tuple[str, VerifierKey]]] = {}
    for one in policy.witnesses:
        if one.url:
            found.setdefault(one.url, []).append((one.name, one.key))
    groups = [(url, pairs[0][0], tuple(key for _, key in pairs)) for url, pairs in found.items()]
    return [_Asked(name, url, keys, HttpWitness(web, url, keys)) for url, name, keys in groups]
