"""What a relay holds: each ballot in a file of its own, durable before anybody is told that it was received.

DIR/FINGERPRINT.ballot       when it came and as which one (a line with two numbers), and the ballot
DIR/FINGERPRINT.tlog-proof   what the log has answered, as soon as it has

Both go when the observers' quorum has countersigned the ballot's entry. Nothing says who brought a ballot, or from
where.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec

from psephos.adapters.files import read_message, replace, write_new
from psephos.board.note import read_size
from psephos.board.proof import Receipt, read_receipt, write_receipt
from psephos.board.storage import NotNowError
from psephos.errors import MalformedError, UnavailableError
from psephos.ports import UnixSeconds
from psephos.protocol.encoding import sha256_hex

_BALLOT, _RECEIPT = ".ballot", ".tlog-proof"
_NAME = re.compile(r"[0-9a-f]{64}\.ballot")
_RETRY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Held:
    """A ballot that a relay holds.

    Attributes:
        number: Its place in the order in which they came; of one credential, the last one in the record counts.
        fingerprint: Its SHA-256.
        at: When it was received.
        credential: The voter's public credential, as the ballot has it.
    """

    number: int
    fingerprint: str
    at: UnixSeconds
    credential: str


class _Ballot(msgspec.Struct):
    """As much of a ballot as its order depends on."""

    credential: str


class RelayStore:
    """The folder. One process; threads may share it."""

    def __init__(self, directory: Path, *, most: int) -> None:
        """Open it, and read what is held.

        Args:
            directory: Where; made if it is not there.
            most: How many ballots are held at most.

        Raises:
            MalformedError: A file in it is damaged.
            UnavailableError: It cannot be read.
        """
        self._directory, self._most = directory, most
        self._lock = threading.Lock()
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            names = sorted(path.name for path in directory.iterdir() if _NAME.fullmatch(path.name))
        except OSError as error:
            raise UnavailableError(f"{directory}: {error.strerror or error}", at=str(directory)) from None
        self._held: dict[str, Held] = {}
        self._by_credential: dict[str, list[Held]] = {}
        self._next = 1
        for held in sorted(map(self._read, names), key=lambda one: one.number):
            self._take_up(held)

    def __len__(self) -> int:
        return len(self._held)

    def held(self) -> list[Held]:
        """All, in the order in which they came."""
        with self._lock:
            return sorted(self._held.values(), key=lambda one: one.number)

    def of(self, credential: str) -> list[Held]:
        """Those of a credential, in the order in which they came."""
        with self._lock:
            return list(self._by_credential.get(credential, ()))

    def find(self, fingerprint: str) -> Held | None:
        """One of them."""
        return self._held.get(fingerprint)

    def put(self, ballot: bytes, *, now: UnixSeconds) -> Held:
        """Hold a ballot, durably; one that is held already keeps its time.

        Raises:
            NotNowError: So many are held that there is no room.
            UnavailableError: It cannot be written.
        """
        fingerprint = sha256_hex(ballot)
        with self._lock:
            known = self._held.get(fingerprint)
            if known is not None:
                return known
            if len(self._held) >= self._most:
                raise NotNowError(f"{len(self._held)} ballots are held already", retry_after=_RETRY_SECONDS)
            held = Held(self._next, fingerprint, now, _credential(ballot))
            write_new(self._directory / f"{fingerprint}{_BALLOT}", b"%d %d\n" % (now, held.number) + ballot)
            self._take_up(held)
            return held

    def ballot(self, held: Held) -> bytes:
        """A ballot's bytes.

        Raises:
            MalformedError: The file is damaged.
            UnavailableError: It cannot be read.
        """
        path = self._directory / f"{held.fingerprint}{_BALLOT}"
        ballot = read_message(path).partition(b"\n")[2]
        if sha256_hex(ballot) != held.fingerprint:
            raise MalformedError(f"{path} is damaged", at=str(path))
        return ballot

    def keep_receipt(self, held: Held, receipt: Receipt) -> None:
        """Keep what the log has answered, in the place of an earlier answer.

        Raises:
            UnavailableError: It cannot be written.
        """
        replace(self._directory / f"{held.fingerprint}{_RECEIPT}", [write_receipt(receipt)])

    def receipt(self, held: Held) -> Receipt | None:
        """What the log has answered; None if nothing.

        Raises:
            MalformedError: The file is damaged.
            UnavailableError: It cannot be read.
        """
        path = self._directory / f"{held.fingerprint}{_RECEIPT}"
        return read_receipt(read_message(path)) if path.exists() else None

    def drop(self, held: Held) -> None:
        """Hold a ballot no more.

        Raises:
            UnavailableError: Its files cannot be removed.
        """
        with self._lock:
            if self._held.pop(held.fingerprint, None) is not None:
                rest = [one for one in self._by_credential.pop(held.credential) if one != held]
                self._by_credential |= {held.credential: rest} if rest else {}
            for end in (_BALLOT, _RECEIPT):
                path = self._directory / f"{held.fingerprint}{end}"
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    raise UnavailableError(f"{path}: {error.strerror or error}", at=str(path)) from None

    def _take_up(self, held: Held) -> None:
        self._held[held.fingerprint] = held
        self._by_credential.setdefault(held.credential, []).append(held)
        self._next = held.number + 1

    def _read(self, name: str) -> Held:
        path = self._directory / name
        first, _, ballot = read_message(path).partition(b"\n")
        fingerprint = sha256_hex(ballot)
        if f"{fingerprint}{_BALLOT}" != name:
            raise MalformedError(f"{path} is damaged", at=str(path), hint="move it away, and tell whoever sent it")
        at, _, number = first.decode("ascii", errors="replace").partition(" ")
        received = UnixSeconds(read_size(at, at=str(path)))
        return Held(read_size(number, at=str(path)), fingerprint, received, _credential(ballot))


def _credential(ballot: bytes) -> str:
    try:
        return msgspec.json.decode(ballot, type=_Ballot).credential
    except msgspec.MsgspecError:
        raise MalformedError("a ballot without a credential", at="/credential") from None
