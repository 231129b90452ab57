"""Judges of entries that no event of Belenios comes from: what parties, observers and the log say beside the vote."""

from __future__ import annotations

from collections.abc import Callable

from psephos.errors import MismatchError
from psephos.protocol.encoding import read_json
from psephos.record.acceptance import check_acceptance, read_acceptance, trustee_party
from psephos.record.board_entries import BoardEntry, EntryKind, StartAlone
from psephos.record.booth import read_booth_text
from psephos.record.charter import fingerprint
from psephos.record.definition_entry import check_addendum_entry, check_definition_entry
from psephos.record.regional import REGION_LIST
from psephos.record.rules import Reason, excluding
from psephos.record.standing import Commit, Standing
from psephos.record.succession import check_beginning, verify_succession
from psephos.record.terms import read_closing_time_text, verify_organisers_note
from psephos.record.without_quorum import check_without_quorum, read_without_quorum


def _acceptance(standing: Standing, entry: BoardEntry) -> Commit:
    assert standing.setup is not None
    received = entry.parts[0].content or b""
    with excluding(Reason.ACCEPTANCE):
        party = read_acceptance(received).party
        if party not in standing.waiting_for or party not in standing.parties:
            why = "has accepted before" if party in standing.parties else "is no party of this charter"
            raise MismatchError(f"an acceptance of {party[:40]!r}, who {why}", at="/party")
        group = standing.setup.election.group
        check_acceptance(
            received, party=party, key=standing.parties[party], setup=standing.setup.fingerprint, group=group
        )

    def commit() -> None:
        standing.waiting_for.discard(party)

    return commit


def _closing_time(standing: Standing, entry: BoardEntry) -> Commit:
    assert standing.signed is not None
    terms, charter = standing.signed.terms, fingerprint(standing.signed.received)
    with excluding(Reason.UNSIGNED):
        text = verify_organisers_note(entry.parts[0].content or b"", terms)
        number, closes_at = read_closing_time_text(text, charter=charter)
    with excluding(Reason.CLOSING):
        if number != standing.changes + 1:
            raise MismatchError(f"change {number} of the closing time, not {standing.changes + 1}", at="number")
        if not terms.wire.earliest_close <= closes_at <= terms.wire.latest_close:
            raise MismatchError(f"the charter does not allow to close at {closes_at}", at="closing time")
        extended = standing.closes_at > terms.wire.closes_at and standing.signed.charter.kind != "rehearsal"
        if extended and closes_at < standing.closes_at:
            raise MismatchError(
                f"the vote was extended until {standing.closes_at}, which is not taken back to {closes_at}",
                at="closing time",
            )

    def commit() -> None:
        standing.changes, standing.closes_at = number, closes_at

    return commit


def _booth(standing: Standing, entry: BoardEntry) -> Commit:
    assert standing.signed is not None
    terms, charter = standing.signed.terms, fingerprint(standing.signed.received)
    with excluding(Reason.BOOTH):
        booth = read_booth_text(verify_organisers_note(entry.parts[0].content or b"", terms), charter=charter)
        last = standing.booths[-1].number if standing.booths else 0
        if booth.number != last + 1:
            raise MismatchError(f"publication {booth.number} of the booth, not {last + 1}", at="number")

    def commit() -> None:
        standing.booths.append(booth)

    return commit


def _start_alone(standing: Standing, entry: BoardEntry) -> Commit:
    with excluding(Reason.STATEMENT):
        statement = read_json(entry.parts[0].content or b"", StartAlone, what="statement")
        if statement.size > standing.size:
            raise MismatchError(f"a log of size {statement.size} before entry {standing.size}", at="/size")

    def commit() -> None:
        standing.alone.append(statement)

    return commit


def _succession(standing: Standing, entry: BoardEntry) -> Commit:
    assert standing.signed is not None
    assert standing.log is not None
    with excluding(Reason.SUCCESSION):
        received = entry.parts[0].content or b""
        succession = verify_succession(received, standing.signed.terms, log=standing.log, size=standing.size)
        check_beginning(succession, standing.source)

    def commit() -> None:
        standing.log = succession.log
        standing.successions.append(succession)

    return commit


def _without_quorum(standing: Standing, entry: BoardEntry) -> Commit:
    assert standing.signed is not None
    assert standing.setup is not None
    charter, setup = fingerprint(standing.signed.received), standing.setup
    with excluding(Reason.WITHOUT_QUORUM):
        statement = read_without_quorum(entry.parts[0].content or b"")
        party = statement.party
        if party not in map(trustee_party, range(1, len(setup.trustees.members) + 1)):
            raise MismatchError(f"a statement of {party[:40]!r}, who is no trustee", at="/party")
        if party in standing.without_quorum:
            raise MismatchError("this trustee has stated a reason before", at="/party", culprit=party)
        key, group = standing.parties[party], setup.election.group
        check_without_quorum(statement, key=key, charter=charter, setup=setup.fingerprint, group=group)

    def commit() -> None:
        standing.without_quorum[party] = statement

    return commit


def _regions(standing: Standing, entry: BoardEntry) -> Commit:
    regional = standing.regional
    assert regional is not None
    with excluding(Reason.REGIONS):
        leaves = regional.check_list(entry, standing.source, parties=standing.parties)

    def commit() -> None:
        regional.begin(leaves)
        standing.waiting_for.discard(REGION_LIST)

    return commit


def _regional_tally(standing: Standing, entry: BoardEntry) -> Commit:
    regional, decryptions = standing.regional, standing.decryptions
    assert regional is not None
    assert decryptions is not None
    with excluding(Reason.REGIONAL_TALLY):
        tally = regional.check_tally(entry, record=decryptions.record)

    def commit() -> None:
        regional.tally = tally

    return commit


def _regional_decryption(standing: Standing, entry: BoardEntry) -> Commit:
    regional = standing.regional
    assert regional is not None
    with excluding(Reason.REGIONAL_DECRYPTION):
        owner, factors = regional.check_answer(entry, standing.source)

    def commit() -> None:
        regional.answers[owner] = factors

    return commit


def _regional_result(standing: Standing, entry: BoardEntry) -> Commit:
    regional = standing.regional
    assert regional is not None
    with excluding(Reason.REGIONAL_RESULT):
        counts = regional.check_result(entry, standing.source)

    def commit() -> None:
        regional.counts = counts

    return commit


def _definition(standing: Standing, entry: BoardEntry) -> Commit:
    assert standing.signed is not None
    named, terms = standing.named_definition, standing.signed.terms
    with excluding(Reason.DEFINITION):
        received = check_definition_entry(entry, standing.source, named=named, terms=terms)

    def commit() -> None:
        standing.definition = received

    return commit


def _addendum(standing: Standing, entry: BoardEntry) -> Commit:
    assert standing.signed is not None
    terms, charter = standing.signed.terms, fingerprint(standing.signed.received)
    number = len(standing.addenda) + 1
    with excluding(Reason.ADDENDUM):
        received = check_addendum_entry(entry, standing.source, charter=charter, number=number, terms=terms)

    def commit() -> None:
        standing.addenda.append(received)
        standing.addenda_phases.append(standing.phase)

    return commit


STATEMENTS: dict[EntryKind, Callable[[Standing, BoardEntry], Commit]] = {
    EntryKind.ACCEPTANCE: _acceptance,
    EntryKind.CLOSING_TIME: _closing_time,
    EntryKind.START_ALONE: _start_alone,
    EntryKind.SUCCESSION: _succession,
    EntryKind.WITHOUT_QUORUM: _without_quorum,
    EntryKind.REGIONS: _regions,
    EntryKind.REGIONAL_TALLY: _regional_tally,
    EntryKind.REGIONAL_DECRYPTION: _regional_decryption,
    EntryKind.REGIONAL_RESULT: _regional_result,
    EntryKind.DEFINITION: _definition,
    EntryKind.ADDENDUM: _addendum,
    EntryKind.BOOTH: _booth,
}
"""By kind: judges an entry whose turn it is, and gives what its effect is."""
