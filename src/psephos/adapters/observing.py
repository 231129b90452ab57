"""An observer's directory, opened: keys, memories and mirror put together.

DIR/ed25519.key, ml-dsa-44.key   the verifying keys
DIR/observer.db                  what was cosigned last: never restored from a backup
DIR/verdicts.db                  which entries have no effect; follows from the log
DIR/mirror/                      the copy, with checkpoints and reports: may be served by any web server
DIR/evidence/                    what convicts somebody
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psephos.adapters.board_view import look_at, terms_of
from psephos.adapters.cores import spread_over_cores
from psephos.adapters.courier import LayeredFetcher
from psephos.adapters.evidence_files import keep_evidence
from psephos.adapters.follower import Follower
from psephos.adapters.handing_in import HandingIn
from psephos.adapters.http import Web, fetcher_of
from psephos.adapters.mirror import Mirror
from psephos.adapters.observer import Look, Observer
from psephos.adapters.observer_publishing import Publisher
from psephos.adapters.observer_store import ObserverStore
from psephos.adapters.sightings import Monitor, Source, monitors_of
from psephos.adapters.witness import Witness, read_keys
from psephos.adapters.witness_store import WitnessStore
from psephos.board.client import Fetcher, ForkError
from psephos.board.cosignature import Ed25519Cosigner
from psephos.board.note import VerifierKey
from psephos.board.policy import Policy
from psephos.board.witness import origin_hash
from psephos.errors import MismatchError, RefusedError, UnavailableError
from psephos.ports import Clock
from psephos.protocol.encoding import sha256_hex
from psephos.record.terms import Terms
from psephos.roles.observer import Patience
from psephos.verify.board_audit import ruleset
from psephos.verify.evidence import evidence_of_fork

DATABASE = "observer.db"
VERDICTS = "verdicts.db"
EVIDENCE = "evidence"


@dataclass(frozen=True)
class Setting:
    """What an observer was told.

    Attributes:
        home: Its directory.
        url: The board's address.
        mirrors: Addresses of copies.
        charter: The charter that it knows; None to take the log's.
        policy: More observers to hear.
        patience: See `roles.observer.Patience`.
        clock: Its own.
    """

    home: Path
    url: str
    mirrors: tuple[str, ...]
    charter: bytes | None
    policy: Policy | None
    patience: Patience
    clock: Clock


@dataclass(frozen=True)
class Observing:
    """An observer that is open, with all that it looks at.

    Attributes:
        observer: It.
        sources: The board and its copies.
        monitors: Other observers.
        mirror: Its own copy.
        charter: Fingerprint of the charter that it goes by.
        clock: Its clock.
    """

    observer: Observer
    sources: tuple[Source, ...]
    monitors: tuple[Monitor, ...]
    mirror: Path
    charter: str
    clock: Clock

    def look(self) -> Look:
        """See `Observer.look`."""
        return self.observer.look(self.sources, self.monitors)

    @property
    def progress(self) -> int:
        """See `Observer.progress`."""
        return self.observer.progress


def first_contact(setting: Setting, *, fetchers: Sequence[Fetcher] = ()) -> bytes:
    """The charter by which this observer goes: the one it began with, the one it was given, or the log's.

    Args:
        setting: What it was told.
        fetchers: Where to look for the log's; without any, at the setting's addresses.

    Raises:
        MismatchError: It was given another one than it began with, or the log has none.
        RefusedError: The directory is not an observer's.
        ForkError: The log signed two histories; the evidence is kept.
        UnavailableError: Nobody shows a charter yet.
    """
    if not (setting.home / DATABASE).exists():
        raise RefusedError(f"{setting.home} is not an observer's directory", hint="psephos observer init")
    known = ObserverStore.charter_in(setting.home / VERDICTS)
    if known is not None and setting.charter not in {None, known}:
        raise MismatchError("this observer began with another charter", at=str(setting.home))
    found = known or setting.charter
    if found is not None:
        return found
    failure = UnavailableError("no board was named")
    with ExitStack() as stack:
        for fetcher in fetchers or _fetchers(setting, stack.enter_context(Web())):
            try:
                return look_at(fetcher).charter
            except ForkError as fork:
                keep_evidence(setting.home / EVIDENCE, evidence_of_fork(fork))
                raise
            except UnavailableError as error:
                failure = error
    raise failure


def _fetchers(setting: Setting, web: Web) -> list[Fetcher]:
    return [fetcher_of(place, web) for place in (setting.url, *setting.mirrors)]


@contextmanager
def open_observer(setting: Setting, charter: bytes, *, carried: Fetcher | None = None) -> Iterator[Observing]:
    """Open an observer's directory. No other process can until the context ends.

    Args:
        setting: What it was told.
        charter: See `first_contact`.
        carried: A copy of the board that came without a network; then nobody else is asked.

    Raises:
        RefusedError: Another process has it, it is of another log, or its memory is missing.
        MismatchError: It is of another charter or other rules.
        UnavailableError: Something in it cannot be read.
    """
    cosigners = read_keys(setting.home)
    with ExitStack() as stack:
        memory = stack.enter_context(closing(WitnessStore(setting.home / DATABASE, [one.key for one in cosigners])))
        log = log_of(memory, terms_of(charter))
        terms, place = terms_of(charter).under(log), place_of(setting.home, terms_of(charter), log)
        mirror = stack.enter_context(closing(Mirror(place)))
        path = place / VERDICTS
        store = stack.enter_context(closing(ObserverStore(path, ruleset=sha256_hex(ruleset()), charter=charter)))
        spread, width = stack.enter_context(spread_over_cores())
        web = stack.enter_context(Web())
        follower = Follower(mirror, store, charter=charter, terms=terms, spread=spread, width=width)
        witness = Witness(memory, cosigners, clock=setting.clock, evidence=setting.home / EVIDENCE)
        (signer,) = (one for one in cosigners if isinstance(one, Ed25519Cosigner))
        observer = Observer(
            follower,
            witness,
            Publisher(follower, witness, terms=terms, cosigner=signer),
            terms=terms,
            clock=setting.clock,
            evidence=setting.home / EVIDENCE,
            patience=setting.patience,
        )
        policies = [terms.receipts, terms.tally, *([setting.policy] if setting.policy else [])]
        monitors = tuple(monitors_of(policies, web=web, origin=terms.origin))
        if carried is None:
            sources = _sources(setting, web)
        else:
            sources, monitors = (Source(setting.url, LayeredFetcher(carried, mirror.fetcher), is_board=True),), ()
        yield Observing(observer, sources, monitors, mirror.folder, sha256_hex(charter), setting.clock)


def log_of(memory: WitnessStore, terms: Terms) -> VerifierKey:
    """The log that this observer follows: the charter's, or the standby log for which it has decided last.

    Args:
        memory: What it has cosigned; begun with the charter's log if it is empty.
        terms: The charter's, its logs in its order.

    Raises:
        RefusedError: It follows a log of another charter.
    """
    known = memory.logs()
    if not known:
        memory.add_log([terms.logs[0]])
        return terms.logs[0]
    followed = [key for key in terms.logs if key.name in known and key in known[key.name].keys]
    if not followed or len(known) != len(followed):
        raise RefusedError(
            "this observer began with another log, or with another key of it",
            culprit=terms.origin,
            hint="make a new observer for another vote",
        )
    return followed[-1]


def place_of(home: Path, terms: Terms, log: VerifierKey) -> Path:
    """Where an observer keeps a log's mirror and verdicts: each log's apart, since a copy is of one tree.

    Args:
        home: The observer's directory.
        terms: The charter's, its logs in its order.
        log: One of its logs.
    """
    return home if log == terms.logs[0] else home / "successors" / origin_hash(log.name)[:16]


def _sources(setting: Setting, web: Web) -> tuple[Source, ...]:
    box = HandingIn(web, setting.url, patience=0) if setting.url.startswith("http") else None
    board = Source(setting.url, fetcher_of(setting.url, web), is_board=True, box=box)
    return (board, *(Source(place, fetcher_of(place, web)) for place in setting.mirrors))
