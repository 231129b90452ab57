"""The numbered checks of a record. This list is what "verified" means; docs/reference/checks.md is made from it.

Each check has a number, a title and the clause it enforces; V1 to V19 have a function here. Those on ballots take a
chunk of ballots and return what is wrong with which row; the others return what they checked or raise. Nothing here
reads files. V20 to V28 are about what stands on a board only: see `verify.regional` and `verify.definition`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from psephos.errors import MismatchError, OutOfTurnError, PsephosError, RuleError
from psephos.protocol.ballot import BallotChunk, BallotForm, Faults
from psephos.protocol.credentials import Electorate
from psephos.protocol.decryption import (
    BoundDecryption,
    PartialDecryption,
    verify_bound_decryption,
    verify_partial_decryption,
)
from psephos.protocol.election import Election, read_election
from psephos.protocol.encoding import read_json
from psephos.protocol.group import Element, Elements
from psephos.protocol.result import Counts, check_result, combine_factors, read_result
from psephos.protocol.tally import SizedEncryptedTally, Tally, check_tally, read_encrypted_tally
from psephos.protocol.trustees import Trustee, Trustees, read_trustees
from psephos.record.charter import Charter, check_charter
from psephos.record.electorate import read_electorate
from psephos.record.entries import Entry
from psephos.record.phases import Phase, next_phase


@dataclass(frozen=True)
class Check:
    """A numbered check."""

    id: str
    title: str
    clause: str


CHECKS = (
    Check("V1", "every record of the archive is whole, in its one form, and hashes to its name", "spec §4.4"),
    Check("V2", "events form one hash chain, each with exactly the data it refers to", "spec §4.4"),
    Check("V3", "events come in the order of an election", "reference 1.2"),
    Check("V4", "the election is well-formed and its key is in the group", "spec §4.9, §4.10"),
    Check("V5", "the election is the one that the charter defines", "design D2"),
    Check(
        "V6", "trustees' keys, certificates, coefficients, signatures and proofs of possession hold", "spec §4.5-4.7"
    ),
    Check("V7", "the election's public key is the product of the trustees' keys", "spec §3.1.1"),
    Check("V8", "public credentials are distinct elements of the group", "spec §4.8"),
    Check(
        "V9", "every ballot has the one form of this election's ballots, every element is in the group", "spec §4.15"
    ),
    Check("V10", "every ballot's credential is listed", "spec §3.2"),
    Check("V11", "every ballot's hash and signature hold", "spec §4.14, §4.15"),
    Check("V12", "every ballot's proofs hold", "spec §4.12, §4.13"),
    Check("V13", "no ballot stands in the record twice", "design D6"),
    Check("V14", "the tally is the product of the last ballots, its number and weight are theirs", "spec §4.16"),
    Check("V15", "every partial decryption is by a trustee, once, and its proofs hold", "spec §4.18"),
    Check("V16", "enough trustees decrypted", "spec §4.19"),
    Check("V17", "the result is what the decrypted sums say", "spec §4.19"),
    Check("V18", "trustees' second proofs, which bind the factors to the record, hold", "design D1"),
    Check("V19", "the record extends the earlier copy", "spec §3.5.1"),
    Check(
        "V20",
        "the registrars' list says of each credential in which region it counts, as the charter has it",
        "design D8",
    ),
    Check(
        "V21",
        "regional sums are those of the cells that follow from charter and turnout, and tell no sum of few ballots",
        "design D8",
    ),
    Check("V22", "every trustee's decryption of the cells is of all of them, once, and its proofs hold", "design D8"),
    Check("V23", "regional counts are what the cells' sums say, and add up to the result", "design D8"),
    Check(
        "V24",
        "the definition that the charter names is there, signed by as many organisers as the charter demands",
        "design D7",
    ),
    Check("V25", "charter and election are what the definition says, wherever both say something", "design D7"),
    Check("V26", "what the linter finds in the definition is listed, with what was answered to it", "design D7"),
    Check("V27", "addenda change what the definition lets them change, and nothing else", "design D7"),
    Check("V28", "the outcome follows from the verified result under the definition's rule", "design D7"),
)


def check_record_form(entry: Entry) -> list[PsephosError]:
    """V1: hashes of an entry's records; their form was checked on reading."""
    return list(entry.damage)


def check_chain(entry: Entry) -> list[PsephosError]:
    """V2: an entry continues the chain and comes with exactly its data."""
    return list(entry.faults) if entry.link is None else [entry.link, *entry.faults]


def check_order(phase: Phase, entry: Entry) -> Phase:
    """V3: the phase after an entry.

    Raises:
        OutOfTurnError: It may not come now.
    """
    try:
        return next_phase(phase, entry.event.type)
    except OutOfTurnError as error:
        error.at = f"event {entry.event.height}"
        raise


def check_election(received: bytes) -> Election:
    """V4.

    Raises:
        MalformedError, UnsupportedError: See `read_election`.
    """
    return read_election(received)


def check_against_charter(received: bytes, election: Election) -> Charter:
    """V5.

    Raises:
        MalformedError, MismatchError: See `check_charter`.
    """
    return check_charter(
        received,
        name=election.name,
        description=election.description,
        uuid=election.uuid,
        group=election.group.name,
        questions=election.questions,
    )


def check_trustees(received: bytes, election: Election) -> Trustees:
    """V6.

    Raises:
        MalformedError, InvalidProofError, MismatchError: See `read_trustees`.
    """
    return read_trustees(received, election.group)


def check_public_key(election: Election, trustees: Trustees) -> None:
    """V7: > y = ∏_τ y_τ.

    Raises:
        MismatchError: It is not.
    """
    if election.public_key != trustees.public_key:
        raise MismatchError("the public key is not the product of the trustees' keys", at="/public_key")


def check_credentials(pieces: Iterable[bytes], size: int, election: Election) -> Electorate:
    """V8.

    Args:
        pieces: The list, in pieces of any size.
        size: Its length.
        election: The election.

    Raises:
        MalformedError, MismatchError: See `read_electorate`.
    """
    return read_electorate(pieces, size, election.group)


def check_ballot_forms(form: BallotForm, texts: Sequence[bytes]) -> tuple[BallotChunk, Faults]:
    """V9: the ballots that have the form, and what is wrong with the others."""
    return form.read(texts)


def check_listed(chunk: BallotChunk, electorate: Electorate) -> tuple[list[int | None], Faults]:
    """V10: each ballot's row in the electorate, and what is wrong with those that have none."""
    rows = [electorate.row(credential) for credential in chunk.credentials()]
    error = RuleError("ballot: its credential is not listed", at="/credential")
    return rows, {chunk.rows[place]: error for place, row in enumerate(rows) if row is None}


def check_signatures(chunk: BallotChunk) -> Faults:
    """V11."""
    return chunk.check_signatures()


def check_proofs(chunk: BallotChunk) -> Faults:
    """V12."""
    return chunk.check_proofs()


def check_new(digest: str, before: Collection[str]) -> None:
    """V13: a ballot is none of those that its voter cast before.

    Raises:
        MismatchError: It is.
    """
    if digest in before:
        raise MismatchError("this very ballot stands in the record before")


def check_encrypted_tally(content: bytes, size: SizedEncryptedTally, recomputed: Tally, election: Election) -> None:
    """V14.

    Raises:
        MalformedError, MismatchError: See `check_tally`.
    """
    check_tally(read_encrypted_tally(content, election), size, recomputed)


def check_partial_decryption(share: PartialDecryption, tally: Tally, trustee: Trustee, election: Election) -> None:
    """V15.

    Raises:
        MalformedError, InvalidProofError: See `verify_partial_decryption`.
    """
    verify_partial_decryption(
        share, tally=tally.sums, trustee=trustee, group=election.group, fingerprint=election.fingerprint
    )


def check_enough(trustees: Trustees, factors: Mapping[int, Elements], election: Election) -> Sequence[Element]:
    """V16: the factors of the whole key.

    Raises:
        InvalidProofError: See `combine_factors`.
    """
    return combine_factors(trustees, factors, election.group)


def check_result_content(content: bytes, tally: Tally, combined: Sequence[Element], election: Election) -> Counts:
    """V17.

    Raises:
        MalformedError, MismatchError: See `read_result`, `check_result`.
    """
    counts = read_result(content, election)
    check_result(counts, tally, combined, election.group)
    return counts


def read_second_proofs(received: bytes) -> dict[int, BoundDecryption]:
    """The second proofs that lie beside the record, by the trustees' numbers; V18 is about each of them.

    Raises:
        MalformedError: It cannot be read.
        MismatchError: Two of them are by one trustee.
    """
    listed = read_json(received, tuple[BoundDecryption, ...], what="second proofs")
    by_owner = {one.owner: one for one in listed}
    if len(by_owner) != len(listed):
        raise MismatchError("two second proofs by one trustee")
    return by_owner


def check_bound_decryption(
    bound: BoundDecryption,
    share: PartialDecryption,
    *,
    tally: Tally,
    trustee: Trustee,
    election: Election,
    record: str,
) -> None:
    """V18.

    Raises:
        MismatchError, MalformedError, InvalidProofError: See `verify_bound_decryption`.
    """
    verify_bound_decryption(bound, share, tally=tally.sums, trustee=trustee, group=election.group, record=record)


def check_extension(older: Iterable[Entry], digests: Mapping[int, str]) -> None:
    """V19.

    Args:
        older: The entries of the earlier copy.
        digests: Of this record's events, by their heights.

    Raises:
        MalformedError, MismatchError: The earlier copy is damaged, or is not this record's beginning.
    """
    last: Entry | None = None
    for entry in older:
        for fault in (*entry.damage, *check_chain(entry)):
            raise MismatchError(f"the earlier copy is damaged: {fault.message}", at=fault.at)
        last = entry
    if last is None:
        return
    height = last.event.height
    if height not in digests:
        raise MismatchError(f"the earlier copy goes on to event {height}, this record does not; were they swapped?")
    if digests[height] != last.digest:
        raise MismatchError(f"event {height} of the earlier copy is not in this record", at=f"hash {last.digest}")
