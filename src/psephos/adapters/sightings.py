"""Gossip: every checkpoint of a log that can be seen anywhere, with where; nothing is believed yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from psephos.adapters.handing_in import HandingIn
from psephos.adapters.http import Web
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.client import CHECKPOINT, LATEST, VERIFIED, AbsentError, Fetcher
from psephos.board.note import LARGEST_NOTE
from psephos.board.policy import Policy
from psephos.board.witness import NOT_FOUND, OK, origin_hash
from psephos.errors import MalformedError, PsephosError, UnavailableError

_THREADS = 8
_MOST_HEARD = 256
"""Of what strangers brought to a board."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A checkpoint that somebody shows.

    Attributes:
        place: Where.
        signed: The checkpoint.
        is_board: Whether the board itself shows it as its own.
    """

    place: str
    signed: SignedCheckpoint
    is_board: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """A place that shows nothing, or nothing that can be read."""

    place: str
    error: PsephosError
    is_board: bool = False


@dataclass(frozen=True)
class Source:
    """A board or a copy of it.

    Attributes:
        place: Its address.
        fetcher: Its files.
        is_board: Whether it is the board itself.
        box: Its ballot box, where things can be handed in; None if there is none.
    """

    place: str
    fetcher: Fetcher
    is_board: bool = False
    box: HandingIn | None = None

    def look(self) -> list[Sighting | Trouble]:
        """What it shows."""
        found: list[Sighting | Trouble] = []
        for path in (LATEST, CHECKPOINT, VERIFIED):
            try:
                signed = read_signed_checkpoint(self.fetcher.fetch(path, limit=LARGEST_NOTE))
            except AbsentError:
                continue
            except MalformedError as error:
                found.append(Trouble(f"{self.place}/{path}", error, self.is_board))
            except UnavailableError as error:
                return [*found, Trouble(self.place, error, self.is_board)]
            else:
                found.append(Sighting(f"{self.place}/{path}", signed, self.is_board))
        if not found:
            found.append(Trouble(self.place, UnavailableError(f"{self.place} shows no checkpoint"), self.is_board))
        if self.box is None:
            return found
        try:
            heard = self.box.heard()
        except UnavailableError:  # a board that only shows files has no such list
            return found
        return found + _read_all(heard[:_MOST_HEARD], f"{self.place}/gossip")


@dataclass(frozen=True)
class Monitor:
    """Another observer's monitoring endpoint (tlog-witness): what it cosigned last."""

    place: str
    web: Web
    origin: str

    def look(self) -> list[Sighting | Trouble]:
        """What it shows; nothing if it never cosigned this log."""
        url = f"{self.place.rstrip('/')}/{origin_hash(self.origin)}/checkpoint"
        try:
            answer = self.web.get(url, limit=LARGEST_NOTE)
        except UnavailableError as error:
            return [Trouble(url, error)]
        if answer.status == NOT_FOUND:
            return []
        if answer.status != OK:
            return [Trouble(url, UnavailableError(f"{url}: answered {answer.status}", at=url))]
        return _read_all([answer.body], url)


Place = Source | Monitor


def monitors_of(policies: Iterable[Policy], *, web: Web, origin: str) -> list[Monitor]:
    """The monitoring endpoints that policies name, each once."""
    urls = dict.fromkeys(witness.url for policy in policies for witness in policy.witnesses if witness.url)
    return [Monitor(url, web, origin) for url in urls]


def collect(places: Sequence[Place]) -> list[Sighting | Trouble]:
    """Look everywhere, at several places at a time; in the order of the places."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return [one for found in pool.map(lambda place: place.look(), places) for one in found]


def _read_all(notes: Sequence[bytes], place: str) -> list[Sighting | Trouble]:
    found: list[Sighting | Trouble] = []
    for note in notes:
        try:
            found.append(Sighting(place, read_signed_checkpoint(note)))
        except MalformedError as error:
            found.append(Trouble(place, error))
    return found
