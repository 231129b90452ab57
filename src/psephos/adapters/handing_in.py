"""Handing in: ballots, entries, cosignatures and gossip, brought to a board over HTTP (docs/reference/openapi.yaml).

What is handed in twice is in the log once, so everything here is tried again as long as there is hope: when nobody
answers, and when the board says that it takes nothing right now. Who wants to stop earlier has less patience.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec

from psephos import errors
from psephos.adapters.http import LARGEST_ANSWER, Answer, Web
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.note import VerifierKey, read_verifier_key
from psephos.board.proof import Receipt, read_receipt
from psephos.errors import MalformedError, PsephosError, RefusedError, UnavailableError

BALLOT_TYPE = "application/json"
ENTRY_TYPE = "application/vnd.psephos.entry"
NOTE_TYPE = "text/plain; charset=utf-8"
LENGTH_SIZE = 4
_LARGEST_GOSSIP = 8 << 20
_MOST_REFUSALS = range(400, 500)
_SUCCESS = range(200, 300)
_ACCEPTED = 202
_TOO_MANY = 429
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_CLASSES: dict[str, type[PsephosError]] = {
    one.code: one
    for one in (
        errors.MalformedError,
        errors.RuleError,
        errors.OutOfTurnError,
        errors.InvalidProofError,
        errors.MismatchError,
        errors.RefusedError,
        errors.BoardError,
        errors.UnsupportedError,
        errors.UnavailableError,
    )
}


class _Health(msgspec.Struct, frozen=True):
    """What a relay says of itself, as far as we use it."""

    key: str


class HeldError(UnavailableError):
    """A relay holds the ballot, and brings it to the log as soon as it can: it is not in the log yet.

    Attributes:
        word: What the relay has signed about it (`record.relaying`), not verified.
    """

    code = "held"

    def __init__(self, message: str, *, word: bytes, at: str = "", hint: str = "") -> None:
        super().__init__(message, at=at, hint=hint)
        self.word = word


class _Problem(msgspec.Struct, frozen=True):
    """What a board answers when it declines (RFC 9457), as far as we use it."""

    detail: str = ""
    code: str = ""
    at: str = ""
    culprit: str = ""
    hint: str = ""
    retry_after: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0


def write_handed_in(entry: bytes, blobs: Sequence[bytes] = ()) -> bytes:
    """The body of a request that brings an entry.

    Args:
        entry: Its bytes.
        blobs: The objects that it names, in its order.
    """
    return b"".join(len(part).to_bytes(LENGTH_SIZE, "big") + part for part in (entry, *blobs))


class HandingIn:
    """A board's ballot box, as whoever hands something in sees it. Nothing that it answers is believed here."""

    def __init__(
        self,
        web: Web,
        url: str,
        *,
        patience: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a board's address.

        Args:
            web: The HTTP client.
            url: The board's.
            patience: Seconds for which a thing is handed in again while the board cannot be reached or is too busy;
                0 tries once.
            sleep: Waits.
            elapsed: Seconds that have gone by.
        """
        self._web = web
        self._url = url.rstrip("/")
        self._patience = patience
        self._sleep = sleep
        self._elapsed = elapsed

    def ballot(self, ballot: bytes) -> Receipt:
        """Hand in a ballot.

        Returns:
            Its receipt, which is not verified: see `board.proof.verify_receipt`, with the leaf of the Ballot entry.

        Raises:
            PsephosError: The board declines; `code` is the board's.
            HeldError: A relay is there, and holds the ballot.
            UnavailableError: It could not be reached, or took nothing; the ballot may be in the log all the same.
        """
        return self._receipt("ballot", ballot, content_type=BALLOT_TYPE)

    def entry(self, entry: bytes, blobs: Sequence[bytes] = ()) -> Receipt:
        """Hand in an entry with the objects that it names, in its order; see `ballot`.

        Raises:
            PsephosError: See `ballot`.
            UnavailableError: See `ballot`.
        """
        return self._receipt("entry", write_handed_in(entry, blobs), content_type=ENTRY_TYPE)

    def cosignatures(self, signed: SignedCheckpoint) -> None:
        """Bring a checkpoint with cosignatures; see `ballot`.

        Raises:
            PsephosError: See `ballot`.
            UnavailableError: See `ballot`.
        """
        self._post("cosignatures", bytes(signed), content_type=NOTE_TYPE)

    def relays_key(self) -> VerifierKey:
        """The key of the relay at this address. Nothing but the address says whose it is.

        Raises:
            UnavailableError: It could not be reached, or there is no relay.
        """
        url = f"{self._url}/health"
        answer = self._web.get(url, limit=LARGEST_ANSWER)
        try:
            return read_verifier_key(msgspec.json.decode(answer.body, type=_Health).key)
        except (msgspec.MsgspecError, MalformedError):
            raise UnavailableError(f"{url}: no relay answers here", at=url) from None

    def gossip(self, note: bytes) -> None:
        """Bring a checkpoint of this log that somebody was shown; see `ballot`.

        Raises:
            PsephosError: See `ballot`.
            UnavailableError: See `ballot`.
        """
        self._post("gossip", note, content_type=NOTE_TYPE)

    def heard(self) -> list[bytes]:
        """The checkpoints that others have brought, as notes; nothing is verified.

        Raises:
            UnavailableError: The board could not be reached, or does not answer with a list of notes.
        """
        url = f"{self._url}/gossip"
        answer = self._web.get(url, limit=_LARGEST_GOSSIP)
        try:
            notes = msgspec.json.decode(answer.body, type=list[str]) if answer.status in _SUCCESS else None
        except msgspec.MsgspecError:
            notes = None
        if notes is None:
            raise UnavailableError(f"{url}: answered {answer.status}, and no list of notes", at=url)
        return [note.encode() for note in notes]

    def _receipt(self, path: str, body: bytes, *, content_type: str) -> Receipt:
        answer, url = self._post(path, body, content_type=content_type), f"{self._url}/{path}"
        if answer.status == _ACCEPTED:
            hint = "hand it in again, here or elsewhere: it is never counted twice"
            raise HeldError(f"{url}: held by a relay, and not in the log yet", word=answer.body, at=url, hint=hint)
        try:
            return read_receipt(answer.body)
        except MalformedError as error:
            raise UnavailableError(f"{url}: the answer is not a receipt: {error}", at=url) from None

    def _post(self, path: str, body: bytes, *, content_type: str) -> Answer:
        """Hand in, again and again while there is hope and patience."""
        url, until, least = f"{self._url}/{path}", self._elapsed() + self._patience, _FIRST_PAUSE
        while True:
            wait = 0
            try:
                answer = self._web.post(url, body, content_type=content_type)
            except UnavailableError as error:
                declined: PsephosError = error
            else:
                if answer.status in _SUCCESS:
                    return answer
                declined, wait = _read_problem(answer, url)
            pause = max(least, float(wait))
            if not isinstance(declined, UnavailableError) or self._elapsed() + pause > until:
                raise declined
            self._sleep(pause)
            least = min(2 * least, _LONGEST_PAUSE)


def _read_problem(answer: Answer, url: str) -> tuple[PsephosError, int]:
    """Why the board declines, and after how many seconds it may be asked again."""
    try:
        found = msgspec.json.decode(answer.body, type=_Problem)
    except msgspec.MsgspecError:
        found = _Problem()
    later = answer.status not in _MOST_REFUSALS or answer.status == _TOO_MANY
    kind: type[PsephosError] = UnavailableError if later else _CLASSES.get(found.code, RefusedError)
    if kind is UnavailableError and not later:
        kind = RefusedError
    message = found.detail or f"answered {answer.status}"
    error = kind(f"{url}: {message}", at=found.at, culprit=found.culprit, hint=found.hint)
    error.code = found.code or error.code
    return error, found.retry_after
