"""The organiser: defines a referendum, sets it up, and opens it once everybody has accepted the setup.

It sees no choice and holds no key. Everything it does can be recomputed from the record by anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from psephos.errors import MalformedError, MismatchError, OutOfTurnError, RefusedError
from psephos.ports import ByteSource, UnixSeconds
from psephos.protocol.election import Question, write_election
from psephos.protocol.encoding import Wire, sha256_hex, write_json
from psephos.protocol.group import Randomness, read_element, read_group
from psephos.protocol.trustees import read_trustees
from psephos.record.acceptance import (
    Setup,
    check_acceptance,
    check_setup,
    check_trustees,
    read_acceptance,
    read_setup,
    registrar_party,
    trustee_party,
    trustee_signing_keys,
)
from psephos.record.archive import Archive, write_first
from psephos.record.board_terms import BoardTerms
from psephos.record.charter import (
    Charter,
    RegistrarKey,
    election_description,
    election_name,
    read_charter,
)
from psephos.record.electorate import read_electorate
from psephos.record.entries import Head, SetupData, read_entries, write_entry
from psephos.record.phases import EventKind
from psephos.record.regions import RegionTerms

UUID_LENGTH = 14
_SMALLEST_SUM = 2
"""Of a real vote: the sum of one ballot is a ballot."""
_BETWEEN_LANGUAGES = " / "


class QuestionDraft(Wire, frozen=True):
    """A question as organisers write it: each text in every language, in the same order."""

    text: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    min: int = 1
    max: int = 1
    blank: bool = False


class Draft(Wire, frozen=True):
    """What organisers write in referendum.toml."""

    kind: Literal["real", "rehearsal"]
    title: tuple[str, ...]
    trustees: tuple[str, ...]
    threshold: int
    minimum_counted: int
    question: tuple[QuestionDraft, ...]
    group: str = "Ed25519"
    text: tuple[str, ...] = ()
    regions: RegionTerms | None = None


def define(
    draft: dict[str, object],
    registrars: Sequence[RegistrarKey],
    *,
    board: BoardTerms | None = None,
    rng: Randomness,
) -> bytes:
    """The charter of a new referendum.

    Args:
        draft: The content of referendum.toml, without its section [board].
        registrars: One, or two with half a credential each.
        board: What follows from that section; None where the referendum is held by files.
        rng: For the election's identifier.

    Raises:
        MalformedError: A field is missing, unknown or does not fit; says which.
    """
    try:
        written = msgspec.convert(draft, Draft)
    except msgspec.ValidationError as error:
        raise MalformedError(f"referendum.toml: {error}") from None
    charter = write_json(
        Charter(
            format="psephos/charter/1",
            kind=written.kind,
            uuid=rng.base58(UUID_LENGTH),
            group=written.group,
            title=_BETWEEN_LANGUAGES.join(written.title),
            text="\n".join(written.text),
            questions=tuple(_question(question) for question in written.question),
            trustees=written.trustees,
            threshold=written.threshold,
            registrars=tuple(registrars),
            minimum_counted=written.minimum_counted,
            board=board,
            regions=written.regions,
        )
    )
    read_charter(charter)
    if written.kind == "real" and written.minimum_counted < _SMALLEST_SUM:
        raise MalformedError(
            f"referendum.toml: a sum of {written.minimum_counted} ballots is somebody's vote",
            at="/minimum_counted",
            hint="trustees decrypt no sum of fewer ballots: choose a number of at least 10",
        )
    return charter


def _question(draft: QuestionDraft) -> Question:
    languages = len(draft.text)
    for answer in draft.answers:
        if len(answer) != languages:
            raise MalformedError(f"referendum.toml: {answer} is not in each of the {languages} languages", at="answers")
    return Question(
        answers=tuple(_BETWEEN_LANGUAGES.join(answer) for answer in draft.answers),
        blank=True if draft.blank else None,
        min=draft.min,
        max=draft.max,
        question=_BETWEEN_LANGUAGES.join(draft.text),
    )


def set_up(charter: bytes, trustees: bytes, credentials: bytes, now: UnixSeconds) -> bytes:
    """The archive with its Setup entry: all that trustees and registrars must accept before opening.

    Args:
        charter: charter.json.
        trustees: trustees.json, from the ceremony.
        credentials: public-credentials.json, from the registrars.
        now: The time, which the archive carries.

    Raises:
        MalformedError, InvalidProofError, MismatchError: A part does not hold, or is not the charter's.
    """
    rules = read_charter(charter)
    group = read_group(rules.group, at="/group")
    keys = read_trustees(trustees, group)
    check_trustees(keys, rules)
    electorate = read_electorate([credentials], len(credentials), group)
    if electorate.weighted:
        raise RefusedError("weighted votes are forbidden in a referendum", at="credentials")
    election = write_election(
        description=election_description(rules, charter),
        name=election_name(rules),
        group=group,
        public_key=keys.public_key,
        questions=rules.questions,
        uuid=rules.uuid,
    )
    setup = write_json(
        SetupData(election=sha256_hex(election), trustees=sha256_hex(trustees), credentials=sha256_hex(credentials))
    )
    head = Head(parent=None, height=0, timestamp=now)
    entry, _ = write_entry(head, EventKind.SETUP, [election, trustees, credentials, setup])
    return write_first(now) + entry


def setup_parts(source: ByteSource) -> list[bytes]:
    """What setup.bel holds, as the board takes it: election, trustees, credentials, setup data.

    Raises:
        OutOfTurnError: It does not begin with a setup.
        PsephosError: It is damaged.
    """
    read_setup(source)
    archive = Archive(source)
    return [b"".join(archive.stream(record)) for record in next(read_entries(archive)).data]


def check_accepted(setup: Setup, charter: bytes, acceptances: Sequence[bytes]) -> None:
    """Check that every trustee and every registrar accepted this very setup, and nobody else spoke.

    Raises:
        OutOfTurnError: Somebody has not accepted yet; names who is waited for.
        MalformedError, MismatchError, InvalidProofError: An acceptance does not hold.
    """
    rules, group = check_setup(setup, charter), setup.election.group
    keys = {trustee_party(owner): key for owner, key in enumerate(trustee_signing_keys(setup.trustees, group), start=1)}
    for number, registrar in enumerate(rules.registrars, start=1):
        keys[registrar_party(number)] = read_element(group, registrar.key, at=f"/registrars/{number - 1}/key")
    waited_for = set(keys)
    for received in acceptances:
        party = read_acceptance(received).party
        if party not in keys:
            raise MismatchError(f"an acceptance of {party[:40]!r}, who is no party of this charter", at="/party")
        check_acceptance(received, party=party, key=keys[party], setup=setup.fingerprint, group=group)
        waited_for.discard(party)
    if waited_for:
        raise OutOfTurnError(
            f"not everybody has accepted the setup: {', '.join(sorted(waited_for))}",
            hint="they run `accept` on setup.bel and send their acceptance",
        )
