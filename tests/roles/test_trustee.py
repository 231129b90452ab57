"""Trustees: the acceptance, the backup, the one answer, and the record before it."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec.structs import replace

from psephos.adapters.files import MemorySource
from psephos.errors import InvalidProofError, MalformedError, MismatchError, OutOfTurnError, PsephosError, RefusedError
from psephos.protocol.encoding import read_json, sha256_hex, write_json
from psephos.record.acceptance import (
    check_acceptance,
    check_setup,
    compare_fingerprint,
    read_setup,
    trustee_party,
    trustee_signing_keys,
)
from psephos.record.keyfile import Answer, read_key_file
from psephos.roles import trustee
from psephos.verify.audit import Audit, Beside
from tests.support.referendum import (
    accept,
    answer,
    audit_of,
    hold,
    leaves,
    make_charter,
    run,
    tampered,
    vote,
)
from tests.support.world import randomness

# ── the setup ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(5, 3), (3, 3)])
def test_acceptance_holds_with_the_key_that_the_record_names(shape: tuple[int, int]) -> None:
    """Anybody can check a trustee's acceptance with the record alone."""
    referendum = run(hold(*shape))
    setup, group = referendum.setup, referendum.setup.election.group
    keys = trustee_signing_keys(setup.trustees, group)
    for index, key in enumerate(keys, start=1):
        accepted = accept(referendum, index)
        check_acceptance(accepted, party=trustee_party(index), key=key, setup=setup.fingerprint, group=group)
        for path in leaves(json.loads(accepted)):
            with pytest.raises(PsephosError):
                check_acceptance(
                    tampered(accepted, path), party=trustee_party(index), key=key, setup=setup.fingerprint, group=group
                )
        with pytest.raises(InvalidProofError):
            check_acceptance(
                accepted, party=trustee_party(index), key=group.generator, setup=setup.fingerprint, group=group
            )


def test_accept_again_gives_the_same_bytes_and_no_second_setup() -> None:
    """The same acceptance again; another setup is refused."""
    referendum = run()
    accepted = accept(referendum, 2)
    assert accept(referendum, 2, sent=accepted, rng=randomness(99)) == accepted
    other = write_json(json.loads(accepted) | {"setup": "0" * 64})
    with pytest.raises(RefusedError, match="another setup"):
        accept(referendum, 2, sent=other)


def test_accept_with_another_fingerprint_is_refused() -> None:
    """The fingerprint that came over another channel decides."""
    with pytest.raises(MismatchError, match="not the one whose fingerprint you were told"):
        accept(run(), 1, told="0" * 64)


def test_accept_of_a_setup_without_ones_own_key_is_refused() -> None:
    """A trustee whose key was exchanged says so."""
    held = hold()
    exchanged = msgspec.structs.replace(read_key_file(held.keys[0]), index=2)
    with pytest.raises(MismatchError, match="does not name your key") as raised:
        accept(run(), 1, kept=write_json(exchanged))
    assert "observers" in raised.value.hint


def test_accept_with_another_seed_beside_the_right_share_is_refused() -> None:
    """The key that signs is the record's as well."""
    key = read_key_file(hold().keys[0])
    other = msgspec.structs.replace(key, seed=read_key_file(hold().keys[1]).seed)
    with pytest.raises(MismatchError, match="does not name your key"):
        accept(run(), 1, kept=write_json(other))


def test_accept_before_the_share_is_there_is_refused() -> None:
    """The seed alone is not a trustee's key."""
    with pytest.raises(OutOfTurnError, match="seed only"):
        accept(run(), 1, kept=hold().seeds[0])


def test_setup_with_other_trustees_than_the_charter_names_is_refused() -> None:
    """Threshold, number and names of the trustees are the charter's."""
    setup, charter = run().setup, hold().charter
    item = replace(setup.trustees.items[0], threshold=2)
    renamed = (replace(setup.trustees.members[0], name="Somebody"), *setup.trustees.members[1:])
    for trustees in (replace(setup.trustees, items=(item,)), replace(setup.trustees, members=renamed)):
        with pytest.raises(MismatchError):
            check_setup(replace(setup, trustees=trustees), charter)
    with pytest.raises(MismatchError, match="not the one that the charter defines"):
        check_setup(setup, hold(kind="rehearsal").charter)


def test_setup_read_from_a_whole_record_is_the_same() -> None:
    """The setup can be read from the record at any later stage."""
    referendum = run()
    assert read_setup(MemorySource(referendum.record)).fingerprint == referendum.setup.fingerprint


def test_setup_of_a_damaged_record_is_refused() -> None:
    """One changed byte of the setup is found."""
    referendum = run()
    for offset in range(600, len(referendum.setup_bel), 397):
        changed = bytearray(referendum.setup_bel)
        changed[offset] ^= 1
        with pytest.raises(PsephosError):
            read_setup(MemorySource(bytes(changed)))


@pytest.mark.parametrize("given", ["", "ab" * 15, "ab" * 33, "zz" * 32, "ab" * 31 + "cg"])
def test_fingerprint_that_is_too_short_or_none_is_refused(given: str) -> None:
    """Fewer than 32 digits are no comparison."""
    with pytest.raises(MalformedError):
        compare_fingerprint(given, "ab" * 32, what="record")


@pytest.mark.parametrize("given", ["ab" * 32, "ab" * 16, "AB:" * 31 + "ab", " abab abab" * 8 + "\n"])
def test_fingerprint_as_people_copy_it_is_accepted(given: str) -> None:
    """Blanks, colons, capitals and prefixes from 32 digits on do not matter."""
    compare_fingerprint(given, "ab" * 32, what="record")


# ── the backup ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(5, 3), (3, 3)])
def test_backup_proves_the_key_of_the_record(shape: tuple[int, int]) -> None:
    """Each backup answers for its own trustee's verification key, with a fresh challenge each time."""
    referendum = run(hold(*shape))
    for index, kept in enumerate(referendum.held.keys, start=1):
        random = randomness(index)
        first = trustee.prove_backup(referendum.setup, kept=kept, rng=random)
        second = trustee.prove_backup(referendum.setup, kept=kept, rng=random)
        member = referendum.setup.trustees.members[index - 1]
        assert first.verification_key == second.verification_key == member.verification_key.text
        assert first.challenge != second.challenge


def test_backup_of_another_share_or_of_the_seed_only_is_refused() -> None:
    """A backup that could not decrypt does not pass."""
    key = read_key_file(hold().keys[0])
    with pytest.raises(MismatchError, match="does not name your key"):
        trustee.prove_backup(run().setup, kept=write_json(msgspec.structs.replace(key, secret="7")), rng=randomness(1))
    with pytest.raises(OutOfTurnError, match="seed only"):
        trustee.prove_backup(run().setup, kept=hold().seeds[0], rng=randomness(1))


# ── the one answer ──────────────────────────────────────────────────────────────────────────────────────────────


def test_answer_again_gives_the_same_bytes() -> None:
    """The same request gets the same answer, whatever the randomness."""
    given = answer(run(), 1)
    assert answer(run(), 1, given=given, rng=randomness(5)) == given
    assert answer(run(), 1, rng=randomness(5)) != given


def test_answer_to_another_request_is_refused_for_ever() -> None:
    """Another record, another sum, another election: refused once the key has answered."""
    given = answer(run(), 1)
    tallied = run().tallied
    fewer = run(hold(), (0, 1, 1)).tallied
    for other in (
        replace(tallied, record="0" * 64),
        replace(tallied, tally=fewer.tally),
        replace(fewer, setup=tallied.setup),
    ):
        with pytest.raises(RefusedError, match="answered another request"):
            answer(run(), 1, given=given, tallied=other, told=other.record)


def test_answer_with_a_journal_that_cannot_be_read_is_refused() -> None:
    """A damaged journal is not an empty one."""
    for broken in (b"", b"{}", answer(run(), 1)[:-1]):
        with pytest.raises(MalformedError):
            answer(run(), 1, given=broken)


def test_answer_with_another_trustees_journal_is_refused() -> None:
    """The journal is the key's."""
    with pytest.raises(RefusedError, match="answered another request"):
        answer(run(), 2, given=answer(run(), 1))


def test_answer_for_fewer_ballots_than_the_charter_demands_is_refused() -> None:
    """So small a sum tells how people voted."""
    referendum = run(hold(), (1,))
    with pytest.raises(RefusedError, match="1 ballots are counted"):
        answer(referendum, 1)


def test_answer_with_another_fingerprint_is_refused() -> None:
    """The record's fingerprint comes over another channel."""
    with pytest.raises(MismatchError, match="not the one whose fingerprint you were told"):
        answer(run(), 1, told="0" * 64)


def test_answer_without_acceptance_or_with_that_of_another_setup_is_refused() -> None:
    """A trustee decrypts for the setup that it accepted, and no other."""
    with pytest.raises(OutOfTurnError, match="have not accepted"):
        answer(run(), 1, accepted=None)
    other = run(hold(), (0, 1, 1))
    assert other.setup.fingerprint != run().setup.fingerprint
    with pytest.raises(MismatchError, match="another setup"):
        answer(run(), 1, accepted=accept(other, 1))
    with pytest.raises(MismatchError, match="trustee 2"):
        answer(run(), 1, accepted=accept(run(), 2))


def test_answer_with_another_charter_is_refused() -> None:
    """The charter is part of every key."""
    with pytest.raises(MismatchError, match="another referendum"):
        answer(run(), 1, charter=make_charter(minimum_counted=0))


def test_answer_names_the_record_that_it_binds() -> None:
    """What leaves is the partial decryption and its binding to this record."""
    given = read_json(answer(run(), 3), Answer, what="answer")
    decryption, bound = trustee.messages_of(answer(run(), 3))
    assert given.bound.payload == sha256_hex(decryption)
    assert json.loads(bound)["record"] == run().tallied.record


# ── the record before it ────────────────────────────────────────────────────────────────────────────────────────


def test_verified_refuses_a_record_that_is_not_at_its_tally() -> None:
    """Before the tally there is nothing to decrypt, and after a decryption it is too late to begin."""
    referendum = run()
    charter = referendum.held.charter
    with pytest.raises(OutOfTurnError, match="open, not tallied"):
        trustee.verified(audit_of(referendum.setup_bel, charter), referendum.setup)


def test_verified_refuses_a_record_that_does_not_verify() -> None:
    """One byte of a ballot is enough."""
    referendum = run()
    changed = bytearray(referendum.record)
    changed[len(referendum.setup_bel) + 700] ^= 1
    with pytest.raises(RefusedError, match="does not verify: V") as raised:
        trustee.verified(audit_of(bytes(changed), referendum.held.charter), referendum.setup)
    assert "psephos verify" in raised.value.hint


def test_verified_refuses_a_record_whose_ballot_box_counted_a_forged_ballot() -> None:
    """The tally is right, as the sum of what is there; a ballot in it is not its voter's."""
    referendum = run()
    charter = referendum.held.charter
    _, record = vote(charter, referendum.held.trustees, (0, 0, 1, 2), forged=True)
    audit = audit_of(record, charter)
    assert audit.report.ok("V9", "V14")
    with pytest.raises(RefusedError, match="does not verify: V11"):
        trustee.verified(audit, referendum.setup)


def test_verified_refuses_an_audit_without_charter() -> None:
    """A check that did not run did not pass."""
    referendum = run()
    audit = Audit(MemorySource(referendum.record), Beside())
    audit.run()
    with pytest.raises(RefusedError, match="V5"):
        trustee.verified(audit, referendum.setup)


def test_verified_refuses_a_setup_of_another_record() -> None:
    """The audit and the setup are of one record."""
    referendum, other = run(), run(hold(3, 3))
    with pytest.raises(RefusedError, match="changed"):
        trustee.verified(audit_of(referendum.record, referendum.held.charter), other.setup)
