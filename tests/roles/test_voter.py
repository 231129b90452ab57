"""Voters: what they type is read strictly, what they cast verifies, and nothing tells their secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import MalformedError, MismatchError, OutOfTurnError, PsephosError
from psephos.ports import UnixSeconds
from psephos.protocol import credentials, proofs
from psephos.protocol.ballot import BallotForm
from psephos.protocol.election import Question
from psephos.protocol.encoding import sha256_base64, write_json
from psephos.protocol.group import Group, Randomness
from psephos.protocol.trustees import TrusteePublicKey
from psephos.record.archive import Archive
from psephos.record.charter import Charter, RegistrarKey, fingerprint
from psephos.record.entries import Head, read_entries, write_entry
from psephos.record.phases import EventKind
from psephos.roles import organiser, voter

GROUP = Group("Ed25519")
UUID = "ABCDEFGHJKLMNP"
REFERENDUM = Question(answers=("yes", "no", "blank"), min=1, max=1, question="Shall it be so?")
SEVERAL = Question(answers=("a", "b", "c", "d"), min=0, max=2, blank=True, question="Which?")
CREDENTIALS = [credentials.generate(Randomness.seeded(bytes([number]) * 32)) for number in range(6)]


def rng(seed: int) -> Randomness:
    """Seeded randomness."""
    return Randomness.seeded(bytes([seed]) * 32)


@dataclass
class Memory:
    """A file in memory."""

    content: bytes

    def size(self) -> int:
        """Number of bytes."""
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from `offset` on."""
        return self.content[offset : offset + length]


def charter(title: str = "A referendum") -> bytes:
    """A charter with two questions."""
    key = GROUP.random_secrets(rng(20), 1).public()[0].text
    return write_json(
        Charter(
            format="psephos/charter/1",
            kind="rehearsal",
            uuid=UUID,
            group="Ed25519",
            title=title,
            text="Text.",
            questions=(REFERENDUM, SEVERAL),
            trustees=("Trustee 1",),
            threshold=1,
            registrars=(RegistrarKey(name="Registrar 1", key=key),),
            minimum_counted=1,
        )
    )


def setup(received: bytes) -> Memory:
    """A record whose voters hold CREDENTIALS 0 to 3, and one of them the halves 4 and 5."""
    key, pok = proofs.prove_possession(GROUP, GROUP.random_secrets(rng(21), 1), rng(22))
    single = TrusteePublicKey(pok=pok, public_key=key.text, name="Trustee 1")
    whole = credentials.derive_secrets(GROUP, UUID, CREDENTIALS[:4]).public()
    halved = credentials.derive_secrets(GROUP, UUID, CREDENTIALS[4:]).total().public()
    public = whole.concat(halved)
    listed = write_json([public.texts()[row] for row in credentials.in_order(GROUP, public)])
    return Memory(organiser.set_up(received, write_json([("Single", single)]), listed, UnixSeconds(1_700_000_000)))


@pytest.fixture(scope="module")
def vote() -> voter.Vote:
    """What a voter reads."""
    received = charter()
    return voter.read_vote(setup(received), received)


def verified(vote: voter.Vote, ballot: bytes) -> None:
    """Check a ballot as the ballot box does."""
    chunk, faults = BallotForm(vote.election).read([ballot])
    assert not faults
    assert not chunk.check_signatures()
    assert not chunk.check_proofs()
    assert chunk.credentials()[0] in json.loads(vote.listed)


CHOICES = ["1\nblank\n", "2\n1,4\n", "3\nnone", "3\n 2 , 1 \n", "1\nBLANK"]


@pytest.mark.parametrize("typed", CHOICES)
@pytest.mark.parametrize("halves", [CREDENTIALS[:1], CREDENTIALS[4:], CREDENTIALS[:3:-1]])
def test_cast_ballot_verifies(vote: voter.Vote, halves: list[str], typed: str) -> None:
    """A ballot of a whole credential, and of two halves in any order, is one that the ballot box takes."""
    credential = voter.open_credential(vote, halves)
    unsigned = voter.encrypt(vote.election, credential, voter.read_choice(vote.election, typed), rng(1))
    ballot = voter.cast(vote.election, credential, unsigned, rng(2))
    verified(vote, ballot)
    assert json.loads(ballot)["signature"]["hash"] == unsigned.commitments[0]


def test_cast_of_a_stored_ballot_is_the_ballot_that_was_encrypted(vote: voter.Vote) -> None:
    """Between encrypt and cast a file is enough."""
    credential = voter.open_credential(vote, CREDENTIALS[:1])
    unsigned = voter.encrypt(vote.election, credential, voter.read_choice(vote.election, "1\nblank"), rng(1))
    stored = voter.read_unsigned(unsigned.texts[0])
    assert stored == unsigned
    verified(vote, voter.cast(vote.election, credential, stored, rng(3)))


def test_cast_with_another_voters_credential_is_refused(vote: voter.Vote) -> None:
    """A ballot is bound to the credential that it was encrypted for."""
    mine, hers = (voter.open_credential(vote, [credential]) for credential in CREDENTIALS[:2])
    unsigned = voter.encrypt(vote.election, mine, voter.read_choice(vote.election, "1\nblank"), rng(1))
    with pytest.raises(MismatchError, match="another credential"):
        voter.cast(vote.election, hers, unsigned, rng(2))


def test_cast_for_another_election_is_refused(vote: voter.Vote) -> None:
    """A ballot encrypted for another election is not signed for this one."""
    other = voter.read_vote(setup(charter("Another")), None)
    credential = voter.open_credential(other, CREDENTIALS[:1])
    unsigned = voter.encrypt(other.election, credential, voter.read_choice(other.election, "1\nblank"), rng(1))
    with pytest.raises(MismatchError, match="another election"):
        voter.cast(vote.election, voter.open_credential(vote, CREDENTIALS[:1]), unsigned, rng(2))


def test_cast_of_a_damaged_ballot_is_refused(vote: voter.Vote) -> None:
    """The self-check finds any change of an encrypted ballot, before a file is written."""
    credential = voter.open_credential(vote, CREDENTIALS[:1])
    text = voter.encrypt(vote.election, credential, voter.read_choice(vote.election, "1\nblank"), rng(1)).texts[0]
    digit = text.index(b'"challenge":"') + len(b'"challenge":"')
    other_digit = b"2" if text[digit : digit + 1] != b"2" else b"3"
    for bad in (b"", b"{}", text + b"\n", text[:digit] + other_digit + text[digit + 1 :], text.replace(b":", b": ", 1)):
        with pytest.raises(PsephosError) as caught:
            voter.cast(vote.election, credential, voter.read_unsigned(bad), rng(2))
        assert caught.value.hint


def test_credential_that_is_not_listed_is_refused_without_showing_it(vote: voter.Vote) -> None:
    """Another credential, or a half alone: the hint says what to check."""
    stranger = credentials.generate(rng(30))
    for halves in ([stranger], CREDENTIALS[4:5], [CREDENTIALS[0], stranger]):
        with pytest.raises(MismatchError) as caught:
            voter.open_credential(vote, halves)
        shown = str(caught.value) + caught.value.hint
        assert not any(half in shown or half.replace("-", "") in shown for half in halves)
        assert ("half" in caught.value.hint) == (len(halves) == 1)


def test_credential_file_with_one_or_two_lines_is_read(vote: voter.Vote) -> None:
    """With check characters or without, with blanks and empty lines."""
    printed = [credentials.with_check(credential) for credential in CREDENTIALS]
    assert voter.read_credential(printed[0] + "\n") == CREDENTIALS[:1]
    assert voter.read_credential(f"\n {printed[4]}\r\n\n{CREDENTIALS[5]}") == CREDENTIALS[4:]
    for bad in ("", "\n".join(printed[:3]), f"{printed[0]}\n{printed[0]}"):
        with pytest.raises(MalformedError):
            voter.read_credential(bad)
    assert voter.open_credential(vote, voter.read_credential(printed[0]))


@pytest.mark.parametrize(
    "typed",
    ["1", "1\nblank\nblank", "\nblank", "0\nblank", "4\nblank", "blank\nblank", "none\nblank", "1,2\nblank", "1\n1,1",
     "1\n1,2,3", "1\n5", "1\n1,", "1\n-1", "1\n1.", "yes\nblank", "1\nblank,1", "١\nblank", "1\n" + "9" * 5000],
)  # fmt: skip
def test_choice_that_is_not_allowed_is_refused_without_repeating_it(vote: voter.Vote, typed: str) -> None:
    """What a voter typed is in no error."""
    with pytest.raises(MalformedError) as caught:
        voter.read_choice(vote.election, typed)
    for word in ("yes", "5", "9999", "١"):
        assert word not in typed or word not in str(caught.value)


@given(st.text(alphabet="0123456789, blanknoe\n١", max_size=12) | st.text(max_size=12))
def test_choice_of_any_text_is_a_vector_or_refused(typed: str) -> None:
    """What is accepted is always a vector that the question allows."""
    for question in (REFERENDUM, SEVERAL):
        try:
            vector = voter.read_answer(question, typed, number=1)
        except MalformedError:
            continue
        assert len(vector) == question.size
        answers = vector[question.blank_allowed :]
        blank = bool(question.blank_allowed and vector[0])
        assert (blank and not any(answers)) or question.min <= sum(answers) <= question.max


def test_vote_with_another_charter_is_refused() -> None:
    """A voter with the charter in hand notices another vote, and a rehearsal is marked."""
    received = charter()
    vote = voter.read_vote(setup(received), received)
    assert vote.charter == fingerprint(received)
    assert vote.election.name == "[REHEARSAL] A referendum"
    with pytest.raises(MismatchError):
        voter.read_vote(setup(received), charter("Another"))


def test_vote_from_a_damaged_record_is_refused() -> None:
    """A changed byte in the list is found by its hash."""
    content = setup(charter()).content
    place = content.index(b'["') + 5
    assert voter.read_vote(Memory(content), None)
    for bad in (content[:place] + b"!" + content[place + 1 :], content[:600], b"", b"x" * 5000):
        with pytest.raises(PsephosError):
            voter.read_vote(Memory(bad), None)


def test_vote_that_is_over_is_refused() -> None:
    """A record that goes on after EndBallots takes no ballot; one that is cut off is fetched again."""
    record = setup(charter())
    archive = Archive(record)
    head = Head(next(read_entries(archive)).digest, 1, archive.timestamp)
    closed = record.content + write_entry(head, EventKind.END_BALLOTS, [])[0]
    with pytest.raises(OutOfTurnError, match="the vote is over"):
        voter.read_vote(Memory(closed), None)
    with pytest.raises(MalformedError):
        voter.read_vote(Memory(closed[:-512]), None)


def test_tracker_shows_one_fingerprint_in_three_forms() -> None:
    """Base64 as in Belenios; base 32 in 13 groups of four."""
    tracker = voter.tracker(b"ballot")
    assert tracker.base64 == sha256_base64(b"ballot")
    assert len(tracker.fingerprint) == 64
    assert [len(group) for group in tracker.base32.split("-")] == [4] * 13


def test_explanation_says_what_may_be_typed() -> None:
    """For each kind of question."""
    assert voter.explain_answers(REFERENDUM) == "type 1 of the numbers 1 to 3"
    assert voter.explain_answers(SEVERAL) == "type 0 to 2 of the numbers 1 to 4, separated by commas, or none, or blank"
