"""Registrars: issued lists, halves of credentials, acceptances; and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InvalidProofError, MalformedError, MismatchError, OutOfTurnError, PsephosError
from psephos.ports import UnixSeconds
from psephos.protocol import credentials, proofs
from psephos.protocol.election import Question
from psephos.protocol.encoding import BASE58, sha256_hex, write_json
from psephos.protocol.group import Group, Randomness
from psephos.protocol.trustees import TrusteePublicKey
from psephos.record.acceptance import check_acceptance
from psephos.record.charter import Charter, fingerprint
from psephos.record.halves import Commitment, make_commitment
from psephos.record.roll import Roll, RollRow, read_roll
from psephos.roles import organiser, registrar
from psephos.roles.registrar import HalvesFile, Issued, SigningKey

GROUP = Group("Ed25519")
QUESTION = Question(answers=("yes", "no", "blank"), min=1, max=1, question="Shall it be so?")
ROLL = Roll(tuple(RollRow(f"Voter {number}", ("post", "sms")[number % 2], "") for number in range(1, 18)))


def rng(seed: int) -> Randomness:
    """Seeded randomness."""
    return Randomness.seeded(bytes([seed]) * 32)


def silent(rows: int) -> None:
    """Progress that nobody sees."""
    assert rows > 0


def key(number: int) -> SigningKey:
    """The key of registrar 1, 2, …."""
    return registrar.open_key(registrar.new_key(f"Registrar {number}", GROUP, rng(number)))


def charter(registrars: int) -> bytes:
    """A charter with one mandatory trustee."""
    return write_json(
        Charter(
            format="psephos/charter/1",
            kind="real",
            uuid="ABCDEFGHJKLMNP",
            group="Ed25519",
            title="A referendum",
            text="",
            questions=(QUESTION,),
            trustees=("Trustee 1",),
            threshold=1,
            registrars=tuple(key(number).public for number in range(1, registrars + 1)),
            minimum_counted=1,
        )
    )


def setup(received: bytes, public: bytes) -> bytes:
    """setup.bel."""
    public_key, pok = proofs.prove_possession(GROUP, GROUP.random_secrets(rng(9), 1), rng(9))
    single = TrusteePublicKey(pok=pok, public_key=public_key.text, name="Trustee 1")
    return organiser.set_up(received, write_json([("Single", single)]), public, UnixSeconds(1_700_000_000))


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


def delivered(issued: Issued) -> dict[str, str]:
    """Who was given what."""
    rows = [json.loads(line) for content in issued.deliveries.values() for line in content.splitlines()]
    return {row["id"]: row["credential"] for row in rows}


def public_of(*halves: str) -> str:
    """The public credential of a credential, or of two halves."""
    typed = [credentials.read_typed(half) for half in halves]
    return credentials.derive_secrets(GROUP, "ABCDEFGHJKLMNP", typed).total().public().texts()[0]


def halves_of(number: int, received: bytes, roll: Roll = ROLL) -> HalvesFile:
    """One of two registrars after commit."""
    content = registrar.commit(
        received, roll, key(number), age_key=("AGE-SECRET", "age1" + "q" * 58), rng=rng(10 + number), advance=silent
    )
    return registrar.open_halves(content, received=received)


@dataclass
class Pair:
    """Two registrars that have exchanged everything."""

    received: bytes
    states: tuple[HalvesFile, HalvesFile]
    commitments: tuple[bytes, bytes]
    reveals: tuple[bytes, bytes]

    def combine(self, number: int, *, commitment: bytes | None = None, reveal: bytes | None = None) -> Issued:
        """What registrar `number` makes of the other's messages."""
        other = 2 - number
        return registrar.combine(
            self.received,
            ROLL,
            self.states[number - 1],
            commitment=self.commitments[other] if commitment is None else commitment,
            reveal=self.reveals[other] if reveal is None else reveal,
            advance=silent,
        )


@pytest.fixture(scope="module")
def pair() -> Pair:
    """Two registrars with one roll."""
    received = charter(2)
    one, two = halves_of(1, received), halves_of(2, received)
    commitments = (write_json(one.commitment), write_json(two.commitment))
    reveals = (
        registrar.answer_commitment(received, one, commitments[1])[0],
        registrar.answer_commitment(received, two, commitments[0])[0],
    )
    return Pair(received, (one, two), commitments, reveals)


def test_issue_gives_each_voter_the_credential_that_is_listed() -> None:
    """Every voter's credential is in the public list, and nothing else is."""
    issued = registrar.issue(charter(1), ROLL, rng(3), silent)
    given_out = delivered(issued)
    assert set(given_out) == {row.id for row in ROLL.rows}
    assert sorted(json.loads(issued.public)) == sorted(public_of(credential) for credential in given_out.values())


def test_issue_sorts_the_public_list_in_belenios_order() -> None:
    """The list does not tell the roll's order: it is sorted by little-endian bytes."""
    listed = json.loads(registrar.issue(charter(1), ROLL, rng(3), silent).public)
    assert listed == sorted(listed, key=lambda text: bytes.fromhex(text)[::-1])


def test_issue_in_a_multiplicative_group_sorts_by_value() -> None:
    """In BELENIOS-2048 the list is in the order of the integers."""
    received = charter(1).replace(b'"group":"Ed25519"', b'"group":"BELENIOS-2048"')
    generator = Group("BELENIOS-2048").generator.text
    received = received.replace(key(1).public.key.encode(), generator.encode())
    listed = json.loads(registrar.issue(received, Roll(ROLL.rows[:4]), rng(3), silent).public)
    assert [int(text) for text in listed] == sorted(int(text) for text in listed)


def test_issue_makes_one_delivery_per_channel() -> None:
    """A deliverer gets the voters of its channel, each line complete."""
    received = charter(1)
    issued = registrar.issue(received, ROLL, rng(3), silent)
    assert set(issued.deliveries) == {"post", "sms"}
    for channel, content in issued.deliveries.items():
        rows = [json.loads(line) for line in content.splitlines()]
        assert [row["id"] for row in rows] == [row.id for row in ROLL.rows if row.channel == channel]
        for row in rows:
            assert (row["election"], row["charter"]) == ("ABCDEFGHJKLMNP", fingerprint(received))
            assert (row["part"], row["title"]) == ("1 of 1", "A referendum")
            assert len(row["credential"]) == 25 + 3


def test_issue_with_two_registrars_is_out_of_turn() -> None:
    """Nobody makes whole credentials where two registrars share the work."""
    with pytest.raises(OutOfTurnError):
        registrar.issue(charter(2), ROLL, rng(3), silent)
    with pytest.raises(OutOfTurnError):
        halves_of(1, charter(1))


def test_secrets_are_redacted() -> None:
    """No secret is in a repr."""
    content = registrar.new_key("Registrar 1", GROUP, rng(1))
    secret = json.loads(content)["secret"]
    issued = registrar.issue(charter(1), ROLL, rng(3), silent)
    halves = halves_of(1, charter(2))
    shown = repr((registrar.open_key(content), msgspec.json.decode(content, type=registrar.KeyFile), issued, halves))
    assert secret not in shown
    assert not any(credential in shown for credential in halves.credentials)
    assert not any(credential in shown for credential in delivered(issued).values())


def test_key_of_another_shape_is_refused_without_showing_it() -> None:
    """A damaged key file does not end in a trace with its content."""
    content = registrar.new_key("Registrar 1", GROUP, rng(1))
    secret = json.loads(content)["secret"]
    for bad in (content[:-2], content.replace(secret.encode(), b"0" + secret.encode()), b"", b"[]"):
        with pytest.raises(MalformedError) as caught:
            registrar.open_key(bad)
        assert secret not in str(caught.value)


def test_combine_gives_both_registrars_the_same_list(pair: Pair) -> None:
    """The public list is the same file on both sides."""
    one, two = pair.combine(1), pair.combine(2)
    assert one.public == two.public
    mine, theirs = delivered(one), delivered(two)
    assert not set(mine.values()) & set(theirs.values())
    expected = sorted(public_of(mine[row.id], theirs[row.id]) for row in ROLL.rows)
    assert sorted(json.loads(one.public)) == expected


def test_combine_delivers_only_the_own_halves(pair: Pair) -> None:
    """A half alone is not listed, and says that it is a half."""
    issued = pair.combine(1)
    assert not {public_of(half) for half in delivered(issued).values()} & set(json.loads(issued.public))
    parts = {json.loads(line)["part"] for content in issued.deliveries.values() for line in content.splitlines()}
    assert parts == {"1 of 2"}


def test_combine_with_another_roll_is_refused(pair: Pair) -> None:
    """The roll cannot change between commit and combine; an address may."""
    moved = Roll(tuple(RollRow(row.id, "post", "elsewhere") for row in ROLL.rows))
    arguments = {"commitment": pair.commitments[1], "reveal": pair.reveals[1], "advance": silent}
    assert registrar.combine(pair.received, moved, pair.states[0], **arguments).public == pair.combine(1).public
    with pytest.raises(MismatchError):
        registrar.combine(pair.received, Roll(ROLL.rows[::-1]), pair.states[0], **arguments)


def test_commitment_for_another_roll_is_refused_and_named(pair: Pair) -> None:
    """Two registrars with different voters find out before they reveal anything."""
    other = halves_of(2, pair.received, Roll(ROLL.rows[:-1]))
    with pytest.raises(MismatchError) as caught:
        registrar.answer_commitment(pair.received, pair.states[0], write_json(other.commitment))
    assert caught.value.culprit == "Registrar 2"


def test_own_commitment_is_refused(pair: Pair) -> None:
    """A registrar does not answer itself."""
    with pytest.raises(MismatchError):
        registrar.answer_commitment(pair.received, pair.states[0], pair.commitments[0])


@pytest.mark.parametrize("field", ["charter", "roll", "count", "reveal", "recipient", "registrar", "signature"])
def test_commitment_that_was_tampered_with_is_refused(pair: Pair, field: str) -> None:
    """Each field is under the signature."""
    good = msgspec.json.decode(pair.commitments[1], type=Commitment)
    changed = {
        "charter": "0" * 64,
        "roll": "0" * 64,
        "count": 16,
        "reveal": "0" * 64,
        "recipient": "age1" + "p" * 58,
        "registrar": 1,
        "signature": proofs.Proof(challenge="1", response=good.signature.response),
    }
    bad = write_json(msgspec.structs.replace(good, **{field: changed[field]}))
    expected = MismatchError if field == "registrar" else InvalidProofError
    with pytest.raises(expected) as caught:
        registrar.answer_commitment(pair.received, pair.states[0], bad)
    assert field == "registrar" or caught.value.culprit == "Registrar 2"


def test_commitment_signed_with_another_key_is_refused(pair: Pair) -> None:
    """The organiser, who carries the messages, cannot take a registrar's place."""
    forged = make_commitment(
        pair.states[1].reveal,
        roll=ROLL.fingerprint,
        recipient="age1" + "q" * 58,
        signing=key(3).secret,
        rng=rng(4),
    )
    with pytest.raises(InvalidProofError) as caught:
        registrar.answer_commitment(pair.received, pair.states[0], write_json(forged))
    assert caught.value.culprit == "Registrar 2"


def test_reveal_that_was_not_committed_to_is_refused_and_named(pair: Pair) -> None:
    """Any change of a reveal breaks the commitment."""
    for bad in (pair.reveals[0], pair.reveals[1] + b"\n", pair.reveals[1].replace(b'"1', b'"2', 1), b""):
        with pytest.raises(MismatchError) as caught:
            pair.combine(1, reveal=bad)
        assert caught.value.culprit == "Registrar 2"


@pytest.mark.parametrize("cheat", ["swap", "copy", "cancel", "short", "identity"])
def test_reveal_with_halves_that_its_maker_does_not_own_is_refused(pair: Pair, cheat: str) -> None:
    """A dishonest registrar that commits to foreign halves cannot prove possession, row by row."""
    reveal, ours = pair.states[1].reveal, pair.states[0].reveal
    halves, made = list(reveal.halves), list(reveal.proofs)
    if cheat == "swap":
        halves[3], halves[5] = halves[5], halves[3]
    elif cheat == "copy":
        halves[3], made[3] = ours.halves[3], ours.proofs[3]
    elif cheat == "cancel":
        mine = GROUP.elements([ours.halves[3].encode()])
        halves[3] = (GROUP.column([GROUP.generator]) / mine).texts()[0]
    elif cheat == "identity":
        halves[3] = GROUP.identity.text
    else:
        halves, made = halves[:-1], made[:-1]
    bad = msgspec.structs.replace(reveal, halves=tuple(halves), proofs=tuple(made))
    commitment = msgspec.structs.replace(
        make_commitment(bad, roll=ROLL.fingerprint, recipient="age1" + "q" * 58, signing=key(2).secret, rng=rng(4))
    )
    with pytest.raises(PsephosError) as caught:
        pair.combine(1, commitment=write_json(commitment), reveal=write_json(bad))
    if cheat in {"swap", "copy", "cancel"}:
        assert isinstance(caught.value, InvalidProofError)
        assert (caught.value.at, caught.value.culprit) == ("/proofs/3", "Registrar 2")
    else:
        assert isinstance(caught.value, MalformedError if cheat == "identity" else MismatchError)
        assert cheat == "identity" or caught.value.culprit == "Registrar 2"


def test_halves_for_another_charter_are_refused(pair: Pair) -> None:
    """State belongs to one charter."""
    with pytest.raises(MismatchError):
        registrar.open_halves(write_json(pair.states[0]), received=charter(1))


def test_accept_signs_the_setup_with_the_own_list() -> None:
    """An acceptance verifies under the registrar's key in the charter."""
    received = charter(1)
    public = registrar.issue(received, ROLL, rng(3), silent).public
    found = registrar.check_own_part(
        Memory(setup(received, public)), received=received, public_credentials=public, key=key(1)
    )
    acceptance = registrar.accept(found, received=received, key=key(1), rng=rng(5))
    public_key = key(1).secret.public()[0]
    check_acceptance(acceptance, party="registrar 1", key=public_key, setup=found, group=GROUP)


def test_accept_of_another_list_charter_or_key_is_refused() -> None:
    """A registrar accepts its own list for its own charter only."""
    received = charter(1)
    public = registrar.issue(received, ROLL, rng(3), silent).public
    other = registrar.issue(received, ROLL, rng(4), silent).public
    source = Memory(setup(received, public))
    with pytest.raises(MismatchError, match="not the ones that this registrar made"):
        registrar.check_own_part(source, received=received, public_credentials=other, key=key(1))
    with pytest.raises(MismatchError, match="charter"):
        registrar.check_own_part(source, received=received, public_credentials=public, key=key(2))
    renamed = received.replace(b"A referendum", b"B referendum")
    with pytest.raises(MismatchError, match="charter"):
        registrar.check_own_part(source, received=renamed, public_credentials=public, key=key(1))


def test_fingerprints_of_setups_with_other_lists_differ() -> None:
    """The one fingerprint covers the list."""
    received = charter(1)
    lists = [registrar.issue(received, ROLL, rng(seed), silent).public for seed in (3, 4)]
    assert sha256_hex(setup(received, lists[0])) != sha256_hex(setup(received, lists[1]))


def test_roll_file_and_rows_give_the_same_roll() -> None:
    """What is issued for a file is issued for its rows."""
    lines = ["id,channel", *(f"{row.id},{row.channel}" for row in ROLL.rows)]
    assert read_roll("\n".join(lines).encode()) == ROLL


@given(st.text(BASE58, min_size=22, max_size=22), st.integers(0, 21), st.sampled_from(BASE58), st.integers(0, 21))
def test_typed_credential_with_one_error_is_found(characters: str, place: int, wrong: str, other: int) -> None:
    """Any substitution is found, and its group named; any swap of two different characters is found."""
    printed = credentials.with_check(credentials.with_dashes(characters))
    assert credentials.read_typed(printed).replace("-", "") == characters
    typed = printed.replace("-", "").replace(" ", "")
    if wrong != typed[place]:
        expected = 1 + sum(place >= end for end in (5, 11, 16))
        with pytest.raises(MalformedError, match=f"look at group {expected}$"):
            credentials.read_typed(typed[:place] + wrong + typed[place + 1 :])
    if typed[place] != typed[other]:
        swapped = list(typed)
        swapped[place], swapped[other] = swapped[other], swapped[place]
        with pytest.raises(MalformedError, match="swapped"):
            credentials.read_typed("".join(swapped))
