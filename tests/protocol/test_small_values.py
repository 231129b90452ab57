"""Numbers, weights, typed credentials, answers as vectors: read as the oracle reads them, or refused."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, combinations, pairwise

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psephos.errors import MalformedError
from psephos.protocol.casting import selection
from psephos.protocol.credentials import (
    CHECK_CHARACTERS,
    Electorate,
    check_characters,
    read_entry,
    read_typed,
    with_check,
    with_dashes,
)
from psephos.protocol.decryption import BoundDecryption, Owned
from psephos.protocol.election import Question
from psephos.protocol.encoding import (
    BASE58,
    read_decimal,
    read_json,
    read_weight,
    sha256_hex,
    write_json,
    write_weight,
)
from psephos.protocol.group import Group
from psephos.protocol.tally import (
    RunningTally,
    SizedEncryptedTally,
    read_encrypted_tally,
    write_encrypted_tally,
    write_sized,
)
from psephos.record.charter import Charter
from tests.support.oracle import ballots as oracle_ballots
from tests.support.oracle import canonical
from tests.support.oracle import tally as oracle_tally
from tests.support.oracle.credentials import parse_public_credentials
from tests.support.oracle.election import parse_election
from tests.support.oracle.errors import RefusedError
from tests.support.world import YES_NO, World

QUESTIONS = (
    Question(answers=("A", "B", "C"), blank=True, min=1, max=2, question="One or two, é \u200f؟"),
    Question(answers=("Yes", "No"), min=0, max=1, question="At most\none?"),
)

# ── small values ────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=200)
@given(text=st.one_of(st.text(max_size=25), st.integers(-5, 10**22).map(str), st.text("0123456789", max_size=25)))
@example(text="1\n")
@example(text="\u0661")
@example(text="²")
def test_decimal_is_read_as_the_oracle_reads_it(text: str) -> None:
    """Digits without sign, blank or leading zero, at most twenty."""
    try:
        expected = canonical.decimal(text, 20)
    except RefusedError:
        with pytest.raises(MalformedError):
            read_decimal(text, what="number")
    else:
        assert read_decimal(text, what="number") == expected


@settings(max_examples=200)
@given(
    wire=st.one_of(
        st.integers(-3, 3),
        st.integers(2**30 - 3, 2**30 + 3),
        st.integers(2**30 - 3, 2**30 + 3).map(str),
        st.integers(-(10**19), 10**19),
        st.integers(0, 10**19).map(str),
        st.text(max_size=5),
    )
)
def test_weight_is_read_as_the_oracle_reads_it(wire: int | str) -> None:
    """An integer up to 2**30 - 1, a string above it; and it is written again in the same form."""
    try:
        expected = canonical.weight_from_json(wire)
    except RefusedError:
        with pytest.raises(MalformedError):
            read_weight(wire, what="weight")
    else:
        assert read_weight(wire, what="weight") == expected
        assert write_weight(expected) == canonical.weight_to_json(expected) == wire


@given(entry=st.one_of(st.text(max_size=30), st.from_regex(r"[0-9a-f]{64},[0-9]{1,25}", fullmatch=True)))
def test_entry_of_the_list_is_read_or_refused(entry: str) -> None:
    """A text, or a text and a canonical weight below 2**64."""
    try:
        credential = read_entry(entry, at="credentials/0")
    except MalformedError:
        assert "," in entry
        return
    written = credential.text if "," not in entry else f"{credential.text},{credential.weight}"
    assert written == entry
    assert 0 <= credential.weight < 2**64


@settings(max_examples=300)
@given(typed=st.one_of(st.text(max_size=30), st.text(BASE58 + "0OIl- ", max_size=30), st.text(BASE58, min_size=22)))
def test_typed_credential_is_read_or_refused(typed: str) -> None:
    """What is read is in canonical form and reads as itself; a refusal never repeats what was typed."""
    try:
        credential = read_typed(typed)
    except MalformedError as error:
        shown = str(error)
    else:
        shown = ""
        _check_typed(typed, credential)
    assert len(typed) < 12 or typed not in shown


def _check_typed(typed: str, credential: str) -> None:
    assert re.fullmatch(r"\w{5}-\w{6}-\w{5}-\w{6}", credential)
    assert read_typed(credential) == read_typed(with_check(credential)) == credential
    characters = "".join(typed.replace("-", "").split())
    assert characters in (credential.replace("-", ""), credential.replace("-", "") + check_characters(credential))


@settings(max_examples=200)
@given(characters=st.text(BASE58, min_size=22, max_size=22), place=st.integers(0, 21), other=st.sampled_from(BASE58))
def test_one_wrong_character_of_a_credential_is_found_with_its_group(characters: str, place: int, other: str) -> None:
    """Any one wrong character, and which group it is in; any two exchanged ones."""
    check = check_characters(with_dashes(characters))
    assert set(check) <= set(CHECK_CHARACTERS)
    wrong = characters[:place] + other + characters[place + 1 :]
    if wrong != characters:
        group = 1 + sum(place >= start for start in (5, 11, 16))
        with pytest.raises(MalformedError, match=f"look at group {group}"):
            read_typed(wrong + check)
    swapped = list(characters)
    swapped[0], swapped[place] = swapped[place], swapped[0]
    if swapped != list(characters):
        with pytest.raises(MalformedError, match="mistyped"):
            read_typed("".join(swapped) + check)


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=9))
def test_message_of_the_wrong_type_is_refused(value: object) -> None:
    """Good JSON that is another message."""
    try:
        data = canonical.dump(value).encode()
    except UnicodeEncodeError:
        return
    for kind in (Owned, SizedEncryptedTally, BoundDecryption, Charter):
        with pytest.raises(MalformedError):
            read_json(data, kind, what="message")


@pytest.mark.parametrize("digest", ["0" * 64 + "\n", "0" * 63, "0" * 65, "A" * 64, "", "g" * 64, "0" * 63 + "\u0660"])
def test_digest_that_is_none_is_never_equal_to_one(digest: str) -> None:
    """A fingerprint in another form is refused when it is read."""
    with pytest.raises(MalformedError):
        read_json(canonical.dump({"owner": 1, "payload": digest}).encode(), Owned, what="owner")


# ── answers as vectors, running sums ────────────────────────────────────────────────────────────────────────────


def subsets(count: int) -> list[tuple[int, ...]]:
    """All choices of answers, some with an index twice or out of range."""
    good = chain.from_iterable(combinations(range(count), size) for size in range(count + 1))
    return [*good, (0, 0), (count,), (-1,)]


@pytest.mark.parametrize("blank_allowed", [False, True])
@pytest.mark.parametrize("bounds", [(0, 1), (1, 1), (1, 2), (0, 3), (2, 3), (3, 3)])
def test_selection_is_the_vector_of_an_answer_that_the_rules_allow(
    blank_allowed: bool, bounds: tuple[int, int]
) -> None:
    """All subsets: within the bounds a vector of marks, blank first; anything else is refused without repeating it."""
    question = Question(
        answers=("A", "B", "C"), blank=blank_allowed or None, min=bounds[0], max=bounds[1], question="Which?"
    )
    for chosen in subsets(3):
        good = len(set(chosen)) == len(chosen) and all(0 <= index < 3 for index in chosen)
        if good and bounds[0] <= len(chosen) <= bounds[1]:
            marks = [int(index in chosen) for index in range(3)]
            assert selection(question, chosen) == ([0, *marks] if blank_allowed else marks)
        else:
            with pytest.raises(MalformedError):
                selection(question, chosen)
        if blank_allowed and not chosen:
            assert selection(question, chosen, blank=True) == [1, 0, 0, 0]
        else:
            with pytest.raises(MalformedError):
                selection(question, chosen, blank=True)


@lru_cache(1)
def six_ballots() -> tuple[World, list[bytes]]:
    """Ballots of six voters with weights."""
    world = World(Group("Ed25519"), QUESTIONS, voters=6, weights=[1, 1, 2, 5, 2**40, 1])
    plain = [[[0, 1, 1, 0], [1, 0]], [[1, 0, 0, 0], [0, 1]], [[0, 0, 0, 1], [0, 0]]]
    return world, world.ballots([(voter, plain[voter % 3]) for voter in range(6)])


@settings(max_examples=30)
@given(order=st.permutations(range(6)), taken_out=st.sets(st.integers(0, 5)), cuts=st.sets(st.integers(1, 5)))
def test_running_sums_do_not_depend_on_order_or_chunks(
    order: Sequence[int], taken_out: set[int], cuts: set[int]
) -> None:
    """Added in any order and any chunks, some taken out again: the sums of those that are left, as the oracle adds."""
    world, ballots = six_ballots()
    running = RunningTally(world.election)
    edges = [0, *sorted(cuts), 6]
    for start, end in pairwise(edges):
        rows = order[start:end]
        chunk, faults = world.form.read([ballots[row] for row in rows])
        assert not faults
        running.add(chunk, range(len(rows)), [world.weights[row] for row in rows])
    chunk, _ = world.form.read(ballots)
    running.remove(chunk, sorted(taken_out), [world.weights[row] for row in sorted(taken_out)])
    total = running.total()
    election = parse_election(world.election_json)
    weights = parse_public_credentials(election.group, world.credentials_json())
    left = [oracle_ballots.parse_ballot(election, ballot) for row, ballot in enumerate(ballots) if row not in taken_out]
    expected = oracle_tally.compute_tally(election, left, weights=weights)
    assert (total.num_tallied, total.total_weight) == (expected.num_tallied, expected.total_weight)
    sums = write_encrypted_tally(total.sums)
    assert sums == oracle_tally.dump_sums(election, expected)
    assert write_sized(total, sha256_hex(sums)) == oracle_tally.dump_sized(election, expected)


def test_nothing_added_is_the_identity() -> None:
    """A tally of nobody, and one from which everybody was taken out."""
    world, ballots = six_ballots()
    running = RunningTally(world.election)
    empty = running.total()
    assert all(part.is_identity for question in empty.sums for ciphertext in question for part in ciphertext)
    chunk, _ = world.form.read(ballots)
    running.add(chunk, range(6), world.weights)
    running.remove(chunk, range(6), world.weights)
    assert running.total() == empty
    assert read_encrypted_tally(write_encrypted_tally(empty.sums), world.election) == empty.sums


def test_electorate_finds_everybody_it_was_given_and_nobody_else() -> None:
    """A full table: each row once, weights kept, strangers not found, a second entry refused with its place."""
    world, _ = six_ballots()
    texts = world.public_credentials.texts()
    electorate = Electorate(world.group, capacity=6)
    electorate.add([f"{text},{weight}" for text, weight in zip(texts, world.weights, strict=True)])
    rows = [electorate.row(text) for text in texts]
    assert len({row for row in rows if row is not None}) == len(electorate) == 6
    assert [electorate.weight(row) for row in rows if row is not None] == list(world.weights)
    assert electorate.total_weight == sum(world.weights)
    assert all(row is not None and row < electorate.rows for row in rows)
    stranger = World(Group("Ed25519"), (YES_NO,), voters=1, seed=5).public_credentials.texts()[0]
    assert electorate.row(stranger) is None
    fresh = Electorate(world.group, capacity=6)
    with pytest.raises(MalformedError) as caught:
        fresh.add([*texts[:3], f"{texts[1]},7"])
    assert (caught.value.code, caught.value.at) == ("malformed", "credentials/3")


def test_messages_refuse_what_msgspec_alone_would_take() -> None:
    """A canonical check stands behind every message: msgspec reads blanks and repeated fields, we do not."""
    good = write_json(Owned(owner=1, payload="0" * 64))
    for other in (good + b" ", good.replace(b":1", b": 1"), good.replace(b'"owner":1', b'"owner":2,"owner":1')):
        assert msgspec.json.decode(other, type=Owned) == Owned(owner=1, payload="0" * 64)
        with pytest.raises(MalformedError, match="canonical"):
            read_json(other, Owned, what="owner")
