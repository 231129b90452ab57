"""What organisers write about the board, and the charter's terms that follow from it.

An observer is listed once, with all its keys, and counts once: any of its witness keys makes its word for receipts, any
of its verifying keys its word for the tally. Both policies are made from the one list of observers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from psephos.board.note import SignatureType, VerifierKey, read_verifier_key
from psephos.board.policy import Group, Log, Policy, Witness, write_policy
from psephos.errors import MalformedError
from psephos.ports import UnixSeconds
from psephos.protocol.encoding import Wire, read_json, sha256_hex, write_json
from psephos.record.board_terms import BoardTerms
from psephos.record.terms import Terms, read_terms
from psephos.verify.board_audit import ruleset

FEWEST_OBSERVERS = 4
"""With fewer, a quorum of two thirds withstands no observer that lies or is silenced (n = 3f + 1, f = 1)."""
_QUORUM = "observers"
_AT = "referendum.toml, [board]"
_COSIGNERS = frozenset({SignatureType.COSIGNATURE_ED25519, SignatureType.COSIGNATURE_ML_DSA_44})
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Keys = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=8)]


class ObserverDraft(Wire, frozen=True):
    """An observer as organisers list it.

    Attributes:
        name: A word of its own in the policies.
        witness: Keys of its witness.
        verifying: Keys with which it says that it has checked every entry.
        url: Where its witness is asked to cosign; empty if it fetches the board by itself.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,30}\Z")]
    witness: _Keys
    verifying: _Keys
    url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[!-~]{1,500})?\Z")] = ""


class BoardDraft(Wire, frozen=True):
    """The section [board] of referendum.toml; see `BoardTerms`.

    Attributes:
        needed: How many observers make a quorum; two thirds of them and one more without it.
    """

    log: str
    organisers: tuple[str, ...]
    organisers_needed: int
    opens_at: _Moment
    closes_at: _Moment
    earliest_close: _Moment
    latest_close: _Moment
    observer: Annotated[tuple[ObserverDraft, ...], msgspec.Meta(min_length=1, max_length=64)]
    standby: tuple[str, ...] = ()
    needed: int | None = None
    largest_ballot: int = 10_000
    ballots_per_hour: int = 20


def make_terms(draft: object) -> tuple[BoardTerms, list[str]]:
    """The charter's terms, and what organisers should be warned of.

    Args:
        draft: The section [board], as read from the file.

    Raises:
        MalformedError: A field is missing, unknown or does not fit; says which.
        UnsupportedError: A key is of a type that we cannot check.
    """
    try:
        board = msgspec.convert(draft, BoardDraft)
    except msgspec.ValidationError as error:
        raise MalformedError(f"{_AT}: {error}", at=_AT) from None
    usual = 2 * len(board.observer) // 3 + 1
    needed = usual if board.needed is None else board.needed
    if not 1 <= needed <= len(board.observer):
        raise MalformedError(f"{_AT}: {needed} of {len(board.observer)} observers is no quorum", at="needed")
    terms = BoardTerms(
        log=board.log,
        standby=board.standby,
        organisers=board.organisers,
        organisers_needed=board.organisers_needed,
        receipts=_policy(board, needed, [(one.name, one.witness, one.url) for one in board.observer]),
        tally=_policy(board, needed, [(one.name, one.verifying, "") for one in board.observer]),
        opens_at=_seconds(board.opens_at, "opens_at"),
        closes_at=_seconds(board.closes_at, "closes_at"),
        earliest_close=_seconds(board.earliest_close, "earliest_close"),
        latest_close=_seconds(board.latest_close, "latest_close"),
        largest_ballot=board.largest_ballot,
        ballots_per_hour=board.ballots_per_hour,
        ruleset=sha256_hex(ruleset()),
    )
    _check_two_kinds_of_keys(read_terms(read_json(write_json(terms), BoardTerms, what=_AT)))
    return terms, list(_warnings(len(board.observer), needed, usual))


def _warnings(observers: int, needed: int, usual: int) -> Iterable[str]:
    if observers < FEWEST_OBSERVERS:
        yield (
            f"{observers} observers: with fewer than {FEWEST_OBSERVERS}, one that is silenced stops the tally, "
            "or one that lies is enough to be believed"
        )
    if needed < usual:
        yield f"{needed} of {observers} observers make a quorum: few liars among them could cosign two records"


def _check_two_kinds_of_keys(terms: Terms) -> None:
    """Check that no key says both things: that the log grew, and that every entry was checked.

    Raises:
        MalformedError: One does.
    """
    verifying = {one.key.public for one in terms.tally.witnesses}
    for witness in terms.receipts.witnesses:
        if witness.key.public in verifying:
            raise MalformedError(
                f"{_AT}: the witness's key {witness.name} is a verifying key as well",
                at="observer",
                hint="they say different things; each program makes its own",
            )


def _policy(board: BoardDraft, needed: int, observers: list[tuple[str, tuple[str, ...], str]]) -> str:
    """A policy whose quorum is `needed` observers, each counted once."""
    witnesses, groups = [], []
    for name, keys, url in observers:
        names = [name] if len(keys) == 1 else [f"{name}.{number}" for number, _ in enumerate(keys, start=1)]
        read = [_cosigner(key, at=f"observer {name}") for key in keys]
        witnesses += [Witness(word, key, url) for word, key in zip(names, read, strict=True)]
        if len(keys) > 1:
            groups.append(Group(name, 1, tuple(names)))
    groups.append(Group(_QUORUM, needed, tuple(name for name, _, _ in observers)))
    logs = tuple(Log(read_verifier_key(key, at="log")) for key in (board.log, *board.standby))
    try:
        return write_policy(Policy(logs, tuple(witnesses), tuple(groups), _QUORUM)).decode()
    except MalformedError as error:
        raise MalformedError(f"{_AT}: {error.message}", at=error.at or _AT) from None


def _cosigner(text: str, *, at: str) -> VerifierKey:
    key = read_verifier_key(text, at=at)
    if key.kind not in _COSIGNERS:
        raise MalformedError(
            f"{_AT}: a key of type {key.kind:#04x} does not cosign",
            at=at,
            hint="a witness's keys are in its witness.vkeys",
        )
    return key


def _seconds(moment: datetime, field: str) -> UnixSeconds:
    """Whole seconds since 1970."""
    if moment.microsecond or moment.utcoffset() is None or moment.utcoffset() % timedelta(minutes=1):  # type: ignore[operator]
        raise MalformedError(f"{_AT}: {field} is a whole second with an offset", at=field)
    return UnixSeconds(int(moment.timestamp()))
