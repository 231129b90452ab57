"""A referendum with regions on a log in memory: its parties' messages, and logs that tell trustees something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from psephos.adapters.files import MemorySource
from psephos.protocol import credentials
from psephos.protocol.ballot import BallotForm
from psephos.protocol.casting import encrypt, selection, sign
from psephos.protocol.decryption import Owned
from psephos.protocol.election import read_election
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.protocol.group import Group, Randomness, Secrets
from psephos.record.acceptance import make_acceptance, read_setup, registrar_party
from psephos.record.board_entries import EntryKind
from psephos.record.charter import fingerprint, read_charter
from psephos.record.phases import EventKind
from psephos.record.region_list import sign_regions, write_codes, write_region_statement
from psephos.record.regions import RegionMessage, Regions, RegionTerms, read_regions
from psephos.record.state import RecordState, judge_log
from psephos.record.terms import charter_text, read_terms, setup_text
from psephos.roles import trustee
from psephos.roles.auditor_finish import next_entry
from tests.support.logged import MemoryLog, board_terms, hold_ceremony, organisers_note, time_proof
from tests.support.referendum import NOW, make_charter
from tests.support.setups import setup_of
from tests.support.world import RecordWriter, randomness

TERMS = RegionTerms(
    minimum_registered=4,
    minimum_counted=3,
    regions=(
        RegionMessage(id="north"),
        RegionMessage(id="coast", group="north", registered=4),
        RegionMessage(id="hills", group="north", registered=5),
        RegionMessage(id="south", registered=6),
    ),
    rest=4,
)
"""Four leaves: coast, hills, south, and the rest."""

HOMES = (0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3)
"""The leaf of each voter."""

VOTES = (
    (0, 0), (4, 1), (5, 0), (6, 0), (1, 1), (9, 0), (10, 2), (11, 1), (12, 1), (4, 0), (15, 1), (16, 1), (17, 1),
    (0, 2), (7, 1), (9, 1),
)  # fmt: skip
"""(voter, answer) in casting order: coast 2 ballots, hills 4, south 4, the rest 3; voters 0, 4 and 9 vote twice."""


LIST, BALLOTS, CLOSE, TALLY, REGIONAL_TALLY, ANSWER, RESULT, END = 6, 7, 23, 24, 25, 27, 31, 32
"""Places in the good log: Regions, first ballot, EndBallots, EncryptedTally, RegionalTally, RegionalDecryption,
RegionalResult, size."""


@dataclass(frozen=True, eq=False)
class RegionalVote:
    """The messages of a referendum with regions, as far as the opening, and its ballots.

    Attributes:
        charter: charter.json.
        setup: Election, trustees, credentials, setup data.
        acceptances: Of all parties.
        keys: What each trustee keeps.
        codes: The list of regions.
        statement: The registrar's, about it.
        ballots: In casting order.
        homes: The leaf of each voter.
        rows: The voters in the list's order.
    """

    charter: bytes
    setup: list[bytes]
    acceptances: list[bytes]
    keys: list[bytes]
    codes: bytes
    statement: bytes
    ballots: list[bytes]
    homes: tuple[int, ...]
    rows: list[int]

    @property
    def regions(self) -> Regions:
        terms = read_charter(self.charter).regions
        assert terms is not None
        return read_regions(terms)

    def codes_of(self, homes: Sequence[int]) -> bytes:
        """Another list."""
        return write_codes([homes[voter] for voter in self.rows], self.regions)

    def opened(
        self, *, codes: bytes | None = None, statement: bytes | None = None, definition: bytes | None = None
    ) -> MemoryLog:
        """The log as far as the opening; with a Definition entry, where its charter names one."""
        log, rules = MemoryLog(), read_charter(self.charter)
        assert rules.board is not None
        terms = read_terms(rules.board)
        log.add(EntryKind.CHARTER, [organisers_note(charter_text(self.charter), terms)])
        log.received += [definition] if definition else []
        text = setup_text(charter=fingerprint(self.charter), setup=sha256_hex(self.setup[-1]), timestamp=NOW)
        log.add(EntryKind.SETUP, [*self.setup, organisers_note(text, terms)])
        for acceptance in self.acceptances:
            log.add(EntryKind.ACCEPTANCE, [acceptance])
        log.add(EntryKind.REGIONS, [codes or self.codes, statement or self.statement])
        return log

    def closed(self, ballots: Sequence[bytes] | None = None, **opened: Any) -> MemoryLog:
        """The log as far as the close."""
        log = self.opened(**opened)
        for ballot in self.ballots if ballots is None else ballots:
            log.add(EntryKind.BALLOT, [ballot])
        log.add(EntryKind.END_BALLOTS, [time_proof(log)])
        return log

    def tallied(self, **closed: Any) -> MemoryLog:
        """The log with both tallies."""
        log = self.closed(**closed)
        for _ in range(2):
            add_next(log)
        return log

    def answer(self, log: MemoryLog, owner: int, *, given: bytes | None = None, **changes: Any) -> bytes:
        """A trustee's answer to what a log says."""
        tallied = trustee.tallied_by(state_of(log))
        arguments: dict[str, Any] = {
            "told": tallied.fingerprint,
            "kept": self.keys[owner - 1],
            "accepted": self.acceptances[owner - 1],
            "given": given,
            "rng": randomness(700 + owner),
        }
        return trustee.answer(self.charter, changes.pop("tallied", tallied), **(arguments | changes))

    def done(self, owners: Sequence[int] = (1, 3), **closed: Any) -> MemoryLog:
        """The log with everything."""
        log = self.tallied(**closed)
        for owner in owners:
            answered = self.answer(log, owner)
            log.add(EntryKind.PARTIAL_DECRYPTION, national_parts(answered, owner))
            log.add(EntryKind.REGIONAL_DECRYPTION, regional_parts(answered, owner))
        for _ in range(2):
            add_next(log)
        return log

    def sign(self, codes: bytes, *, secret: Secrets | None = None, setup: str = "", count: int = 1) -> bytes:
        """A statement about a list, by the registrar."""
        named = setup or sha256_hex(self.setup[-1])
        by = secret or registrar_secret(read_charter(self.charter).group)
        party = registrar_party(1)
        signature = sign_regions(by, party=party, setup=named, regions=sha256_hex(codes), rng=randomness(71))
        return write_region_statement(setup=named, regions=sha256_hex(codes), signatures=[signature] * count)


def registrar_secret(group: str = "Ed25519") -> Secrets:
    """The key that `make_charter` names."""
    return Group(group).random_secrets(randomness(9), 1)


def national_parts(answered: bytes, owner: int) -> list[bytes]:
    """The parts of the PartialDecryption entry."""
    content, bound = trustee.messages_of(answered)
    return [content, write_json(Owned(owner=owner, payload=sha256_hex(content))), bound]


def regional_parts(answered: bytes, owner: int) -> list[bytes]:
    """The parts of the RegionalDecryption entry."""
    content = trustee.regional_message_of(answered)
    assert content is not None
    return [content, write_json(Owned(owner=owner, payload=sha256_hex(content)))]


def state_of(log: MemoryLog) -> RecordState:
    """What a log means."""
    state = RecordState(log)
    for _ in judge_log(log, state):
        pass
    return state


def add_next(log: MemoryLog) -> bytes:
    """Append what follows."""
    kind, contents = next_entry(state_of(log))
    return log.add(kind, contents)


@cache
def hold_regional(
    *,
    terms: RegionTerms = TERMS,
    homes: tuple[int, ...] = HOMES,
    votes: tuple[tuple[int, int], ...] = VOTES,
    minimum_counted: int = 3,
    group: str = "Ed25519",
    threshold: int = 2,
) -> RegionalVote:
    """Prepare a referendum with regions: three trustees of whom some are needed, one registrar."""
    charter = make_charter(
        size=3, threshold=threshold, group=group, board=board_terms(), regions=terms, minimum_counted=minimum_counted
    )
    return prepare(charter, homes, votes)


def prepare(charter: bytes, homes: tuple[int, ...], votes: tuple[tuple[int, int], ...]) -> RegionalVote:
    """Set the vote up and cast these ballots (voter, answer), in this order."""
    rules, random = read_charter(charter), randomness(6)
    group = Group(rules.group)
    trustees, keys = hold_ceremony(charter, random)
    secrets = group.random_secrets(random, len(homes))
    public = secrets.public()
    setup = setup_of(charter, trustees=trustees, public=public)
    rows = credentials.in_order(group, public)
    writer = RecordWriter(NOW)
    writer.add(EventKind.SETUP, setup)
    held = read_setup(MemorySource(writer.bytes()))
    acceptances = [
        trustee.accept(charter, held, told=held.fingerprint, kept=key, sent=None, rng=random) for key in keys
    ]
    acceptances.append(
        make_acceptance(registrar_secret(rules.group), party=registrar_party(1), setup=held.fingerprint, rng=random)
    )
    assert rules.regions is not None
    codes = write_codes([homes[voter] for voter in rows], read_regions(rules.regions))
    cast = _cast(BallotForm(read_election(setup[0])), secrets, votes, random)
    vote = RegionalVote(charter, setup, acceptances, keys, codes, b"", cast, homes, rows)
    return RegionalVote(charter, setup, acceptances, keys, codes, vote.sign(codes), cast, homes, rows)


@cache
def finished() -> MemoryLog:
    """The log of the usual one with everything; not to be changed."""
    return hold_regional().done()


def _cast(form: BallotForm, secrets: Secrets, votes: Sequence[tuple[int, int]], random: Randomness) -> list[bytes]:
    voters = [voter for voter, _ in votes]
    choices = [[selection(form.election.questions[0], [answer])] for _, answer in votes]
    return sign(encrypt(form, secrets.public().select(voters), choices, random), secrets.select(voters), random)
